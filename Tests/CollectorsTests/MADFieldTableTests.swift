import CInfiniBand
import Collectors
import Model
import Testing

@Suite struct MADFieldTableTests {
    static let fields = InfiniBandCounters.all.indices.flatMap { row in
        let fields = InfiniBandCounters.all[row].fields
        return fields.indices.filter { fields[$0].attribute != nil }.map { (row, $0) }
    }

    // The table would stop the process at a symbol that libibmad does not have.
    @Test func everySymbolResolves() {
        #expect(MADFieldTable.rows.count == InfiniBandCounters.count)
        for (entries, counter) in zip(MADFieldTable.rows, InfiniBandCounters.all) {
            #expect(entries.map { $0 != nil } == counter.fields.map { $0.attribute != nil })
        }
    }

    // First octet of each field within the attribute (IBTA vol 1, 16.1.3 and 16.1.4), written down
    // without libibmad: one of its fields was found in the wrong place.
    static let firstOctets: [String: Int] = {
        var table = [
            "IB_PC_ERR_SYM_F": 4, "IB_PC_LINK_RECOVERS_F": 6, "IB_PC_LINK_DOWNED_F": 7,
            "IB_PC_ERR_RCV_F": 8, "IB_PC_ERR_PHYSRCV_F": 10, "IB_PC_ERR_SWITCH_REL_F": 12,
            "IB_PC_XMT_DISCARDS_F": 14, "IB_PC_ERR_XMTCONSTR_F": 16, "IB_PC_ERR_RCVCONSTR_F": 17,
            "IB_PC_ERR_LOCALINTEG_F": 19, "IB_PC_ERR_EXCESS_OVR_F": 19, "IB_PC_QP1_DROP_F": 20,
            "IB_PC_VL15_DROPPED_F": 22, "IB_PC_XMT_WAIT_F": 40,
            "IB_PC_RCV_LOCAL_PHY_ERR_F": 4, "IB_PC_RCV_MALFORMED_PKT_ERR_F": 6,
            "IB_PC_RCV_BUF_OVR_ERR_F": 8, "IB_PC_RCV_DLID_MAP_ERR_F": 10,
            "IB_PC_RCV_VL_MAP_ERR_F": 12, "IB_PC_RCV_LOOPING_ERR_F": 14,
            "IB_PC_XMT_INACT_DISC_F": 4, "IB_PC_XMT_NEIGH_MTU_DISC_F": 6,
            "IB_PC_XMT_SW_LIFE_DISC_F": 8, "IB_PC_XMT_SW_HOL_DISC_F": 10,
            "IB_PESC_SYNC_HDR_ERR_CTR_F": 16, "IB_PESC_UNK_BLOCK_CTR_F": 18,
            "IB_PESC_RSFEC_SYNC_HDR_ERR_CTR_F": 16, "IB_PESC_RSFEC_UNK_BLOCK_CTR_F": 18,
            "IB_PESC_PORT_FEC_CORR_BLOCK_CTR_F": 140, "IB_PESC_PORT_FEC_UNCORR_BLOCK_CTR_F": 144,
            "IB_PESC_PORT_FEC_CORR_SYMBOL_CTR_F": 148,
        ]
        let wide = [
            "XMT_BYTES", "RCV_BYTES", "XMT_PKTS", "RCV_PKTS", "XMT_UPKTS", "RCV_UPKTS", "XMT_MPKTS",
            "RCV_MPKTS", "ERR_SYM", "LINK_RECOVERS", "LINK_DOWNED", "ERR_RCV", "ERR_PHYSRCV",
            "ERR_SWITCH_REL", "XMT_DISCARDS", "ERR_XMTCONSTR", "ERR_RCVCONSTR", "ERR_LOCALINTEG",
            "ERR_EXCESS_OVR", "VL15_DROPPED", "XMT_WAIT", "QP1_DROP",
        ]
        for (place, name) in wide.enumerated() { table["IB_PC_EXT_\(name)_F"] = 8 + 8 * place }
        for lane in 0..<12 {
            table["IB_PESC_ERR_DET_CTR_LANE\(lane)_F"] = 20 + 2 * lane
            table["IB_PESC_FEC_CORR_BLOCK_CTR_LANE\(lane)_F"] = 44 + 4 * lane
            table["IB_PESC_FEC_UNCORR_BLOCK_CTR_LANE\(lane)_F"] = 92 + 4 * lane
            table["IB_PESC_RSFEC_FEC_CORR_SYMBOL_CTR_LANE\(lane)_F"] = 44 + 4 * lane
        }
        return table
    }()

    @Test(arguments: fields)
    func theFieldIsWhereTheSpecificationPutsIt(row: Int, index: Int) throws {
        let field = InfiniBandCounters.all[row].fields[index]
        let entry = try #require(MADFieldTable.rows[row][index])
        let native = MAD_FIELDS(rawValue: entry.field.rawValue)
        var octets = [UInt8](repeating: 0, count: 192)
        if field.width == 64 {
            mad_set_field64(&octets, 0, native, .max)
        } else {
            mad_set_field(&octets, 0, native, .max)
        }
        #expect(octets.firstIndex { $0 != 0 } == Self.firstOctets[field.symbol], "\(field.symbol)")
    }

    @Test(arguments: fields)
    func libibmadAgreesOnTheWidth(row: Int, index: Int) throws {
        let field = InfiniBandCounters.all[row].fields[index]
        let entry = try #require(MADFieldTable.rows[row][index])
        let native = MAD_FIELDS(rawValue: entry.field.rawValue)
        var ones = [UInt8](repeating: 0xff, count: 256)
        let value =
            field.width == 64
            ? mad_get_field64(&ones, 64, native) : UInt64(mad_get_field(&ones, 64, native))
        #expect(value == field.maximum, "\(field.symbol)")
        var zeros = [UInt8](repeating: 0, count: 256)
        if field.width == 64 {
            mad_set_field64(&zeros, 64, native, .max)
        } else {
            mad_set_field(&zeros, 64, native, .max)
        }
        let bits = zeros.reduce(0) { $0 + $1.nonzeroBitCount }
        #expect(bits == Int(field.width), "\(field.symbol)")
    }
}
