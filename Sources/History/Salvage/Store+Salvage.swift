import Model

// What becomes of a damaged history. Devices, layouts and epochs keep their numbers, so that slots
// can be copied as they are.
extension Store {
    /// What numbers skip behind the newest that is known, so that none is given twice: more than
    /// can be lost of each with the last pages and the log.
    private enum Skipped {
        static let passes: Int64 = 10_000
        static let devices: Int64 = 1 << 16
        static let layouts: Int64 = 1 << 12
        static let epochs: Int64 = 1 << 12
    }

    private static let importMilliseconds: Int64 = 3000

    /// Takes over what a damaged file says beside its slots, before the first pass is written; the
    /// slots follow bit by bit.
    ///
    /// Throws when the file cannot be read at all, and leaves everything as it is.
    func takeOver(_ path: String, nowMilliseconds: Int64) throws(HistoryError) {
        let copy = try OldCopy(path: path, timeLimitMilliseconds: Self.importMilliseconds)
        var progress = SalvageProgress(path: path, passes: 0, lost: 0, before: 0)
        try transaction { memory throws(HistoryError) in
            for table in Schema.Table.allCases { try take(table, from: copy) }
            let rows = try takeHead(from: copy)
            var newest = try Memory(connection, epoch: nil).last
            var known = max(newest.pass, try greatest("id", .event) >> Schema.eventBits)
            if rows.count > 0 {
                progress = SalvageProgress(
                    path: path, passes: UInt64(rows.count),
                    lost: UInt64(max(0, known - rows.first + 1 - Int64(rows.count))),
                    before: rows.first)
            } else if let slot = try newestSlot(copy) {
                // Totals go on from here.
                try write(slot)
                newest = Seen(pass: slot.header.last, timeMilliseconds: slot.header.lastTime)
                known = max(known, newest.pass)
                progress.before = known + 1
                progress.take(slot)
            } else {
                progress.before = known + 1
            }
            newest.pass = known
            let isNewestLost = rows.count == 0 || progress.lost > 0
            let hasEvents = try isWhole(.event, by: "id", in: copy)
            if isNewestLost || !hasEvents { try markEventsLost(upTo: newest) }
            let hasOrigins = try isWhole(.offs, by: "dev", in: copy)
            if isNewestLost { try connection.execute("DELETE FROM offs", to: Self.purpose) }
            if isNewestLost || !hasOrigins { try markOriginsLost() }
            try skipNumbers(behind: newest, nowMilliseconds: nowMilliseconds)
            try note(progress)
            memory = try Memory(connection, epoch: nil)
        }
        salvage = progress
    }

    /// Goes on with what an earlier run did not finish.
    func resumeSalvage() throws(HistoryError) {
        guard let suffix = try meta("salvage_copy"), let before = try meta("salvage_before"),
            let path = file.oldCopy(suffix: suffix)
        else { return }
        salvage = SalvageProgress(
            path: path, passes: UInt64(bitPattern: try meta("salvage_passes") ?? 0),
            lost: UInt64(bitPattern: try meta("salvage_lost") ?? 0), before: before)
    }

    /// What is to be salvaged next; nil when nothing is left.
    package var dueSalvage: Salvager? {
        guard let salvage, !salvage.isDone else { return nil }
        return Salvager(path: salvage.path, before: salvage.before, numbers: salvage.numbers)
    }

    /// Puts a salvaged slot into the file.
    ///
    /// Ends the salvage when it was the last, or when what is left would be dropped at once since
    /// it is too old or too much.
    package func commit(_ work: Salvager.Work) throws(HistoryError) {
        guard var progress = salvage else { return }
        progress.numbers = work.numbers
        progress.isDone = work.numbers.isEmpty
        try transaction { memory throws(HistoryError) in
            if work.number != nil {
                let oldest =
                    retentionTime(memory.last.timeMilliseconds, memory)
                    &- limits.maximumAgeMilliseconds
                let isWanted = work.slot.map { slot in
                    slot.header.lastTime >= oldest && slot.header.last < progress.before
                }
                let isTooLarge = try isTooLarge()
                if isWanted == false || isTooLarge {
                    progress.isDone = true
                } else {
                    if let slot = work.slot { try write(slot) }
                    progress.take(work.slot)
                }
            }
            try note(progress)
        }
        salvage = progress
    }

    /// Gives the salvage up.
    package func endSalvage() {
        salvage?.isDone = true
    }

    // The newest slot that can be read, though not at any price.
    private func newestSlot(_ copy: borrowing OldCopy) throws(HistoryError) -> SealedSlot? {
        for number in try copy.slots(before: .max).suffix(64).reversed() {
            if let slot = copy.slot(number) { return slot }
        }
        return nil
    }

    // MARK: What is missing

    private func isWhole(
        _ table: Schema.Table, by key: String, in copy: borrowing OldCopy
    ) throws(HistoryError) -> Bool {
        var areSound = true
        let isWhole = try copy.eachRow(
            "SELECT \(table.isSound) FROM \(table.rawValue)", by: key
        ) { (row) throws(HistoryError) in
            if row.integer(0) == 0 { areSound = false }
        }
        return isWhole && areSound
    }

    // An origin that is not there would be taken for none; one of no source is compared with
    // nothing. So are those of a later pass than the totals that are known.
    private func markOriginsLost() throws(HistoryError) {
        let lost = "dev, ctr, 0, \(UInt8.max)"
        try connection.execute(
            """
            INSERT OR IGNORE INTO offs(dev, ctr, off, field, crc)
            SELECT \(lost), \(RowChecksum.name)(\(lost)) FROM device JOIN field USING(layout)
            """, to: Self.purpose)
    }

    // A row that cannot be right says that events are missing, so that no window from before the
    // damage to after it calls a counter exact that may have been cleared.
    private func markEventsLost(upTo newest: Seen) throws(HistoryError) {
        let insert = try connection.prepare(
            """
            INSERT OR IGNORE INTO event(id, dev, layout, ctr, kind, before, after, t, crc)
            VALUES(?, 0, 0, 0, 'lost', 0, 0, ?, -1)
            """, to: Self.purpose)
        try insert.bind(1, (newest.pass + 1) << Schema.eventBits - 1)
        try insert.bind(2, newest.timeMilliseconds)
        try insert.run()
    }

    // MARK: Tables

    private func take(
        _ table: Schema.Table, from copy: borrowing OldCopy
    ) throws(HistoryError) {
        let columns = table.covered + table.others
        let insert = try connection.prepare(table.insertion, to: "salvage \(table.rawValue)")
        let select =
            "SELECT \(columns.joined(separator: ", ")) FROM \(table.rawValue) "
            + "WHERE \(table.isSound)\(table == .meta ? " AND k NOT LIKE 'salvage%'" : "")"
        try copy.eachRow(select, by: columns[0]) { (row) throws(HistoryError) in
            for column in columns.indices {
                try insert.bind(Int32(column + 1), column: Int32(column), of: row)
            }
            try insert.run()
        }
    }

    private func takeHead(from copy: borrowing OldCopy) throws(HistoryError) -> HeadExtent {
        try copy.eachRow("SELECT cyc, t, key, epoch, d FROM head", by: "cyc") {
            (row) throws(HistoryError) in
            guard StateReader.soundHeader(row) != nil else { return }
            for column in 0..<5 as Range<Int32> {
                try insertRow.bind(column + 1, column: column, of: row)
            }
            try insertRow.run()
        }
        return try HeadExtent(connection)
    }

    // MARK: Numbers

    // Without a pass that is known, numbers begin anew, and so does the history.
    private func skipNumbers(behind newest: Seen, nowMilliseconds: Int64) throws(HistoryError) {
        guard newest.pass > 0 else {
            return try setMeta("store_id", Int64(bitPattern: storeID))
        }
        try setMeta(Memory.passKey, newest.pass + Skipped.passes)
        try setMeta(Memory.timeKey, newest.timeMilliseconds)
        let name = "(salvaged)"
        let device = try connection.prepare(Schema.Table.device.insertion, to: Self.purpose)
        try device.bind(1, try greatest("dev", .device) + Skipped.devices)
        try device.bind(2, name)
        for column in 3...5 as ClosedRange<Int32> { try device.bind(column, 0 as Int64) }
        try device.bind(6, Int64.max)
        try device.bind(7, name)
        try device.run()
        let layout = try connection.prepare(Schema.Table.layout.insertion, to: Self.purpose)
        try layout.bind(1, try greatest("layout", .layout) + Skipped.layouts)
        try layout.bind(2, name)
        try layout.run()
        let epoch = try connection.prepare(Schema.Table.epoch.insertion, to: Self.purpose)
        try epoch.bind(1, try greatest("epoch", .epoch) + Skipped.epochs)
        try epoch.bind(2, nowMilliseconds)
        try epoch.bind(3, "")
        try epoch.bind(4, name)
        try epoch.run()
    }

    private static var purpose: String { "salvage the damaged history" }

    private func greatest(_ column: String, _ table: Schema.Table) throws(HistoryError) -> Int64 {
        try connection.integer("SELECT max(\(column)) FROM \(table.rawValue)", to: Self.purpose)
            ?? 0
    }

    // MARK: Progress

    private func note(_ progress: SalvageProgress) throws(HistoryError) {
        guard !progress.isDone, let suffix = file.suffix(ofCopy: progress.path) else {
            return try connection.execute(
                "DELETE FROM meta WHERE k LIKE 'salvage%'", to: Self.purpose)
        }
        try setMeta("salvage_copy", suffix)
        try setMeta("salvage_before", progress.before)
        try setMeta("salvage_passes", Int64(bitPattern: progress.passes))
        try setMeta("salvage_lost", Int64(bitPattern: progress.lost))
    }

    private func setMeta(_ key: String, _ value: Int64) throws(HistoryError) {
        let insert = try connection.prepare(Schema.Table.meta.insertion, to: Self.purpose)
        try insert.bind(1, key)
        try insert.bind(2, value)
        try insert.run()
    }

    private func meta(_ key: String) throws(HistoryError) -> Int64? {
        try connection.integer(
            "SELECT v FROM meta WHERE k = '\(key)' AND \(Schema.Table.meta.isSound)",
            to: Self.purpose)
    }
}
