import CLinux
import Glibc
import Model

/// Why a probe process could not be started.
struct SpawnError: Error, Sendable {
    /// The call that failed.
    let attempted: String
    /// Its error number.
    let code: Int32

    var text: String {
        "starting the probe: \(attempted): \(unsafe String(cString: strerror(code)))"
    }
}

/// A probe as its supervisor sees it; tests script their own.
protocol ProbeLink: AnyObject {
    /// The process.
    var pid: pid_t { get }
    /// Where answers are read from; non-blocking.
    var answers: Int32 { get }
    /// Writes a frame; false when the probe does not take it, which only a dead or stuck one does.
    func send(_ frame: [UInt8]) -> Bool
    /// What has arrived; nil at the end of the stream.
    func receive() -> [UInt8]?
    /// Closes the commands, at whose end the probe ends by itself.
    func finish()
    /// Ends the process and its group at once.
    func kill()
}

/// A running probe process and the two pipes to it.
///
/// The process leads a group of its own, so that a signal to the daemon's terminal does not reach
/// it and everything it may have started is killed with it.
final class ProbeProcess: ProbeLink {
    let pid: pid_t
    let answers: Int32
    private var commands: Int32

    /// Starts this same executable as `probe KIND`.
    ///
    /// Frames go in at 0 and out at 3, and whatever a library prints ends up in the daemon's log.
    /// The memory of a call board is at 4.
    init(
        kind: ProbeKind, environment: [String: String], board: Int32? = nil
    ) throws(SpawnError) {
        let input = try Pipe()
        let output: Pipe
        do {
            output = try Pipe()
        } catch {
            input.close()
            throw error
        }
        do {
            pid = try Self.spawn(
                ["fabricwatchd", "probe", kind.rawValue], environment,
                Files(input: input.reading, output: output.writing, board: board))
        } catch {
            input.close()
            output.close()
            throw error
        }
        close(input.reading)
        close(output.writing)
        commands = input.writing
        answers = output.reading
        for file in [commands, answers] {
            _ = fcntl(file, F_SETFL, O_NONBLOCK)
        }
    }

    deinit {
        finish()
        close(answers)
    }

    func finish() {
        guard commands >= 0 else { return }
        close(commands)
        commands = -1
    }

    func send(_ frame: [UInt8]) -> Bool {
        unsafe write(commands, frame, frame.count) == frame.count
    }

    func receive() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe read(answers, &bytes, bytes.count)
        if count < 0 { return errno == EAGAIN || errno == EINTR ? [] : nil }
        return count == 0 ? nil : Array(bytes[..<count])
    }

    func kill() {
        _ = Glibc.kill(-pid, SIGKILL)
    }

    /// The daemon's own environment without what is meant for the daemon alone, and the probe's.
    static func environment(_ own: [String: String]) -> [String: String] {
        var all: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let pair = unsafe String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { all[String(pair[0])] = String(pair[1]) }
            unsafe entry += 1
        }
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { all[name] = nil }
        all.merge(own) { $1 }
        all[ProbeMain.parentVariable] = "\(getpid())"
        return all
    }

    /// What became of a process; nil while it lives.
    static func reap(_ pid: pid_t) -> ProbeSupervisor.Ending? {
        var status: Int32 = 0
        var use = rusage()
        guard unsafe wait4(pid, &status, WNOHANG, &use) == pid else { return nil }
        let seconds = use.ru_utime.tv_sec + use.ru_stime.tv_sec
        let microseconds = use.ru_utime.tv_usec + use.ru_stime.tv_usec
        return ProbeSupervisor.Ending(
            status: status, cpuSeconds: Double(seconds) + Double(microseconds) / 1e6)
    }

    private static func spawn(
        _ arguments: [String], _ environment: [String: String], _ files: Files
    ) throws(SpawnError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, files.input, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, 2, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, files.output, 3)
        if let board = files.board {
            unsafe posix_spawn_file_actions_adddup2(&actions, board, ProbeMain.boardDescriptor)
        }
        _ = unsafe fw_close_from(&actions, files.board == nil ? 4 : 5)

        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var argv = unsafe CStrings(arguments)
        var envp = unsafe CStrings(environment.map { "\($0)=\($1)" }.sorted())
        defer {
            unsafe argv.free()
            unsafe envp.free()
        }
        var pid: pid_t = 0
        // The path names this very file, also when a newer one was installed over it.
        let code = unsafe posix_spawn(
            &pid, "/proc/self/exe", &actions, &attributes, argv.pointers, envp.pointers)
        guard code == 0 else { throw SpawnError(attempted: "posix_spawn", code: code) }
        return pid
    }
}

/// What a probe finds open beside standard output and error.
private struct Files {
    var input: Int32
    var output: Int32
    var board: Int32?
}

/// Both ends of a pipe, closed on exec.
private struct Pipe {
    let reading: Int32
    let writing: Int32

    init() throws(SpawnError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe fw_pipe(&ends) == 0 else {
            throw SpawnError(attempted: "pipe", code: errno)
        }
        (reading, writing) = (ends[0], ends[1])
    }

    func close() {
        Glibc.close(reading)
        Glibc.close(writing)
    }
}

/// A null-terminated array of C strings.
@unsafe private struct CStrings {
    var pointers: [UnsafeMutablePointer<CChar>?]

    init(_ strings: [String]) {
        unsafe pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
    }

    mutating func free() {
        unsafe pointers.forEach { unsafe Glibc.free($0) }
        unsafe pointers = []
    }
}
