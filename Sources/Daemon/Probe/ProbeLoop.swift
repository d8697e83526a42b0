import Glibc
import Model
import Synchronization
import Wire

/// What a probe does between its commands and its answers.
protocol ProbeWork: AnyObject {
    /// Takes up a configuration, the first or another; false when it is not of this kind.
    func configure(_ configuration: ProbeConfiguration) -> Bool
    /// Begins a turn; false when it cannot.
    func collect(turn: UInt64, now: UInt64) -> Bool
    /// What to wait for beside commands.
    var descriptors: [Int32] { get }
    /// When `advance` is due at the latest, on the boot clock; nil when nothing is pending.
    var deadline: UInt64? { get }
    /// Goes on after waiting; false when the probe is done for and must be started anew.
    func advance(ready: Set<Int32>, now: UInt64) -> Bool
}

/// Where a probe's answers go.
struct ProbeOutput: Sendable {
    // Frames leave by a descriptor that no library prints to.
    private static let descriptor: Int32 = 3
    // Several threads tell what they see, and a frame must not break into another.
    private static let turn = Mutex(())

    /// Writes a frame; false when the daemon is gone.
    func send(_ answer: Answer) -> Bool {
        let frame = answer.frame
        return Self.turn.withLock { _ in write(frame) }
    }

    private func write(_ frame: [UInt8]) -> Bool {
        var rest = frame[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe Glibc.write(Self.descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// Waits for commands and for the work, on one thread.
struct ProbeLoop {
    let work: any ProbeWork
    let clock: any TimeSource
    private var frames = FrameBuffer()
    private var bytes = [UInt8](repeating: 0, count: 4096)

    init(_ work: any ProbeWork, clock: any TimeSource) {
        self.work = work
        self.clock = clock
    }

    /// Runs until the commands end or the work does; returns the exit status.
    mutating func run() -> Int32 {
        while true {
            let ready = wait()
            if ready.contains(0) {
                let count = unsafe read(0, &bytes, bytes.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return 0 }
                frames.append(bytes[..<count])
                guard obey() else { return 1 }
            }
            guard work.advance(ready: ready, now: clock.now().boottimeNanoseconds) else {
                return 0
            }
        }
    }

    private mutating func obey() -> Bool {
        do {
            while let payload = try frames.next() {
                switch try Command(payload) {
                case .configure(let configuration):
                    guard work.configure(configuration) else { return false }
                case .collect(let turn):
                    let now = clock.now().boottimeNanoseconds
                    guard work.collect(turn: turn, now: now) else { return false }
                }
            }
            return true
        } catch {
            ProbeMain.complain("a command is not a frame: \(error)")
            return false
        }
    }

    private func wait() -> Set<Int32> {
        var files = ([0] + work.descriptors).map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        var milliseconds: Int32 = -1
        if let deadline = work.deadline {
            let now = clock.now().boottimeNanoseconds
            // Rounded up: a wait that ends too early would only go round once more.
            milliseconds = Int32(clamping: (deadline - min(now, deadline) + 999_999) / 1_000_000)
        }
        guard unsafe poll(&files, nfds_t(files.count), milliseconds) > 0 else { return [] }
        return Set(files.filter { $0.revents != 0 }.map(\.fd))
    }
}
