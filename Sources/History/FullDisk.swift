// What is done when there is no room for a pass.
extension Store {
    /// Makes room after a write that failed since the disk or the file was full; false when there
    /// is nothing left to give up.
    ///
    /// Gives up the ballast first, then the oldest passes, a slot at each call: within the file and
    /// its log their pages are used again.
    package func makeRoom() throws(HistoryError) -> Bool {
        if try !isAtLimit(), ballast.release() {
            checkpoint()
            return true
        }
        checkpoint()
        return try transaction { memory throws(HistoryError) in
            let hasDropped = try dropOldestStretch()
            memory.head = try HeadExtent(connection)
            return hasDropped
        }
    }

    // Moves the log into the database, so that it begins anew; waits for nobody. When it fails, the
    // log stays as it is.
    private func checkpoint() {
        try? connection.execute("PRAGMA wal_checkpoint(PASSIVE)", to: "shorten the log")
    }
}
