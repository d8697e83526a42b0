package import Model

// What happened on the node, as far as it is kept.
extension Store {
    func write(_ events: [JournalEntry]) throws(HistoryError) {
        guard !events.isEmpty else { return }
        let insert = try connection.prepare(
            Schema.Table.nodeEvent.insertion, to: "write an event")
        for entry in events {
            try bind(entry, to: insert)
            try insert.run()
        }
    }

    /// Drops the events that the journal has dropped; it does not know those of kinds that only
    /// another version does, and they stay.
    func drop(_ remains: EventJournal.Remains) throws(HistoryError) {
        guard remains.through > 0 else { return }
        let purpose = "drop old events"
        let find = try connection.prepare(
            "SELECT id, kind FROM node_event WHERE id <= ?", to: purpose)
        try find.bind(1, remains.through)
        var dropped: [UInt64] = []
        while try find.step() {
            let id = find.unsigned(0)
            guard NodeEvent.Kind(rawValue: find.text(1)) != nil else { continue }
            if !remains.ids.contains(id) { dropped.append(id) }
        }
        let delete = try connection.prepare("DELETE FROM node_event WHERE id = ?", to: purpose)
        for id in dropped {
            try delete.bind(1, id)
            try delete.run()
        }
    }

    func write(_ position: KernelLogPosition) throws(HistoryError) {
        let replace = try connection.prepare(
            Schema.Table.logPosition.insertion, to: "write how far the kernel log was read")
        try replace.bind(1, 1 as Int64)
        try replace.bind(2, position.bootID)
        try replace.bind(3, position.record)
        try replace.run()
    }

    /// How far the kernel log was read; nil when it never was.
    package func loadLogPosition() throws(HistoryError) -> KernelLogPosition? {
        let statement = try connection.prepare(
            "SELECT boot_id, record FROM log_position WHERE \(Schema.Table.logPosition.isSound)",
            to: "read how far the kernel log was read")
        guard try statement.step() else { return nil }
        return KernelLogPosition(bootID: statement.text(0), record: statement.unsigned(1))
    }

    /// The latest number that an event has, known to this version or not; zero without events.
    package func latestEvent() throws(HistoryError) -> UInt64 {
        let latest = try connection.integer(
            "SELECT max(id) FROM node_event", to: "read the latest event")
        return UInt64(bitPattern: latest ?? 0)
    }

    /// Notes that a run of the daemon begins to number events at `first`; gives the latest runs,
    /// that one included.
    package func beginRun(at first: UInt64) throws(HistoryError) -> EventRuns {
        let purpose = "begin to number events"
        let find = try connection.prepare(
            """
            SELECT k, v FROM meta
            WHERE k LIKE '\(Self.runPrefix)%' AND \(Schema.Table.meta.isSound)
            """, to: purpose)
        var firsts: [UInt64: UInt64] = [:]
        while try find.step() {
            guard let run = UInt64(find.text(0).dropFirst(Self.runPrefix.utf8.count)) else {
                continue
            }
            firsts[run] = find.unsigned(1)
        }
        let present = (firsts.keys.max() ?? 0) + 1
        firsts[present] = first
        let insert = try connection.prepare(Schema.Table.meta.insertion, to: purpose)
        try insert.bind(1, "\(Self.runPrefix)\(present)")
        try insert.bind(2, first)
        try insert.run()
        let forget = try connection.prepare("DELETE FROM meta WHERE k = ?", to: purpose)
        for run in firsts.keys where run + EventRuns.capacity <= present {
            try forget.bind(1, "\(Self.runPrefix)\(run)")
            try forget.run()
            firsts[run] = nil
        }
        return EventRuns(firsts: firsts)
    }

    private static var runPrefix: String { "events_of_run_" }

    private func bind(
        _ entry: JournalEntry, to insert: borrowing Statement
    ) throws(HistoryError) {
        let event = entry.event
        try insert.bind(1, entry.id)
        try insert.bind(2, event.wallMilliseconds)
        try insert.bind(3, event.lastWallMilliseconds)
        try insert.bind(4, Int64(event.count))
        try insert.bind(5, event.kind.rawValue)
        try insert.bind(6, event.device?.description)
        try insert.bind(7, Int64(event.isOnPCI ? 1 : 0))
        try insert.bind(8, entry.gpu?.description)
        try insert.bind(9, event.number.map { Int64($0) })
        try insert.bind(10, event.link.map { Int64($0) })
        try insert.bind(11, event.process)
        try insert.bind(12, event.severity)
        try insert.bind(13, event.detail)
        try insert.bind(14, entry.sources.map(\.rawValue).sorted().joined(separator: " "))
        try insert.bind(15, entry.bootID)
        try insert.bind(16, event.record.map { Int64(bitPattern: $0) })
        try insert.bind(17, event.root.map { Int64(bitPattern: $0) })
        try insert.bind(18, entry.root.map { Int64(bitPattern: $0) })
        try insert.bind(19, event.line)
        try insert.bind(20, entry.answeredMilliseconds)
    }

    /// The events that are kept, ascending by number; what another version wrote and this one does
    /// not know is left out.
    package func loadEvents() throws(HistoryError) -> [JournalEntry] {
        let columns = Schema.Table.nodeEvent.covered.joined(separator: ", ")
        let statement = try connection.prepare(
            """
            SELECT \(columns) FROM node_event WHERE \(Schema.Table.nodeEvent.isSound) ORDER BY id
            """, to: "read the events")
        var entries: [JournalEntry] = []
        while try statement.step() {
            if let entry = JournalEntry(row: statement) { entries.append(entry) }
        }
        return entries
    }
}

extension NodeEvent {
    fileprivate var isOnPCI: Bool {
        if case .pci = device { true } else { false }
    }
}

extension JournalEntry {
    fileprivate init?(row: borrowing Statement) {
        guard let kind = NodeEvent.Kind(rawValue: row.text(4)) else { return nil }
        let sources = Set(
            row.text(13).split(separator: " ").compactMap {
                NodeEvent.Source(rawValue: String($0))
            })
        let record = row.isNull(15) ? nil : row.unsigned(15)
        var event = NodeEvent(
            kind: kind, device: Self.device(row),
            number: row.isNull(8) ? nil : UInt32(truncatingIfNeeded: row.integer(8)),
            link: row.isNull(9) ? nil : UInt16(truncatingIfNeeded: row.integer(9)),
            process: row.optionalText(10), severity: row.optionalText(11),
            detail: row.optionalText(12), wallMilliseconds: row.integer(1),
            source: Self.first(of: sources, record), record: record, line: row.text(18))
        event.lastWallMilliseconds = row.integer(2)
        event.count = UInt32(clamping: row.integer(3))
        event.root = row.isNull(16) ? nil : row.unsigned(16)
        self.init(
            id: row.unsigned(0), event: event, bootID: row.text(14),
            gpu: GPUUUID(row.text(7)), sources: sources,
            root: row.isNull(17) ? nil : row.unsigned(17))
        answeredMilliseconds = row.isNull(19) ? nil : row.integer(19)
    }

    // Who told it first is not kept, only that all of them did.
    private static func first(
        of sources: Set<NodeEvent.Source>, _ record: UInt64?
    ) -> NodeEvent.Source {
        if sources.contains(.infiniBand) { return .infiniBand }
        if sources.contains(.verbs) { return .verbs }
        return record == nil ? .nvml : .kernelLog
    }

    private static func device(_ row: borrowing Statement) -> NodeEvent.Device? {
        guard let text = row.optionalText(5) else { return nil }
        guard row.integer(6) == 1 else { return .named(text) }
        return PCIAddress(text).map { .pci($0) }
    }
}

extension Statement {
    fileprivate borrowing func optionalText(_ column: Int32) -> String? {
        isNull(column) ? nil : text(column)
    }
}
