/// Turns rows into columns, for as many chunks as fit into memory.
struct ChunkBuilder {
    /// A column that has a value or a status of its own in every row.
    private struct Live {
        let chunk: Int
        let column: Int
        let cell: Int
    }

    private(set) var clock = SlotClock()
    private(set) var chunks: [ChunkContent] = []
    private let survey: RowSurvey
    // The series of each chunk, by their place in the frame.
    private var members: [[Int]] = []
    private var live: [Live] = []
    // Of the live columns.
    private var columns: [ChunkContent.Column] = []

    init(_ survey: RowSurvey) {
        self.survey = survey
    }

    /// Adds a chunk of some of the frame's series.
    mutating func add(_ series: [Int]) {
        var content = ChunkContent(rows: 0, series: [], columns: [])
        let first = survey.first
        for index in series {
            let cells = first.shape.parts[index].cells
            let columns = content.columns.count..<content.columns.count + cells.count
            content.series.append(ChunkContent.Series(columns: columns))
            for cell in cells {
                var column = ChunkContent.Column()
                if survey.isLive[cell] {
                    live.append(
                        Live(chunk: chunks.count, column: content.columns.count, cell: cell))
                    var values: [UInt64] = []
                    values.reserveCapacity(survey.rows)
                    self.columns.append(ChunkContent.Column(values: values))
                } else {
                    column.values = [first.values[cell]]
                    column.statuses = Runs(first.statuses[cell], count: survey.rows)
                }
                content.columns.append(column)
            }
        }
        chunks.append(content)
        members.append(series)
    }

    /// Whether another chunk can be held beside those that are there.
    func hasRoom(for series: [Int]) -> Bool {
        let more = series.reduce(0) { $0 + survey.liveCount(ofPart: $1) }
        return chunks.isEmpty || (live.count + more) * survey.rows <= Sealer.maximumValues
    }

    /// Takes the next row.
    mutating func take(_ frame: Frame, _ header: RowHeader) {
        clock.passes.append(header.pass)
        clock.times.append(header.timeMilliseconds)
        clock.walls.append(frame.wallMilliseconds)
        clock.boottimes.append(frame.boottimeNanoseconds)
        for chunk in chunks.indices {
            chunks[chunk].rows += 1
            for (number, member) in members[chunk].enumerated() {
                let isPresent = frame.present[member]
                chunks[chunk].series[number].presence.append(isPresent)
                if clock.rows == 1, !isPresent {
                    chunks[chunk].series[number].seenBefore = frame.seen[member]
                }
            }
        }
        let live = live
        let (values, statuses) = (frame.values.span, frame.statuses.span)
        var columns = columns.mutableSpan
        for index in live.indices {
            columns[index].values.append(values[live[index].cell])
            columns[index].statuses.append(statuses[live[index].cell])
        }
    }

    /// Puts the columns that it took into their chunks.
    mutating func finish() {
        for (place, column) in zip(live, columns) {
            chunks[place.chunk].columns[place.column] = column.shortened
        }
        columns = []
        live = []
    }
}

/// What a look at all rows tells: of the ten thousand cells of a node most never change.
struct RowSurvey {
    /// The frame of the first row.
    private(set) var first: Frame
    /// One per cell: whether its value or its status changes.
    private(set) var isLive: [Bool]
    /// The number of rows.
    private(set) var rows = 0

    init(_ first: Frame) {
        self.first = first
        isLive = Array(repeating: false, count: first.values.count)
    }

    /// Takes a row into account.
    mutating func take(_ frame: Frame) {
        rows += 1
        let (values, statuses) = (frame.values.span, frame.statuses.span)
        let first = first
        let (firstValues, firstStatuses) = (first.values.span, first.statuses.span)
        var isLive = isLive.mutableSpan
        for cell in isLive.indices
        where values[cell] != firstValues[cell] || statuses[cell] != firstStatuses[cell] {
            isLive[cell] = true
        }
    }

    /// How many cells of a series change.
    func liveCount(ofPart index: Int) -> Int {
        isLive[first.shape.parts[index].cells].count { $0 }
    }
}
