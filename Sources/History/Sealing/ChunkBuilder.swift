/// Turns rows into columns, for as many chunks as fit into memory.
struct ChunkBuilder {
    private(set) var clock = SlotClock()
    private(set) var chunks: [ChunkContent] = []
    private let shape: FrameShape
    private let rows: Int
    private var columnCount = 0
    // The cells of the frame, in the order of all columns.
    private var members: [[Int]] = []

    init(shape: FrameShape, rows: Int) {
        self.shape = shape
        self.rows = rows
    }

    /// Adds a chunk of some of the frame's series.
    mutating func add(_ series: [Int]) {
        var content = ChunkContent(rows: 0, series: [], columns: [])
        for index in series {
            let count = shape.parts[index].cells.count
            let columns = content.columns.count..<content.columns.count + count
            content.series.append(ChunkContent.Series(columns: columns))
            var column = ChunkContent.Column()
            column.values.reserveCapacity(rows)
            for _ in 0..<count { content.columns.append(column) }
        }
        columnCount += content.columns.count
        chunks.append(content)
        members.append(series)
    }

    /// Whether another chunk can be held beside those that are there.
    func hasRoom(for series: [Int]) -> Bool {
        let more = series.reduce(0) { $0 + shape.parts[$1].cells.count }
        return chunks.isEmpty || (columnCount + more) * rows <= Sealer.maximumValues
    }

    /// Takes the next row.
    mutating func take(_ frame: Frame, _ header: RowHeader) {
        clock.passes.append(header.pass)
        clock.times.append(header.timeMilliseconds)
        clock.walls.append(frame.wallMilliseconds)
        clock.boottimes.append(frame.boottimeNanoseconds)
        for chunk in chunks.indices {
            take(frame, into: &chunks[chunk], members[chunk], isFirst: clock.rows == 1)
        }
    }

    private func take(
        _ frame: Frame, into content: inout ChunkContent, _ members: [Int], isFirst: Bool
    ) {
        content.rows += 1
        let (values, statuses) = (frame.values.span, frame.statuses.span)
        for (number, member) in members.enumerated() {
            let isPresent = frame.present[member]
            content.series[number].presence.append(isPresent)
            if isFirst, !isPresent { content.series[number].seenBefore = frame.seen[member] }
            let cells = frame.shape.parts[member].cells
            let first = content.series[number].columns.lowerBound - cells.lowerBound
            for cell in cells {
                content.columns[first + cell].values.append(values[cell])
                content.columns[first + cell].statuses.append(statuses[cell])
            }
        }
    }
}
