import Model

/// A column of the history as a metric.
package struct BackfillColumn: Hashable, Sendable {
    /// The column's name in the history.
    package let name: String
    fileprivate let family: MetricFamily
    fileprivate let index: String?
    fileprivate let indexLabel: String?
    fileprivate let counterUnit: Unit?
    fileprivate let gaugeUnit: GaugeUnit?

    /// The columns of a class of parts, in the order of the metrics page.
    package static func all(ofClass deviceClass: String) -> [BackfillColumn] {
        guard let table = tables.first(where: { $0.table.layout.deviceClass == deviceClass }) else {
            return []
        }
        let counters = table.counters.flatMap { family in
            family.rows.map { row in
                let counter = table.table.counters[row]
                return BackfillColumn(
                    name: counter.name, family: family.family,
                    index: counter.index.map { "\($0.number)" },
                    indexLabel: counter.index?.label, counterUnit: counter.unit, gaugeUnit: nil)
            }
        }
        let gauges = zip(table.gauges, table.gaugeTable).map { family, gauge in
            BackfillColumn(
                name: gauge.name, family: family, index: nil, indexLabel: nil, counterUnit: nil,
                gaugeUnit: gauge.unit)
        }
        return counters + gauges
    }

    private static let tables:
        [(
            table: CounterTable, counters: [CounterFamily], gauges: [MetricFamily],
            gaugeTable: [Gauge]
        )] = [
            (
                .infiniBandPort, MetricFamilies.counters, MetricFamilies.portGauges,
                InfiniBandCounters.gauges
            ), (.gpu, MetricFamilies.gpuCounters, MetricFamilies.gpuGauges, GPUCounters.gauges),
            (
                .nvlink, MetricFamilies.linkCounters, MetricFamilies.linkGauges,
                NVLinkCounters.gauges
            ), (.pci, MetricFamilies.pciCounters, MetricFamilies.pciGauges, PCICounters.gauges),
        ]
}

/// OpenMetrics with time stamps, to be taken in by a Prometheus server afterwards.
///
/// Families, and within them metrics, are to be written one after the other, and samples of a
/// metric in ascending time (OpenMetrics 1.0, "Overall Structure").
package struct BackfillPage: Sendable {
    private var writer = MetricsWriter(.openMetrics, capacity: 1 << 16)
    private var family: MetricFamily?
    private var labels = LabelText()
    private let extra: [(String, String)]
    private var column: BackfillColumn?

    /// An empty page; every metric gets the extra labels.
    package init(labels extra: [(String, String)] = []) {
        self.extra = extra
    }

    /// What was written since the last time.
    package mutating func take() -> [UInt8] { writer.takeBytes() }

    /// Begins a metric: a column of a part.
    package mutating func begin(_ column: BackfillColumn, of key: String) {
        if family != column.family { writer.familyIfUsed(column.family) }
        family = column.family
        self.column = column
        var labels = Self.identity(key) + extra
        if let label = column.indexLabel, let index = column.index { labels.append((label, index)) }
        self.labels = LabelText(labels)
    }

    /// A value of the metric that was begun last.
    package mutating func sample(_ raw: UInt64, milliseconds: Int64) {
        guard let column else { return }
        if let unit = column.counterUnit {
            writer.sample(
                labels, unit.published(raw), decimals: unit.metricDecimals,
                milliseconds: milliseconds)
        } else {
            writer.sample(
                labels, column.gaugeUnit?.published(raw) ?? .integer(raw),
                milliseconds: milliseconds)
        }
    }

    /// Ends the page.
    package mutating func end() { writer.end() }

    // Who a part is; where it is plugged in is not kept.
    private static func identity(_ key: String) -> [(String, String)] {
        switch PartKey(key) {
        case .port(let port): [("guid", port.node.description), ("port", "\(port.port)")]
        case .gpu(let uuid): [("uuid", uuid.description)]
        case .nvlink(let uuid, let link): [("uuid", uuid.description), ("link", "\(link)")]
        case .pci(let address): [("address", address.description)]
        case nil: [("part", key)]
        }
    }
}
