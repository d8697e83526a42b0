import Model

/// An HCA or a switch of a played fabric.
package final class FakeNode {
    /// The node GUID.
    package let guid: GUID
    /// Whether it is a switch.
    package let isSwitch: Bool
    /// NodeDescription.
    package var description: String
    /// Ports by number; a switch has a port 0 that carries its LID.
    package var ports: [UInt8: FakePort] = [:]
    /// What its ports speak.
    package var layer = LinkLayer.infiniBand
    /// ClassPortInfo.CapabilityMask.
    package var mask: UInt16 = 0
    /// ClassPortInfo.CapabilityMask2, 27 bits.
    package var mask2: UInt32 = 0
    /// PortInfo.CapabilityMask of the node; a switch shows it at port 0 only.
    package var portMask: UInt32 = 0
    /// PortInfo.CapabilityMask2 of the node.
    package var portMask2: UInt16 = 0
    /// Performance attributes that it answers with status 0x0c.
    package var refused: Set<UInt16> = []
    /// Attributes that it never answers.
    package var ignored: Set<UInt16> = []
    /// Whether subnet management packets from other nodes are dropped, as with a protecting M_Key.
    package var hides = false
    /// Whether it answers as the mlx5 kernel driver does: any attribute but ClassPortInfo and
    /// PortCountersExtended with the octets of PortCounters, PortSelect zero and status 0.
    package var isMLX5 = false

    init(guid: GUID, isSwitch: Bool, description: String) {
        self.guid = guid
        self.isSwitch = isSwitch
        self.description = description
    }

    /// A port that exists.
    package func port(_ number: UInt8) -> FakePort {
        if let port = ports[number] { return port }
        let port = FakePort()
        ports[number] = port
        return port
    }

    /// The LID that the port answers at.
    package func lid(of port: UInt8) -> UInt16 {
        ports[isSwitch ? 0 : port]?.lid ?? 0
    }
}

/// One port of a played node; counters are what happened, however narrow the registers are.
package final class FakePort {
    /// PortState.
    package var state: UInt32 = 1
    /// PortPhysicalState.
    package var physicalState: UInt32 = 2
    /// LinkWidthActive.
    package var width: UInt32 = 2
    /// LinkWidthSupported and LinkWidthEnabled: 1X, 2X, 4X.
    package var widths: (supported: UInt32, enabled: UInt32) = (19, 19)
    /// LinkSpeedSupported and LinkSpeedEnabled: up to QDR.
    package var speeds: (supported: UInt32, enabled: UInt32) = (7, 7)
    /// LinkSpeedExtSupported and LinkSpeedExtEnabled: FDR to NDR.
    package var extendedSpeeds: (supported: UInt32, enabled: UInt32) = (15, 15)
    /// LinkSpeedActive.
    package var speed: UInt32 = 4
    /// LinkSpeedExtActive.
    package var extendedSpeed: UInt32 = 8
    /// LinkSpeedExtActive2.
    package var newerSpeed: UInt8 = 0
    /// The LID.
    package var lid: UInt16 = 0
    /// The subnet manager's LID.
    package var smLID: UInt16 = 1
    /// PortInfoExtended.FECModeActive.
    package var fec: UInt32 = 0
    /// True counts by the counter's name; absent means zero.
    package var counters: [String: UInt64] = [:]
    /// What the cable leads to.
    package var peer: (node: FakeNode, port: UInt8)?
}

extension FakeNode {
    /// Whether a field of the node's answers means anything; written down here once more so that
    /// the collector's own table is not its own judge.
    package func tells(_ field: Field, port: FakePort) -> Bool {
        let has = { (bit: UInt16) in self.mask & 1 << bit != 0 }
        let wide = mask2 & 2 != 0
        guard let attribute = field.attribute else { return false }
        switch attribute {
        case .portCounters:
            if field.symbol == "IB_PC_XMT_WAIT_F" { return has(12) }
            if field.symbol == "IB_PC_QP1_DROP_F" { return has(15) }
            return true
        case .portCountersExtended:
            guard has(9) || has(10) else { return false }
            if field.symbol.hasSuffix("PKTS_F"),
                field.symbol.contains("_XMT_UP")
                    || field.symbol.contains("_RCV_UP") || field.symbol.contains("_MPKTS")
            {
                return has(9)
            }
            if field.symbol == "IB_PC_EXT_XMT_WAIT_F" { return wide && has(12) }
            if field.symbol == "IB_PC_EXT_QP1_DROP_F" { return wide && has(15) }
            let isTraffic = field.symbol.hasSuffix("BYTES_F") || field.symbol.hasSuffix("PKTS_F")
            return isTraffic || wide
        case .portRcvErrorDetails, .portXmitDiscardDetails:
            return isSwitch && !refused.contains(attribute.rawValue)
        case .portExtendedSpeedsCounters:
            guard isSwitch, !refused.contains(0x1f), portMask & 1 << 14 != 0,
                port.extendedSpeed != 0 || port.newerSpeed != 0
            else { return false }
            let isReedSolomonField =
                field.symbol.contains("RSFEC") || field.symbol.hasPrefix("IB_PESC_PORT_FEC")
            return isReedSolomonField == (has(14) && (port.fec == 2 || port.fec == 3))
        }
    }
}
