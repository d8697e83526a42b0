/// Every counter of an InfiniBand port, one row each.
///
/// Widths and offsets: IBTA vol 1 release 1.5, chapter 16.1.3; symbols: libibmad `mad.h`.
package enum InfiniBandCounters {
    /// All rows; a counter's index here is its number in frames between daemon and probe.
    package static let all: [Counter] =
        errors + traffic + receiveDetails + discardDetails + extendedSpeeds + violations
        + HostCounters.all

    /// The gauges of a port beside those that its link tells, in the order of frames.
    package static let gauges: [Gauge] = HostCounters.gauges

    /// The number of rows.
    package static let count = all.count

    /// The row number of a counter by name; nil for an unknown name.
    package static func index(of name: String) -> Int? { indexByName[name] }

    private static let indexByName = Dictionary(
        uniqueKeysWithValues: all.enumerated().map { ($1.name, $0) })

    // MARK: PortCounters, and their 64-bit twins in PortCountersExtended

    // The history knows a source by its place in the list, so that a new one goes to its end.
    private static func error(
        _ name: String, _ accuses: Accused, _ unit: Unit = .events, width: UInt8,
        _ symbol: String, wide: String, host: [Field] = [], _ help: String
    ) -> Counter {
        Counter(
            name, unit: unit, accuses: accuses, help: help,
            fields: [
                Field(.portCountersExtended, wide, width: 64, .wide, "IBTA vol 1, 16.1.4.11"),
                Field(.portCounters, symbol, width: width, .sticks, "IBTA vol 1, 16.1.3.5"),
            ] + host)
    }

    private static let errors: [Counter] = [
        error(
            "symbol_error", .incomingPath, width: 16, "IB_PC_ERR_SYM_F",
            wide: "IB_PC_EXT_ERR_SYM_F",
            host: [Field(ethtool: "rx_pcs_symbol_err_phy", .statistical, width: 64)],
            "Symbol errors received on one or more lanes, left after FEC and link-level retry."),
        error(
            "link_error_recovery", .link, width: 8, "IB_PC_LINK_RECOVERS_F",
            wide: "IB_PC_EXT_LINK_RECOVERS_F",
            "Times the link retrained successfully without going down."),
        error(
            "link_downed", .link, width: 8, "IB_PC_LINK_DOWNED_F",
            wide: "IB_PC_EXT_LINK_DOWNED_F",
            host: [
                Field(ethtool: "link_down_events_phy", .physicalLayer, width: 32),
                software("link_downed"),
            ],
            "Times link error recovery failed and the link went down."),
        error(
            "port_rcv_errors", .incomingPath, .packets, width: 16, "IB_PC_ERR_RCV_F",
            wide: "IB_PC_EXT_ERR_RCV_F",
            "Packets received with a local physical error, malformed, or without a buffer."),
        error(
            "port_rcv_remote_physical_errors", .upstream, .packets, width: 16,
            "IB_PC_ERR_PHYSRCV_F", wide: "IB_PC_EXT_ERR_PHYSRCV_F",
            "Packets received that an earlier hop had already marked as bad."),
        error(
            "port_rcv_switch_relay_errors", .routing, .packets, width: 16,
            "IB_PC_ERR_SWITCH_REL_F", wide: "IB_PC_EXT_ERR_SWITCH_REL_F",
            "Packets received that the switch could not forward."),
        error(
            "port_xmit_discards", .downstream, .packets, width: 16, "IB_PC_XMT_DISCARDS_F",
            wide: "IB_PC_EXT_XMT_DISCARDS_F",
            "Packets discarded on the way out because the port was down or congested."),
        error(
            "port_xmit_constraint_errors", .partition, .packets, width: 8,
            "IB_PC_ERR_XMTCONSTR_F", wide: "IB_PC_EXT_ERR_XMTCONSTR_F",
            "Packets not transmitted because of a partition or raw packet filter."),
        error(
            "port_rcv_constraint_errors", .partition, .packets, width: 8,
            "IB_PC_ERR_RCVCONSTR_F", wide: "IB_PC_EXT_ERR_RCVCONSTR_F",
            "Packets discarded on arrival because of a partition or raw packet filter."),
        error(
            "local_link_integrity_errors", .incomingPath, width: 4, "IB_PC_ERR_LOCALINTEG_F",
            wide: "IB_PC_EXT_ERR_LOCALINTEG_F",
            "Times local physical errors exceeded the port's LocalPhyErrors threshold."),
        error(
            "excessive_buffer_overrun_errors", .credits, width: 4, "IB_PC_ERR_EXCESS_OVR_F",
            wide: "IB_PC_EXT_ERR_EXCESS_OVR_F",
            "Times buffer overruns persisted for the port's OverrunErrors flow-control periods."),
        error(
            "qp1_dropped", .management, .packets, width: 16, "IB_PC_QP1_DROP_F",
            wide: "IB_PC_EXT_QP1_DROP_F",
            "General management packets dropped for lack of resources."),
        error(
            "vl15_dropped", .management, .packets, width: 16, "IB_PC_VL15_DROPPED_F",
            wide: "IB_PC_EXT_VL15_DROPPED_F",
            "Subnet management packets dropped for lack of buffers."),
        error(
            "port_xmit_wait", .downstream, .ticks, width: 32, "IB_PC_XMT_WAIT_F",
            wide: "IB_PC_EXT_XMT_WAIT_F",
            "Ticks during which data waited for credits or arbitration."),
    ]

    // MARK: PortCountersExtended, traffic

    private static func traffic(
        _ name: String, _ unit: Unit, _ symbol: String, host: [Field] = [], _ help: String
    ) -> Counter {
        Counter(
            name, unit: unit, accuses: .nobody, help: help,
            fields: [
                Field(.portCountersExtended, symbol, width: 64, .wide, "IBTA vol 1, 16.1.4.11")
            ] + host)
    }

    // What RoCE in software counts where an HCA answers datagrams.
    private static func software(_ name: String) -> Field {
        Field(hwCounter: name, width: 64, "kernel sw/rxe/rxe_hw_counters.c")
    }

    // The 32-bit twins in PortCounters are full within a second at today's speeds: never read.
    private static let traffic: [Counter] = [
        traffic(
            "port_xmit_data", .fourOctets, "IB_PC_EXT_XMT_BYTES_F",
            "Data transmitted on all virtual lanes, link packets left out."),
        traffic(
            "port_rcv_data", .fourOctets, "IB_PC_EXT_RCV_BYTES_F",
            "Data received on all virtual lanes, link packets left out."),
        traffic(
            "port_xmit_packets", .packets, "IB_PC_EXT_XMT_PKTS_F",
            host: [software("sent_pkts")],
            "Packets transmitted on all virtual lanes."),
        traffic(
            "port_rcv_packets", .packets, "IB_PC_EXT_RCV_PKTS_F",
            host: [software("rcvd_pkts")],
            "Packets received on all virtual lanes."),
        traffic(
            "unicast_xmit_packets", .packets, "IB_PC_EXT_XMT_UPKTS_F",
            "Unicast packets transmitted."),
        traffic(
            "unicast_rcv_packets", .packets, "IB_PC_EXT_RCV_UPKTS_F",
            "Unicast packets received."),
        traffic(
            "multicast_xmit_packets", .packets, "IB_PC_EXT_XMT_MPKTS_F",
            "Multicast packets transmitted."),
        traffic(
            "multicast_rcv_packets", .packets, "IB_PC_EXT_RCV_MPKTS_F",
            "Multicast packets received."),
    ]

    // MARK: PortRcvErrorDetails and PortXmitDiscardDetails

    private static func detail(
        _ attribute: Attribute, _ name: String, _ accuses: Accused, _ symbol: String,
        _ reference: String, _ help: String
    ) -> Counter {
        Counter(
            name, unit: .packets, accuses: accuses, help: help,
            fields: [Field(attribute, symbol, width: 16, .sticks, reference)])
    }

    private static let receiveDetails: [Counter] = [
        (
            "port_local_physical_errors", Accused.incomingPath, "IB_PC_RCV_LOCAL_PHY_ERR_F",
            "Packets received with a physical error of this link, such as a CRC error."
        ),
        (
            "port_malformed_packet_errors", .incomingPath, "IB_PC_RCV_MALFORMED_PKT_ERR_F",
            "Packets received that break a rule of the packet format."
        ),
        (
            "port_buffer_overrun_errors", .credits, "IB_PC_RCV_BUF_OVR_ERR_F",
            "Packets received that found no buffer."
        ),
        (
            "port_dlid_mapping_errors", .routing, "IB_PC_RCV_DLID_MAP_ERR_F",
            "Packets received whose destination LID is not in the forwarding table."
        ),
        (
            "port_vl_mapping_errors", .routing, "IB_PC_RCV_VL_MAP_ERR_F",
            "Packets received whose service level maps to no virtual lane."
        ),
        (
            "port_looping_errors", .routing, "IB_PC_RCV_LOOPING_ERR_F",
            "Packets received that would have left by the port they came in."
        ),
    ].map { name, accuses, symbol, help in
        detail(
            .portRcvErrorDetails, name, accuses, symbol, "IBTA vol 1, 16.1.4.1", help)
    }

    private static let discardDetails: [Counter] = [
        (
            "port_inactive_discards", Accused.link, "IB_PC_XMT_INACT_DISC_F",
            "Packets discarded because the port was not active."
        ),
        (
            "port_neighbor_mtu_discards", .routing, "IB_PC_XMT_NEIGH_MTU_DISC_F",
            "Packets discarded because they exceed the neighbour's MTU."
        ),
        (
            "port_switch_lifetime_limit_discards", .downstream, "IB_PC_XMT_SW_LIFE_DISC_F",
            "Packets discarded because they were in the switch for too long."
        ),
        (
            "port_switch_hoq_lifetime_limit_discards", .downstream, "IB_PC_XMT_SW_HOL_DISC_F",
            "Packets discarded because they were at the head of a queue for too long."
        ),
    ].map { name, accuses, symbol, help in
        detail(
            .portXmitDiscardDetails, name, accuses, symbol, "IBTA vol 1, 16.1.4.2", help)
    }

    // MARK: PortExtendedSpeedsCounters

    private static let lanes: ClosedRange<UInt8> = 0...11
    private static let speedsReference = "IBTA vol 1, 16.1.4.12"

    private static func speeds(
        _ name: String, lane: UInt8? = nil, _ unit: Unit, width: UInt8, _ symbols: [String],
        _ help: String, accuses: Accused = .incomingPath
    ) -> Counter {
        Counter(
            name, index: lane.map { Counter.Index("lane", $0) }, unit: unit, accuses: accuses,
            help: help,
            fields: symbols.map {
                Field(.portExtendedSpeedsCounters, $0, width: width, .sticks, speedsReference)
            })
    }

    private static let extendedSpeeds: [Counter] =
        [
            speeds(
                "sync_header_errors", .events, width: 16,
                ["IB_PESC_SYNC_HDR_ERR_CTR_F", "IB_PESC_RSFEC_SYNC_HDR_ERR_CTR_F"],
                "Blocks received with a bad 64b/66b sync header."),
            speeds(
                "unknown_block_errors", .events, width: 16,
                ["IB_PESC_UNK_BLOCK_CTR_F", "IB_PESC_RSFEC_UNK_BLOCK_CTR_F"],
                "Blocks received with an unknown block type."),
            speeds(
                "port_fec_correctable", .blocks, width: 32, ["IB_PESC_PORT_FEC_CORR_BLOCK_CTR_F"],
                "FEC blocks received with errors that were corrected.", accuses: .nobody),
            speeds(
                "port_fec_uncorrectable", .blocks, width: 32,
                ["IB_PESC_PORT_FEC_UNCORR_BLOCK_CTR_F"],
                "FEC blocks received with errors that could not be corrected."),
            speeds(
                "port_fec_corrected", .symbols, width: 32, ["IB_PESC_PORT_FEC_CORR_SYMBOL_CTR_F"],
                "FEC symbols received in error and corrected.", accuses: .nobody),
        ]
        + lanes.map {
            speeds(
                "error_detection_lane_\($0)", lane: $0, .events, width: 16,
                ["IB_PESC_ERR_DET_CTR_LANE\($0)_F"], "Blocks received in error on one lane.")
        }
        + lanes.map {
            speeds(
                "fec_correctable_lane_\($0)", lane: $0, .blocks, width: 32,
                ["IB_PESC_FEC_CORR_BLOCK_CTR_LANE\($0)_F"],
                "FEC blocks received on one lane with errors that were corrected.",
                accuses: .nobody)
        }
        + lanes.map {
            speeds(
                "fec_uncorrectable_lane_\($0)", lane: $0, .blocks, width: 32,
                ["IB_PESC_FEC_UNCORR_BLOCK_CTR_LANE\($0)_F"],
                "FEC blocks received on one lane with errors that could not be corrected.")
        }
        + lanes.map {
            speeds(
                "fec_corrected_lane_\($0)", lane: $0, .symbols, width: 32,
                ["IB_PESC_RSFEC_FEC_CORR_SYMBOL_CTR_LANE\($0)_F"],
                "RS-FEC symbols received in error on one lane and corrected.", accuses: .nobody)
        }

    // MARK: PortInfo

    private static let violations: [Counter] = [
        ("mkey_violations", "IB_PORT_MKEY_VIOL_F", "Subnet management packets with a bad M_Key."),
        ("pkey_violations", "IB_PORT_PKEY_VIOL_F", "Packets received with a bad P_Key."),
        ("qkey_violations", "IB_PORT_QKEY_VIOL_F", "Packets received with a bad Q_Key."),
    ].map { name, symbol, help in
        Counter(
            name, unit: .packets, accuses: .partition, help: help,
            fields: [Field(portInfo: symbol, width: 16)])
    }
}
