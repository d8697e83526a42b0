import CSQLite

/// The SQL function that sums up the values of a row, since SQLite itself has no checksums.
enum RowChecksum {
    static let name = "row_crc"

    /// CRC-32C of each value's type and bytes; text and blobs with their length.
    fileprivate static func sum(_ values: UnsafeBufferPointer<OpaquePointer?>) -> Int64 {
        var checksum = CRC32C()
        for index in 0..<values.count {
            guard let value = unsafe values[index] else { continue }
            let type = unsafe sqlite3_value_type(value)
            checksum.take(Int64(type))
            switch type {
            case SQLITE_INTEGER: checksum.take(unsafe sqlite3_value_int64(value))
            case SQLITE_NULL: break
            default:
                let start = unsafe sqlite3_value_blob(value)?.assumingMemoryBound(to: UInt8.self)
                let count = unsafe Int(sqlite3_value_bytes(value))
                let bytes = unsafe UnsafeBufferPointer(
                    start: start, count: start == nil ? 0 : count)
                checksum.take(Int64(count))
                checksum.take(unsafe bytes.span)
            }
        }
        return Int64(checksum.value)
    }
}

extension Connection {
    /// Teaches the connection the function.
    func addRowChecksum() throws(HistoryError) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY
        try unsafe addFunction(RowChecksum.name, flags: flags) { context, count, values in
            let values = unsafe UnsafeBufferPointer(start: values, count: Int(count))
            unsafe sqlite3_result_int64(context, RowChecksum.sum(values))
        }
    }
}
