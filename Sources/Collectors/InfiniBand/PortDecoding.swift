import CInfiniBand
package import Model

/// The attributes of subnet management that are asked for (IBTA vol 1, 14.2.5), and
/// ClassPortInfo.
enum SubnetAttribute {
    static let nodeDescription = UInt16(IB_ATTR_NODE_DESC.rawValue)
    static let nodeInfo = UInt16(IB_ATTR_NODE_INFO.rawValue)
    static let portInfo = UInt16(IB_ATTR_PORT_INFO.rawValue)
    static let portInfoExtended = UInt16(IB_ATTR_PORT_INFO_EXT.rawValue)
    static let classPortInfo = UInt16(CLASS_PORT_INFO.rawValue)
}

/// PortInfo as far as it is used (IBTA vol 1, 14.2.5.6).
package struct DecodedPortInfo: Hashable, Sendable {
    /// What goes into reports.
    package var link: LinkInfo
    /// PortInfo.CapabilityMask2; zero where the port has none.
    package var capabilityMask2: UInt16
    /// Whether the link runs at FDR or faster, with 64b/66b blocks.
    package var runsExtendedSpeed: Bool

    /// Decodes the answer to a PortInfo query.
    package init(_ packet: MADPacket) {
        self = packet.decode { DecodedPortInfo($0) }
    }

    private init(_ reader: borrowing MADReader) {
        let mask = reader.value(MADField(IB_PORT_CAPMASK_F))
        let state = UInt8(reader.value(MADField(IB_PORT_STATE_F)))
        let isUp = state > PortState.down.rawValue
        let speed = Speed(reader)
        link = LinkInfo(
            state: state,
            physicalState: UInt8(reader.value(MADField(IB_PORT_PHYS_STATE_F))),
            widthLanes: isUp ? Self.lanes(reader.value(MADField(IB_PORT_LINK_WIDTH_ACTIVE_F))) : 0,
            laneMegabitsPerSecond: isUp ? speed.laneMegabitsPerSecond : 0,
            lid: Self.unicast(reader.value(MADField(IB_PORT_LID_F))),
            smLID: Self.unicast(reader.value(MADField(IB_PORT_SMLID_F))),
            capabilityMask: mask)
        link.ability = LinkAbility(reader)
        capabilityMask2 =
            mask & PortCapability.hasMask2 == 0
            ? 0 : UInt16(reader.value(MADField(IB_PORT_CAPMASK2_F)))
        runsExtendedSpeed = isUp && speed.isExtended
    }

    // Down ports carry 0 or 0xffff here; neither can be addressed (IBTA vol 1, 4.1.3).
    private static func unicast(_ lid: UInt32) -> UInt16 {
        (1...0xbfff).contains(lid) ? UInt16(lid) : 0
    }

    private static func lanes(_ code: UInt32) -> UInt8 {
        switch code {
        case 1: 1
        case 2: 4
        case 4: 8
        case 8: 12
        case 16: 2
        default: 0
        }
    }

    private struct Speed {
        var laneMegabitsPerSecond: UInt32
        var isExtended: Bool

        init(_ reader: borrowing MADReader) {
            let basic = reader.value(MADField(IB_PORT_LINK_SPEED_ACTIVE_F))
            let extended = reader.value(MADField(IB_PORT_LINK_SPEED_EXT_ACTIVE_F))
            // LinkSpeedExtActive2 (XDR and above), bits 449 and 450, which libibmad 44 lacks. Such
            // a link's rate is said to be unknown rather than the rate that it falls back to.
            let newer = reader.octet(56) >> 5 & 3
            isExtended = extended != 0 || newer != 0
            guard newer == 0 else {
                laneMegabitsPerSecond = 0
                return
            }
            let grade = LinkSpeed.all.first {
                extended != 0
                    ? $0.extendedActive == extended : $0.active != 0 && $0.active == basic
            }
            laneMegabitsPerSecond = grade?.laneMegabitsPerSecond ?? 0
        }
    }
}

/// The counters that PortInfo has beside the link (IBTA vol 1, 14.2.5.6).
package struct KeyViolations: Hashable, Sendable {
    private static let fields: [(symbol: String, field: MADField)] = [
        ("IB_PORT_MKEY_VIOL_F", MADField(IB_PORT_MKEY_VIOL_F)),
        ("IB_PORT_PKEY_VIOL_F", MADField(IB_PORT_PKEY_VIOL_F)),
        ("IB_PORT_QKEY_VIOL_F", MADField(IB_PORT_QKEY_VIOL_F)),
    ]

    // The rows of the table, and the fields that they are read from.
    private static let rows: [(row: Int, source: UInt8, field: MADField)] =
        InfiniBandCounters.all.enumerated().flatMap { row, counter in
            counter.fields.enumerated().compactMap { source, field in
                guard field.source == .portInfo,
                    let place = fields.first(where: { $0.symbol == field.symbol })
                else { return nil }
                return (row, UInt8(source), place.field)
            }
        }

    private let readings: [Reading]

    /// Takes the counters from the answer to a PortInfo query.
    package init(_ packet: MADPacket) {
        readings = packet.decode { reader in
            Self.rows.map { .value(UInt64(reader.value($0.field)), field: $0.source) }
        }
    }

    /// Puts them where they belong; without an answer they are failed.
    package static func join(_ answer: KeyViolations?, _ readings: inout [Reading]) {
        for (place, row) in rows.enumerated() where readings.indices.contains(row.row) {
            readings[row.row] = answer?.readings[place] ?? .failed
        }
    }
}

extension LinkAbility {
    // All ones in an enabled field stand for what is supported (IBTA vol 1, 14.2.5.6); nil where a
    // port names no width, as a switch's port 0 may.
    fileprivate init?(_ reader: borrowing MADReader) {
        let widths = UInt8(reader.value(MADField(IB_PORT_LINK_WIDTH_SUPPORTED_F)) & 0xff)
        let enabled = UInt8(reader.value(MADField(IB_PORT_LINK_WIDTH_ENABLED_F)) & 0xff)
        guard widths != 0 else { return nil }
        let supported = Self.grades(
            reader.value(MADField(IB_PORT_LINK_SPEED_SUPPORTED_F)),
            reader.value(MADField(IB_PORT_LINK_SPEED_EXT_SUPPORTED_F)))
        let basic = reader.value(MADField(IB_PORT_LINK_SPEED_ENABLED_F))
        let extended = reader.value(MADField(IB_PORT_LINK_SPEED_EXT_ENABLED_F))
        self.init(
            supportedWidths: widths, enabledWidths: enabled == 0xff ? widths : enabled,
            supportedSpeeds: supported,
            enabledSpeeds: Self.grades(basic, extended == 30 ? 0 : extended))
    }

    // The bits of both fields are in the order of the grades.
    private static func grades(_ basic: UInt32, _ extended: UInt32) -> UInt8 {
        var grades: UInt8 = 0
        for (row, grade) in LinkSpeed.all.enumerated()
        where basic & UInt32(grade.active) != 0 || extended & UInt32(grade.extendedActive) != 0 {
            grades |= 1 << UInt8(row)
        }
        return grades
    }
}

/// Bits of PortInfo.CapabilityMask and CapabilityMask2 (IBTA vol 1, 14.2.5.6).
enum PortCapability {
    /// PortExtendedSpeedsCounters and the extended link speeds.
    static let extendedSpeeds: UInt32 = 1 << 14
    /// CapabilityMask2 means something.
    static let hasMask2: UInt32 = 1 << 15
    /// CapabilityMask2: PortInfoExtended.
    static let portInfoExtended: UInt16 = 1 << 1
}

/// NodeInfo as far as it is used (IBTA vol 1, 14.2.5.3).
struct DecodedNodeInfo {
    let key: PortKey
    let isSwitch: Bool
    let systemImageGUID: GUID

    // Nil when the answer names no node or no port, so that it cannot be an end of a cable.
    init?(_ packet: MADPacket) {
        let (node, system, type, port) = packet.decode {
            (
                $0.wideValue(MADField(IB_NODE_GUID_F)),
                $0.wideValue(MADField(IB_NODE_SYSTEM_GUID_F)),
                $0.value(MADField(IB_NODE_TYPE_F)), $0.value(MADField(IB_NODE_LOCAL_PORT_F))
            )
        }
        guard node != 0, (1...254).contains(port) else { return nil }
        key = PortKey(node: GUID(node), port: UInt8(port))
        isSwitch = type == UInt32(IB_NODE_SWITCH.rawValue)
        systemImageGUID = GUID(system)
    }
}

/// ClassPortInfo of performance management as far as it is used (IBTA vol 1, 13.4.8.1,
/// 16.1.3.1).
struct ClassCapabilities: Hashable {
    let mask: UInt16
    let mask2: UInt32

    init(_ packet: MADPacket) {
        (mask, mask2) = packet.decode {
            (UInt16($0.value(MADField(IB_CPI_CAPMASK_F))), $0.value(MADField(IB_CPI_CAPMASK2_F)))
        }
    }
}

extension FECMode {
    /// PortInfoExtended.FECModeActive (IBTA vol 1, 14.2.5.19); nil for a mode without a name.
    init?(_ packet: MADPacket) {
        let raw = packet.decode { $0.value(MADField(IB_PORT_EXT_FEC_MODE_ACTIVE_F)) }
        guard raw <= UInt32(UInt8.max) else { return nil }
        self.init(rawValue: UInt8(raw))
    }
}

/// NodeDescription (IBTA vol 1, 14.2.5.2): up to 64 octets of text.
enum NodeDescriptionText {
    static func decode(_ packet: MADPacket) -> String {
        let octets = packet.decode { reader in (0..<64).map { reader.octet($0) } }
        return String(decoding: octets.prefix { $0 != 0 }, as: UTF8.self)
    }
}
