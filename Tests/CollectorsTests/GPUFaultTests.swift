import Fakes
import Foundation
import Model
import Testing

@testable import Collectors

/// What becomes of a GPU, or of a call, that does not answer as it should.
@Suite struct GPUFaultTests {
    static let handle = "nvmlDeviceGetHandleByPciBusId_v2"

    private func failure(_ report: GPUDeviceReport) -> GPUFailure? {
        if case .failed(let failure) = report.state { failure } else { nil }
    }

    private func hasValues(_ report: GPUDeviceReport) -> Bool {
        !report.names(\.isValue).isEmpty || report.links.contains { !$0.names(\.isValue).isEmpty }
    }

    // MARK: The whole GPU

    static let losses: [(Int32, String, Bool)] = [
        (15, "GPU_IS_LOST", true), (16, "RESET_REQUIRED", true), (28, "GPU_NOT_FOUND", true),
        (8, "INSUFFICIENT_POWER", false), (11, "IRQ_ISSUE", false), (999, "UNKNOWN", false),
    ]

    @Test(arguments: losses)
    func `a lost GPU fails as a whole, is asked for once a pass, and comes back`(
        _ row: (code: Int32, name: String, isLost: Bool)
    ) throws {
        var rig = try ReaderRig(gpu: 2)
        let identity = try #require(try rig.read().report.identity)
        try rig.fake.play("set gpu=2 lost=\(row.code)")
        var (report, calls) = try rig.read()
        #expect(failure(report)?.code == row.code)
        #expect(failure(report)?.codeName == row.name)
        #expect(failure(report)?.isLost == row.isLost)
        #expect(!hasValues(report))
        #expect(report.identity == identity)
        #expect(report.links.count == 18)
        // Its handle might be stale, so it is attached to once.
        #expect(calls.filter { $0.symbol == Self.handle }.count == 1)
        for _ in 0..<3 {
            (report, calls) = try rig.read(after: 10)
            #expect(failure(report)?.function == Self.handle)
            #expect(calls.map(\.symbol) == [Self.handle])
        }
        try rig.fake.play("")
        (report, calls) = try rig.read(after: 10)
        #expect(report.state == .read)
        #expect(report["temperature"]?.isValue == true)
        #expect(report.links[17]["tx_data"]?.isValue == true)
        #expect(calls.contains { $0.family == .remap })
    }

    @Test(arguments: [4, 6, 10, 17, 27, 999] as [Int32])
    func `a GPU that cannot be attached to fails with what it answered`(_ code: Int32) throws {
        var rig = try ReaderRig(.r610, "return symbol=\(Self.handle) code=\(code)")
        let (report, calls) = try rig.read()
        #expect(failure(report)?.code == code)
        #expect(failure(report)?.isLost == (code == 6))
        #expect(!hasValues(report))
        #expect(report.identity == nil)
        #expect(calls.map(\.symbol) == [Self.handle])
    }

    @Test func `a GPU that cannot be attached to is tried again after ten seconds`() throws {
        var rig = try ReaderRig(.r610, "return symbol=\(Self.handle) code=10")
        _ = try rig.read()
        for _ in 0..<9 {
            let (report, calls) = try rig.read(after: 1)
            #expect(failure(report)?.code == 10)
            #expect(calls.isEmpty)
        }
        #expect(try rig.read(after: 1).calls.map(\.symbol) == [Self.handle])
        // Another device or another driver may do better at once.
        try rig.fake.play("")
        rig.epoch = 2
        #expect(try rig.read(after: 1).report.state == .read)
    }

    @Test(arguments: [2, 7, 10, 14, 20, 21, 23, 27, 29, 12345] as [Int32])
    func `a GPU that answers nothing has failed`(_ code: Int32) throws {
        var rig = try ReaderRig()
        _ = try rig.read()
        try rig.fake.play("return gpu=0 symbol=nvmlDeviceGet* code=\(code)")
        for _ in 0..<2 {
            let report = try rig.read().report
            #expect(failure(report)?.code == code)
            #expect(!hasValues(report))
        }
        try rig.fake.play("")
        // An attempt to attach to it anew may have failed meanwhile.
        let report = try rig.read(after: 10).report
        #expect(report.state == .read)
        #expect(report["temperature"]?.isValue == true)
        #expect(report.links[3]["tx_data"]?.isValue == true)
    }

    @Test func `a GPU that only refuses has answered`() throws {
        var rig = try ReaderRig(
            .r610,
            "return gpu=0 symbol=nvmlDeviceGetFieldValues code=27\n"
                + "return gpu=0 symbol=nvmlDeviceGetMemoryInfo_v2 code=3")
        #expect(try rig.read().report.state == .read)
    }

    @Test func `an entry that says that the GPU is lost speaks of all of it`() throws {
        var rig = try ReaderRig(.r610, "counter field=3 code=15")
        let report = try rig.read().report
        #expect(failure(report)?.function == "nvmlDeviceGetFieldValues")
        #expect(!hasValues(report))
    }

    @Test func `an unknown error of one call is that of one reading`() throws {
        var rig = try ReaderRig(
            .r610,
            "return symbol=nvmlDeviceGetPowerUsage code=999\n"
                + "return symbol=nvmlDeviceGetMigMode code=999")
        let report = try rig.read().report
        #expect(report.state == .read)
        #expect(report["power"] == .failed)
        #expect(report["mig_mode"] == .failed)
        #expect(report["power_limit"]?.isValue == true)
    }

    @Test func `two unknown errors in a row are of the GPU`() throws {
        var rig = try ReaderRig()
        _ = try rig.read()
        try rig.fake.play(
            "return symbol=nvmlDeviceGetPowerUsage code=999\n"
                + "return symbol=nvmlDeviceGetEnforcedPowerLimit code=999")
        let (report, calls) = try rig.read()
        #expect(failure(report)?.code == 999)
        #expect(failure(report)?.function == "nvmlDeviceGetEnforcedPowerLimit")
        #expect(calls.count { $0.symbol == Self.handle } == 1)
        #expect(calls.last?.symbol == "nvmlDeviceGetEnforcedPowerLimit")
    }

    @Test(arguments: ["set gpu=0 generation=1", "set gpu=0 generation=1 stale=1", "reload 1"])
    func `after a reset the GPU is read in the same pass by a new handle`(_ line: String) throws {
        var rig = try ReaderRig(.r610, "counter field=161 value=5")
        _ = try rig.read()
        try rig.fake.play("counter field=161 value=5\n" + line)
        var (report, calls) = try rig.read()
        #expect(report.state == .read)
        #expect(calls.count { $0.symbol == Self.handle } == 1)
        #expect(report.links[0]["replay_errors"] == .value(0, field: 0))
        #expect(calls.contains { $0.symbol == "nvmlDeviceGetUUID" })
        (report, calls) = try rig.read()
        #expect(report.state == .read)
        #expect(!calls.contains { $0.symbol == Self.handle })
    }

    @Test func `another epoch is another handle`() throws {
        var rig = try ReaderRig()
        #expect(try rig.read().report.epoch == 1)
        rig.epoch = 2
        let (report, calls) = try rig.read()
        #expect(report.epoch == 2)
        #expect(calls.first?.symbol == Self.handle)
    }

    @Test func `another epoch is perhaps another board`() throws {
        var rig = try ReaderRig()
        #expect(try rig.read().report.identity != nil)
        try rig.fake.play("return symbol=nvmlDeviceGetUUID code=27")
        rig.epoch = 2
        let report = try rig.read().report
        #expect(report.state == .read)
        #expect(report.identity == nil)
        try rig.fake.play("")
        #expect(try rig.read(after: 10).report.identity != nil)
    }

    // MARK: Identity

    @Test func `who the GPU is`() throws {
        var rig = try ReaderRig(.r610, "set gpu=3 gsp=610.1 module=0", gpu: 3)
        let identity = try #require(try rig.read().report.identity)
        #expect(identity.uuid.description == "GPU-5afe0003-0000-4000-8000-000000000003")
        #expect(identity.name == "NVIDIA H100 80GB HBM3")
        #expect(identity.serial == "1650123004503")
        #expect(identity.boardPart == "900-00000-0000-000")
        #expect(identity.vbios == "96.00.74.00.01")
        #expect(identity.infoROM == "G520.0200.00.05")
        #expect(identity.gspFirmware == "610.1")
        #expect(identity.minor == 3)
        // No slot.
        #expect(identity.moduleID == nil)
        #expect(identity.fabricCluster == "")
        var other = try ReaderRig(.r610, "set gpu=3 module=5", gpu: 3)
        #expect(try other.read().report.identity?.moduleID == 5)
    }

    @Test func `a part that was replaced is read anew`() throws {
        var rig = try ReaderRig(.r610, "counter field=3 code=3\nset fabric_cluster=7")
        let before = try #require(try rig.read().report.identity)
        #expect(before.fabricCluster.hasSuffix("7"))
        let uuid = "GPU-0badcafe-0000-4000-8000-000000000001"
        try rig.fake.play("set gpu=0 uuid=\(uuid) serial=7")
        let (report, _) = try rig.read(after: 600)
        #expect(report.identity?.uuid.description == uuid)
        #expect(report.identity?.serial == "7")
        #expect(report.identity?.fabricCluster == "")
        #expect(report["ecc_volatile_corrected_errors"] == .value(0, field: 0))
    }

    @Test func `an identity that cannot be read this time stays`() throws {
        var rig = try ReaderRig()
        let before = try #require(try rig.read().report.identity)
        try rig.fake.play("return symbol=nvmlDeviceGetSerial code=27")
        #expect(try rig.read(after: 600).report.identity == before)
        try rig.fake.play("return symbol=nvmlDeviceGetUUID code=27")
        #expect(try rig.read(after: 600).report.identity == before)
        try rig.fake.play("set gpu=0 vbios=1.2.3")
        #expect(try rig.read(after: 10).report.identity?.vbios == "1.2.3")
        try rig.fake.play("return symbol=nvmlDeviceGetSerial code=3")
        #expect(try rig.read(after: 600).report.identity?.serial == "")
    }

    @Test(arguments: ["MIG-1", "", "GPU-1"])
    func `a UUID that is none is no identity`(_ text: String) throws {
        var rig = try ReaderRig(.r610, "set gpu=0 uuid=\(text)")
        let report = try rig.read().report
        #expect(report.state == .read)
        #expect(report.identity == nil)
    }

    // MARK: A field that spoils its call

    @Test(arguments: [201, 208, 222] as [UInt32], [2, 3, 4, 25, 999] as [Int32])
    func `a field that spoils the others is left out`(_ id: UInt32, _ code: Int32) throws {
        var rig = try ReaderRig(
            .r610,
            "profile blackwell\nreturn field=\(id) symbol=nvmlDeviceGetFieldValues code=\(code)")
        let spoiler = try #require(
            NVLinkCounters.all.first { $0.fields[0].source == .nvmlField(id) }?.name
                ?? NVLinkCounters.gauges.first { $0.sources[0].source == .nvmlField(id) }?.name)
        let reading: Reading =
            code == 4 ? .noPermission : code == 999 ? .failed : .unsupported
        var (report, calls) = try rig.read()
        #expect(report.state == .read)
        // All together, then each of the eighteen alone.
        #expect(calls.count { $0.ids.contains(208) || $0.ids.contains(id) } == (id == 208 ? 2 : 3))
        for _ in 0..<2 {
            for link in report.links {
                #expect(link[spoiler] == reading)
                #expect(link["buffer_overrun_errors"] == .value(0, field: 0))
                #expect(link["receive_remote_errors"] == .value(0, field: 0))
            }
            (report, calls) = try rig.read()
            #expect(calls.count { $0.ids.contains(207) } == 1)
            #expect(!calls.contains { $0.ids.contains(id) })
        }
    }

    @Test func `fields that fail together are asked for one by one`() throws {
        let spoiled = "return field=207 symbol=nvmlDeviceGetFieldValues code=2 times=1"
        var rig = try ReaderRig(.r610, "profile blackwell\n" + spoiled)
        for _ in 0..<2 {
            let (report, calls) = try rig.read()
            for link in report.links {
                #expect(link["buffer_overrun_errors"] == .value(0, field: 0))
            }
            let alone = calls.filter { !$0.ids.isDisjoint(with: 206...222) && $0.ids.count == 1 }
            #expect(alone.count == 14)
        }
    }

    @Test func `a call that fails for now is not taken apart`() throws {
        var rig = try ReaderRig(
            .r610,
            "profile blackwell\nreturn field=207 symbol=nvmlDeviceGetFieldValues code=27 times=1")
        let (report, calls) = try rig.read()
        #expect(report.links[0]["buffer_overrun_errors"] == .failed)
        #expect(calls.count { $0.ids.contains(207) } == 1)
        #expect(try rig.read().report.links[0]["buffer_overrun_errors"] == .value(0, field: 0))
    }

    // MARK: Stopping

    @Test func `a GPU that is stopped gets no further call, wherever the pass is`() throws {
        var rig = try ReaderRig()
        let total = try rig.read().calls.count
        #expect(total > 60)
        for limit in 0..<total {
            let fake = try FakeNVML()
            let library = GPUDriver.Content(library: try fake.open(), events: nil)
            let stopper = Stopper(limit)
            let witness = CallWitness(
                address: fakeAddresses[0], board: nil, slot: 1, boottime: stopper.count)
            stopper.witness = witness
            if limit == 0 { witness.stop(true) }
            var reader = GPUReader(address: fakeAddresses[0], witness: witness)
            let before = try fake.calls().count
            let report = reader.read(library, now: 0, epoch: 1)
            #expect(report.state == .excluded(""))
            #expect(try fake.calls().count - before == limit)
            // Allowed again, it goes on.
            stopper.witness = nil
            witness.stop(false)
            #expect(reader.read(library, now: 0, epoch: 1).state == .read)
        }
    }

    /// Stops a witness in the middle of its call of that number.
    // Used on the test's thread alone.
    private final class Stopper: @unchecked Sendable {
        weak var witness: CallWitness?
        private var rest: Int

        // The clock is read before and after each call.
        init(_ calls: Int) { rest = 2 * calls - 1 }

        var count: @Sendable () -> UInt64 {
            {
                self.rest -= 1
                if self.rest == 0 { self.witness?.stop(true) }
                return 1
            }
        }
    }

    // MARK: Events

    @Test func `a GPU is registered for events once per handle and set`() throws {
        var rig = try ReaderRig(.r610, "set gpu=0 event_types=0x8", events: true)
        let registrations = { (calls: [FakeNVML.Call]) in
            calls.filter { $0.symbol == "nvmlDeviceRegisterEvents" }.map(\.arguments)
        }
        #expect(registrations(try rig.read().calls) == ["types=0x8"])
        #expect(registrations(try rig.read().calls) == [])
        try rig.fake.play("set gpu=0 event_types=0x8 generation=1")
        #expect(registrations(try rig.read().calls) == ["types=0x8"])
    }

    @Test func `a set that NVML calls unknown is broken`() throws {
        var rig = try ReaderRig(
            .r610, "return symbol=nvmlDeviceRegisterEvents code=999", events: true)
        #expect(try rig.read().report.state == .read)
        #expect(rig.library.events?.isBroken == true)
        // The next set is not broken by the same GPU.
        let next = GPUDriver.Content(
            library: rig.library.library, events: try GPUEvents(library: rig.library.library))
        let before = try rig.fake.calls().count
        #expect(rig.reader.read(next, now: rig.clock.now, epoch: 1).state == .read)
        #expect(next.events?.isBroken == false)
        let calls = try rig.fake.calls().dropFirst(before)
        #expect(!calls.contains { $0.symbol == "nvmlDeviceRegisterEvents" })
    }

    @Test(arguments: ["nvmlDeviceRegisterEvents", "nvmlDeviceGetSupportedEventTypes"])
    func `what keeps a GPU from being registered for now is tried again`(_ symbol: String) throws {
        var rig = try ReaderRig(.r610, "return symbol=\(symbol) code=27", events: true)
        #expect(try rig.read().calls.contains { $0.symbol == symbol })
        try rig.fake.play("")
        let registered = { (calls: [FakeNVML.Call]) in
            calls.contains { $0.symbol == "nvmlDeviceRegisterEvents" && $0.outcome == "0" }
        }
        #expect(registered(try rig.read().calls))
        #expect(!registered(try rig.read().calls))
        #expect(rig.library.events?.isBroken == false)
    }

    // MARK: Latencies

    @Test func `calls are timed and counted by family`() throws {
        var rig = try ReaderRig(.r610, "return symbol=nvmlDeviceGetPowerUsage code=27")
        let calls = try rig.read().calls
        var latencies: [CallFamily: CallLatency] = [:]
        rig.witness.addLatencies(to: &latencies)
        for family in CallFamily.allCases where family != .identity && family != .attach {
            #expect(
                latencies[family]?.calls ?? 0 == calls.count { $0.family == family }, "\(family)")
        }
        #expect(latencies[.attach]?.calls == 1)
        #expect(latencies[.identity]?.calls == 9)
        #expect(latencies[.health]?.errors == 1)
        // Not for this process, so it is an error; not offered is none.
        #expect(latencies[.sram]?.errors == 1)
        #expect(latencies[.remap]?.errors == 0)
        #expect(rig.witness.current == nil)
    }
}
