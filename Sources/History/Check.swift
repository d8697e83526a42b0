import CSQLite
package import Model

/// What a look at some passes found.
package struct CheckedPasses: Hashable, Sendable {
    /// The last pass that was looked at.
    package var through: PassID
    /// How many can be read.
    package var readable = 0
    /// What cannot be read, one sentence each.
    package var damage: [String] = []
}

extension Session {
    /// What SQLite itself finds wrong with the file, in its words; empty when nothing is.
    func checkFile() throws(HistoryError) -> [String] {
        let statement = try connection.prepare("PRAGMA integrity_check(20)", to: "check the file")
        var faults: [String] = []
        while try statement.step() { faults.append(statement.text(0)) }
        return faults == ["ok"] ? [] : faults
    }

    /// Rows of the small tables that are not what was written, one sentence for each table.
    func checkTables() throws(HistoryError) -> [String] {
        var faults: [String] = []
        for table in Schema.Table.allCases {
            let name = table.rawValue
            let count = try connection.integer(
                "SELECT count(*) FROM \(name) WHERE NOT (\(table.isSound))", to: "check \(name)")
            if let count, count > 0 { faults.append("\(count) rows of \(name) are damaged") }
        }
        return faults
    }

    /// Reads all that is kept together of the passes behind one; nil when there are none.
    mutating func check(after: Int64) throws(HistoryError) -> CheckedPasses? {
        try readNames()
        switch try next(after: after, through: .max) {
        case .slot(let first, let end):
            return try checkSlot(first, through: end)
        case .rows(let key):
            let end = try lastPass(ofGroup: key, after: after, .max)
            return try checkRows(key, after: after, through: end)
        case nil: return nil
        }
    }

    private func checkSlot(_ first: Int64, through end: Int64) throws(HistoryError) -> CheckedPasses
    {
        var checked = CheckedPasses(through: PassID(UInt64(bitPattern: end)))
        guard let slot = try SlotReader.slot(connection, first) else {
            checked.damage.append("the slot of the passes from \(first) on is damaged")
            return checked
        }
        checked.readable = slot.clock.rows
        let members = slot.members
        var damaged: [Int] = []
        try SlotReader.eachChunk(connection, slot, columns: gauges) {
            (chunk, reader, bytes) throws(Damage) in
            do throws(Damage) {
                guard let reader else { throw .checksum }
                for column in reader.index.columns.indices {
                    _ = try reader.values(column, bytes)
                }
            } catch {
                damaged.append(chunk)
            }
        }
        for chunk in damaged {
            let keys = members[chunk].map { devices[slot.series[$0].device]?.key ?? "?" }
            checked.damage.append(
                "what passes \(slot.header.first) to \(slot.header.last) say of "
                    + "\(keys.joined(separator: ", ")) is damaged")
        }
        return checked
    }

    private func checkRows(
        _ key: Int64, after: Int64, through end: PassID
    ) throws(HistoryError) -> CheckedPasses {
        var checked = CheckedPasses(through: end)
        let rows = try connection.prepare(
            "SELECT cyc, t, key, epoch, d FROM head WHERE cyc >= ?1 AND key = ?1 ORDER BY cyc",
            to: "check passes")
        try rows.bind(1, key)
        var latest: StateReader.Row?
        while try StateReader.takeNext(rows, into: &latest, columns: gauges) {
            if let pass = latest?.header.pass, pass > after { checked.readable += 1 }
        }
        let there = try connection.prepare(
            "SELECT count(*), max(cyc) FROM head WHERE key = ? AND cyc > ?", to: "check passes")
        try there.bind(1, key)
        try there.bind(2, after)
        guard try there.step() else { return checked }
        let lost = Int(there.integer(0)) - checked.readable
        if lost > 0 {
            checked.damage.append("\(lost) passes up to \(there.integer(1)) are damaged")
        }
        return checked
    }
}
