import CInfiniBand
import Model

/// Where libibmad finds a counter's field, and what the device must advertise for it to mean
/// something.
package struct MADFieldEntry: Hashable, Sendable {
    /// The layout of PortExtendedSpeedsCounters that the field is part of.
    package enum Layout: Sendable {
        /// Of links without Reed-Solomon FEC.
        case standard
        /// Of links with Reed-Solomon FEC.
        case reedSolomon
    }

    /// The offset and width.
    package let field: MADField
    /// Bits of ClassPortInfo.CapabilityMask that must all be set.
    package let mask: UInt16
    /// Bits of ClassPortInfo.CapabilityMask2 that must all be set.
    package let mask2: UInt32
    /// The layout that it is part of; nil outside PortExtendedSpeedsCounters.
    package let layout: Layout?
}

/// The bits of ClassPortInfo for performance management (IBTA vol 1, 16.1.3.1).
enum PerformanceCapability {
    /// PortCountersExtended with all its traffic counters.
    static let extended: UInt16 = 1 << 9
    /// PortCountersExtended without unicast and multicast counters.
    static let extendedWithoutCast: UInt16 = 1 << 10
    /// PortXmitWait.
    static let transmitWait: UInt16 = 1 << 12
    /// The Reed-Solomon layout of PortExtendedSpeedsCounters where such FEC is active.
    static let reedSolomonCounters: UInt16 = 1 << 14
    /// QP1Dropped.
    static let generalDropped: UInt16 = 1 << 15
    /// CapabilityMask2: 64-bit error counters in PortCountersExtended.
    static let wideErrors: UInt32 = 1 << 1
}

/// The counter table's symbols as libibmad knows them.
package enum MADFieldTable {
    /// Per row of `InfiniBandCounters.all`, per source in its `fields`; nil for what no datagram
    /// carries.
    package static let rows: [[MADFieldEntry?]] = InfiniBandCounters.all.map { counter in
        counter.fields.map { field in
            guard field.attribute != nil else { return nil }
            guard let entry = bySymbol[field.symbol] else {
                preconditionFailure("libibmad has no field \(field.symbol) of \(counter.name)")
            }
            return entry
        }
    }

    private typealias Rows = [(String, MAD_FIELDS)]

    private static func entries(
        _ rows: Rows, mask: UInt16 = 0, mask2: UInt32 = 0, layout: MADFieldEntry.Layout? = nil
    ) -> [(String, MADFieldEntry)] {
        rows.map {
            ($0, MADFieldEntry(field: MADField($1), mask: mask, mask2: mask2, layout: layout))
        }
    }

    // Twelve fields in a row of the enumeration, one per lane.
    private static func lanes(_ name: String, _ first: MAD_FIELDS) -> Rows {
        (0..<12).map { ("\(name)_LANE\($0)_F", MAD_FIELDS(rawValue: first.rawValue + UInt32($0))) }
    }

    private static let bySymbol: [String: MADFieldEntry] = {
        let narrow = entries(narrowErrors) + entries(details)
        let optional =
            entries(
                [("IB_PC_XMT_WAIT_F", IB_PC_XMT_WAIT_F)],
                mask: PerformanceCapability.transmitWait)
            + entries(
                // libibmad's own IB_PC_QP1_DROP_F lies on VL15Dropped: its table of fields lacks
                // the conversion to network order there. This one has the octets 20 and 21.
                [("IB_PC_QP1_DROP_F", IB_PESC_ERR_DET_CTR_LANE0_F)],
                mask: PerformanceCapability.generalDropped)
        let all = narrow + optional + extended + speeds
        return Dictionary(uniqueKeysWithValues: all)
    }()

    private static let narrowErrors: Rows = [
        ("IB_PC_ERR_SYM_F", IB_PC_ERR_SYM_F),
        ("IB_PC_LINK_RECOVERS_F", IB_PC_LINK_RECOVERS_F),
        ("IB_PC_LINK_DOWNED_F", IB_PC_LINK_DOWNED_F),
        ("IB_PC_ERR_RCV_F", IB_PC_ERR_RCV_F),
        ("IB_PC_ERR_PHYSRCV_F", IB_PC_ERR_PHYSRCV_F),
        ("IB_PC_ERR_SWITCH_REL_F", IB_PC_ERR_SWITCH_REL_F),
        ("IB_PC_XMT_DISCARDS_F", IB_PC_XMT_DISCARDS_F),
        ("IB_PC_ERR_XMTCONSTR_F", IB_PC_ERR_XMTCONSTR_F),
        ("IB_PC_ERR_RCVCONSTR_F", IB_PC_ERR_RCVCONSTR_F),
        ("IB_PC_ERR_LOCALINTEG_F", IB_PC_ERR_LOCALINTEG_F),
        ("IB_PC_ERR_EXCESS_OVR_F", IB_PC_ERR_EXCESS_OVR_F),
        ("IB_PC_VL15_DROPPED_F", IB_PC_VL15_DROPPED_F),
    ]

    private static let details: Rows = [
        ("IB_PC_RCV_LOCAL_PHY_ERR_F", IB_PC_RCV_LOCAL_PHY_ERR_F),
        ("IB_PC_RCV_MALFORMED_PKT_ERR_F", IB_PC_RCV_MALFORMED_PKT_ERR_F),
        ("IB_PC_RCV_BUF_OVR_ERR_F", IB_PC_RCV_BUF_OVR_ERR_F),
        ("IB_PC_RCV_DLID_MAP_ERR_F", IB_PC_RCV_DLID_MAP_ERR_F),
        ("IB_PC_RCV_VL_MAP_ERR_F", IB_PC_RCV_VL_MAP_ERR_F),
        ("IB_PC_RCV_LOOPING_ERR_F", IB_PC_RCV_LOOPING_ERR_F),
        ("IB_PC_XMT_INACT_DISC_F", IB_PC_XMT_INACT_DISC_F),
        ("IB_PC_XMT_NEIGH_MTU_DISC_F", IB_PC_XMT_NEIGH_MTU_DISC_F),
        ("IB_PC_XMT_SW_LIFE_DISC_F", IB_PC_XMT_SW_LIFE_DISC_F),
        ("IB_PC_XMT_SW_HOL_DISC_F", IB_PC_XMT_SW_HOL_DISC_F),
    ]

    private static let extended: [(String, MADFieldEntry)] =
        entries([
            ("IB_PC_EXT_XMT_BYTES_F", IB_PC_EXT_XMT_BYTES_F),
            ("IB_PC_EXT_RCV_BYTES_F", IB_PC_EXT_RCV_BYTES_F),
            ("IB_PC_EXT_XMT_PKTS_F", IB_PC_EXT_XMT_PKTS_F),
            ("IB_PC_EXT_RCV_PKTS_F", IB_PC_EXT_RCV_PKTS_F),
        ])
        + entries(
            [
                ("IB_PC_EXT_XMT_UPKTS_F", IB_PC_EXT_XMT_UPKTS_F),
                ("IB_PC_EXT_RCV_UPKTS_F", IB_PC_EXT_RCV_UPKTS_F),
                ("IB_PC_EXT_XMT_MPKTS_F", IB_PC_EXT_XMT_MPKTS_F),
                ("IB_PC_EXT_RCV_MPKTS_F", IB_PC_EXT_RCV_MPKTS_F),
            ], mask: PerformanceCapability.extended)
        + entries(wideErrors, mask2: PerformanceCapability.wideErrors)
        + entries(
            [("IB_PC_EXT_XMT_WAIT_F", IB_PC_EXT_XMT_WAIT_F)],
            mask: PerformanceCapability.transmitWait, mask2: PerformanceCapability.wideErrors)
        + entries(
            [("IB_PC_EXT_QP1_DROP_F", IB_PC_EXT_QP1_DROP_F)],
            mask: PerformanceCapability.generalDropped, mask2: PerformanceCapability.wideErrors)

    private static let wideErrors: Rows = [
        ("IB_PC_EXT_ERR_SYM_F", IB_PC_EXT_ERR_SYM_F),
        ("IB_PC_EXT_LINK_RECOVERS_F", IB_PC_EXT_LINK_RECOVERS_F),
        ("IB_PC_EXT_LINK_DOWNED_F", IB_PC_EXT_LINK_DOWNED_F),
        ("IB_PC_EXT_ERR_RCV_F", IB_PC_EXT_ERR_RCV_F),
        ("IB_PC_EXT_ERR_PHYSRCV_F", IB_PC_EXT_ERR_PHYSRCV_F),
        ("IB_PC_EXT_ERR_SWITCH_REL_F", IB_PC_EXT_ERR_SWITCH_REL_F),
        ("IB_PC_EXT_XMT_DISCARDS_F", IB_PC_EXT_XMT_DISCARDS_F),
        ("IB_PC_EXT_ERR_XMTCONSTR_F", IB_PC_EXT_ERR_XMTCONSTR_F),
        ("IB_PC_EXT_ERR_RCVCONSTR_F", IB_PC_EXT_ERR_RCVCONSTR_F),
        ("IB_PC_EXT_ERR_LOCALINTEG_F", IB_PC_EXT_ERR_LOCALINTEG_F),
        ("IB_PC_EXT_ERR_EXCESS_OVR_F", IB_PC_EXT_ERR_EXCESS_OVR_F),
        ("IB_PC_EXT_VL15_DROPPED_F", IB_PC_EXT_VL15_DROPPED_F),
    ]

    private static let speeds: [(String, MADFieldEntry)] = {
        let standard: Rows =
            [
                ("IB_PESC_SYNC_HDR_ERR_CTR_F", IB_PESC_SYNC_HDR_ERR_CTR_F),
                ("IB_PESC_UNK_BLOCK_CTR_F", IB_PESC_UNK_BLOCK_CTR_F),
            ]
            + lanes("IB_PESC_ERR_DET_CTR", IB_PESC_ERR_DET_CTR_LANE0_F)
            + lanes("IB_PESC_FEC_CORR_BLOCK_CTR", IB_PESC_FEC_CORR_BLOCK_CTR_LANE0_F)
            + lanes("IB_PESC_FEC_UNCORR_BLOCK_CTR", IB_PESC_FEC_UNCORR_BLOCK_CTR_LANE0_F)
        let reedSolomon: Rows =
            [
                ("IB_PESC_RSFEC_SYNC_HDR_ERR_CTR_F", IB_PESC_RSFEC_SYNC_HDR_ERR_CTR_F),
                ("IB_PESC_RSFEC_UNK_BLOCK_CTR_F", IB_PESC_RSFEC_UNK_BLOCK_CTR_F),
                ("IB_PESC_PORT_FEC_CORR_BLOCK_CTR_F", IB_PESC_PORT_FEC_CORR_BLOCK_CTR_F),
                ("IB_PESC_PORT_FEC_UNCORR_BLOCK_CTR_F", IB_PESC_PORT_FEC_UNCORR_BLOCK_CTR_F),
                ("IB_PESC_PORT_FEC_CORR_SYMBOL_CTR_F", IB_PESC_PORT_FEC_CORR_SYMBOL_CTR_F),
            ]
            + lanes("IB_PESC_RSFEC_FEC_CORR_SYMBOL_CTR", IB_PESC_RSFEC_FEC_CORR_SYMBOL_CTR_LANE0_F)
        return entries(standard, layout: .standard) + entries(reedSolomon, layout: .reedSolomon)
    }()
}
