import CSQLite

/// One prepared statement, finalized at the end of its life.
@safe struct Statement: ~Copyable {
    private let handle: OpaquePointer
    private let purpose: String
    private let path: String

    /// Takes over a statement; `purpose` says in errors what it was for.
    @unsafe init(owning handle: OpaquePointer, purpose: String, path: String) {
        unsafe self.handle = handle
        self.purpose = purpose
        self.path = path
    }

    deinit {
        unsafe sqlite3_finalize(handle)
    }

    /// Binds an integer to the parameter `index`, from 1.
    func bind(_ index: Int32, _ value: Int64) throws(HistoryError) {
        try check(unsafe sqlite3_bind_int64(handle, index, value))
    }

    /// Binds an unsigned integer by its bit pattern.
    func bind(_ index: Int32, _ value: UInt64) throws(HistoryError) {
        try bind(index, Int64(bitPattern: value))
    }

    /// Binds text; SQLite takes a copy.
    func bind(_ index: Int32, _ value: String) throws(HistoryError) {
        var text = value
        let code = text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { bytes in
                unsafe fabricwatch_bind_text(
                    handle, index, bytes.baseAddress, Int32(bytes.count))
            }
        }
        try check(code)
    }

    /// Binds text or NULL.
    func bind(_ index: Int32, _ value: String?) throws(HistoryError) {
        guard let value else { return try bindNull(index) }
        try bind(index, value)
    }

    /// Binds an integer or NULL.
    func bind(_ index: Int32, _ value: Int64?) throws(HistoryError) {
        guard let value else { return try bindNull(index) }
        try bind(index, value)
    }

    private func bindNull(_ index: Int32) throws(HistoryError) {
        try check(unsafe sqlite3_bind_null(handle, index))
    }

    /// Binds bytes; SQLite takes a copy, which for rows of kilobytes costs nothing that shows.
    func bind(_ index: Int32, _ value: [UInt8]) throws(HistoryError) {
        let code = unsafe value.withUnsafeBytes { bytes in
            unsafe fabricwatch_bind_blob(handle, index, bytes.baseAddress, Int32(bytes.count))
        }
        try check(code)
    }

    /// Binds what a column of another statement's row holds, whatever it is.
    func bind(_ index: Int32, column: Int32, of row: borrowing Statement) throws(HistoryError) {
        try check(
            unsafe sqlite3_bind_value(handle, index, sqlite3_column_value(row.handle, column)))
    }

    /// Goes to the next row; false when there is none.
    func step() throws(HistoryError) -> Bool {
        switch unsafe sqlite3_step(handle) {
        case SQLITE_ROW: true
        case SQLITE_DONE: false
        case let code: throw error(code)
        }
    }

    /// Runs a statement that answers nothing, and makes it ready for the next time.
    func run() throws(HistoryError) {
        defer { reset() }
        while try step() {}
    }

    /// Makes the statement ready to run again; its values stay bound.
    func reset() {
        // Answers the error of the last step again, which was thrown already.
        _ = unsafe sqlite3_reset(handle)
    }

    /// An integer of the current row; `column` from 0.
    func integer(_ column: Int32) -> Int64 {
        unsafe sqlite3_column_int64(handle, column)
    }

    /// An unsigned integer that was bound by its bit pattern.
    func unsigned(_ column: Int32) -> UInt64 {
        UInt64(bitPattern: integer(column))
    }

    /// Text of the current row; empty for NULL.
    func text(_ column: Int32) -> String {
        guard let bytes = unsafe sqlite3_column_text(handle, column) else { return "" }
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        return unsafe String(
            decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    /// Whether the column of the current row is NULL.
    func isNull(_ column: Int32) -> Bool {
        unsafe sqlite3_column_type(handle, column) == SQLITE_NULL
    }

    /// Shows the bytes of a column of the current row, without a copy.
    func withBytes<Result, Failure: Error>(
        _ column: Int32, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let start = unsafe sqlite3_column_blob(handle, column)?.assumingMemoryBound(
            to: UInt8.self)
        let count = unsafe start == nil ? 0 : Int(sqlite3_column_bytes(handle, column))
        let bytes = unsafe UnsafeBufferPointer(start: start, count: count)
        return try body(unsafe bytes.span)
    }

    private func check(_ code: Int32) throws(HistoryError) {
        guard code == SQLITE_OK else { throw error(code) }
    }

    private func error(_ code: Int32) -> HistoryError {
        unsafe HistoryError(
            attempted: purpose, path: path, database: sqlite3_db_handle(handle), code: code)
    }
}
