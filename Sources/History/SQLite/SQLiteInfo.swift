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

    /// The oldest version that has what is used: `sqlite3_changes64` (sqlite.org/changes.html).
    static let oldest = SQLiteInfo(version: "3.37.0", versionNumber: 3_037_000)

    /// Compile options without which nothing works, and those that change what the pragmas of the
    /// history set (sqlite.org/compileoptions.html); `THREADSAFE=1` as the library has it.
    package static var options: [String] {
        let named = ["SECURE_DELETE", "DEFAULT_WAL_SYNCHRONOUS"] + omissions
        return ["THREADSAFE=\(sqlite3_threadsafe())"] + named.filter(isUsed)
    }

    private static let omissions = [
        "OMIT_WAL", "OMIT_AUTOVACUUM", "OMIT_PROGRESS_CALLBACK", "OMIT_INTEGRITY_CHECK",
    ]

    private static func isUsed(_ option: String) -> Bool {
        unsafe sqlite3_compileoption_used(option) != 0
    }

    /// Why the library cannot be used; nil when it can.
    var defect: String? {
        guard versionNumber >= Self.oldest.versionNumber else {
            return "libsqlite3 is \(version), \(Self.oldest.version) is needed"
        }
        // sqlite.org/threadsafe.html
        guard sqlite3_threadsafe() != 0 else {
            return "libsqlite3 was built without support for threads"
        }
        return Self.omissions.first(where: Self.isUsed).map {
            "libsqlite3 was built with \($0)"
        }
    }
}
