import CSQLite

/// One connection to an SQLite file, closed at the end of its life.
///
/// Used by one thread at a time (sqlite.org/threadsafe.html, multi-thread mode).
@safe struct Connection: ~Copyable {
    /// The file.
    let path: String
    private let handle: OpaquePointer
    private let idle = IdleStatements()

    /// Opens a file with SQLite's `SQLITE_OPEN_` flags (sqlite.org/c3ref/open.html).
    init(path: String, flags: Int32) throws(HistoryError) {
        var opened: OpaquePointer?
        let code = unsafe sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK, let opened = unsafe opened else {
            defer { unsafe sqlite3_close_v2(opened) }
            throw unsafe HistoryError(
                attempted: "open the history", path: path, database: opened,
                code: unsafe opened == nil ? code : sqlite3_extended_errcode(opened))
        }
        unsafe sqlite3_extended_result_codes(opened, 1)
        unsafe handle = opened
        self.path = path
    }

    // Statements that are still alive keep what they need of it (sqlite.org/c3ref/close.html).
    deinit {
        idle.end()
        unsafe sqlite3_close_v2(handle)
    }

    /// Prepares one statement, or takes one of the same text that is not in use.
    func prepare(_ sql: String, to purpose: String) throws(HistoryError) -> Statement {
        if let idle = unsafe idle.take(sql) {
            return unsafe Statement(owning: idle, purpose: purpose, path: path, sql, self.idle)
        }
        var prepared: OpaquePointer?
        let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
        let code = unsafe sqlite3_prepare_v3(handle, sql, -1, flags, &prepared, nil)
        guard code == SQLITE_OK, let prepared = unsafe prepared else {
            throw unsafe HistoryError(
                attempted: purpose, path: path, database: handle, code: code)
        }
        return unsafe Statement(owning: prepared, purpose: purpose, path: path, sql, idle)
    }

    /// Runs statements that need no values, and drops what they answer.
    func execute(_ sql: String, to purpose: String) throws(HistoryError) {
        let code = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else {
            throw unsafe HistoryError(
                attempted: purpose, path: path, database: handle, code: code)
        }
    }

    /// The first column of the first row as an integer; nil without a row.
    func integer(_ sql: String, to purpose: String) throws(HistoryError) -> Int64? {
        let statement = try prepare(sql, to: purpose)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// The first column of the first row as text; nil without a row.
    func text(_ sql: String, to purpose: String) throws(HistoryError) -> String? {
        let statement = try prepare(sql, to: purpose)
        return try statement.step() ? statement.text(0) : nil
    }

    /// Rows changed by the last statement that changed any.
    var changes: Int64 { unsafe sqlite3_changes64(handle) }

    /// Ends an open transaction without its changes; does nothing when there is none.
    func rollBack() {
        guard unsafe sqlite3_get_autocommit(handle) == 0 else { return }
        // When even this fails the transaction is gone with the connection's next error.
        _ = unsafe sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
    }

    /// Keeps `-wal` and `-shm` when the connection closes, so that a reader without the right to
    /// create files can open the history of a stopped daemon.
    func keepSideFiles() {
        var on: Int32 = 1
        _ = unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_PERSIST_WAL, &on)
    }

    /// Leaves the file as it is when the connection closes.
    func forbidCheckpointOnClose() {
        _ = unsafe fabricwatch_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    }

    /// Adds an SQL function of any number of values (sqlite.org/c3ref/create_function.html).
    func addFunction(
        _ name: String, flags: Int32,
        _ body:
            @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void
    ) throws(HistoryError) {
        let code = unsafe sqlite3_create_function_v2(
            handle, name, -1, flags, nil, body, nil, nil, nil)
        guard code == SQLITE_OK else {
            throw unsafe HistoryError(
                attempted: "open the history", path: path, database: handle, code: code)
        }
    }

    /// Lets every statement end with SQLITE_INTERRUPT once `deadline` says that it is late; the
    /// deadline must live until the handler is replaced or the connection closed.
    func interrupt(after deadline: Deadline) {
        let context = unsafe Unmanaged.passUnretained(deadline).toOpaque()
        let operations: Int32 = 1000
        unsafe sqlite3_progress_handler(
            handle, operations,
            { context in
                guard let context = unsafe context else { return 0 }
                return unsafe Unmanaged<Deadline>.fromOpaque(context).takeUnretainedValue().isOver
                    ? 1 : 0
            }, context)
    }
}
