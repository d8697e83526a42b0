import Exposition
import Model
import Testing

/// `docs/metrics.md` and `docs/counters.md` follow from the tables; they are written anew with
/// `FABRICWATCH_WRITE_REFERENCE=1 swift test --filter ExpositionTests.ReferenceTests`.
struct ReferenceTests {
    @Test func metricsFollowFromTheFamilies() throws {
        try Reference.check("docs/metrics.md", is: MetricsReference.text)
    }

    @Test func countersFollowFromTheTable() throws {
        try Reference.check("docs/counters.md", is: CountersReference.text)
    }

    /// A query on a name that is not there never fires.
    @Test func queriesAskForMetricsThatExist() {
        let names = Set(MetricFamilies.all.map(\.name))
        for query in MetricsReference.queries {
            let words = query.query.split { !($0.isLetter || $0.isNumber || $0 == "_") }
            let metrics = words.filter { $0.hasPrefix("fabricwatch_") }
            #expect(!metrics.isEmpty)
            for metric in metrics { #expect(names.contains(String(metric)), "\(query.title)") }
        }
    }

    /// Counters of one kind share a line, so they must share what is on it.
    @Test(arguments: [
        (MetricFamilies.counters, InfiniBandCounters.all),
        (MetricFamilies.gpuCounters, GPUCounters.all),
        (MetricFamilies.linkCounters, NVLinkCounters.all),
        (MetricFamilies.pciCounters, PCICounters.all),
    ])
    func countersOfOneKindDifferInTheirNumberOnly(
        _ families: [CounterFamily], _ table: [Counter]
    ) {
        for family in families where family.rows.count > 1 {
            let counters = family.rows.map { table[$0] }
            for counter in counters {
                #expect(counter.help == counters[0].help && counter.unit == counters[0].unit)
                #expect(counter.accuses == counters[0].accuses)
                #expect(counter.fields.map(\.width) == counters[0].fields.map(\.width))
                #expect(counter.fields.map(\.reset) == counters[0].fields.map(\.reset))
                let number = counter.index.map { "\($0.label)_\($0.number)" } ?? ""
                #expect(counter.name == "\(counter.family)_\(number)")
                let digits = counter.index.map { "\($0.number)" } ?? ""
                #expect(
                    counter.fields.allSatisfy {
                        ["_\(digits)", "LANE\(digits)_F", "_lane_\(digits)_phy"]
                            .contains(where: $0.symbol.hasSuffix)
                    })
            }
        }
    }
}
