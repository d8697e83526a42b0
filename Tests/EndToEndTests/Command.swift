import Foundation

/// The built `fabricwatch`, as an operator runs it.
struct Command {
    /// How a run ended.
    struct Outcome: Equatable {
        var status: Int32
        var output: String
        var errors: String
    }

    static let binary: URL = {
        let named = ProcessInfo.processInfo.environment["FABRICWATCH_BIN_DIR"] ?? ""
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let directory =
            named.isEmpty ? own.deletingLastPathComponent() : URL(fileURLWithPath: named)
        return directory.appendingPathComponent("fabricwatch")
    }()

    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()

    /// Starts the command; a proxy that nobody offers stands in its environment.
    init(
        _ arguments: [String], program: URL = binary, environment: [String: String] = [:],
        output: FileHandle? = nil
    ) throws {
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment
            .filter { ["PATH", "LD_LIBRARY_PATH"].contains($0.key) }
            .merging(["COLUMNS": "80", "http_proxy": "http://127.0.0.1:1"]) { $1 }
            .merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output ?? self.output
        process.standardError = errors
        try process.run()
    }

    /// Ctrl-C.
    func interrupt() { process.interrupt() }

    /// Waits for the end.
    func outcome() -> Outcome {
        let isOurs = process.standardOutput as? Pipe === output
        let written = isOurs ? output.fileHandleForReading.readDataToEndOfFile() : Data()
        let complained = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        // A signal shows as the shell shows it.
        let bySignal = process.terminationReason == .uncaughtSignal
        return Outcome(
            status: process.terminationStatus + (bySignal ? 128 : 0),
            output: String(decoding: written, as: UTF8.self),
            errors: String(decoding: complained, as: UTF8.self))
    }

    /// Runs the command without a server.
    static func run(
        _ arguments: String..., environment: [String: String] = [:]
    ) throws -> Outcome {
        try Command(arguments, environment: environment).outcome()
    }

    /// Runs the command against a script, and says what it asked.
    static func run(
        _ arguments: String..., against replies: [ScriptedServer.Reply], overTCP: Bool = false
    ) throws -> (outcome: Outcome, asked: [String]) {
        let server = try ScriptedServer(replies, overTCP: overTCP)
        defer { server.stop() }
        let outcome = try Command(arguments + server.arguments).outcome()
        return (outcome, server.asked)
    }
}
