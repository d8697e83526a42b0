/// Reads what is sealed.
enum SlotReader {
    /// How many slots without a readable row are passed over before giving up.
    private static let maximumDamagedSlots = 64

    /// The newest readable row of a slot up to a pass; a thinned slot has those of its grid.
    ///
    /// A slot that is damaged is a gap. Where only a chunk is, its series are unreadable.
    static func newestRow(
        _ connection: borrowing Connection, upTo pass: Int64, columns: [Int64: [Bool]]
    ) throws(HistoryError) -> StateReader.Row? {
        var limit = pass
        for _ in 0..<maximumDamagedSlots {
            guard let first = try lastSlot(connection, upTo: limit) else { return nil }
            if let slot = try slot(connection, first),
                let row = slot.clock.lastRow(upTo: pass)
            {
                return try Self.row(connection, slot, row, columns: columns)
            }
            limit = first - 1
        }
        return nil
    }

    private static func lastSlot(
        _ connection: borrowing Connection, upTo pass: Int64
    ) throws(HistoryError) -> Int64? {
        let statement = try connection.prepare(
            "SELECT first FROM slot WHERE first <= ? ORDER BY first DESC LIMIT 1",
            to: "find a slot")
        try statement.bind(1, pass)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// The slot with a first pass; nil when it is not there or damaged.
    static func slot(
        _ connection: borrowing Connection, _ first: Int64
    ) throws(HistoryError) -> Slot? {
        let statement = try connection.prepare(
            "SELECT first, last, t0, t1, epoch, d FROM slot WHERE first = ?", to: "read a slot")
        try statement.bind(1, first)
        return try statement.step() ? slot(statement) : nil
    }

    /// The slot in a row of `first, last, t0, t1, epoch, d`; nil when it is damaged.
    static func slot(_ row: borrowing Statement) -> Slot? {
        let header = header(row)
        return try? row.withBytes(5) { (bytes) throws(Damage) in
            try SlotCodec.decode(bytes, header: header)
        }
    }

    /// What a row of `first, last, t0, t1, epoch, d` says itself; nil when it is damaged.
    static func soundHeader(_ row: borrowing Statement) -> SlotHeader? {
        let header = header(row)
        return row.withBytes(5) { SlotCodec.isSound($0, header: header) } ? header : nil
    }

    private static func header(_ row: borrowing Statement) -> SlotHeader {
        SlotHeader(
            first: row.integer(0), last: row.integer(1), firstTime: row.integer(2),
            lastTime: row.integer(3), epoch: row.integer(4))
    }

    /// Shows the chunks of a slot one after the other; a damaged one as nil.
    static func eachChunk(
        _ connection: borrowing Connection, _ slot: Slot, columns: [Int64: [Bool]],
        where isWanted: (Int) -> Bool = { _ in true },
        _ body: (Int, ChunkReader?, Span<UInt8>) throws(Damage) -> Void
    ) throws(HistoryError) {
        let statement = try connection.prepare(
            "SELECT d FROM chunk WHERE id = ?", to: "read a chunk")
        for chunk in 0..<slot.chunkCount where isWanted(chunk) {
            let key = ChunkKey(slot: slot.header.first, ordinal: Int64(chunk))
            try statement.bind(1, key.id)
            var isReadable = false
            let counts = slot.columnCounts(ofChunk: chunk, columns)
            if try statement.step(), let counts {
                let found: Void? = try? statement.withBytes(0) { (bytes) throws(Damage) in
                    let index = try ChunkIndex(
                        bytes, key: key, clock: slot.clock, columnCounts: counts)
                    try body(chunk, ChunkReader(index, clock: slot.clock), bytes)
                }
                isReadable = found != nil
            }
            statement.reset()
            if !isReadable { try? body(chunk, nil, Span()) }
        }
    }

    /// One row of a slot.
    private static func row(
        _ connection: borrowing Connection, _ slot: Slot, _ row: Int, columns: [Int64: [Bool]]
    ) throws(HistoryError) -> StateReader.Row {
        var shape = FrameShape()
        for series in slot.series {
            shape.append(
                device: series.device, layout: series.layout,
                columns: columns[series.layout] ?? [])
        }
        var frame = Frame(shape: shape, seen: Array(repeating: nil, count: slot.series.count))
        frame.wallMilliseconds = slot.clock.walls[row]
        frame.boottimeNanoseconds = slot.clock.boottimes[row]
        var unreadable: Set<Int> = []
        let members = slot.members
        try eachChunk(connection, slot, columns: columns) { (chunk, reader, bytes) throws(Damage) in
            guard let reader else {
                unreadable.formUnion(members[chunk])
                return
            }
            try frame.take(reader, bytes, row: row, members: members[chunk], clock: slot.clock)
        }
        let seen = slot.clock.seen(row)
        let header = RowHeader(
            pass: seen.pass, timeMilliseconds: seen.timeMilliseconds, key: seen.pass,
            epoch: slot.epoch)
        return StateReader.Row(header: header, frame: frame, unreadable: unreadable)
    }
}

extension Frame {
    // Takes the values of a chunk in one row in; `members` are its series among those of the frame.
    fileprivate mutating func take(
        _ reader: ChunkReader, _ bytes: Span<UInt8>, row: Int, members: [Int], clock: SlotClock
    ) throws(Damage) {
        let found = try reader.row(row, bytes)
        var column = 0
        for (number, member) in members.enumerated() {
            present[member] = reader.index.isPresent(number, row: row)
            seen[member] = reader.index.seen(number, row: row, clock: clock)
            for cell in shape.parts[member].cells {
                values[cell] = found[column]
                statuses[cell] = reader.status(column, row: row)
                column += 1
            }
        }
    }
}

extension Slot {
    /// The series of each chunk, by their place in the record.
    var members: [[Int]] {
        var members = [[Int]](repeating: [], count: chunkCount)
        for (index, series) in series.enumerated() { members[series.chunk].append(index) }
        return members
    }

    /// How many columns each series of a chunk has; nil when a layout is lost.
    func columnCounts(ofChunk chunk: Int, _ columns: [Int64: [Bool]]) -> [Int]? {
        var counts: [Int] = []
        for series in series where series.chunk == chunk {
            guard let count = columns[series.layout]?.count else { return nil }
            counts.append(count)
        }
        return counts
    }
}

extension ChunkKey {
    /// The chunk's number in the table.
    var id: Int64 { slot << Schema.chunkBits | ordinal }
}

extension SlotClock {
    /// The last row of the grid that is not after a pass; nil when all are.
    func lastRow(upTo pass: Int64) -> Int? {
        guard let first = passes.first, first <= pass else { return nil }
        var (low, high) = (0, rows - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if passes[middle] <= pass { low = middle } else { high = middle - 1 }
        }
        return low / stride * stride
    }
}
