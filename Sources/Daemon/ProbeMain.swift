import CLinux
import Collectors
import Glibc
import Model
import Wire

/// The probe process: waits for commands, collects, answers.
///
/// It touches the hardware and nothing else: no network, no database. One thread does everything,
/// so a call that hangs hangs the process, and its supervisor knows on what.
package enum ProbeMain {
    /// The variable in which a probe finds who started it.
    static let parentVariable = "FABRICWATCH_PARENT"
    // Frames leave by a descriptor that no library prints to.
    private static let output: Int32 = 3

    /// Runs a probe until its commands end; returns the exit status.
    package static func run(kind: String) -> Int32 {
        guard kind == "infiniband" else {
            complain("there is no probe of kind '\(kind)'; there is: infiniband")
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
        return serve()
    }

    private static func serve() -> Int32 {
        guard send(.hello(version: Version.text)) else { return 1 }
        var frames = FrameBuffer()
        var collector: InfiniBandCollector<UMADTransport>?
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = unsafe read(0, &bytes, bytes.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return 0 }
            frames.append(bytes[..<count])
            do {
                while let payload = try frames.next() {
                    guard obey(try Command(payload), &collector) else { return 1 }
                }
            } catch {
                complain("a command is not a frame: \(error)")
                return 1
            }
        }
    }

    private static func obey(
        _ command: Command, _ collector: inout InfiniBandCollector<UMADTransport>?
    ) -> Bool {
        switch command {
        case .configure(.infiniBand(let configuration)):
            collector = InfiniBandCollector(
                configuration: configuration, transport: UMADTransport(),
                announce: { device, what in _ = send(.working(on: "\(device): \(what)")) })
            return true
        case .configure: return false
        case .collect(let turn):
            guard let report = collector?.collect() else { return false }
            return send(.report(turn: turn, .infiniBand(report)))
        }
    }

    private static func send(_ answer: Answer) -> Bool {
        var rest = answer.frame[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe write(output, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func complain(_ text: String) {
        let line = Array("fabricwatchd probe: \(text)\n".utf8)
        _ = unsafe write(2, line, line.count)
    }
}

/// A variable of the process's environment; nil when it is not set.
func environmentVariable(_ name: String) -> String? {
    unsafe getenv(name).map { unsafe String(cString: $0) }
}
