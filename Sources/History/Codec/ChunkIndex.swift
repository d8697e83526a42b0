/// Where everything is in the bytes of a chunk; any one column can be read without the others.
///
/// Damaged bytes are refused, whatever they are, and never make the process stop.
struct ChunkIndex {
    /// One column.
    struct Column {
        var form: ColumnForm
        /// Its pattern of statuses; nil for values throughout.
        var pattern: Int?
        var isThinned = false
    }

    let rows: Int
    let series: [ChunkContent.Series]
    let columns: [Column]
    private let patterns: [Runs<CellStatus>]

    /// Reads the directory of a chunk whose series have so many columns each.
    init(
        _ bytes: Span<UInt8>, key: ChunkKey, clock: SlotClock, columnCounts: [Int]
    ) throws(Damage) {
        var cursor = ByteCursor(offset: 0)
        let version = try cursor.byte(bytes)
        guard version == ChunkCodec.version else { throw .version(version) }
        var stored: UInt32 = 0
        for index in 0..<4 { stored |= UInt32(try cursor.byte(bytes)) << UInt32(8 * index) }
        guard stored == ChunkCodec.checksum(bytes, key: key) else { throw .checksum }
        rows = try cursor.count(bytes, limit: ChunkCodec.maximumRows)
        guard rows == clock.rows, rows > 0 else { throw .malformed }
        series = try Self.series(bytes, &cursor, clock: clock, columnCounts)
        patterns = try Self.patterns(bytes, &cursor)
        let count = columnCounts.reduce(0, +)
        var reader = DirectoryReader(patterns: patterns.count)
        var columns = try reader.columns(bytes, &cursor, count: count)
        var offset = cursor.offset
        for index in columns.indices {
            guard case .residuals(var body) = columns[index].form else { continue }
            let end = offset + body.payload.count
            guard end <= bytes.count else { throw .malformed }
            body.payload = offset..<end
            columns[index].form = .residuals(body)
            offset = end
        }
        guard offset == bytes.count else { throw .malformed }
        self.columns = columns
    }

    /// The status of a column in a row that is kept of it; `row` counts only those.
    func status(_ column: Int, row: Int) -> CellStatus {
        if case .unsupported = columns[column].form { return .unsupported }
        guard let pattern = columns[column].pattern else { return .value }
        let runs = patterns[pattern]
        return runs[row] ?? runs.runs.last?.value ?? .value
    }

    /// The statuses of a column in all rows that are kept of it.
    func statuses(_ column: Int, rows: Int) -> Runs<CellStatus> {
        var statuses = Runs<CellStatus>()
        guard let pattern = columns[column].pattern else {
            statuses.append(status(column, row: 0), count: rows)
            return statuses
        }
        for run in patterns[pattern].runs {
            statuses.append(run.value, count: min(run.count, rows - statuses.count))
        }
        statuses.append(statuses.runs.last?.value ?? .value, count: rows - statuses.count)
        return statuses
    }

    /// When a series was observed last up to a row.
    func seen(_ index: Int, row: Int, clock: SlotClock) -> Seen? {
        var (first, latest) = (0, Int?.none)
        for (isPresent, count) in series[index].presence.runs where first <= row {
            if isPresent { latest = min(row, first + count - 1) }
            first += count
        }
        return latest.map(clock.seen) ?? series[index].seenBefore
    }

    /// Whether a series was observed in a row.
    func isPresent(_ index: Int, row: Int) -> Bool { series[index].presence[row] ?? true }

    // MARK: The parts of a chunk

    private static func series(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, clock: SlotClock, _ columnCounts: [Int]
    ) throws(Damage) -> [ChunkContent.Series] {
        guard try cursor.count(bytes, limit: columnCounts.count) == columnCounts.count else {
            throw .malformed
        }
        var all: [ChunkContent.Series] = []
        var start = 0
        for count in columnCounts {
            var series = ChunkContent.Series(columns: start..<start + count)
            start += count
            for (number, rows) in try runs(bytes, &cursor, rows: clock.rows) {
                series.presence.append(number & 1 == 1, count: rows)
            }
            if series.presence.count == 0 { series.presence.append(true, count: clock.rows) }
            if series.presence[0] == false {
                series.seenBefore = try seen(bytes, &cursor, clock: clock)
            }
            all.append(series)
        }
        return all
    }

    private static func seen(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, clock: SlotClock
    ) throws(Damage) -> Seen? {
        let passes = Int64(bitPattern: try cursor.varint(bytes))
        guard passes != 0 else { return nil }
        let milliseconds = try cursor.signed(bytes)
        return Seen(
            pass: clock.passes[0] &- passes, timeMilliseconds: clock.times[0] &- milliseconds)
    }

    private static func patterns(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor
    ) throws(Damage) -> [Runs<CellStatus>] {
        var patterns: [Runs<CellStatus>] = []
        for _ in 0..<(try cursor.count(bytes, limit: cursor.remaining(in: bytes))) {
            var pattern = Runs<CellStatus>()
            for (number, rows) in try runs(bytes, &cursor, rows: ChunkCodec.maximumRows) {
                guard let status = CellStatus(rawValue: number) else { throw .malformed }
                pattern.append(status, count: rows)
            }
            patterns.append(pattern)
        }
        return patterns
    }

    private static func runs(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, rows: Int
    ) throws(Damage) -> [(value: UInt8, rows: Int)] {
        var runs: [(value: UInt8, rows: Int)] = []
        var left = rows
        for _ in 0..<(try cursor.count(bytes, limit: rows)) {
            let run = try cursor.count(bytes, limit: left << 3 | 7)
            let count = run >> 3
            guard count > 0 else { throw .malformed }
            left -= count
            runs.append((UInt8(truncatingIfNeeded: run & 7), count))
        }
        return runs
    }
}

/// Reads the directory of a chunk.
private struct DirectoryReader {
    let patterns: Int

    mutating func columns(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, count: Int
    ) throws(Damage) -> [ChunkIndex.Column] {
        var columns: [ChunkIndex.Column] = []
        columns.reserveCapacity(count)
        while columns.count < count {
            let tag = ColumnTag(byte: try cursor.byte(bytes))
            if tag.form == ColumnTag.zero || tag.form == ColumnTag.unsupported {
                let more = try cursor.count(bytes, limit: count - columns.count - 1)
                let form = tag.form == ColumnTag.zero ? ColumnForm.zero : .unsupported
                columns += repeatElement(ChunkIndex.Column(form: form), count: more + 1)
                continue
            }
            columns.append(try column(bytes, &cursor, tag, before: columns))
        }
        return columns
    }

    private func column(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, _ tag: ColumnTag,
        before columns: [ChunkIndex.Column]
    ) throws(Damage) -> ChunkIndex.Column {
        let pattern = tag.hasPattern ? try cursor.count(bytes, limit: patterns - 1) : nil
        let first = try cursor.varint(bytes)
        guard tag.form != ColumnTag.constant else {
            return ChunkIndex.Column(
                form: .constant(first), pattern: pattern, isThinned: tag.isThinned)
        }
        guard let coder = ResidualCoder(rawValue: tag.form) else { throw .malformed }
        let prediction = try prediction(bytes, &cursor, tag, before: columns)
        let size = try cursor.count(bytes, limit: bytes.count)
        return ChunkIndex.Column(
            form: .residuals(
                ColumnForm.Body(
                    first: first, kind: tag.kind, prediction: prediction, coder: coder,
                    payload: 0..<size)), pattern: pattern, isThinned: tag.isThinned)
    }

    private func prediction(
        _ bytes: Span<UInt8>, _ cursor: inout ByteCursor, _ tag: ColumnTag,
        before columns: [ChunkIndex.Column]
    ) throws(Damage) -> Prediction? {
        guard tag.leading != .none else { return nil }
        var leader = Prediction.Leader.clock
        if tag.leading != .clock {
            let back = try cursor.count(bytes, limit: columns.count)
            guard back > 0, columns[columns.count - back].isThinned == tag.isThinned else {
                throw .malformed
            }
            leader = .column(columns.count - back)
        }
        guard tag.leading != .unitColumn else { return Prediction(unit: leader) }
        let numerator = try cursor.varint(bytes)
        let shift = try cursor.byte(bytes)
        guard shift < 64 else { throw .malformed }
        return Prediction(leader, numerator: numerator, shift: UInt64(shift))
    }
}
