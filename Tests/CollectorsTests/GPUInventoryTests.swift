import Fakes
import Foundation
import Glibc
import Model
import Testing

@testable import Collectors

@Suite struct GPUInventoryTests {
    private let one = PCIAddress(domain: 0, bus: 0x18, device: 0)
    private let other = PCIAddress(domain: 0x10000, bus: 0x2a, device: 3, function: 1)

    static let kinds: [(String, String, Bool)] = [
        ("0x10de", "0x030200", true), ("0x10de", "0x030000", true), ("0x10DE", "0x0302ff", true),
        // The GPU's sound and USB, a bridge of NVIDIA, other vendors.
        ("0x10de", "0x040300", false), ("0x10de", "0x0c0330", false),
        ("0x10de", "0x068000", false), ("0x1002", "0x030200", false),
        ("0x15b3", "0x020700", false),
        // What no kernel writes.
        ("10de", "0x030200", false), ("0x10de", "030200", false), ("0x", "0x030200", false),
        ("", "0x030200", false), ("0x10de", "", false), ("0x10dez", "0x030200", false),
        ("0x110de", "0x030200", false), ("0xffffffffff10de", "0x030200", false),
    ]

    @Test(arguments: kinds)
    func `a GPU is a function of its vendor and class`(
        _ row: (vendor: String, kind: String, isGPU: Bool)
    ) throws {
        let sys = try FixtureSys()
        try sys.add(one, vendor: row.vendor, kind: row.kind)
        #expect(GPUInventory.gpus(sysRoot: sys.root) == (row.isGPU ? [one] : []))
    }

    @Test func `GPUs are sorted by address`() throws {
        let sys = try FixtureSys(fakeAddresses.reversed() + [other])
        #expect(GPUInventory.gpus(sysRoot: sys.root) == fakeAddresses + [other])
    }

    @Test func `what cannot be read is no GPU, and hides none`() throws {
        let sys = try FixtureSys([one])
        let files = FileManager.default
        // A link to a device that vanished, a device whose files are gone, one whose file is a
        // directory, a name that is no address, a file that does not end.
        try files.createSymbolicLink(
            atPath: sys.devices + "/0000:01:00.0", withDestinationPath: sys.root + "/gone")
        try files.createDirectory(
            atPath: sys.devices + "/0000:02:00.0", withIntermediateDirectories: false)
        try files.createDirectory(
            atPath: sys.devices + "/0000:03:00.0/vendor", withIntermediateDirectories: true)
        try files.createDirectory(
            atPath: sys.devices + "/garbage", withIntermediateDirectories: false)
        try sys.add(other, vendor: "0x10de" + String(repeating: "0", count: 1 << 20))
        #expect(GPUInventory.gpus(sysRoot: sys.root) == [one])
    }

    @Test func `a node without PCI has no GPU`() {
        #expect(GPUInventory.gpus(sysRoot: "/nonexistent") == [])
    }

    @Test func `configuration space is never read`() throws {
        let sys = try FixtureSys([one])
        // Whoever opens it waits until somebody writes.
        #expect(mkfifo(sys.directory(one) + "/config", 0o600) == 0)
        var inventory = GPUInventory(sysRoot: sys.root, bootID: "boot")
        inventory.look(now: 0)
        #expect(inventory.places.map(\.address) == [one])
    }

    // MARK: What is expected

    @Test func `a virtual function is a part of its GPU`() throws {
        let sys = try FixtureSys([one, other])
        try sys.link("physfn", of: other, to: "../0000:18:00.0")
        var inventory = GPUInventory(sysRoot: sys.root, bootID: "boot")
        inventory.look(now: 0)
        #expect(inventory.places.map(\.address) == [one])
        #expect(inventory.foreign == [])
    }

    @Test(arguments: [(nil, true), ("nvidia", true), ("vfio-pci", false), ("nouveau", false)])
    func `a GPU is expected unless another driver has it`(
        _ row: (driver: String?, isExpected: Bool)
    ) throws {
        let sys = try FixtureSys([one])
        if let driver = row.driver { try sys.bind(one, to: driver) }
        var inventory = GPUInventory(sysRoot: sys.root, bootID: "boot")
        inventory.look(now: 0)
        #expect(inventory.places.map(\.address) == (row.isExpected ? [one] : []))
        #expect(inventory.foreign == (row.isExpected ? [] : [one]))
    }

    @Test func `a known GPU that another driver takes is expected no more`() throws {
        let sys = try FixtureSys([one, other])
        try sys.bind(one, to: "nvidia")
        var inventory = GPUInventory(sysRoot: sys.root, bootID: "boot")
        inventory.look(now: 0)
        try sys.bind(one, to: "vfio-pci")
        inventory.look(now: second)
        #expect(inventory.places.map(\.address) == [other])
        #expect(inventory.foreign == [one])
        // It may leave that driver without getting another one; then it is missed again.
        try FileManager.default.removeItem(atPath: sys.directory(one) + "/driver")
        inventory.look(now: 60 * second)
        #expect(inventory.places.map(\.address) == [one, other])
        #expect(inventory.foreign == [])
    }

    // MARK: Epochs

    private func epoch(_ sys: FixtureSys, boot: String = "boot") throws -> UInt64 {
        var inventory = GPUInventory(sysRoot: sys.root, bootID: boot)
        inventory.look(now: 0)
        return try #require(inventory.places.first).epoch
    }

    @Test func `the epoch changes with the boot, the module, its version and the device`() throws {
        let sys = try FixtureSys([one])
        var seen = [try epoch(sys)]
        #expect(try epoch(sys) == seen[0])
        #expect(seen[0] != 0)
        seen.append(try epoch(sys, boot: "another"))
        try sys.load("610.43.02")
        seen.append(try epoch(sys))
        try "580.95.05\n".write(
            toFile: sys.root + "/module/nvidia/version", atomically: false, encoding: .utf8)
        seen.append(try epoch(sys))
        try sys.add(one)
        seen.append(try epoch(sys))
        try FileManager.default.removeItem(atPath: sys.root + "/module/nvidia")
        seen.append(try epoch(sys))
        #expect(Set(seen).count == seen.count)
    }

    @Test func `GPUs have epochs of their own`() throws {
        let sys = try FixtureSys(fakeAddresses)
        var inventory = GPUInventory(sysRoot: sys.root, bootID: "boot")
        inventory.look(now: 0)
        #expect(Set(inventory.places.map(\.epoch)).count == 8)
    }

    @Test(
        arguments: zip(
            ["", "a", "foobar"],
            [0xcbf2_9ce4_8422_2325, 0xaf63_dc4c_8601_ec8c, 0x8594_4171_f739_67e8] as [UInt64]))
    func `facts are folded by FNV-1a`(_ text: String, _ value: UInt64) {
        var hash = FixedHash()
        hash.combine(text)
        #expect(hash.value == value)
    }

    // MARK: Looking again

    @Test func `a GPU that vanishes stays known`() throws {
        let sys = try FixtureSys([one, other])
        var inventory = GPUInventory(sysRoot: sys.root, bootID: "boot")
        inventory.look(now: 0)
        let before = inventory.places
        try sys.remove(one)
        inventory.look(now: second)
        #expect(inventory.places.map(\.isListed) == [false, true])
        #expect(inventory.places.map(\.epoch) == before.map(\.epoch))
        try sys.add(one)
        inventory.look(now: 2 * second)
        #expect(inventory.places.map(\.isListed) == [true, true])
        #expect(inventory.places[0].epoch != before[0].epoch)
        #expect(inventory.places[1].epoch == before[1].epoch)
    }

    @Test func `a node without GPUs is looked through once a minute`() throws {
        let sys = try FixtureSys()
        var inventory = GPUInventory(sysRoot: sys.root, bootID: "boot")
        inventory.look(now: 0)
        try sys.add(one)
        inventory.look(now: 59 * second)
        #expect(inventory.places.isEmpty)
        inventory.look(now: 60 * second)
        #expect(inventory.places.map(\.address) == [one])
    }

    @Test func `new GPUs are looked for once a minute, and when the module changes`() throws {
        let sys = try FixtureSys([one])
        var inventory = GPUInventory(sysRoot: sys.root, bootID: "boot")
        inventory.look(now: 0)
        try sys.add(other)
        inventory.look(now: 59 * second)
        #expect(inventory.places.map(\.address) == [one])
        inventory.look(now: 60 * second)
        #expect(inventory.places.map(\.address) == [one, other])
        try sys.add(fakeAddresses[1])
        try sys.load("610.43.02")
        inventory.look(now: 61 * second)
        #expect(inventory.places.map(\.address) == [one, fakeAddresses[1], other])
    }
}
