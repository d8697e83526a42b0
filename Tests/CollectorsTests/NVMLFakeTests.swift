import CNVML
import Fakes
import Foundation
import Model
import Testing

@testable import Collectors

/// That the fake plays what its scenario says; what it plays is what other tests rest on.
@Suite struct NVMLFakeTests {
    /// What a field of GPU 0 counts.
    private func count(
        _ device: NVMLDevice, _ id: UInt32, scope: UInt32 = 0
    ) throws -> UInt64? {
        var batch = NVMLFieldBatch([NVMLField(id, scope: scope)])
        try device.read(&batch)
        return batch[0].count
    }

    /// Waits until a call hangs.
    private func awaitHang(_ fake: FakeNVML) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while try !fake.calls().contains(where: { $0.outcome == "hang" }),
            ContinuousClock.now < deadline
        { await Task.yield() }
    }

    /// What field 161 of link 3 counts at each second of a virtual clock.
    private func counts(_ lines: String, at seconds: [Double]) throws -> [UInt64?] {
        let fake = try FakeNVML(.r610, "clock 0\n" + lines)
        let device = try fake.device()
        return try seconds.map {
            try fake.play("clock \($0)\n" + lines)
            return try count(device, 161, scope: 3)
        }
    }

    static let counters: [(String, [UInt64])] = [
        ("", [0, 0, 0]),
        ("counter field=161 value=100 rate=2", [100, 120, 140]),
        ("counter link=3 field=161 rate=3", [0, 30, 60]),
        ("counter link=4 field=161 value=9", [0, 0, 0]),
        ("counter gpu=1 field=161 value=9", [0, 0, 0]),
        ("counter field=161 value=100 rate=2\ncounter field=161 add=7", [107, 127, 147]),
        ("counter field=161 value=100 rate=2\ncounter field=161 add=7 at=15", [100, 120, 147]),
        ("counter field=161 value=100 rate=2\ncounter field=161 sub=30 at=10", [100, 90, 110]),
        ("counter field=161 value=10\ncounter field=161 sub=30", [0, 0, 0]),
        ("counter field=161 value=100 rate=2\ncounter field=161 reset at=5", [100, 10, 30]),
        ("counter field=161 value=100 rate=2\ncounter field=161 freeze at=10", [100, 120, 120]),
        ("counter field=161 saturate at=10", [0, .max, .max]),
        ("counter field=161 value=100 rate=2\nset gpu=0 generation=1", [0, 20, 40]),
        ("counter field=161 value=100\nreload 1\ncounter field=161 add=5 at=20", [0, 0, 5]),
    ]

    @Test(arguments: counters)
    func `a counter runs by the clock of the scenario`(
        _ row: (lines: String, counts: [UInt64])
    ) throws {
        #expect(try counts(row.lines, at: [0, 10, 20]) == row.counts)
    }

    @Test func `a line takes effect when it comes, and not anew with every change`() throws {
        let base = "counter gpu=0 field=161 value=100 rate=2\n"
        let fake = try FakeNVML(.r610, "clock 0\n" + base)
        let device = try fake.device()
        try fake.play("clock 10\n" + base + "counter gpu=0 field=161 reset")
        #expect(try count(device, 161) == 0)
        try fake.play("clock 15\nset gpu=7 lost\n" + base + "counter gpu=0 field=161 reset")
        #expect(try count(device, 161) == 10)
        try fake.play("clock 15\n" + base)
        #expect(try count(device, 161) == 130)
    }

    @Test func `what is stored in the GPU outlives its reset`() throws {
        let fake = try FakeNVML(.r610, "counter field=5 value=8\ncounter field=3 value=8")
        let library = try fake.open()
        try fake.play(
            "counter field=5 value=8\ncounter field=3 value=8\nset remap_unc=2\n"
                + "set gpu=0 generation=1")
        let device = try library.device(at: fakeAddresses[0])
        #expect(try count(device, 5) == 8)
        #expect(try count(device, 3) == 0)
        #expect(try count(device, 143) == 2)
    }

    @Test func `a sum is that of its links, or its own`() throws {
        let fake = try FakeNVML(.r610, "profile blackwell\nlinks 4\ncounter field=206 value=3")
        let device = try fake.device()
        #expect(try count(device, 206, scope: NVMLField.allLinks) == 12)
        try fake.play("profile blackwell\nlinks 4\ncounter link=all field=206 value=50")
        #expect(try count(device, 206, scope: NVMLField.allLinks) == 50)
        #expect(try count(device, 206, scope: 1) == 0)
    }

    @Test func `without a virtual clock, counters run with the real one`() throws {
        let fake = try FakeNVML()
        let device = try fake.device()
        let first = try #require(try count(device, 138))
        let deadline = ContinuousClock.now + .seconds(10)
        var later = first
        while later == first, ContinuousClock.now < deadline {
            later = try #require(try count(device, 138))
        }
        #expect(later > first)
    }

    @Test func `a change of the file is noticed by itself`() throws {
        let fake = try FakeNVML()
        let device = try fake.device()
        #expect(try device.temperatureNewer() == 41)
        try "set temperature=55".write(to: fake.scenario, atomically: true, encoding: .utf8)
        let deadline = ContinuousClock.now + .seconds(10)
        while try device.temperatureNewer() != 55, ContinuousClock.now < deadline {}
        #expect(try device.temperatureNewer() == 55)
    }

    @Test func `copies have nothing in common`() throws {
        let first = try FakeNVML(.r610, "set temperature=1")
        let second = try FakeNVML(.r610, "set temperature=2")
        #expect(try first.device().temperatureNewer() == 1)
        #expect(try second.device().temperatureNewer() == 2)
        #expect(try first.calls().count == 5)
    }

    // MARK: Trouble

    @Test func `a hang keeps its call, and is logged before it ends`() throws {
        let fake = try FakeNVML()
        let library = try fake.open()
        let devices = try fakeAddresses.map { try library.device(at: $0) }
        try fake.play("hang gpu=3 symbol=nvmlDeviceGetFieldValues seconds=0.05")
        for device in devices { _ = try count(device, 91) }
        let calls = try fake.calls().filter { $0.symbol == "nvmlDeviceGetFieldValues" }
        #expect(calls.map(\.gpu) == [0, 1, 2, 3, 3, 4, 5, 6, 7])
        #expect(calls[3].outcome == "hang")
        #expect(calls[4].nanoseconds >= 50_000_000)
        #expect(calls[4].outcome == "0")
    }

    @Test func `a hang may last until its line is gone`() async throws {
        let fake = try FakeNVML()
        let device = try fake.device()
        let line = "hang gpu=0 symbol=nvmlDeviceGetUUID until=gone"
        try fake.play(line)
        let hang = Task.init { try device.uuid() }
        try await awaitHang(fake)
        // What else changes does not end it.
        try fake.play(line + "\nset temperature=50")
        #expect(try device.temperatureNewer() == 50)
        #expect(try fake.calls().last { $0.symbol == "nvmlDeviceGetUUID" }?.outcome == "hang")
        try fake.play("")
        _ = try await hang.value
        #expect(try fake.calls().last?.outcome == "0")
    }

    @Test func `a hang shows in the latency of the field`() throws {
        let fake = try FakeNVML()
        let device = try fake.device()
        try fake.play("hang gpu=0 seconds=0.05")
        var batch = NVMLFieldBatch([NVMLField(91)])
        try device.read(&batch)
        #expect(batch[0].latencyMicroseconds == 50_120)
    }

    @Test func `a locked hang keeps the others, too`() async throws {
        let fake = try FakeNVML()
        let library = try fake.open()
        let stuck = try library.device(at: fakeAddresses[3])
        let healthy = try library.device(at: fakeAddresses[0])
        try fake.play("hang-locked gpu=3 seconds=0.2")
        let hang = Task.init { try stuck.uuid() }
        try await awaitHang(fake)
        _ = try healthy.uuid()
        _ = try await hang.value
        let calls = try fake.calls()
        let start = try #require(calls.first { $0.outcome == "hang" }?.startNanoseconds)
        let other = try #require(calls.last { $0.gpu == 0 })
        #expect(other.symbol == "nvmlDeviceGetUUID")
        #expect(other.startNanoseconds + other.nanoseconds >= start + 200_000_000)
    }

    @Test func `a delay is fixed, or comes from its seed`() throws {
        func delays(_ keys: String) throws -> [Int64] {
            let fake = try FakeNVML()
            let device = try fake.device()
            try fake.play("latency gpu=0 symbol=nvmlDeviceGetFieldValues \(keys)")
            var batch = NVMLFieldBatch([NVMLField(91)])
            return try (0..<8).map { _ in
                try device.read(&batch)
                return batch[0].latencyMicroseconds - 120
            }
        }
        #expect(try delays("ms=2") == Array(repeating: 2000, count: 8))
        let seeded = try delays("min=0.5 max=3 seed=42")
        #expect(seeded.allSatisfy { (500...3000).contains($0) })
        #expect(Set(seeded).count == 8)
        #expect(try delays("min=0.5 max=3 seed=42") == seeded)
        #expect(try delays("min=0.5 max=3 seed=43") != seeded)
    }

    @Test func `a code is for a GPU, a link, a name or its beginning, and so many times`() throws {
        let fake = try FakeNVML()
        let device = try fake.device()
        try fake.play(
            "return gpu=0 link=2 symbol=nvmlDeviceGetNvLink* code=19\n"
                + "return gpu=1 code=15\nreturn gpu=0 symbol=nvmlDeviceGetName code=27 times=2")
        #expect(code { try device.linkVersion(2) } == NVMLCode(rawValue: 19))
        #expect(code { try device.linkVersion(3) } == .success)
        let names = (0..<3).map { _ in code { try device.name() } }
        #expect(names.map { $0?.rawValue } == [27, 27, 0])
        let attach = code { try device.library.device(at: fakeAddresses[1]) }
        #expect(attach == .gpuIsLost)
    }

    @Test func `a code is for calls that ask for a field, or for one of a link`() throws {
        let fake = try FakeNVML()
        // What is asked is known without its being written down.
        fake.stopLogging()
        let library = try fake.open()
        let device = try library.device(at: fakeAddresses[0])
        func codes(_ lines: String) throws -> [Int32?] {
            try fake.play(lines)
            let fields: [(UInt32, UInt32)] = [(161, 2), (161, 3), (162, 3), (91, 3)]
            return fields.map { id, scope in
                code { try count(device, id, scope: scope) }?.rawValue
            }
        }
        let symbol = "symbol=nvmlDeviceGetFieldValues"
        #expect(try codes("return field=161 \(symbol) code=27") == [27, 27, 0, 0])
        #expect(try codes("return link=3 \(symbol) code=27") == [0, 27, 27, 0])
        #expect(try codes("return link=3 field=161 \(symbol) code=27") == [0, 27, 0, 0])
    }

    @Test func `a line about what a field answers comes at its time, too`() throws {
        let lines =
            "counter field=161 code=27 at=10\ncounter field=162 real=0.5 at=10\n"
            + "counter field=163 type=u16 value=3 at=10\n"
        let fake = try FakeNVML(.r610, "clock 9\n" + lines)
        let device = try fake.device()
        for isThere in [false, true] {
            try fake.play("clock \(isThere ? 10 : 9)\n" + lines)
            var batch = NVMLFieldBatch([161, 162, 163].map { NVMLField($0, scope: 3) })
            try device.read(&batch)
            #expect(batch[0].code == NVMLCode(rawValue: isThere ? 27 : 0))
            #expect(batch[1].number == (isThere ? .real(0.5) : .unsigned(0)))
            #expect(batch[2].type == (isThere ? FW_NVML_VALUE_U16 : FW_NVML_VALUE_U64).rawValue)
            #expect(batch[2].count == (isThere ? 3 : 0))
        }
    }

    static let mistakes = [
        "counter field=161 rate=-1", "counter field=161 rate=nan", "counter field=161 symbol=x",
        "counter value=3", "set temperature=5 gpu=3", "link state=0 link=3", "set temperatur=5",
        "crash how=quit", "hang gpu=1", "hang seconds=-1", "hang until=then", "hang code=3",
        "return code=3 seconds=1", "return symbol=x", "event seq=1 type=8 symbol=x", "reload 1 2",
    ]

    @Test(arguments: mistakes)
    func `a scenario with a mistake ends the process`(_ line: String) async throws {
        let fake = try FakeNVML()
        try line.write(to: fake.scenario, atomically: true, encoding: .utf8)
        // The other process has a copy of its own in memory, and leaves nothing behind.
        await #expect(processExitsWith: .signal(SIGABRT)) {
            [path = fake.path as String, scenario = fake.scenario.path as String] in
            setenv("FAKE_NVML_SCENARIO", scenario, 1)
            _ = try NVMLLibrary(paths: [path]).deviceCount()
        }
    }

    @Test func `up to sixteen GPUs differ in all that names them`() throws {
        let library = try FakeNVML(.r610, "gpus 16\nlinks 36").open()
        #expect(try library.deviceCount() == 16)
        let buses: [UInt8] = [0x1b, 0x2d, 0x3d, 0x5f, 0x9d, 0xad, 0xbd, 0xdd]
        let devices = try
            (fakeAddresses
            + buses.map { PCIAddress(domain: 0, bus: $0, device: 0) })
            .map { try library.device(at: $0) }
        #expect(Set(try devices.map { try $0.uuid() }).count == 16)
        #expect(Set(try devices.map { try $0.serial() }).count == 16)
        #expect(Set(try devices.map { try $0.minorNumber() }).count == 16)
        #expect(Set(try devices.map { try $0.moduleID() }).count == 16)
        #expect(try FakeNVML(.r610, "gpus 0").open().deviceCount() == 0)
    }
}
