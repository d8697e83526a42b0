/// What is said of a column in each step of time.
package enum RollupFunction: String, CaseIterable, Sendable {
    /// The last value.
    case last
    /// The least value.
    case min
    /// The greatest value.
    case max
    /// How much a counter has risen since the value before the step; the increases of steps in a
    /// row add up to what was counted in all of them.
    case increase
    /// The increase for each second.
    case rate

    /// Whether it is said of counters only.
    package var needsCounter: Bool { self == .increase || self == .rate }
}

/// What is said of a column in one step of time.
package struct RollupPoint: Hashable, Sendable {
    /// A value, in the unit that the column has.
    package enum Value: Hashable, Sendable {
        /// As it is stored.
        case raw(UInt64)
        /// Raw counts for each second.
        case perSecond(Double)
    }

    /// The end of the step, in milliseconds since 1970.
    package var milliseconds: Int64
    /// Nil when nothing can be said.
    package var value: Value?
    /// What the value promises.
    package var quality: Quality
    /// What limits the promise, in the words of the API, sorted.
    package var reasons: [String]
}

/// Sums a column up, pass by pass in their order.
///
/// Steps end at multiples of their length since 1970, so that the same question has the same answer
/// a moment later; the end belongs to the step. A step without a pass has no point.
package struct Rollup: Sendable {
    private struct Sample {
        var cell: Cell
        var milliseconds: Int64
    }

    private struct Step {
        var index: Int64
        var last: Sample
        var extreme: UInt64?
        var events: [CounterEvent.Kind] = []
    }

    private let function: RollupFunction
    // Nil for a step for each pass.
    private let stepMilliseconds: Int64?
    private let column: Column
    private let gaugeUnit: GaugeUnit?
    private let isDamaged: Bool
    // Those that were not taken yet.
    private var events: ArraySlice<(pass: PassID, kind: CounterEvent.Kind)>
    // The newest sample before the step.
    private var before: Sample?
    private var step: Step?

    /// The points of complete steps, and after `finish` also of the last one.
    package private(set) var points: [RollupPoint] = []

    /// The sum of no pass yet.
    ///
    /// Without a step each pass is one. `events` are those of the column, in the order of their
    /// passes, and `isDamaged` says that some of them may be lost.
    package init(
        _ function: RollupFunction, stepMilliseconds: Int64?, of column: Column,
        events: [(pass: PassID, kind: CounterEvent.Kind)] = [], isDamaged: Bool = false
    ) {
        self.function = function
        self.stepMilliseconds = stepMilliseconds.map { Swift.max(1, $0) }
        self.column = column
        self.events = events[...]
        self.isDamaged = isDamaged
        gaugeUnit = column.kind == .gauge ? GaugeUnit(rawValue: column.unit) : nil
    }

    /// Takes the next pass in.
    package mutating func take(_ cell: Cell, in pass: PassID, at milliseconds: Int64) {
        let index = stepMilliseconds.map { Self.index(milliseconds, $0) } ?? milliseconds
        let sample = Sample(cell: cell, milliseconds: milliseconds)
        if step?.index != index { close() }
        var step = self.step ?? Step(index: index, last: sample)
        self.step = nil
        step.last = sample
        while let event = events.first, event.pass <= pass {
            step.events.append(event.kind)
            events.removeFirst()
        }
        // A part that is new counts from its first value on.
        if before == nil, cell.latest != nil { before = sample }
        if case .value(let value, _) = cell {
            step.extreme = step.extreme.map { isBetter(value, than: $0) ? value : $0 } ?? value
        }
        self.step = step
    }

    /// Ends the last step, whose end is cut to that of the window.
    package mutating func finish(at milliseconds: Int64) {
        close(end: milliseconds)
    }

    private static func index(_ milliseconds: Int64, _ step: Int64) -> Int64 {
        let (quotient, remainder) = (milliseconds - 1).quotientAndRemainder(dividingBy: step)
        return remainder < 0 ? quotient - 1 : quotient
    }

    private func isBetter(_ value: UInt64, than other: UInt64) -> Bool {
        switch function {
        case .min: isLess(value, than: other)
        case .max: isLess(other, than: value)
        case .last: true
        case .increase, .rate: false
        }
    }

    private func isLess(_ left: UInt64, than right: UInt64) -> Bool {
        guard let gaugeUnit else { return left < right }
        return gaugeUnit.published(left).double < gaugeUnit.published(right).double
    }

    private mutating func close(end limit: Int64 = .max) {
        guard let step else { return }
        let end = stepMilliseconds.map { (step.index + 1) * $0 } ?? step.index
        if let point = point(of: step, at: Swift.min(end, limit)) { points.append(point) }
        if step.last.cell.latest != nil { before = step.last }
        self.step = nil
    }

    private func point(of step: Step, at milliseconds: Int64) -> RollupPoint? {
        switch function {
        case .last:
            guard case .value(let value, let saturated) = step.last.cell else {
                // The last value of the step, though not in its last pass.
                return step.extreme.map { point($0, milliseconds, saturated: false) }
            }
            return point(value, milliseconds, saturated: saturated)
        case .min, .max:
            return step.extreme.map {
                point($0, milliseconds, saturated: step.last.cell.isSaturated)
            }
        case .increase, .rate: return increase(of: step, at: milliseconds)
        }
    }

    private func point(_ raw: UInt64, _ milliseconds: Int64, saturated: Bool) -> RollupPoint {
        let reasons = saturated ? [CounterEvent.Kind.saturated.rawValue] : []
        return RollupPoint(
            milliseconds: milliseconds, value: .raw(raw), quality: saturated ? .atLeast : .exact,
            reasons: reasons)
    }

    private func increase(of step: Step, at milliseconds: Int64) -> RollupPoint? {
        let delta = WindowDelta.between(
            start: before?.cell, end: step.last.cell, events: step.events, isDamaged: isDamaged)
        guard var delta else { return nil }
        // A gap between the steps: what was counted there is in this one.
        if let length = stepMilliseconds, let before, delta.increase ?? 0 > 0,
            before.milliseconds < (step.index - 1) * length
        {
            delta.quality = Swift.max(delta.quality, .atLeast)
            delta.reasons = Set(delta.reasons).union(["started_earlier"]).sorted()
        }
        let value = value(delta, step)
        // A rate takes two values.
        if function == .rate, value == nil, delta.quality != .unknown { return nil }
        return RollupPoint(
            milliseconds: milliseconds, value: value, quality: delta.quality,
            reasons: delta.reasons)
    }

    private func value(_ delta: WindowDelta, _ step: Step) -> RollupPoint.Value? {
        guard delta.quality != .unknown, let increase = delta.increase else { return nil }
        guard function == .rate else { return .raw(increase) }
        guard let before, case .value = step.last.cell,
            step.last.milliseconds > before.milliseconds
        else { return nil }
        let seconds = Double(step.last.milliseconds - before.milliseconds) / 1000
        return .perSecond(Double(increase) / seconds)
    }
}
