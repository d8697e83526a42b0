import CSQLite
package import Model
import Synchronization

/// Answers questions about the past, on a read-only connection of its own.
///
/// Works while a `Store` of this or another process writes, and after it is gone. Calls from
/// several threads wait for each other; each holds a snapshot of the file for as long as it runs,
/// and gives up after the time limit, so that checkpoints are not held back for long.
package final class Reader: Sendable {
    private let path: String
    private let timeLimitMilliseconds: Int64
    // Opened by the first question, and anew after an error.
    private let session = Mutex<Session?>(nil)

    /// A reader of the history in a directory; nothing is opened yet.
    package init(directory: String, timeLimitMilliseconds: Int64 = 2000) {
        path = HistoryFile(directory: directory).database
        self.timeLimitMilliseconds = timeLimitMilliseconds
    }

    /// What the history holds; nil while it has no pass.
    package func bounds() throws(HistoryError) -> HistoryBounds? {
        try ask { session throws(HistoryError) in try session.bounds() }
    }

    /// The state at a pass, or at the newest readable one before it; nil when none is kept.
    package func state(atOrBefore pass: PassID) throws(HistoryError) -> StoredState? {
        try ask { session throws(HistoryError) in
            try session.state(upTo: Int64(clamping: pass.rawValue))
        }
    }

    /// The state at the newest readable pass that is not after a time in milliseconds since 1970;
    /// nil when none is kept.
    package func state(
        atOrBeforeWall milliseconds: Int64
    ) throws(HistoryError) -> StoredState? {
        try ask { session throws(HistoryError) in
            guard let pass = try session.lastPass(notAfter: milliseconds) else { return nil }
            return try session.state(upTo: pass)
        }
    }

    /// The events of the passes after one up to another, in their order, `limit` at most.
    package func events(
        after: PassID, through: PassID, limit: Int
    ) throws(HistoryError) -> [StoredEvent] {
        try ask { session throws(HistoryError) in
            try session.events(
                after: Int64(clamping: after.rawValue), through: Int64(clamping: through.rawValue),
                limit: limit)
        }
    }

    /// The marks in the order of their passes, or the one of a name, without those that have
    /// expired by a time in milliseconds since 1970.
    package func marks(
        named name: MarkName? = nil, nowMilliseconds now: Int64
    ) throws(HistoryError) -> [StoredMark] {
        try ask { session throws(HistoryError) in try session.marks(named: name, now: now) }
    }

    /// The number of kept passes after one up to another.
    package func passCount(after: PassID, through: PassID) throws(HistoryError) -> UInt64 {
        guard let bounds = try bounds() else { return 0 }
        let first = max(after.rawValue, bounds.oldest.id.rawValue - 1)
        let last = min(through.rawValue, bounds.newest.id.rawValue)
        return last > first ? last - first : 0
    }

    private func ask<Answer: Sendable>(
        _ question: @Sendable (inout Session) throws(HistoryError) -> Answer
    ) throws(HistoryError) -> Answer {
        let result = session.withLock { kept -> Result<Answer, HistoryError> in
            do throws(HistoryError) {
                if kept == nil { kept = try Session(path: path) }
                guard let answer = try kept?.run(timeLimitMilliseconds, question) else {
                    throw HistoryError(
                        attempted: "read the history", path: path, cause: .system,
                        message: "there is no connection")
                }
                return .success(answer)
            } catch {
                kept = nil
                return .failure(error)
            }
        }
        return try result.get()
    }
}

/// One read-only connection.
private struct Session: ~Copyable {
    private let connection: Connection
    private let deadline = Deadline()
    // Layouts are only ever added.
    private var layouts: [Int64: Layout] = [:]

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
        let purpose = "read the history's bounds"
        let statement = try connection.prepare(
            """
            SELECT cyc, t FROM (SELECT first AS cyc, t0 AS t FROM slot ORDER BY first LIMIT 1)
            UNION ALL SELECT cyc, t FROM (SELECT cyc, t FROM head ORDER BY cyc LIMIT 1)
            UNION ALL SELECT cyc, t FROM
                (SELECT last AS cyc, t1 AS t FROM slot ORDER BY first DESC LIMIT 1)
            UNION ALL SELECT cyc, t FROM (SELECT cyc, t FROM head ORDER BY cyc DESC LIMIT 1)
            ORDER BY cyc
            """, to: purpose)
        guard try statement.step() else { return nil }
        let oldest = Self.pass(statement)
        var newest = oldest
        while try statement.step() { newest = Self.pass(statement) }
        let storeID = try connection.integer(
            "SELECT v FROM meta WHERE k = 'store_id'", to: purpose)
        return HistoryBounds(
            storeID: UInt64(bitPattern: storeID ?? 0), oldest: oldest,
            newest: newest)
    }

    mutating func state(upTo pass: Int64) throws(HistoryError) -> StoredState? {
        let newest = try connection.integer(
            "SELECT max(layout) FROM layout", to: "read the history's columns")
        if layouts[newest ?? 0] == nil { layouts = try StateReader.layouts(connection) }
        let row = try StateReader.newestRow(connection, upTo: pass, layouts: layouts)
        guard let row else { return nil }
        return try StateReader.state(connection, of: row, layouts: layouts)
    }

    // Times ascend within an epoch only, so that the clock may have been set in between: the newest
    // pass counts.
    func lastPass(notAfter milliseconds: Int64) throws(HistoryError) -> Int64? {
        let purpose = "find a time"
        let head = try connection.prepare("SELECT max(cyc) FROM head WHERE t <= ?", to: purpose)
        try head.bind(1, milliseconds)
        if try head.step(), !head.isNull(0) { return head.integer(0) }
        let slots = try connection.prepare(
            """
            SELECT first, last, t0, t1, epoch, d FROM slot WHERE t0 <= ? ORDER BY first DESC LIMIT 1
            """, to: purpose)
        try slots.bind(1, milliseconds)
        guard try slots.step() else { return nil }
        guard let slot = SlotReader.slot(slots) else { return slots.integer(0) }
        let row = slot.clock.times.lastIndex { $0 <= milliseconds } ?? 0
        return slot.clock.passes[row]
    }

    func events(
        after: Int64, through: Int64, limit: Int
    ) throws(HistoryError) -> [StoredEvent] {
        let statement = try connection.prepare(
            """
            SELECT event.id >> \(Schema.eventBits), event.t, device.key, event.ctr, event.kind,
                event.before, event.after, field.name
            FROM event JOIN device USING(dev)
                JOIN field ON field.layout = event.layout AND field.ctr = event.ctr
            WHERE event.id BETWEEN ? AND ? AND \(Schema.Table.event.isSound)
                AND \(Schema.Table.device.isSound) AND \(Schema.Table.field.isSound)
            ORDER BY event.id LIMIT ?
            """, to: "read events")
        let newestPass = Int64.max >> Schema.eventBits - 1
        try statement.bind(1, (min(after, newestPass) + 1) << Schema.eventBits)
        try statement.bind(2, (min(through, newestPass) + 1) << Schema.eventBits - 1)
        try statement.bind(3, Int64(max(0, limit)))
        var events: [StoredEvent] = []
        while try statement.step() {
            guard let kind = CounterEvent.Kind(rawValue: statement.text(4)) else { continue }
            let event = CounterEvent(
                key: statement.text(2), column: Int(statement.integer(3)), kind: kind,
                before: statement.unsigned(5), after: statement.unsigned(6))
            events.append(
                StoredEvent(
                    pass: Self.pass(statement), event: event, columnName: statement.text(7)))
        }
        return events
    }

    func marks(named name: MarkName?, now: Int64) throws(HistoryError) -> [StoredMark] {
        try StoredMark.read(connection, named: name, now: now)
    }

    private static func pass(_ statement: borrowing Statement) -> StoredPass {
        StoredPass(
            Seen(pass: statement.integer(0), timeMilliseconds: statement.integer(1)))
    }
}
