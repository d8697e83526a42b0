package import Model
package import Wire

/// The questions that the server may ask; the only way from HTTP to what the daemon knows.
package protocol Answers: Sendable {
    /// Whether a first pass is complete.
    var isReady: Bool { get }

    /// Everything for Prometheus, rendered at most once per pass and format.
    ///
    /// Answers from memory and is called on the event loop: it must not block.
    func metrics(_ format: MetricsFormat) -> RenderedMetrics

    /// The verdict; from memory, must not block.
    func health() -> V1.Health

    /// The playbook of a condition in Markdown; nil when no condition has this name. From memory,
    /// must not block.
    func playbook(_ condition: String) -> String?

    /// The cables; from memory, must not block.
    func links() -> V1.Links

    /// The counters; from memory, must not block.
    func counters() -> V1.Counters

    /// The GPUs; from memory, must not block.
    func gpus() -> V1.GPUs

    /// The GPU at a PCI address of `gpus()`; nil when it is not there any more. From memory, must
    /// not block.
    func gpu(_ address: String) -> V1.GPU?

    /// The PCIe links of HCAs and GPUs; from memory, must not block.
    func pcie() -> V1.PCIe

    /// What the node is made of; from memory, must not block.
    func inventory() -> V1.Inventory

    /// A manifest in YAML that expects what was seen; from memory, must not block.
    ///
    /// Throws `.unavailable` before the first pass is complete.
    func manifest() throws(AnswerError) -> String

    /// At most `limit` events, of one GPU or of all that there is, in the order of their ids: those
    /// that follow, or without a point to follow the latest. From memory, must not block.
    ///
    /// Throws `.gone` for a cursor of another history or behind what is left of this one,
    /// `.badRequest` for one that cannot be read and for an id that has not been given yet.
    func events(
        after: EventsSince, limit: Int, of gpu: NamedGPU?
    ) throws(AnswerError) -> V1.Events

    /// What was counted from one moment to another, the newest pass when `until` is nil; reads the
    /// history and may block for its time limit, so the server asks it on a thread of its own.
    func deltas(since: Since, until: Since?) throws(AnswerError) -> V1.Deltas

    /// The counters and gauges of these names that parts have, without points; may block likewise.
    func rangeSeries(names: [String]) throws(AnswerError) -> [V1.RangeSeries]

    /// What became of some of them step by step; may block likewise, for each hour that is asked
    /// for.
    func range(
        _ question: RangeQuestion, of series: [V1.RangeSeries]
    ) throws(AnswerError) -> V1.Range

    /// The named moments; likewise.
    func marks() throws(AnswerError) -> V1.Marks

    /// Sets a mark, and answers it and whether there was none of that name; waits for the thread
    /// that writes, so the server asks it on another thread of its own.
    ///
    /// Throws `.conflict` when a mark of that name may not be moved or there are too many.
    func setMark(
        _ name: GivenName, _ change: MarkChange
    ) throws(AnswerError) -> (mark: V1.Mark, isNew: Bool)

    /// Deletes a mark and answers what it was; likewise.
    func deleteMark(_ name: GivenName) throws(AnswerError) -> V1.Mark

    /// The work that is announced; from memory, must not block.
    ///
    /// Throws `.unavailable` before the first pass is complete.
    func maintenance() throws(AnswerError) -> V1.MaintenanceList

    /// Announces work, and answers it and whether there was none of that name; waits as `setMark`
    /// does.
    ///
    /// Throws `.conflict` when too much is announced.
    func setMaintenance(
        _ name: GivenName, _ change: MaintenanceChange
    ) throws(AnswerError) -> (work: V1.MaintenanceWindow, isNew: Bool)

    /// Ends work before its time, as somebody asks, and answers what it was; likewise.
    func endMaintenance(
        _ name: GivenName, by author: Author
    ) throws(AnswerError) -> V1.MaintenanceWindow

    /// The conditions that somebody has taken notice of; from memory, must not block.
    ///
    /// Throws `.unavailable` before the first pass is complete.
    func acknowledgements() throws(AnswerError) -> V1.Acknowledgements

    /// Notes that somebody has taken notice of an incident, and answers that and whether nobody had
    /// before; waits as `setMark` does.
    func acknowledge(
        _ incident: String, by author: Author, note: Note
    ) throws(AnswerError) -> (notice: V1.AcknowledgedIncident, isNew: Bool)

    /// Takes a notice back, as somebody asks, and answers what it was; likewise.
    func withdraw(
        _ incident: String, by author: Author
    ) throws(AnswerError) -> V1.AcknowledgedIncident
}

/// What is asked about a stretch of time.
package struct RangeQuestion: Hashable, Sendable {
    /// Where it starts.
    package var since: Since
    /// Where it ends; nil for the newest pass.
    package var until: Since?
    /// The length of a step; nil for a step for each pass.
    package var stepMilliseconds: Int64?
    /// What is said of a step.
    package var function: RollupFunction

    /// A question.
    package init(
        since: Since, until: Since?, stepMilliseconds: Int64?, function: RollupFunction
    ) {
        self.since = since
        self.until = until
        self.stepMilliseconds = stepMilliseconds
        self.function = function
    }
}

/// The two text formats that Prometheus asks for.
package enum MetricsFormat: Hashable, CaseIterable, Sendable {
    /// Text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.
    case openMetrics
}

/// A rendered page of metrics.
package struct RenderedMetrics: Sendable {
    /// Changes whenever the bytes may have changed, so that a compressed copy can be kept.
    package var generation: UInt64
    /// The page in UTF-8.
    package var bytes: [UInt8]

    /// A rendered page.
    package init(generation: UInt64, bytes: [UInt8]) {
        self.generation = generation
        self.bytes = bytes
    }
}

/// A moment of the past, such as that where a window of deltas starts or ends.
package enum Since: Hashable, Sendable {
    /// A cursor from the `next` of an earlier answer.
    case cursor(String)
    /// The latest pass at or before this time, in milliseconds since 1970.
    case wall(milliseconds: Int64)
    /// The latest pass at or before this long ago, in milliseconds.
    case ago(milliseconds: Int64)
    /// The pass that a mark names.
    case mark(GivenName)
}

/// A time to come.
package enum ComingTime: Hashable, Sendable {
    /// A time, in milliseconds since 1970.
    case wall(milliseconds: Int64)
    /// That long after something, in milliseconds.
    case after(milliseconds: Int64)

    /// The time in milliseconds since 1970, for a time of what it may follow; nil beyond the end of
    /// the year 9999.
    package func milliseconds(after start: Int64) -> Int64? {
        switch self {
        case .wall(let milliseconds): return milliseconds
        case .after(let milliseconds):
            let (sum, overflow) = start.addingReportingOverflow(milliseconds)
            return overflow || sum > Timestamp.latestMilliseconds ? nil : sum
        }
    }
}

/// What is announced of work.
package struct MaintenanceChange: Hashable, Sendable {
    /// The most parts; a node with more to work on is worked on as a whole.
    package static let partsMax = 16

    /// A part of the node.
    package enum Part: Hashable, Sendable {
        /// An HCA by its label, or one port of it.
        case device(String, port: Int?)
        /// A GPU by its place.
        case gpu(PCIAddress)
    }

    /// Who works.
    package var author: Author
    /// Why.
    package var reason: Note
    /// When it begins, counted from now; nil for now.
    package var begins: ComingTime?
    /// When it ends, counted from the beginning.
    package var ends: ComingTime
    /// The parts; empty for the whole node.
    package var parts: [Part]

    /// Work.
    package init(
        author: Author, reason: Note = Note(), begins: ComingTime? = nil, ends: ComingTime,
        parts: [Part] = []
    ) {
        self.author = author
        self.reason = reason
        self.begins = begins
        self.ends = ends
        self.parts = parts
    }
}

/// What is to become of a mark.
package struct MarkChange: Hashable, Sendable {
    /// The moment that it names; nil for the newest pass.
    package var at: Since?
    /// When it is gone; nil for never.
    package var expires: ComingTime?
    /// What somebody noted.
    package var note: Note
    /// Whether a mark of that name may be moved from another pass.
    package var mayMove: Bool

    /// What is to become of a mark.
    package init(
        at: Since? = nil, expires: ComingTime? = nil, note: Note = Note(),
        mayMove: Bool = false
    ) {
        self.at = at
        self.expires = expires
        self.note = note
        self.mayMove = mayMove
    }
}

/// Which events are asked for.
package enum EventsSince: Hashable, Sendable {
    /// The latest.
    case latest
    /// Those that follow the event with this id; 0 for the oldest that are kept.
    case id(UInt64)
    /// Those that follow, by the `next` of an earlier answer.
    case cursor(String)
}

/// A GPU that a question names; what is not known of it is nil.
package struct NamedGPU: Hashable, Sendable {
    /// Who it is.
    package var uuid: GPUUUID?
    /// Where it is; nil also for one that is gone.
    package var address: PCIAddress?

    /// A GPU by what is known of it.
    package init(uuid: GPUUUID?, address: PCIAddress?) {
        self.uuid = uuid
        self.address = address
    }
}

/// Why a question about the past has no answer, or a change was not made.
package enum AnswerError: Error, Hashable, Sendable {
    /// The question makes no sense; the text says what was expected (400).
    case badRequest(String)
    /// There is no such mark; the text says which there are (404).
    case noSuchMark(String)
    /// There is no such work; the text says which there is (404).
    case noSuchMaintenance(String)
    /// There is no such incident, or nobody has taken notice of it; the text says which (404).
    case noSuchIncident(String)
    /// What is there stands against it; the text says what (409).
    case conflict(String)
    /// What was asked for is no longer kept, or never was; the text says what is (410).
    case gone(String)
    /// There is nothing to answer from yet, or for the moment; the text says why (503).
    case unavailable(String)
}

extension AnswerError {
    private static let namedMax = 20

    /// That there is no mark of a name, and which there are, as far as they fit into a sentence.
    package static func noSuchMark(_ name: GivenName, among known: [String]) -> AnswerError {
        .noSuchMark("no mark is named \"\(name)\"; there is: \(list(known))")
    }

    /// That no work of a name is announced, and which is.
    package static func noSuchMaintenance(
        _ name: GivenName, among known: [String]
    ) -> AnswerError {
        .noSuchMaintenance(
            "no maintenance is named \"\(name)\"; there is: \(list(known))")
    }

    private static func list(_ known: [String]) -> String {
        let some = known.prefix(namedMax).joined(separator: ", ")
        return known.isEmpty ? "none" : known.count > namedMax ? some + ", …" : some
    }
}
