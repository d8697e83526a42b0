import Model

/// A port whose hardware is simulated, and which knows what really happened.
///
/// Every event is counted by every field that the counter may be read from; fields of limited width
/// stick at their maximum.
struct SimulatedPort {
    /// The rows of the table that take part.
    ///
    /// Narrow ones with a wide twin, narrow and wide alone, and one with two narrow sources in one
    /// group; several rows of a group, so that clears of a part of them exist.
    static let rows = [
        "symbol_error", "link_downed", "local_link_integrity_errors", "port_xmit_wait",
        "port_xmit_data", "port_local_physical_errors", "port_looping_errors",
        "sync_header_errors", "port_fec_uncorrectable",
    ].map(row)

    /// One field that a counter may be read from.
    struct Register {
        var field: Field
        var value: UInt64 = 0
        /// Whether counts were lost from it since the ledger last read the counter.
        var lostCounts = false
        /// Whether anything but counting befell its group since then.
        var wasTouched = false
    }

    /// One counter.
    struct Counter {
        var registers: [Register]
        /// All events that ever happened.
        var truth: UInt64 = 0
        var source = 0
        var isSupported = true
        /// The truth when the ledger last read it; nil before.
        var truthAtReading: UInt64?
        /// What the ledger last read, and from where.
        var lastValue: UInt64 = 0
        var lastSource: Int?
        /// Whether the device restarted since.
        var restarted = false
        /// Whether another counter of its group was seen to go down since.
        var isInDoubt = false

        var register: Register { registers[source] }
        var group: ClearGroup? { register.field.clearGroup }
    }

    private(set) var counters: [Counter]
    private(set) var token: UInt64 = 1
    private var random: SplitMix

    init(seed: UInt64) {
        random = SplitMix(seed)
        counters = Self.rows.map { row in
            Counter(registers: InfiniBandCounters.all[row].fields.map { Register(field: $0) })
        }
        // Most parts have counted before they are first seen.
        for index in counters.indices where random.once(in: 2) {
            count(index, random.next() % 100)
            counters[index].source = counters[index].registers.count - 1
        }
    }

    // MARK: What happens to it

    /// Lets some time pass, in which anything may happen in any order.
    mutating func live() {
        for _ in 0..<random.next() % 6 {
            switch random.next() % 16 {
            case 0: clear { _, field in field.clearGroup == .attribute(.portCounters) }
            case 1: clearOneGroup()
            case 2: clearSome()
            case 3: clearOneField()
            case 4 where random.once(in: 3): restart()
            case 5 where random.once(in: 2): switchSource()
            case 6 where random.once(in: 2): counters[pick()].isSupported.toggle()
            default: count(pick(), amount())
            }
        }
    }

    private mutating func pick() -> Int { Int(random.next() % UInt64(counters.count)) }

    private mutating func amount() -> UInt64 {
        switch random.next() % 8 {
        case 0: random.next() % (1 << 33)
        case 1: random.next() % 70_000
        case 2: random.next() % 300
        default: random.next() % 9
        }
    }

    private mutating func count(_ index: Int, _ events: UInt64) {
        counters[index].truth += events
        for register in counters[index].registers.indices {
            let field = counters[index].registers[register].field
            let value = counters[index].registers[register].value + events
            counters[index].registers[register].value =
                field.behaviour == .sticks ? min(value, field.maximum) : value
        }
    }

    private mutating func clear(_ isMeant: (Int, Field) -> Bool) {
        for index in counters.indices {
            for register in counters[index].registers.indices
            where isMeant(index, counters[index].registers[register].field) {
                touch(counters[index].registers[register].field.clearGroup)
                if counters[index].registers[register].value != 0 {
                    counters[index].registers[register].lostCounts = true
                }
                counters[index].registers[register].value = 0
            }
        }
    }

    private mutating func touch(_ group: ClearGroup?) {
        for index in counters.indices {
            for register in counters[index].registers.indices
            where counters[index].registers[register].field.clearGroup == group {
                counters[index].registers[register].wasTouched = true
            }
        }
    }

    private mutating func clearOneGroup() {
        let group = counters[pick()].group
        clear { _, field in field.clearGroup == group }
    }

    // A select mask covers some counters of one group.
    private mutating func clearSome() {
        let group = counters[pick()].group
        let mask = random.next()
        clear { index, field in field.clearGroup == group && mask >> UInt64(index) & 1 == 1 }
    }

    private mutating func clearOneField() {
        let chosen = pick()
        let group = counters[chosen].group
        clear { index, field in index == chosen && field.clearGroup == group }
    }

    private mutating func restart() {
        token += 1
        for index in counters.indices { counters[index].restarted = true }
        if random.once(in: 2) { clear { _, _ in true } }
    }

    private mutating func switchSource() {
        let index = pick()
        counters[index].source = (counters[index].source + 1) % counters[index].registers.count
    }

    // MARK: What is seen of it

    /// The answer to one pass; nil when the port was not asked at all.
    mutating func report() -> EndReport? {
        if random.once(in: 12) { return nil }
        if random.once(in: 12) { return .unread(.timeout) }
        let lost = random.once(in: 5) ? counters[pick()].group : nil
        var readings = Array(repeating: Reading.unsupported, count: (Self.rows.max() ?? 0) + 1)
        for (row, counter) in zip(Self.rows, counters) where counter.isSupported {
            readings[row] =
                counter.group == lost
                ? .failed : .value(counter.register.value, field: UInt8(counter.source))
        }
        return EndReport(link: .up, readings: readings, epoch: token)
    }

    /// Notes which groups were cleared as far as a report shows: every counter that was last
    /// read from one of them may have been cleared with it.
    mutating func noteDecreases(_ report: EndReport) {
        var cleared: Set<ClearGroup?> = []
        for (row, counter) in zip(Self.rows, counters) where !counter.restarted {
            if case .value(let value, let source) = report.readings[row],
                counter.lastSource == Int(source), value < counter.lastValue
            {
                cleared.insert(counter.group)
            }
        }
        for index in counters.indices {
            guard let source = counters[index].lastSource else { continue }
            if cleared.contains(counters[index].registers[source].field.clearGroup) {
                counters[index].isInDoubt = true
            }
        }
    }

    /// Notes that the ledger took the value of a counter.
    mutating func noteReading(_ index: Int) {
        counters[index].truthAtReading = counters[index].truth
        counters[index].lastValue = counters[index].register.value
        counters[index].lastSource = counters[index].source
        counters[index].restarted = false
        counters[index].isInDoubt = false
        for register in counters[index].registers.indices {
            counters[index].registers[register].lostCounts = false
            counters[index].registers[register].wasTouched = false
        }
    }
}
