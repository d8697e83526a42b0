import CSQLite
import Model

/// One read-only connection.
struct Session: ~Copyable {
    let connection: Connection
    private let deadline = Deadline()
    // Layouts are only ever added.
    private(set) var layouts: [Int64: Layout] = [:]
    // The devices, and the version of the file that they were read from.
    private(set) var devices: [Int64: StateReader.Device] = [:]
    private(set) var numbersByKey: [String: [Int64]] = [:]
    private var devicesVersion: Int64?

    init(path: String) throws(HistoryError) {
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READONLY)
        try connection.addRowChecksum()
        try connection.execute(
            "PRAGMA busy_timeout=1000; PRAGMA cache_size=-512; PRAGMA trusted_schema=OFF",
            to: "open the history")
        let version = try connection.integer("PRAGMA user_version", to: "open the history") ?? 0
        guard (1...Schema.version).contains(version) else {
            throw HistoryError(
                attempted: "open the history", path: path,
                cause: version == 0 ? .foreign : .newerSchema(version),
                message: "its schema is version \(version), this program knows up to "
                    + "\(Schema.version)")
        }
        connection.interrupt(after: deadline)
        self.connection = connection
    }

    // One transaction, so that all statements of a question see the same passes.
    mutating func run<Answer>(
        _ timeLimitMilliseconds: Int64,
        _ question: @Sendable (inout Session) throws(HistoryError) -> Answer
    ) throws(HistoryError) -> Answer {
        deadline.start(milliseconds: timeLimitMilliseconds)
        try connection.execute("BEGIN", to: "read the history")
        do {
            let answer = try question(&self)
            try connection.execute("COMMIT", to: "read the history")
            return answer
        } catch {
            connection.rollBack()
            throw error
        }
    }

    func bounds() throws(HistoryError) -> HistoryBounds? {
        let oldest = [try slotBound("first ASC")?.first, try headBound("cyc ASC")]
        let newest = [try slotBound("first DESC")?.last, try headBound("cyc DESC")]
        guard let first = oldest.compactMap(\.self).min(by: { $0.pass < $1.pass }),
            let last = newest.compactMap(\.self).max(by: { $0.pass < $1.pass })
        else { return nil }
        let storeID = try connection.integer(
            "SELECT v FROM meta WHERE k = 'store_id'", to: Self.boundsPurpose)
        return HistoryBounds(
            storeID: UInt64(bitPattern: storeID ?? 0), oldest: StoredPass(first),
            newest: StoredPass(last))
    }

    private static let boundsPurpose = "read the history's bounds"

    // The first pass in an order whose row is not damaged.
    private func headBound(_ order: String) throws(HistoryError) -> Seen? {
        let rows = try connection.prepare(
            "SELECT cyc, t, key, epoch, d FROM head ORDER BY \(order)", to: Self.boundsPurpose)
        while try rows.step() {
            if let header = StateReader.soundHeader(rows) { return header.seen }
        }
        return nil
    }

    private func slotBound(_ order: String) throws(HistoryError) -> (first: Seen, last: Seen)? {
        let rows = try connection.prepare(
            "SELECT first, last, t0, t1, epoch, d FROM slot ORDER BY \(order)",
            to: Self.boundsPurpose)
        while try rows.step() {
            guard let header = SlotReader.soundHeader(rows) else { continue }
            return (
                Seen(pass: header.first, timeMilliseconds: header.firstTime),
                Seen(pass: header.last, timeMilliseconds: header.lastTime)
            )
        }
        return nil
    }

    mutating func state(upTo pass: Int64) throws(HistoryError) -> StoredState? {
        try readNames()
        let row = try StateReader.newestRow(connection, upTo: pass, layouts: layouts)
        guard let row else { return nil }
        return try StateReader.state(connection, of: row, layouts: layouts, devices: devices)
    }

    // What the numbers of devices and layouts mean, read again only when the file has changed.
    mutating func readNames() throws(HistoryError) {
        let version = try connection.integer("PRAGMA data_version", to: "read the history")
        guard version == nil || version != devicesVersion else { return }
        let newest = try connection.integer(
            "SELECT max(layout) FROM layout", to: "read the history's columns")
        if layouts[newest ?? 0] == nil { layouts = try StateReader.layouts(connection) }
        devices = try StateReader.devices(connection)
        numbersByKey = Dictionary(grouping: devices.keys) { devices[$0]?.key ?? "" }
        devicesVersion = version
    }

    // Times ascend within an epoch only, so that the clock may have been set in between: the newest
    // pass counts.
    func lastPass(notAfter milliseconds: Int64) throws(HistoryError) -> Int64? {
        let purpose = "find a time"
        let head = try connection.prepare(
            "SELECT cyc, t, key, epoch, d FROM head WHERE t <= ? ORDER BY cyc DESC", to: purpose)
        try head.bind(1, milliseconds)
        while try head.step() {
            if let header = StateReader.soundHeader(head) { return header.pass }
        }
        let slots = try connection.prepare(
            """
            SELECT first, last, t0, t1, epoch, d FROM slot WHERE t0 <= ? ORDER BY first DESC
            """, to: purpose)
        try slots.bind(1, milliseconds)
        while try slots.step() {
            guard let slot = SlotReader.slot(slots) else { continue }
            let row = slot.clock.times.lastIndex { $0 <= milliseconds } ?? 0
            return slot.clock.passes[row]
        }
        return nil
    }

    func passCount(after: Int64, through: Int64) throws(HistoryError) -> UInt64 {
        let statement = try connection.prepare(
            """
            SELECT (SELECT count(*) FROM head WHERE cyc > ?1 AND cyc <= ?2) + coalesce(
                (SELECT sum(min(last, ?2) - max(first - 1, ?1)) FROM slot
                    WHERE first <= ?2 AND last > ?1), 0)
            """, to: "count passes")
        try statement.bind(1, after)
        try statement.bind(2, through)
        return try statement.step() ? UInt64(max(0, statement.integer(0))) : 0
    }

    func events(
        after: Int64, through: Int64, limit: Int
    ) throws(HistoryError) -> StoredEvents {
        let statement = try connection.prepare(
            """
            SELECT event.id >> \(Schema.eventBits), event.t, device.key, event.ctr, event.kind,
                event.before, event.after, field.name, \(Schema.Table.event.isSound)
                    AND \(Schema.Table.device.isSound) AND \(Schema.Table.field.isSound)
            FROM event LEFT JOIN device USING(dev)
                LEFT JOIN field ON field.layout = event.layout AND field.ctr = event.ctr
            WHERE event.id BETWEEN ? AND ? ORDER BY event.id LIMIT ?
            """, to: "read events")
        let newestPass = Int64.max >> Schema.eventBits - 1
        try statement.bind(1, (min(after, newestPass) + 1) << Schema.eventBits)
        try statement.bind(2, (min(through, newestPass) + 1) << Schema.eventBits - 1)
        try statement.bind(3, Int64(max(0, limit)))
        var events = StoredEvents()
        while try statement.step() {
            guard statement.integer(8) == 1,
                let kind = CounterEvent.Kind(rawValue: statement.text(4))
            else {
                events.damagedCount += 1
                continue
            }
            let event = CounterEvent(
                key: statement.text(2), column: Int(statement.integer(3)), kind: kind,
                before: statement.unsigned(5), after: statement.unsigned(6))
            events.readable.append(
                StoredEvent(
                    pass: Self.pass(statement), event: event, columnName: statement.text(7)))
        }
        return events
    }

    func marks(named name: GivenName?, now: Int64) throws(HistoryError) -> [StoredMark] {
        try StoredMark.read(connection, named: name, now: now)
    }

    private static func pass(_ statement: borrowing Statement) -> StoredPass {
        StoredPass(
            Seen(pass: statement.integer(0), timeMilliseconds: statement.integer(1)))
    }
}
