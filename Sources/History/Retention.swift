import Model

/// How the file is kept within its limits.
enum Retention {
    /// `PRAGMA page_size`.
    static let pageBytes: Int64 = 4096
    /// Pages left free in the file for the rows to come, so that a steady history neither grows
    /// nor shrinks its file.
    static let sparePages: Int64 = 256
    /// The most slots or groups that one pass drops: what it costs stays bounded, and four out for
    /// one in catches up after a limit was lowered.
    static let maximumGroups = 4
}

extension Store {
    /// The time that ages are counted from.
    ///
    /// The wall clock, unless it was set far ahead since the latest slot was begun: a clock that
    /// is wrong for an hour must not cost the history.
    func retentionTime(_ wallMilliseconds: Int64, _ memory: Memory) -> Int64 {
        min(wallMilliseconds, memory.sealedTime ?? wallMilliseconds)
    }

    /// Drops slots, and groups of rows that are not sealed, that are too old or too many, and marks
    /// that have expired; the newest group always stays.
    ///
    /// Runs whenever a group starts, before its first row, so that the file has room for it, and
    /// whenever slots are sealed.
    func dropOldest(now: Int64) throws(HistoryError) {
        try dropExpiredMarks(now: now)
        let oldestTime = now &- limits.maximumAgeMilliseconds
        var hasDropped = false
        for _ in 0..<Retention.maximumGroups {
            guard let stretch = try oldestStretch() else { break }
            let isTooOld = try age(of: stretch, now: now) < oldestTime
            let isTooMuch = try isTooLarge()
            guard isTooOld || isTooMuch else { break }
            try drop(stretch)
            hasDropped = true
        }
        guard hasDropped else { return }
        try dropUnused()
        try vacuum()
    }

    /// Drops the oldest slot or group, whatever its age; false when only the newest group is left.
    func dropOldestStretch() throws(HistoryError) -> Bool {
        guard let stretch = try oldestStretch() else { return false }
        try drop(stretch)
        try dropUnused()
        return true
    }

    // The time that a stretch is judged by: its own, unless a wrong clock wrote that; then it is at
    // least as old as the epoch that came after it.
    private func age(of stretch: Stretch, now: Int64) throws(HistoryError) -> Int64 {
        guard stretch.lastTime > now else { return stretch.lastTime }
        let later = try connection.prepare(
            "SELECT min(t0) FROM epoch WHERE epoch > ? AND \(Schema.Table.epoch.isSound)",
            to: "find the oldest passes")
        try later.bind(1, stretch.epoch)
        guard try later.step(), !later.isNull(0) else { return stretch.lastTime }
        return min(stretch.lastTime, later.integer(0))
    }

    // A slot or a group of rows that are not sealed.
    private struct Stretch {
        var first: Int64
        // The first pass behind it.
        var end: Int64
        var lastTime: Int64
        var epoch: Int64
        var isSealed: Bool
    }

    // Nil when there is only the newest group.
    private func oldestStretch() throws(HistoryError) -> Stretch? {
        let purpose = "find the oldest passes"
        let slot = try connection.prepare(
            "SELECT first, last + 1, t1, epoch FROM slot ORDER BY first LIMIT 1", to: purpose)
        let sealed =
            try slot.step()
            ? Stretch(
                first: slot.integer(0), end: slot.integer(1), lastTime: slot.integer(2),
                epoch: slot.integer(3), isSealed: true) : nil
        let group = try connection.prepare(
            """
            SELECT cyc, (SELECT t FROM head AS b WHERE b.cyc < a.cyc ORDER BY b.cyc DESC LIMIT 1),
                (SELECT min(cyc) FROM head), (SELECT epoch FROM head ORDER BY cyc LIMIT 1)
            FROM head AS a WHERE a.cyc = a.key AND a.cyc > (SELECT min(cyc) FROM head)
            ORDER BY a.cyc LIMIT 1
            """, to: purpose)
        guard try group.step() else { return sealed }
        if let sealed, sealed.first < group.integer(2) { return sealed }
        return Stretch(
            first: group.integer(2), end: group.integer(0), lastTime: group.integer(1),
            epoch: group.integer(3), isSealed: false)
    }

    private func drop(_ stretch: Stretch) throws(HistoryError) {
        if stretch.isSealed {
            try delete("DELETE FROM slot WHERE first = ?", stretch.first)
            let chunks = try connection.prepare(
                "DELETE FROM chunk WHERE id >= ? AND id < ?", to: "drop the oldest passes")
            try chunks.bind(1, stretch.first << Schema.chunkBits)
            try chunks.bind(2, (stretch.first + 1) << Schema.chunkBits)
            try chunks.run()
        } else {
            try delete("DELETE FROM head WHERE cyc < ?", stretch.end)
        }
        try delete("DELETE FROM event WHERE id < ?", stretch.end << Schema.eventBits)
    }

    /// Whether the file has no room left within its own limit, whatever the disk has.
    func isAtLimit() throws(HistoryError) -> Bool {
        try pages("page_count") >= pages("max_page_count")
    }

    /// Whether the oldest passes have to go for those to come.
    func isTooLarge() throws(HistoryError) -> Bool {
        let used = try pages("page_count") - pages("freelist_count")
        return (used + Retention.sparePages) * Retention.pageBytes > limits.maximumBytes
    }

    private func pages(_ pragma: String) throws(HistoryError) -> Int64 {
        try connection.integer("PRAGMA \(pragma)", to: "ask for the history's size") ?? 0
    }

    private func delete(_ sql: String, _ bound: Int64) throws(HistoryError) {
        let statement = try connection.prepare(sql, to: "drop the oldest passes")
        try statement.bind(1, bound)
        try statement.run()
    }

    // Devices and epochs that nothing refers to any more. Layouts stay: one comes with a version.
    private func dropUnused() throws(HistoryError) {
        // Slots that are still to be salvaged may need them.
        guard salvage?.isDone ?? true else { return }
        let purpose = "find the oldest passes"
        let oldest = try connection.prepare(
            """
            SELECT first, epoch FROM (SELECT first, epoch FROM slot ORDER BY first LIMIT 1)
            UNION ALL SELECT cyc, epoch FROM (SELECT cyc, epoch FROM head ORDER BY cyc LIMIT 1)
            ORDER BY first LIMIT 1
            """, to: purpose)
        guard try oldest.step() else { return }
        let (first, epoch) = (oldest.integer(0), oldest.integer(1))
        try delete("DELETE FROM epoch WHERE epoch < ?", epoch)
        try delete("DELETE FROM device WHERE last < ?", first)
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
