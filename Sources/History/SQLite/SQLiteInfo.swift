import CSQLite

/// Which SQLite the process runs with.
package struct SQLiteInfo: Hashable, Sendable {
    /// The version, such as `3.40.1`.
    package var version: String
    /// The version as a number: 3040001.
    package var versionNumber: Int32
    /// What an operator may want to know about this version; nil when there is nothing.
    package var remark: String?

    /// The library that is loaded.
    package static var loaded: SQLiteInfo {
        SQLiteInfo(
            version: unsafe String(cString: sqlite3_libversion()),
            versionNumber: sqlite3_libversion_number())
    }

    /// A version; `versionNumber` as in `SQLITE_VERSION_NUMBER`.
    package init(version: String, versionNumber: Int32) {
        self.version = version
        self.versionNumber = versionNumber
        // sqlite.org/wal.html, "The WAL-reset bug".
        guard versionNumber < 3_051_003 else { return }
        remark = """
            SQLite \(version) can damage a database when two connections write or checkpoint; \
            FabricWatch writes and checkpoints on one connection only, so its own file is safe.
            """
    }

    /// Whether connections may be used by several threads at all (sqlite.org/threadsafe.html).
    static var isThreadSafe: Bool { sqlite3_threadsafe() != 0 }
}
