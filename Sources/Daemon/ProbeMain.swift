import CLinux
import Collectors
import Glibc
import Model
import Wire

/// The probe process: waits for commands, collects, answers.
///
/// It touches the hardware and nothing else: no network, no database. The thread that talks to the
/// daemon is the one that collects, except where a call may hang for one of several devices.
package enum ProbeMain {
    /// The variable in which a probe finds who started it.
    static let parentVariable = "FABRICWATCH_PARENT"
    /// Where a probe finds the memory of its call board.
    static let boardDescriptor: Int32 = 4
    /// Runs a probe until its commands end; returns the exit status.
    package static func run(kind word: String) -> Int32 {
        guard let kind = ProbeKind(rawValue: word) else {
            let kinds = ProbeKind.allCases.map(\.rawValue).joined(separator: ", ")
            complain("there is no probe of kind '\(word)'; there are: \(kinds)")
            return 64
        }
        // Asked for by the child itself, since the parent may be gone before it gets here.
        _ = fw_die_with_parent()
        // Started through /proc/self/exe, it would be called `exe`.
        _ = unsafe fw_name_process("fabricwatchd")
        guard let parent = environmentVariable(parentVariable), parent == "\(getppid())" else {
            complain("a probe is started by the daemon only")
            return 64
        }
        let output = ProbeOutput()
        guard output.send(.hello(version: Version.text)) else { return 1 }
        let clock = SystemClock()
        var loop = ProbeLoop(work(kind, output, clock), clock: clock)
        let status = loop.run()
        // A thread may still wait in a library whose tidying up at exit would wait for it.
        if kind == .gpu { _exit(status) }
        return status
    }

    private static func work(
        _ kind: ProbeKind, _ output: ProbeOutput, _ clock: SystemClock
    ) -> any ProbeWork {
        switch kind {
        case .gpu:
            GPUWork(output, board: CallBoard(descriptor: boardDescriptor), clock: clock)
        case .kernelLog: KernelLogWork(output, clock: clock)
        case .pcie: PCIWork(output, clock: clock)
        case .infiniBand: InfiniBandWork(output)
        }
    }

    static func complain(_ text: String) {
        let line = Array("fabricwatchd probe: \(text)\n".utf8)
        _ = unsafe write(2, line, line.count)
    }
}

/// A variable of the process's environment; nil when it is not set.
func environmentVariable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}
