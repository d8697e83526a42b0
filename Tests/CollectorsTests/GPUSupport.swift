import CNVML
import Fakes
import Foundation
import Glibc
import Model
import Synchronization
import Testing

@testable import Collectors

let second: UInt64 = 1_000_000_000

/// A clock that stands until a test moves it.
final class StandingClock: Sendable {
    private let time = Mutex<UInt64>(1000 * second)

    var now: UInt64 { time.withLock { $0 } }

    func advance(by nanoseconds: UInt64) { time.withLock { $0 += nanoseconds } }

    func move(to nanoseconds: UInt64) { time.withLock { $0 = max($0, nanoseconds) } }

    var clocks: GPUCollector.Clocks {
        GPUCollector.Clocks(
            boottimeNanoseconds: { self.now },
            wallMilliseconds: { Int64(self.now / 1_000_000) + 1_700_000_000_000 })
    }
}

/// A `/sys` of a test's own.
final class FixtureSys {
    let root: String

    /// A tree with these GPUs and a loaded module.
    init(_ gpus: [PCIAddress] = [], version: String? = "610.43.02") throws {
        root =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("sys-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: devices, withIntermediateDirectories: true)
        if let version { try load(version) }
        for gpu in gpus { try add(gpu) }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    var devices: String { root + "/bus/pci/devices" }

    func directory(_ address: PCIAddress) -> String { "\(devices)/\(address)" }

    /// Puts a function on the bus, in a directory with an inode number of its own.
    func add(_ address: PCIAddress, vendor: String = "0x10de", kind: String = "0x030200") throws {
        try place(directory(address), ["vendor": vendor + "\n", "class": kind + "\n"])
    }

    /// Takes a function off the bus; its inode number is not used again.
    func remove(_ address: PCIAddress) throws {
        try FileManager.default.moveItem(
            atPath: directory(address), toPath: "\(root)/removed-\(UUID().uuidString)")
    }

    /// Gives a function another driver.
    func bind(_ address: PCIAddress, to driver: String) throws {
        try link("driver", of: address, to: "../../../bus/pci/drivers/\(driver)")
    }

    /// Makes a link in a function's directory.
    func link(_ name: String, of address: PCIAddress, to path: String) throws {
        let link = "\(directory(address))/\(name)"
        try? FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
    }

    /// Loads the kernel module anew.
    func load(_ version: String) throws {
        try place(root + "/module/nvidia", ["version": version + "\n"])
    }

    // The new directory is there before the old one goes, or it might get the same inode.
    private func place(_ path: String, _ files: [String: String]) throws {
        let aside = "\(root)/aside-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: aside, withIntermediateDirectories: true)
        for (name, text) in files {
            try text.write(toFile: "\(aside)/\(name)", atomically: false, encoding: .utf8)
        }
        let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.moveItem(atPath: aside, toPath: path)
    }
}

/// One GPU of a fake library, read on the test's own thread.
struct ReaderRig {
    let fake: FakeNVML
    let library: GPUDriver.Content
    let witness: CallWitness
    let clock: StandingClock
    var reader: GPUReader
    var epoch: UInt64 = 1

    init(
        _ driver: FakeNVML.Driver = .r610, _ scenario: String = "", gpu: Int = 0,
        events: Bool = false
    ) throws {
        fake = try FakeNVML(driver, scenario)
        let opened = try fake.open()
        library = GPUDriver.Content(
            library: opened, events: events ? try GPUEvents(library: opened) : nil)
        let clock = StandingClock()
        self.clock = clock
        witness = CallWitness(
            address: fakeAddresses[gpu], board: nil, slot: 1, boottime: { clock.now })
        reader = GPUReader(address: fakeAddresses[gpu], witness: witness)
    }

    /// A pass, and the calls that it made.
    mutating func read(
        after seconds: UInt64 = 5
    ) throws -> (report: GPUDeviceReport, calls: [FakeNVML.Call]) {
        let before = try fake.calls().count
        clock.advance(by: seconds * second)
        let report = reader.read(library, now: clock.now, epoch: epoch)
        return (report, Array(try fake.calls().dropFirst(before)))
    }
}

extension GPUDeviceReport {
    /// What a row says, by its name.
    subscript(_ name: String) -> Reading? {
        if let row = GPUCounters.all.firstIndex(where: { $0.name == name }) { return readings[row] }
        return GPUCounters.gauges.firstIndex { $0.name == name }.map { gauges[$0] }
    }

    /// The names of the rows that say that.
    func names(_ matches: (Reading) -> Bool) -> Set<String> {
        Set(
            zip(GPUCounters.all.map(\.name) + GPUCounters.gauges.map(\.name), readings + gauges)
                .filter { matches($1) }.map(\.0))
    }
}

extension NVLinkReport {
    /// What a row says, by its name.
    subscript(_ name: String) -> Reading? {
        if let row = NVLinkCounters.all.firstIndex(where: { $0.name == name }) {
            return readings[row]
        }
        return NVLinkCounters.gauges.firstIndex { $0.name == name }.map { gauges[$0] }
    }

    /// The names of the rows that say that.
    func names(_ matches: (Reading) -> Bool) -> Set<String> {
        Set(
            zip(
                NVLinkCounters.all.map(\.name) + NVLinkCounters.gauges.map(\.name),
                readings + gauges
            )
            .filter { matches($1) }.map(\.0))
    }
}

extension Reading {
    /// Whether it is a value, of this pass or of an earlier one.
    var isValue: Bool { number != nil }

    var number: UInt64? {
        switch self {
        case .value(let number, _), .held(let number, _): number
        case .unsupported, .noPermission, .failed: nil
        }
    }
}

extension FakeNVML.Call {
    /// The fields that it asked for.
    var fields: [(id: UInt32, scope: String)] {
        guard symbol == "nvmlDeviceGetFieldValues" else { return [] }
        return arguments.split(separator: ",").compactMap { entry in
            let parts = entry.split(separator: "@")
            guard parts.count == 2, let id = UInt32(parts[0]) else { return nil }
            return (id, String(parts[1]))
        }
    }

    var ids: Set<UInt32> { Set(fields.map(\.id)) }

    /// The family that it belongs to; nil for one of the library.
    var family: CallFamily? {
        if let id = fields.first?.id {
            return FieldFamily.all.first { $0.ids.contains(id) }?.family
        }
        return NVMLQuery.all.first { $0.function == symbol }?.family
    }
}

/// Whether a descriptor is readable within that time.
func isReadable(_ descriptor: Int32, milliseconds: Int32) -> Bool {
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&wanted, 1, milliseconds) > 0
}
