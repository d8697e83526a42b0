import Fakes
import Foundation
import Model
import Testing

@testable import Collectors

/// RDMA ports whose link layer is Ethernet: the kernel tells of them, and no datagram is sent.
@Suite struct EthernetPortTests {
    private func node(_ rate: String = "200 Gb/sec (4X HDR)\n") throws -> HostRig {
        let host = try HostRig(cables: 2)
        host.rig.hcas[0].layer = .ethernet
        try host.port("state", "4: ACTIVE\n")
        try host.port("phys_state", "5: LinkUp\n")
        try host.port("rate", rate)
        return host
    }

    @Test func stateRateAndCountersComeFromTheKernel() throws {
        let host = try node()
        try host.hardware("np_cnp_sent", "17\n")
        host.rig.statistics.set("ib0", "rx_pcs_symbol_err_phy", 3)
        var collector = host.collector()
        let port = try #require(collector.collect().ports.first)
        #expect(port.device == "mlx5_0" && port.layer == .ethernet)
        #expect(port.local.failure == nil && port.peer == .absent)
        let link = try #require(port.local.link)
        #expect(link.isActive && link.physicalState == 5)
        #expect(link.widthLanes == 4 && link.bitsPerSecond == 200_000_000_000)
        #expect(port.local.value("np_cnp_sent") == 17)
        #expect(port.local.reading("symbol_error") == .value(3, field: 2))
        #expect(port.local.reading("port_xmit_data") == .unsupported)
        // The other device is InfiniBand as ever.
        #expect(host.rig.fabric.log.contains { $0.device == "mlx5_1" })
        #expect(!host.rig.fabric.log.contains { $0.device == "mlx5_0" })
    }

    @Test(
        arguments: [
            ("100 Gb/sec (4X EDR)\n", 4, 25_000), ("10 Gb/sec (1X FDR10)\n", 1, 10_000),
            ("2.5 Gb/sec (1X SDR)\n", 1, 2500), ("", 0, 0), ("garbage\n", 0, 0),
            ("10 Gb/sec (0X SDR)\n", 0, 0), ("1e99 Gb/sec (1X SDR)\n", 0, 0),
        ] as [(String, UInt8, UInt32)])
    func rate(_ text: String, _ lanes: UInt8, _ megabits: UInt32) throws {
        let host = try node(text)
        var collector = host.collector()
        let link = try #require(collector.collect().ports.first?.local.link)
        #expect(link.widthLanes == lanes && link.laneMegabitsPerSecond == megabits)
    }

    @Test func withoutAStateNothingIsSaid() throws {
        let host = try node()
        try host.port("state", "garbage\n")
        var collector = host.collector()
        let end = try #require(collector.collect().ports.first).local
        #expect(end.link == nil && end.failure == .transport)
    }

    // A function that may not ask has its driver write a line to the kernel log each time.
    @Test func whatIsRefusedIsNotAskedForAgain() throws {
        let host = try node("N/A\n")
        try host.port("state", "N/A\n", device: "mlx5_1")
        host.rig.hcas[1].layer = .ethernet
        var collector = host.collector()
        var ports = collector.collect().ports
        #expect(ports[0].local.link?.isActive == true && ports[0].local.link?.widthLanes == 0)
        #expect(ports[1].local.link == nil && ports[1].local.failure == .refused)
        try host.port("rate", "200 Gb/sec (4X HDR)\n")
        for name in ["state", "phys_state"] { try host.port(name, "4: UP\n", device: "mlx5_1") }
        for _ in 0..<3 {
            host.rig.wait(seconds: 60)
            ports = collector.collect().ports
            #expect(ports[0].local.link?.isActive == true && ports[0].local.link?.widthLanes == 0)
            #expect(ports[1].local.failure == .refused)
        }
        for name in ["mlx5_0", "mlx5_1"] { try host.replace(name) }
        host.rig.wait()
        ports = collector.collect().ports
        #expect(ports[0].local.link?.widthLanes == 4 && ports[1].local.link?.isActive == true)
    }

    // As a device of another vendor: what the kernel says of it is shown, and no datagram is sent.
    @Test func aPortThatSpeaksNobodyKnowsWhatIsShown() throws {
        #expect(UMADTransport.layer("IB") == .infiniBand)
        #expect(UMADTransport.layer("InfiniBand") == .infiniBand)
        #expect(UMADTransport.layer("Ethernet") == .ethernet)
        #expect(UMADTransport.layer("Unknown") == .unknown && UMADTransport.layer("") == .unknown)
        let host = try node()
        host.rig.hcas[0].layer = .unknown
        var collector = host.collector()
        for _ in 0..<3 {
            let port = try #require(collector.collect().ports.first)
            #expect(port.layer == .unknown && port.local.link?.isActive == true)
            #expect(port.local.failure == nil && port.peer == .absent)
            host.rig.wait(seconds: 60)
        }
        #expect(!host.rig.fabric.log.contains { $0.device == "mlx5_0" })
        // The kernel may know later.
        host.rig.hcas[0].layer = .infiniBand
        let port = try #require(collector.collect().ports.first)
        #expect(port.layer == .infiniBand && port.peer.identity != nil)
    }

    // As after a change of LINK_TYPE in the HCA's configuration.
    @Test func aDriverThatIsLoadedAnewMayFindInfiniBand() throws {
        let host = try node()
        var collector = host.collector()
        #expect(collector.collect().ports.first?.layer == .ethernet)
        host.rig.hcas[0].layer = .infiniBand
        host.rig.wait(seconds: 60)
        #expect(collector.collect().ports.first?.layer == .ethernet, "the same instance")
        host.rig.wait()
        #expect(collector.collect().ports.first?.layer == .ethernet)
        try host.replace("mlx5_0")
        // Seen by some passes before devices are looked for again.
        for _ in 0..<6 {
            host.rig.wait()
            _ = collector.collect()
        }
        let port = try #require(collector.collect().ports.first)
        #expect(port.layer == .infiniBand && port.peer.identity != nil)
        // Described once for its instance.
        let count = host.rig.fabric.described.count
        host.rig.wait(seconds: 60)
        _ = collector.collect()
        #expect(host.rig.fabric.described.count == count)
    }

    @Test func anInstanceIsDescribedOnce() throws {
        let host = try node()
        var collector = host.collector()
        for _ in 0..<20 {
            _ = collector.collect()
            host.rig.wait()
        }
        #expect(host.rig.fabric.described == ["mlx5_0", "mlx5_1"])
    }
}
