import CSQLite

/// Looks whether the file is sound, on a read-only connection of its own.
///
/// Reads the whole file, so it runs wherever it is called and gives up after a while; a log that
/// grows meanwhile is moved into the file afterwards.
package struct HistoryCheck: Sendable {
    /// What came of it.
    package enum Outcome: Hashable, Sendable {
        /// Nothing contradicts itself.
        case sound
        /// What SQLite found first.
        case damaged(String)
        /// The time was up, or the file could not be read; why.
        case unfinished(String)
    }

    let path: String

    /// Runs `PRAGMA quick_check(1)`, for so many milliseconds at most.
    package func run(timeLimitMilliseconds: Int64 = 30_000) -> Outcome {
        do throws(HistoryError) {
            let deadline = Deadline()
            let connection = try Connection(path: path, flags: SQLITE_OPEN_READONLY)
            connection.interrupt(after: deadline)
            deadline.start(milliseconds: timeLimitMilliseconds)
            try connection.execute(
                "PRAGMA busy_timeout=1000; PRAGMA cache_size=-512", to: "check the history")
            let found = try connection.text("PRAGMA quick_check(1)", to: "check the history")
            return found == "ok" ? .sound : .damaged(found ?? "quick_check answered nothing")
        } catch {
            return error.cause == .damaged
                ? .damaged(error.message) : .unfinished(error.description)
        }
    }
}

extension Store {
    /// What looks whether the file is sound.
    package var check: HistoryCheck { HistoryCheck(path: connection.path) }

    /// Lets the next start move the file aside and salvage what is sound of it.
    package func markDamaged() { file.markDamaged() }
}
