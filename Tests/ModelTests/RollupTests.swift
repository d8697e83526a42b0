import Model
import Testing

@Suite struct RollupTests {
    private static let counter = Column(name: "c", kind: .counter, unit: "events")

    private struct Row {
        var pass: PassID
        var milliseconds: Int64
        var cell: Cell
    }

    private static func rows(_ cells: [(Int64, Cell)]) -> [Row] {
        cells.enumerated().map { index, row in
            Row(pass: PassID(UInt64(index + 1)), milliseconds: row.0, cell: row.1)
        }
    }

    private static func points(
        _ function: RollupFunction, _ step: Int64?, _ rows: [Row], of column: Column = counter,
        events: [(pass: PassID, kind: CounterEvent.Kind)] = [], isDamaged: Bool = false
    ) -> [RollupPoint] {
        var sum = Rollup(
            function, stepMilliseconds: step, of: column, events: events, isDamaged: isDamaged)
        for row in rows { sum.take(row.cell, in: row.pass, at: row.milliseconds) }
        sum.finish(at: rows.last?.milliseconds ?? 0)
        return sum.points
    }

    private static func value(_ value: UInt64) -> Cell { .value(value, saturated: false) }

    @Test func endOfAStepBelongsToIt() {
        let rows = Self.rows([
            (1000, Self.value(1)), (2000, Self.value(3)), (2001, Self.value(4)),
            (3500, Self.value(9)),
        ])
        let last = Self.points(.last, 1000, rows)
        #expect(last.map(\.milliseconds) == [1000, 2000, 3000, 3500])
        #expect(last.map(\.value) == [.raw(1), .raw(3), .raw(4), .raw(9)])
        let increases = Self.points(.increase, 2000, rows)
        #expect(increases.map(\.milliseconds) == [2000, 3500])
        #expect(increases.map(\.value) == [.raw(2), .raw(6)])
        #expect(increases.map(\.quality) == [.exact, .exact])
    }

    @Test func rateIsOverTheTimeBetweenTheValues() {
        let rows = Self.rows([
            (0, Self.value(0)), (10_000, Self.value(50)), (70_000, Self.value(110)),
        ])
        let rates = Self.points(.rate, 10_000, rows)
        #expect(rates.map(\.value) == [.perSecond(5), .perSecond(1)])
        // What a gap counted is in the step behind it, and that is said.
        #expect(rates.map(\.quality) == [.exact, .atLeast])
        #expect(rates.last?.reasons == ["started_earlier"])
    }

    @Test func gaugesAreComparedAsTheyArePublished() {
        let celsius = Column(name: "t", kind: .gauge, unit: "celsius")
        let cold = UInt64(bitPattern: -5)
        let rows = Self.rows([(1, Self.value(40)), (2, Self.value(cold)), (3, Self.value(60))])
        #expect(Self.points(.min, 10, rows, of: celsius).map(\.value) == [.raw(cold)])
        #expect(Self.points(.max, 10, rows, of: celsius).map(\.value) == [.raw(60)])
        #expect(Self.points(.last, 10, rows, of: celsius).map(\.value) == [.raw(60)])
    }

    @Test func whatIsNotKnownHasNoPoint() {
        let rows = Self.rows([
            (5, .unsupported), (15, .missing(last: nil)), (25, .missing(last: 7)),
            (35, Self.value(9)), (36, .missing(last: 9)),
        ])
        #expect(Self.points(.last, 10, rows).map(\.milliseconds) == [36])
        #expect(Self.points(.max, 10, rows).map(\.value) == [.raw(9)])
        let increases = Self.points(.increase, 10, rows)
        #expect(increases.map(\.value) == [nil, .raw(0), .raw(2)])
        #expect(increases.map(\.quality) == [.unknown, .atLeast, .atLeast])
        #expect(increases.last?.reasons == ["not_observed", "started_earlier"])
    }

    @Test func damageLimitsIncreases() {
        let rows = Self.rows([(5, Self.value(1)), (15, Self.value(2))])
        let points = Self.points(.increase, 10, rows, isDamaged: true)
        #expect(points.map(\.quality) == [.atLeast, .atLeast])
        #expect(points.allSatisfy { $0.reasons == ["history_damaged"] })
        #expect(Self.points(.last, 10, rows, isDamaged: true).map(\.quality) == [.exact, .exact])
    }

    /// Increases of steps in a row are the window's, and none is better than its events allow.
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func increasesAddUp(_ seed: UInt64) throws {
        var random = SplitMix(seed)
        var total: UInt64 = random.next() % 1000
        var time: Int64 = 1_700_000_000_000
        var rows: [Row] = []
        var events: [(pass: PassID, kind: CounterEvent.Kind)] = []
        for pass in 1...200 as ClosedRange<UInt64> {
            time += Int64(random.next() % 30_000) + 1
            total += random.next() % 3 == 0 ? random.next() % 100 : 0
            let cell: Cell =
                switch random.next() % 12 {
                case 0: .missing(last: total)
                case 1: .value(total, saturated: true)
                default: .value(total, saturated: false)
                }
            rows.append(Row(pass: PassID(pass), milliseconds: time, cell: cell))
            if random.next() % 20 == 0 { events.append((PassID(pass), .cleared)) }
        }
        let step = Int64(random.next() % 120_000) + 1
        let points = Self.points(.increase, step, rows, events: events)
        var sum: UInt64 = 0
        for point in points {
            guard case .raw(let increase) = point.value else { continue }
            sum += increase
        }
        let (first, last) = (try #require(rows.first), try #require(rows.last))
        let window = try #require(
            WindowDelta.between(
                start: first.cell, end: last.cell, events: events.map(\.kind)))
        #expect(sum == window.increase, "seed \(seed), step \(step)")
        let limited = points.filter { $0.reasons.contains("cleared") }
        #expect(limited.allSatisfy { $0.quality == Quality.atLeast }, "seed \(seed)")
        #expect(limited.isEmpty == events.isEmpty, "seed \(seed)")
        #expect(zip(points, points.dropFirst()).allSatisfy { $0.milliseconds < $1.milliseconds })
        #expect(points.dropLast().allSatisfy { $0.milliseconds % step == 0 })
    }
}
