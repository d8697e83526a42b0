import CSQLite
import Model

/// The writing connection, opened, checked and with its tables.
struct Opening: ~Copyable {
    let connection: Connection
    let isNew: Bool
    let storeID: UInt64
    let memory: Memory

    /// Opens or creates the file of a directory that is locked for this process.
    init(
        _ file: HistoryFile, limits: Store.Limits, nowMilliseconds: Int64
    ) throws(HistoryError) {
        if let defect = SQLiteInfo.loaded.defect {
            throw HistoryError(
                attempted: Self.purpose, path: file.database, cause: .unsuitable, message: defect)
        }
        try file.refuseForeignHeader()
        try file.refuseMarked()
        try file.createDatabase()
        let connection = try Connection(path: file.database, flags: SQLITE_OPEN_READWRITE)
        try connection.execute("PRAGMA busy_timeout=5000", to: Self.purpose)
        try connection.addRowChecksum()
        let isNew = try Self.hasNoTables(connection)
        if !isNew { try Self.refuseForeignSchema(connection, file) }
        try Self.configure(connection, limits: limits, isNew: isNew)
        if isNew {
            try Self.createTables(connection, nowMilliseconds: nowMilliseconds)
        } else {
            try Self.migrate(connection)
        }
        let storeID = try Self.storeID(connection)
        // From here on a pass that cannot be written at once waits in memory, and not its thread.
        try connection.execute("PRAGMA busy_timeout=250", to: Self.purpose)
        memory = try Memory(connection, epoch: nil)
        self.storeID = storeID
        self.isNew = isNew
        self.connection = connection
    }

    private static let purpose = "open the history"

    /// The history's number.
    static func storeID(_ connection: borrowing Connection) throws(HistoryError) -> UInt64 {
        let number = try connection.integer(
            "SELECT v FROM meta WHERE k = 'store_id'", to: purpose)
        return UInt64(bitPattern: number ?? 0)
    }

    private static func hasNoTables(
        _ connection: borrowing Connection
    ) throws(HistoryError) -> Bool {
        try connection.integer("SELECT count(*) FROM sqlite_schema", to: purpose) == 0
    }

    // The header on disk is older than the log beside it, so ask SQLite as well.
    private static func refuseForeignSchema(
        _ connection: borrowing Connection, _ file: HistoryFile
    ) throws(HistoryError) {
        do {
            try file.refuse(
                application: try connection.integer("PRAGMA application_id", to: purpose) ?? 0,
                version: try connection.integer("PRAGMA user_version", to: purpose) ?? 0)
        } catch {
            connection.forbidCheckpointOnClose()
            connection.keepSideFiles()
            throw error
        }
    }

    // Page size and vacuum mode hold only when set before the first table. secure_delete, which
    // Debian turns on, would write every freed page once more. Small caches: rows are appended
    // once and read by others.
    private static func configure(
        _ connection: borrowing Connection, limits: Store.Limits, isNew: Bool
    ) throws(HistoryError) {
        if isNew {
            try connection.execute(
                "PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL", to: purpose)
        }
        connection.keepSideFiles()
        let journal = try connection.text("PRAGMA journal_mode=WAL", to: purpose)
        try connection.execute(
            """
            PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF; PRAGMA cell_size_check=ON;
            PRAGMA trusted_schema=OFF; PRAGMA wal_autocheckpoint=1000;
            PRAGMA journal_size_limit=4194304; PRAGMA cache_size=-512;
            PRAGMA max_page_count=\(limits.maximumBytes / Retention.pageBytes);
            """, to: purpose)
        let synchronous = try connection.integer("PRAGMA synchronous", to: purpose)
        let secureDelete = try connection.integer("PRAGMA secure_delete", to: purpose)
        guard journal == "wal", synchronous == 2, secureDelete == 0 else {
            throw HistoryError(
                attempted: purpose, path: connection.path, cause: .unsuitable,
                message: "SQLite gives journal_mode \(journal ?? "none"), synchronous "
                    + "\(synchronous ?? -1), secure_delete \(secureDelete ?? -1) instead of wal, 2 "
                    + "and 0, so that passes could be lost or written twice")
        }
    }

    private static func migrate(_ connection: borrowing Connection) throws(HistoryError) {
        let version = try connection.integer("PRAGMA user_version", to: purpose) ?? 0
        guard version >= 1 else { return }
        for step in Schema.migrations.dropFirst(Int(version) - 1) {
            do {
                try connection.execute(step, to: "bring the history up to date")
            } catch {
                connection.rollBack()
                throw error
            }
        }
    }

    private static func createTables(
        _ connection: borrowing Connection, nowMilliseconds: Int64
    ) throws(HistoryError) {
        let storeID = Int64.random(in: .min ... .max)
        do {
            try connection.execute(
                """
                BEGIN IMMEDIATE; \(Schema.creation)
                INSERT INTO meta(k, v) VALUES('store_id', \(storeID));
                INSERT INTO meta(k, v) VALUES('created_ms', \(nowMilliseconds));
                \(Schema.Table.meta.update);
                COMMIT;
                """, to: "create the history's tables")
        } catch {
            connection.rollBack()
            throw error
        }
    }
}
