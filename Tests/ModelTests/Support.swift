import Model

/// A small generator whose whole state is its seed, so that a failure can be run again.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Whether something happens that happens once in `times`.
    mutating func once(in times: UInt64) -> Bool { next() % times == 0 }
}

extension Moment {
    static func at(_ seconds: UInt64, boot: String = "a") -> Moment {
        Moment(
            bootID: boot, boottimeNanoseconds: seconds * 1_000_000_000,
            wallMilliseconds: Int64(seconds) * 1000)
    }
}

extension LinkInfo {
    static let up = LinkInfo(
        state: 4, physicalState: 5, widthLanes: 4, laneMegabitsPerSecond: 106_250, lid: 3, smLID: 1,
        capabilityMask: 0)
    static let down = LinkInfo(
        state: 1, physicalState: 2, widthLanes: 4, laneMegabitsPerSecond: 106_250, lid: 3, smLID: 1,
        capabilityMask: 0)
}

extension EndReport {
    /// An answer to the named counters; the others are unsupported.
    static func reading(
        _ values: [String: Reading], epoch: UInt64 = 1, link: LinkInfo? = .up
    ) -> EndReport {
        EndReport(
            link: link, readings: InfiniBandCounters.all.map { values[$0.name] ?? .unsupported },
            epoch: epoch)
    }
}

/// The row of a counter; the test ends when there is none.
func row(_ name: String) -> Int {
    guard let index = InfiniBandCounters.index(of: name) else { fatalError("no row \(name)") }
    return index
}

/// A ledger that watches one part.
struct Watched {
    static let key = PortKey(node: GUID(0x98), port: 1)

    var ledger = Ledger()
    private(set) var seconds: UInt64 = 0

    /// One pass over the part.
    @discardableResult
    mutating func pass(_ report: EndReport?) -> [CounterEvent] {
        seconds += 10
        ledger.beginPass()
        return report.map {
            ledger.observe(.port(Self.key), $0.observation, at: .at(seconds))
        } ?? []
    }

    /// One pass in which the named counters answered.
    @discardableResult
    mutating func pass(_ values: [String: Reading], epoch: UInt64 = 1) -> [CounterEvent] {
        pass(.reading(values, epoch: epoch))
    }

    func entry(_ name: String) -> Ledger.Entry {
        ledger[.port(Self.key)]?.entries[row(name)] ?? Ledger.Entry()
    }

    var record: SeriesRecord {
        ledger.records().first
            ?? SeriesRecord(
                key: "", layout: CounterTable.infiniBandPort.layout, isPresent: false, cells: [],
                origins: [])
    }

    func cell(_ column: String) -> Cell? {
        let record = record
        guard let index = record.layout.columns.firstIndex(where: { $0.name == column }) else {
            return nil
        }
        return record.cells[index]
    }

    /// The daemon ends and starts anew from its history.
    mutating func restart() {
        let record = record
        ledger = Ledger()
        ledger.restore(
            key: .port(Self.key), columns: record.layout.columns.map(\.name), cells: record.cells,
            origins: record.origins)
    }
}

// Ports are what most tests of the ledger watch.
extension Ledger {
    subscript(key: PortKey) -> Series? { self[.port(key)] }

    mutating func observe(
        _ key: PortKey, _ report: EndReport, at moment: Moment
    ) -> [CounterEvent] {
        observe(.port(key), report.observation, at: moment)
    }

    mutating func restore(
        key: PortKey, columns: [String], cells: [Cell], origins: [Origin]
    ) {
        restore(key: .port(key), columns: columns, cells: cells, origins: origins)
    }
}
