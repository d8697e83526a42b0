/// The series of one device in the rows of a slot, column by column.
struct ChunkContent: Equatable {
    /// One series of the device.
    struct Series: Equatable {
        /// In which rows the device was observed.
        var presence = Runs<Bool>()
        /// When it was observed last before the first row; nil for never.
        var seenBefore: Seen?
        /// Its columns among all columns of the chunk.
        var columns: Range<Int>
    }

    /// One column of a series.
    struct Column: Equatable {
        /// One per row that is kept of it, or one for all when they are the same; zero where the
        /// status carries no value.
        var values: [UInt64] = []
        /// One per row that is kept of it.
        var statuses = Runs<CellStatus>()
        /// Whether only the rows of the slot's grid are kept.
        var isThinned = false
    }

    /// The number of rows, kept or not.
    var rows: Int
    var series: [Series]
    var columns: [Column]
}

extension ChunkContent.Column {
    /// With one value for all rows where they are the same.
    var shortened: Self {
        guard let first = values.first, values.allSatisfy({ $0 == first }) else { return self }
        var column = self
        column.values = [first]
        return column
    }
}

/// When the rows of a slot were collected, and which of them a thinned column keeps.
struct SlotClock: Equatable {
    var passes: [Int64] = []
    /// See `RowHeader.timeMilliseconds`.
    var times: [Int64] = []
    /// See `Frame.wallMilliseconds`.
    var walls: [Int64] = []
    /// See `Frame.boottimeNanoseconds`.
    var boottimes: [UInt64] = []
    /// Thinned columns keep every so manieth row, from the first.
    var stride = 1

    /// The number of rows.
    var rows: Int { passes.count }

    /// The rows that a thinned column keeps.
    var gridRows: Int { (rows + stride - 1) / stride }

    /// The boot clock of the rows that a column keeps.
    func leader(isThinned: Bool) -> [UInt64] {
        guard isThinned, stride > 1 else { return boottimes }
        return Swift.stride(from: 0, to: rows, by: stride).map { boottimes[$0] }
    }

    /// The pass and time of a row.
    func seen(_ row: Int) -> Seen { Seen(pass: passes[row], timeMilliseconds: times[row]) }
}

/// Which chunk of which slot bytes are; their checksum covers it.
struct ChunkKey: Hashable {
    /// The slot's first pass.
    var slot: Int64
    /// The chunk's number in the slot.
    var ordinal: Int64
}
