package import Model

/// A part that the history knows.
package struct StoredPart: Hashable, Sendable {
    /// The part, as in `SeriesRecord.key`.
    package var key: String
    /// Its columns, as they were kept last.
    package var layout: Layout
}

/// What a history is made of.
package struct HistoryFigures: Hashable, Sendable {
    /// `PRAGMA user_version`.
    package var schemaVersion: Int64
    /// The library that the file is read with, such as `3.46.1`.
    package var sqliteVersion: String
    /// Bytes of the database; the log beside it is not in it.
    package var fileBytes: UInt64
    /// Bytes of it that are free.
    package var freeBytes: UInt64
    /// From where to where; nil while there is no pass.
    package var bounds: HistoryBounds?
    /// How many passes are kept.
    package var passes: UInt64
    /// How many of them are not sealed yet.
    package var unsealedPasses: UInt64
    /// How many slots there are.
    package var slots: UInt64
    /// Events at counters.
    package var events: UInt64
    /// How many parts there are of each class.
    package var parts: [String: Int]
}

extension Session {
    mutating func parts() throws(HistoryError) -> [StoredPart] {
        try readNames()
        let layouts = try connection.prepare(
            "SELECT key, layout FROM device WHERE \(Schema.Table.device.isSound) ORDER BY key",
            to: "read the history's devices")
        var parts: [StoredPart] = []
        while try layouts.step() {
            guard let layout = self.layouts[layouts.integer(1)] else { continue }
            parts.append(StoredPart(key: layouts.text(0), layout: layout))
        }
        return parts
    }

    mutating func figures() throws(HistoryError) -> HistoryFigures {
        let parts = try parts()
        let pageBytes = try number("PRAGMA page_size")
        let passes = try passCount(after: 0, through: .max)
        return HistoryFigures(
            schemaVersion: Int64(try number("PRAGMA user_version")),
            sqliteVersion: SQLiteInfo.loaded.version,
            fileBytes: try number("PRAGMA page_count") * pageBytes,
            freeBytes: try number("PRAGMA freelist_count") * pageBytes,
            bounds: try bounds(), passes: passes,
            unsealedPasses: try number("SELECT count(*) FROM head"),
            slots: try number("SELECT count(*) FROM slot"),
            events: try number("SELECT count(*) FROM event"),
            parts: Dictionary(grouping: parts) { $0.layout.deviceClass }.mapValues(\.count))
    }

    private func number(_ sql: String) throws(HistoryError) -> UInt64 {
        UInt64(max(0, try connection.integer(sql, to: "measure the history") ?? 0))
    }
}
