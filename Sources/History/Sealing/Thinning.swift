import Model

// Old slots keep every pass of what tells of errors, and one pass a minute of the rest.
extension SealSource {
    /// The interval of what is thinned.
    private static let thinnedMilliseconds: Int64 = 60_000

    /// The oldest slot that is not thinned and ends before a time, thinned; nil when there is none.
    func thinned(before limit: Int64) throws(HistoryError) -> SealedSlot? {
        let oldest = try connection.prepare(
            """
            SELECT first, last, t0, t1, epoch, d FROM slot WHERE tier = 0 AND t1 < ?
            ORDER BY first LIMIT 1
            """, to: "thin passes")
        try oldest.bind(1, limit)
        guard try oldest.step(), var slot = SlotReader.slot(oldest) else { return nil }
        let full = slot.clock
        slot.clock.stride = Self.stride(of: full)
        guard slot.clock.stride > 1 else { return SealedSlot(slot, tier: 1, chunks: [:]) }
        var chunks: [Int64: [UInt8]] = [:]
        let members = slot.members
        try SlotReader.eachChunk(connection, slot, columns: columns) {
            (chunk, reader, bytes) throws(Damage) in
            // A damaged chunk stays as it is.
            guard let reader else { return }
            var content = try reader.content(bytes)
            thin(&content, members[chunk].map { slot.series[$0].layout }, slot.clock)
            let key = ChunkKey(slot: slot.header.first, ordinal: Int64(chunk))
            chunks[key.id] = ChunkCodec.encode(content, clock: slot.clock, key: key)
        }
        return SealedSlot(slot, tier: 1, chunks: chunks)
    }

    private static func stride(of clock: SlotClock) -> Int {
        guard let first = clock.times.first, let last = clock.times.last, clock.rows > 1 else {
            return 1
        }
        let interval = Double(last - first) / Double(clock.rows - 1)
        let stride = (Double(thinnedMilliseconds) / max(1, interval)).rounded()
        return Int(min(stride, Double(clock.rows)))
    }

    private func thin(_ content: inout ChunkContent, _ layouts: [Int64], _ clock: SlotClock) {
        for (series, layout) in zip(content.series, layouts) {
            guard let layout = self.layouts[layout] else { continue }
            for (column, number) in zip(layout.columns, series.columns)
            where !column.tellsOfErrors(in: layout.deviceClass) {
                content.columns[number].thin(clock)
            }
        }
    }
}

extension ChunkContent.Column {
    // What never changes costs nothing in every pass.
    fileprivate mutating func thin(_ clock: SlotClock) {
        guard values.count > 1 else { return }
        let rows = Swift.stride(from: 0, to: values.count, by: clock.stride)
        var kept = Runs<CellStatus>()
        for row in rows { kept.append(statuses[row] ?? .value) }
        values = rows.map { values[$0] }
        statuses = kept
        isThinned = true
        self = shortened
    }
}
