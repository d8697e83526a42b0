import Collectors
import Fakes
import Model
import Testing

@Suite struct PeerFaultTests {
    @Test func aPeerBehindAnMKeyIsUnobservableAndThenAskedLessOften() {
        let rig = FakeRig()
        rig.leaf.hides = true
        var collector = rig.collector()
        var asked: [Int] = []
        for _ in 0..<8 {
            rig.fabric.clearLog()
            let report = collector.collect()
            #expect(report.ports[0].peer == .unobservable(.timeout))
            #expect(report.ports[0].local.failure == nil)
            asked.append(rig.fabric.log.count { $0.attribute == 0x11 })
            rig.wait()
        }
        #expect(asked == [2, 2, 2, 0, 0, 0, 0, 0])
        rig.leaf.hides = false
        rig.wait(seconds: 60)
        #expect(collector.collect().ports[0].peer.identity?.key.node == rig.leaf.guid)
    }

    @Test func aSwitchThatAnswersNoPerformanceQueries() throws {
        let rig = FakeRig()
        rig.leaf.ignored = [0x01, 0x12, 0x15, 0x16, 0x1d, 0x1f]
        var collector = rig.collector()
        for _ in 0..<3 {
            let peer = collector.collect().ports[0].peer
            #expect(peer.identity?.key.node == rig.leaf.guid)
            #expect(peer.end?.failure == .timeout)
            #expect(peer.end?.link?.isActive == true)
            #expect(peer.end?.readings.allSatisfy { $0 == .failed } == true)
            rig.wait()
        }
        rig.leaf.ignored = []
        #expect(collector.collect().ports[0].peer.end?.failure == nil)
    }

    // PortInfo is asked for once a minute; when it is, and does not come, what is known is old.
    @Test func aStateThatWasDueAndNotReadIsNotShown() {
        let rig = FakeRig()
        var collector = rig.collector()
        #expect(collector.collect().ports[0].peer.end?.link?.isActive == true)
        rig.wait(seconds: 50)
        let between = collector.collect().ports[0].peer.end
        #expect(between?.link?.isActive == true)
        #expect(between?.linkAgeNanoseconds ?? 0 >= 50_000_000_000)
        rig.fabric.fault = { [guid = rig.leaf.guid] in
            $0.target == guid && $0.managementClass == 0x81 && $0.attribute == 0x15
                && $0.selector == 1 ? .lose : .none
        }
        for _ in 0..<3 {
            rig.wait()
            let end = collector.collect().ports[0].peer.end
            #expect(end?.link == nil && end?.linkAgeNanoseconds == 0)
            #expect(end?.failure == .timeout)
            #expect(end?.value("symbol_error") == 0)
            // What the counters' layout depends on is kept.
            #expect(end?.value("port_fec_uncorrectable") == 0)
        }
        rig.fabric.fault = { _ in .none }
        rig.wait()
        let end = collector.collect().ports[0].peer.end
        #expect(end?.link?.isActive == true && end?.failure == nil)
    }

    @Test func aNewLIDOfTheSwitchIsLearntInTheNextPass() {
        let rig = FakeRig(cables: 2)
        var collector = rig.collector()
        _ = collector.collect()
        rig.wait()
        rig.leaf.port(0).lid = 600
        let lost = collector.collect()
        #expect(lost.ports.allSatisfy { $0.peer.end?.failure == .timeout })
        #expect(lost.ports.allSatisfy { $0.peer.end?.value("symbol_error") == nil })
        rig.wait()
        let report = collector.collect()
        for port in report.ports {
            #expect(port.peer.identity?.lid == 600)
            #expect(port.peer.end?.failure == nil)
            #expect(port.peer.end?.value("symbol_error") == 0)
        }
    }

    @Test func aNewLIDOfThePortItselfIsLearntInTheSamePass() {
        let rig = FakeRig()
        var collector = rig.collector()
        _ = collector.collect()
        rig.wait()
        // Somebody else has the old LID now, and must not be taken for this port.
        let thief = rig.fabric.addNode(0xbad, isSwitch: false, "thief")
        thief.mask = 1 << 9
        thief.port(1).lid = rig.hcas[0].port(1).lid
        thief.port(1).state = 4
        thief.port(1).counters = ["link_downed": 99]
        rig.hcas[0].port(1).lid = 44
        let report = collector.collect()
        #expect(report.ports[0].local.link?.lid == 44)
        #expect(report.ports[0].local.failure == nil)
        #expect(report.ports[0].local.value("link_downed") == 0)
        #expect(report.ports[0].peer.end?.failure == nil)
    }

    @Test func aCableThatWasMovedBetweenTwoPasses() {
        let rig = FakeRig()
        var collector = rig.collector()
        _ = collector.collect()
        rig.wait()
        // The link is up again with the same width and speed; only LinkDowned tells.
        rig.fabric.connect(rig.hcas[0], 1, rig.leaf, 20)
        rig.leaf.port(20).fec = 2
        rig.hcas[0].port(1).counters["link_downed"] = 1
        rig.leaf.port(20).counters = ["port_rcv_errors": 5]
        let peer = collector.collect().ports[0].peer
        #expect(peer.identity?.key.port == 20)
        #expect(peer.end?.value("port_rcv_errors") == 5)
    }

    @Test(arguments: [0x15, 0x16, 0x1f] as [UInt16])
    func aRefusedOptionalAttributeIsUnsupportedUntilTheLinkChanges(attribute: UInt16) {
        let rig = FakeRig()
        rig.leaf.refused = [attribute]
        let rows = InfiniBandCounters.all.indices.filter {
            InfiniBandCounters.all[$0].fields.contains { $0.attribute?.rawValue == attribute }
        }
        var collector = rig.collector()
        for pass in 0..<3 {
            rig.fabric.clearLog()
            let end = collector.collect().ports[0].peer.end
            #expect(end?.failure == nil)
            #expect(rows.allSatisfy { end?.readings[$0] == .unsupported })
            let wasAsked = rig.fabric.log.contains {
                $0.managementClass == 4 && $0.attribute == attribute
            }
            #expect(wasAsked == (pass == 0))
            rig.wait(seconds: 40)
        }
        rig.leaf.refused = []
        rig.fabric.setState(rig.hcas[0], 1, 1)
        _ = collector.collect()
        rig.fabric.setState(rig.hcas[0], 1, 4)
        let end = collector.collect().ports[0].peer.end
        #expect(end?.failure == nil)
        #expect(rows.contains { end?.readings[$0] != .unsupported })
    }

    // Busy, or a port that it does not know today: that says nothing of the attribute.
    @Test(arguments: [0x01, 0x04, 0x1c] as [UInt32])
    func anotherRefusalOfAnOptionalAttributeIsAFailure(status: UInt32) {
        let rig = FakeRig()
        rig.fabric.fault = {
            $0.managementClass == 4 && $0.attribute == 0x16 ? .status(status) : .none
        }
        var collector = rig.collector()
        for _ in 0..<5 {
            let end = collector.collect().ports[0].peer.end
            #expect(end?.failure == .refused)
            #expect(end?.reading("port_inactive_discards") == .failed)
            rig.wait()
        }
    }

    @Test func anOptionalAttributeThatStaysUnansweredIsGivenUpAfterThreePasses() {
        let rig = FakeRig()
        rig.leaf.ignored = [0x16]
        var collector = rig.collector()
        for _ in 0..<3 {
            let end = collector.collect().ports[0].peer.end
            // Nobody promised it, so its silence is no failure.
            #expect(end?.failure == nil)
            #expect(end?.reading("port_inactive_discards") == .unsupported)
            #expect(end?.value("symbol_error") == 0)
            #expect(rig.fabric.log.contains { $0.attribute == 0x16 })
            rig.fabric.clearLog()
            rig.wait()
        }
        rig.fabric.clearLog()
        let end = collector.collect().ports[0].peer.end
        #expect(end?.failure == nil)
        #expect(end?.reading("port_inactive_discards") == .unsupported)
        #expect(rig.fabric.log.count == 6)
    }

    @Test func anAttributeThatHasAnsweredOnceIsNeverGivenUp() {
        let rig = FakeRig()
        var collector = rig.collector()
        for pass in 0..<12 {
            // Silent, answering once, then silent for longer than patience lasts.
            let isSilent = pass != 2 && pass != 10
            rig.leaf.ignored = isSilent ? [0x15] : []
            let end = collector.collect().ports[0].peer.end
            let reading = end?.reading("port_looping_errors")
            switch (pass, isSilent) {
            case (..<2, _): #expect(reading == .unsupported)
            case (_, true):
                #expect(reading == .failed)
                #expect(end?.failure == .timeout)
            case (_, false): #expect(reading == .value(0, field: 0))
            }
            rig.wait()
        }
    }

    @Test(arguments: [0x12, 0x1d] as [UInt16])
    func anAdvertisedAttributeThatIsRefusedHasFailed(attribute: UInt16) {
        let rig = FakeRig()
        rig.leaf.mask2 = 0
        rig.leaf.refused = [attribute]
        var collector = rig.collector()
        for _ in 0..<5 {
            let end = collector.collect().ports[0].peer.end
            #expect(end?.failure == .refused)
            let name = attribute == 0x12 ? "symbol_error" : "port_xmit_data"
            #expect(end?.reading(name) == .failed)
            rig.wait()
        }
    }

    @Test func theFECThatIsNotToldKeepsLaneCountersBack() {
        let rig = FakeRig()
        rig.fabric.fault = { $0.attribute == 0x33 ? .lose : .none }
        var collector = rig.collector()
        var end = collector.collect().ports[0].peer.end
        #expect(end?.fec == nil)
        #expect(end?.failure == .timeout)
        #expect(end?.reading("port_fec_uncorrectable") == .failed)
        #expect(end?.value("symbol_error") == 0)
        rig.fabric.fault = { _ in .none }
        rig.wait()
        end = collector.collect().ports[0].peer.end
        #expect(end?.fec == .reedSolomon)
        #expect(end?.value("port_fec_uncorrectable") == 0)
    }

    @Test(arguments: [0, 1, 2, 3] as [UInt32])
    func theLayoutFollowsTheFEC(fec: UInt32) {
        let rig = FakeRig()
        rig.leaf.port(1).fec = fec
        rig.leaf.port(1).counters = ["port_fec_uncorrectable": 8, "error_detection_lane_0": 9]
        var collector = rig.collector()
        let end = collector.collect().ports[0].peer.end
        #expect(end?.fec == FECMode(rawValue: UInt8(fec)))
        #expect(end?.value("port_fec_uncorrectable") == (fec >= 2 ? 8 : nil))
        #expect(end?.value("error_detection_lane_0") == (fec >= 2 ? nil : 9))
    }

    @Test(arguments: [(0, 0, 0x1f), (1 << 14, 0, 0)] as [(UInt32, UInt32, UInt16)])
    func extendedSpeedsNeedAPortThatHasThemAndALinkThatRunsOne(
        portMask: UInt32, speed: UInt32, unused: UInt16
    ) {
        let rig = FakeRig()
        rig.leaf.portMask = portMask
        rig.leaf.port(1).extendedSpeed = portMask == 0 ? 8 : speed
        var collector = rig.collector()
        let end = collector.collect().ports[0].peer.end
        #expect(!rig.fabric.log.contains { $0.attribute == 0x1f || $0.attribute == 0x33 })
        #expect(end?.reading("sync_header_errors") == .unsupported)
        #expect(end?.failure == nil)
    }

    @Test func fullCountersAreShownAsTheyAre() {
        let rig = FakeRig()
        rig.leaf.mask2 = 0
        rig.leaf.port(1).counters = [
            "symbol_error": 1 << 20, "local_link_integrity_errors": 16, "link_downed": 300,
            "port_xmit_wait": 1 << 40,
        ]
        var collector = rig.collector()
        let end = collector.collect().ports[0].peer.end
        #expect(end?.reading("symbol_error") == .value(0xffff, field: 1))
        #expect(end?.reading("local_link_integrity_errors") == .value(15, field: 1))
        #expect(end?.reading("link_downed") == .value(255, field: 1))
        #expect(end?.reading("port_xmit_wait") == .value(0xffff_ffff, field: 1))
    }

    @Test func aPeerThatDoesNotAnswerCostsTheOthersNothing() {
        let rig = FakeRig(cables: 8)
        let guid = rig.leaf.guid
        var collector = rig.collector()
        _ = collector.collect()
        rig.wait()
        rig.fabric.fault = { $0.device == "mlx5_3" && $0.target == guid ? .lose : .none }
        let start = rig.fabric.clock
        let report = collector.collect()
        for port in report.ports {
            #expect((port.peer.end?.failure == nil) == (port.device != "mlx5_3"))
        }
        #expect(rig.fabric.clock - start < InfiniBandConfiguration().passBudgetNanoseconds)
    }

    @Test func aDeadDeviceEndsThePassInTime() {
        let rig = FakeRig(cables: 8)
        var configuration = InfiniBandConfiguration()
        configuration.outstandingMADs = 2
        rig.fabric.fault = { _ in .lose }
        var collector = rig.collector(configuration)
        let start = rig.fabric.clock
        let report = collector.collect()
        #expect(rig.fabric.clock - start <= configuration.passBudgetNanoseconds)
        #expect(report.ports.allSatisfy { $0.local.failure != nil && $0.peer != .absent })
        #expect(report.ports.contains { $0.peer == .unobservable(.skipped) })
    }
}
