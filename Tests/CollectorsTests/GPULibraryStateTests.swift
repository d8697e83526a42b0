import Fakes
import Foundation
import Model
import Testing

@testable import Collectors

/// What becomes of a library that cannot be opened or started, and when that is tried again.
@Suite struct GPULibraryStateTests {
    @Test func `a library that appears later is opened a minute later`() throws {
        let folder = try FixtureSys()
        let path = folder.root + "/libnvidia-ml.so.1"
        let rig = try CollectorRig(library: path)
        let report = try rig.turn()
        #expect(report.library.state == .libraryMissing)
        #expect(report.library.detail.contains("cannot open shared object file"))
        #expect(report.states == Array(repeating: "no_library", count: 8))
        #expect(report.durationNanoseconds == 0)
        try FileManager.default.createSymbolicLink(
            atPath: path, withDestinationPath: rig.fake.path)
        #expect(try rig.turn(after: 59).library.state == .libraryMissing)
        #expect(try rig.turn(after: 1).library.state == .ready)
        #expect(try rig.turn().states == GPUCollectorTests.all)
    }

    @Test func `a library is tried at once when the kernel module is loaded`() throws {
        let rig = try CollectorRig("return symbol=nvmlInit_v2 code=9")
        #expect(try rig.turn().library.state == .driverNotLoaded)
        try rig.fake.play("")
        #expect(try rig.turn().library.state == .driverNotLoaded)
        try rig.sys.load("610.43.02")
        let report = try rig.turn()
        #expect(report.library.state == .ready)
        #expect(report.states == GPUCollectorTests.all)
        #expect(!rig.collector.isWornOut)
    }

    static let starts: [(Int32, GPULibrary.State)] = [
        (4, .noPermission), (9, .driverNotLoaded), (18, .versionMismatch), (12, .failed),
        (17, .noPermission), (999, .failed),
    ]

    @Test(arguments: starts)
    func `a start that fails says why`(_ row: (code: Int32, state: GPULibrary.State)) throws {
        let rig = try CollectorRig("return symbol=nvmlInit_v2 code=\(row.code)")
        let report = try rig.turn()
        #expect(report.library.state == row.state)
        #expect(report.library.detail.hasSuffix("."))
        #expect(report.states == Array(repeating: "no_library", count: 8))
        #expect(report.gpus.allSatisfy { $0.epoch != 0 })
        #expect(report.calls[.library]?.errors == 1)
        // A library of another driver takes a process of its own.
        guard row.state != .versionMismatch else { return }
        try rig.fake.play("")
        #expect(try rig.turn(after: 59).library.state == row.state)
        #expect(try rig.turn(after: 1).library.state == .ready)
        #expect(try rig.turn().states == GPUCollectorTests.all)
    }

    @Test func `a library without functions, and a file that is none`() throws {
        let empty = try CollectorRig("", .empty)
        #expect(try empty.turn().library.state == .symbolsMissing)
        #expect(try empty.turn(after: 59).library.state == .symbolsMissing)
        #expect(!empty.collector.isWornOut)
        // What was loaded under this name may stay loaded: a fresh process looks again.
        #expect(try empty.turn(after: 1).library.state == .symbolsMissing)
        #expect(empty.collector.isWornOut)
        let folder = try FixtureSys()
        let path = folder.root + "/libnvidia-ml.so.1"
        try String(repeating: "x", count: 200)
            .write(toFile: path, atomically: false, encoding: .utf8)
        let rig = try CollectorRig(library: path)
        #expect(try rig.turn().library.state == .libraryMissing)
    }

    @Test func `a library of another driver takes a fresh process`() throws {
        let rig = try CollectorRig("return symbol=nvmlInit_v2 code=18")
        #expect(try rig.turn().library.state == .versionMismatch)
        #expect(try rig.turn(after: 59).library.state == .versionMismatch)
        #expect(!rig.collector.isWornOut)
        #expect(try rig.turn(after: 1).library.state == .versionMismatch)
        // Trying again in this process would only find the same library, even if the file is
        // another one now.
        #expect(try rig.fake.calls().count { $0.symbol == "nvmlInit_v2" } == 1)
        #expect(rig.collector.isWornOut)
    }

    @Test func `a library of another driver takes a fresh process when the module changes`() throws
    {
        let rig = try CollectorRig("return symbol=nvmlInit_v2 code=18")
        _ = try rig.turn()
        try rig.sys.load("620.1.2")
        #expect(try rig.turn().library.state == .versionMismatch)
        #expect(rig.collector.isWornOut)
    }

    @Test func `a library that was replaced while it could not start is found`() throws {
        let rig = try CollectorRig("return symbol=nvmlInit_v2 code=9")
        #expect(try rig.turn().library.state == .driverNotLoaded)
        // The new module meets the old library, which stays loaded in this process.
        try rig.fake.play("return symbol=nvmlInit_v2 code=18")
        try rig.sys.load("620.1.2")
        #expect(try rig.turn().library.state == .versionMismatch)
        #expect(!rig.collector.isWornOut)
        _ = try rig.turn(after: 60)
        #expect(rig.collector.isWornOut)
    }

    @Test func `a module that is loaded anew takes a fresh process`() throws {
        let rig = try CollectorRig()
        _ = try rig.turn()
        #expect(!rig.collector.isWornOut)
        try rig.sys.load("620.1.2")
        _ = try rig.turn()
        #expect(rig.collector.isWornOut)
    }

    @Test func `a module that the start of the library loads does not`() throws {
        let rig = try CollectorRig("hang symbol=nvmlInit_v2 seconds=1")
        try FileManager.default.removeItem(atPath: rig.sys.root + "/module/nvidia")
        rig.collector.begin(now: rig.clock.now)
        while rig.hangs().isEmpty { _ = isReadable(rig.collector.wakeDescriptor, milliseconds: 10) }
        try rig.sys.load("610.43.02")
        try rig.waitForWorker()
        #expect(try rig.finish().library.state == .ready)
        _ = try rig.turn()
        #expect(!rig.collector.isWornOut)
    }

    @Test func `a driver that is gone takes a fresh process`() throws {
        let rig = try CollectorRig()
        _ = try rig.turn()
        try rig.fake.play("return symbol=nvmlDeviceGetCount_v2 code=9")
        #expect(try rig.turn().library.detail.contains("DRIVER_NOT_LOADED"))
        #expect(rig.collector.isWornOut)
    }
}
