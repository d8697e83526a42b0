package import Model

/// One PCI function.
package struct PCISample: Sendable {
    /// Where it is and what, as last reported.
    package var report: PCIFunctionReport
    /// The label of its RDMA device; nil where it has none.
    package var device: String?
    /// The index of the GPU that it is.
    package var gpuIndex: Int?
    /// Whether it answered in the latest pass.
    package var isUp: Bool
    /// When it was last observed, in seconds since 1970; nil before the first time.
    package var sampledSeconds: Double?
    /// Its counters and gauges, rows of `PCICounters`.
    package var part: PartSample

    /// One function.
    package init(
        report: PCIFunctionReport, device: String?, gpuIndex: Int?, isUp: Bool,
        sampledSeconds: Double?, part: PartSample
    ) {
        self.report = report
        self.device = device
        self.gpuIndex = gpuIndex
        self.isUp = isUp
        self.sampledSeconds = sampledSeconds
        self.part = part
    }
}

extension MetricFamilies {
    static let pciLabels = ["address", "role", "device", "gpu"]

    static let pciInfo = MetricFamily(
        "fabricwatch_pcie_info", .info, pciLabels + ["parent", "numa_node"],
        "What the PCI function is plugged into; no parent means the root.")
    static let pciUp = MetricFamily(
        "fabricwatch_pcie_up", .gauge, pciLabels,
        "Whether the PCI function is listed and answered in the latest pass.")
    static let pciSampled = MetricFamily(
        "fabricwatch_pcie_last_sample_timestamp_seconds", .gauge, pciLabels,
        "When the PCI function was last observed.")
    static let pciQualities = MetricFamily(
        "fabricwatch_pcie_counters", .gauge, pciLabels + ["quality"],
        "Counters of the PCI function by what the latest step of their total promises, or by why "
            + "there is none, as for InfiniBand.")

    /// The families of the PCI counters, in the order of the table.
    package static let pciCounters = CounterFamily.all(
        of: PCICounters.all, prefix: "fabricwatch_pcie", labels: pciLabels)

    /// The families of the PCI gauges, row by row.
    package static let pciGauges = gauges(
        PCICounters.gauges, prefix: "fabricwatch_pcie", labels: pciLabels)

    static let pcie =
        [pciInfo, pciUp, pciSampled, pciQualities] + pciCounters.map(\.family) + pciGauges
}

extension Scrape {
    // A family without a sample is left out.
    func functions(_ writer: inout MetricsWriter) {
        let parts = pcie.map { Labelled(part: $0.part, labels: $0.labels) }
        writer.familyIfUsed(MetricFamilies.pciInfo)
        for function in pcie { writer.sample(function.info, true) }
        writer.familyIfUsed(MetricFamilies.pciUp)
        for function in pcie { writer.sample(function.labels, function.isUp) }
        writer.familyIfUsed(MetricFamilies.pciSampled)
        for function in pcie {
            if let at = function.sampledSeconds { writer.sample(function.labels, seconds: at) }
        }
        writer.qualities(MetricFamilies.pciQualities, parts.map { ($0.labels, [$0.part]) })
        writer.counters(MetricFamilies.pciCounters, parts.map { ($0.part.totals, $0.labels) })
        writer.gauges(
            MetricFamilies.pciGauges, PCICounters.gauges,
            parts.map { ($0.part.gauges, $0.labels) })
    }
}

extension PCISample {
    fileprivate var labels: LabelText {
        LabelText([
            ("address", report.address.description), ("role", report.role.rawValue),
            ("device", device ?? ""), ("gpu", gpuIndex.map { "\($0)" } ?? ""),
        ])
    }

    fileprivate var info: LabelText {
        labels.adding("parent", report.parent?.description ?? "")
            .adding("numa_node", report.numaNode.map { "\($0)" } ?? "")
    }
}
