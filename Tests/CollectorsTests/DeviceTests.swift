import Collectors
import Fakes
import Foundation
import Model
import Testing

@Suite struct DeviceTests {
    @Test func portsComeInNaturalOrder() {
        let rig = FakeRig(cables: 12)
        var collector = rig.collector()
        #expect(collector.collect().ports.map(\.device) == (0..<12).map { "mlx5_\($0)" })
    }

    @Test func anExcludedDeviceIsNotTouched() {
        let rig = FakeRig(cables: 3)
        var configuration = InfiniBandConfiguration()
        configuration.exclude = ["mlx5_1"]
        var collector = rig.collector(configuration)
        let report = collector.collect()
        #expect(report.ports.map(\.device) == ["mlx5_0", "mlx5_2"])
        #expect(rig.fabric.described.sorted() == ["mlx5_0", "mlx5_2"])
        #expect(!rig.fabric.log.contains { $0.device == "mlx5_1" })
    }

    // The numbers of ports come from a listing, which asks nothing of the device.
    @Test func aDeviceWithoutAPortThatIsReadIsNotTouched() throws {
        let host = try HostRig(cables: 3)
        for index in 0..<3 { try host.port("state", "4: ACTIVE\n", device: "mlx5_\(index)") }
        host.rig.fabric.describeErrors["mlx5_2"] = 5
        var collector = host.collector(
            InfiniBandConfiguration(exclude: ["mlx5_1/1"]))
        for _ in 0..<3 {
            #expect(collector.collect().ports.map(\.device) == ["mlx5_0", "mlx5_2"])
            host.rig.wait(seconds: 60)
        }
        #expect(!host.rig.fabric.described.contains("mlx5_1"))
        #expect(!host.rig.statistics.asked.contains("ib1"))
    }

    @Test(arguments: [false, true])
    func aPortThatMayNotBeOpenedIsReportedAndTriedAgain(isTold: Bool) {
        let rig = FakeRig(cables: 2)
        rig.fabric.openErrors["mlx5_0/1"] = 13
        var collector = rig.collector()
        var report = collector.collect()
        #expect(report.ports[0].local == .unread(.noPermission))
        #expect(report.ports[0].peer == .unobservable(.noPermission))
        #expect(report.ports[0].key.node == rig.hcas[0].guid)
        #expect(report.ports[1].local.failure == nil)
        rig.fabric.openErrors = [:]
        rig.wait(seconds: 10)
        #expect(collector.collect().ports[0].local.failure == .noPermission)
        // Once the kernel has news of devices, or else after a while.
        if isTold { collector.lookAgain() } else { rig.wait(seconds: 60) }
        report = collector.collect()
        #expect(report.ports[0].local.failure == nil)
        #expect(report.ports[0].peer.end?.failure == nil)
    }

    @Test func aDeviceThatCannotBeDescribedIsReported() {
        let rig = FakeRig(cables: 2)
        rig.fabric.describeErrors["mlx5_1"] = 5
        var collector = rig.collector()
        let report = collector.collect()
        #expect(report.ports.map(\.device) == ["mlx5_0", "mlx5_1"])
        #expect(report.ports[1].local.failure == .transport)
        #expect(report.ports[1].key == PortKey(node: GUID(0), port: 1))
        rig.fabric.describeErrors = [:]
        rig.wait(seconds: 60)
        #expect(collector.collect().ports.map(\.key.node) == rig.hcas.map(\.guid))
    }

    @Test func aDeviceThatAppearsLaterIsFound() {
        let rig = FakeRig(cables: 2)
        let later = rig.fabric.devices.removeValue(forKey: "mlx5_0")
        var collector = rig.collector()
        #expect(collector.collect().ports.map(\.device) == ["mlx5_1"])
        rig.fabric.devices["mlx5_0"] = later
        rig.wait(seconds: 60)
        #expect(collector.collect().ports.map(\.device) == ["mlx5_0", "mlx5_1"])
    }

    @Test func aDeviceThatVanishesIsMissedAndComesBack() {
        let rig = FakeRig(cables: 2)
        var collector = rig.collector()
        _ = collector.collect()
        rig.wait()
        rig.fabric.unplug("mlx5_0")
        let start = rig.fabric.clock
        var report = collector.collect()
        #expect(report.ports[0].local == .unread(.transport))
        #expect(report.ports[0].peer == .unobservable(.transport))
        #expect(report.ports[0].key.node == rig.hcas[0].guid)
        #expect(report.ports[1].peer.end?.failure == nil)
        #expect(rig.fabric.clock - start < 1_000_000)
        rig.wait()
        #expect(collector.collect().ports[0].local.failure == .transport)
        // A new card has taken the place and the name.
        let card = rig.fabric.addNode(0xc0ff_ee00_0000_0000, isSwitch: false, "host01 mlx5_0")
        card.isMLX5 = true
        card.mask = 1 << 9
        card.port(1).lid = 33
        rig.fabric.connect(card, 1, rig.leaf, 1)
        rig.fabric.devices["mlx5_0"] = card
        rig.wait(seconds: 60)
        report = collector.collect()
        #expect(report.ports.map(\.key.node) == [card.guid, rig.hcas[1].guid])
        #expect(report.ports[0].local.failure == nil)
    }

    // MARK: What hung the probe

    @Test func aDeviceThatIsLeftAloneIsReportedAndNotTouched() throws {
        let host = try HostRig(cables: 3)
        var configuration = InfiniBandConfiguration()
        configuration.stopped = ["mlx5_1"]
        #expect(!configuration.mayTouch(device: "mlx5_1"))
        #expect(!configuration.mayTouch(device: "mlx5_1", ports: [1]))
        var collector = host.collector(configuration)
        for _ in 0..<3 {
            let ports = collector.collect().ports
            #expect(ports.map(\.device) == ["mlx5_0", "mlx5_1", "mlx5_2"])
            #expect(ports.map(\.local.failure) == [nil, .leftAlone, nil])
            #expect(ports[1].peer == .unobservable(.leftAlone))
            host.rig.wait(seconds: 60)
        }
        #expect(!host.rig.fabric.described.contains("mlx5_1"))
        #expect(!host.rig.fabric.log.contains { $0.device == "mlx5_1" })
        #expect(!host.rig.statistics.asked.contains("ib1"))
        collector.leaveAlone([])
        let ports = collector.collect().ports
        #expect(ports.map(\.key.node) == host.rig.hcas.map(\.guid))
        #expect(ports.allSatisfy { $0.local.failure == nil })
        #expect(host.rig.fabric.described.filter { $0 == "mlx5_0" }.count == 1)
    }

    /// Without a list nothing is known to be absent; a kernel without RDMA has an empty one.
    @Test(arguments: [(13, false), (2, true), (nil, true)] as [(Int32?, Bool)])
    func aListThatCannotBeReadIsSaidToBe(code: Int32?, isListed: Bool) {
        let rig = FakeRig(cables: 1)
        rig.fabric.listError = code
        var collector = rig.collector()
        #expect(collector.collect().areDevicesListed == isListed)
    }

    // MARK: Names

    private func named() throws -> HostRig {
        let host = try HostRig(cables: 2)
        for (index, hca) in host.rig.hcas.enumerated() {
            try host.guid(hca.guid, device: "mlx5_\(index)")
        }
        return host
    }

    @Test func aDeviceThatIsRenamedIsTheOneOfThatName() throws {
        let host = try named()
        var collector = host.collector(InfiniBandConfiguration(exclude: ["ib_secret"]))
        #expect(collector.collect().ports.map(\.device) == ["mlx5_0", "mlx5_1"])
        try host.rename("mlx5_0", to: "ib_rail0")
        host.rig.wait(seconds: 60)
        let ports = collector.collect().ports
        #expect(ports.map(\.device) == ["ib_rail0", "mlx5_1"])
        #expect(ports.map(\.key.node) == host.rig.hcas.map(\.guid))
        #expect(ports.allSatisfy { $0.local.failure == nil })
        #expect(host.rig.fabric.closed == ["mlx5_0"])
        // An exclusion of the new name holds.
        try host.rename("mlx5_1", to: "ib_secret")
        host.rig.wait(seconds: 60)
        host.rig.fabric.clearLog()
        #expect(collector.collect().ports.map(\.device) == ["ib_rail0"])
        #expect(host.rig.fabric.closed == ["mlx5_0", "mlx5_1"])
        #expect(host.rig.fabric.log.allSatisfy { $0.device == "ib_rail0" })
    }

    @Test func devicesMayChangeTheirNames() throws {
        let host = try named()
        var collector = host.collector()
        _ = collector.collect()
        try host.rename("mlx5_0", to: "aside")
        try host.rename("mlx5_1", to: "mlx5_0")
        try host.rename("aside", to: "mlx5_1")
        host.rig.wait(seconds: 60)
        let ports = collector.collect().ports
        #expect(ports.map(\.device) == ["mlx5_0", "mlx5_1"])
        #expect(ports.map(\.key.node) == host.rig.hcas.reversed().map(\.guid))
        #expect(ports.allSatisfy { $0.local.failure == nil })
    }

    @Test func aDeviceThatIsNowhereIsMissedUnderItsName() throws {
        let host = try named()
        var collector = host.collector()
        _ = collector.collect()
        host.rig.fabric.unplug("mlx5_0")
        try FileManager.default.removeItem(at: host.device("mlx5_0"))
        for _ in 0..<3 {
            host.rig.wait(seconds: 60)
            let ports = collector.collect().ports
            #expect(ports.map(\.device) == ["mlx5_0", "mlx5_1"])
            #expect(ports[0].local.failure == .transport)
        }
        #expect(host.rig.fabric.closed.isEmpty)
    }
}
