/// The memory of all series: baselines, totals, and what the latest pass said.
///
/// Totals are our own monotone 64-bit numbers. They start at the hardware's first value and from
/// then on take only increases, whatever happens to the hardware's counters.
package struct Ledger: Sendable {
    /// Most series kept; beyond it those that were not seen for longest are forgotten.
    package static let capacity = 2048

    /// One counter of one series.
    package struct Entry: Hashable, Sendable {
        /// What the latest pass could read.
        package enum Status: UInt8, Sendable {
            /// Never read so far.
            case never
            /// Not offered by the device.
            case unsupported
            /// Not to be read with the daemon's rights.
            case noPermission
            /// Read when it was last due, which for most is in the latest pass.
            case fresh
            /// Offered, and not read when it was last due.
            case missing
        }

        /// Our total in raw units.
        package var total: UInt64 = 0
        /// The hardware's latest value.
        package var raw: UInt64 = 0
        /// The index of the source in the counter's `fields`.
        package var field: UInt8 = 0
        /// What could be read when it was last due.
        package var status = Status.never
        /// Whether the hardware counter is full.
        package var isSaturated = false
        /// What the latest step of the total promises.
        package var quality = Quality.exact
        // Whether total and raw hold a value to compare with.
        var hasBaseline = false
        /// Whether there ever was a value.
        package var hasValue: Bool { hasBaseline }
        // What may have happened to the hardware's counter since `raw` was read.
        var doubt: CounterEvent.Kind?

        /// Never read.
        package init() {}
    }

    /// One gauge of one series.
    package struct GaugeEntry: Hashable, Sendable {
        /// The latest value; nil before the first.
        package var value: UInt64?
        /// What could be read when it was last due.
        package var status = Entry.Status.never

        /// Never read.
        package init() {}
    }

    /// One series.
    package struct Series: Sendable {
        /// One entry per counter of the part's table.
        package var entries: [Entry]
        /// One entry per gauge of the part's table.
        package var gauges: [GaugeEntry]
        /// When it was last observed; nil before the first time since start.
        package var seen: Moment?
        let name: String
        // A GPU and its NVLinks are kept together, a cable's far end with the near one, and all PCI
        // functions, which are many and say little.
        var bundle: String
        let table: CounterTable
        var epoch: UInt64?
        // The pass of the latest observation.
        var turn: UInt64 = 0

        init(_ key: PartKey) {
            name = key.description
            bundle =
                switch key {
                case .gpu(let uuid), .nvlink(let uuid, _): uuid.description
                case .port: name
                case .pci: "pci"
                }
            table = key.table
            entries = Array(repeating: Entry(), count: table.counters.count)
            gauges = Array(repeating: GaugeEntry(), count: table.gaugeCount)
        }
    }

    private var series: [PartKey: Series] = [:]
    private var turn: UInt64 = 1

    /// Knows nothing.
    package init() {}

    /// The series of a part; nil when it was never seen.
    package subscript(key: PartKey) -> Series? { series[key] }

    /// Starts a pass: nothing is present until it is observed.
    package mutating func beginPass() {
        turn += 1
        forgetOldest()
    }

    /// Takes in what was seen of one part and returns what limits the deltas.
    ///
    /// A part that is observed twice in one pass is taken in once: the first answer counts. An
    /// observation in which nothing could be read does not make the part present.
    package mutating func observe(
        _ key: PartKey, _ observation: Observation, at moment: Moment
    ) -> [CounterEvent] {
        // In place: a series that is taken out and put back is hashed and moved each time.
        series[key, default: Series(key)].take(observation, turn: turn, at: moment)
    }

    /// Has the history keep a part together with another one, which counts the same things, as the
    /// ends of a cable do.
    package mutating func keep(_ key: PartKey, with other: PartKey) {
        guard let name = series[other]?.name, series[key]?.bundle != name else { return }
        series[key]?.bundle = name
    }

    /// Whether a GPU has begun to count anew since it was last observed: its energy counter, which
    /// rises all the time and which nobody can clear, fell.
    package func hasRestarted(_ key: PartKey, _ readings: [Reading]) -> Bool {
        let row = GPUCounters.energyRow
        guard case .gpu = key, let entry = series[key]?.entries[row], entry.hasBaseline,
            readings.indices.contains(row), case .value(let value, _) = readings[row]
        else { return false }
        return value < entry.raw
    }

    private mutating func forgetOldest() {
        guard series.count > Self.capacity else { return }
        let excess = series.count - Self.capacity
        for (key, _) in series.sorted(by: { $0.value.turn < $1.value.turn }).prefix(excess) {
            series[key] = nil
        }
    }
}

extension Ledger {
    /// Every series as the history keeps it, ordered by key.
    package func records() -> [SeriesRecord] {
        series.keys.sorted().compactMap { key in
            series[key].map { $0.record(isPresent: $0.turn == turn) }
        }
    }

    /// Takes up a series where the history left it; columns are matched by name, and what is not
    /// known here is left out.
    package mutating func restore(
        key: PartKey, columns: [String], cells: [Cell], origins: [Origin]
    ) {
        var state = Series(key)
        for (column, (cell, origin)) in zip(columns, zip(cells, origins)) {
            guard let row = state.table.row(of: column) else { continue }
            if column == "epoch" {
                state.epoch = cell.latest
            } else if state.entries.indices.contains(row) {
                state.entries[row] = Entry(restoring: cell, origin)
            } else {
                state.gauges[row - state.entries.count].value = cell.latest
            }
        }
        series[key] = state
    }
}

extension Ledger {
    /// What has to be said at every counter of a part that got another neighbour.
    package func neighbourChanged(at key: PartKey) -> [CounterEvent] {
        guard let series = series[key] else { return [] }
        return series.entries.indices.filter { series.entries[$0].hasBaseline }.map {
            series.event($0, .neighbourChanged, before: series.entries[$0].raw)
        }
    }
}

extension Ledger.Series {
    fileprivate mutating func take(
        _ observation: Observation, turn: UInt64, at moment: Moment
    ) -> [CounterEvent] {
        guard self.turn != turn else { return [] }
        if observation.isObserved {
            self.turn = turn
            seen = moment
        }
        return advance(observation)
    }

    private mutating func advance(_ observation: Observation) -> [CounterEvent] {
        let counters = table.counters
        // Without a value the token says nothing, and there is nothing to compare.
        if epoch != observation.epoch || observation.isRestarted, observation.hasValues {
            for index in entries.indices where entries[index].hasBaseline {
                entries[index].restart(counters[index])
            }
            epoch = observation.epoch
        }
        let before = entries
        var events: [CounterEvent] = []
        var cleared: Set<ClearGroup> = []
        for (index, reading) in observation.readings.prefix(entries.count).enumerated() {
            guard let kind = entries[index].take(reading, counters[index]) else { continue }
            if kind == .cleared, let group = entries[index].clearGroup(counters[index]) {
                cleared.insert(group)
            }
            events.append(event(index, kind, before: before[index].raw))
        }
        for (index, reading) in observation.gauges.prefix(gauges.count).enumerated() {
            gauges[index].take(reading)
        }
        guard !cleared.isEmpty else { return events }
        return events + doubt(cleared, events, before: before, observation)
    }

    // Counters of one group are cleared together: one that did not go down may have passed its
    // old value again, so its step is a lower bound, now or when it is read again.
    private mutating func doubt(
        _ cleared: Set<ClearGroup>, _ said: [CounterEvent], before: [Ledger.Entry],
        _ observation: Observation
    ) -> [CounterEvent] {
        let said = Set(said.map(\.column))
        var events: [CounterEvent] = []
        for index in entries.indices where before[index].hasBaseline && !said.contains(index) {
            guard let group = entries[index].clearGroup(table.counters[index]),
                cleared.contains(group)
            else { continue }
            if entries[index].status != .fresh || observation.isHeld(index) {
                entries[index].doubt = entries[index].doubt ?? .perhapsCleared
            } else if entries[index].quality == .exact {
                entries[index].quality = .atLeast
                events.append(event(index, .perhapsCleared, before: before[index].raw))
            }
        }
        return events
    }

    fileprivate func event(
        _ index: Int, _ kind: CounterEvent.Kind, before: UInt64
    ) -> CounterEvent {
        CounterEvent(
            key: name, column: index, kind: kind, before: before, after: entries[index].raw)
    }

    fileprivate func record(isPresent: Bool) -> SeriesRecord {
        SeriesRecord(
            key: name, layout: table.layout, bundle: bundle, isPresent: isPresent,
            cells: cells(isPresent: isPresent), origins: origins)
    }

    private func cells(isPresent: Bool) -> [Cell] {
        var cells: [Cell] = []
        cells.reserveCapacity(table.layout.columns.count)
        for entry in entries { cells.append(isPresent ? entry.cell : entry.absentCell) }
        for gauge in gauges { cells.append(gauge.cell(isPresent: isPresent)) }
        cells.append(.gauge(epoch, isFresh: isPresent))
        return cells
    }

    private var origins: [Origin] {
        let count = table.layout.columns.count
        var origins: [Origin] = []
        origins.reserveCapacity(count)
        for entry in entries { origins.append(entry.origin) }
        origins.append(contentsOf: repeatElement(.none, count: count - entries.count))
        return origins
    }
}

extension Ledger.GaugeEntry {
    fileprivate mutating func take(_ reading: Reading) {
        switch reading {
        case .value(let raw, _), .held(let raw, _):
            value = raw
            status = .fresh
        case .unsupported: status = .unsupported
        case .noPermission: status = .noPermission
        case .failed: status = .missing
        }
    }

    fileprivate func cell(isPresent: Bool) -> Cell {
        if status == .unsupported, value == nil { return .unsupported }
        return .gauge(value, isFresh: isPresent && status == .fresh)
    }
}

extension Cell {
    fileprivate static func gauge(_ value: UInt64?, isFresh: Bool) -> Cell {
        guard let value, isFresh else { return .missing(last: value) }
        return .value(value, saturated: false)
    }
}

extension Ledger.Entry {
    fileprivate init(restoring cell: Cell, _ origin: Origin) {
        guard let total = cell.latest else { return }
        self.total = total
        raw = total &- origin.offset
        field = origin.field
        status = .missing
        isSaturated = cell.isSaturated
        hasBaseline = true
    }

    /// Notes that the device may have begun to count anew.
    fileprivate mutating func restart(_ counter: Counter) {
        guard counter.fields.indices.contains(Int(field)) else { return doubt = .restarted }
        if counter.fields[Int(field)].reset != .lifetime { doubt = .restarted }
    }

    /// Takes a reading in; returns what limits the step, if anything.
    fileprivate mutating func take(_ reading: Reading, _ counter: Counter) -> CounterEvent.Kind? {
        switch reading {
        case .unsupported:
            status = .unsupported
            return nil
        case .noPermission:
            status = .noPermission
            return nil
        case .failed:
            status = .missing
            return nil
        // Nothing is new of it, and what is in doubt stays so; unless its reading did not get here.
        case .held(let value, let source)
        where status == .fresh && value == raw && source == field:
            return nil
        case .value(let value, let source), .held(let value, let source):
            let list = counter.fields
            let fields = list.span
            guard fields.indices.contains(Int(source)) else {
                status = .missing
                return nil
            }
            return take(value, source, fields[Int(source)])
        }
    }

    private mutating func take(
        _ value: UInt64, _ source: UInt8, _ description: Field
    ) -> CounterEvent.Kind? {
        let isFull = description.behaviour == .sticks && value >= description.maximum
        let step = step(to: value, source, description, isFull: isFull)
        let (sum, overflow) = total.addingReportingOverflow(step.increase)
        total = overflow ? .max : sum
        raw = value
        field = source
        status = .fresh
        isSaturated = isFull
        quality = step.quality
        hasBaseline = true
        doubt = nil
        return step.event
    }

    private func step(
        to value: UInt64, _ source: UInt8, _ description: Field, isFull: Bool
    ) -> Step {
        guard hasBaseline else {
            return Step(
                increase: value, quality: isFull ? .atLeast : .exact,
                event: isFull ? .saturated : nil)
        }
        guard source == field else {
            return Step(increase: 0, quality: .unknown, event: .sourceChanged)
        }
        let step = Step.between(
            raw, value, field: description, sameEpoch: doubt != .restarted)
        guard doubt == .perhapsCleared, step.quality == .exact else { return step }
        return Step(increase: step.increase, quality: .atLeast, event: .perhapsCleared)
    }

    // What was cleared with the value, if anything; nil when the source is not known any more.
    fileprivate func clearGroup(_ counter: Counter) -> ClearGroup? {
        counter.fields.indices.contains(Int(field))
            ? counter.fields[Int(field)].clearGroup : nil
    }

    fileprivate var cell: Cell {
        status == .fresh ? .value(total, saturated: isSaturated) : absentCell
    }

    // A counter that was offered once keeps its total also while it is not, so that neither a
    // restart nor its return makes the total fall.
    fileprivate var absentCell: Cell {
        if hasBaseline { return .missing(last: total) }
        return status == .unsupported ? .unsupported : .missing(last: nil)
    }

    // A value in doubt must not be compared after a restart, which forgets the doubt: no source.
    fileprivate var origin: Origin {
        guard hasBaseline else { return .none }
        return Origin(offset: total &- raw, field: doubt == nil ? field : .max)
    }
}
