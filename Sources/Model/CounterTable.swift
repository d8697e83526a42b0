/// The counters and gauges of a class of devices.
///
/// Every series refers to one, so that a copy of a series counts one reference for it.
package final class CounterTable: Sendable {
    /// What is read of one part.
    package let counters: [Counter]
    /// The columns of a record: every counter, then the gauges, then the epoch's token.
    package let layout: Layout
    private let rows: [String: Int]

    private init(_ deviceClass: String, _ counters: [Counter], gauges: [Column]) {
        self.counters = counters
        layout = Layout(
            deviceClass: deviceClass,
            columns: counters.map {
                Column(name: $0.name, kind: .counter, unit: $0.unit.rawValue)
            } + gauges + [Column(name: "epoch", kind: .gauge, unit: "token")])
        rows = Dictionary(
            layout.columns.enumerated().map { ($1.name, $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The number of gauges.
    package var gaugeCount: Int { layout.columns.count - counters.count - 1 }

    /// The row of a counter or gauge by name, gauges after counters; nil for an unknown name.
    package func row(of name: String) -> Int? { rows[name] }

    /// The table of a class of devices; nil for a class that this version does not know.
    package static func named(_ deviceClass: String) -> CounterTable? {
        [infiniBandPort, gpu, nvlink, pci].first { $0.layout.deviceClass == deviceClass }
    }

    /// An InfiniBand port, at either end of a cable.
    package static let infiniBandPort = CounterTable(
        "infiniband_port", InfiniBandCounters.all,
        gauges: [
            Column(name: "state", kind: .gauge, unit: "PortState"),
            Column(name: "physical_state", kind: .gauge, unit: "PortPhysicalState"),
            Column(name: "width", kind: .gauge, unit: "lanes"),
            Column(name: "lane_rate", kind: .gauge, unit: "megabits_per_second"),
        ] + InfiniBandCounters.gauges.map(Column.init))

    /// A GPU.
    package static let gpu = CounterTable(
        "gpu", GPUCounters.all, gauges: GPUCounters.gauges.map(Column.init))

    /// One NVLink of a GPU.
    package static let nvlink = CounterTable(
        "nvlink", NVLinkCounters.all, gauges: NVLinkCounters.gauges.map(Column.init))

    /// A PCI function.
    package static let pci = CounterTable(
        "pci_function", PCICounters.all, gauges: PCICounters.gauges.map(Column.init))
}

extension Column {
    /// Whether it may tell of errors, so that every pass of it is worth keeping: all counters but
    /// those of traffic, and what is not known.
    package func tellsOfErrors(in deviceClass: String) -> Bool {
        guard kind == .counter else { return false }
        guard let table = CounterTable.named(deviceClass), let row = table.row(of: name),
            table.counters.indices.contains(row)
        else { return true }
        return table.counters[row].accuses != .nobody
    }

    fileprivate init(_ gauge: Gauge) {
        self.init(name: gauge.name, kind: .gauge, unit: gauge.unit.rawValue)
    }
}
