import HistoryScript
import Model

@testable import History

/// Chunks of every class of column, and of none.
enum RandomChunk {
    static func clock(rows: Int, _ random: inout SeededGenerator) -> SlotClock {
        var clock = SlotClock()
        var pass = Int64.random(in: 1...(1 << 40), using: &random)
        var time = Int64.random(in: 0...(1 << 41), using: &random)
        var boottime = UInt64.random(in: 0...(1 << 50), using: &random)
        for _ in 0..<rows {
            clock.passes.append(pass)
            clock.times.append(time)
            clock.walls.append(random.chance(3) ? random.signed() : time)
            clock.boottimes.append(boottime)
            pass += random.chance(2) ? Int64.random(in: 1...64, using: &random) : 1
            let step = random.chance(5) ? Int64.random(in: 1...90_000, using: &random) : 10_003
            time += step
            let jitter = Int64.random(in: -900_000...900_000, using: &random)
            boottime &+= UInt64(bitPattern: step * 1_000_000 + jitter)
            if random.chance(1) { boottime = random.next() }
        }
        return clock
    }

    static func sums(_ steps: [UInt64]) -> [UInt64] {
        var sum: UInt64 = 1 << 40
        return steps.map {
            sum &+= $0
            return sum
        }
    }

    /// Values throughout, of one series.
    static func plain(_ columns: [[UInt64]]) -> ChunkContent {
        let rows = columns.first?.count ?? 1
        var series = ChunkContent.Series(columns: columns.indices)
        series.presence.append(true, count: rows)
        return ChunkContent(
            rows: rows, series: [series],
            columns: columns.map { values in
                ChunkContent.Column(
                    values: values, statuses: Runs(.value, count: values.count)
                ).shortened
            })
    }

    static func content(_ random: inout SeededGenerator) -> (ChunkContent, SlotClock) {
        let sizes = [1, 2, 31, 32, 33, 64, 65, 360]
        let rows =
            random.chance(50)
            ? sizes[Int.random(in: 0..<sizes.count, using: &random)]
            : Int.random(in: 1...500, using: &random)
        var clock = clock(rows: rows, &random)
        if random.chance(30) { clock.stride = Int.random(in: 1...7, using: &random) }
        var content = ChunkContent(rows: rows, series: [], columns: [])
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let start = content.columns.count
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                content.columns.append(column(clock, content.columns, &random))
            }
            var series = ChunkContent.Series(columns: start..<content.columns.count)
            let isSteady = random.chance(50)
            for _ in 0..<rows { series.presence.append(isSteady || random.chance(80)) }
            if series.presence[0] == false, random.chance(70) {
                series.seenBefore = Seen(
                    pass: clock.passes[0] - 1 - Int64.random(in: 0...5, using: &random),
                    timeMilliseconds: random.signed())
            }
            content.series.append(series)
        }
        return (content, clock)
    }

    private static func column(
        _ clock: SlotClock, _ before: [ChunkContent.Column], _ random: inout SeededGenerator
    ) -> ChunkContent.Column {
        let leader = before.last { !$0.isThinned && $0.values.count == clock.rows }?.values
        var values = values(clock, leader ?? clock.boottimes, &random)
        var column = ChunkContent.Column()
        let isSteady = random.chance(70)
        var status = random.chance(80) ? CellStatus.value : .unsupported
        for row in 0..<clock.rows {
            if !isSteady, random.chance(5) {
                status = CellStatus(rawValue: UInt8.random(in: 0...4, using: &random)) ?? .value
            }
            if status == .unsupported || status == .missingNeverKnown { values[row] = 0 }
            column.statuses.append(status)
        }
        column.values = values
        let isConstant = values.allSatisfy { $0 == values[0] }
        guard clock.stride > 1, !isConstant, random.chance(50) else { return column.shortened }
        var kept = Runs<CellStatus>()
        let rows = Swift.stride(from: 0, to: clock.rows, by: clock.stride)
        for row in rows { kept.append(column.statuses[row] ?? .value) }
        return ChunkContent.Column(
            values: rows.map { values[$0] }, statuses: kept, isThinned: true
        ).shortened
    }

    private static func values(
        _ clock: SlotClock, _ leader: [UInt64], _ random: inout SeededGenerator
    ) -> [UInt64] {
        let bits = UInt64.random(in: 0...63, using: &random)
        let limit = UInt64.max >> bits
        func any(_ random: inout SeededGenerator) -> UInt64 { random.next() & limit }
        let first = any(&random)
        switch Int.random(in: 0...9, using: &random) {
        case 0: return clock.passes.map { _ in 0 }
        case 1: return clock.passes.map { _ in first }
        case 2: return clock.passes.indices.map { first &+ UInt64($0) &* limit }
        case 3:
            var sum = first
            return clock.passes.map { _ in
                if random.chance(4) { sum &+= any(&random) }
                return sum
            }
        case 4: return sums(clock.passes.map { _ in any(&random) })
        case 5: return clock.passes.map { _ in any(&random) }
        case 6: return leader.map { $0 &+ any(&random) % 1000 }
        case 7: return leader.map { $0 / 17 &+ any(&random) % 100 }
        case 8: return leader.map { $0 &* 3 &+ first }
        default: return clock.boottimes.map { $0 >> 9 &+ any(&random) % 50 }
        }
    }
}

extension SeededGenerator {
    mutating func signed() -> Int64 { Int64(bitPattern: next()) }
}

extension ChunkContent {
    /// When a series was observed last up to a row.
    func seen(_ series: Int, row: Int, _ clock: SlotClock) -> Seen? {
        let latest = (0...row).last { self.series[series].presence[$0] == true }
        return latest.map(clock.seen) ?? self.series[series].seenBefore
    }
}

extension RowCodec {
    /// The bytes of a frame; `previous` is the one of the row before.
    static func encode(_ frame: Frame, after previous: Frame, header: RowHeader) -> [UInt8] {
        var previous = previous
        return encode(PassRecord(of: frame), over: &previous, header: header)
    }
}

extension PassRecord {
    /// The pass that a frame is of, without names.
    init(of frame: Frame) {
        self.init(
            moment: Moment(
                bootID: "", boottimeNanoseconds: frame.boottimeNanoseconds,
                wallMilliseconds: frame.wallMilliseconds),
            series: frame.present.indices.map {
                SeriesRecord(
                    key: "\($0)", layout: Layout(deviceClass: "", columns: []),
                    isPresent: frame.present[$0], cells: frame.cells(ofPart: $0), origins: [])
            }, events: [])
    }
}
