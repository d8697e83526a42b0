import Exposition
import Model
import Testing

/// What every family keeps, and every page.
struct FamilyTests {
    @Test func namesAreWellFormedAndUnique() {
        let names = MetricFamilies.all.map(\.name)
        #expect(Set(names).count == names.count)
        for family in MetricFamilies.all {
            let words = family.name.split(separator: "_", omittingEmptySubsequences: false)
            #expect(
                words.allSatisfy { word in
                    !word.isEmpty
                        && word.utf8.allSatisfy {
                            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0)
                        }
                }, "\(family.name)")
            let prefixes = ["fabricwatch_", "process_"]
            #expect(prefixes.contains { family.name.hasPrefix($0) })
            #expect(family.name.hasSuffix("_total") == (family.kind == .counter))
            #expect(family.name.hasSuffix("_info") == (family.kind == .info))
            #expect(Set(family.labels).count == family.labels.count)
        }
    }

    /// In OpenMetrics a family reserves its name and what its type may append.
    @Test func namesDoNotMeetInOpenMetrics() {
        let reserved = MetricFamilies.all.flatMap { family in
            switch family.kind {
            case .counter:
                [family.name.dropLast(6), family.name.dropLast(6) + "_created", family.name[...]]
            case .info: [family.name.dropLast(5), family.name[...]]
            case .gauge: [family.name[...]]
            }
        }
        #expect(Set(reserved).count == reserved.count)
    }

    /// HELP escapes differ between the formats; a text without any needs none.
    @Test func helpIsOneSentenceWithoutEscapes() {
        for family in MetricFamilies.all {
            #expect(family.help.hasSuffix(".") && family.help.first?.isUppercase == true)
            #expect(!family.help.contains { "\\\"\n".contains($0) }, "\(family.name)")
        }
    }

    @Test(arguments: TextFormat.allCases)
    func everyFamilyIsOnTheFullPageOnceAndInOrder(_ format: TextFormat) throws {
        let page = try Node.page(Node.everything(), format)
        let found = page.families.map(\.title)
        #expect(Set(found).count == found.count)
        let wanted = MetricFamilies.all.map { family in
            switch (format, family.kind) {
            case (.openMetrics, .counter): String(family.name.dropLast(6))
            case (.openMetrics, .info): String(family.name.dropLast(5))
            default: family.name
            }
        }
        #expect(Set(found) == Set(wanted))
        let order = found.filter { !$0.hasPrefix("process_") }
        #expect(order == wanted.filter { !$0.hasPrefix("process_") })
        #expect(page.families.map(\.help).sorted() == MetricFamilies.all.map(\.help).sorted())
        #expect(page.families.allSatisfy { !$0.samples.isEmpty })
    }

    @Test(arguments: TextFormat.allCases)
    func samplesHaveTheLabelsOfTheirFamily(_ format: TextFormat) throws {
        let page = try Node.page(Node.everything(), format)
        for sample in page.samples {
            let family = try #require(MetricFamilies.all.first { $0.name == sample.name })
            #expect(sample.labels.map(\.name) == family.labels, "\(sample.name)")
        }
    }

    @Test(arguments: TextFormat.allCases)
    func typesAreThoseOfTheFormat(_ format: TextFormat) throws {
        let page = try Node.page(Node.everything(), format)
        for family in page.families {
            let name = family.samples.first?.name
            let known = try #require(MetricFamilies.all.first { $0.name == name })
            let isPlain = format == .prometheus && known.kind == .info
            #expect(family.kind == (isPlain ? "gauge" : known.kind.rawValue))
        }
    }

    /// The families of a table, the last label of what there is one of, and of how many there are
    /// what is numbered, under which label.
    private struct Table {
        let families: [CounterFamily]
        let counters: [Counter]
        let last: String
        let numbered: (counts: Set<Int>, label: String)?
    }

    private static let tables = [
        Table(
            families: MetricFamilies.counters, counters: InfiniBandCounters.all, last: "end",
            numbered: ([8, 12], "lane")),
        Table(
            families: MetricFamilies.gpuCounters, counters: GPUCounters.all, last: "uuid",
            numbered: nil),
        Table(
            families: MetricFamilies.linkCounters, counters: NVLinkCounters.all, last: "link",
            numbered: ([16], "bin")),
        Table(
            families: MetricFamilies.pciCounters, counters: PCICounters.all, last: "gpu",
            numbered: nil),
    ]

    /// Each counter has one family, and those of one kind share theirs.
    @Test(arguments: tables.indices)
    func countersAndTheirFamilies(_ number: Int) {
        let table = Self.tables[number]
        #expect(table.families.flatMap(\.rows).sorted() == Array(table.counters.indices))
        let numbered = table.families.filter { $0.rows.count > 1 }
        #expect(Set(numbered.map(\.rows.count)) == table.numbered?.counts ?? [])
        for family in table.families {
            let indices = family.rows.compactMap { table.counters[$0].index }
            guard !indices.isEmpty else {
                #expect(family.rows.count == 1 && family.family.labels.last == table.last)
                continue
            }
            #expect(indices.count == family.rows.count)
            #expect(indices.map { Int($0.number) } == Array(indices.indices))
            #expect(indices.allSatisfy { $0.label == table.numbered?.label })
            #expect(family.family.labels.last == table.numbered?.label)
        }
    }

    @Test func gaugesAndTheirFamilies() {
        #expect(MetricFamilies.portGauges.count == InfiniBandCounters.gauges.count)
        #expect(MetricFamilies.gpuGauges.count == GPUCounters.gauges.count)
        #expect(MetricFamilies.linkGauges.count == NVLinkCounters.gauges.count)
        #expect(MetricFamilies.pciGauges.count == PCICounters.gauges.count)
        let families =
            MetricFamilies.portGauges + MetricFamilies.gpuGauges + MetricFamilies.linkGauges
            + MetricFamilies.pciGauges
        #expect(families.allSatisfy { $0.kind == .gauge })
    }

    /// Base units alone, so that no dashboard has to know what a number is counted in.
    @Test func namesHaveNoOtherUnitsThanBaseUnits() {
        let others: Set<Substring> = [
            "milliseconds", "nanoseconds", "millijoules", "milliwatts", "megahertz", "mhz",
            "kibibytes", "megabytes", "percent", "fahrenheit", "minutes",
        ]
        for family in MetricFamilies.all {
            #expect(others.isDisjoint(with: family.name.split(separator: "_")), "\(family.name)")
        }
    }

    @Test func contentTypes() {
        #expect(
            TextFormat.prometheus.contentType == "text/plain; version=0.0.4; charset=utf-8")
        #expect(
            TextFormat.openMetrics.contentType
                == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    }
}
