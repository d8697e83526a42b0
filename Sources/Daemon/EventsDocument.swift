import Model
import Serve
import Wire

/// Names an event of one history and of the run of the daemon that numbered it:
/// `e17-0123456789abcdef`.
struct EventCursor: Hashable {
    var id: UInt64
    // The history's number, to which that of the run is added.
    private var origin: UInt64

    init(id: UInt64, storeID: UInt64, run: UInt64 = 0) {
        self.id = id
        origin = storeID &+ run
    }

    /// The run, if the cursor is of this history; for that of another a number that no run has.
    func run(of storeID: UInt64) -> UInt64 { origin &- storeID }

    /// Reads what `text` writes; nil for anything else.
    init?(_ text: String) {
        let parts = text.dropFirst().split(separator: "-", omittingEmptySubsequences: false)
        guard text.hasPrefix("e"), parts.count == 2, let id = UInt64(parts[0]),
            parts[1].utf8.count == 16, let origin = UInt64(parts[1], radix: 16)
        else { return nil }
        self.init(id: id, storeID: origin)
    }

    var text: String { "e\(id)-\(Hexadecimal.padded(origin, digits: 16))" }
}

extension Picture {
    /// `/api/v1/events`; `storeID` is the history's, or a number of this run without one.
    func events(
        after: EventsSince, limit: Int, of gpu: NamedGPU?, node: String, storeID: UInt64
    ) throws(AnswerError) -> V1.Events {
        let kept = journal.entries
        let start: UInt64
        switch after {
        case .latest: start = 0
        case .id(let id): start = id
        case .cursor(let text): start = try self.start(text, storeID)
        }
        guard start < journal.upcoming else {
            throw .badRequest(
                "Event \(start) has not happened yet; the latest is \(journal.upcoming - 1).")
        }
        let following = kept.drop { $0.id <= start }.filter { entry in
            gpu.map { entry.isOf($0.uuid, at: $0.address) } ?? true
        }
        let chosen = after == .latest ? following.suffix(limit) : following.prefix(limit)
        // Beyond a page that reaches the end nothing was left out, whoever it is about.
        let isLast = after == .latest || chosen.count < limit
        let last = isLast ? journal.upcoming - 1 : chosen.last?.id ?? start
        let isComplete = after == .latest || journal.droppedThrough <= start
        return V1.Events(
            node: node, time: now.text,
            events: chosen.map { V1.Event($0, index: index(of: $0)) },
            next: EventCursor(id: last, storeID: storeID, run: journal.runs.present).text,
            complete: isComplete,
            oldest: kept.first?.id, newest: kept.last?.id)
    }

    private func start(_ text: String, _ storeID: UInt64) throws(AnswerError) -> UInt64 {
        guard let cursor = EventCursor(text) else {
            throw .badRequest("'\(text)' is not a cursor: take it from 'next' of an answer.")
        }
        guard let isKept = journal.runs.keeps(cursor.id, of: cursor.run(of: storeID)) else {
            throw .gone("The cursor belongs to another history: ask without 'after'.")
        }
        // The daemon gave it away, so that event was lost, and its number comes or came again.
        guard isKept, cursor.id < journal.upcoming else {
            throw .gone(
                "Event \(cursor.id) was lost, the latest is \(journal.upcoming - 1): ask without "
                    + "'after'.")
        }
        return cursor.id
    }

    // What the kernel log told before the GPU was read names its address alone.
    private func index(of entry: JournalEntry) -> Int? {
        if let uuid = entry.gpu {
            return gpus.first { $0.report.identity?.uuid == uuid }?.index
        }
        return gpus.first { entry.event.device == .pci($0.address) }?.index
    }
}

extension JournalEntry {
    /// Whether it happened to a GPU: by its UUID where that is known of both, else by its place.
    func isOf(_ uuid: GPUUUID?, at address: PCIAddress?) -> Bool {
        if let gpu, let uuid { return gpu == uuid }
        return address.map { event.device == .pci($0) } ?? false
    }
}

extension EventCountKey {
    /// Whether it counts what happened to a GPU, as for entries.
    func isOf(_ uuid: GPUUUID?, at address: PCIAddress) -> Bool {
        if let gpu, let uuid { return gpu == uuid }
        return device == .pci(address)
    }
}

extension V1.Event {
    fileprivate init(_ entry: JournalEntry, index: Int?) {
        let event = entry.event
        self.init(
            id: entry.id, time: Timestamp.text(milliseconds: event.wallMilliseconds),
            kind: event.kind.rawValue, sources: entry.sources.map(\.rawValue).sorted(),
            line: event.line)
        lastTime = Timestamp.text(milliseconds: event.lastWallMilliseconds)
        count = Int(event.count)
        device = event.device?.description
        gpuUuid = entry.gpu?.description
        gpuIndex = index
        number = event.number.map(Int.init)
        link = event.link.map(Int.init)
        process = event.process
        severity = event.severity
        remedy = entry.remedy?.rawValue
        meaning = event.meaning
        detail = event.detail
        root = entry.root
    }
}

extension NodeEvent {
    /// What its number means, one sentence; nil where no catalogue speaks of it.
    var meaning: String? {
        guard let number else { return nil }
        switch kind {
        case .xid: return XidCatalog.entry(number).meaning
        case .sxid: return SXidCatalog.entry(number).meaning
        default: return nil
        }
    }
}
