import HistoryScript
import Model

@testable import History

/// A made-up node that does everything that a record can say, and remembers all of it.
struct Truth {
    private(set) var passes: [(pass: StoredPass, record: PassRecord)] = []
    private var random: SeededGenerator
    private let isSteady: Bool
    private var series: [SeriesRecord] = []
    private var bootID = "boot-0"
    private var wallMilliseconds: Int64 = 1_700_000_000_000
    private var boottimeNanoseconds: UInt64 = 5_000_000_000
    private var nextPart = 0

    /// A node of a seed; one whose clock is steady never sets it back.
    init(seed: UInt64, hasSteadyClock isSteady: Bool = false) {
        random = SeededGenerator(seed: seed)
        self.isSteady = isSteady
        for _ in 0..<3 { addSeries() }
    }

    mutating func chance(_ percent: Int) -> Bool { random.chance(percent) }

    mutating func pick(_ range: ClosedRange<UInt64>) -> UInt64 {
        UInt64.random(in: range, using: &random)
    }

    /// The next record; it counts only once it is handed to `keep`.
    mutating func next() -> PassRecord {
        let isSetBack = !isSteady && chance(3)
        wallMilliseconds +=
            isSetBack ? Int64.random(in: -9_999_999...0, using: &random) : 10_003
        boottimeNanoseconds &+= chance(2) ? UInt64.random(in: 0...UInt64.max, using: &random) : 1
        if chance(2) { bootID = "boot-\(pick(0...99))" }
        if chance(4) { addSeries() }
        if chance(4), !series.isEmpty { series.remove(at: Int(pick(0...99)) % series.count) }
        if chance(3), !series.isEmpty { changeLayout() }
        series = series.map { changed($0) }
        return PassRecord(
            moment: Moment(
                bootID: bootID, boottimeNanoseconds: boottimeNanoseconds,
                wallMilliseconds: wallMilliseconds),
            series: series, events: events())
    }

    mutating func keep(_ record: PassRecord, as id: PassID) {
        let last = passes.last?.pass.wallMilliseconds ?? .min
        let wall = record.moment.wallMilliseconds
        // A clock that was set back is believed; what it drifts is not.
        let time = last == .min || wall < last - 1000 ? wall : max(wall, last + 1)
        passes.append((StoredPass(id: id, wallMilliseconds: time), record))
    }

    /// What the history has to answer for a pass.
    func state(of index: Int) -> StoredState {
        let (pass, record) = passes[index]
        return StoredState(
            pass: pass, moment: record.moment,
            series: record.series.map { series in
                StoredSeries(
                    key: series.key, layout: series.layout, isPresent: series.isPresent,
                    cells: series.cells, firstRecorded: firstRecorded(series.key),
                    lastSeen: lastSeen(series.key, upTo: index))
            })
    }

    private func firstRecorded(_ key: String) -> StoredPass {
        passes.first { $0.record.series.contains { $0.key == key } }?.pass ?? passes[0].pass
    }

    private func lastSeen(_ key: String, upTo index: Int) -> StoredPass? {
        for (pass, record) in passes[...index].reversed() {
            guard let series = record.series.first(where: { $0.key == key }) else { return nil }
            if series.isPresent { return pass }
        }
        return nil
    }

    private mutating func addSeries() {
        let layout = Layout.plain(
            "class\(nextPart % 3)", counters: Int(pick(0...12)), gauges: Int(pick(0...4)))
        series.append(
            SeriesRecord(
                key: "part\(nextPart)/ä", layout: layout, isPresent: chance(80),
                cells: layout.columns.map { _ in .missing(last: nil) },
                origins: layout.columns.map { _ in .none }))
        nextPart += 1
    }

    private mutating func changeLayout() {
        let index = Int(pick(0...99)) % series.count
        let layout = Layout.plain("changed", counters: Int(pick(1...14)), gauges: 1)
        series[index].layout = layout
        series[index].cells = layout.columns.map { _ in .unsupported }
        series[index].origins = layout.columns.map { _ in .none }
    }

    private mutating func changed(_ series: SeriesRecord) -> SeriesRecord {
        var series = series
        series.isPresent = chance(series.isPresent ? 95 : 20)
        for column in series.cells.indices where chance(30) {
            series.cells[column] = cell(after: series.cells[column])
        }
        for column in series.origins.indices where chance(1) {
            series.origins[column] =
                chance(30) ? .none : Origin(offset: pick(0...UInt64.max), field: UInt8(pick(0...2)))
        }
        return series
    }

    private mutating func cell(after old: Cell) -> Cell {
        let bits = pick(0...64)
        let step = bits == 64 ? UInt64.max : pick(0...(1 << bits))
        return switch pick(0...9) {
        case 0: .unsupported
        case 1: .missing(last: old.latest)
        case 2: .missing(last: nil)
        case 3: .value(step, saturated: true)
        case 4: .value(UInt64.max - step % 3, saturated: chance(50))
        default: .value((old.latest ?? 0) &+ step, saturated: false)
        }
    }

    private mutating func events() -> [CounterEvent] {
        series.filter { !$0.cells.isEmpty }.filter { _ in chance(5) }.map { series in
            CounterEvent(
                key: series.key, column: Int(pick(0...99)) % series.cells.count,
                kind: CounterEvent.Kind.allCases[Int(pick(0...4))], before: pick(0...UInt64.max),
                after: pick(0...9))
        }
    }
}
