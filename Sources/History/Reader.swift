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
    ) throws(HistoryError) -> StoredEvents {
        try ask { session throws(HistoryError) in
            try session.events(
                after: Int64(clamping: after.rawValue), through: Int64(clamping: through.rawValue),
                limit: limit)
        }
    }

    /// The marks in the order of their passes, or the one of a name, without those that have
    /// expired by a time in milliseconds since 1970.
    package func marks(
        named name: GivenName? = nil, nowMilliseconds now: Int64
    ) throws(HistoryError) -> [StoredMark] {
        try ask { session throws(HistoryError) in try session.marks(named: name, now: now) }
    }

    /// The number of kept passes after one up to another.
    package func passCount(after: PassID, through: PassID) throws(HistoryError) -> UInt64 {
        try ask { session throws(HistoryError) in
            try session.passCount(
                after: Int64(clamping: after.rawValue), through: Int64(clamping: through.rawValue))
        }
    }

    /// The passes that follow one, up to another, as far as they are kept together, which is an
    /// hour or less; nil when there are none.
    ///
    /// Each stretch is a question of its own with the time limit of one, so that a reader of weeks
    /// holds nothing back. It takes nine bytes for each pass and column that is selected.
    package func stretch(
        after: PassID, through: PassID = PassID(.max), of selection: Selection
    ) throws(HistoryError) -> Stretch? {
        try ask { session throws(HistoryError) in
            try session.stretch(
                after: Int64(clamping: after.rawValue), through: Int64(clamping: through.rawValue),
                of: selection)
        }
    }

    /// All parts that are known, by key.
    package func parts() throws(HistoryError) -> [StoredPart] {
        try ask { session throws(HistoryError) in try session.parts() }
    }

    /// What the history is made of.
    package func figures() throws(HistoryError) -> HistoryFigures {
        try ask { session throws(HistoryError) in try session.figures() }
    }

    /// What is wrong with the file and with what does not belong to one pass, one sentence each;
    /// empty when nothing is.
    package func checkFile() throws(HistoryError) -> [String] {
        try ask { session throws(HistoryError) in
            try session.checkFile() + session.checkTables()
        }
    }

    /// Reads everything of the passes behind one, an hour or less of them at a time; nil when there
    /// are none.
    package func check(after: PassID) throws(HistoryError) -> CheckedPasses? {
        try ask { session throws(HistoryError) in
            try session.check(after: Int64(clamping: after.rawValue))
        }
    }

    /// The pass at or before a time in milliseconds since 1970; nil when none is kept.
    package func pass(notAfterWall milliseconds: Int64) throws(HistoryError) -> PassID? {
        try ask { session throws(HistoryError) in
            try session.lastPass(notAfter: milliseconds).map { PassID(UInt64(bitPattern: $0)) }
        }
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
