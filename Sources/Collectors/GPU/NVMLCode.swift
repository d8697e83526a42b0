import CNVML

/// What a call of NVML, or one entry of its answer, returned (nvmlReturn_t).
package struct NVMLCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// What a code asks of the caller.
    package enum Class: String, CaseIterable, Sendable {
        /// It worked.
        case success
        /// This GPU, link or driver does not have it; it stays so until the driver or the GPU is
        /// another.
        case absentCapability = "absent_capability"
        /// The process may not ask, or its container lacks the device node.
        case permission
        /// Ask again in the next pass.
        case transient
        /// The GPU does not work, or does not answer any more.
        case gpuBad = "gpu_bad"
        /// The library or the driver is not usable, for any GPU.
        case library
    }

    /// The number.
    package let rawValue: Int32

    /// A code by its number, also one that is newer than this table.
    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    private init(_ native: fw_nvml_code) {
        rawValue = Int32(native.rawValue)
    }

    /// What the code asks of the caller; transient where the table does not know it.
    ///
    /// A link or a location that is not there gives `INVALID_ARGUMENT` or `NOT_FOUND`, which are
    /// therefore absent capabilities. `UNKNOWN` speaks of a bad GPU when a handle is asked for, and
    /// elsewhere when it comes twice in a row.
    package var kind: Class { Self.table[rawValue]?.kind ?? .transient }

    /// The name without the vendor's prefix, as in `GPU_IS_LOST`; nil for a number that the table
    /// does not know.
    package var name: String? { Self.table[rawValue]?.name }

    /// The name and the number.
    package var description: String { "\(name ?? "code") (\(rawValue))" }

    /// It worked.
    package static let success = NVMLCode(FW_NVML_SUCCESS)
    /// The library was shut down, or the handle is of a driver that is gone.
    package static let uninitialized = NVMLCode(FW_NVML_UNINITIALIZED)
    /// An argument that does not exist here, such as a link beyond the last one.
    package static let invalidArgument = NVMLCode(FW_NVML_INVALID_ARGUMENT)
    /// The GPU does not have it.
    package static let notSupported = NVMLCode(FW_NVML_NOT_SUPPORTED)
    /// The process may not ask.
    package static let noPermission = NVMLCode(FW_NVML_NO_PERMISSION)
    /// There is no such device.
    package static let notFound = NVMLCode(FW_NVML_NOT_FOUND)
    /// The buffer is too small; the call says how large it has to be.
    package static let insufficientSize = NVMLCode(FW_NVML_INSUFFICIENT_SIZE)
    /// No kernel module is loaded.
    package static let driverNotLoaded = NVMLCode(FW_NVML_DRIVER_NOT_LOADED)
    /// Nothing came within the time.
    package static let timeout = NVMLCode(FW_NVML_TIMEOUT)
    /// The library does not have the function; also ours, for a symbol that was not found.
    package static let functionNotFound = NVMLCode(FW_NVML_FUNCTION_NOT_FOUND)
    /// The GPU has fallen off the bus or does not answer.
    package static let gpuIsLost = NVMLCode(FW_NVML_GPU_IS_LOST)
    /// The GPU has to be reset first.
    package static let resetRequired = NVMLCode(FW_NVML_RESET_REQUIRED)
    /// The operating system refused: a missing device node, a control group.
    package static let operatingSystem = NVMLCode(FW_NVML_OPERATING_SYSTEM)
    /// The library and the loaded kernel module are of different drivers.
    package static let versionMismatch = NVMLCode(FW_NVML_LIB_RM_VERSION_MISMATCH)
    /// The library does not know this layout of a struct.
    package static let argumentVersionMismatch = NVMLCode(FW_NVML_ARGUMENT_VERSION_MISMATCH)
    /// The function is not served any more.
    package static let deprecated = NVMLCode(FW_NVML_DEPRECATED)
    /// An error inside the driver.
    package static let unknown = NVMLCode(FW_NVML_UNKNOWN)

    private typealias Row = (name: String, kind: Class)

    private static let table = Dictionary(
        uniqueKeysWithValues: rows.map { (Int32($0.native.rawValue), ($0.name, $0.kind) as Row) })

    private static let rows: [(native: fw_nvml_code, name: String, kind: Class)] = [
        (FW_NVML_SUCCESS, "SUCCESS", .success),
        (FW_NVML_UNINITIALIZED, "UNINITIALIZED", .library),
        (FW_NVML_INVALID_ARGUMENT, "INVALID_ARGUMENT", .absentCapability),
        (FW_NVML_NOT_SUPPORTED, "NOT_SUPPORTED", .absentCapability),
        (FW_NVML_NO_PERMISSION, "NO_PERMISSION", .permission),
        (FW_NVML_ALREADY_INITIALIZED, "ALREADY_INITIALIZED", .library),
        (FW_NVML_NOT_FOUND, "NOT_FOUND", .absentCapability),
        (FW_NVML_INSUFFICIENT_SIZE, "INSUFFICIENT_SIZE", .transient),
        (FW_NVML_INSUFFICIENT_POWER, "INSUFFICIENT_POWER", .gpuBad),
        (FW_NVML_DRIVER_NOT_LOADED, "DRIVER_NOT_LOADED", .library),
        (FW_NVML_TIMEOUT, "TIMEOUT", .transient),
        (FW_NVML_IRQ_ISSUE, "IRQ_ISSUE", .gpuBad),
        (FW_NVML_LIBRARY_NOT_FOUND, "LIBRARY_NOT_FOUND", .library),
        (FW_NVML_FUNCTION_NOT_FOUND, "FUNCTION_NOT_FOUND", .absentCapability),
        (FW_NVML_CORRUPTED_INFOROM, "CORRUPTED_INFOROM", .transient),
        (FW_NVML_GPU_IS_LOST, "GPU_IS_LOST", .gpuBad),
        (FW_NVML_RESET_REQUIRED, "RESET_REQUIRED", .gpuBad),
        (FW_NVML_OPERATING_SYSTEM, "OPERATING_SYSTEM", .permission),
        (FW_NVML_LIB_RM_VERSION_MISMATCH, "LIB_RM_VERSION_MISMATCH", .library),
        (FW_NVML_IN_USE, "IN_USE", .transient),
        (FW_NVML_MEMORY, "MEMORY", .transient),
        (FW_NVML_NO_DATA, "NO_DATA", .transient),
        (FW_NVML_VGPU_ECC_NOT_SUPPORTED, "VGPU_ECC_NOT_SUPPORTED", .absentCapability),
        (FW_NVML_INSUFFICIENT_RESOURCES, "INSUFFICIENT_RESOURCES", .transient),
        (FW_NVML_FREQ_NOT_SUPPORTED, "FREQ_NOT_SUPPORTED", .absentCapability),
        (FW_NVML_ARGUMENT_VERSION_MISMATCH, "ARGUMENT_VERSION_MISMATCH", .absentCapability),
        (FW_NVML_DEPRECATED, "DEPRECATED", .absentCapability),
        (FW_NVML_NOT_READY, "NOT_READY", .transient),
        (FW_NVML_GPU_NOT_FOUND, "GPU_NOT_FOUND", .gpuBad),
        (FW_NVML_INVALID_STATE, "INVALID_STATE", .transient),
        (FW_NVML_RESET_TYPE_NOT_SUPPORTED, "RESET_TYPE_NOT_SUPPORTED", .absentCapability),
        (FW_NVML_UNKNOWN, "UNKNOWN", .gpuBad),
    ]
}

/// A call of NVML that did not give what it was asked for.
package struct NVMLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The function, as in `nvmlDeviceGetUUID`.
    package let call: String
    /// What it returned.
    package let code: NVMLCode

    /// A call that failed.
    package init(_ call: String, _ code: NVMLCode) {
        self.call = call
        self.code = code
    }

    /// The function, the name of the code and its number.
    package var description: String { "\(call): \(code)" }

    /// Throws unless the call returned success; nil stands for a function that is not there.
    static func check(_ call: String, _ code: Int32?) throws(NVMLError) {
        let code = code.map { NVMLCode(rawValue: $0) } ?? .functionNotFound
        guard code != .success else { return }
        throw NVMLError(call, code)
    }
}
