import Foundation
import Model
import Testing

@testable import Daemon

@Suite struct GPUInstancesTests {
    private static let second: UInt64 = 1_000_000_000
    private static let watched = PCIAddress(domain: 0, bus: 0x18, device: 0)
    private static let other = PCIAddress(domain: 0, bus: 0x2A, device: 0)

    private static func add(_ address: PCIAddress, to root: URL) throws {
        let device = root.appending(path: "bus/pci/devices/\(address)")
        try FileManager.default.createDirectory(at: device, withIntermediateDirectories: true)
        try Data("0x10de\n".utf8).write(to: device.appending(path: "vendor"))
        try Data("0x030200\n".utf8).write(to: device.appending(path: "class"))
    }

    @Test func onlyAGPUThatIsWatchedCounts() throws {
        let root = FileManager.default.temporaryDirectory
            .appending(path: "fabricwatch-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let instances = GPUInstances(
            sysRoot: root.path, bootID: "boot", isWatched: { $0 == Self.watched })
        #expect(!instances.hasGPUs(now: 0))
        try Self.add(Self.other, to: root)
        #expect(!instances.hasGPUs(now: 1))
        #expect(instances.token(Self.watched, now: 1) == 0)
        try Self.add(Self.watched, to: root)
        // All buses are looked at once in a minute, once there is a GPU to look at.
        #expect(instances.hasGPUs(now: 60 * Self.second + 1))
        #expect(instances.token(Self.watched, now: 60 * Self.second + 1) != 0)
    }
}
