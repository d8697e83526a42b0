import Model

// A family without a sample is left out: most nodes lack most of what is here.
extension Scrape {
    func accelerators(_ writer: inout MetricsWriter) {
        guard let gpus else { return }
        gpus.writeLibrary(&writer)
        let parts = gpus.gpus.map { ($0, $0.labels) }
        identities(&writer, parts)
        let own = parts.map { Labelled(part: $0.part, labels: $1) }
        writer.qualities(MetricFamilies.gpuQualities, own.map { ($0.labels, [$0.part]) })
        writer.counters(MetricFamilies.gpuCounters, own.map { ($0.part.totals, $0.labels) })
        writer.gauges(
            MetricFamilies.gpuGauges, GPUCounters.gauges, own.map { ($0.part.gauges, $0.labels) })
        links(&writer, parts)
    }

    private func identities(_ writer: inout MetricsWriter, _ parts: [(GPUSample, LabelText)]) {
        writer.familyIfUsed(MetricFamilies.gpuInfo)
        for (gpu, labels) in parts { writer.sample(gpu.info(labels), true) }
        writer.familyIfUsed(MetricFamilies.gpuUp)
        for (gpu, labels) in parts { writer.sample(labels, gpu.isUp) }
        writer.familyIfUsed(MetricFamilies.gpuSlowCalls)
        for (gpu, labels) in parts { writer.sample(labels, gpu.slowCalls) }
        writer.familyIfUsed(MetricFamilies.gpuSampled)
        for (gpu, labels) in parts {
            if let at = gpu.sampledSeconds { writer.sample(labels, seconds: at) }
        }
        writer.familyIfUsed(MetricFamilies.gpuXids)
        for (gpu, labels) in parts {
            for (number, count) in gpu.xids.sorted(by: { $0.key < $1.key }) {
                writer.sample(labels.adding("xid", "\(number)"), count)
            }
        }
    }

    private func links(_ writer: inout MetricsWriter, _ parts: [(GPUSample, LabelText)]) {
        let links = parts.flatMap { gpu, labels in
            gpu.links.map { ($0, labels.adding("link", "\($0.number)")) }
        }
        writer.familyIfUsed(MetricFamilies.linkInfo)
        for (link, labels) in links {
            guard let remote = link.remote else { continue }
            writer.sample(
                labels.adding("remote_kind", remote.kind.name)
                    .adding("remote_address", remote.address?.description ?? ""), true)
        }
        let withLinks = parts.filter { !$0.0.links.isEmpty }
        writer.qualities(
            MetricFamilies.linkQualities, withLinks.map { ($1, $0.links.map(\.part)) })
        writer.counters(MetricFamilies.linkCounters, links.map { ($0.part.totals, $1) })
        writer.gauges(
            MetricFamilies.linkGauges, NVLinkCounters.gauges,
            links.map { ($0.part.gauges, $1) })
    }

    func happenings(_ writer: inout MetricsWriter) {
        guard let events else { return }
        writer.familyIfUsed(MetricFamilies.kernelEvents)
        for event in events.kinds {
            writer.sample(
                LabelText([("kind", event.kind.rawValue), ("device", event.device)]), event.count)
        }
        writer.familyIfUsed(MetricFamilies.sxids)
        for event in events.sxids {
            writer.sample(
                LabelText([("device", event.device), ("sxid", "\(event.number)")]), event.count)
        }
        guard let log = events.log else { return }
        writer.family(MetricFamilies.logUp)
        writer.sample(nil, events.isLogProbeUp && log.state == .reading)
        writer.family(MetricFamilies.logRecords)
        writer.sample(nil, log.records)
        writer.family(MetricFamilies.logLost)
        writer.sample(nil, log.lost)
        writer.family(MetricFamilies.logDropped)
        writer.sample(nil, log.dropped)
    }
}

/// A part and the labels of its samples.
struct Labelled {
    var part: PartSample
    var labels: LabelText
}

extension MetricsWriter {
    /// The counters of parts of one kind, by their published raw totals.
    mutating func counters(_ families: [CounterFamily], _ parts: [([UInt64?], LabelText)]) {
        // Borrowed, as most parts have nothing to show in most families.
        let parts = parts.span
        for family in families {
            familyIfUsed(family.family)
            for part in parts.indices {
                for place in family.rows.indices {
                    let row = family.rows[place]
                    guard row < parts[part].0.count, let total = parts[part].0[row] else {
                        continue
                    }
                    sample(
                        parts[part].1, family.indices[place], family.unit.published(total),
                        decimals: family.unit.metricDecimals)
                }
            }
        }
    }

    /// The gauges of parts of one kind, by their raw values.
    mutating func gauges(
        _ families: [MetricFamily], _ table: [Gauge], _ parts: [([UInt64?], LabelText)]
    ) {
        let parts = parts.span
        for (row, family) in families.enumerated() {
            familyIfUsed(family)
            let unit = table[row].unit
            for part in parts.indices {
                guard row < parts[part].0.count, let raw = parts[part].0[row] else { continue }
                sample(parts[part].1, unit.published(raw))
            }
        }
    }

    mutating func qualities(
        _ family: MetricFamily, _ groups: [(LabelText, [PartSample])]
    ) {
        familyIfUsed(family)
        for (labels, parts) in groups {
            var counts = QualityCounts()
            for part in parts { counts.add(part.entries, totals: part.totals) }
            for (label, count) in counts.labelled { sample(labels, label, count) }
        }
    }
}

/// How many counters are of which quality.
struct QualityCounts {
    private static let words =
        Quality.allCases.map(\.name) + ["failed", "no_permission", "unsupported"]
    private static let labels = words.map { LabelText([("quality", $0)]) }
    private static let (failed, denied, unsupported) = (
        words.count - 3, words.count - 2, words.count - 1
    )

    private var counts = [UInt64](repeating: 0, count: words.count)

    var labelled: [(LabelText, UInt64)] { Array(zip(Self.labels, counts)) }

    /// Adds the counters of a part.
    ///
    /// Entries remember the latest reading; whether it is from the latest pass, the totals say.
    mutating func add(_ entries: [Ledger.Entry], totals: [UInt64?]) {
        for (row, entry) in entries.enumerated() {
            switch entry.status {
            case .fresh where row < totals.count && totals[row] != nil:
                counts[Int(entry.quality.rawValue)] += 1
            case .fresh, .missing, .never: counts[Self.failed] += 1
            case .unsupported: counts[Self.unsupported] += 1
            case .noPermission: counts[Self.denied] += 1
            }
        }
    }
}

extension GPUsSample {
    fileprivate func writeLibrary(_ writer: inout MetricsWriter) {
        writer.family(MetricFamilies.nvmlUp)
        writer.sample(nil, isProbeUp && library.state == .ready)
        if !library.version.isEmpty || !library.driver.isEmpty {
            writer.family(MetricFamilies.nvmlInfo)
            writer.sample(
                LabelText([("version", library.version), ("driver", library.driver)]), true)
        }
        let latencies = CallFamily.allCases.compactMap { family in
            calls[family].map { ($0, LabelText([("family", family.name)])) }
        }
        func each(_ family: MetricFamily, decimals: Int, _ value: (CallLatency) -> UInt64) {
            writer.familyIfUsed(family)
            for (latency, labels) in latencies {
                writer.sample(labels, nil, value(latency), decimals: decimals)
            }
        }
        if isProbeUp { each(MetricFamilies.nvmlLast, decimals: 9) { $0.lastNanoseconds } }
        each(MetricFamilies.nvmlMaximum, decimals: 9) { $0.maximumNanoseconds }
        each(MetricFamilies.nvmlCalls, decimals: 0) { $0.calls }
        each(MetricFamilies.nvmlErrors, decimals: 0) { $0.errors }
    }
}

extension GPUSample {
    fileprivate var labels: LabelText {
        LabelText([("gpu", "\(index)"), ("uuid", identity?.uuid.description ?? "")])
    }

    fileprivate func info(_ labels: LabelText) -> LabelText {
        func number(_ value: UInt32?) -> String { value.map { "\($0)" } ?? "" }
        return [
            ("pci_address", address.description), ("name", identity?.name ?? ""),
            ("serial", identity?.serial ?? ""), ("board_part", identity?.boardPart ?? ""),
            ("vbios", identity?.vbios ?? ""), ("inforom", identity?.infoROM ?? ""),
            ("gsp_firmware", identity?.gspFirmware ?? ""), ("minor", number(identity?.minor)),
            ("module_id", number(identity?.moduleID)),
        ].reduce(labels) { $0.adding($1.0, $1.1) }
    }
}
