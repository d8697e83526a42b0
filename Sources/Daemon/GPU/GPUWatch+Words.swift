import Collectors
import Glibc
import Model

extension GPULibrary {
    /// Whether the log has to tell of it; how long a call has lasted changes all the time.
    func isOther(than known: GPULibrary?) -> Bool {
        guard let known else { return true }
        return (state, version, driver) != (known.state, known.version, known.driver)
    }

    /// What became of the library, in one line.
    var summary: String {
        guard state == .ready else {
            return detail.isEmpty ? "NVML is \(state.rawValue)" : detail
        }
        return "NVML \(version), driver \(driver), \(symbolsFound)/\(symbolsKnown) symbols"
    }
}

extension CallBoard.Call {
    /// The call as a report has it.
    func reported(now: UInt64) -> GPUCall {
        GPUCall(
            function: function, family: family, nanoseconds: now - min(now, startNanoseconds),
            thread: thread)
    }
}

extension PCIAddress {
    /// No device: the driver alone.
    static let none = PCIAddress(domain: .max, bus: 0, device: 0)
}

extension Int32 {
    /// Whether a process ended by a signal of its own making, as a status of wait(2).
    var isCrash: Bool {
        [SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGSYS, SIGTRAP].contains(self & 0x7F)
    }
}
