import Model

/// The hardware's registers of all parts, and the totals that a daemon makes of them.
///
/// Says what the product's ledger would say of the same readings, for the live columns alone and
/// in place, so that a day at one pass per second takes seconds.
struct Registers {
    /// What is going on with a series until it is observed again.
    struct State {
        var isAway = false
        var isRestarted = false
        var isCleared = false
    }

    /// One series.
    struct Part {
        let partClass: PartClass
        /// Its first live column among all.
        let first: Int
        var state = State()
    }

    private(set) var parts: [Part] = []
    /// One per live column: the count since the hardware began, without end; a gauge's value.
    var counts: [UInt64] = []
    /// One per live column: the total, or the gauge's value, as observed last.
    private(set) var totals: [UInt64] = []
    /// How many samples of the latest pass differ from the one before.
    private(set) var changedCount = 0
    private var raws: [UInt64] = []
    private var offsets: [UInt64] = []
    private var wasPresent: [Bool] = []
    private var isKnown = false

    /// Adds a part; gives its first live column.
    mutating func add(_ partClass: PartClass) -> Int {
        let first = counts.count
        parts.append(Part(partClass: partClass, first: first))
        let zeros = Array(repeating: UInt64(0), count: partClass.live.count)
        counts += zeros
        totals += zeros
        raws += zeros
        offsets += zeros
        wasPresent.append(false)
        return first
    }

    mutating func setAway(_ part: Int, _ isAway: Bool) { parts[part].state.isAway = isAway }

    /// The device began to count anew, with other epochs' tokens.
    mutating func restart(_ part: Int, token: UInt64) {
        parts[part].state.isRestarted = true
        let (first, live) = (parts[part].first, parts[part].partClass.live)
        for (index, column) in live.enumerated() {
            if case .gauge = column.register {
                if !column.isSample { counts[first + index] = token }
            } else {
                counts[first + index] = 0
            }
        }
    }

    /// Somebody ran `perfquery -R`.
    mutating func clear(_ part: Int) {
        parts[part].state.isCleared = true
        let (first, live) = (parts[part].first, parts[part].partClass.live)
        for (index, column) in live.enumerated() where column.isClearedByQuery {
            counts[first + index] = 0
        }
    }

    /// Takes a pass.
    mutating func observe(into record: inout PassRecord) {
        record.events.removeAll(keepingCapacity: true)
        changedCount = 0
        for part in parts.indices { observe(part, &record) }
        isKnown = true
    }

    private mutating func observe(_ part: Int, _ record: inout PassRecord) {
        let first = parts[part].first
        let live = parts[part].partClass.live
        let isPresent = !parts[part].state.isAway
        record.series[part].isPresent = isPresent
        guard isPresent else {
            guard wasPresent[part] || !isKnown else { return }
            for (index, column) in live.enumerated() {
                record.series[part].cells[column.column] = .missing(
                    last: isKnown ? totals[first + index] : nil)
            }
            wasPresent[part] = false
            return
        }
        let returns = !wasPresent[part]
        for (index, column) in live.enumerated() {
            let place = first + index
            let before = totals[place]
            let isSaturated = take(place, part, column, &record)
            guard returns || before != totals[place] || isSaturated else { continue }
            record.series[part].cells[column.column] = .value(
                totals[place], saturated: isSaturated)
            if column.isSample, before != totals[place] { changedCount += 1 }
        }
        wasPresent[part] = true
        parts[part].state.isRestarted = false
        parts[part].state.isCleared = false
    }

    // Brings one total up to date; tells whether its register is full.
    private mutating func take(
        _ place: Int, _ part: Int, _ column: LiveColumn, _ record: inout PassRecord
    ) -> Bool {
        let old = raws[place]
        var raw = counts[place]
        var isFull = false
        var increase: UInt64
        switch column.register {
        case .gauge:
            totals[place] = raw
            return false
        case .wide:
            increase = raw &- old
        case .sticks(let maximum):
            isFull = raw >= maximum
            raw = min(raw, maximum)
            increase = raw &- old
        case .wraps(let maximum):
            raw &= maximum
            increase = (raw &- old) & maximum
        }
        let state = parts[part].state
        if isKnown, state.isRestarted || state.isCleared && column.isClearedByQuery {
            let fell = raw < old
            increase = fell ? raw : raw - old
            let kind: CounterEvent.Kind =
                state.isRestarted ? .restarted : fell ? .cleared : .perhapsCleared
            append(kind, part, column, old, raw, &record)
        } else if isFull, !isKnown || increase > 0 {
            append(.saturated, part, column, old, raw, &record)
        }
        raws[place] = raw
        totals[place] &+= increase
        let offset = totals[place] &- raw
        if offset != offsets[place] || !isKnown {
            offsets[place] = offset
            record.series[part].origins[column.column] = Origin(
                offset: offset, field: column.field)
        }
        return isFull
    }

    private func append(
        _ kind: CounterEvent.Kind, _ part: Int, _ column: LiveColumn, _ before: UInt64,
        _ after: UInt64, _ record: inout PassRecord
    ) {
        record.events.append(
            CounterEvent(
                key: record.series[part].key, column: column.column, kind: kind, before: before,
                after: after))
    }
}
