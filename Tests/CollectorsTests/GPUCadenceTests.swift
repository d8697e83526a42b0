import Fakes
import Foundation
import Model
import Testing

@testable import Collectors

/// What is asked when, and what is not asked at all.
@Suite struct GPUCadenceTests {
    static let always: Set<CallFamily> = [
        .health, .linkState, .linkErrors, .linkTraffic, .ecc,
    ]

    @Test func `every family is read on its own cadence`() throws {
        var rig = try ReaderRig(.r610, "profile blackwell\nroot")
        let before = try rig.fake.calls().count
        // How many calls there were after each pass, so that the log is read once.
        let ends = (0..<250).map { _ in
            rig.clock.advance(by: 5 * second)
            _ = rig.reader.read(rig.library, now: rig.clock.now, epoch: 1)
            var latencies: [CallFamily: CallLatency] = [:]
            rig.witness.addLatencies(to: &latencies)
            return before + latencies.values.reduce(0) { $0 + Int($1.calls) }
        }
        let log = try rig.fake.calls()
        #expect(ends.last == log.count)
        var seen: [CallFamily: [UInt64]] = [:]
        for (pass, end) in ends.enumerated() {
            let calls = log[(pass == 0 ? before : ends[pass - 1])..<end]
            var families = Set(calls.compactMap(\.family))
            if calls.contains(where: { $0.symbol == "nvmlDeviceGetUUID" }) {
                families.insert(.identity)
            }
            #expect(families.isSuperset(of: Self.always))
            for family in families { seen[family, default: []].append(UInt64(pass) * 5) }
        }
        let at = { (family: CallFamily) in
            seen[family] ?? []
        }
        #expect(at(.fabric) == Array(stride(from: 0, to: 1250, by: 10)))
        #expect(at(.pcie) == Array(stride(from: 0, to: 1250, by: 10)))
        for family in [CallFamily.sram, .remap, .linkFEC] {
            #expect(at(family) == Array(stride(from: 0, to: 1250, by: 60)), "\(family)")
        }
        #expect(at(.identity) == [0, 600, 1200])
        #expect(at(.linkRemote) == [0, 600, 1200])
    }

    @Test func `a turn that begins a little early does not skip a family`() throws {
        var rig = try ReaderRig()
        _ = try rig.read()
        rig.clock.advance(by: 4_800_000_000)
        #expect(try rig.read().calls.contains { $0.family == .fabric })
    }

    @Test func `the GPU is attached to once, by its address`() throws {
        var rig = try ReaderRig(gpu: 5)
        for _ in 0..<20 { #expect(try rig.read(after: 100).report.state == .read) }
        let handles = try rig.fake.calls().filter { $0.symbol.contains("Handle") }
        #expect(handles.map(\.symbol) == ["nvmlDeviceGetHandleByPciBusId_v2"])
        #expect(try Set(rig.fake.calls().compactMap(\.gpu)) == [5])
    }

    @Test func `between two readings the last answer is repeated`() throws {
        var rig = try ReaderRig(.r610, "set remap_cor=1")
        #expect(try rig.read().report["remapped_rows_corrected"] == .value(1, field: 0))
        try rig.fake.play("set remap_cor=2")
        // It says that it is of an earlier pass.
        #expect(try rig.read().report["remapped_rows_corrected"] == .held(1, field: 0))
        #expect(try rig.read(after: 55).report["remapped_rows_corrected"] == .value(2, field: 0))
    }

    @Test func `what could not be read when it was due failed, and is asked again soon`() throws {
        var rig = try ReaderRig(.r610, "set remap_cor=1")
        _ = try rig.read()
        try rig.fake.play("set remap_cor=1\ncounter field=142 code=27")
        #expect(try rig.read(after: 60).report["remapped_rows_corrected"] == .failed)
        try rig.fake.play("set remap_cor=3")
        #expect(try rig.read(after: 5).report["remapped_rows_corrected"] == .failed)
        #expect(try rig.read(after: 5).report["remapped_rows_corrected"] == .value(3, field: 0))
    }

    @Test(arguments: [7, 10, 14, 19, 20, 21, 27, 29, 31, 12345] as [Int32])
    func `a code that may pass fails this time alone`(_ code: Int32) throws {
        var rig = try ReaderRig(.r610, "counter field=3 code=\(code)")
        var report = try rig.read().report
        #expect(report.state == .read)
        #expect(report["ecc_volatile_corrected_errors"] == .failed)
        try rig.fake.play("return symbol=nvmlDeviceGetPowerUsage code=\(code)")
        report = try rig.read().report
        #expect(report["ecc_volatile_corrected_errors"] == .value(0, field: 0))
        #expect(report["power"] == .failed)
        try rig.fake.play("")
        #expect(try rig.read().report["power"]?.isValue == true)
    }

    // MARK: What is not asked

    static let refusals: [(Int32, Reading)] = [
        (2, .unsupported), (3, .unsupported), (6, .unsupported), (13, .unsupported),
        (22, .unsupported), (24, .unsupported), (25, .unsupported), (26, .unsupported),
        (30, .unsupported), (4, .noPermission), (17, .noPermission),
    ]

    @Test(arguments: refusals)
    func `a field that is refused is not asked again`(_ row: (code: Int32, reading: Reading)) throws
    {
        var rig = try ReaderRig(.r610, "counter field=3 code=\(row.code)")
        var (report, calls) = try rig.read()
        #expect(report["ecc_volatile_corrected_errors"] == row.reading)
        #expect(calls.contains { $0.ids.contains(3) })
        (report, calls) = try rig.read()
        #expect(report["ecc_volatile_corrected_errors"] == row.reading)
        #expect(report["ecc_volatile_uncorrected_errors"] == .value(0, field: 0))
        #expect(!calls.contains { $0.ids.contains(3) })
    }

    @Test(arguments: refusals)
    func `a call that is refused is not made again`(_ row: (code: Int32, reading: Reading)) throws {
        let symbol = "nvmlDeviceGetEnforcedPowerLimit"
        var rig = try ReaderRig(.r610, "return symbol=\(symbol) code=\(row.code)")
        var (report, calls) = try rig.read()
        #expect(report["power_limit"] == row.reading)
        #expect(calls.count { $0.symbol == symbol } == 1)
        (report, calls) = try rig.read()
        #expect(report["power_limit"] == row.reading)
        #expect(report["power"]?.isValue == true)
        #expect(calls.count { $0.symbol == symbol } == 0)
    }

    @Test func `a family that no link offers costs nothing`() throws {
        var rig = try ReaderRig()
        let first = try rig.read().calls
        #expect(first.contains { $0.ids.contains(206) })
        #expect(first.contains { $0.ids.contains(235) })
        for _ in 0..<3 {
            let calls = try rig.read(after: 600).calls
            #expect(Set(calls.flatMap(\.ids)).isDisjoint(with: Set(201...222).union(235...250)))
        }
    }

    @Test func `what one link does not have is not asked of each`() throws {
        var rig = try ReaderRig(.r610, "profile blackwell")
        let calls = try rig.read().calls
        #expect(calls.count { $0.symbol == "nvmlDeviceGetNvLinkErrorCounter" } == 3)
    }

    @Test func `the second source is asked when the first is not offered`() throws {
        var rig = try ReaderRig(.r610, "counter field=161 code=3")
        let report = try rig.read().report
        #expect(report.links[7]["replay_errors"] == .value(0, field: 1))
        #expect(report.links[7]["recovery_errors"] == .value(0, field: 0))
        let calls = try rig.read().calls
        #expect(calls.count { $0.symbol == "nvmlDeviceGetNvLinkErrorCounter" } == 18)
    }

    @Test func `leaving the partitioned state is noticed`() throws {
        var rig = try ReaderRig(.r610, "set mig=1")
        #expect(try rig.read().report["utilization"] == .unsupported)
        try rig.fake.play("set mig=0")
        _ = try rig.read()
        #expect(try rig.read().report["utilization"] == .value(88, field: 0))
    }

    static let machines = ["profile hopper", "profile blackwell\nroot", "profile ampere-pcie"]

    @Test(arguments: machines, [FakeNVML.Driver.r610, .r580, .r550, .r450])
    func `a call holds one family, and none is forbidden`(
        _ machine: String, _ driver: FakeNVML.Driver
    ) throws {
        // With a mixed call, everything would be refused.
        var rig = try ReaderRig(driver, machine + "\npoison")
        for _ in 0..<3 { #expect(try rig.read(after: 700).report.state == .read) }
        let calls = try rig.fake.calls()
        for call in calls where call.symbol == "nvmlDeviceGetFieldValues" {
            let ids = call.ids
            #expect(FieldFamily.all.contains { ids.isSubset(of: $0.ids) }, "\(ids)")
            #expect(!call.fields.contains { $0.scope == "*" })
        }
        let words = [
            "Set", "Clear", "Reset", "Freeze", "PcieThroughput", "RunningProcesses", "ByUUID",
            "ByIndex", "Validate", "Shutdown",
        ]
        for call in calls {
            #expect(!words.contains { call.symbol.contains($0) }, "\(call.symbol)")
        }
    }

    @Test func `a pass makes few calls`() throws {
        var rig = try ReaderRig(.r610, "profile blackwell")
        _ = try rig.read()
        let calls = try rig.read().calls
        let fields = calls.filter { $0.symbol == "nvmlDeviceGetFieldValues" }
        // Health, link states, link errors, link traffic, ECC.
        #expect(fields.count == 5)
        #expect(calls.count - fields.count == 10)
    }
}
