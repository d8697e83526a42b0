/// The counters that only the node's own end of a cable has: what the driver tells of its port
/// beside management datagrams.
enum HostCounters {
    /// All rows.
    static let all: [Counter] = phy + module + pcie + transport + requests + congestion

    // MARK: ethtool statistics of the port's network interface

    private static func statistic(
        _ name: String, _ unit: Unit, _ accuses: Accused, _ register: PortRegister,
        width: UInt8 = 64, _ help: String
    ) -> Counter {
        Counter(
            name, unit: unit, accuses: accuses, help: help,
            fields: [Field(ethtool: name, register, width: width)])
    }

    private static let phy: [Counter] =
        [
            statistic(
                "rx_bits_phy", .bits, .nobody, .statistical,
                "Bits received on the wire: what bit errors are to be divided by."),
            statistic(
                "rx_corrected_bits_phy", .bits, .nobody, .statistical,
                "Bits received in error and corrected by FEC."),
        ]
        + (UInt8(0)...7).map { lane in
            Counter(
                "rx_err_phy_lane_\(lane)", index: Counter.Index("lane", lane), unit: .events,
                accuses: .nobody, help: "Bit errors received on one lane before FEC.",
                fields: [Field(ethtool: "rx_err_lane_\(lane)_phy", .statistical, width: 64)])
        }

    private static let module: [Counter] = [
        statistic(
            "module_unplug", .events, .link, .module,
            "Times the port's module was taken out."),
        statistic(
            "module_bus_stuck", .events, .link, .module,
            "Times the management bus of the port's module was stuck."),
        statistic(
            "module_high_temp", .events, .link, .module,
            "Times the port's module was too hot."),
        statistic(
            "module_bad_shorted", .events, .link, .module,
            "Times the port's cable was bad or shorted."),
    ]

    private static let pcie: [Counter] = [
        statistic(
            "rx_pci_signal_integrity", .events, .pciePath, .pcie, width: 32,
            "Times the HCA's PCIe link recovered because of errors that the HCA received."),
        statistic(
            "tx_pci_signal_integrity", .events, .pciePath, .pcie, width: 32,
            "Times the HCA's PCIe link recovered because the other side asked for it."),
        statistic(
            "outbound_pci_stalled_rd_events", .events, .host, .pcie, width: 32,
            "Seconds in which reads of the HCA waited for PCIe credits for more than 30 %."),
        statistic(
            "outbound_pci_stalled_wr_events", .events, .host, .pcie, width: 32,
            "Seconds in which writes of the HCA waited for PCIe credits for more than 30 %."),
        statistic(
            "outbound_pci_buffer_overflow", .packets, .host, .pcie,
            "Packets received that were dropped because PCIe took them too slowly."),
    ]

    /// The port's gauges, which its own end alone has.
    static let gauges: [Gauge] = [
        stalled("outbound_pci_stalled_rd", "reads"), stalled("outbound_pci_stalled_wr", "writes"),
    ]

    private static func stalled(_ name: String, _ what: String) -> Gauge {
        Gauge(
            name, .percent,
            help: "Share of the last second in which \(what) of the HCA waited for PCIe credits.",
            sources: [GaugeSource(.ethtool(.pcie), name)])
    }

    // MARK: hw_counters

    private static func hardware(
        _ name: String, _ unit: Unit, _ accuses: Accused, width: UInt8 = 32, _ help: String
    ) -> Counter {
        Counter(
            name, unit: unit, accuses: accuses, help: help,
            fields: [Field(hwCounter: name, width: width)])
    }

    private static let transport: [Counter] = [
        hardware(
            "out_of_sequence", .packets, .fabricPath,
            "Packets received out of order; adaptive routing makes that normal."),
        hardware(
            "packet_seq_err", .packets, .fabricPath,
            "NAKs received that say a packet of ours was missing."),
        hardware(
            "local_ack_timeout_err", .events, .fabricPath,
            "Times an acknowledgement did not come in time: loss, or a dead peer."),
        hardware(
            "implied_nak_seq_err", .events, .fabricPath,
            "Acknowledgements received that skip a read or atomic of ours."),
        hardware(
            "duplicate_request", .packets, .fabricPath,
            "Requests received a second time: an acknowledgement was lost or late."),
        hardware(
            "rx_icrc_encapsulated", .packets, .fabricPath, width: 64,
            "RoCE packets received with a bad invariant CRC."),
        hardware(
            "req_transport_retries_exceeded", .events, .fabricPath,
            "Queue pairs of ours that ended because nothing was acknowledged any more."),
        hardware(
            "rnr_nak_retry_err", .packets, .remoteNode,
            "NAKs received that say the receiver was not ready."),
        hardware(
            "req_rnr_retries_exceeded", .events, .remoteNode,
            "Queue pairs of ours that ended because the receiver never was ready."),
        hardware(
            "out_of_buffer", .packets, .host,
            "Packets dropped because no receive buffer was posted."),
        hardware(
            "req_cqe_error", .events, .host,
            "Requests of ours that completed with an error."),
        hardware(
            "resp_cqe_error", .events, .host,
            "Requests to us that completed with an error."),
        hardware(
            "req_cqe_flush_error", .events, .nobody,
            "Requests of ours flushed when a queue pair ended, as at the end of a job."),
        hardware(
            "resp_cqe_flush_error", .events, .nobody,
            "Receives of ours flushed when a queue pair ended, as at the end of a job."),
        hardware(
            "req_remote_access_errors", .events, .host,
            "Requests of ours that the peer refused for their access rights."),
        hardware(
            "resp_remote_access_errors", .events, .remoteNode,
            "Requests to us that were refused for their access rights."),
        hardware(
            "req_remote_invalid_request", .events, .host,
            "Requests of ours that the peer called invalid."),
        hardware(
            "resp_local_length_error", .events, .remoteNode,
            "Requests to us that did not fit the posted receive buffer."),
    ]

    private static let requests: [Counter] = [
        ("rx_write_requests", "RDMA writes received."),
        ("rx_read_requests", "RDMA reads received."),
        ("rx_atomic_requests", "Atomic requests received."),
        ("rx_dct_connect", "Connections received by dynamically connected targets."),
    ].map { hardware($0, .events, .nobody, $1) }

    // RoCE only: on InfiniBand they stay 0, which says nothing.
    private static let congestion: [Counter] =
        [
            ("roce_adp_retrans", "Adaptive retransmissions."),
            ("roce_adp_retrans_to", "Adaptive retransmission timeouts."),
            ("roce_slow_restart", "Slow restarts."),
            ("roce_slow_restart_cnps", "CNPs sent by slow restart."),
            ("roce_slow_restart_trans", "Transitions to slow restart."),
        ].map { hardware($0, .events, .nobody, "RoCE: \($1)") }
        + [
            ("np_cnp_sent", "Congestion notifications sent."),
            ("np_ecn_marked_roce_packets", "Packets received with a mark of congestion."),
            ("rp_cnp_handled", "Congestion notifications received and heeded."),
            ("rp_cnp_ignored", "Congestion notifications received and ignored."),
        ].map { hardware($0, .packets, .nobody, width: 64, "RoCE: \($1)") }
}
