import Fakes
import Foundation
import Model
import Testing

@testable import Collectors

/// Who the HCAs of a node are, by what its kernel tells.
@Suite struct HCAIdentityTests {
    /// A node of so many HCAs with one cable each, and the tree of its kernel.
    private final class Node {
        let rig: FakeRig
        let sys: FakeSysfs
        // What happens when something is about to be asked: device and question.
        var onAnnouncement: (String, String) -> Void = { _, _ in }
        private(set) var asked: [String] = []
        private(set) var collector: InfiniBandCollector<FakeFabric>?

        init(cables: Int, _ configuration: InfiniBandConfiguration = .init()) throws {
            rig = FakeRig(cables: cables)
            sys = try FakeSysfs()
            collector = InfiniBandCollector(
                configuration: configuration, transport: rig.fabric,
                facts: KernelFacts(sysRoot: sys.root, procRoot: sys.root),
                statistics: rig.statistics
            ) { [unowned self] device, what in
                if what == "identity" { asked.append(device) }
                onAnnouncement(device, what)
            }
        }

        /// A pass; the next one is as late as peers and identities are due.
        func collect() throws -> [PortReport] {
            defer { rig.wait(seconds: 60) }
            let report = collector?.collect()
            return try #require(report).ports
        }

        func identities() throws -> [HCAIdentity] { try collect().map(\.identity) }
    }

    /// A file that not even root may read.
    private static let forbidden = "/proc/sys/vm/compact_memory"

    private static let address = FakeSysfs.address(0x19)

    /// A node with one HCA.
    private func node(
        product: FakeProductData? = FakeProductData(), version: String? = nil
    ) throws -> Node {
        let node = try Node(cables: 1)
        try node.sys.addHCA(Self.address, "mlx5_0")
        try node.sys.identify(Self.address, "mlx5_0", product: product, version: version)
        return node
    }

    // MARK: Nodes

    @Test func aDGXHasEightHCAsForTheFabricAndTwoForEthernet() throws {
        let node = try Node(cables: 10)
        try node.sys.addDGX()
        for (number, (name, address)) in FakeSysfs.dgxHCAs.enumerated() {
            try node.sys.identify(
                address, name, boardID: number < 8 ? "MT_0000000838" : "MT_0000000359",
                product: FakeProductData(part: "P\(number)", serial: "S\(number)"),
                version: "24.10-1.1.4")
        }
        for hca in node.rig.hcas.suffix(2) { hca.layer = .ethernet }
        let ports = try node.collect()
        #expect(ports.map(\.device) == FakeSysfs.dgxHCAs.map(\.name))
        #expect(ports.map(\.identity.address) == FakeSysfs.dgxHCAs.map(\.address))
        #expect(ports.map(\.identity.serial) == (0..<10).map { "S\($0)" })
        #expect(ports.map(\.identity.part) == (0..<10).map { "P\($0)" })
        #expect(ports.map(\.layer).filter { $0 == .ethernet }.count == 2)
        #expect(ports.allSatisfy { $0.identity.role == .fabric && $0.isListed })
        #expect(ports.allSatisfy { $0.identity.driver == "mlx5_core 24.10-1.1.4" })
        #expect(ports[0].identity.boardID == "MT_0000000838")
        #expect(ports[9].identity.boardID == "MT_0000000359")
    }

    @Test func anHGXB200HasFunctionsThatServeItsNVSwitches() throws {
        let node = try Node(cables: 12)
        for number in 0..<12 {
            let (name, address) = ("mlx5_\(number)", FakeSysfs.address(UInt8(0x10 + number)))
            try node.sys.addHCA(address, name)
            try node.sys.identify(
                address, name, product: (4..<8).contains(number) ? .nvswitch : FakeProductData())
        }
        let ports = try node.collect()
        #expect(ports.map(\.device) == (0..<12).map { "mlx5_\($0)" }, "2 before 10")
        let switches = ports.filter { $0.identity.role == .nvswitchManagement }
        #expect(switches.map(\.device) == (4..<8).map { "mlx5_\($0)" })
        // They are read as ever.
        #expect(switches.allSatisfy { $0.local.link?.isActive == true })
        #expect(switches.allSatisfy { $0.local.value("port_xmit_data") == 0 })
    }

    @Test func theTwoPortsOfACardAreOfOneHCA() throws {
        let node = try node()
        node.rig.hcas[0].port(2).lid = 99
        node.rig.fabric.connect(node.rig.hcas[0], 2, node.rig.leaf, 9)
        let ports = try node.collect()
        #expect(ports.map(\.key.port) == [1, 2])
        #expect(ports.map(\.identity.serial) == ["MT2317XZ0A4K", "MT2317XZ0A4K"])
        #expect(node.asked == ["mlx5_0"], "read once for both")
    }

    @Test func aVirtualFunctionHasNoProductData() throws {
        let node = try Node(cables: 1)
        let address = PCIAddress(domain: 0xA1B2, bus: 0, device: 2)
        try node.sys.addHCA(address, "mlx5_ib0", kind: "0x020700")
        try node.sys.identify(address, "mlx5_ib0", boardID: nil, product: nil)
        node.rig.fabric.devices = ["mlx5_ib0": node.rig.hcas[0]]
        let identity = try #require(try node.identities().first)
        var expected = HCAIdentity()
        (expected.address, expected.driver) = (address, "mlx5_core")
        #expect(identity == expected)
    }

    @Test func softRoCEIsNoPCIFunction() throws {
        let node = try Node(cables: 1)
        let path = node.sys.root + "/class/infiniband/mlx5_0"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        #expect(try node.identities() == [HCAIdentity()])
    }

    // MARK: What cannot be read

    @Test func garbageIsUnknown() throws {
        let node = try node(product: nil, version: "\u{7}")
        try node.sys.put(Self.address, "vpd", [UInt8](repeating: 0xFF, count: 300))
        try node.sys.put(Self.address, "infiniband/mlx5_0/board_id", [0xC3, 0x28, 0x0A])
        let identity = try #require(try node.identities().first)
        #expect(identity.boardID == nil && identity.part == nil && identity.serial == nil)
        #expect(identity.driver == "mlx5_core" && identity.role == .fabric)
        try node.sys.set(Self.address, "infiniband/mlx5_0/board_id", "")
        #expect(try node.identities().first?.boardID == nil)
    }

    @Test func whatIsRefusedIsNotAskedAgain() throws {
        let node = try node(product: nil)
        for _ in 0..<3 { #expect(try node.identities().first?.serial == nil) }
        try node.sys.put(Self.address, "vpd", FakeProductData().octets)
        #expect(try node.identities().first?.serial == nil)
        #expect(node.asked == ["mlx5_0"])
    }

    // As while the udev rule has not been at work yet.
    @Test func aPermissionThatComesLaterIsFound() throws {
        let node = try node(product: nil)
        try node.sys.link(Self.address, "vpd", to: Self.forbidden)
        #expect(try node.identities().first?.serial == nil)
        try node.sys.unset(Self.address, "vpd")
        try node.sys.put(Self.address, "vpd", FakeProductData.nvswitch.octets)
        let identity = try #require(try node.identities().first)
        #expect(identity.serial == "MT2422600RKM" && identity.role == .nvswitchManagement)
        _ = try node.identities()
        #expect(node.asked == ["mlx5_0", "mlx5_0"])
    }

    @Test func aFunctionKeepsItsRoleWhileNobodyMayReadIt() throws {
        let node = try node(product: .nvswitch)
        #expect(try node.identities().first?.role == .nvswitchManagement)
        try node.sys.link(Self.address, "vpd", to: Self.forbidden)
        try replace(node)
        let identity = try #require(try node.identities().first)
        #expect(identity.role == .nvswitchManagement && identity.serial == nil)
    }

    @Test func anExcludedDeviceIsNotTouched() throws {
        let node = try Node(cables: 2, InfiniBandConfiguration(exclude: ["mlx5_1"]))
        for number in 0..<2 {
            let address = FakeSysfs.address(UInt8(0x19 + number))
            try node.sys.addHCA(address, "mlx5_\(number)")
            try node.sys.identify(address, "mlx5_\(number)")
        }
        #expect(try node.identities().count == 1)
        #expect(node.asked == ["mlx5_0"])
    }

    // MARK: What changes

    /// Makes the device a new one of its name, as when its driver is loaded anew.
    private func replace(_ node: Node) throws {
        let path = node.sys.directory(Self.address) + "/infiniband/mlx5_0"
        try FileManager.default.copyItem(atPath: path, toPath: path + "-new")
        try FileManager.default.moveItem(atPath: path, toPath: path + "-old")
        try FileManager.default.moveItem(atPath: path + "-new", toPath: path)
    }

    @Test func aDeviceThatIsRegisteredAnewIsReadAnew() throws {
        let node = try node()
        #expect(try node.identities().first?.serial == "MT2317XZ0A4K")
        try node.sys.put(Self.address, "vpd", FakeProductData(serial: "NEW").octets)
        #expect(try node.identities().first?.serial == "MT2317XZ0A4K", "the same instance")
        try replace(node)
        #expect(try node.identities().first?.serial == "NEW")
    }

    @Test func aDeviceThatIsGoneIsKnownAndNotListed() throws {
        let node = try node()
        _ = try node.collect()
        try node.sys.remove(Self.address)
        node.rig.fabric.devices = [:]
        let port = try #require(try node.collect().first)
        #expect(!port.isListed && port.identity.serial == "MT2317XZ0A4K")
        #expect(port.identity.address == Self.address)
    }

    @Test func whatIsReadOfADeviceOnItsWayOutIsDropped() throws {
        let node = try node()
        node.onAnnouncement = { _, what in
            if what == "identity" { try? node.sys.remove(Self.address) }
        }
        #expect(try node.identities() == [HCAIdentity()])
        #expect(try node.identities() == [HCAIdentity()], "it is not there")
        #expect(node.asked == ["mlx5_0"])
    }

    @Test func aCounterFileWithoutAPMAIsUnsupported() throws {
        let node = try node()
        try node.sys.set(
            Self.address, "infiniband/mlx5_0/ports/1/hw_counters/out_of_sequence", "N/A (no PMA)")
        let port = try #require(try node.collect().first)
        #expect(port.local.reading("out_of_sequence") == .unsupported)
        #expect(port.identity.serial == "MT2317XZ0A4K")
    }
}
