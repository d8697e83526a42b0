import Foundation

/// A program that runs beside the test, with its output in files, so that nothing ever blocks on
/// a pipe that nobody reads.
///
/// Foundation's own class takes a program for alive as long as anything that it left behind runs.
final class Child {
    let pid: pid_t
    private let home: ScratchDirectory
    private var ending: Int32?

    /// Starts a program; it is killed when the thread that started it ends, so that a test run
    /// that is itself killed leaves nothing behind.
    init(
        _ program: URL, _ arguments: [String], environment: [String: String] = [:],
        directory: URL? = nil, input: String = ""
    ) throws {
        let home = try ScratchDirectory()
        self.home = home
        try Data(input.utf8).write(to: home.file("in"))
        let words = ["setpriv", "--pdeathsig", "KILL", program.path] + arguments
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        pid = try Self.spawn(
            words, variables.map { "\($0)=\($1)" }, in: directory ?? home.url,
            files: ["in", "out", "err"].map { home.file($0).path })
    }

    private static func spawn(
        _ words: [String], _ variables: [String], in directory: URL, files: [String]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, file) in files.enumerated() {
            let flags = number == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_APPEND
            posix_spawn_file_actions_addopen(&actions, Int32(number), file, flags, 0o600)
        }
        try GNUSpawn.changeDirectory(&actions, directory.path)
        try GNUSpawn.closeFrom(&actions, 3)
        // The threads of a test block signals, and a program would inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let argv = words.map { strdup($0) } + [nil]
        let envp = variables.map { strdup($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, words[0], &actions, &attributes, argv, envp)
        guard code == 0 else { throw Failure("posix_spawn \(words): errno \(code)") }
        return pid
    }

    /// What it wrote to its standard output so far.
    var output: String { text("out") }

    /// What it wrote to its standard error so far.
    var errors: String { text("err") }

    private func text(_ name: String) -> String {
        (try? Data(contentsOf: home.file(name))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Waits until it has ended; false when it has not at the deadline.
    func waitForEnd(within seconds: Double) -> Bool {
        let deadline = Uptime.now + seconds
        while ending == nil {
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid {
                ending = status
            } else if Uptime.now < deadline {
                usleep(2_000)  // Until the deadline.
            } else {
                return false
            }
        }
        return true
    }

    /// The exit status, or the negative number of the signal that ended it (wait(2)).
    var status: Int32 {
        guard let ending else { return .min }
        return ending & 0x7F == 0 ? ending >> 8 & 0xFF : -(ending & 0x7F)
    }

    /// Sends a signal, unless it has ended.
    func signal(_ number: Int32) {
        if !waitForEnd(within: 0) { kill(pid, number) }
    }

    /// Ends it whatever it does.
    func end() {
        signal(SIGKILL)
        _ = waitForEnd(within: 10)
    }

    /// Runs a program to its end and returns it.
    static func run(
        _ program: URL, _ arguments: [String], environment: [String: String] = [:],
        directory: URL? = nil, input: String = "", within seconds: Double = 60
    ) throws -> Child {
        let child = try Child(
            program, arguments, environment: environment, directory: directory, input: input)
        guard child.waitForEnd(within: seconds) else {
            child.end()
            throw Failure(
                "\(program.lastPathComponent) \(arguments) did not end within \(seconds) s: "
                    + "\(child.output)\(child.errors)")
        }
        return child
    }

    /// Runs a program that must succeed and returns its output.
    @discardableResult
    static func succeed(
        _ program: URL, _ arguments: [String], input: String = "", within seconds: Double = 60
    ) throws -> String {
        let child = try run(program, arguments, input: input, within: seconds)
        guard child.status == 0 else {
            throw Failure(
                "\(program.lastPathComponent) \(arguments) ended with \(child.status): "
                    + "\(child.errors)\(child.output)")
        }
        return child.output
    }

    /// Runs an installed program that must succeed and returns its output.
    @discardableResult
    static func tool(
        _ name: String, _ arguments: [String], input: String = ""
    ) throws -> String {
        guard let program = Requirements.find(name) else { throw Failure("\(name): not found") }
        return try succeed(program, arguments, input: input)
    }
}

/// What glibc declares for C programs that ask for it only: posix_spawn_file_actions_addopen(3).
private enum GNUSpawn {
    private typealias Actions = UnsafeMutablePointer<posix_spawn_file_actions_t>

    static func changeDirectory(
        _ actions: inout posix_spawn_file_actions_t, _ path: String
    ) throws {
        typealias Call = @convention(c) (Actions, UnsafePointer<CChar>) -> Int32
        let call = unsafeBitCast(
            try symbol("posix_spawn_file_actions_addchdir_np"), to: Call.self)
        _ = path.withCString { call(&actions, $0) }
    }

    static func closeFrom(_ actions: inout posix_spawn_file_actions_t, _ first: Int32) throws {
        typealias Call = @convention(c) (Actions, Int32) -> Int32
        let call = unsafeBitCast(
            try symbol("posix_spawn_file_actions_addclosefrom_np"), to: Call.self)
        _ = call(&actions, first)
    }

    private static func symbol(_ name: String) throws -> UnsafeMutableRawPointer {
        guard let symbol = dlsym(nil, name) else { throw Failure("glibc has no \(name)") }
        return symbol
    }
}
