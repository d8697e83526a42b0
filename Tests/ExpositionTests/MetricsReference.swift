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

        ## What is left out

        A sample is there only if the latest pass saw it. A counter that the device does not
        offer, that was not answered, or whose probe is silent has no sample: neither 0 nor the
        last value, since a repeated value reads as calm. `fabricwatch_infiniband_end_up` and
        `fabricwatch_collector_up` say that something is missing,
        `fabricwatch_infiniband_counters` says why. Identity (`_info`) and timestamps stay. A
        family that nobody has a sample of may be missing as a whole.

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
            title: "The history is not being written",
            query: "increase(fabricwatch_history_append_failures_total[15m]) > 0"),
    ]

    private static func line(_ family: MetricFamily) -> String {
        let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
        return "| `\(family.name)` | \(family.kind.rawValue) | \(labels) | \(family.help) |"
    }
}
