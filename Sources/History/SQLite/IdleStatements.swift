import CSQLite

/// Statements of a connection that wait to be used again: to compile one takes longer than to run
/// it.
@safe final class IdleStatements {
    // The room has fewer statements; what is not known beforehand does not stay.
    private static let maximumCount = 64

    private var handles: [String: OpaquePointer] = unsafe [:]
    private var hasEnded = false

    /// A statement of this text; nil when there is none.
    @unsafe func take(_ sql: String) -> OpaquePointer? {
        unsafe handles.removeValue(forKey: sql)
    }

    /// Takes a statement over, and ends what it still does.
    @unsafe func put(_ handle: OpaquePointer, _ sql: String) {
        // SQLite answers some pragmas when it compiles them (sqlite.org/pragma.html).
        guard !hasEnded, unsafe handles.count < Self.maximumCount, unsafe handles[sql] == nil,
            !sql.hasPrefix("PRAGMA")
        else {
            unsafe sqlite3_finalize(handle)
            return
        }
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
        unsafe handles[sql] = handle
    }

    /// Finalizes all statements, also those that come later.
    func end() {
        hasEnded = true
        for unsafe(_, handle) in unsafe handles { unsafe sqlite3_finalize(handle) }
        unsafe handles = [:]
    }
}
