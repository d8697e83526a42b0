import Health
import History
import Model

/// Everything that is known at one moment; made by the pipeline and replaced whole.
struct Picture: Sendable {
    /// Grows with every picture.
    var generation: UInt64
    /// When it was put together.
    var now: Moment
    /// The latest pass that was kept; nil before the first.
    var pass: PassID?
    var cables: [CableView]
    /// The GPUs by index.
    var gpus: [GPUView] = []
    /// Whether the node has no GPU to read, so that there is no probe for them.
    var hasNoGPUs = false
    /// NVML; nil before the first answer of its probe.
    var gpuLibrary: GPULibrary?
    var gpuCalls: [CallFamily: CallLatency] = [:]
    /// HCAs, GPUs and the bridges above them, by address.
    var pcie: [PCIView] = []
    /// The kernel log's reader; nil before its first answer.
    var kernelLog: KernelLogReport?
    var journal = EventJournal()
    var collectors: [CollectorView]
    /// The node beside its manifest; nil without one.
    var manifest: ManifestComparison?
    var findings: [Finding] = []
    /// The work that is announced: it is going on or to come.
    var maintenance: [Maintenance] = []
    /// How often each part offended, by its serial number or key.
    var offenders: [String: OffenderScore] = [:]
    var verdict = Verdict([], ports: 0)
    var history: HistoryView?

    /// How the node stands to its manifest.
    var expectations: Expectations { manifest?.expectations ?? .notConfigured }

    /// Whether every probe has answered once.
    var isReady: Bool {
        !collectors.isEmpty && collectors.allSatisfy { $0.lastMoment != nil }
    }
}

/// One cable.
struct CableView: Sendable {
    var collector: String
    var device: String
    var rail: Int?
    var report: PortReport
    /// When the report was collected.
    var moment: Moment
    /// Whether the report is older than it should be.
    var isStale: Bool
    var local: EndView
    /// The far end; the last known one while it cannot be seen, nil when it never was.
    var peer: EndView?
    /// Who the far end is or last was.
    var peerIdentity: PeerIdentity?

    var isInfiniBand: Bool { report.layer == .infiniBand }

    /// Whether it is judged as a cable of an InfiniBand fabric.
    var isJudged: Bool { report.isJudged }
}

/// One end of a cable.
struct EndView: Sendable {
    var key: PortKey
    /// The link as last read.
    var link: LinkInfo?
    /// Whether the latest pass has it.
    var isLinkFresh: Bool
    /// When the end was last observed; nil when it was not since start.
    var seen: Moment?
    /// Whether the end was observed in its probe's latest pass, and that pass is not stale.
    var isFresh: Bool
    /// Why something could not be read; nil when all was.
    var failure: Failure?
    var entries: [Ledger.Entry]
    /// The published raw totals; nil where there never was a value.
    var published: [UInt64?]
    /// Rows of `InfiniBandCounters.gauges`.
    var gauges: [Ledger.GaugeEntry] = []

    /// Whether the counter's value is from the latest pass.
    func isFresh(_ row: Int) -> Bool { isFresh && entries[row].status == .fresh }
}

/// One probe.
struct CollectorView: Sendable {
    var name: String
    var state: String
    /// Whether its latest turn was answered in time.
    var isUp: Bool
    /// When its latest pass was collected; nil before the first.
    var lastMoment: Moment?
    var durationSeconds: Double?
    var evidence: CollectorEvidence
    var restarts: UInt64
    var slowTurns: UInt64
    var skippedTurns: UInt64
    var endedCPUSeconds: Double
    var pid: Int32?
    var transport: MADStatistics
    /// The devices whose own events it is to hear.
    var hearings: [EventHearing] = []
    /// Whether the kernel's list of its devices could be read for its latest answer.
    var listsDevices = true
}

/// The history.
struct HistoryView: Sendable {
    var sizeBytes: UInt64
    var failures: UInt64
    var appendSeconds: Double?
    /// Passes that wait in memory until they can be written.
    var waiting = 0
    /// Passes that are lost since the daemon was started.
    var lost: UInt64 = 0
    /// Why the latest pass could not be written, or what else is wrong; nil when nothing is.
    var trouble: String?
    /// Since when nothing can be written; nil while it can.
    var since: Moment?
    /// What the check after the start found; nil before it ended.
    var check: HistoryCheck.Outcome?
    /// What becomes of a damaged file that was moved aside; nil when none was.
    var salvage: SalvageProgress?
}
