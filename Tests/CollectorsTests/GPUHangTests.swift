import CNVML
import Fakes
import Foundation
import Model
import Testing

@testable import Collectors

/// Calls that do not return.
@Suite struct GPUHangTests {
    // Longer than any test; the threads end with the process.
    private static let forever = "seconds=3600"
    // As long as the test wants: until it plays something else.
    private static let held = "until=gone"

    private func pending(_ report: GPUDeviceReport) -> GPUCall? {
        if case .busy(let call) = report.state { call } else { nil }
    }

    @Test func `a GPU that hangs costs nobody else a turn`() throws {
        let rig = try CollectorRig()
        #expect(try rig.turn().states == GPUCollectorTests.all)
        try rig.fake.play("hang gpu=3 symbol=nvmlDeviceGetPowerUsage \(Self.forever)")
        for pass in 1...5 as ClosedRange<UInt64> {
            let start = rig.clock.now + 5 * second
            let report = try rig.turn()
            #expect(rig.clock.now - start <= 500_000_000)
            #expect(report.states.count { $0 == "read" } == 7)
            let call = try #require(pending(report.gpus[3]))
            #expect(call.function == "nvmlDeviceGetPowerUsage")
            #expect(call.family == .health)
            #expect(call.nanoseconds / second == (pass - 1) * 5)
            #expect(call.thread != UInt32(fw_nvml_thread()))
            // What it said last, and how long ago.
            #expect(report.gpus[3]["power"]?.isValue == true)
            #expect(report.gpus[3].ageNanoseconds / second == pass * 5)
            let others = report.gpus.filter { $0.address != fakeAddresses[3] }
            #expect(others.allSatisfy { $0.ageNanoseconds < second })
            let announced = rig.board.calls()
            #expect(announced.map(\.address) == [fakeAddresses[3]])
            #expect(announced.map(\.function) == ["nvmlDeviceGetPowerUsage"])
            #expect(announced.map(\.thread) == [call.thread])
        }
        let calls = try rig.fake.calls()
        // It is given no further work.
        #expect(calls.count { $0.outcome == "hang" } == 1)
        #expect(try #require(calls.last { $0.gpu == 3 }).outcome == "hang")
        #expect(!calls.contains { $0.thread == fw_nvml_thread() })
    }

    @Test func `the turn in which a GPU hangs goes on after its patience`() throws {
        let rig = try CollectorRig { $0.patienceNanoseconds = 20_000_000 }
        _ = try rig.turn()
        try rig.fake.play("hang gpu=0 symbol=nvmlDeviceGetPowerUsage \(Self.forever)")
        let start = rig.clock.now + 5 * second
        rig.clock.move(to: start)
        rig.collector.begin(now: start)
        while rig.hangs().isEmpty {
            #expect(rig.collector.advance(now: start) == nil)
            _ = isReadable(rig.collector.wakeDescriptor, milliseconds: 10)
        }
        #expect(rig.collector.deadlineNanoseconds == start + 20_000_000)
        #expect(rig.collector.advance(now: start + 19_999_999) == nil)
        let calls = try rig.fake.calls().count
        #expect(try rig.fake.calls().last?.gpu == 0)
        #expect(try rig.finish().states.dropFirst().allSatisfy { $0 == "read" })
        #expect(try rig.fake.calls().dropFirst(calls).contains { $0.gpu == 1 })
        // The straggler is waited for until the budget is used up.
        #expect(rig.clock.now == start + 500_000_000)
    }

    @Test func `a result that comes late is in the next report with its age`() throws {
        let rig = try CollectorRig()
        _ = try rig.turn()
        try rig.fake.play(
            "hang gpu=3 symbol=nvmlDeviceGetPowerUsage \(Self.held)\nset gpu=3 power_mw=7")
        #expect(try rig.turn().states[3] == "busy")
        try rig.fake.play("set gpu=3 power_mw=7")
        try rig.waitForGPU(3)
        let late = rig.clock.now
        // It hangs again, so that what comes next is what came late.
        try rig.fake.play(
            "hang gpu=3 symbol=nvmlDeviceGetUUID \(Self.forever)\nset gpu=3 generation=1")
        var report = try rig.turn()
        #expect(report.gpus[3].state == .read)
        #expect(report.gpus[3]["power"] == .value(7, field: 0))
        #expect(report.gpus[3].ageNanoseconds >= report.moment.boottimeNanoseconds - late)
        report = try rig.turn()
        #expect(pending(report.gpus[3])?.function == "nvmlDeviceGetUUID")
        #expect(report.gpus[3]["power"] == .value(7, field: 0))
    }

    @Test func `all GPUs are begun within the budget, however many hang`() throws {
        let rig = try CollectorRig { $0.patienceNanoseconds = 400_000_000 }
        _ = try rig.turn()
        try rig.fake.play(
            (0..<7).map { "hang gpu=\($0) symbol=nvmlDeviceGetPowerUsage \(Self.forever)\n" }
                .joined())
        let start = rig.clock.now + 5 * second
        let report = try rig.turn()
        #expect(rig.clock.now == start + 500_000_000)
        #expect(report.states == Array(repeating: "busy", count: 7) + ["read"])
        #expect(try rig.turn().states == Array(repeating: "busy", count: 7) + ["read"])
    }

    @Test func `a driver that is locked is answered for`() throws {
        let rig = try CollectorRig()
        _ = try rig.turn()
        try rig.fake.play("hang-locked gpu=2 symbol=nvmlDeviceGetPowerUsage \(Self.forever)")
        var report = try rig.turn()
        #expect(report.states == ["read", "read"] + Array(repeating: "busy", count: 6))
        #expect(pending(report.gpus[2])?.function == "nvmlDeviceGetPowerUsage")
        for pass in 1...3 {
            report = try rig.turn()
            #expect(report.states == Array(repeating: "busy", count: 8))
            #expect(report.gpus.allSatisfy { $0["temperature"]?.isValue == true })
            // The library's own calls do not return either.
            #expect(report.library.state == (pass == 1 ? .ready : .hung))
        }
        #expect(report.library.detail.hasPrefix("nvmlDeviceGetCount_v2 has not returned for "))
        #expect(rig.board.calls().count == 9)
        #expect(try !rig.fake.calls().contains { $0.thread == fw_nvml_thread() })
    }

    @Test func `a start that hangs is told with the GPUs that are listed`() throws {
        let rig = try CollectorRig("hang symbol=nvmlInit_v2 \(Self.forever)")
        var report = try rig.turn()
        #expect(report.library.state == .starting)
        report = try rig.turn()
        #expect(report.library.state == .hung)
        #expect(report.library.detail == "nvmlInit_v2 has not returned for 5 seconds.")
        #expect(report.gpus.map(\.address) == fakeAddresses)
        #expect(report.states == Array(repeating: "no_library", count: 8))
        #expect(rig.board.calls().map(\.function) == ["nvmlInit_v2"])
        #expect(rig.board.calls().map(\.address) == [nil])
        // The kernel's list is looked at all the same.
        try rig.sys.remove(fakeAddresses[4])
        report = try rig.turn()
        #expect(report.library.state == .hung)
        #expect(
            report.gpus[4].state
                == .failed(GPUFailure(function: "sysfs", code: 28, codeName: "NOT_LISTED")))
    }

    @Test func `whoever waits for a set to be freed says so`() throws {
        let rig = try CollectorRig()
        _ = try rig.turn()
        try rig.fake.play("return symbol=nvmlEventSetWait_v2 code=15")
        _ = try rig.turn()
        _ = try rig.turn()
        try rig.fake.play("hang symbol=nvmlEventSetFree \(Self.forever)")
        rig.clock.advance(by: 60 * second)
        rig.collector.begin(now: rig.clock.now)
        while rig.hangs().isEmpty {
            #expect(rig.collector.advance(now: rig.clock.now) == nil)
            _ = isReadable(rig.collector.wakeDescriptor, milliseconds: 10)
        }
        // The last one who lets go of the set.
        let call = try #require(rig.collector.members[fakeAddresses[7]]?.witness.current)
        #expect(call.function == "nvmlEventSetFree")
        #expect(call.family == .events)
        #expect(rig.board.calls().map(\.function) == ["nvmlEventSetFree"])
    }

    @Test func `a start that takes its time is waited for within the turn`() throws {
        let rig = try CollectorRig("latency symbol=nvmlInit_v2 ms=300")
        #expect(try rig.turn().states == GPUCollectorTests.all)
    }

    @Test func `a GPU is stopped while it hangs, and read again once it is not`() throws {
        let rig = try CollectorRig()
        _ = try rig.turn()
        try rig.fake.play("hang gpu=3 symbol=nvmlDeviceGetPowerUsage \(Self.held)")
        #expect(try rig.turn().states[3] == "busy")
        rig.reconfigure { $0.stopped = [fakeAddresses[3]: "hung"] }
        #expect(try rig.turn().gpus[3].state == .excluded("hung"))
        try rig.fake.play("")
        try rig.waitForGPU(3)
        #expect(try rig.turn().gpus[3].state == .excluded("hung"))
        let own = try rig.fake.calls().filter { $0.gpu == 3 }
        // The call that hung returned, and was the last one.
        #expect(own.last?.symbol == "nvmlDeviceGetPowerUsage")
        #expect(own.last?.outcome == "0")
        rig.reconfigure { $0.stopped = [:] }
        #expect(try rig.turn().states == GPUCollectorTests.all)
    }

    @Test func `a collector that is worn out answers its turn first`() throws {
        let rig = try CollectorRig()
        _ = try rig.turn()
        try rig.fake.play(
            "return symbol=nvmlDeviceGetCount_v2 code=9\n"
                + "hang gpu=3 symbol=nvmlDeviceGetPowerUsage \(Self.forever)")
        rig.clock.advance(by: 5 * second)
        rig.collector.begin(now: rig.clock.now)
        while rig.hangs().isEmpty {
            #expect(rig.collector.advance(now: rig.clock.now) == nil)
            #expect(!rig.collector.isWornOut)
            _ = isReadable(rig.collector.wakeDescriptor, milliseconds: 10)
        }
        #expect(try rig.finish().library.detail.contains("DRIVER_NOT_LOADED"))
        #expect(rig.collector.isWornOut)
    }

    @Test func `ending does not wait for what hangs`() throws {
        let rig = try CollectorRig()
        _ = try rig.turn()
        try rig.fake.play("hang gpu=3 symbol=nvmlDeviceGetPowerUsage \(Self.forever)")
        _ = try rig.turn()
        rig.collector.shutDown()
        let isDown = { rig.collector.members.values.count { $0.worker.hasThread } == 1 }
        while !isDown() || rig.collector.isLibraryBusy {
            try rig.waitForWorker()
            _ = rig.collector.advance(now: rig.clock.now)
        }
        #expect(rig.collector.hasThreads)
    }
}
