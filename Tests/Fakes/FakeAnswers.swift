import CInfiniBand
import Collectors
import Model

/// Writes the attributes that a played node answers with.
struct FakeAnswer {
    var packet: MADPacket

    // An answer to a request: the same header with the response bit, and nothing it does not say
    // is zero, so that a field read without reason shows.
    init(to request: MADPacket, status: UInt32, isDirected: Bool) {
        packet = request
        set(IB_MAD_RESPONSE_F, 1, base: 0)
        set(IB_MAD_STATUS_F, status | (isDirected ? 0x8000 : 0), base: 0)
    }

    private mutating func set(_ field: MAD_FIELDS, _ value: UInt32, base: Int32 = 64) {
        packet.withUnsafeOctets { mad_set_field($0, base, field, value) }
    }

    private mutating func setWide(_ field: MAD_FIELDS, _ value: UInt64) {
        packet.withUnsafeOctets { mad_set_field64($0, 64, field, value) }
    }

    mutating func fill(_ octet: UInt8) {
        packet.withUnsafeOctets {
            let data = $0 + 64
            for place in 0..<192 { data.storeBytes(of: octet, toByteOffset: place, as: UInt8.self) }
        }
    }

    // The data of an SMP is 64 octets long; the paths behind it stay.
    mutating func clearSubnetData() {
        packet.withUnsafeOctets {
            let data = $0 + 64
            for place in 0..<64 { data.storeBytes(of: 0, toByteOffset: place, as: UInt8.self) }
        }
    }

    mutating func nodeInfo(_ node: FakeNode, arrivalPort: UInt8) {
        clearSubnetData()
        set(IB_NODE_BASE_VERS_F, 1)
        set(IB_NODE_CLASS_VERS_F, 1)
        set(IB_NODE_TYPE_F, node.isSwitch ? 2 : 1)
        setWide(IB_NODE_SYSTEM_GUID_F, node.guid.rawValue + 3)
        setWide(IB_NODE_GUID_F, node.guid.rawValue)
        setWide(IB_NODE_PORT_GUID_F, node.guid.rawValue + UInt64(arrivalPort))
        set(IB_NODE_LOCAL_PORT_F, UInt32(arrivalPort))
    }

    mutating func nodeDescription(_ node: FakeNode) {
        clearSubnetData()
        packet.withUnsafeOctets {
            for (place, octet) in node.description.utf8.prefix(64).enumerated() {
                $0.storeBytes(of: octet, toByteOffset: 64 + place, as: UInt8.self)
            }
        }
    }

    mutating func portInfo(_ node: FakeNode, _ number: UInt8) {
        clearSubnetData()
        guard let port = node.ports[number] else { return }
        let isExternal = node.isSwitch && number != 0
        set(IB_PORT_LID_F, isExternal ? 0 : UInt32(port.lid))
        set(IB_PORT_SMLID_F, isExternal ? 0 : UInt32(port.smLID))
        set(IB_PORT_CAPMASK_F, isExternal ? 0 : node.portMask)
        set(IB_PORT_CAPMASK2_F, isExternal ? 0 : UInt32(node.portMask2))
        set(IB_PORT_LOCAL_PORT_F, UInt32(number))
        set(IB_PORT_STATE_F, port.state)
        set(IB_PORT_PHYS_STATE_F, port.physicalState)
        set(IB_PORT_LINK_WIDTH_SUPPORTED_F, port.widths.supported)
        set(IB_PORT_LINK_WIDTH_ENABLED_F, port.widths.enabled)
        set(IB_PORT_LINK_SPEED_SUPPORTED_F, port.speeds.supported)
        set(IB_PORT_LINK_SPEED_ENABLED_F, port.speeds.enabled)
        set(IB_PORT_LINK_SPEED_EXT_SUPPORTED_F, port.extendedSpeeds.supported)
        set(IB_PORT_LINK_SPEED_EXT_ENABLED_F, port.extendedSpeeds.enabled)
        set(IB_PORT_LINK_WIDTH_ACTIVE_F, port.width)
        for (name, field) in [
            ("mkey_violations", IB_PORT_MKEY_VIOL_F), ("pkey_violations", IB_PORT_PKEY_VIOL_F),
            ("qkey_violations", IB_PORT_QKEY_VIOL_F),
        ] { set(field, UInt32(min(port.counters[name] ?? 0, 0xffff))) }
        set(IB_PORT_LINK_SPEED_ACTIVE_F, port.speed)
        set(IB_PORT_LINK_SPEED_EXT_ACTIVE_F, port.extendedSpeed)
        packet.withUnsafeOctets {
            $0.storeBytes(of: port.newerSpeed << 5, toByteOffset: 64 + 56, as: UInt8.self)
        }
    }

    mutating func portInfoExtended(_ port: FakePort) {
        clearSubnetData()
        set(IB_PORT_EXT_FEC_MODE_ACTIVE_F, port.fec)
    }

    mutating func classPortInfo(_ node: FakeNode) {
        fill(0)
        set(IB_CPI_BASEVER_F, 1)
        set(IB_CPI_CLASSVER_F, 1)
        set(IB_CPI_CAPMASK_F, UInt32(node.mask))
        set(IB_CPI_CAPMASK2_F, node.mask2)
    }

    mutating func counters(_ attribute: Attribute, _ node: FakeNode, _ number: UInt8) {
        guard let port = node.ports[number] else { return }
        fill(0xa5)
        for (row, counter) in InfiniBandCounters.all.enumerated() {
            for (index, field) in counter.fields.enumerated()
            where field.attribute == attribute && node.tells(field, port: port) {
                let shown = min(port.counters[counter.name] ?? 0, field.maximum)
                guard let entry = MADFieldTable.rows[row][index] else { continue }
                let native = MAD_FIELDS(rawValue: entry.field.rawValue)
                if field.width == 64 {
                    setWide(native, shown)
                } else {
                    set(native, UInt32(shown))
                }
            }
        }
        set(IB_PC_PORT_SELECT_F, node.isMLX5 ? 0 : UInt32(number))
    }
}
