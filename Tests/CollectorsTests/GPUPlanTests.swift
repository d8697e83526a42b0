import CNVML
import Model
import Testing

@testable import Collectors

@Suite struct GPUPlanTests {
    /// The sources of every row, and whether they are of links.
    static let sources: [(row: String, source: Source, isPerLink: Bool)] =
        GPUCounters.all.flatMap { row in row.fields.map { (row.name, $0.source, false) } }
        + GPUCounters.gauges.flatMap { row in row.sources.map { (row.name, $0.source, false) } }
        + NVLinkCounters.all.flatMap { row in row.fields.map { (row.name, $0.source, true) } }
        + NVLinkCounters.gauges.flatMap { row in row.sources.map { (row.name, $0.source, true) } }

    @Test func `every field of a table is in exactly one family`() {
        for (row, source, isPerLink) in Self.sources {
            guard case .nvmlField(let id) = source else { continue }
            let families = FieldFamily.all.filter { $0.ids.contains(id) }
            #expect(families.count == 1, "\(row)")
            #expect(families.allSatisfy { $0.isPerLink == isPerLink }, "\(row)")
        }
    }

    @Test func `a family has no field that no row wants`() {
        let wanted = Self.sources.compactMap { row in
            if case .nvmlField(let id) = row.source { id } else { nil }
        }
        let asked = FieldFamily.all.flatMap(\.ids)
        #expect(Set(asked) == Set(wanted))
        #expect(asked.count == Set(asked).count)
        #expect(wanted.count == Set(wanted).count)
    }

    @Test func `every call of a table is made, and every call is in the library's table`() {
        let symbols = Set(
            (0..<fw_nvml_symbol_count).map { String(cString: fw_nvml_symbol_name($0)) })
        for (row, source, isPerLink) in Self.sources {
            guard case .nvmlCall(let function, let part) = source else { continue }
            #expect(symbols.contains(function), "\(row)")
            let queries = NVMLQuery.all.filter {
                $0.function == function && $0.parts.contains(part)
            }
            #expect(!queries.isEmpty, "\(row)")
            #expect(queries.allSatisfy { $0.isPerLink == isPerLink }, "\(row)")
        }
        #expect(symbols.isSuperset(of: NVMLQuery.all.map(\.function)))
    }

    @Test(arguments: [ReadingPlan.gpu, .link])
    func `the sources of a row stand in the order of its table`(_ plan: ReadingPlan) {
        #expect(plan.rows.first?.lowerBound == 0)
        #expect(plan.rows.last?.upperBound == plan.slots.count)
        for (row, slots) in plan.rows.enumerated() {
            #expect(!slots.isEmpty)
            let sources = slots.map { plan.slots[$0].source }
            #expect(sources == sources.sorted())
            #expect(slots.allSatisfy { plan.rowOfSlot[$0] == row })
        }
        for (row, next) in zip(plan.rows, plan.rows.dropFirst()) {
            #expect(row.upperBound == next.lowerBound)
        }
    }

    /// A plan's rows: those of the counters, then those of the gauges.
    static let plans: [(plan: ReadingPlan, rows: [(name: String, sources: Int)])] = [
        (
            .gpu,
            GPUCounters.all.map { ($0.name, $0.fields.count) }
                + GPUCounters.gauges.map { ($0.name, $0.sources.count) }
        ),
        (
            .link,
            NVLinkCounters.all.map { ($0.name, $0.fields.count) }
                + NVLinkCounters.gauges.map { ($0.name, $0.sources.count) }
        ),
    ]

    @Test(arguments: plans.indices)
    func `a row has a slot for each of its sources`(_ number: Int) {
        let (plan, rows) = Self.plans[number]
        #expect(plan.counterCount + plan.gaugeCount == rows.count)
        for (slots, row) in zip(plan.rows, rows) {
            let sources = slots.map { plan.slots[$0].source }
            #expect(Set(sources) == Set((0..<row.sources).map(UInt8.init)), "\(row.name)")
        }
    }
}
