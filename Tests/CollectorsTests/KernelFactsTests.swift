import Collectors
import Foundation
import Testing

@Suite struct KernelFactsTests {
    private func withRoot(_ body: (String) throws -> Void) throws {
        let root = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: root) }
        for path in ["sys/kernel/random", "class/infiniband/mlx5_0", "class/infiniband/mlx5_1"] {
            try FileManager.default.createDirectory(
                at: root.appending(path: path), withIntermediateDirectories: true)
        }
        try body(root.path)
    }

    private func facts(_ root: String, boot: String) throws -> KernelFacts {
        try boot.write(
            toFile: root + "/sys/kernel/random/boot_id", atomically: false, encoding: .utf8)
        return KernelFacts(sysRoot: root, procRoot: root)
    }

    @Test func theEpochChangesWithTheBootAndWithTheDeviceInstance() throws {
        try withRoot { root in
            let first = try facts(root, boot: "32b53b24-9d5b\n")
            #expect(first.bootID == "32b53b24-9d5b")
            let epoch = { (facts: KernelFacts, device: String) in
                facts.epoch(devicePath: facts.path(device: device))
            }
            #expect(epoch(first, "mlx5_0") == epoch(first, "mlx5_0"))
            #expect(epoch(first, "mlx5_0") != epoch(first, "mlx5_1"))
            #expect(epoch(first, "absent") != 0)
            let second = try facts(root, boot: "another\n")
            #expect(epoch(first, "mlx5_0") != epoch(second, "mlx5_0"))
        }
    }

    @Test func nothingToTellByIsZero() {
        let facts = KernelFacts(sysRoot: "/nonexistent", procRoot: "/nonexistent")
        #expect(facts.bootID.isEmpty)
        #expect(facts.epoch(devicePath: facts.path(device: "mlx5_0")) == 0)
    }
}
