import Exposition

/// The text of `docs/metrics.md`.
enum MetricsReference {
    static let text =
        """
        # Metrics

        `/metrics` in Prometheus' text format 0.0.4, or in OpenMetrics 1.0 for who asks for it
        (`Accept: application/openmetrics-text`), with gzip where accepted. Counters of the cable
        carry `device` (the name given in the configuration, else the kernel's), `port` and `end`:
        `local` is the port of this node, `peer` the port at the other end of its cable, normally
        a switch's. An error is counted by the **receiver**: a rising error at `end="peer"` speaks
        against this node's transmitter and the cable, at `end="local"` against the cable and the
        switch's transmitter. Which way each counter points is in [counters.md](counters.md).

        GPUs carry `gpu` (the index, in the order of PCI addresses) and `uuid`, which stays with the
        board; their NVLinks carry `link` as well. Names are in `fabricwatch_gpu_info`, what a link
        leads to in `fabricwatch_nvlink_info`: join them rather than carry thirty labels on each
        series. Units are base units: joules, seconds, watts, hertz, ratios from 0 to 1.

        ## What is left out

        A sample is there only if the latest pass saw it. A counter that the device does not
        offer, that was not answered, or whose probe is silent has no sample: neither 0 nor the
        last value, since a repeated value reads as calm. `fabricwatch_infiniband_end_up` and
        `fabricwatch_collector_up` say that something is missing,
        `fabricwatch_infiniband_counters` says why; for GPUs these are `fabricwatch_gpu_up`,
        `fabricwatch_gpu_counters` and `fabricwatch_nvlink_counters`. Identity (`_info`) and
        timestamps stay. A family that nobody has a sample of may be missing as a whole.

        ## Totals

        Counters are the daemon's own 64-bit totals. The hardware's counters stop when they are
        full and are cleared by others; the totals go on: a clear, a driver reload or a reboot
        takes nothing from them and adds only what was counted since, and the history carries them
        over a restart of the daemon. They start at what the hardware showed first. Data counters
        are in bytes (the hardware counts words of four).

        A total never says more than the truth. Where it may say less,
        `fabricwatch_infiniband_counters{quality="at_least"}` or `{quality="unknown"}` is above 0
        for that pass. Prometheus keeps 64-bit floats, which are exact up to 2^53; exact
        differences with their quality come from `/api/v1/deltas` ([api.md](api.md)).

        An Xid is an event and not a state: `fabricwatch_gpu_xid_errors_total` counts each number by
        itself, so that one that came and went is seen, and one that came again is seen again. The
        numbers that alerts ask for are there from 0 on, while the kernel log is read.

        `increase()` does not see what a series starts with, and extrapolates to the edges of its
        window: compare error counters with 0, not with 1.

        ## Queries to start from

        Numbers are starting points; a site knows its fabric.

        \(queries.map(\.text).joined(separator: "\n\n"))

        ## All metrics

        | Metric | Type | Labels | Meaning |
        |---|---|---|---|
        \(MetricFamilies.all.map(line).joined(separator: "\n"))

        """

    struct Query {
        var title: String
        var query: String

        var text: String { "\(title):\n\n```promql\n\(query)\n```" }
    }

    static let queries = [
        Query(
            title: "The node needs somebody",
            query: #"fabricwatch_health_verdict{verdict=~"CRITICAL|UNKNOWN"} == 1"#),
        Query(
            title: "What is wrong there, one series per condition ([conditions.md](conditions.md))",
            query: #"fabricwatch_health_condition{severity!="INFO"}"#),
        Query(
            title: "What nobody has taken notice of, where no work is announced on the whole node",
            query: """
                (fabricwatch_health_condition{severity!="INFO"}
                  unless fabricwatch_health_condition_acknowledged)
                  unless on (instance) fabricwatch_maintenance_active{scope="node"} > 0
                """),
        Query(
            title: "Nothing is known: the daemon, or a probe, is silent",
            query: #"up{job="fabricwatch"} == 0 or fabricwatch_collector_up == 0"#),
        Query(
            title: "An end of a cable that is not read completely",
            query: "fabricwatch_infiniband_end_up == 0"),
        Query(
            title: "A port of this node that is not active",
            query: #"fabricwatch_infiniband_port_state{end="local"} < 4"#),
        Query(
            title: "A link that went down within a day, as either end counts it",
            query: "increase(fabricwatch_infiniband_link_downed_total[24h]) > 0"),
        Query(
            title: "Errors left after FEC, with the name of the port at the other end",
            query: """
                increase(fabricwatch_infiniband_symbol_error_total[1h])
                  * on (instance, device, port) group_left (peer_description, peer_port)
                    fabricwatch_infiniband_peer_info > 0
                """),
        Query(
            title: "Blocks that FEC could not correct",
            query: "increase(fabricwatch_infiniband_port_fec_uncorrectable_blocks_total[1h]) > 0"),
        Query(
            title: "Errors that nobody would see any more: counters that are full",
            query: "fabricwatch_infiniband_saturated_counters > 0"),
        Query(
            title: "A link that is narrower than its ports",
            query: "fabricwatch_infiniband_link_width_lanes < 4"),
        Query(
            title: "Share of the signalling rate that is sent",
            query: """
                rate(fabricwatch_infiniband_port_xmit_data_bytes_total[1m])
                  / fabricwatch_infiniband_link_rate_bytes_per_second
                """),
        Query(
            title: "Congestion: ticks per second in which data waited, by end",
            query: "rate(fabricwatch_infiniband_port_xmit_wait_ticks_total[5m])"),
        Query(
            title: "A GPU that is not read, with its name",
            query: """
                (fabricwatch_gpu_up == 0)
                  * on (instance, gpu) group_left (name, pci_address, serial) fabricwatch_gpu_info
                """),
        Query(
            title: "The driver asks for a reset or a reboot",
            query: "fabricwatch_gpu_recovery_action > 0"),
        Query(
            title: "Xids of the last hour, by GPU and number",
            query:
                "sum by (instance, gpu, xid) (increase(fabricwatch_gpu_xid_errors_total[1h])) > 0"
        ),
        Query(
            title: "Memory errors that ECC could not correct",
            query: "increase(fabricwatch_gpu_ecc_volatile_uncorrected_errors_total[1d]) > 0"),
        Query(
            title: "A row that could not be remapped: the GPU is to be replaced",
            query: "fabricwatch_gpu_remapped_rows_failure == 1"),
        Query(
            title: "A GPU that has not joined the NVSwitch fabric",
            query: "fabricwatch_gpu_fabric_state == 1 or fabricwatch_gpu_fabric_state == 2"),
        Query(
            title: "Clocks held down by heat or by the power brake (bits 8, 64 and 128)",
            query: """
                floor(fabricwatch_gpu_clocks_event_reasons / 8) % 2 == 1
                  or floor(fabricwatch_gpu_clocks_event_reasons / 64) % 4 > 0
                """),
        Query(
            title: "NVLinks that are down",
            query: "fabricwatch_nvlink_state == 0"),
        Query(
            title: "NVLink errors of the last hour, up to NVLink 4 and from NVLink 5",
            query: """
                increase(fabricwatch_nvlink_crc_errors_total[1h]) > 0
                  or increase(fabricwatch_nvlink_replay_errors_total[1h]) > 0
                  or increase(fabricwatch_nvlink_recovery_errors_total[1h]) > 0
                  or increase(fabricwatch_nvlink_effective_errors_total[1h]) > 0
                  or increase(fabricwatch_nvlink_recovery_failed_total[1h]) > 0
                """),
        Query(
            title: "NVLink traffic of a GPU in bytes per second, both directions",
            query: """
                sum by (instance, gpu) (
                  rate(fabricwatch_nvlink_tx_data_bytes_total[1m])
                    + rate(fabricwatch_nvlink_rx_data_bytes_total[1m]))
                """),
        Query(
            title: "Calls of libnvidia-ml that take half of what a pass may (1 s by default)",
            query: "fabricwatch_nvml_call_duration_last_seconds >= 0.5"),
        Query(
            title: "Errors of NVSwitches, by switch and number",
            query: "increase(fabricwatch_nvswitch_sxid_errors_total[1h]) > 0"),
        Query(
            title: "Events may have been missed: the kernel log is not read, or ran over",
            query: """
                fabricwatch_kernel_log_up == 0
                  or increase(fabricwatch_kernel_log_lost_records_total[1h]) > 0
                """),
        Query(
            title: "The history is not being written",
            query: "increase(fabricwatch_history_append_failures_total[15m]) > 0"),
    ]

    private static func line(_ family: MetricFamily) -> String {
        let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
        return "| `\(family.name)` | \(family.kind.rawValue) | \(labels) | \(family.help) |"
    }
}
