/// Why NVML cannot be used on this node.
package enum NVMLOpenError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no library; the detail is dlerror(3)'s text for the first name that was tried.
    case libraryNotFound(detail: String)
    /// A file of that name is there, but the dynamic linker cannot use it; with dlerror(3)'s text.
    case notALibrary(path: String, detail: String)
    /// The library lacks the function with which everything begins.
    case symbolsMissing(path: String)
    /// No NVIDIA kernel module is loaded.
    case driverNotLoaded
    /// The library is of another driver than the loaded kernel module; with the library's version,
    /// nil where it does not say it.
    case versionMismatch(library: String?)
    /// The process may not open the GPUs.
    case noPermission
    /// The start failed in another way.
    case failed(NVMLError)

    /// What is wrong, and what to do next.
    package var description: String {
        switch self {
        case .libraryNotFound(let detail):
            "NVML is not installed: \(detail). Install the user-space part of the NVIDIA driver "
                + "(Debian: libnvidia-ml1), or give the path of libnvidia-ml.so.1."
        case .notALibrary(let path, let detail):
            "\(path) cannot be loaded: \(detail). Reinstall the NVIDIA driver, or correct the path."
        case .symbolsMissing(let path):
            "\(path) is not NVML: it has no nvmlInit_v2. Correct the path, or install a driver of "
                + "branch 450 or later."
        case .driverNotLoaded:
            "The NVIDIA kernel module is not loaded. Load it (modprobe nvidia) and look into the "
                + "kernel log if that fails."
        case .versionMismatch(let version):
            "The NVML library\(version.map { " (\($0))" } ?? "") is of another driver than the "
                + "loaded kernel module: the driver was upgraded under it. Reload the NVIDIA "
                + "modules, or reboot the node."
        case .noPermission:
            "This process may not use the GPUs. Give its user and its control group access to "
                + "/dev/nvidiactl and /dev/nvidia0 and following."
        case .failed(let error):
            "NVML does not start: \(error). Run nvidia-smi, and look into the kernel log for the "
                + "cause."
        }
    }

    init(_ error: NVMLError, libraryVersion: String?) {
        switch error.code {
        case .driverNotLoaded: self = .driverNotLoaded
        case .versionMismatch: self = .versionMismatch(library: libraryVersion)
        default: self = error.code.kind == .permission ? .noPermission : .failed(error)
        }
    }
}
