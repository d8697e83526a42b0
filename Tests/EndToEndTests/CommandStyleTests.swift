import Foundation
import Testing
import Wire

/// How answers are written: unchanged, coloured, harmless, documented.
@Suite(.timeLimit(.minutes(5)))
struct CommandStyleTests {
    @Test func `json is the daemon's document to the byte, and keeps the exit status`() throws {
        let document = String(decoding: json(Documents.health("CRITICAL")), as: UTF8.self)
        let strange =
            " {\n\t\"new_field\" :\u{20}[1.50, \"é\"],\r\n " + document.dropFirst() + "\n\n"
        let (outcome, _) = try Command.run(
            "health", "--json", against: [.http(200, Array(strange.utf8))])
        #expect(outcome == Command.Outcome(status: 2, output: strange, errors: ""))
    }

    @Test func `json ends with a newline`() throws {
        let document = json(Documents.links([]))
        let (outcome, _) = try Command.run("links", "--json", against: [.http(200, document)])
        #expect(outcome.output == String(decoding: document, as: UTF8.self) + "\n")
    }

    @Test func `TCP works, past the environment's proxy`() throws {
        let (outcome, asked) = try Command.run(
            "health", against: [.document(Documents.health("PASS"))], overTCP: true)
        #expect(outcome.status == 0)
        #expect(asked == ["/api/v1/health"])
    }

    @Test func `an explicit url goes before the environment's socket`() throws {
        let server = try ScriptedServer([.document(Documents.health("PASS"))], overTCP: true)
        defer { server.stop() }
        let environment = ["FABRICWATCH_SOCKET": "/nowhere"]
        let outcome = try Command(["health"] + server.arguments, environment: environment)
            .outcome()
        #expect(outcome.status == 0)
    }

    // MARK: The terminal

    @Test(
        arguments: [
            ([], [:], true), (["--no-color"], [:], false), ([], ["NO_COLOR": "1"], false),
            ([], ["NO_COLOR": ""], true), ([], ["TERM": "dumb"], false),
        ] as [([String], [String: String], Bool)])
    func `colours are for terminals whose owner wants them`(
        flags: [String], environment: [String: String], isColoured: Bool
    ) throws {
        let server = try ScriptedServer([.document(Documents.health("CRITICAL"))])
        defer { server.stop() }
        var leader: Int32 = -1
        var terminal: Int32 = -1
        try #require(openpty(&leader, &terminal, nil, nil, nil) == 0)
        defer { close(leader) }
        let command = try Command(
            ["health"] + flags + server.arguments,
            environment: ["TERM": "xterm"].merging(environment) { $1 },
            output: FileHandle(fileDescriptor: terminal, closeOnDealloc: false))
        #expect(command.outcome().status == 2)
        // The answer is far smaller than the terminal's buffer.
        var shown = [UInt8](repeating: 0, count: 4096)
        let count = read(leader, &shown, shown.count)
        close(terminal)
        let text = String(decoding: shown.prefix(max(0, count)), as: UTF8.self)
        #expect(
            text.hasPrefix(
                isColoured ? "\u{1B}[31mCRITICAL\u{1B}[0m  gpu-017" : "CRITICAL  gpu-017"))
        #expect(text.contains("\u{1B}") == isColoured)
    }

    @Test func `a name in the fabric cannot steer the terminal`() throws {
        let peer = Documents.leaf("le\u{1B}[31maf\n\u{9B}2J\u{202E}\u{7F}é☃")
        let (outcome, _) = try Command.run(
            "links", against: [.document(Documents.links([Documents.link("rail0", peer: peer)]))])
        #expect(outcome.output.contains("  le?[31maf??2J??é☃    17  none/none"))
        let problem = V1.Problem(type: "x", title: "\u{1B}c", status: 500, detail: "d\r")
        let (failure, _) = try Command.run("links", against: [.http(500, json(problem))])
        #expect(failure.errors == "fabricwatch: ?c: d?\n")
    }

    @Test func `absurd numbers are shown, not stumbled over`() throws {
        let health = Documents.health(
            "PASS",
            collectors: [
                Documents.collector("old", age: 1e300), Documents.collector("early", age: -5),
            ])
        let (outcome, _) = try Command.run("health", against: [.document(health)])
        #expect(outcome.output.contains("old        ok     11574074d1h         0\n"))
        #expect(outcome.output.contains("early      ok            0.0s         0\n"))
    }

    @Test(arguments: ["2026-02-03 04:05:06", "2026-02-03T04:05:06Z", "", "é"])
    func `a time in another form is shown as it is`(since: String) throws {
        var condition = Documents.linkDown
        condition.since = since
        let health = Documents.health("CRITICAL", "", [condition])
        let (outcome, _) = try Command.run("health", against: [.document(health)])
        #expect(outcome.output.contains("rail1 port 1  \(since)"))
        #expect(!outcome.output.contains(" ago"))
    }

    // MARK: Documentation

    @Test(
        arguments: [
            [], ["health"], ["explain"], ["links"], ["gpus"], ["pcie"], ["inventory"],
            ["inventory", "propose"], ["deltas"], ["events"], ["marks"], ["mark"],
            ["maintenance"], ["maintenance", "begin"], ["maintenance", "end"], ["acknowledge"],
            ["history"],
            ["history", "info"], ["history", "verify"], ["history", "export"],
        ])
    func `the manual shows the help as it is`(subcommand: [String]) throws {
        let manual = try String(contentsOf: Self.manual, encoding: .utf8)
        let help = try Command(subcommand + ["--help"]).outcome()
        #expect(help.status == 0)
        #expect(manual.contains("```text\n\(help.output.trimmed)\n```\n"))
    }

    private static let manual = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("docs/command.md")
}

extension String {
    // Without the blank lines at the end.
    fileprivate var trimmed: String {
        var text = self
        while text.hasSuffix("\n") { text.removeLast() }
        return text
    }
}
