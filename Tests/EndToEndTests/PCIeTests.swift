import Fakes
import Foundation
import Model
import Testing
import Wire

extension EndToEndTests {
    /// The released daemon on a sysfs in the shape of a DGX H100, with fake GPUs and HCAs that are
    /// on the bus alone.
    @Suite struct PCIeTests {
        private static let gpu = FakeSysfs.address(0x2A)
        private static let hca = FakeSysfs.address(0x2B)
        private static let shared = FakeSysfs.address(0x16)

        private func withDGX(
            _ body: (DaemonProcess, FakeSysfs) throws -> Void
        ) throws {
            let node = try GPUNode()
            let place = node.home.file("sys")
            try FileManager.default.removeItem(at: place.appendingPathComponent("bus"))
            let sys = try FakeSysfs(place.path)
            try sys.addDGX()
            let settings = node.settings(["pcie: {interval: 1s}"]).replacing(
                "infiniband: {enabled: false}", with: "infiniband: {exclude: [mlx5_9]}")
            let daemon = try DaemonProcess(node.home, settings: settings)
            do {
                try body(daemon, sys)
                try daemon.stop()
            } catch {
                daemon.abandon()
                throw Failure("\(error)\nThe daemon said:\n\(daemon.child.errors)")
            }
        }

        private func device(_ daemon: DaemonProcess, _ address: PCIAddress) throws -> V1.PCIeDevice?
        {
            let document: V1.PCIe = try daemon.document("/api/v1/pcie")
            return document.devices.first { $0.address == address.description }
        }

        @Test func `every device is shown with its way to the root`() throws {
            try withDGX { daemon, sys in
                let document = try eventually("all are read") { () -> V1.PCIe? in
                    let document: V1.PCIe = try daemon.document("/api/v1/pcie")
                    let isRead = document.devices.allSatisfy { device in
                        !device.stale && (device.role != "gpu" || device.gpuUuid != nil)
                    }
                    return document.devices.count == 17 && isRead ? document : nil
                }
                #expect(
                    document.devices.filter { $0.role == "gpu" }.map(\.gpuIndex) == Array(0..<8))
                #expect(!document.devices.contains { $0.device == "mlx5_9" })
                let gpu = try #require(try device(daemon, Self.gpu))
                #expect(gpu.hops.map(\.role) == ["gpu", "bridge", "bridge", "root_port"])
                for hop in gpu.hops {
                    #expect(hop.state == "read" && hop.widthLanes == 16 && hop.maxSpeedGtps == 32)
                    #expect(hop.aerFatal == 0 && hop.aerNative == true && hop.numaNode == 0)
                }
                let hca = try #require(try device(daemon, Self.hca))
                #expect(hca.device == "mlx5_1")
                let bridge = gpu.hops.first { hop in hca.hops.contains { $0.address == hop.address }
                }
                #expect(bridge?.address == Self.shared.description)
                #expect(bridge?.devices?.count == 4)

                // A slot degrades.
                try sys.set(Self.gpu, "current_link_width", "8")
                try sys.set(Self.gpu, "current_link_speed", "Unknown")
                let hop = try eventually("it is seen") {
                    try device(daemon, Self.gpu)?.hops.first.flatMap {
                        $0.widthLanes == 8 && $0.speedGtps == nil ? $0 : nil
                    }
                }
                #expect(hop.maxWidthLanes == 16 && hop.maxSpeedGtps == 32)
                let text = try daemon.get("/metrics").text
                let labels = "{address=\"0000:2a:00.0\",role=\"gpu\",device=\"\",gpu=\"1\"}"
                #expect(text.contains("fabricwatch_pcie_current_link_width_lanes\(labels) 8\n"))
                #expect(
                    !text.contains(
                        "fabricwatch_pcie_current_link_speed_transfers_per_second\(labels)"))
                #expect(!text.contains("mlx5_9"))
                let promtool = try #require(Requirements.find("promtool"))
                _ = try Child.succeed(promtool, ["check", "metrics"], input: text)
                let command = try Command(["pcie", "--socket", daemon.socket.path]).outcome()
                #expect(command.status == 0 && command.errors == "")
                #expect(command.output.contains("0000:2a:00.0  gpu 1      x8 of x16  ? of 32 GT/s"))
            }
        }

        @Test func `errors are counted by name, across a kill and a device that comes back`() throws
        {
            try withDGX { daemon, sys in
                try sys.count(Self.hca, "aer_dev_correctable", ["RxErr": 40])
                try eventually("it is read") {
                    try device(daemon, Self.hca)?.hops.first?.aerCorrectable == 40
                }
                let cursor = try daemon.cursor()
                func delta(_ name: String) throws -> V1.CounterDelta? {
                    let document = try daemon.deltas(since: cursor)
                    let series = document.series.first { $0.address == Self.hca.description }
                    #expect(series?.class == "pci_function" && series?.device == "mlx5_1")
                    return series?.counters.first { $0.name == name }
                }
                try sys.count(Self.hca, "aer_dev_correctable", ["RxErr": 43, "BadTLP": 1])
                try eventually("it is counted") { try delta("aer_correctable")?.delta == 4 }
                #expect(try delta("aer_correctable_receiver")?.delta == 3)
                #expect(try delta("aer_correctable_receiver")?.quality == "exact")
                #expect(try delta("aer_correctable_bad_tlp")?.accuses == "pcie_path")
                try daemon.kill9()
                try sys.count(Self.hca, "aer_dev_correctable", ["RxErr": 44, "BadTLP": 1])
                try daemon.startAgain()
                try eventually("it is counted") { try delta("aer_correctable")?.delta == 5 }
                #expect(try delta("aer_correctable")?.quality == "exact")

                // It leaves the bus, is removed, and is found again with counts that begin anew.
                try sys.configure(Self.hca, [UInt8](repeating: 0xFF, count: 64))
                try eventually("it is gone") {
                    try device(daemon, Self.hca)?.hops.first?.state == "gone"
                }
                let counters = try daemon.counters().series.first {
                    $0.address == Self.hca.description
                }
                #expect(counters?.counters.first?.state == "value")
                try sys.remove(Self.hca)
                let missing = try eventually("it is missed") {
                    try device(daemon, Self.hca).flatMap { $0.stale ? $0 : nil }
                }
                #expect(missing.hops.map(\.state) == ["missing", "read", "read", "read"])
                #expect(missing.hops[0].widthLanes == nil && missing.hops[0].aerFatal == nil)
                let text = try daemon.get("/metrics").text
                #expect(
                    text.contains(
                        "fabricwatch_pcie_up{address=\"0000:2b:00.0\",role=\"hca\","
                            + "device=\"mlx5_1\",gpu=\"\"} 0\n"))
                #expect(!text.contains("fabricwatch_pcie_aer_fatal_total{address=\"0000:2b:00.0\""))
                try sys.addHCA(Self.hca, "mlx5_1", below: FakeSysfs.address(0x17, 3))
                try sys.count(Self.hca, "aer_dev_correctable", ["RxErr": 2])
                try eventually("it is back") { try delta("aer_correctable")?.delta == 7 }
                #expect(try delta("aer_correctable")?.quality == "at_least")
                #expect(try delta("aer_correctable")?.reasons == ["restarted"])
            }
        }
    }
}
