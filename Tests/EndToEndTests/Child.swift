import Foundation

/// A program that runs beside the test, with its output in files, so that nothing ever blocks on
/// a pipe that nobody reads.
final class Child {
    private let process = Process()
    private let ended = DispatchSemaphore(value: 0)
    private let home: TemporaryDirectory
    private var isOver = false

    /// Starts a program; it is killed when the thread that started it ends, so that a test run
    /// that is itself killed leaves nothing behind.
    init(
        _ program: URL, _ arguments: [String], environment: [String: String] = [:],
        directory: URL? = nil, input: String? = nil
    ) throws {
        home = try TemporaryDirectory()
        process.executableURL = Requirements.find("setpriv")
        process.arguments = ["--pdeathsig", "KILL", program.path] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = directory ?? home.url
        for name in ["in", "out", "err"] {
            try Data((name == "in" ? input ?? "" : "").utf8).write(to: home.file(name))
        }
        process.standardInput = try FileHandle(forReadingFrom: home.file("in"))
        process.standardOutput = try FileHandle(forWritingTo: home.file("out"))
        process.standardError = try FileHandle(forWritingTo: home.file("err"))
        process.terminationHandler = { [ended] _ in ended.signal() }
        try process.run()
    }

    var pid: pid_t { process.processIdentifier }

    /// What it wrote to its standard output so far.
    var output: String { text("out") }

    /// What it wrote to its standard error so far.
    var errors: String { text("err") }

    private func text(_ name: String) -> String {
        (try? Data(contentsOf: home.file(name))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Waits until it has ended; false when it has not at the deadline.
    func waitForEnd(within seconds: Double) -> Bool {
        if !isOver { isOver = ended.wait(timeout: .now() + seconds) == .success }
        return isOver
    }

    /// The exit status, or the negative number of the signal that ended it.
    var status: Int32 {
        process.terminationReason == .exit
            ? process.terminationStatus : -process.terminationStatus
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
        directory: URL? = nil, input: String? = nil, within seconds: Double = 60
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
        _ program: URL, _ arguments: [String], input: String? = nil, within seconds: Double = 60
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
        _ name: String, _ arguments: [String], input: String? = nil
    ) throws -> String {
        guard let program = Requirements.find(name) else { throw Failure("\(name): not found") }
        return try succeed(program, arguments, input: input)
    }
}
