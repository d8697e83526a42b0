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
            SELECT cyc, t FROM (SELECT cyc, t FROM head ORDER BY cyc LIMIT 1)
            UNION ALL SELECT cyc, t FROM (SELECT cyc, t FROM head ORDER BY cyc DESC LIMIT 1)
            """, to: purpose)
        guard try statement.step() else { return nil }
        let oldest = Self.pass(statement)
        guard try statement.step() else { return nil }
        let storeID = try connection.integer(
            "SELECT v FROM meta WHERE k = 'store_id'", to: purpose)
        return HistoryBounds(
            storeID: UInt64(bitPattern: storeID ?? 0), oldest: oldest,
            newest: Self.pass(statement))
    }

    mutating func state(upTo pass: Int64) throws(HistoryError) -> StoredState? {
        let newest = try connection.integer(
            "SELECT max(layout) FROM layout", to: "read the history's columns")
        if layouts[newest ?? 0] == nil { layouts = try StateReader.layouts(connection) }
        let row = try StateReader.newestRow(connection, upTo: pass, layouts: layouts)
        guard let row else { return nil }
        return try StateReader.state(connection, of: row, layouts: layouts)
    }

    // Time ascends with the number of the pass, so halving finds it without an index.
    func lastPass(notAfter milliseconds: Int64) throws(HistoryError) -> Int64? {
        guard let bounds = try bounds(), bounds.oldest.wallMilliseconds <= milliseconds else {
            return nil
        }
        let time = try connection.prepare(
            "SELECT t FROM head WHERE cyc >= ? ORDER BY cyc LIMIT 1", to: "find a time")
        var low = Int64(clamping: bounds.oldest.id.rawValue)
        var high = Int64(clamping: bounds.newest.id.rawValue)
        while low < high {
            let middle = low + (high - low + 1) / 2
            try time.bind(1, middle)
            let isAfter = try time.step() ? time.integer(0) > milliseconds : true
            time.reset()
            if isAfter { high = middle - 1 } else { low = middle }
        }
        return low
    }

    func events(
        after: Int64, through: Int64, limit: Int
    ) throws(HistoryError) -> [StoredEvent] {
        let statement = try connection.prepare(
            """
            SELECT head.cyc, head.t, device.key, event.ctr, event.kind, event.before, event.after,
                field.name
            FROM event JOIN head ON head.cyc = event.id >> \(Schema.eventBits)
                JOIN device USING(dev)
                JOIN field ON field.layout = event.layout AND field.ctr = event.ctr
            WHERE event.id BETWEEN ? AND ? ORDER BY event.id LIMIT ?
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

    private static func pass(_ statement: borrowing Statement) -> StoredPass {
        StoredPass(
            Seen(pass: statement.integer(0), timeMilliseconds: statement.integer(1)))
    }
}
