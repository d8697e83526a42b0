/// Reads values out of a chunk.
struct ChunkReader {
    let index: ChunkIndex
    private let clock: SlotClock

    /// A reader of bytes whose directory is sound.
    init(_ index: ChunkIndex, clock: SlotClock) {
        self.index = index
        self.clock = clock
    }

    /// How many rows are kept of a column.
    func keptRows(_ column: Int) -> Int {
        index.columns[column].isThinned ? clock.gridRows : index.rows
    }

    /// Of how many rows of the slot one is kept of a column.
    func stride(_ column: Int) -> Int { index.columns[column].isThinned ? clock.stride : 1 }

    /// The statuses of a column, one per row that is kept of it.
    func statuses(_ column: Int) -> Runs<CellStatus> {
        index.statuses(column, rows: keptRows(column))
    }

    /// The status of a column in a row of the slot.
    func status(_ column: Int, row: Int) -> CellStatus {
        index.status(column, row: index.columns[column].isThinned ? row / clock.stride : row)
    }

    /// All values of a column, one per row that is kept of it.
    func values(_ column: Int, _ bytes: Span<UInt8>) throws(Damage) -> [UInt64] {
        let count = keptRows(column)
        switch index.columns[column].form {
        case .zero, .unsupported: return Array(repeating: 0, count: count)
        case .constant(let value): return Array(repeating: value, count: count)
        case .residuals(let body):
            let leader = try leader(of: body, column, bytes)
            var residuals = [Int64](repeating: 0, count: count - 1)
            var span = residuals.mutableSpan
            try Residuals.read(
                bytes, body.payload, body.coder, count: count - 1, first: count - 1, into: &span)
            var values = [UInt64](repeating: 0, count: count)
            var filled = values.mutableSpan
            body.prediction.values(
                from: body.first, leader: leader.span, body.kind, residuals.span, into: &filled)
            return values
        }
    }

    // A leader stands before those that follow it, so this ends.
    private func leader(
        of body: ColumnForm.Body, _ column: Int, _ bytes: Span<UInt8>
    ) throws(Damage) -> [UInt64] {
        switch body.prediction?.leader {
        case nil: []
        case .clock: clock.leader(isThinned: index.columns[column].isThinned)
        case .column(let leader): try values(leader, bytes)
        }
    }

    /// The values of all columns in one row, which is one of the grid when any is thinned.
    func row(_ row: Int, _ bytes: Span<UInt8>) throws(Damage) -> [UInt64] {
        var values = [UInt64](repeating: 0, count: index.columns.count)
        var residuals = [Int64](repeating: 0, count: row)
        for (number, column) in index.columns.enumerated() {
            switch column.form {
            case .zero, .unsupported: break
            case .constant(let value): values[number] = value
            case .residuals(let body):
                let kept = column.isThinned ? row / clock.stride : row
                var span = residuals.mutableSpan
                try Residuals.read(
                    bytes, body.payload, body.coder, count: keptRows(number) - 1, first: kept,
                    into: &span)
                values[number] = body.prediction.value(
                    from: body.first, leaderRise: rise(of: body, row: row, values), body.kind,
                    residuals.span.extracting(first: kept))
            }
        }
        return values
    }

    private func rise(of body: ColumnForm.Body, row: Int, _ values: [UInt64]) -> UInt64 {
        switch body.prediction?.leader {
        case nil: 0
        case .clock: clock.boottimes[row] &- clock.boottimes[0]
        case .column(let leader): values[leader] &- index.first(of: leader)
        }
    }

    /// Everything, as it was encoded.
    func content(_ bytes: Span<UInt8>) throws(Damage) -> ChunkContent {
        var columns: [ChunkContent.Column] = []
        for (number, column) in index.columns.enumerated() {
            var content = ChunkContent.Column(isThinned: column.isThinned)
            content.statuses = statuses(number)
            content.values =
                switch column.form {
                case .zero, .unsupported: [0]
                case .constant(let value): [value]
                case .residuals: try values(number, bytes)
                }
            columns.append(content)
        }
        return ChunkContent(rows: index.rows, series: index.series, columns: columns)
    }
}

extension ChunkIndex {
    /// The value of a column in the first row.
    fileprivate func first(of column: Int) -> UInt64 {
        switch columns[column].form {
        case .zero, .unsupported: 0
        case .constant(let value): value
        case .residuals(let body): body.first
        }
    }
}
