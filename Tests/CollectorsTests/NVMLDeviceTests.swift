import Fakes
import Model
import Testing

@testable import Collectors

/// Where the fake's first eight GPUs sit.
let fakeAddresses = [0x18, 0x2a, 0x3a, 0x5d, 0x9a, 0xab, 0xba, 0xdb].map {
    PCIAddress(domain: 0, bus: $0, device: 0)
}

/// The code with which a call of NVML ends; nil for an error that is not NVML's.
func code<Result>(of call: () throws -> Result) -> NVMLCode? {
    do {
        _ = try call()
        return .success
    } catch {
        return (error as? NVMLError)?.code
    }
}

extension FakeNVML {
    /// Opens the library and attaches to a GPU.
    func device(_ gpu: Int = 0) throws -> NVMLDevice {
        try open().device(at: fakeAddresses[gpu])
    }
}

@Suite struct NVMLDeviceTests {
    /// Everything that is asked of a device, by the function that is asked first.
    static let readers: [(String, @Sendable (NVMLDevice) throws -> Void)] = [
        ("nvmlDeviceGetUUID", { _ = try $0.uuid() }),
        ("nvmlDeviceGetSerial", { _ = try $0.serial() }),
        ("nvmlDeviceGetName", { _ = try $0.name() }),
        ("nvmlDeviceGetBoardPartNumber", { _ = try $0.boardPartNumber() }),
        ("nvmlDeviceGetVbiosVersion", { _ = try $0.vbiosVersion() }),
        ("nvmlDeviceGetInforomImageVersion", { _ = try $0.inforomVersion() }),
        ("nvmlDeviceGetGspFirmwareVersion", { _ = try $0.gspFirmwareVersion() }),
        ("nvmlDeviceGetMinorNumber", { _ = try $0.minorNumber() }),
        ("nvmlDeviceGetModuleId", { _ = try $0.moduleID() }),
        ("nvmlDeviceGetNvLinkState", { _ = try $0.isLinkActive(0) }),
        ("nvmlDeviceGetNvLinkVersion", { _ = try $0.linkVersion(0) }),
        ("nvmlDeviceGetNvLinkRemoteDeviceType", { _ = try $0.linkPeer(0) }),
        ("nvmlDeviceGetNvLinkRemotePciInfo_v2", { _ = try $0.linkPeerAddress(0) }),
        ("nvmlDeviceGetNvLinkErrorCounter", { _ = try $0.linkErrorCount(0, .replay) }),
        (
            "nvmlDeviceGetFieldValues",
            { device in
                var batch = NVMLFieldBatch([NVMLField(91)])
                try device.read(&batch)
            }
        ),
        ("nvmlDeviceGetSramEccErrorStatus", { _ = try $0.sramStatus() }),
        ("nvmlDeviceGetRowRemapperHistogram", { _ = try $0.spareRows() }),
        ("nvmlDeviceGetCurrentClocksEventReasons", { _ = try $0.clockEventReasons() }),
        ("nvmlDeviceGetCurrentClocksThrottleReasons", { _ = try $0.clockThrottleReasons() }),
        ("nvmlDeviceGetTemperatureV", { _ = try $0.temperatureNewer() }),
        ("nvmlDeviceGetTemperature", { _ = try $0.temperatureOlder() }),
        ("nvmlDeviceGetPowerUsage", { _ = try $0.powerMilliwatts() }),
        ("nvmlDeviceGetEnforcedPowerLimit", { _ = try $0.powerLimitMilliwatts() }),
        ("nvmlDeviceGetUtilizationRates", { _ = try $0.utilization() }),
        ("nvmlDeviceGetMemoryInfo_v2", { _ = try $0.memory() }),
        ("nvmlDeviceGetClockInfo", { _ = try $0.clockMegahertz(.sm) }),
        ("nvmlDeviceGetPersistenceMode", { _ = try $0.isPersistent() }),
        ("nvmlDeviceGetMigMode", { _ = try $0.isPartitioned() }),
        ("nvmlDeviceGetGpuFabricInfoV", { _ = try $0.fabricThird() }),
        ("nvmlDeviceGetGpuFabricInfo", { _ = try $0.fabricFirst() }),
        ("nvmlDeviceGetSupportedEventTypes", { _ = try $0.eventTypes() }),
        (
            "nvmlDeviceRegisterEvents",
            { device in
                try NVMLEventSet(library: device.library).register(device, .xid)
            }
        ),
    ]

    @Test func `an error names the call that failed, and a lost GPU is asked once`() throws {
        let fake = try FakeNVML()
        let device = try fake.device()
        try fake.play("set gpu=0 lost")
        for (symbol, read) in Self.readers {
            let before = try fake.calls().count
            #expect(throws: NVMLError(symbol, .gpuIsLost)) { try read(device) }
            let calls = try fake.calls().dropFirst(before)
                .filter { !$0.symbol.hasPrefix("nvmlEventSet") }
            #expect(calls.map(\.symbol) == [symbol])
            #expect(calls.map(\.gpu) == [0])
        }
    }

    @Test func `a function that is not there is not found, and no crash`() throws {
        let fake = try FakeNVML(.r450)
        let library = try fake.open()
        let device = try library.device(at: fakeAddresses[0])
        for (symbol, read) in Self.readers where library.missingSymbols.contains(symbol) {
            #expect(code { try read(device) } == .functionNotFound, "\(symbol)")
        }
    }

    @Test func `reading everything calls nothing that is forbidden`() throws {
        let fake = try FakeNVML()
        let device = try fake.device()
        for (_, read) in Self.readers { try? read(device) }
        let called = Set(try fake.calls().map(\.symbol))
        let known = Set(Self.readers.map(\.0)).union([
            "nvmlInit_v2", "nvmlSystemGetDriverVersion", "nvmlSystemGetNVMLVersion",
            "nvmlDeviceGetHandleByPciBusId_v2", "nvmlEventSetCreate", "nvmlEventSetFree",
        ])
        #expect(called.subtracting(known) == [])
        #expect(called.count == known.count)
    }

    @Test func `a GPU is attached to by its address, and no other is touched`() throws {
        let fake = try FakeNVML()
        let library = try fake.open()
        for (gpu, address) in fakeAddresses.enumerated() {
            let device = try library.device(at: address)
            #expect(try device.minorNumber() == UInt32(gpu))
        }
        let attached = try fake.calls().filter { $0.symbol.contains("Handle") }
        #expect(attached.map(\.gpu) == Array(0..<8))
        #expect(Set(attached.map(\.symbol)) == ["nvmlDeviceGetHandleByPciBusId_v2"])
    }

    @Test func `an address without a GPU is not found`() throws {
        let library = try FakeNVML().open()
        let empty = PCIAddress(domain: 0, bus: 0x77, device: 0)
        #expect(code { try library.device(at: empty) } == .notFound)
    }

    @Test func `identity is what the GPU says`() throws {
        let device = try FakeNVML(
            .r610, "set gpu=2 uuid=GPU-abc serial=123 name=NVIDIA_H200 module=5 minor=9"
        ).device(2)
        #expect(try device.uuid() == "GPU-abc")
        #expect(try device.serial() == "123")
        #expect(try device.name() == "NVIDIA H200")
        #expect(try device.moduleID() == 5)
        #expect(try device.minorNumber() == 9)
        #expect(try device.boardPartNumber() == "900-00000-0000-000")
        #expect(try device.vbiosVersion() == "96.00.74.00.01")
        #expect(try device.inforomVersion() == "G520.0200.00.05")
        #expect(try device.gspFirmwareVersion() == "610.43.02")
    }

    @Test func `a text longer than its buffer is an error, not an overrun`() throws {
        let long = String(repeating: "x", count: 40)
        let device = try FakeNVML(.r610, "set gpu=0 serial=\(long)").device()
        #expect(code { try device.serial() } == .insufficientSize)
    }

    // MARK: Losing and finding a GPU

    @Test func `a lost GPU leaves the others alone`() throws {
        let fake = try FakeNVML()
        let library = try fake.open()
        let devices = try fakeAddresses.map { try library.device(at: $0) }
        try fake.play("set gpu=3 lost")
        for (gpu, device) in devices.enumerated() {
            let code = code { try device.uuid() }
            #expect(code == (gpu == 3 ? .gpuIsLost : .success))
        }
        let attach = code { try library.device(at: fakeAddresses[3]) }
        #expect(attach == .gpuIsLost)
        try fake.play("set gpu=3 lost=999")
        let later = code { try library.device(at: fakeAddresses[3]) }
        #expect(later == .unknown)
    }

    @Test(arguments: [(nil, NVMLCode.gpuIsLost), (1, .uninitialized)] as [(Int?, NVMLCode)])
    func `after a reset the old handle is stale and a new one works`(
        _ stale: Int?, _ code: NVMLCode
    ) throws {
        let fake = try FakeNVML()
        let library = try fake.open()
        let old = try library.device(at: fakeAddresses[5])
        try fake.play("set gpu=5 generation=2 \(stale.map { "stale=\($0)" } ?? "")")
        #expect(CollectorsTests.code { try old.uuid() } == code)
        let new = try library.device(at: fakeAddresses[5])
        #expect(new != old)
        #expect(try new.uuid() == "GPU-5afe0005-0000-4000-8000-000000000005")
    }

    @Test func `after a driver reload all handles are stale`() throws {
        let fake = try FakeNVML()
        let library = try fake.open()
        let old = try fakeAddresses.map { try library.device(at: $0) }
        try fake.play("reload 1")
        for device in old {
            #expect(code { try device.uuid() } == .uninitialized)
        }
        #expect(try library.device(at: fakeAddresses[0]) != old[0])
    }

    @Test func `a count that shrinks leaves the handles`() throws {
        let fake = try FakeNVML()
        let library = try fake.open()
        let device = try library.device(at: fakeAddresses[7])
        try fake.play("count 7")
        #expect(try library.deviceCount() == 7)
        #expect(try device.minorNumber() == 7)
    }

    @Test func `the same handle is the same device`() throws {
        let library = try FakeNVML().open()
        let first = try library.device(at: fakeAddresses[1])
        #expect(try library.device(at: fakeAddresses[1]) == first)
        #expect(try library.device(at: fakeAddresses[2]) != first)
        #expect(Set([first, try library.device(at: fakeAddresses[1])]).count == 1)
    }

    @Test func `a thread for each GPU reads at the same time`() async throws {
        let scenario = (0..<8).map {
            "counter gpu=\($0) field=161 value=\($0 * 1000)\nset gpu=\($0) temperature=\(30 + $0)"
        }
        let fake = try FakeNVML(.r610, scenario.joined(separator: "\n"))
        let library = try fake.open()
        let devices = try fakeAddresses.map { try library.device(at: $0) }
        let before = try fake.calls().count
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for (gpu, device) in devices.enumerated() {
                group.addTask {
                    var batch = NVMLFieldBatch((0..<18).map { NVMLField(161, scope: $0) })
                    var isRight = true
                    for _ in 0..<50 {
                        try device.read(&batch)
                        isRight =
                            isRight && batch.answers.allSatisfy { $0.count == UInt64(gpu * 1000) }
                        isRight = try isRight && device.temperatureNewer() == Int32(30 + gpu)
                    }
                    return isRight
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        #expect(try fake.calls().count == before + 8 * 100)
    }
}
