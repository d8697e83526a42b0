import Model

/// Metrics that share a family, and where their values stand.
package struct CounterFamily: Sendable {
    /// The family.
    package let family: MetricFamily
    /// The rows of the counter table that belong to it.
    package let rows: [Int]
    // What all rows are counted in.
    let unit: Unit
    // The label that tells the rows apart; nil for the only one.
    let indices: [LabelText?]

    /// The families of a table in its order.
    static func all(of table: [Counter], prefix: String, labels: [String]) -> [CounterFamily] {
        var rows: [String: [Int]] = [:]
        for (row, counter) in table.enumerated() { rows[counter.metric, default: []].append(row) }
        var seen: Set<String> = []
        return table.filter { seen.insert($0.metric).inserted }.map { first in
            CounterFamily(
                first, rows[first.metric] ?? [], of: table, prefix: prefix, labels: labels)
        }
    }

    private init(
        _ first: Counter, _ rows: [Int], of table: [Counter], prefix: String, labels: [String]
    ) {
        let index = first.index.map { [$0.label] } ?? []
        family = MetricFamily("\(prefix)_\(first.metric)", .counter, labels + index, first.help)
        self.rows = rows
        unit = first.unit
        indices = rows.map { row in
            table[row].index.map { LabelText([($0.label, "\($0.number)")]) }
        }
    }
}

extension MetricFamilies {
    static let gpuLabels = ["gpu", "uuid"]
    static let linkLabels = ["gpu", "uuid", "link"]

    // MARK: The library

    static let nvmlUp = MetricFamily(
        "fabricwatch_nvml_up", .gauge, "Whether libnvidia-ml can be asked and its probe answers.")
    static let nvmlInfo = MetricFamily(
        "fabricwatch_nvml_info", .info, ["version", "driver"],
        "The versions of libnvidia-ml and of the driver.")
    static let nvmlLast = MetricFamily(
        "fabricwatch_nvml_call_duration_last_seconds", .gauge, ["family"],
        "Time that the latest call of a family took.")
    static let nvmlMaximum = MetricFamily(
        "fabricwatch_nvml_call_duration_max_seconds", .gauge, ["family"],
        "Time that the longest call of a family took since the probe was started.")
    static let nvmlCalls = MetricFamily(
        "fabricwatch_nvml_calls_total", .counter, ["family"], "Calls made.")
    static let nvmlErrors = MetricFamily(
        "fabricwatch_nvml_call_errors_total", .counter, ["family"],
        "Calls that ended with an error other than that something is not offered.")

    static let nvml = [nvmlUp, nvmlInfo, nvmlLast, nvmlMaximum, nvmlCalls, nvmlErrors]

    // MARK: GPUs

    static let gpuInfo = MetricFamily(
        "fabricwatch_gpu_info", .info,
        gpuLabels + [
            "pci_address", "name", "serial", "board_part", "vbios", "inforom", "gsp_firmware",
            "minor", "module_id",
        ], "Who the GPU is.")
    static let gpuUp = MetricFamily(
        "fabricwatch_gpu_up", .gauge, gpuLabels, "Whether the GPU was read in the latest pass.")
    static let gpuSlowCalls = MetricFamily(
        "fabricwatch_gpu_slow_calls_total", .counter, gpuLabels,
        "Calls to the GPU's driver that took longer than the soft deadline.")
    static let gpuSampled = MetricFamily(
        "fabricwatch_gpu_last_sample_timestamp_seconds", .gauge, gpuLabels,
        "When the GPU was last observed.")
    static let gpuXids = MetricFamily(
        "fabricwatch_gpu_xid_errors_total", .counter, gpuLabels + ["xid"],
        "Errors that the driver reported of the GPU, repeats included.")
    static let gpuQualities = MetricFamily(
        "fabricwatch_gpu_counters", .gauge, gpuLabels + ["quality"],
        "Counters of the GPU by what the latest step of their total promises, or by why there is "
            + "none, as for InfiniBand.")

    /// The families of the GPU counters, in the order of the table.
    package static let gpuCounters = CounterFamily.all(
        of: GPUCounters.all, prefix: "fabricwatch_gpu", labels: gpuLabels)

    /// The families of the GPU gauges, row by row.
    package static let gpuGauges = gauges(
        GPUCounters.gauges, prefix: "fabricwatch_gpu", labels: gpuLabels)

    static let gpus =
        [gpuInfo, gpuUp, gpuSlowCalls, gpuSampled, gpuXids, gpuQualities]
        + gpuCounters.map(\.family) + gpuGauges

    // MARK: NVLinks

    static let linkInfo = MetricFamily(
        "fabricwatch_nvlink_info", .info, linkLabels + ["remote_kind", "remote_address"],
        "What the NVLink leads to; the address is empty where it is not on this node's buses.")
    static let linkQualities = MetricFamily(
        "fabricwatch_nvlink_counters", .gauge, gpuLabels + ["quality"],
        "Counters of all NVLinks of the GPU together by what the latest step of their total "
            + "promises, or by why there is none, as for InfiniBand.")

    /// The families of the NVLink counters, in the order of the table.
    package static let linkCounters = CounterFamily.all(
        of: NVLinkCounters.all, prefix: "fabricwatch_nvlink", labels: linkLabels)

    /// The families of the NVLink gauges, row by row.
    package static let linkGauges = gauges(
        NVLinkCounters.gauges, prefix: "fabricwatch_nvlink", labels: linkLabels)

    static let nvlinks = [linkInfo, linkQualities] + linkCounters.map(\.family) + linkGauges

    static func gauges(
        _ table: [Gauge], prefix: String, labels: [String]
    ) -> [MetricFamily] {
        table.map { MetricFamily("\(prefix)_\($0.metric)", .gauge, labels, $0.help) }
    }

    // MARK: Events

    static let kernelEvents = MetricFamily(
        "fabricwatch_kernel_events_total", .counter, ["kind", "device"],
        "What the kernel log, NVML and the HCAs told, repeats included, a flap of a link as "
            + "`link_down`; no device means the node, or what "
            + "is beyond the \(EventJournal.countLimit) pairs of device and number counted apart, "
            + "or \(EventJournal.alertingCountLimit) where alerts ask for the Xid.")
    static let sxids = MetricFamily(
        "fabricwatch_nvswitch_sxid_errors_total", .counter, ["device", "sxid"],
        "Errors that the driver reported of an NVSwitch, repeats included.")
    static let logUp = MetricFamily(
        "fabricwatch_kernel_log_up", .gauge, "Whether the kernel log is being read.")
    static let logRecords = MetricFamily(
        "fabricwatch_kernel_log_records_total", .counter, "Records of the kernel log read.")
    static let logLost = MetricFamily(
        "fabricwatch_kernel_log_lost_records_total", .counter,
        "Records of the kernel log that were overwritten before they were read.")
    static let logDropped = MetricFamily(
        "fabricwatch_kernel_log_dropped_events_total", .counter,
        "Events that were left out because too many came at once.")

    static let events = [kernelEvents, sxids, logUp, logRecords, logLost, logDropped]
}
