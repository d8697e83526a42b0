import CNVML
import Glibc
package import Model

/// libnvidia-ml, opened and started.
///
/// It stays open for the life of the process: when the last client of a GPU closes, the driver
/// takes the GPU's state down, counters included. NVML may be called from several threads.
@safe
// The table is written before any other thread can see the object, and never again.
package final class NVMLLibrary: @unchecked Sendable {
    /// Where it is looked for: first by the dynamic linker, then where distributions put it.
    package static let defaultPaths: [String] = {
        #if arch(arm64)
            let multiarch = "aarch64-linux-gnu"
        #else
            let multiarch = "x86_64-linux-gnu"
        #endif
        let directories = [
            "/usr/lib64", "/usr/lib64/nvidia", "/usr/lib", "/usr/lib/nvidia",
            "/usr/lib/\(multiarch)",
        ]
        return [soname] + directories.map { "\($0)/\(soname)" }
    }()

    private static let soname = "libnvidia-ml.so.1"

    /// The name under which it was opened.
    package let path: String
    /// NVML's version, as in `12.550.54.15`; nil where the library does not say it.
    package let version: String?
    /// The driver's version, as in `550.54.15`; nil where the library does not say it.
    package let driverVersion: String?
    /// How many of the functions that we know it has.
    package let symbolCount: Int
    /// The functions that it does not have.
    package let missingSymbols: [String]

    let table: fw_nvml_table

    /// Opens the first of the paths that is a library, and starts it; a file that is none, or that
    /// cannot be used, is told of when there is no other.
    package init(paths: [String] = defaultPaths) throws(NVMLOpenError) {
        let (handle, path) = unsafe try Self.open(paths)
        var table = fw_nvml_table()
        symbolCount = unsafe fw_nvml_load(handle, &table)
        missingSymbols = unsafe Self.missing(in: &table)
        guard table.nvmlInit_v2 != nil else {
            unsafe dlclose(handle)
            throw .symbolsMissing(path: path)
        }
        // This one answers before the start, too.
        version = try? NVMLText.read("nvmlSystemGetNVMLVersion", FW_NVML_VERSION_TEXT) {
            unsafe table.nvmlSystemGetNVMLVersion?($0, $1)
        }
        do throws(NVMLError) {
            try NVMLError.check("nvmlInit_v2", table.nvmlInit_v2?())
        } catch {
            // It stays loaded: a library that has begun to start may have left threads behind.
            throw NVMLOpenError(error, libraryVersion: version)
        }
        driverVersion = try? NVMLText.read(
            "nvmlSystemGetDriverVersion", FW_NVML_VERSION_TEXT
        ) {
            unsafe table.nvmlSystemGetDriverVersion?($0, $1)
        }
        self.path = path
        self.table = table
    }

    @unsafe private static func open(
        _ paths: [String]
    ) throws(NVMLOpenError) -> (handle: UnsafeMutableRawPointer, path: String) {
        var absence: String?
        var unusable: NVMLOpenError?
        for path in paths {
            if let handle = unsafe dlopen(path, RTLD_LAZY | RTLD_LOCAL) {
                return unsafe (handle, path)
            }
            let detail = unsafe dlerror().map { unsafe String(cString: $0) } ?? path
            // A library that this one needs may be missing as well, under its own name.
            if detail.hasPrefix(path + ":"), detail.contains("No such file") {
                absence = absence ?? detail
            } else {
                unusable = unusable ?? .notALibrary(path: path, detail: detail)
            }
        }
        throw unusable ?? .libraryNotFound(detail: absence ?? "no path to look for it")
    }

    @unsafe private static func missing(in table: inout fw_nvml_table) -> [String] {
        var names: [String] = []
        for index in 0..<fw_nvml_symbol_count
        where unsafe !fw_nvml_symbol_is_loaded(&table, index) {
            names.append(unsafe String(cString: fw_nvml_symbol_name(index)))
        }
        return names
    }

    /// How many GPUs the driver counts; fewer than there are when one has been lost.
    package func deviceCount() throws(NVMLError) -> UInt32 {
        var count: UInt32 = 0
        try NVMLError.check(
            "nvmlDeviceGetCount_v2", unsafe table.nvmlDeviceGetCount_v2?(&count))
        return count
    }

    /// Attaches to the GPU at that address, and touches no other GPU.
    package func device(at address: PCIAddress) throws(NVMLError) -> NVMLDevice {
        var handle: fw_nvml_device?
        try NVMLError.check(
            "nvmlDeviceGetHandleByPciBusId_v2",
            unsafe table.nvmlDeviceGetHandleByPciBusId_v2?(address.description, &handle))
        return unsafe try device("nvmlDeviceGetHandleByPciBusId_v2", handle)
    }

    @unsafe private func device(
        _ call: String, _ handle: fw_nvml_device?
    ) throws(NVMLError) -> NVMLDevice {
        guard let handle = unsafe handle else { throw NVMLError(call, .unknown) }
        return unsafe NVMLDevice(library: self, handle: handle)
    }
}

/// Texts that C writes into our memory.
enum NVMLText {
    /// The text that a call writes into a buffer of that size, valid only within `body`.
    @safe static func read(
        _ call: String, _ size: Int, _ body: (UnsafeMutablePointer<CChar>, UInt32) -> Int32?
    ) throws(NVMLError) -> String {
        var code: Int32?
        let octets = unsafe [CChar](unsafeUninitializedCapacity: size) { buffer, count in
            unsafe buffer.initialize(repeating: 0)
            count = size
            guard let start = buffer.baseAddress else { return }
            code = unsafe body(start, UInt32(size))
        }
        try NVMLError.check(call, code)
        return text(octets.lazy.map { UInt8(bitPattern: $0) })
    }

    /// The text of an array of characters in a C struct, which need not end with a NUL.
    static func read<Characters: BitwiseCopyable>(array: Characters) -> String {
        unsafe withUnsafeBytes(of: array) { unsafe text($0) }
    }

    private static func text(_ octets: some Sequence<UInt8>) -> String {
        String(decoding: Array(octets.prefix { $0 != 0 }), as: UTF8.self)
    }
}
