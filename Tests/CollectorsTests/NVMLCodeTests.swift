import Collectors
import Testing

@Suite struct NVMLCodeTests {
    /// Every code that a driver up to branch 610 has, in numeric order.
    static let kinds: [(Int32, String, NVMLCode.Class)] = [
        (0, "SUCCESS", .success), (1, "UNINITIALIZED", .library),
        (2, "INVALID_ARGUMENT", .absentCapability), (3, "NOT_SUPPORTED", .absentCapability),
        (4, "NO_PERMISSION", .permission), (5, "ALREADY_INITIALIZED", .library),
        (6, "NOT_FOUND", .absentCapability), (7, "INSUFFICIENT_SIZE", .transient),
        (8, "INSUFFICIENT_POWER", .gpuBad), (9, "DRIVER_NOT_LOADED", .library),
        (10, "TIMEOUT", .transient), (11, "IRQ_ISSUE", .gpuBad),
        (12, "LIBRARY_NOT_FOUND", .library), (13, "FUNCTION_NOT_FOUND", .absentCapability),
        (14, "CORRUPTED_INFOROM", .transient), (15, "GPU_IS_LOST", .gpuBad),
        (16, "RESET_REQUIRED", .gpuBad), (17, "OPERATING_SYSTEM", .permission),
        (18, "LIB_RM_VERSION_MISMATCH", .library), (19, "IN_USE", .transient),
        (20, "MEMORY", .transient), (21, "NO_DATA", .transient),
        (22, "VGPU_ECC_NOT_SUPPORTED", .absentCapability),
        (23, "INSUFFICIENT_RESOURCES", .transient),
        (24, "FREQ_NOT_SUPPORTED", .absentCapability),
        (25, "ARGUMENT_VERSION_MISMATCH", .absentCapability),
        (26, "DEPRECATED", .absentCapability), (27, "NOT_READY", .transient),
        (28, "GPU_NOT_FOUND", .gpuBad), (29, "INVALID_STATE", .transient),
        (30, "RESET_TYPE_NOT_SUPPORTED", .absentCapability), (999, "UNKNOWN", .gpuBad),
    ]

    @Test(arguments: kinds)
    func `a code has a name and a class`(_ row: (number: Int32, name: String, kind: NVMLCode.Class))
    {
        let code = NVMLCode(rawValue: row.number)
        #expect(code.name == row.name)
        #expect(code.kind == row.kind)
        #expect(code.description == "\(row.name) (\(row.number))")
    }

    @Test(arguments: [-1, 31, 998, 1000, .max] as [Int32])
    func `a code that is newer is asked again`(_ number: Int32) {
        let code = NVMLCode(rawValue: number)
        #expect(code.name == nil)
        #expect(code.kind == .transient)
        #expect(code.description == "code (\(number))")
    }

    @Test func `an error says the call and the code`() {
        let error = NVMLError("nvmlDeviceGetUUID", .gpuIsLost)
        #expect(error.description == "nvmlDeviceGetUUID: GPU_IS_LOST (15)")
    }
}
