package import Model

/// Everything that the rules may know at one moment.
package struct Evidence: Hashable, Sendable {
    /// The moment.
    package var now: Moment
    /// The cables of this node, stale ones with their last known values.
    package var cables: [CableEvidence]
    /// The probes.
    package var collectors: [CollectorEvidence]
    /// The GPUs; nil when none are watched.
    package var gpus: GPUsEvidence?
    /// Why the kernel log cannot be read, one sentence; nil when it can or is not to be.
    package var kernelLogTrouble: String?
    /// Why the history cannot be written; nil when it can.
    package var historyTrouble: String?
    /// The node beside its manifest; nil without one.
    package var manifest: ManifestComparison?
    /// What is remembered of earlier passes.
    package var recent = Recent()
    /// The numbers that the rules go by.
    package var thresholds = Thresholds.defaults
    /// What ports and modules told of themselves within the last day.
    package var events: [PortEvent] = []
    /// The PCI functions of HCAs and GPUs, and the bridges above them.
    package var pcie: [PCIFunctionEvidence] = []

    /// What is known at one moment.
    package init(
        now: Moment, cables: [CableEvidence], collectors: [CollectorEvidence],
        gpus: GPUsEvidence? = nil, kernelLogTrouble: String? = nil, historyTrouble: String? = nil,
        manifest: ManifestComparison? = nil
    ) {
        self.now = now
        self.cables = cables
        self.collectors = collectors
        self.gpus = gpus
        self.kernelLogTrouble = kernelLogTrouble
        self.historyTrouble = historyTrouble
        self.manifest = manifest
    }
}

/// One cable as the rules see it.
package struct CableEvidence: Hashable, Sendable {
    /// The device's label.
    package var device: String
    /// The port as the latest report has it.
    package var report: PortReport
    /// Whether the report is older than it should be.
    package var isStale: Bool
    /// The full counters of each end, by row of `InfiniBandCounters.all`, with their values.
    package var saturated: [SaturatedCounter]
    /// Whether the far end's counters were read in the latest pass.
    package var isPeerFresh = false
    /// Who was at the far end when that was last known.
    package var lastPeer: PeerIdentity?
    /// Whether somebody said that the link should be there, or it was there before.
    package var isExpected = true

    /// One cable.
    package init(
        device: String, report: PortReport, isStale: Bool, saturated: [SaturatedCounter]
    ) {
        self.device = device
        self.report = report
        self.isStale = isStale
        self.saturated = saturated
    }
}

/// What a port or its module told of itself, or the kernel log of it.
package struct PortEvent: Hashable, Sendable {
    /// What happened.
    package var kind: NodeEvent.Kind
    /// The device that told, by the kernel's name or its PCI address.
    package var device: NodeEvent.Device
    /// The port; nil for the device.
    package var port: UInt16?
    /// The number in the vendor's words, such as a module's status.
    package var number: UInt32?
    /// What its words say of it, such as `fatal`; nil where they do not.
    package var severity: String?
    /// How long ago it happened last, in seconds.
    package var ageSeconds: Double
    /// How often.
    package var count: UInt64
    /// The original line.
    package var line: String

    /// Something that was told.
    package init(
        kind: NodeEvent.Kind, device: NodeEvent.Device, port: UInt16?, number: UInt32? = nil,
        ageSeconds: Double, count: UInt64, line: String
    ) {
        self.kind = kind
        self.device = device
        self.port = port
        self.number = number
        self.ageSeconds = ageSeconds
        self.count = count
        self.line = line
    }
}

/// A counter that is full.
package struct SaturatedCounter: Hashable, Sendable {
    /// Near or far end.
    package var end: End
    /// The row in `InfiniBandCounters.all`.
    package var index: Int
    /// The value that it is stuck at.
    package var value: UInt64

    /// A full counter.
    package init(end: End, index: Int, value: UInt64) {
        self.end = end
        self.index = index
        self.value = value
    }
}

/// One probe as the rules see it.
package struct CollectorEvidence: Hashable, Sendable {
    /// The probe's name.
    package var name: String
    /// Seconds since its latest answer; nil before the first.
    package var ageSeconds: Double?
    /// Seconds without an answer after which it is stale.
    package var limitSeconds: Double
    /// Seconds since it should first have answered.
    package var waitingSeconds: Double
    /// What it last said it was working on; nil when idle.
    package var workingOn: String?
    /// The latest trouble in one sentence.
    package var trouble: String?
    /// Whether its latest answer had no port in it; never was one seen by it then.
    package var seesNothing: Bool
    /// Whether it reads InfiniBand ports.
    package var readsPorts: Bool

    /// One probe.
    package init(
        name: String, ageSeconds: Double?, limitSeconds: Double, waitingSeconds: Double,
        workingOn: String?, trouble: String?, seesNothing: Bool = false, readsPorts: Bool = true
    ) {
        self.name = name
        self.ageSeconds = ageSeconds
        self.limitSeconds = limitSeconds
        self.waitingSeconds = waitingSeconds
        self.workingOn = workingOn
        self.trouble = trouble
        self.seesNothing = seesNothing
        self.readsPorts = readsPorts
    }

    /// Whether what it last said is too old to be believed.
    package var isStale: Bool { (ageSeconds ?? waitingSeconds) > limitSeconds }
}
