import CNVML
import Collectors
import Fakes
import Foundation
import Testing

@Suite struct NVMLLibraryTests {
    static let since570 = ["nvmlDeviceGetTemperatureV"]
    static let since550 = ["nvmlDeviceGetSramEccErrorStatus", "nvmlDeviceGetGpuFabricInfoV"]
    static let since455 = [
        "nvmlDeviceGetGspFirmwareVersion", "nvmlDeviceGetModuleId",
        "nvmlDeviceGetNvLinkRemoteDeviceType", "nvmlDeviceGetRowRemapperHistogram",
        "nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetMemoryInfo_v2",
        "nvmlDeviceGetGpuFabricInfo",
    ]

    /// A driver, how many functions it has, and those that it lacks.
    static let drivers: [(FakeNVML.Driver, Int, [String])] = [
        (.r610, 40, []), (.r580, 40, []), (.r550, 39, since570),
        (.r450, 30, since570 + since550 + since455),
    ]

    @Test(arguments: drivers)
    func `an older driver lacks what came later`(
        _ row: (driver: FakeNVML.Driver, count: Int, missing: [String])
    ) throws {
        let library = try FakeNVML(row.driver).open()
        #expect(library.symbolCount == row.count)
        #expect(Set(library.missingSymbols) == Set(row.missing))
        #expect(library.missingSymbols.count == row.missing.count)
    }

    @Test(arguments: zip([FakeNVML.Driver.r610, .r580, .r550, .r450], [610, 580, 550, 450]))
    func `the fake exports what its driver has, by the table`(
        _ driver: FakeNVML.Driver, _ branch: UInt32
    ) throws {
        let fake = try FakeNVML(driver)
        for index in 0..<fw_nvml_symbol_count {
            let name = String(cString: fw_nvml_symbol_name(index))
            #expect(fake.exports(name) == (fw_nvml_symbol_first_driver(index) <= branch), "\(name)")
        }
    }

    @Test func `the table has nothing that waits, lists or changes`() {
        let names = (0..<fw_nvml_symbol_count).map { String(cString: fw_nvml_symbol_name($0)) }
        #expect(names.count == 40)
        #expect(Set(names).count == 40)
        let forbidden = [
            "PcieThroughput", "RunningProcesses", "DeviceSet", "DeviceClear", "DeviceReset",
            "DeviceFreeze", "ValidateInforom", "HandleByUUID", "Unit",
        ]
        for word in forbidden { #expect(!names.contains { $0.contains(word) }, "\(word)") }
    }

    @Test func `the fake has what must not be called, to be seen`() throws {
        let fake = try FakeNVML()
        for name in [
            "nvmlDeviceGetPcieThroughput", "nvmlDeviceGetComputeRunningProcesses_v3",
            "nvmlDeviceSetPersistenceMode", "nvmlDeviceClearEccErrorCounts",
            "nvmlDeviceResetNvLinkErrorCounters", "nvmlDeviceGetHandleByUUID",
        ] { #expect(fake.exports(name), "\(name)") }
    }

    @Test func `the versions are told`() throws {
        let library = try FakeNVML(.r550).open()
        #expect(library.version == "12.550.54.15")
        #expect(library.driverVersion == "550.54.15")
    }

    @Test func `versions that are not told are not invented`() throws {
        let fake = try FakeNVML(.r610, "return symbol=nvmlSystemGet* code=999")
        let library = try fake.open()
        #expect(library.version == nil)
        #expect(library.driverVersion == nil)
    }

    @Test func `it starts once and touches no GPU`() throws {
        let fake = try FakeNVML()
        _ = try fake.open()
        #expect(
            try fake.calls().map(\.symbol) == [
                "nvmlSystemGetNVMLVersion", "nvmlInit_v2", "nvmlSystemGetDriverVersion",
            ])
    }

    @Test func `it is looked for by name first, then where distributions put it`() {
        let paths = NVMLLibrary.defaultPaths
        #expect(paths.first == "libnvidia-ml.so.1")
        #expect(
            paths.dropFirst().prefix(4) == [
                "/usr/lib64/libnvidia-ml.so.1", "/usr/lib64/nvidia/libnvidia-ml.so.1",
                "/usr/lib/libnvidia-ml.so.1", "/usr/lib/nvidia/libnvidia-ml.so.1",
            ])
        #expect(paths.last?.hasSuffix("-linux-gnu/libnvidia-ml.so.1") == true)
        #expect(paths.count == 6)
    }

    @Test func `a later path is taken when the first has nothing`() throws {
        let fake = try FakeNVML()
        let library = try NVMLLibrary(paths: ["/nowhere/libnvidia-ml.so.1", fake.path])
        #expect(library.path == fake.path)
    }
}

@Suite struct NVMLOpenErrorTests {
    /// The error with which opening ends.
    private func failure(_ paths: [String]) -> NVMLOpenError? {
        do throws(NVMLOpenError) {
            _ = try NVMLLibrary(paths: paths)
            return nil
        } catch {
            return error
        }
    }

    @Test func `no library`() throws {
        let error = try #require(failure(["libnvidia-ml-of-nobody.so.1", "/nowhere/a.so"]))
        #expect(
            error
                == .libraryNotFound(
                    detail: "libnvidia-ml-of-nobody.so.1: cannot open shared object file: "
                        + "No such file or directory"))
        #expect(error.description.contains("libnvidia-ml1"))
    }

    @Test func `a file that is no library`() throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("not-nvml-\(UUID().uuidString)")
        try String(repeating: "no ELF header. ", count: 40)
            .write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let error = try #require(failure(["/nowhere/a.so", file.path, "/nowhere/b.so"]))
        guard case .notALibrary(file.path, let detail) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(detail.contains("invalid ELF header"))
        #expect(error.description.hasPrefix("\(file.path) cannot be loaded: "))
        // One for another architecture may stand before the one that will do.
        let fake = try FakeNVML()
        #expect(failure([file.path, fake.path]) == nil)
    }

    @Test func `a file that cannot be opened is not called missing`() throws {
        let error = try #require(failure(["/etc/passwd/libnvidia-ml.so.1"]))
        guard case .notALibrary = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func `a library without a single function`() throws {
        let fake = try FakeNVML(.empty)
        let error = try #require(failure([fake.path]))
        #expect(error == .symbolsMissing(path: fake.path))
        #expect(error.description.contains("nvmlInit_v2"))
    }

    static let starts: [(Int32, NVMLOpenError)] = [
        (9, .driverNotLoaded), (18, .versionMismatch(library: "13.610.43.02")),
        (4, .noPermission), (17, .noPermission),
        (12, .failed(NVMLError("nvmlInit_v2", NVMLCode(rawValue: 12)))),
        (999, .failed(NVMLError("nvmlInit_v2", .unknown))),
    ]

    @Test(arguments: starts)
    func `a start that fails`(_ row: (code: Int32, error: NVMLOpenError)) throws {
        let fake = try FakeNVML(.r610, "return symbol=nvmlInit_v2 code=\(row.code)")
        #expect(failure([fake.path]) == row.error)
        // What failed once may work later, in the same process.
        try fake.play("")
        #expect(failure([fake.path]) == nil)
    }

    @Test func `an error says what to do`() {
        let lost = NVMLError("nvmlInit_v2", .unknown)
        let steps: [(NVMLOpenError, String)] = [
            (.driverNotLoaded, "modprobe nvidia"), (.versionMismatch(library: nil), "reboot"),
            (.noPermission, "/dev/nvidiactl"), (.failed(lost), "UNKNOWN (999)"),
        ]
        for (error, step) in steps {
            #expect(error.description.contains(step))
            #expect(error.description.hasSuffix("."))
        }
        #expect(NVMLOpenError.versionMismatch(library: "12.1").description.contains("(12.1)"))
    }
}
