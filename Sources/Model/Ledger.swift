/// The memory of all series: baselines, totals, and what the latest pass said.
///
/// Totals are our own monotone 64-bit numbers. They start at the hardware's first value and from
/// then on take only increases, whatever happens to the hardware's counters.
package struct Ledger: Sendable {
    /// Most series kept; beyond it those that were not seen for longest are forgotten.
    package static let capacity = 1024

    /// One counter of one series.
    package struct Entry: Hashable, Sendable {
        /// What the latest pass could read.
        package enum Status: UInt8, Sendable {
            /// Never read so far.
            case never
            /// Not offered by the device.
            case unsupported
            /// Read in the latest pass.
            case fresh
            /// Offered, and not read in the latest pass.
            case missing
        }

        /// Our total in raw units.
        package var total: UInt64 = 0
        /// The hardware's latest value.
        package var raw: UInt64 = 0
        /// The index of the source in the counter's `fields`.
        package var field: UInt8 = 0
        /// What the latest pass could read.
        package var status = Status.never
        /// Whether the hardware counter is full.
        package var isSaturated = false
        /// What the latest step of the total promises.
        package var quality = Quality.exact
        // Whether total and raw hold a value to compare with.
        var hasBaseline = false

        /// Never read.
        package init() {}
    }

    /// One series.
    package struct Series: Sendable {
        /// One entry per row of `InfiniBandCounters.all`.
        package var entries: [Entry]
        /// The link at the latest observation; nil when it was never read.
        package var link: LinkInfo?
        /// When it was last observed; nil before the first time since start.
        package var seen: Moment?
        var epoch: UInt64?
        var isPresent = false
        var turn: UInt64 = 0

        init() {
            entries = Array(repeating: Entry(), count: InfiniBandCounters.count)
        }
    }

    private var series: [PortKey: Series] = [:]
    private var turn: UInt64 = 0

    /// Knows nothing.
    package init() {}

    /// The series of a part; nil when it was never seen.
    package subscript(key: PortKey) -> Series? { series[key] }

    /// Starts a pass: nothing is present until it is observed.
    package mutating func beginPass() {
        turn += 1
        for key in series.keys {
            series[key]?.isPresent = false
        }
        forgetOldest()
    }

    /// Takes in what was seen at one end of a cable and returns what limits the deltas.
    ///
    /// A part that is observed twice in one pass is taken in once: the first answer counts.
    package mutating func observe(
        _ key: PortKey, _ report: EndReport, at moment: Moment
    ) -> [CounterEvent] {
        var state = series.removeValue(forKey: key) ?? Series()
        defer { series[key] = state }
        guard !state.isPresent else { return [] }
        state.isPresent = true
        state.turn = turn
        state.seen = moment
        state.link = report.link ?? state.link
        let sameEpoch = state.epoch.map { $0 == report.epoch } ?? true
        state.epoch = report.epoch
        return Self.advance(&state.entries, report.readings, key: key, sameEpoch: sameEpoch)
    }

    private static func advance(
        _ entries: inout [Entry], _ readings: [Reading], key: PortKey, sameEpoch: Bool
    ) -> [CounterEvent] {
        var events: [CounterEvent] = []
        var cleared: Set<Attribute> = []
        for (index, reading) in readings.prefix(entries.count).enumerated() {
            guard let (before, kind) = entries[index].take(reading, index, sameEpoch: sameEpoch)
            else { continue }
            let after = entries[index]
            if kind == .cleared {
                cleared.insert(InfiniBandCounters.all[index].fields[Int(after.field)].attribute)
            }
            events.append(
                CounterEvent(
                    key: key.description, column: index, kind: kind, before: before,
                    after: after.raw))
        }
        guard !cleared.isEmpty else { return events }
        return events + doubt(&entries, cleared, key: key, except: Set(events.map(\.column)))
    }

    // Counters of one attribute are cleared together: one that did not go down may have passed its
    // old value again, so its step is a lower bound.
    private static func doubt(
        _ entries: inout [Entry], _ attributes: Set<Attribute>, key: PortKey, except: Set<Int>
    ) -> [CounterEvent] {
        var events: [CounterEvent] = []
        for index in entries.indices where !except.contains(index) {
            let entry = entries[index]
            guard entry.status == .fresh, entry.quality == .exact,
                attributes.contains(
                    InfiniBandCounters.all[index].fields[Int(entry.field)].attribute)
            else { continue }
            entries[index].quality = .atLeast
            events.append(
                CounterEvent(
                    key: key.description, column: index, kind: .perhapsCleared,
                    before: entry.raw, after: entry.raw))
        }
        return events
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
        series.sorted { $0.key < $1.key }.map { key, state in
            SeriesRecord(
                key: key.description, layout: .infiniBandPort, isPresent: state.isPresent,
                cells: state.cells, origins: state.origins)
        }
    }

    /// Takes up a series where the history left it; columns are matched by name, and what is not
    /// known here is left out.
    package mutating func restore(
        key: PortKey, columns: [String], cells: [Cell], origins: [Origin]
    ) {
        var state = Series()
        for (column, (cell, origin)) in zip(columns, zip(cells, origins)) {
            if column == "epoch" {
                state.epoch = cell.latest
            } else if let index = InfiniBandCounters.index(of: column) {
                state.entries[index] = Entry(restoring: cell, origin, index)
            }
        }
        series[key] = state
    }
}

extension Ledger.Series {
    fileprivate var cells: [Cell] {
        var cells = entries.map { isPresent ? $0.cell : $0.absentCell }
        let up = link.flatMap { $0.isUp ? $0 : nil }
        for gauge in [
            link.map { UInt64($0.state) }, link.map { UInt64($0.physicalState) },
            up.map { UInt64($0.widthLanes) }, up.map { UInt64($0.laneMegabitsPerSecond) }, epoch,
        ] {
            switch gauge {
            case .some(let value) where isPresent: cells.append(.value(value, saturated: false))
            default: cells.append(.missing(last: gauge))
            }
        }
        return cells
    }

    fileprivate var origins: [Origin] {
        entries.map {
            $0.hasBaseline ? Origin(offset: $0.total &- $0.raw, field: $0.field) : .none
        } + Array(repeating: .none, count: Layout.infiniBandPort.columns.count - entries.count)
    }
}

extension Ledger.Entry {
    fileprivate init(restoring cell: Cell, _ origin: Origin, _ index: Int) {
        let fields = InfiniBandCounters.all[index].fields
        guard let total = cell.latest, fields.indices.contains(Int(origin.field)) else { return }
        self.total = total
        raw = total &- origin.offset
        field = origin.field
        status = .missing
        isSaturated = cell.isSaturated
        hasBaseline = true
    }

    /// Takes a reading in; returns the raw value before and what limits the step, if anything.
    fileprivate mutating func take(
        _ reading: Reading, _ index: Int, sameEpoch: Bool
    ) -> (before: UInt64, kind: CounterEvent.Kind)? {
        switch reading {
        case .unsupported:
            status = .unsupported
            return nil
        case .failed:
            status = .missing
            return nil
        case .value(let value, let source):
            let fields = InfiniBandCounters.all[index].fields
            guard fields.indices.contains(Int(source)) else {
                status = .missing
                return nil
            }
            return take(value, source, fields[Int(source)], sameEpoch: sameEpoch)
        }
    }

    private mutating func take(
        _ value: UInt64, _ source: UInt8, _ description: Field, sameEpoch: Bool
    ) -> (before: UInt64, kind: CounterEvent.Kind)? {
        let before = raw
        let step = step(to: value, source, description, sameEpoch: sameEpoch)
        let (sum, overflow) = total.addingReportingOverflow(step.increase)
        total = overflow ? .max : sum
        raw = value
        field = source
        status = .fresh
        isSaturated = description.behaviour == .sticks && value >= description.maximum
        quality = step.quality
        hasBaseline = true
        return step.event.map { (before, $0) }
    }

    private func step(
        to value: UInt64, _ source: UInt8, _ description: Field, sameEpoch: Bool
    ) -> Step {
        guard hasBaseline else {
            let isFull = description.behaviour == .sticks && value >= description.maximum
            return Step(
                increase: value, quality: isFull ? .atLeast : .exact,
                event: isFull ? .saturated : nil)
        }
        guard source == field else {
            return Step(increase: 0, quality: .unknown, event: .sourceChanged)
        }
        return Step.between(raw, value, field: description, sameEpoch: sameEpoch)
    }

    fileprivate var cell: Cell {
        switch status {
        case .fresh: .value(total, saturated: isSaturated)
        case .unsupported: .unsupported
        case .missing, .never: absentCell
        }
    }

    fileprivate var absentCell: Cell {
        status == .unsupported ? .unsupported : .missing(last: hasBaseline ? total : nil)
    }
}
