import Model

/// A family of metrics: what its name, type and help lines say.
package struct MetricFamily: Hashable, Sendable {
    /// The types that are used of Prometheus' and OpenMetrics' types.
    package enum Kind: String, Sendable {
        /// Only grows; the name ends in `_total`.
        case counter
        /// May go anywhere.
        case gauge
        /// Always 1; what it says is in its labels; the name ends in `_info`.
        case info
    }

    /// The full name.
    package let name: String
    /// The type.
    package let kind: Kind
    /// The labels of its samples.
    package let labels: [String]
    /// One sentence.
    package let help: String

    init(_ name: String, _ kind: Kind, _ help: String) {
        self.init(name, kind, [], help)
    }

    init(_ name: String, _ kind: Kind, _ labels: [String], _ help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.help = help
    }
}

/// Every family of `/metrics`, in the order of the page.
package enum MetricFamilies {
    static let portLabels = ["device", "port"]
    static let endLabels = ["device", "port", "end"]

    static let up = MetricFamily(
        "fabricwatch_up", .gauge, "Whether every probe answered in time; 0 without a probe.")
    static let build = MetricFamily(
        "fabricwatch_build_info", .info, ["version"], "The daemon's version.")
    static let verdict = MetricFamily(
        "fabricwatch_health_verdict", .gauge, ["verdict"],
        "The verdict over the node: 1 for the one that holds.")
    static let condition = MetricFamily(
        "fabricwatch_health_condition", .gauge,
        ["condition", "severity", "device", "port", "end", "collector", "gpu", "uuid", "xid"],
        "A condition that holds; empty labels do not apply.")
    static let acknowledged = MetricFamily(
        "fabricwatch_health_condition_acknowledged", .gauge, condition.labels,
        "A condition that holds, and that somebody has taken notice of as bad as it is; the labels "
            + "are those of fabricwatch_health_condition.")
    static let maintenance = MetricFamily(
        "fabricwatch_maintenance_active", .gauge, ["scope"],
        "How many announced times of work are going on, on the whole node or on parts of it.")
    static let differences = MetricFamily(
        "fabricwatch_inventory_differences", .gauge, ["kind"],
        "In how many ways of each kind the node differs from its manifest; absent without one.")
    static let unverified = MetricFamily(
        "fabricwatch_inventory_unverified_facts", .gauge,
        "Facts that the manifest expects and that are unknown; absent without a manifest.")

    static let collectorUp = MetricFamily(
        "fabricwatch_collector_up", .gauge, ["collector"],
        "Whether the probe's latest turn was answered in time.")
    static let collectorDuration = MetricFamily(
        "fabricwatch_collector_duration_seconds", .gauge, ["collector"],
        "Time that the probe's latest pass took.")
    static let collectorSuccess = MetricFamily(
        "fabricwatch_collector_last_success_timestamp_seconds", .gauge, ["collector"],
        "When the probe's latest pass was collected.")
    static let collectorRestarts = MetricFamily(
        "fabricwatch_collector_restarts_total", .counter, ["collector"],
        "Times the probe process was started again.")
    static let collectorSlow = MetricFamily(
        "fabricwatch_collector_slow_turns_total", .counter, ["collector"],
        "Turns that the probe answered after the soft deadline or not at all.")
    static let collectorSkipped = MetricFamily(
        "fabricwatch_collector_skipped_turns_total", .counter, ["collector"],
        "Turns that were left out because the probe was busy or not running, or the daemon late.")
    static let eventsUp = MetricFamily(
        "fabricwatch_infiniband_device_events_up", .gauge, ["collector", "device"],
        "Whether the probe hears what the device tells by itself, such as that a link went down.")
    static let probeCPU = MetricFamily(
        "fabricwatch_collector_cpu_seconds_total", .counter, ["collector"],
        "Processor time of the probe processes, ended ones included.")
    static let probeMemory = MetricFamily(
        "fabricwatch_collector_resident_memory_bytes", .gauge, ["collector"],
        "Resident memory of the probe process.")
    static let transport: [(MetricFamily, @Sendable (MADStatistics) -> UInt64)] = [
        (mad("sent", "Datagrams handed to the device, repeats included."), { $0.sent }),
        (mad("received", "Answers that were used."), { $0.received }),
        (mad("retries", "Datagrams sent again after no answer."), { $0.retries }),
        (mad("timeouts", "Questions given up after the last try."), { $0.timeouts }),
        (mad("late", "Answers that came too late or twice, and were dropped."), { $0.late }),
        (mad("refused", "Answers with an error status."), { $0.refused }),
        (mad("send_failures", "Datagrams that the device would not take."), { $0.sendFailures }),
    ]

    static let portInfo = MetricFamily(
        "fabricwatch_infiniband_port_info", .info,
        portLabels + [
            "guid", "port_guid", "kernel_device", "description", "firmware", "model", "rail",
            "link_layer", "role",
        ], "Who the port of this node is.")
    static let peerInfo = MetricFamily(
        "fabricwatch_infiniband_peer_info", .info,
        portLabels + ["peer_guid", "peer_port", "peer_description", "peer_type"],
        "Who is at the other end of the cable.")
    static let state = MetricFamily(
        "fabricwatch_infiniband_port_state", .gauge, endLabels,
        "PortState: 1 down, 2 init, 3 armed, 4 active.")
    static let physicalState = MetricFamily(
        "fabricwatch_infiniband_port_physical_state", .gauge, endLabels,
        "PortPhysicalState: 1 sleep, 2 polling, 3 disabled, 4 training, 5 link up, "
            + "6 link error recovery, 7 PHY test.")
    static let width = MetricFamily(
        "fabricwatch_infiniband_link_width_lanes", .gauge, endLabels,
        "Lanes in use; absent while the link is down or they are unknown.")
    static let rate = MetricFamily(
        "fabricwatch_infiniband_link_rate_bytes_per_second", .gauge, endLabels,
        "Signalling rate of the link; absent while the link is down or it is unknown.")
    /// What PortInfo tells of a link.
    package static let link = [state, physicalState, width, rate]
    static let readable = MetricFamily(
        "fabricwatch_infiniband_end_up", .gauge, endLabels,
        "Whether everything that this end offers was read in the latest pass.")
    static let sampled = MetricFamily(
        "fabricwatch_infiniband_end_last_sample_timestamp_seconds", .gauge, endLabels,
        "When this end was last observed.")
    static let qualities = MetricFamily(
        "fabricwatch_infiniband_counters", .gauge, endLabels + ["quality"],
        "Counters of this end by what the latest step of their total promises: exact, at_least, "
            + "unknown; or by why there is none: failed, no_permission, unsupported.")
    static let saturated = MetricFamily(
        "fabricwatch_infiniband_saturated_counters", .gauge, endLabels,
        "Counters of this end that are full and count no more.")

    /// The families of the InfiniBand counters, in the order of the counter table.
    package static let counters = CounterFamily.all(
        of: InfiniBandCounters.all, prefix: "fabricwatch_infiniband", labels: endLabels)

    /// The families of the InfiniBand gauges, row by row.
    package static let portGauges = gauges(
        InfiniBandCounters.gauges, prefix: "fabricwatch_infiniband", labels: endLabels)

    static let historyBytes = MetricFamily(
        "fabricwatch_history_size_bytes", .gauge, "Size of the history on disk.")
    static let historyFailures = MetricFamily(
        "fabricwatch_history_append_failures_total", .counter,
        "Passes that could not be written to the history at once.")
    static let historyWaiting = MetricFamily(
        "fabricwatch_history_waiting_passes", .gauge,
        "Passes that wait in memory until they can be written.")
    static let historyLost = MetricFamily(
        "fabricwatch_history_lost_passes_total", .counter,
        "Passes that were never written to the history.")
    static let historyDuration = MetricFamily(
        "fabricwatch_history_append_duration_seconds", .gauge,
        "Time that writing the latest pass took.")

    static let requests = MetricFamily(
        "fabricwatch_http_requests_total", .counter, ["class"],
        "HTTP requests answered, by class of status.")
    static let connections = MetricFamily(
        "fabricwatch_http_connections", .gauge, "HTTP connections that are open.")
    static let refusedConnections = MetricFamily(
        "fabricwatch_http_connections_refused_total", .counter,
        "HTTP connections that were refused because too many were open.")

    static let processCPU = MetricFamily(
        "process_cpu_seconds_total", .counter, "Processor time of the daemon.")
    static let processResident = MetricFamily(
        "process_resident_memory_bytes", .gauge, "Resident memory of the daemon.")
    static let processVirtual = MetricFamily(
        "process_virtual_memory_bytes", .gauge, "Virtual memory of the daemon.")
    static let processFiles = MetricFamily(
        "process_open_fds", .gauge, "File descriptors that the daemon holds open.")
    static let processFileLimit = MetricFamily(
        "process_max_fds", .gauge, "File descriptors that the daemon may hold open.")
    static let processThreads = MetricFamily(
        "process_threads", .gauge, "Threads of the daemon.")
    static let processStart = MetricFamily(
        "process_start_time_seconds", .gauge, "When the daemon was started.")

    /// All families, in the order of the page.
    package static let all: [MetricFamily] =
        [
            up, build, verdict, condition, acknowledged, maintenance, differences, unverified,
            collectorUp, collectorDuration, collectorSuccess, collectorRestarts, collectorSlow,
            collectorSkipped, eventsUp,
            probeCPU, probeMemory,
        ] + transport.map(\.0) + [
            portInfo, peerInfo,
        ] + link + [readable, sampled, qualities, saturated] + counters.map(\.family) + portGauges
        + nvml + gpus + nvlinks + pcie + events + [
            historyBytes, historyFailures, historyWaiting, historyLost, historyDuration, requests,
            connections, refusedConnections,
            processCPU, processResident, processVirtual, processFiles,
            processFileLimit, processThreads, processStart,
        ]

    private static func mad(_ name: String, _ help: String) -> MetricFamily {
        MetricFamily("fabricwatch_mad_\(name)_total", .counter, ["collector"], help)
    }
}
