/// What one counter did between two readings of the same field.
package struct Step: Hashable, Sendable {
    /// The increase in raw counts; never more than the true one.
    package var increase: UInt64
    /// What the increase promises.
    package var quality: Quality
    /// What limits the promise; nil when nothing does or when it was said before.
    package var event: CounterEvent.Kind?

    /// A step.
    package init(increase: UInt64, quality: Quality, event: CounterEvent.Kind? = nil) {
        self.increase = increase
        self.quality = quality
        self.event = event
    }

    /// Compares two raw values of one field.
    ///
    /// The increase of a counter that does not wrap is a lower bound in every case, also when it
    /// was cleared and had passed its old value again, which no value tells: that step says
    /// `exact`. A wrapping counter that was cleared from above half its range is taken for wrapped.
    /// `sameEpoch` is false when a reboot or a driver reload lies between: whether the hardware
    /// kept its counts over that differs between devices.
    package static func between(
        _ previous: UInt64, _ current: UInt64, field: Field, sameEpoch: Bool
    ) -> Step {
        let isFull = field.behaviour == .sticks && current >= field.maximum
        let wasFull = field.behaviour == .sticks && previous >= field.maximum
        guard sameEpoch else {
            let increase = current >= previous ? current - previous : current
            return Step(increase: increase, quality: .atLeast, event: .restarted)
        }
        if isFull {
            return Step(
                increase: current - min(previous, current), quality: .atLeast,
                event: wasFull ? nil : .saturated)
        }
        guard current < previous else {
            return Step(increase: current - previous, quality: .exact)
        }
        if let wrapped = wrappedIncrease(previous, current, field: field) {
            return Step(increase: wrapped, quality: .exact)
        }
        return Step(increase: current, quality: .atLeast, event: .cleared)
    }

    // A wrap is believed when the increase is less than half the range; more than that within one
    // interval is likelier to be a driver that started anew.
    private static func wrappedIncrease(
        _ previous: UInt64, _ current: UInt64, field: Field
    ) -> UInt64? {
        guard field.behaviour == .wraps else { return nil }
        let increase = (current &- previous) & field.maximum
        return increase <= field.maximum / 2 ? increase : nil
    }
}

/// What a window between two passes says of one counter.
package struct WindowDelta: Hashable, Sendable {
    /// The increase in raw counts; nil when nothing can be said.
    package var increase: UInt64?
    /// What the increase promises.
    package var quality: Quality
    /// What limits the promise, in the words of the API, sorted.
    package var reasons: [String]

    /// Compares the cells of one counter at the two ends of a window; nil when the device does not
    /// offer it.
    ///
    /// `start` is nil when the part was not known yet. `events` are the counter's events within the
    /// window; `isDamaged` says that some of them may be lost. A counter that was not read at the
    /// start is compared with its latest value before, so that windows in a row leave nothing out;
    /// an increase then says `started_earlier`.
    package static func between(
        start: Cell?, end: Cell, events: [CounterEvent.Kind], isDamaged: Bool = false
    ) -> WindowDelta? {
        if case .unsupported = end, start?.latest == nil { return nil }
        guard let last = end.latest, let first = start?.latest else {
            return WindowDelta(increase: nil, quality: .unknown, reasons: ["not_observed"])
        }
        // Totals never go down; should a damaged history say so, nothing can be said.
        guard last >= first else {
            return WindowDelta(increase: nil, quality: .unknown, reasons: ["inconsistent"])
        }
        var quality = Quality.exact
        var reasons = Set(events.map(\.rawValue))
        for event in events { quality = max(quality, event.quality) }
        if isDamaged {
            quality = max(quality, .atLeast)
            reasons.insert("history_damaged")
        }
        if start?.isSaturated == true || end.isSaturated {
            quality = max(quality, .atLeast)
            reasons.insert(CounterEvent.Kind.saturated.rawValue)
        }
        if case .missing = end {
            quality = max(quality, .atLeast)
            reasons.insert("not_observed")
        }
        if case .missing = start, last > first {
            quality = max(quality, .atLeast)
            reasons.insert("started_earlier")
        }
        return WindowDelta(
            increase: last - first, quality: quality, reasons: reasons.sorted())
    }
}

extension Cell {
    /// Whether the hardware counter is known to be full.
    package var isSaturated: Bool {
        if case .value(_, saturated: true) = self { true } else { false }
    }
}
