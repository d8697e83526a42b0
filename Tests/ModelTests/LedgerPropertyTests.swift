import Model
import Testing

/// The ledger against a port that knows the truth.
struct LedgerPropertyTests {
    private static let runsPerSeed: UInt64 = 200

    @Test(arguments: (0..<16).map { UInt64($0) * 1_000_003 })
    func neverMoreThanTheTruthAndExactWhereItSaysSo(seed: UInt64) {
        for run in 0..<Self.runsPerSeed {
            var history = ObservedHistory(seed: seed + run)
            history.run()
            if let fault = history.fault ?? history.faultInWindows() {
                Issue.record("seed \(seed + run): \(fault)")
                return
            }
        }
    }

    /// Without this the test above would prove nothing.
    @Test func simulationReachesEveryCase() {
        var kinds: Set<CounterEvent.Kind> = []
        var undetectable = 0
        var exact = 0
        for seed in 0..<UInt64(150) {
            var history = ObservedHistory(seed: seed)
            history.run()
            kinds.formUnion(history.passes.flatMap(\.events).map(\.kind))
            let steps = history.passes.flatMap(\.steps).compactMap { $0 }
            undetectable += steps.filter(\.isUndetectable).count
            exact += steps.filter { $0.quality == .exact && $0.increase > 0 }.count
        }
        #expect(kinds == Set(CounterEvent.Kind.allCases).subtracting([.neighbourChanged]))
        #expect(undetectable > 20 && exact > 1000)
    }
}

/// A ledger that watches a simulated port, and what is to be said of every step and window.
private struct ObservedHistory {
    /// What the ledger made of one reading.
    struct Step {
        var increase: UInt64
        var quality: Quality
        /// Cleared and refilled past its previous value, with nothing of its group seen lower.
        var isUndetectable: Bool
    }

    /// One pass, of one entry per row of the simulation.
    struct Pass {
        var cells: [Cell]
        var events: [CounterEvent]
        var steps: [Step?]
        /// The truth now, and when each counter was last read; nil before it was.
        var truth: [UInt64]
        var truthAtReading: [UInt64?]
    }

    private static let key = PortKey(node: GUID(1), port: 1)
    private static let passCount = 12

    private var port: SimulatedPort
    private var ledger = Ledger()
    private var random: SplitMix
    private var doubtForgotten = Set<Int>()
    private let windows: [Range<Int>]
    private(set) var passes: [Pass] = []
    private(set) var fault: String?

    init(seed: UInt64) {
        port = SimulatedPort(seed: seed)
        var random = SplitMix(~seed)
        windows = (0..<3).map { _ in
            let start = Int.random(in: 0..<Self.passCount - 1, using: &random)
            return start..<Int.random(in: start + 1..<Self.passCount, using: &random)
        }
        self.random = random
    }

    mutating func run() {
        for _ in 0..<Self.passCount where fault == nil {
            if random.once(in: 7) { restartDaemon() }
            port.live()
            observe()
        }
    }

    private var totals: [UInt64] {
        SimulatedPort.rows.map { ledger[Self.key]?.entries[$0].total ?? 0 }
    }

    // MARK: Passes

    private mutating func observe() {
        ledger.beginPass()
        let before = totals
        let report = port.report()
        if let report { port.noteDecreases(report) }
        let events = report.map { ledger.observe(Self.key, $0, at: .at(1)) } ?? []
        let after = totals
        let steps = SimulatedPort.rows.indices.map { index in
            report.flatMap { step(index, $0, before: before[index], after: after[index]) }
        }
        for index in steps.indices where fault == nil {
            if let step = steps[index] {
                fault = verdict(index, step)
                port.noteReading(index)
                doubtForgotten.remove(index)
            } else if before[index] != after[index] {
                fault = "row \(index) moved without a reading"
            }
        }
        let pass = passes.count
        let isWanted = windows.contains { $0.lowerBound == pass || $0.upperBound == pass }
        passes.append(
            Pass(
                cells: isWanted ? record.cells : [], events: events, steps: steps,
                truth: port.counters.map(\.truth),
                truthAtReading: port.counters.map(\.truthAtReading)))
    }

    private var record: SeriesRecord {
        ledger.records().first
            ?? SeriesRecord(
                key: Self.key.description, layout: CounterTable.infiniBandPort.layout,
                isPresent: false,
                cells: Array(repeating: .missing(last: nil), count: 90),
                origins: Array(repeating: .none, count: 90))
    }

    private func step(
        _ index: Int, _ report: EndReport, before: UInt64, after: UInt64
    ) -> Step? {
        let counter = port.counters[index]
        guard case .value(let value, _) = report.readings[SimulatedPort.rows[index]],
            let entry = ledger[Self.key]?.entries[SimulatedPort.rows[index]]
        else { return nil }
        let isUndetectable =
            counter.register.lostCounts && !counter.restarted && value >= counter.lastValue
            && !counter.isInDoubt
        return Step(
            increase: after &- before, quality: entry.quality, isUndetectable: isUndetectable)
    }

    // What is wrong with a step, before the port notes the reading; nil when nothing is.
    private func verdict(_ index: Int, _ step: Step) -> String? {
        let counter = port.counters[index]
        let entry = ledger[Self.key]?.entries[SimulatedPort.rows[index]]
        guard entry?.raw == counter.register.value, entry?.status == .fresh else {
            return "row \(index) is not what was read"
        }
        guard let truthBefore = counter.truthAtReading else {
            return step.increase == counter.register.value ? nil : "row \(index) began elsewhere"
        }
        let truth = counter.truth - truthBefore
        if step.increase > truth { return "row \(index): \(step.increase) of \(truth)" }
        if step.quality == .exact, step.increase != truth, !step.isUndetectable {
            return "row \(index) says exactly \(step.increase) of \(truth)"
        }
        let isFull =
            counter.register.field.behaviour == .sticks
            && counter.register.value == counter.register.field.maximum
        let isUndisturbed =
            !counter.register.wasTouched && !counter.restarted && !isFull
            && counter.lastSource == counter.source && !doubtForgotten.contains(index)
            && !counter.isInDoubt
        if isUndisturbed, step.quality != .exact { return "row \(index) is doubted for nothing" }
        return nil
    }

    // MARK: Restarts of the daemon

    private mutating func restartDaemon() {
        let record = record
        let before = totals
        var order = Array(record.cells.indices)
        order.shuffle(using: &random)
        ledger = Ledger()
        ledger.restore(
            key: Self.key, columns: order.map { record.layout.columns[$0].name } + ["unheard_of"],
            cells: order.map { record.cells[$0] } + [.value(5, saturated: true)],
            origins: order.map { record.origins[$0] } + [.none])
        if totals != before { fault = "a restart changed totals" }
        // A doubt that was still open costs the next step after a restart its meaning.
        for (index, row) in SimulatedPort.rows.enumerated()
        where record.origins[row].field == .max {
            doubtForgotten.insert(index)
        }
    }

    // MARK: Windows

    /// What is wrong with some windows between two passes; nil when nothing is.
    func faultInWindows() -> String? {
        for window in windows {
            for index in SimulatedPort.rows.indices {
                if let fault = faultInWindow(index, window.lowerBound, window.upperBound) {
                    return "row \(index), passes \(window): \(fault)"
                }
            }
        }
        return nil
    }

    private func faultInWindow(_ index: Int, _ start: Int, _ end: Int) -> String? {
        let row = SimulatedPort.rows[index]
        let (first, last) = (passes[start], passes[end])
        let inside = passes[(start + 1)...end]
        let delta = WindowDelta.between(
            start: first.cells[row], end: last.cells[row],
            events: inside.flatMap(\.events).filter { $0.column == row }.map(\.kind))
        guard let truthBefore = first.truthAtReading[index] else {
            return delta?.increase == nil ? nil : "an increase from nowhere"
        }
        guard let delta, let increase = delta.increase,
            let truthAfter = last.truthAtReading[index]
        else { return "nothing said" }
        let steps = inside.compactMap { $0.steps[index] }
        if increase != steps.reduce(0, { $0 + $1.increase }) { return "not the sum of its steps" }
        if increase > truthAfter - truthBefore { return "more than the truth" }
        let worst = steps.map(\.quality).max() ?? .exact
        if delta.quality < worst { return "\(delta.quality) over a step of \(worst)" }
        let truth = last.truth[index] - first.truth[index]
        if delta.quality == .exact, increase != truth, !steps.contains(where: \.isUndetectable) {
            return "exactly \(increase) of \(truth)"
        }
        return excess(delta, worst, first.cells[row], last.cells[row])
    }

    // A window promises less than its steps only for what happens at its two ends.
    private func excess(
        _ delta: WindowDelta, _ worst: Quality, _ start: Cell, _ end: Cell
    ) -> String? {
        guard case .value(_, saturated: false) = start, case .value(_, saturated: false) = end,
            delta.quality != worst
        else { return nil }
        return "\(delta.quality) though every step is \(worst) or better"
    }
}
