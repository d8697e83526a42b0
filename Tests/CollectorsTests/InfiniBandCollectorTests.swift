import Collectors
import Fakes
import Model
import Testing

@Suite struct InfiniBandCollectorTests {
    @Test func bothEndsOfACable() throws {
        let rig = FakeRig()
        rig.hcas[0].port(1).counters = [
            "symbol_error": 7, "port_xmit_data": 1 << 40, "pkey_violations": 3,
        ]
        rig.leaf.port(1).counters = [
            "symbol_error": 1 << 33, "port_rcv_data": 9, "port_inactive_discards": 4,
            "port_fec_uncorrectable": 2, "fec_corrected_lane_3": 33, "qp1_dropped": 6,
        ]
        var collector = rig.collector()
        let report = collector.collect()
        let port = try #require(report.ports.first)
        #expect(port.device == "mlx5_0")
        #expect(port.key == PortKey(node: rig.hcas[0].guid, port: 1))
        #expect(port.portGUID == GUID(rig.hcas[0].guid.rawValue + 1))
        #expect(port.firmware == "28.39.1002")
        #expect(port.model == "MT4129")
        #expect(port.description == "host01 mlx5_0")
        #expect(port.local.failure == nil)
        #expect(port.local.link?.isActive == true)
        #expect(port.local.reading("symbol_error") == .value(7, field: 1))
        #expect(port.local.reading("port_xmit_data") == .value(1 << 40, field: 0))
        #expect(port.local.reading("port_xmit_wait") == .unsupported)
        #expect(port.local.reading("pkey_violations") == .value(3, field: 0))
        #expect(port.local.reading("port_inactive_discards") == .unsupported)
        let identity = try #require(port.peer.identity)
        #expect(identity.key == PortKey(node: rig.leaf.guid, port: 1))
        #expect(identity.isSwitch)
        #expect(identity.description == "leaf01")
        #expect(identity.lid == 500)
        #expect(identity.systemImageGUID == GUID(rig.leaf.guid.rawValue + 3))
        let peer = try #require(port.peer.end)
        #expect(peer.failure == nil)
        #expect(peer.fec == .reedSolomon)
        #expect(peer.link?.speedName == "NDR")
        #expect(peer.reading("symbol_error") == .value(1 << 33, field: 0))
        #expect(peer.reading("port_inactive_discards") == .value(4, field: 0))
        #expect(peer.reading("port_fec_uncorrectable") == .value(2, field: 0))
        #expect(peer.reading("fec_corrected_lane_3") == .value(33, field: 0))
        #expect(peer.reading("fec_corrected_lane_4") == .unsupported)
        #expect(peer.reading("qp1_dropped") == .value(6, field: 0))
        #expect(peer.reading("pkey_violations") == .unsupported)
    }

    /// Counters in PortInfo are no change of the link: nobody is asked anew who he is.
    @Test func badKeysDisturbNothing() throws {
        let rig = FakeRig()
        var collector = rig.collector()
        for count in 0..<3 as Range<UInt64> {
            rig.hcas[0].port(1).counters["qkey_violations"] = count
            rig.wait()
            rig.fabric.clearLog()
            let port = try #require(collector.collect().ports.first)
            #expect(port.local.reading("qkey_violations") == .value(count, field: 0))
            if count > 0 { #expect(!rig.fabric.log.contains { $0.attribute == 0x11 }) }
        }
    }

    // Per cable: PortInfo and two counter attributes here, four there; 64-bit errors at the switch
    // make its narrow ones needless.
    @Test func eightCablesCostFiftySixDatagramsPerPass() {
        let rig = FakeRig(cables: 8)
        var collector = rig.collector()
        _ = collector.collect()
        #expect(rig.fabric.log.count == 8 * 15)
        for _ in 0..<5 {
            rig.wait()
            rig.fabric.clearLog()
            _ = collector.collect()
            #expect(rig.fabric.log.count == 8 * 7)
            #expect(rig.fabric.mostOutstanding <= 32)
        }
    }

    @Test func theIdentityIsReadAgainAtItsInterval() {
        let rig = FakeRig()
        var collector = rig.collector()
        _ = collector.collect()
        rig.wait(seconds: 61)
        rig.fabric.clearLog()
        let report = collector.collect()
        // Both descriptions, NodeInfo, PortInfo of port and switch, PortInfoExtended; the abilities
        // are kept.
        #expect(rig.fabric.log.count == 7 + 6)
        #expect(!rig.fabric.log.contains { $0.attribute == 1 })
        #expect(report.ports[0].peer.end?.linkAgeNanoseconds == 0)
        rig.wait(seconds: 20)
        let age = collector.collect().ports[0].peer.end?.linkAgeNanoseconds ?? 0
        #expect((20_000_000_000...20_100_000_000).contains(age))
    }

    @Test func onlyGetsAndOnlyWhatAnHCAUnderstands() {
        let rig = FakeRig(cables: 3)
        // Host to host: the cable of mlx5_2 leads to another HCA.
        let other = rig.fabric.addNode(0xc100_0000_0000_0000, isSwitch: false, "host02 mlx5_0")
        other.isMLX5 = true
        other.mask = 1 << 9
        other.port(2).lid = 90
        rig.fabric.connect(rig.hcas[2], 1, other, 2)
        var collector = rig.collector()
        for _ in 0..<10 {
            _ = collector.collect()
            rig.wait(seconds: 25)
        }
        #expect(rig.fabric.log.allSatisfy { $0.method == 1 })
        let switchGUID = rig.leaf.guid
        for request in rig.fabric.log where request.managementClass == 4 {
            guard request.target != switchGUID else { continue }
            #expect([0x01, 0x12, 0x1d].contains(request.attribute))
        }
        for request in rig.fabric.log where request.managementClass == 0x81 {
            #expect([0x10, 0x11, 0x15, 0x33].contains(request.attribute))
        }
    }

    @Test func aCableToAnotherHCA() throws {
        let rig = FakeRig()
        let other = rig.fabric.addNode(0xc100_0000_0000_0000, isSwitch: false, "host02 mlx5_0")
        other.isMLX5 = true
        other.mask = 1 << 9
        other.port(2).lid = 90
        other.port(2).counters = ["port_rcv_errors": 3]
        rig.fabric.connect(rig.hcas[0], 1, other, 2)
        var collector = rig.collector()
        let peer = collector.collect().ports[0].peer
        let identity = try #require(peer.identity)
        #expect(identity.key == PortKey(node: other.guid, port: 2))
        #expect(!identity.isSwitch)
        #expect(identity.lid == 90)
        #expect(peer.end?.reading("port_rcv_errors") == .value(3, field: 1))
        #expect(peer.end?.reading("fec_corrected_lane_0") == .unsupported)
    }

    @Test func theSecondPortOfAnHCA() throws {
        let rig = FakeRig()
        rig.hcas[0].port(2).lid = 77
        rig.fabric.connect(rig.hcas[0], 2, rig.leaf, 30)
        rig.leaf.port(30).counters = ["link_downed": 5]
        var collector = rig.collector()
        let report = collector.collect()
        #expect(report.ports.map(\.key.port) == [1, 2])
        #expect(report.ports[1].peer.identity?.key.port == 30)
        #expect(report.ports[1].peer.end?.value("link_downed") == 5)
        #expect(report.ports[1].local.link?.lid == 77)
        let routes = Set(rig.fabric.log.filter { $0.port == 2 }.map(\.route))
        #expect(routes.contains(.acrossCable(localPort: 2)))
        #expect(!routes.contains(.acrossCable(localPort: 1)))
    }

    @Test func aLinkThatIsDownHasNoPeer() throws {
        let rig = FakeRig(cables: 2)
        var collector = rig.collector()
        _ = collector.collect()
        rig.fabric.setState(rig.hcas[0], 1, 1)
        rig.wait()
        rig.fabric.clearLog()
        var report = collector.collect()
        #expect(report.ports[0].peer == .absent)
        #expect(report.ports[0].local.link?.state == 1)
        #expect(report.ports[1].peer.end?.failure == nil)
        #expect(!rig.fabric.log.contains { $0.device == "mlx5_0" && $0.target == rig.leaf.guid })
        rig.fabric.setState(rig.hcas[0], 1, 4)
        rig.wait()
        report = collector.collect()
        #expect(report.ports[0].peer.identity?.key.port == 1)
        #expect(report.ports[0].peer.end?.failure == nil)
    }

    @Test func aPortWithoutALIDHasNoAddress() throws {
        let rig = FakeRig()
        rig.hcas[0].port(1).lid = 0xffff
        rig.fabric.setState(rig.hcas[0], 1, 2)
        var collector = rig.collector()
        let port = collector.collect().ports[0]
        #expect(port.local.failure == .noAddress)
        #expect(port.local.link?.lid == 0)
        // What PortInfo itself counts needs no LID.
        for (counter, reading) in zip(InfiniBandCounters.all, port.local.readings) {
            let isInPortInfo = counter.fields[0].source == .portInfo
            #expect(reading == (isInPortInfo ? .value(0, field: 0) : .failed))
        }
        #expect(!rig.fabric.log.contains { $0.route == .lid(0xffff, serviceLevel: 0) })
        #expect(port.peer.identity?.key.port == 1)
    }

    @Test func theServiceLevelIsUsed() {
        let rig = FakeRig()
        var configuration = InfiniBandConfiguration()
        configuration.serviceLevel = 5
        var collector = rig.collector(configuration)
        _ = collector.collect()
        let performance = rig.fabric.log.filter { $0.managementClass == 4 }
        #expect(!performance.isEmpty)
        for request in performance {
            guard case .lid(_, 5) = request.route else {
                Issue.record("\(request)")
                continue
            }
        }
    }

    @Test func eachFamilyIsAnnounced() {
        let rig = FakeRig()
        var said: [String] = []
        var collector = InfiniBandCollector(
            configuration: InfiniBandConfiguration(), transport: rig.fabric,
            statistics: rig.statistics,
            announce: { said.append("\($0)/\($1)") })
        _ = collector.collect()
        #expect(
            said == [
                "*/devices", "mlx5_0/open", "mlx5_0/statistics", "*/near_end", "*/neighbour",
                "*/far_end", "*/abilities", "*/counters",
            ])
        said = []
        _ = collector.collect()
        #expect(said == ["mlx5_0/statistics", "*/near_end", "*/counters"])
    }

    @Test func theMomentIsTheMiddleOfThePass() {
        let rig = FakeRig()
        let start = rig.fabric.clock
        var collector = rig.collector()
        let report = collector.collect()
        let passed = rig.fabric.clock - start
        #expect(report.durationNanoseconds > 0)
        #expect(report.durationNanoseconds <= passed)
        #expect(report.moment.boottimeNanoseconds == start + report.durationNanoseconds / 2)
        let wall = rig.fabric.wallMilliseconds()
        #expect((wall - 1...wall).contains(report.moment.wallMilliseconds))
    }

    @Test func withoutDevicesThereIsAnEmptyReport() {
        let fabric = FakeFabric()
        var collector = InfiniBandCollector(
            configuration: InfiniBandConfiguration(), transport: fabric,
            statistics: FakeStatistics())
        let report = collector.collect()
        #expect(report.ports.isEmpty)
        #expect(report.durationNanoseconds == 0)
    }
}
