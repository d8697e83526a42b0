import History
import Model

/// Passes that follow from their numbers, so that a process that is killed, the one after it and
/// the one that judges them agree on what each pass holds.
package struct Script: Sendable {
    private let seed: UInt64
    /// How many columns a pass has besides the usual ones, up to a pass.
    private let wide: (columns: Int, through: UInt64)

    /// A script; its passes up to one have so many columns more, which never hold the same twice.
    package init(seed: UInt64, wideColumns: Int = 0, through: UInt64 = .max) {
        self.seed = seed
        wide = (wideColumns, through)
    }

    /// The passes of one series of those that come and go.
    package static let stretch: UInt64 = 97

    /// The milliseconds from one pass to the next, about.
    package static let interval: Int64 = 10_000

    /// A pass with its time.
    package func stored(_ pass: UInt64) -> StoredPass {
        let jitter = Int64(number(pass, 1) % 500)
        return StoredPass(
            id: PassID(pass),
            wallMilliseconds: 1_700_000_000_000 + Int64(pass) * Self.interval + jitter)
    }

    /// What happens in a pass.
    package func record(_ pass: UInt64) -> PassRecord {
        var series = [link(pass), part(pass)]
        if wide.columns > 0, pass <= wide.through { series.append(wideSeries(pass)) }
        return PassRecord(moment: moment(pass), series: series, events: events(pass))
    }

    /// What happens to counters in a pass.
    package func events(_ pass: UInt64) -> [CounterEvent] {
        let chance = number(pass, 5)
        guard chance % 4 == 0 else { return [] }
        let kinds = CounterEvent.Kind.allCases
        return [
            CounterEvent(
                key: "link", column: Int(chance >> 8 % 6), kind: kinds[Int(pass) % kinds.count],
                before: chance, after: pass)
        ]
    }

    /// The pass in which a series was recorded first, as of a later one.
    package func firstRecorded(_ key: String, asOf pass: UInt64) -> UInt64 {
        isPart(key) ? max(1, pass - pass % Self.stretch) : 1
    }

    /// The pass in which a series was observed last, as of a later one; nil for never.
    package func lastSeen(_ key: String, asOf pass: UInt64) -> UInt64? {
        guard isPart(key) else { return pass }
        return (firstRecorded(key, asOf: pass)...pass).last(where: isPartPresent)
    }

    /// Appends the next pass with all that comes beside it.
    package func append(_ pass: UInt64, to store: Store) throws(HistoryError) -> PassID {
        try store.append(
            record(pass), published: [published(pass)], events: [entry(pass)],
            remains: EventJournal.Remains(through: pass > 20 ? pass - 20 : 0),
            logPosition: logPosition(pass))
    }

    /// The one published base after a pass.
    package func published(_ pass: UInt64) -> PublishedBase {
        PublishedBase(slot: "end", seriesKey: "link", column: "c0", base: number(pass, 2))
    }

    /// The events of the node after a pass.
    package func journal(_ pass: UInt64) -> [JournalEntry] {
        ((pass > 20 ? pass - 19 : 1)...max(1, pass)).map(entry)
    }

    /// How far the kernel log was read after a pass.
    package func logPosition(_ pass: UInt64) -> KernelLogPosition {
        KernelLogPosition(bootID: bootID(pass), record: pass)
    }

    private func entry(_ pass: UInt64) -> JournalEntry {
        JournalEntry(
            id: pass,
            event: NodeEvent(
                kind: .xid, device: .named("device \(pass % 7)"), number: UInt32(pass % 100),
                wallMilliseconds: stored(pass).wallMilliseconds, source: .kernelLog,
                record: pass, line: "line \(number(pass, 3))"),
            bootID: bootID(pass), gpu: nil, sources: [.kernelLog], root: nil)
    }

    private func number(_ pass: UInt64, _ what: UInt64) -> UInt64 {
        SeededGenerator.mix(seed << 48 ^ what << 32 ^ pass &* 0x9E37_79B9)
    }

    private func bootID(_ pass: UInt64) -> String { "boot \(pass / 211)" }

    private func moment(_ pass: UInt64) -> Moment {
        Moment(
            bootID: bootID(pass),
            boottimeNanoseconds: pass * UInt64(Self.interval) * 1_000_000 + number(pass, 4) % 999,
            wallMilliseconds: stored(pass).wallMilliseconds)
    }
}

// The series.
extension Script {
    private func link(_ pass: UInt64) -> SeriesRecord {
        series("link", "link", isPresent: true, pass, counters: 6, gauges: 2)
    }

    private func part(_ pass: UInt64) -> SeriesRecord {
        let number = pass / Self.stretch
        return series(
            "part \(number)", "class \(number % 3)", isPresent: isPartPresent(pass), pass,
            counters: 6 + Int(number % 3), gauges: 1)
    }

    private func isPartPresent(_ pass: UInt64) -> Bool { number(pass / 3, 6) % 5 > 0 }

    private func isPart(_ key: String) -> Bool { key.hasPrefix("part ") }

    private func wideSeries(_ pass: UInt64) -> SeriesRecord {
        let layout = Layout(
            deviceClass: "wide",
            columns: (0..<wide.columns).map { Column(name: "c\($0)", kind: .gauge, unit: "any") })
        return SeriesRecord(
            key: "wide", layout: layout, isPresent: true,
            cells: (0..<UInt64(wide.columns)).map {
                .value(number(pass, 99 + $0), saturated: false)
            },
            origins: layout.columns.map { _ in .none })
    }

    private func series(
        _ key: String, _ deviceClass: String, isPresent: Bool, _ pass: UInt64, counters: Int,
        gauges: Int
    ) -> SeriesRecord {
        let layout = Layout(
            deviceClass: deviceClass,
            columns: (0..<counters).map { Column(name: "c\($0)", kind: .counter, unit: "events") }
                + (0..<gauges).map { Column(name: "g\($0)", kind: .gauge, unit: "lanes") })
        let turn = pass / 50
        return SeriesRecord(
            key: key, layout: layout, bundle: "all", isPresent: isPresent,
            cells: (0..<UInt64(counters)).map { cell($0, pass) }
                + (0..<UInt64(gauges)).map { .value(number(pass, 20 + $0), saturated: false) },
            origins: layout.columns.indices.map {
                Origin(offset: turn * UInt64($0), field: UInt8(turn % 3))
            })
    }

    // A counter of each sort.
    private func cell(_ column: UInt64, _ pass: UInt64) -> Cell {
        switch column % 6 {
        case 0: .value(total(column, pass), saturated: false)
        case 1: .value(seed, saturated: false)
        case 2: .value(pass / 40, saturated: false)
        case 3: .unsupported
        case 4 where isMissing(pass): missing(column, pass)
        case 4: .value(total(column, pass), saturated: false)
        default: .value(min(pass, 300), saturated: pass >= 300)
        }
    }

    private func isMissing(_ pass: UInt64) -> Bool { pass % 11 < 2 }

    private func missing(_ column: UInt64, _ pass: UInt64) -> Cell {
        let last = pass - pass % 11
        return .missing(last: last == 0 ? nil : total(column, last - 1))
    }

    private func total(_ column: UInt64, _ pass: UInt64) -> UInt64 {
        pass * 1000 + number(pass, 10 + column) % 1000
    }
}
