import CNVML
import Fakes
import Foundation
import Model
import Testing

@testable import Collectors

/// Turns in which every call returns.
@Suite struct GPUCollectorTests {
    static let all = Array(repeating: "read", count: 8)

    @Test func `eight GPUs are read in the order of their addresses`() throws {
        let rig = try CollectorRig()
        let start = rig.clock.now + 5 * second
        let report = try rig.turn()
        #expect(report.gpus.map(\.address) == fakeAddresses)
        #expect(report.states == Self.all)
        #expect(
            report.gpus.compactMap(\.identity?.minor) == Array(0..<8))
        #expect(report.gpus.allSatisfy { $0.links.count == 18 && $0.ageNanoseconds == 0 })
        #expect(Set(report.gpus.map(\.epoch)).count == 8)
        #expect(report.moment.boottimeNanoseconds == start)
        #expect(report.moment.bootID == "boot")
        #expect(report.moment.wallMilliseconds == rig.clock.clocks.wallMilliseconds())
        #expect(report.library.state == .ready)
        #expect(report.library.version == "13.610.43.02")
        #expect(report.library.driver == "610.43.02")
        #expect(report.library.symbolsFound == 40)
        #expect(report.library.symbolsKnown == 40)
        #expect(report.library.detail == "")
        #expect(report.events == [])
        #expect(rig.collector.advance(now: rig.clock.now) == nil)
        #expect(rig.collector.deadlineNanoseconds == nil)
        #expect(rig.board.calls() == [])
        #expect(!rig.collector.isWornOut)
    }

    @Test func `one GPU is read after the other, each on a thread of its own`() throws {
        let rig = try CollectorRig()
        for _ in 0..<3 { _ = try rig.turn() }
        let calls = try rig.fake.calls()
        var order: [Int] = []
        var threads: [Int?: Set<Int32>] = [:]
        for call in calls {
            threads[call.gpu, default: []].insert(call.thread)
            if let gpu = call.gpu, order.last != gpu { order.append(gpu) }
        }
        #expect(order == Array(0..<8) + Array(0..<8) + Array(0..<8))
        #expect(threads.count == 9)
        #expect(threads.values.allSatisfy { $0.count == 1 })
        #expect(Set(threads.values.flatMap { $0 }).count == 9)
        #expect(!threads.values.contains { $0.contains(fw_nvml_thread()) })
    }

    @Test func `calls of all workers are counted together`() throws {
        let rig = try CollectorRig()
        let report = try rig.turn()
        let calls = try rig.fake.calls()
        #expect(report.calls[.attach]?.calls == 8)
        #expect(report.calls[.identity]?.calls == 72)
        #expect(report.calls[.ecc]?.calls == 8)
        #expect(report.calls[.library]?.calls == 2)
        // Opening is one call here and three of NVML.
        let counted = report.calls.values.reduce(0) { $0 + Int($1.calls) }
        #expect(counted == calls.count - 2)
    }

    @Test func `GPUs that are excluded are not touched`() throws {
        let rig = try CollectorRig { configuration in
            configuration.exclude = ["0000:3a:*"]
            configuration.include = ["0000:?a:*"]
        }
        #expect(
            try rig.turn().gpus.map(\.address) == [1].map { fakeAddresses[$0] }
                + [4, 6].map { fakeAddresses[$0] })
        #expect(try Set(rig.fake.calls().compactMap(\.gpu)) == [1, 4, 6])
        // Those that are included later are found.
        rig.reconfigure { $0.include = ["*"] }
        #expect(try rig.turn(after: 60).gpus.count == 7)
    }

    @Test func `GPUs that are stopped are left alone, with the reason`() throws {
        let stopped = fakeAddresses[2]
        let rig = try CollectorRig { $0.stopped = [stopped: "Xid 79"] }
        var report = try rig.turn()
        #expect(report.gpus[2].state == .excluded("Xid 79"))
        #expect(report.states.count { $0 == "read" } == 7)
        #expect(try !rig.fake.calls().contains { $0.gpu == 2 })
        rig.reconfigure { $0.stopped = [:] }
        report = try rig.turn()
        #expect(report.states == Self.all)
        rig.reconfigure { $0.stopped = [stopped: "again"] }
        report = try rig.turn()
        #expect(report.gpus[2].state == .excluded("again"))
        // Its last readings, and how old they are.
        #expect(report.gpus[2].ageNanoseconds == 5 * second)
        #expect(report.gpus[2]["temperature"]?.isValue == true)
    }

    // MARK: Lost GPUs

    @Test func `a GPU that is lost leaves the others alone`() throws {
        let rig = try CollectorRig()
        _ = try rig.turn()
        try rig.fake.play("set gpu=3 lost")
        for turn in UInt64(0)..<2 {
            let report = try rig.turn()
            #expect(
                report.states == ["read", "read", "read", "lost", "read", "read", "read", "read"])
            #expect(report.gpus[3].readings.allSatisfy { !$0.isValue })
            #expect(report.gpus[3].ageNanoseconds == turn * 5 * second, "a refusal is remembered")
        }
        try rig.fake.play("set gpu=3 generation=1")
        #expect(try rig.turn().states == Self.all)
    }

    @Test func `a GPU that NVML does not count any more is missing`() throws {
        let rig = try CollectorRig("set gpu=3 gone")
        let report = try rig.turn()
        #expect(
            report.gpus[3].state
                == .failed(
                    GPUFailure(
                        function: "nvmlDeviceGetHandleByPciBusId_v2", code: 6,
                        codeName: "NOT_FOUND")))
        #expect(report.states.count { $0 == "read" } == 7)
        #expect(report.library.detail == "NVML counts 7 GPUs, and the PCI buses list 8.")
    }

    @Test func `a count that shrinks is said, and what answers is read on`() throws {
        let rig = try CollectorRig()
        #expect(try rig.turn().library.detail == "")
        try rig.fake.play("count 7")
        let report = try rig.turn()
        #expect(report.library.detail == "NVML counts 7 GPUs, and the PCI buses list 8.")
        #expect(report.library.state == .ready)
        #expect(report.states == Self.all)
        #expect(!rig.collector.isWornOut)
        try rig.fake.play("")
        #expect(try rig.turn().library.detail == "")
    }

    @Test func `a GPU that the PCI bus does not list any more stays in the report`() throws {
        let rig = try CollectorRig()
        _ = try rig.turn()
        try rig.sys.remove(fakeAddresses[5])
        let before = try rig.fake.calls().count
        var report = try rig.turn()
        #expect(report.gpus.count == 8)
        #expect(
            report.gpus[5].state
                == .failed(GPUFailure(function: "sysfs", code: 28, codeName: "NOT_LISTED")))
        #expect(report.gpus[5].state.name == "lost")
        #expect(report.gpus[5].identity != nil)
        #expect(report.gpus[5].readings.allSatisfy { !$0.isValue })
        #expect(report.gpus[5].links.allSatisfy { $0.names(\.isValue) == [] })
        #expect(try !rig.fake.calls().dropFirst(before).contains { $0.gpu == 5 })
        try rig.sys.add(fakeAddresses[5])
        report = try rig.turn()
        #expect(report.states == Self.all)
        // It was found again, so it is another instance.
        let handles = try rig.fake.calls().filter { $0.symbol.contains("Handle") && $0.gpu == 5 }
        #expect(handles.count == 2)
    }

    @Test func `a GPU that another driver has is not expected, and others are`() throws {
        let rig = try CollectorRig()
        try rig.sys.bind(fakeAddresses[2], to: "nvidia")
        try rig.sys.bind(fakeAddresses[5], to: "vfio-pci")
        var report = try rig.turn()
        #expect(report.gpus.map(\.address) == fakeAddresses.filter { $0 != fakeAddresses[5] })
        #expect(report.foreign == [fakeAddresses[5]])
        try rig.sys.bind(fakeAddresses[2], to: "vfio-pci")
        report = try rig.turn()
        #expect(report.gpus.count == 6)
        #expect(report.foreign.sorted() == [fakeAddresses[2], fakeAddresses[5]])
        #expect(try !rig.fake.calls().contains { $0.gpu == 5 })
        try rig.sys.bind(fakeAddresses[2], to: "nvidia")
        report = try rig.turn(after: 60)
        #expect(report.foreign == [fakeAddresses[5]])
        #expect(report.states == Array(repeating: "read", count: 7))
    }
    /// As many GPUs and links as NVML knows of.
    @Test func `sixteen GPUs with thirty-six links each are one turn`() throws {
        let buses: [UInt8] = [0x1b, 0x2d, 0x3d, 0x5f, 0x9d, 0xad, 0xbd, 0xdd]
        let all = fakeAddresses + buses.map { PCIAddress(domain: 0, bus: $0, device: 0) }
        let rig = try CollectorRig("gpus 16\nlinks 36", gpus: all)
        let report = try rig.turn()
        #expect(report.gpus.map(\.address) == all.sorted())
        #expect(report.gpus.allSatisfy { $0.state == .read && $0.links.count == 36 })
        #expect(
            report.gpus.allSatisfy { gpu in
                gpu.links.allSatisfy {
                    $0.readings.contains(where: \.isValue)
                }
            })
        #expect(Set(report.gpus.compactMap(\.identity?.uuid)).count == 16)
    }

    @Test func `a node without GPUs is answered for`() throws {
        let rig = try CollectorRig(gpus: [])
        #expect(try rig.turn().gpus == [])
        try rig.sys.add(fakeAddresses[0])
        #expect(try rig.turn(after: 59).states == [])
        #expect(try rig.turn(after: 1).states == ["read"])
    }

    // MARK: Events

    @Test func `events come with the GPU that they are of`() throws {
        let rig = try CollectorRig("event seq=1 gpu=1 type=8 data=13")
        // What was before is not told.
        #expect(try rig.turn().events == [])
        try rig.fake.play(
            "event seq=2 gpu=3 type=8 data=79\nevent seq=3 gpu=4 type=0x8000 data=1\n"
                + "event seq=4 gpu=5 type=8 data=999 gi=2 ci=1")
        let events = try rig.turn().events
        #expect(events.map(\.kind) == [.xid, .nvmlEvent, .xid])
        #expect(events.map(\.number) == [79, 0x8000, nil])
        #expect(events.map(\.device) == [3, 4, 5].map { .pci(fakeAddresses[$0]) })
        #expect(events.allSatisfy { $0.source == .nvml && $0.record == nil && $0.count == 1 })
        #expect(
            events.map(\.line) == [
                "NVML: Xid 79", "NVML: event 0x8000, data 1",
                "NVML: Xid 999, GPU instance 2, compute instance 1",
            ])
        #expect(events.allSatisfy { $0.wallMilliseconds == rig.clock.clocks.wallMilliseconds() })
        #expect(try rig.turn().events == [])
    }

    @Test func `a set that fails is replaced, and everybody registers anew`() throws {
        let rig = try CollectorRig()
        _ = try rig.turn()
        try rig.fake.play("return symbol=nvmlEventSetWait_v2 code=15")
        _ = try rig.turn()
        let registrations = {
            try rig.fake.calls().count { $0.symbol == "nvmlDeviceRegisterEvents" }
        }
        #expect(try registrations() == 16)
        // Not every turn.
        _ = try rig.turn()
        _ = try rig.turn()
        #expect(try registrations() == 16)
        try rig.fake.play("event seq=1 gpu=6 type=8 data=95")
        _ = try rig.turn(after: 60)
        #expect(try registrations() == 24)
        try rig.fake.play("event seq=2 gpu=6 type=8 data=95")
        #expect(try rig.turn().events.map(\.number) == [95])
        let freed = try rig.fake.calls().filter { $0.symbol == "nvmlEventSetFree" }
        #expect(freed.count == 2)
        #expect(!freed.contains { $0.thread == fw_nvml_thread() })
    }

    // MARK: Ending

    @Test func `idle threads end, and the set is freed by one of them`() throws {
        let rig = try CollectorRig()
        _ = try rig.turn()
        #expect(rig.collector.hasThreads)
        rig.collector.shutDown()
        while rig.collector.hasThreads {
            try rig.waitForWorker()
            _ = rig.collector.advance(now: rig.clock.now)
        }
        let last = try #require(try rig.fake.calls().last)
        #expect(last.symbol == "nvmlEventSetFree")
        #expect(last.thread != fw_nvml_thread())
        // Nothing is begun any more.
        rig.collector.begin(now: rig.clock.now)
        #expect(rig.collector.advance(now: rig.clock.now) != nil)
        #expect(!rig.collector.hasThreads)
    }
}
