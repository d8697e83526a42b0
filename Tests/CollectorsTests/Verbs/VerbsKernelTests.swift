import Collectors
import Foundation
import Glibc
import Model
import Testing

/// The real source, as far as it goes without a device.
struct VerbsKernelTests {
    private static func message(_ action: String, _ subsystem: String, _ path: String) -> [UInt8] {
        let fields = [
            "\(action)@\(path)", "ACTION=\(action)", "DEVPATH=\(path)", "SUBSYSTEM=\(subsystem)",
            "MAJOR=231", "MINOR=192", "DEVNAME=infiniband/uverbs0", "SEQNUM=1234",
        ]
        return fields.flatMap { Array($0.utf8) + [0] }
    }

    @Test func `the kernel's words of verbs nodes are understood`() {
        let path = "/devices/pci0000:3a/0000:3b:00.0/infiniband_verbs/uverbs0"
        for (action, news) in [
            ("remove", VerbsHotplug.removed(node: "uverbs0")),
            ("add", .changed(node: "uverbs0")), ("change", .changed(node: "uverbs0")),
        ] {
            #expect(
                VerbsHotplug(uevent: Self.message(action, "infiniband_verbs", path)[...]) == news)
        }
        #expect(VerbsHotplug(uevent: Self.message("remove", "infiniband_mad", path)[...]) == nil)
        #expect(VerbsHotplug(uevent: []) == nil)
    }

    @Test func `no message breaks it`() {
        let seed = UInt64.random(in: .min ... .max)
        var state = seed
        let whole = Self.message("remove", "infiniband_verbs", "/devices/x/uverbs0")
        for _ in 0..<2000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var bytes = whole.prefix(Int(state >> 33) % (whole.count + 1))
            if !bytes.isEmpty { bytes[Int(state >> 13) % bytes.count] = UInt8(state >> 56) }
            if case .removed(let node) = VerbsHotplug(uevent: bytes) {
                #expect(!node.isEmpty && node.utf8.count <= 64, "seed \(seed)")
            }
        }
    }

    @Test func `devices are listed from sysfs`() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(
            "verbs-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let list = root.appendingPathComponent("class/infiniband_verbs")
        let manager = FileManager.default
        for (node, name) in [("uverbs0", "mlx5_0"), ("uverbs1", "rxe0"), ("uverbs2", nil)] {
            let path = list.appendingPathComponent(node)
            try manager.createDirectory(at: path, withIntermediateDirectories: true)
            try name.map {
                try Data("\($0)\n".utf8).write(to: path.appendingPathComponent("ibdev"))
            }
        }
        try manager.createDirectory(
            at: root.appendingPathComponent("class/infiniband/mlx5_0/ports/1"),
            withIntermediateDirectories: true)
        try Data("6\n".utf8).write(to: list.appendingPathComponent("abi_version"))
        try manager.createSymbolicLink(
            atPath: list.path + "/uverbs0/device", withDestinationPath: "../../../0000:3b:00.0")
        let devices = VerbsKernel(sysRoot: root.path).devices().sorted { $0.name < $1.name }
        #expect(devices.map(\.name) == ["mlx5_0", "rxe0"])
        #expect(devices.map(\.node) == ["uverbs0", "uverbs1"])
        #expect(
            devices.map(\.address) == [PCIAddress(domain: 0, bus: 0x3b, device: 0), nil])
        #expect(devices.allSatisfy { $0.instance != 0 })
        #expect(devices.map(\.ports) == [[1], []])
        #expect(VerbsKernel(sysRoot: "/nonexistent").devices().isEmpty)
    }

    @Test func `a device that libibverbs does not know is an error`() {
        let kernel = VerbsKernel(sysRoot: "/nonexistent")
        let device = VerbsDevice(name: "no_such", node: "uverbs99", instance: 1, address: nil)
        #expect(throws: CollectorError.self) { try kernel.open(device) }
        #expect(kernel.next(-1) == .lost(code: EBADF))
        kernel.close(-1)
    }
}
