import Glibc
import Model

/// What is wrong with a GPU beyond what its report says.
struct GPUTrouble: Hashable, Sendable {
    /// The call that does not return, or did not.
    var call: GPUCall?
    /// Since when, on the boot clock.
    var since: UInt64
    /// What the kernel says of the thread that waits; nil when it is gone.
    var kernel: ThreadState?
    /// Why the GPU is left alone; nil while it is not.
    var excluded: String?
}

/// What a thread is doing, from `/proc/PID/task/TID` (proc(5)).
struct ThreadState: Hashable, Sendable {
    /// The letter of its state: `R`, `S`, `D` and so on.
    var letter: Character
    /// The kernel function that it waits in; empty when it does not wait or nobody says.
    var waitChannel: String

    /// Whether no signal reaches it.
    var isUninterruptible: Bool { letter == "D" }

    /// Reads the state of a thread; nil when it is gone.
    static func read(_ process: pid_t, _ thread: UInt32) -> ThreadState? {
        let path = "/proc/\(process)/task/\(thread)"
        guard let stat = ProcFile.text("\(path)/stat"), let name = stat.lastIndex(of: ")"),
            let letter = stat[stat.index(after: name)...].first(where: { $0 != " " })
        else { return nil }
        let channel = ProcFile.text("\(path)/wchan")?.trimmed ?? ""
        return ThreadState(letter: letter, waitChannel: channel == "0" ? "" : channel)
    }
}

extension Quarantine.Cause {
    /// The call that brought the GPU here; nil when the kernel log did.
    var call: GPUCall? {
        switch self {
        case .hung(let call), .crashed(let call, _): call
        case .told: nil
        }
    }
}
