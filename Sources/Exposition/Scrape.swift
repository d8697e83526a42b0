package import Model

/// Everything that one page of metrics shows.
package struct Scrape: Sendable {
    /// The daemon's version.
    package var version: String
    /// The names of all verdicts, and the one that holds.
    package var verdict: (all: [String], current: String)
    /// The conditions that hold.
    package var conditions: [ConditionSample]
    /// How many announced times of work are going on, on the whole node and on parts.
    package var maintenance: (node: Int, parts: Int)
    /// The node beside its manifest; nil without one.
    package var manifest: ManifestSample?
    /// The probes.
    package var collectors: [CollectorSample]
    /// The cables.
    package var cables: [CableSample]
    /// The GPUs; nil on a node without any.
    package var gpus: GPUsSample?
    /// The PCI functions of HCAs and GPUs, and the bridges above them.
    package var pcie: [PCISample]
    /// The kernel log and the events; nil where both are switched off.
    package var events: EventsSample?
    /// The history; nil when it is switched off.
    package var history: HistorySample?
    /// The HTTP server.
    package var server: ServerSample
    /// The daemon's process.
    package var process: ProcessSample

    /// A page's content.
    package init(
        version: String, verdict: (all: [String], current: String),
        conditions: [ConditionSample], maintenance: (node: Int, parts: Int) = (0, 0),
        manifest: ManifestSample? = nil,
        collectors: [CollectorSample], cables: [CableSample],
        gpus: GPUsSample? = nil, pcie: [PCISample] = [], events: EventsSample? = nil,
        history: HistorySample?, server: ServerSample, process: ProcessSample
    ) {
        self.version = version
        self.verdict = verdict
        self.conditions = conditions
        self.maintenance = maintenance
        self.manifest = manifest
        self.collectors = collectors
        self.cables = cables
        self.gpus = gpus
        self.pcie = pcie
        self.events = events
        self.history = history
        self.server = server
        self.process = process
    }
}

/// A condition that holds; empty texts do not apply.
package struct ConditionSample: Hashable, Sendable {
    /// The values of the labels, in the order of the family's.
    package var labels: [String]
    /// Whether somebody has taken notice of it as bad as it is.
    package var isAcknowledged: Bool

    private static let labelCount = MetricFamilies.condition.labels.count

    /// A condition by its label values; those left out at the end do not apply.
    package init(labels: [String], isAcknowledged: Bool = false) {
        self.labels = labels + Array(repeating: "", count: max(0, Self.labelCount - labels.count))
        self.isAcknowledged = isAcknowledged
    }
}

/// The node beside its manifest.
package struct ManifestSample: Sendable {
    /// The kinds of what differs, as often as each does.
    package var differences: [DifferenceKind]
    /// How many expected facts are unknown.
    package var unverified: Int

    /// The node beside its manifest.
    package init(differences: [DifferenceKind], unverified: Int) {
        self.differences = differences
        self.unverified = unverified
    }
}

/// One probe.
package struct CollectorSample: Sendable {
    /// The probe's name.
    package var name: String
    /// Whether its latest turn was answered in time.
    package var isUp: Bool
    /// How long its latest pass took; nil before the first.
    package var durationSeconds: Double?
    /// When its latest pass was collected, in seconds since 1970; nil before the first.
    package var lastSuccessSeconds: Double?
    /// Times it was started again.
    package var restarts: UInt64
    /// Turns answered late or not at all.
    package var slowTurns: UInt64
    /// Turns left out.
    package var skippedTurns: UInt64
    /// Processor time, ended processes included.
    package var cpuSeconds: Double
    /// Resident memory; nil when it does not run.
    package var residentBytes: UInt64?
    /// What its transport did, ended processes included.
    package var transport: MADStatistics
    /// The devices whose own events it is to hear.
    package var hearings: [EventHearing]

    /// One probe.
    package init(
        name: String, isUp: Bool, durationSeconds: Double?, lastSuccessSeconds: Double?,
        restarts: UInt64, slowTurns: UInt64, skippedTurns: UInt64, cpuSeconds: Double,
        residentBytes: UInt64?, transport: MADStatistics, hearings: [EventHearing] = []
    ) {
        self.name = name
        self.isUp = isUp
        self.durationSeconds = durationSeconds
        self.lastSuccessSeconds = lastSuccessSeconds
        self.restarts = restarts
        self.slowTurns = slowTurns
        self.skippedTurns = skippedTurns
        self.cpuSeconds = cpuSeconds
        self.residentBytes = residentBytes
        self.transport = transport
        self.hearings = hearings
    }
}

/// One cable.
package struct CableSample: Sendable {
    /// The device's label.
    package var device: String
    /// The rail of the configuration.
    package var rail: Int?
    /// Who is at the ends, as last reported.
    package var report: PortReport
    /// The near end.
    package var local: EndSample
    /// The far end; nil when it is not known.
    package var peer: EndSample?

    /// One cable.
    package init(
        device: String, rail: Int?, report: PortReport, local: EndSample, peer: EndSample?
    ) {
        self.device = device
        self.rail = rail
        self.report = report
        self.local = local
        self.peer = peer
    }
}

/// One end of a cable.
package struct EndSample: Sendable {
    /// The link; nil when it was not read in the latest pass.
    package var link: LinkInfo?
    /// Whether everything that the end offers was read in the latest pass.
    package var isUp: Bool
    /// When the end was last observed, in seconds since 1970.
    package var sampledSeconds: Double?
    /// The published raw total of each counter; nil when it was not read in the latest pass.
    package var totals: [UInt64?]
    /// The counters as the ledger has them.
    package var entries: [Ledger.Entry]
    /// The raw value of each gauge; nil when it was not read in the latest pass.
    package var gauges: [UInt64?]

    /// One end.
    package init(
        link: LinkInfo?, isUp: Bool, sampledSeconds: Double?, totals: [UInt64?],
        entries: [Ledger.Entry], gauges: [UInt64?]
    ) {
        self.link = link
        self.isUp = isUp
        self.sampledSeconds = sampledSeconds
        self.totals = totals
        self.entries = entries
        self.gauges = gauges
    }
}

/// The history.
package struct HistorySample: Sendable {
    /// Size on disk.
    package var sizeBytes: UInt64
    /// Passes that could not be written at once.
    package var failures: UInt64
    /// Passes that wait in memory until they can be written.
    package var waiting: UInt64
    /// Passes that never will be.
    package var lost: UInt64
    /// Time that writing the latest pass took; nil before the first.
    package var appendSeconds: Double?

    /// The history.
    package init(
        sizeBytes: UInt64, failures: UInt64, waiting: UInt64, lost: UInt64, appendSeconds: Double?
    ) {
        self.sizeBytes = sizeBytes
        self.failures = failures
        self.waiting = waiting
        self.lost = lost
        self.appendSeconds = appendSeconds
    }
}

/// The HTTP server.
package struct ServerSample: Sendable {
    /// Requests answered, by class of status such as `2xx`.
    package var requests: [(statusClass: String, count: UInt64)]
    /// Connections open.
    package var connections: UInt64
    /// Connections refused.
    package var refused: UInt64

    /// The HTTP server.
    package init(
        requests: [(statusClass: String, count: UInt64)], connections: UInt64, refused: UInt64
    ) {
        self.requests = requests
        self.connections = connections
        self.refused = refused
    }
}

/// A process as `/proc` shows it; nil where it does not.
package struct ProcessSample: Sendable {
    /// Processor time.
    package var cpuSeconds: Double?
    /// Resident memory.
    package var residentBytes: UInt64?
    /// Virtual memory.
    package var virtualBytes: UInt64?
    /// Open file descriptors.
    package var openFiles: UInt64?
    /// Most file descriptors.
    package var fileLimit: UInt64?
    /// Threads.
    package var threads: UInt64?
    /// When it was started, in seconds since 1970.
    package var startSeconds: Double?

    /// Nothing known.
    package init() {}
}
