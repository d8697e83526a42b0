import CSQLite
import Model

extension Session {
    /// See `Reader.stretch`.
    mutating func stretch(
        after: Int64, through: Int64, of selection: Selection
    ) throws(HistoryError) -> Stretch? {
        guard after < through else { return nil }
        try readNames()
        switch try next(after: after, through: through) {
        case .slot(let first, let end):
            return try sealed(first, after: after, through: end, selection)
        case .rows(let key):
            return try unsealed(key, after: after, through: through, selection)
        case nil: return nil
        }
    }

    // MARK: Where to go on

    /// Passes that are kept together.
    enum Kept {
        /// In the slot with a first pass, up to another one.
        case slot(first: Int64, through: Int64)
        /// In the rows that begin with a key frame.
        case rows(key: Int64)
    }

    /// Where the passes behind one are; nil when there are none.
    func next(after: Int64, through: Int64) throws(HistoryError) -> Kept? {
        let row = try firstRow(after: after)
        // Neither may reach into what follows, whatever it says of itself.
        let rowsStart = row?.pass ?? .max
        if let slot = try firstSlot(after: after), slot.first < rowsStart, after < rowsStart - 1 {
            guard slot.first <= through else { return nil }
            return .slot(first: slot.first, through: min(through, slot.last, rowsStart - 1))
        }
        guard let row, row.pass <= through else { return nil }
        return .rows(key: row.key)
    }

    private func firstRow(after: Int64) throws(HistoryError) -> (pass: Int64, key: Int64)? {
        let statement = try connection.prepare(
            "SELECT cyc, key FROM head WHERE cyc > ? ORDER BY cyc LIMIT 1", to: Self.purpose)
        try statement.bind(1, after)
        return try statement.step() ? (statement.integer(0), statement.integer(1)) : nil
    }

    // The slot that a pass is followed in, or else by.
    private func firstSlot(after: Int64) throws(HistoryError) -> (first: Int64, last: Int64)? {
        for place in ["<= ? ORDER BY first DESC", "> ? ORDER BY first"] {
            let statement = try connection.prepare(
                """
                SELECT first, min(last, coalesce((SELECT min(first) - 1 FROM slot AS next
                    WHERE next.first > slot.first), last))
                FROM slot WHERE first \(place) LIMIT 1
                """, to: Self.purpose)
            try statement.bind(1, after)
            if try statement.step(), statement.integer(1) > after {
                return (statement.integer(0), statement.integer(1))
            }
        }
        return nil
    }

    private static let purpose = "read a range of passes"

    // MARK: Sealed

    private func sealed(
        _ first: Int64, after: Int64, through: Int64, _ selection: Selection
    ) throws(HistoryError) -> Stretch {
        var stretch = Stretch(through: PassID(UInt64(bitPattern: through)))
        guard let slot = try SlotReader.slot(connection, first) else { return stretch }
        let (passes, clock) = (slot.clock.passes, slot.clock)
        let start = passes.firstIndex { $0 > after } ?? passes.count
        let end = passes.lastIndex { $0 <= through }.map { $0 + 1 } ?? 0
        let rows = start..<max(start, end)
        stretch.passes = rows.map { StoredPass(clock.seen($0)) }
        let wanted = slot.series.map { series in names(series.device, series.layout, selection) }
        let isWanted = wanted.map { $0 != nil }
        let members = slot.members
        var found = [StretchSeries?](repeating: nil, count: wanted.count)
        try SlotReader.eachChunk(
            connection, slot, columns: gauges,
            where: { chunk in members[chunk].contains { isWanted[$0] } }
        ) { (chunk, reader, bytes) throws(Damage) in
            guard let reader else { return }
            for (number, member) in members[chunk].enumerated() {
                guard var series = wanted[member] else { continue }
                let first = reader.index.series[number].columns.lowerBound
                for index in series.columns.indices {
                    let column = first + series.columns[index].index
                    series.columns[index].values = try reader.values(column, bytes)
                    series.columns[index].statuses = reader.statuses(column)
                    series.columns[index].stride = reader.stride(column)
                    series.columns[index].rows = rows
                }
                found[member] = series
            }
        }
        stretch.series = found.compactMap(\.self)
        return stretch
    }

    var gauges: [Int64: [Bool]] {
        layouts.mapValues { $0.columns.map { $0.kind == .gauge } }
    }

    // The selected columns of a series, without values; nil when nothing of it is selected.
    private func names(
        _ device: Int64, _ layout: Int64, _ selection: Selection
    ) -> StretchSeries? {
        guard let device = devices[device], let layout = layouts[layout],
            selection.keys?.contains(device.key) ?? true
        else { return nil }
        let indices = selection.indices(in: layout)
        guard !indices.isEmpty else { return nil }
        return StretchSeries(
            key: device.key, layout: layout, columns: indices.map { StretchColumn(index: $0) })
    }

    // MARK: Not sealed

    private func unsealed(
        _ key: Int64, after: Int64, through: Int64, _ selection: Selection
    ) throws(HistoryError) -> Stretch {
        let rows = try connection.prepare(
            """
            SELECT cyc, t, key, epoch, d FROM head WHERE cyc >= ?1 AND key = ?1 AND cyc <= ?2
            ORDER BY cyc
            """, to: Self.purpose)
        try rows.bind(1, key)
        try rows.bind(2, through)
        var stretch = Stretch(through: try lastPass(ofGroup: key, after: after, through))
        var members: [Int] = []
        var latest: StateReader.Row?
        while try StateReader.takeNext(rows, into: &latest, columns: gauges) {
            guard let row = latest, row.header.pass > after else { continue }
            let frame = row.frame
            if stretch.passes.isEmpty {
                for (member, part) in frame.shape.parts.enumerated() {
                    guard let series = names(part.device, part.layout, selection) else { continue }
                    stretch.series.append(series)
                    members.append(member)
                }
            }
            stretch.passes.append(StoredPass(row.header.seen))
            for (number, member) in members.enumerated() {
                let first = frame.shape.parts[member].cells.lowerBound
                stretch.series[number].take(frame, from: first)
            }
        }
        return stretch
    }

    func lastPass(
        ofGroup key: Int64, after: Int64, _ through: Int64
    ) throws(HistoryError) -> PassID {
        let next = try connection.prepare(
            "SELECT min(cyc) FROM head WHERE cyc > ? AND key <> ?", to: Self.purpose)
        try next.bind(1, after)
        try next.bind(2, key)
        guard try next.step(), !next.isNull(0) else { return PassID(UInt64(through)) }
        return PassID(UInt64(bitPattern: min(through, next.integer(0) - 1)))
    }
}

extension StretchSeries {
    // Takes the next row in; the cells of the series begin at `first`.
    fileprivate mutating func take(_ frame: Frame, from first: Int) {
        for index in columns.indices {
            let cell = first + columns[index].index
            columns[index].values.append(frame.values[cell])
            columns[index].statuses.append(frame.statuses[cell])
            columns[index].rows = 0..<columns[index].values.count
        }
    }
}
