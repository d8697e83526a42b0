import Model

/// How the file is kept within its limits.
enum Retention {
    /// `PRAGMA page_size`.
    static let pageBytes: Int64 = 4096
    /// Pages left free in the file for the rows to come, so that a steady history neither grows
    /// nor shrinks its file.
    static let sparePages: Int64 = 256
    /// The most groups that one pass drops: what it costs stays bounded, and four out for one in
    /// catches up after a limit was lowered.
    static let maximumGroups = 4
}

extension Store {
    /// Drops groups of rows that are too old or too many; the newest group always stays.
    ///
    /// Runs whenever a group starts, before its first row, so that the file has room for it.
    func dropOldest(wallMilliseconds: Int64) throws(HistoryError) {
        let oldestTime = wallMilliseconds &- limits.maximumAgeMilliseconds
        var end: Int64?
        for _ in 0..<Retention.maximumGroups {
            guard let group = try oldestGroup() else { break }
            let isTooOld = group.lastTime < oldestTime
            let isTooMuch = try isTooLarge()
            guard isTooOld || isTooMuch else { break }
            try delete("DELETE FROM head WHERE cyc < ?", before: group.end)
            try delete("DELETE FROM event WHERE id < ?", before: group.end << Schema.eventBits)
            end = group.end
        }
        guard let end else { return }
        try dropUnused(before: end)
        try vacuum()
    }

    // The first pass behind the oldest group and the time of its last row; nil when there is only
    // one group.
    private func oldestGroup() throws(HistoryError) -> (end: Int64, lastTime: Int64)? {
        let statement = try connection.prepare(
            """
            SELECT cyc, (SELECT t FROM head AS b WHERE b.cyc < a.cyc ORDER BY b.cyc DESC LIMIT 1)
            FROM head AS a WHERE a.cyc = a.key AND a.cyc > (SELECT min(cyc) FROM head)
            ORDER BY a.cyc LIMIT 1
            """, to: "find the oldest passes")
        return try statement.step() ? (statement.integer(0), statement.integer(1)) : nil
    }

    private func isTooLarge() throws(HistoryError) -> Bool {
        let used = try pages("page_count") - pages("freelist_count")
        return (used + Retention.sparePages) * Retention.pageBytes > limits.maximumBytes
    }

    private func pages(_ pragma: String) throws(HistoryError) -> Int64 {
        try connection.integer("PRAGMA \(pragma)", to: "ask for the history's size") ?? 0
    }

    private func delete(_ sql: String, before end: Int64) throws(HistoryError) {
        let statement = try connection.prepare(sql, to: "drop the oldest passes")
        try statement.bind(1, end)
        try statement.run()
    }

    // Devices and epochs that no row refers to any more. Layouts stay: one comes with a version.
    private func dropUnused(before end: Int64) throws(HistoryError) {
        try connection.execute(
            "DELETE FROM epoch WHERE epoch < (SELECT epoch FROM head ORDER BY cyc LIMIT 1)",
            to: "drop unused epochs")
        try delete("DELETE FROM device WHERE last < ?", before: end)
        guard connection.changes > 0 else { return }
        try connection.execute(
            "DELETE FROM offs WHERE dev NOT IN (SELECT dev FROM device)",
            to: "drop unused offsets")
    }

    private func vacuum() throws(HistoryError) {
        let free = try pages("freelist_count") - Retention.sparePages
        guard free > 0 else { return }
        try connection.execute(
            "PRAGMA incremental_vacuum(\(min(free, 2 * Retention.sparePages)))",
            to: "give pages back to the file system")
    }
}
