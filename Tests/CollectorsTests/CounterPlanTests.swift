import Collectors
import Fakes
import Model
import Testing

@Suite struct CounterPlanTests {
    private static let portCounters = packet(
        """
        64: 00 01 00 00             # PortSelect 1
        68: 12 34 56 78             # SymbolError, LinkErrorRecovery, LinkDowned
        72: 00 02 ff ff             # PortRcvErrors, PortRcvRemotePhysicalErrors full
        76: 00 04 00 05             # PortRcvSwitchRelayErrors, PortXmitDiscards
        80: 06 07 00 9f             # Xmit, Rcv constraint; LocalLinkIntegrity 9, overrun 15
        84: 00 0a 00 0b             # QP1Dropped, VL15Dropped
        88: ff ff ff ff ff ff ff ff # 32-bit data: full, and never read
        96: ff ff ff ff ff ff ff ff # 32-bit packets: likewise
        104: 80 00 00 01            # PortXmitWait
        """)

    private static let extended = packet(
        """
        64: 00 01 00 00 00 00 00 00
        72: 00 00 00 00 00 00 00 01 # PortXmitData
        80: ff ff ff ff ff ff ff fe # PortRcvData
        88: 00 00 00 00 00 00 00 03 # PortXmitPkts
        96: 00 00 00 01 00 00 00 04 # PortRcvPkts, more than 32 bits
        104: 00 00 00 00 00 00 00 05 00 00 00 00 00 00 00 06 # unicast
        120: 00 00 00 00 00 00 00 07 00 00 00 00 00 00 00 08 # multicast
        136: 00 00 00 01 00 00 00 00 # SymbolError
        144: 00 00 00 00 00 00 01 00 # LinkErrorRecovery beyond 8 bits
        """)

    private func read(
        _ capabilities: EndCapabilities, _ answers: [Attribute: MADPacket]
    ) -> EndReport {
        let plan = CounterPlan(capabilities)
        var readings = plan.unanswered
        for query in plan.queries {
            if let answer = answers[query.attribute] { query.read(answer, into: &readings) }
        }
        return EndReport(link: nil, readings: readings)
    }

    @Test func narrowErrors() {
        let end = read(
            EndCapabilities(mask: 1 << 9 | 1 << 12 | 1 << 15, mask2: 0, isSwitch: false),
            [.portCounters: Self.portCounters, .portCountersExtended: Self.extended])
        let expected: [(String, UInt64)] = [
            ("symbol_error", 0x1234), ("link_error_recovery", 0x56), ("link_downed", 0x78),
            ("port_rcv_errors", 2), ("port_rcv_remote_physical_errors", 0xffff),
            ("port_rcv_switch_relay_errors", 4), ("port_xmit_discards", 5),
            ("port_xmit_constraint_errors", 6), ("port_rcv_constraint_errors", 7),
            ("local_link_integrity_errors", 9), ("excessive_buffer_overrun_errors", 15),
            ("qp1_dropped", 10), ("vl15_dropped", 11), ("port_xmit_wait", 0x8000_0001),
        ]
        for (name, value) in expected {
            #expect(end.reading(name) == .value(value, field: 1), "\(name)")
        }
        #expect(end.reading("port_xmit_data") == .value(1, field: 0))
        #expect(end.reading("port_rcv_data") == .value(.max - 1, field: 0))
        #expect(end.reading("port_rcv_packets") == .value(0x1_0000_0004, field: 0))
        #expect(end.reading("multicast_rcv_packets") == .value(8, field: 0))
    }

    @Test func wideErrorsComeFirst() {
        let end = read(
            EndCapabilities(mask: 1 << 9, mask2: 2, isSwitch: true),
            [.portCounters: Self.portCounters, .portCountersExtended: Self.extended])
        #expect(end.reading("symbol_error") == .value(0x1_0000_0000, field: 0))
        #expect(end.reading("link_error_recovery") == .value(0x100, field: 0))
        #expect(end.reading("port_xmit_wait") == .unsupported)
        #expect(end.reading("qp1_dropped") == .unsupported)
    }

    // A field that failed is not looked up elsewhere: two sources are two counts.
    @Test func aFailedReadOfTheWideFieldStaysFailed() {
        let end = read(
            EndCapabilities(mask: 1 << 9, mask2: 2, isSwitch: true),
            [.portCounters: Self.portCounters])
        #expect(end.reading("symbol_error") == .failed)
    }

    @Test func reedSolomonLayout() {
        let answer = packet(
            """
            80: 00 03 00 04             # SyncHeaderError, UnknownBlock
            108: 00 00 00 21 00 00 00 22 # FECCorrectableSymbol lanes 0 and 1
            204: 00 00 00 31            # PortFECCorrectableBlock
            208: 00 00 00 32            # PortFECUncorrectableBlock
            212: ff ff ff ff            # PortFECCorrectedSymbol full
            """)
        let end = read(
            EndCapabilities(
                mask: 1 << 9 | 1 << 14, mask2: 0, isSwitch: true, speeds: .reedSolomon, lanes: 2),
            [.portExtendedSpeedsCounters: answer])
        #expect(end.reading("sync_header_errors") == .value(3, field: 1))
        #expect(end.reading("unknown_block_errors") == .value(4, field: 1))
        #expect(end.reading("fec_corrected_lane_0") == .value(0x21, field: 0))
        #expect(end.reading("fec_corrected_lane_1") == .value(0x22, field: 0))
        #expect(end.reading("fec_corrected_lane_2") == .unsupported)
        #expect(end.reading("port_fec_correctable") == .value(0x31, field: 0))
        #expect(end.reading("port_fec_uncorrectable") == .value(0x32, field: 0))
        #expect(end.reading("port_fec_corrected") == .value(0xffff_ffff, field: 0))
        #expect(end.reading("error_detection_lane_0") == .unsupported)
        #expect(end.reading("fec_correctable_lane_0") == .unsupported)
    }

    @Test func standardLayout() {
        let answer = packet(
            """
            84: 00 11 00 12             # ErrorDetection lanes 0 and 1
            108: 00 00 00 21            # FECCorrectableBlock lane 0
            156: 00 00 00 41            # FECUncorrectableBlock lane 0
            """)
        let end = read(
            EndCapabilities(
                mask: 1 << 9 | 1 << 14, mask2: 0, isSwitch: true, speeds: .standard, lanes: 4),
            [.portExtendedSpeedsCounters: answer])
        #expect(end.reading("error_detection_lane_1") == .value(0x12, field: 0))
        #expect(end.reading("fec_correctable_lane_0") == .value(0x21, field: 0))
        #expect(end.reading("fec_uncorrectable_lane_0") == .value(0x41, field: 0))
        #expect(end.reading("fec_uncorrectable_lane_4") == .unsupported)
        #expect(end.reading("port_fec_uncorrectable") == .unsupported)
    }

    @Test func anUnknownLayoutIsNotAskedForAndNotCalledUnsupported() {
        let plan = CounterPlan(
            EndCapabilities(
                mask: 1 << 9 | 1 << 14, mask2: 0, isSwitch: true, speeds: .unknown, lanes: 4))
        #expect(!plan.queries.contains { $0.attribute == .portExtendedSpeedsCounters })
        let end = EndReport(link: nil, readings: plan.unanswered)
        #expect(end.reading("port_fec_uncorrectable") == .failed)
        #expect(end.reading("fec_correctable_lane_3") == .failed)
    }

    static let switches: [EndCapabilities] = (0..<32).flatMap { bits -> [EndCapabilities] in
        let places: [UInt16] = [9, 10, 12, 14, 15]
        let mask = places.enumerated().reduce(UInt16(0)) {
            bits & 1 << $1.offset == 0 ? $0 : $0 | 1 << $1.element
        }
        return [UInt32(0), 2].flatMap { mask2 in
            [EndCapabilities.Speeds.none, .standard, .reedSolomon].map {
                EndCapabilities(mask: mask, mask2: mask2, isSwitch: true, speeds: $0, lanes: 4)
            }
        }
    }

    // Every combination of the bits against what the played switch says of its own fields.
    @Test(arguments: switches)
    func everyCombination(capabilities: EndCapabilities) {
        let node = FakeFabric().addNode(1, isSwitch: true, "")
        node.mask = capabilities.mask
        node.mask2 = capabilities.mask2
        node.portMask = capabilities.speeds == .none ? 0 : FakeRig.switchPortMask
        let port = node.port(1)
        let isReedSolomon = capabilities.speeds == .reedSolomon
        // The layout is the collector's to choose; an end without the counters has but one.
        guard !isReedSolomon || node.mask & 1 << 14 != 0 else { return }
        port.fec = isReedSolomon ? 2 : 0
        let plan = CounterPlan(capabilities)
        for (row, counter) in InfiniBandCounters.all.enumerated() {
            let isOffered =
                (counter.lane ?? 0) < 4
                && counter.fields.contains { node.tells($0, port: port) }
            #expect(
                plan.unanswered[row] == (isOffered ? .failed : .unsupported), "\(counter.name)")
        }
    }

    @Test(arguments: [0, 0xffff] as [UInt16])
    func anHCAIsAskedForNothingElse(mask: UInt16) {
        let plan = CounterPlan(
            EndCapabilities(
                mask: mask, mask2: 0x7ff_ffff, isSwitch: false, speeds: .reedSolomon, lanes: 4))
        let allowed: Set<Attribute> = [.portCounters, .portCountersExtended]
        #expect(allowed.isSuperset(of: plan.queries.map(\.attribute)))
    }
}
