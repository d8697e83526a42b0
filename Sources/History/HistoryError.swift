import CSQLite
import Glibc

/// Why the history could not be opened, written or read.
package struct HistoryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What an operator or the daemon can do something about.
    package enum Cause: Hashable, Sendable {
        /// Another daemon works in the directory; its process id, nil when it did not say.
        case held(by: Int32?)
        /// The file's schema is newer than this program.
        case newerSchema(Int64)
        /// The file is an SQLite database of something else.
        case foreign
        /// The disk is full, or the file has reached its limit.
        case full
        /// The file system is mounted read-only, or the file may not be written.
        case readOnly
        /// The daemon's user may not reach the file or the directory.
        case noPermission
        /// The content of the file contradicts itself.
        case damaged
        /// Another connection held the file for too long.
        case busy
        /// The read took longer than it may.
        case timeLimit
        /// The file has not the tables that its version says.
        case otherTables
        /// The pass handed in contradicts itself; a fault of the program.
        case invalidPass
        /// SQLite does not do what durability needs.
        case unsuitable
        /// Anything else; the native codes tell.
        case system
    }

    /// What was attempted, as in `append pass 17`.
    package var attempted: String
    /// The file or directory that it was attempted on.
    package var path: String
    /// The reason in one word.
    package var cause: Cause
    /// SQLite's extended result code (sqlite.org/rescode.html); zero when it was not SQLite.
    package var code: Int32 = 0
    /// errno(3) of the system call behind it; zero when there was none.
    package var systemError: Int32 = 0
    /// SQLite's or our own words.
    package var message: String

    /// One line: what, where, why, and the next step.
    package var description: String {
        let codes = [
            code == 0 ? nil : "SQLite \(code)",
            systemError == 0 ? nil : "errno \(systemError)",
        ].compactMap { $0 }
        let native = codes.isEmpty ? "" : " (\(codes.joined(separator: ", ")))"
        return "cannot \(attempted) on \(path): \(message)\(native). \(advice)"
    }

    /// The next step, one sentence for an operator.
    package var advice: String {
        switch cause {
        case .held(let pid?): "Stop process \(pid), or give this daemon another directory."
        case .held(by: nil): "Stop the other daemon, or give this one another directory."
        case .newerSchema: "Install the version that wrote the file, or give another directory."
        case .foreign: "Move the file away; it was not written by FabricWatch."
        case .full: "Free space on the file system or lower the history's size limit."
        case .readOnly:
            "Remount the file system read-write and check the file's owner; to systemd's service "
                + "only what ReadWritePaths= names is writable beside its state directory."
        case .noPermission: "Give the directory and its files to the daemon's user."
        case .damaged: "Restart the daemon; it moves a damaged file aside and starts a new one."
        case .busy: "Look for a program that keeps the file open, such as a backup or sqlite3."
        case .timeLimit: "Ask for a shorter span of time."
        case .otherTables:
            "Move the file away; it was written by a version that was never released."
        case .invalidPass: "Report this as a bug."
        case .unsuitable: "Use the distribution's libsqlite3 and a local file system."
        case .system where [ENOENT, ENOTDIR].contains(systemError):
            "Create the directory's parent, or correct history.directory."
        case .system: "Check the disk and the kernel's log."
        }
    }
}

extension HistoryError {
    /// The error that a connection or a statement just had.
    init(attempted: String, path: String, database: OpaquePointer?, code: Int32) {
        let systemError = unsafe database.map { unsafe sqlite3_system_errno($0) } ?? 0
        let text = unsafe database == nil ? sqlite3_errstr(code) : sqlite3_errmsg(database)
        let message = unsafe text.map { unsafe String(cString: $0) } ?? "unknown error"
        let isIO = code & 0xFF == SQLITE_IOERR || code & 0xFF == SQLITE_CANTOPEN
        self.init(
            attempted: attempted, path: path,
            cause: message.hasPrefix("no such ")
                ? .otherTables : Self.cause(code: code, systemError: isIO ? systemError : 0),
            code: code, systemError: isIO ? systemError : 0, message: message)
    }

    /// The error that a system call just had.
    init(attempted: String, path: String, errno number: Int32) {
        self.init(
            attempted: attempted, path: path, cause: Self.cause(systemError: number) ?? .system,
            systemError: number,
            message: unsafe strerror(number).map { unsafe String(cString: $0) } ?? "unknown error")
    }

    private static func cause(code: Int32, systemError: Int32) -> Cause {
        switch code & 0xFF {
        case SQLITE_FULL: .full
        case SQLITE_READONLY: .readOnly
        case SQLITE_PERM, SQLITE_AUTH: .noPermission
        // No statement of ours breaks a constraint unless the file contradicts itself.
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_CONSTRAINT: .damaged
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_INTERRUPT: .timeLimit
        default: cause(systemError: systemError) ?? .system
        }
    }

    private static func cause(systemError: Int32) -> Cause? {
        switch systemError {
        case ENOSPC, EDQUOT: .full
        case EROFS: .readOnly
        case EACCES, EPERM: .noPermission
        default: nil
        }
    }
}
