import Model
import Testing

struct InfiniBandCountersTests {
    private static let all = InfiniBandCounters.all
    private static let wordCharacters = Set("abcdefghijklmnopqrstuvwxyz0123456789_")

    @Test func everyRowHasItsOwnName() {
        #expect(Self.all.count == InfiniBandCounters.count)
        #expect(Set(Self.all.map(\.name)).count == Self.all.count)
        for (index, counter) in Self.all.enumerated() {
            #expect(InfiniBandCounters.index(of: counter.name) == index)
        }
        #expect(InfiniBandCounters.index(of: "no_such_counter") == nil)
        #expect(InfiniBandCounters.index(of: "") == nil)
    }

    @Test(arguments: InfiniBandCounters.all)
    func rowIsWellFormed(_ counter: Counter) {
        #expect(Self.isSnakeCase(counter.name))
        #expect(counter.help.hasSuffix(".") && !counter.help.dropLast().contains(". "))
        #expect(counter.help.first?.isUppercase == true && counter.help.count < 100)
        #expect(!counter.fields.isEmpty && counter.fields.count <= 4)
        for field in counter.fields where field.attribute != nil {
            #expect(field.reference.hasPrefix("IBTA vol 1, 16.1."))
            #expect(field.symbol.hasPrefix("IB_P") && field.symbol.hasSuffix("_F"))
        }
        for field in counter.fields where field.source == .portInfo {
            #expect(field.reference == "IBTA vol 1, 14.2.5.6")
            #expect(field.symbol.hasPrefix("IB_PORT_") && field.symbol.hasSuffix("_F"))
        }
        for field in counter.fields where field.attribute == nil && field.source != .portInfo {
            #expect(field.reference.hasPrefix("kernel ") && Self.isSnakeCase(field.symbol))
        }
    }

    @Test(arguments: InfiniBandCounters.all)
    func widthAndBehaviourAgree(_ counter: Counter) {
        for field in counter.fields {
            switch field.width {
            case 4, 8, 16, 32:
                #expect(field.behaviour == (field.source == .hwCounter ? .wraps : .sticks))
                #expect(field.maximum == (1 << UInt64(field.width)) - 1)
            case 64:
                #expect(field.behaviour == .wide)
                #expect(field.maximum == .max)
            default: Issue.record("\(counter.name) has \(field.width) bits")
            }
        }
        // Nothing is read narrow that can be read wide.
        let widths = counter.preference.map { counter.fields[$0].width }
        #expect(widths == counter.fields.map(\.width).sorted(by: >))
        #expect(counter.preference.sorted() == Array(counter.fields.indices))
    }

    @Test func noFieldIsReadTwice() {
        let fields = Self.all.flatMap(\.fields)
        #expect(Set(fields.map(\.symbol)).count == fields.count)
    }

    // MARK: Names in Prometheus

    @Test(arguments: InfiniBandCounters.all)
    func metricFollowsTheNamingRules(_ counter: Counter) {
        let metric = counter.metric
        #expect(Self.isSnakeCase(metric) && metric.hasSuffix("_total"))
        let words = metric.split(separator: "_")
        #expect(Set(words).isDisjoint(with: ["ms", "us", "ns", "sec", "kb", "mb", "gb", "pct"]))
        #expect(words.filter { $0 == "total" }.count == 1)
        switch counter.unit {
        case .events, .packets: break
        case .fourOctets: #expect(metric.hasSuffix("_bytes_total"))
        case .bits: #expect(metric.contains("_bit_"))
        case .ticks, .blocks, .symbols:
            #expect(metric.hasSuffix("_\(counter.unit.rawValue)_total"))
        default: Issue.record("\(counter.unit) is no unit of a port")
        }
    }

    @Test func familyAndLaneNameOneCounter() {
        let labels = Self.all.map { "\($0.metric) \($0.lane.map(String.init) ?? "-")" }
        #expect(Set(labels).count == labels.count)
        for (metric, counters) in Dictionary(grouping: Self.all, by: \.metric) {
            #expect(counters.count == 1 || counters.allSatisfy { $0.lane != nil }, "\(metric)")
            #expect(Set(counters.map(\.unit)).count == 1)
            #expect(Set(counters.map(\.help)).count == 1)
            #expect(Set(counters.map(\.accuses)).count == 1)
        }
    }

    @Test(
        arguments: [
            ("symbol_error", "symbol_error_total"),
            ("port_xmit_wait", "port_xmit_wait_ticks_total"),
            ("port_rcv_data", "port_rcv_data_bytes_total"),
            ("port_rcv_packets", "port_rcv_packets_total"),
            ("port_fec_corrected", "port_fec_corrected_symbols_total"),
            ("fec_uncorrectable_lane_11", "fec_uncorrectable_blocks_total"),
        ])
    func metric(_ name: String, _ expected: String) {
        #expect(Self.all[row(name)].metric == expected)
    }

    // MARK: Lanes

    @Test(
        arguments: [
            ("error_detection", "IB_PESC_ERR_DET_CTR_LANE"),
            ("fec_correctable", "IB_PESC_FEC_CORR_BLOCK_CTR_LANE"),
            ("fec_uncorrectable", "IB_PESC_FEC_UNCORR_BLOCK_CTR_LANE"),
            ("fec_corrected", "IB_PESC_RSFEC_FEC_CORR_SYMBOL_CTR_LANE"),
        ])
    func everyLaneHasItsRow(_ family: String, _ symbol: String) {
        let lanes = Self.all.filter { $0.lane != nil && $0.family == family }
        #expect(lanes.compactMap(\.lane) == Array(0...11))
        for counter in lanes {
            let lane = counter.lane.map(String.init) ?? ""
            #expect(counter.name == "\(family)_lane_\(lane)")
            #expect(counter.fields.map(\.symbol) == ["\(symbol)\(lane)_F"])
            #expect(counter.fields.map(\.attribute) == [.portExtendedSpeedsCounters])
        }
    }

    @Test func lanesAreTheOnlyRowsWithALane() {
        #expect(Self.all.filter { $0.lane != nil }.count == 48 + 8)
        #expect(Self.all.allSatisfy { ($0.lane == nil) == ($0.family == $0.name) })
    }

    // MARK: The specification

    /// Field, width and libibmad symbol, as IBTA vol 1, 16.1.3.5 has them.
    @Test(
        arguments: [
            ("symbol_error", 16, "ERR_SYM"), ("link_error_recovery", 8, "LINK_RECOVERS"),
            ("link_downed", 8, "LINK_DOWNED"), ("port_rcv_errors", 16, "ERR_RCV"),
            ("port_rcv_remote_physical_errors", 16, "ERR_PHYSRCV"),
            ("port_rcv_switch_relay_errors", 16, "ERR_SWITCH_REL"),
            ("port_xmit_discards", 16, "XMT_DISCARDS"),
            ("port_xmit_constraint_errors", 8, "ERR_XMTCONSTR"),
            ("port_rcv_constraint_errors", 8, "ERR_RCVCONSTR"),
            ("local_link_integrity_errors", 4, "ERR_LOCALINTEG"),
            ("excessive_buffer_overrun_errors", 4, "ERR_EXCESS_OVR"),
            ("qp1_dropped", 16, "QP1_DROP"), ("vl15_dropped", 16, "VL15_DROPPED"),
            ("port_xmit_wait", 32, "XMT_WAIT"),
        ] as [(String, UInt8, String)])
    func narrowErrorHasAWideTwin(_ name: String, _ width: UInt8, _ symbol: String) throws {
        let fields = Self.all[row(name)].fields.filter { $0.attribute != nil }
        try #require(fields.count == 2)
        #expect(fields[0].attribute == .portCountersExtended && fields[0].width == 64)
        #expect(fields[0].symbol == "IB_PC_EXT_\(symbol)_F")
        #expect(fields[1].attribute == .portCounters && fields[1].width == width)
        #expect(fields[1].symbol == "IB_PC_\(symbol)_F")
    }

    @Test(
        arguments: [
            (.portCounters, 0x12, 14), (.portRcvErrorDetails, 0x15, 6),
            (.portXmitDiscardDetails, 0x16, 4), (.portCountersExtended, 0x1D, 22),
            // Two rows are read from either layout of the attribute.
            (.portExtendedSpeedsCounters, 0x1F, 55),
        ] as [(Attribute, UInt16, Int)])
    func attributeHasItsFields(_ attribute: Attribute, _ id: UInt16, _ count: Int) {
        #expect(attribute.rawValue == id)
        let fields = Self.all.flatMap(\.fields).filter { $0.attribute == attribute }
        #expect(fields.count == count)
    }

    /// What the kernel's documents name, and where the driver reads it
    /// (mlx5/counters.rst, en_stats.c, hw/mlx5/counters.c), or sw/rxe/rxe_hw_counters.c.
    @Test func whatThisNodeAloneTells() {
        let fields = Self.all.flatMap(\.fields)
        let statistics = fields.filter { if case .ethtool = $0.source { true } else { false } }
        #expect(statistics.count == 2 + 10 + 4 + 5)
        #expect(
            statistics.filter { $0.width == 32 }.map(\.symbol).sorted() == [
                "link_down_events_phy", "outbound_pci_stalled_rd_events",
                "outbound_pci_stalled_wr_events", "rx_pci_signal_integrity",
                "tx_pci_signal_integrity",
            ])
        #expect(statistics.filter { $0.clearGroup == nil }.allSatisfy { $0.reset == .driver })
        let files = fields.filter { $0.source == .hwCounter }
        #expect(!files.map(\.symbol).contains("lifespan"), "a setting, and no count")
        #expect(files.count == 18 + 4 + 9 + 3)
        #expect(files.allSatisfy { $0.reset == .driver && $0.clearGroup == nil })
        let wide = files.filter { $0.width == 64 }.map(\.symbol).sorted()
        #expect(
            wide == [
                "link_downed", "np_cnp_sent", "np_ecn_marked_roce_packets", "rcvd_pkts",
                "rp_cnp_handled", "rp_cnp_ignored", "rx_icrc_encapsulated", "sent_pkts",
            ])
    }

    /// What the HCA says of its last second (mlx5/counters.rst), in per cent.
    @Test func stallsAreGauges() {
        let names = ["outbound_pci_stalled_rd", "outbound_pci_stalled_wr"]
        #expect(InfiniBandCounters.gauges.map(\.name) == names)
        #expect(
            InfiniBandCounters.gauges.map(\.sources)
                == names.map { [GaugeSource(.ethtool(.pcie), $0)] })
        #expect(InfiniBandCounters.gauges.map(\.metric) == names.map { "\($0)_ratio" })
        #expect(InfiniBandCounters.gauges.allSatisfy { $0.unit.published(100) == .decimal(1) })
    }

    @Test func detailsAreSixteenBitsWide() {
        let details = Self.all.flatMap(\.fields).filter {
            $0.attribute == .portRcvErrorDetails || $0.attribute == .portXmitDiscardDetails
        }
        #expect(details.allSatisfy { $0.width == 16 })
        let speeds = Self.all.flatMap(\.fields).filter {
            $0.attribute == .portExtendedSpeedsCounters
        }
        let narrow = ["SYNC_HDR", "UNK_BLOCK", "ERR_DET"]
        for field in speeds {
            let isNarrow = narrow.contains { field.symbol.contains($0) }
            #expect(field.width == (isNarrow ? 16 : 32), "\(field.symbol)")
        }
    }

    @Test func trafficIsOnlyReadWide() {
        let traffic = Self.all.filter {
            $0.name.hasSuffix("_data") || $0.name.hasSuffix("cast_packets")
                || $0.name.hasSuffix("v_packets") || $0.name.hasSuffix("t_packets")
        }
        #expect(traffic.count == 8)
        #expect(traffic.allSatisfy { $0.accuses == .nobody })
        #expect(traffic.flatMap(\.fields).allSatisfy { $0.width == 64 })
        #expect(traffic.filter { $0.unit == .fourOctets }.count == 2)
    }

    @Test func nothingCorrectedAccusesAnybody() {
        for counter in Self.all where counter.name.contains("correct") {
            let isHarmless = !counter.name.contains("uncorrectable")
            #expect((counter.accuses == .nobody) == isHarmless, "\(counter.name)")
        }
    }

    @Test(arguments: [(Unit.fourOctets, 4), (.events, 1), (.ticks, 1)] as [(Unit, UInt64)])
    func publishedValueNeverOverflows(_ unit: Unit, _ factor: UInt64) {
        #expect(unit.factor == factor)
        #expect(unit.published(0) == 0)
        #expect(unit.published(1000) == 1000 * factor)
        #expect(unit.published(.max / factor) == .max / factor * factor)
        #expect(unit.published(.max) == .max)
        #expect(unit.published(1 << 62) == (factor == 4 ? .max : 1 << 62))
    }

    private static func isSnakeCase(_ text: String) -> Bool {
        wordCharacters.isSuperset(of: text) && text.first?.isLetter == true
            && !text.contains("__") && !text.hasSuffix("_")
    }
}
