import Model

/// Where the rows of the counter tables are read, and in which order of preference.
struct ReadingPlan: Sendable {
    /// One place that one row can be read from.
    struct Slot: Sendable {
        /// The index among the sources that the row names.
        let source: UInt8
        /// The call of its own; nil for a field.
        let function: String?
        /// The first driver branch that offers it; a call is asked for by its name instead.
        let firstDriver: UInt16
    }

    /// A field of a family, and what it tells.
    struct FieldSlot: Sendable {
        let id: UInt32
        let slot: Int
    }

    /// All slots; those of a row stand together, the best first.
    let slots: [Slot]
    /// The slots of each row: first the counters, then the gauges, then what no table names.
    let rows: [Range<Int>]
    /// Which row a slot belongs to.
    let rowOfSlot: [Int]
    let counterCount: Int
    let gaugeCount: Int
    /// What the fields of each family tell, in the order of `FieldFamily.all`.
    let fields: [[FieldSlot]]
    /// Which slot each part of each query fills, in the order of `NVMLQuery.all`; nil for a part
    /// that nobody wants.
    let queries: [[Int?]]

    /// What is read of a GPU, and the two halves of its fabric's UUID.
    static let gpu = ReadingPlan(
        counters: GPUCounters.all, gauges: GPUCounters.gauges, isPerLink: false,
        others: NVMLQuery.clusterParts.map { part in
            ["nvmlDeviceGetGpuFabricInfoV", "nvmlDeviceGetGpuFabricInfo"].map {
                .nvmlCall($0, part: part)
            }
        })
    /// The first row of what is read of a GPU beyond its tables.
    static let clusterRow = gpu.counterCount + gpu.gaugeCount

    /// What is read of a link, and the kind and the address of its other end.
    static let link = ReadingPlan(
        counters: NVLinkCounters.all, gauges: NVLinkCounters.gauges, isPerLink: true,
        others: [NVMLQuery.remoteType, NVMLQuery.remoteAddress].map { [.nvmlCall($0, part: "")] })
    /// The first row of what is read of a link beyond its tables.
    static let remoteRow = link.counterCount + link.gaugeCount

    private init(
        counters: [Counter], gauges: [Gauge], isPerLink: Bool, others: [[Source]]
    ) {
        counterCount = counters.count
        gaugeCount = gauges.count
        let sources: [[(source: Source, firstDriver: UInt16)]] =
            counters.map { $0.fields.map { ($0.source, $0.firstDriver ?? 0) } }
            + gauges.map { $0.sources.map { ($0.source, $0.firstDriver ?? 0) } }
            + others.map { $0.map { ($0, 0) } }
        var builder = Builder(isPerLink: isPerLink)
        for (row, sources) in sources.enumerated() {
            for (index, place) in sources.enumerated() {
                builder.add(
                    place.source, index: UInt8(index), row: row, firstDriver: place.firstDriver)
            }
            builder.endRow()
        }
        slots = builder.slots
        rows = builder.rows
        rowOfSlot = builder.rowOfSlot
        fields = builder.fields
        queries = builder.queries
    }

    private struct Builder {
        let isPerLink: Bool
        var slots: [Slot] = []
        var rows: [Range<Int>] = []
        var rowOfSlot: [Int] = []
        var fields = [[FieldSlot]](repeating: [], count: FieldFamily.all.count)
        var queries: [[Int?]] = NVMLQuery.all.map { $0.parts.map { _ in nil } }

        mutating func add(_ source: Source, index: UInt8, row: Int, firstDriver: UInt16) {
            switch source {
            case .attribute, .portInfo, .ethtool, .hwCounter, .pciFile: break
            case .nvmlField(let id):
                for (number, family) in FieldFamily.all.enumerated()
                where family.isPerLink == isPerLink && family.ids.contains(id) {
                    fields[number].append(FieldSlot(id: id, slot: slots.count))
                    append(
                        Slot(source: index, function: nil, firstDriver: firstDriver), row: row)
                }
            case .nvmlCall(let function, let part):
                for (number, query) in NVMLQuery.all.enumerated()
                where query.function == function && query.isPerLink == isPerLink {
                    guard let place = query.parts.firstIndex(of: part) else { continue }
                    queries[number][place] = slots.count
                    append(Slot(source: index, function: function, firstDriver: 0), row: row)
                }
            }
        }

        mutating func endRow() {
            let start = rows.last?.upperBound ?? 0
            rows.append(start..<slots.count)
        }

        private mutating func append(_ slot: Slot, row: Int) {
            slots.append(slot)
            rowOfSlot.append(row)
        }
    }
}
