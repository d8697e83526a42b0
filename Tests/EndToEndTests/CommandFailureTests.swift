import Foundation
import Testing
import Wire

/// What the command says when there is no answer to show.
@Suite(.timeLimit(.minutes(5)))
struct CommandFailureTests {
    @Test func `a missing socket asks whether the daemon runs`() throws {
        let directory = try TemporaryDirectory.make()
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.path + "/none"
        let expected = Command.Outcome(
            status: 4, output: "",
            errors: """
                fabricwatch: There is no socket \(path): is the daemon running? See systemctl \
                status fabricwatchd, or name another place with --socket or --url.

                """)
        #expect(try Command.run("health", "--socket", path) == expected)
        let environment = ["FABRICWATCH_SOCKET": path]
        #expect(try Command.run("health", environment: environment) == expected)
    }

    @Test func `a socket that nobody listens on says so`() throws {
        let directory = try TemporaryDirectory.make()
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.path + "/left-behind"
        close(try listen(onSocket: path))
        let outcome = try Command.run("links", "--socket", path)
        #expect(outcome.status == 4)
        #expect(
            outcome.errors == """
                fabricwatch: Nobody listens on the socket \(path): the daemon has stopped; see \
                systemctl status fabricwatchd.

                """)
    }

    static let setpriv = "/usr/bin/setpriv"
    static let canBeRefused =
        geteuid() != 0 || FileManager.default.isExecutableFile(atPath: setpriv)

    @Test(.enabled(if: canBeRefused), arguments: [true, false])
    func `a user without the right to the socket learns which group has it`(
        isDirectoryClosed: Bool
    ) throws {
        let server = try ScriptedServer([])
        defer { server.stop() }
        let path = server.arguments[1]
        let closed = isDirectoryClosed ? server.directory.path : path
        // Only root may give it to a group that is not its own.
        _ = chown(closed, uid_t.max, 4)
        chmod(closed, 0)
        defer { chmod(closed, 0o700) }
        var facts = stat()
        stat(closed, &facts)
        let group = try #require(getgrgid(facts.st_gid)).pointee.gr_name
        let outcome = try Self.runUnprivileged(["health", "--socket", path])
        #expect(
            outcome
                == Command.Outcome(
                    status: 4, output: "",
                    errors: """
                        fabricwatch: This user may not use the socket \(path): join its group \
                        \(group.map { String(cString: $0) } ?? ""), or run as root.

                        """))
    }

    // Nothing is forbidden to root, so what root runs here is run as somebody else.
    private static func runUnprivileged(_ arguments: [String]) throws -> Command.Outcome {
        guard geteuid() == 0 else { return try Command(arguments).outcome() }
        let directory = try TemporaryDirectory.make()
        defer { try? FileManager.default.removeItem(at: directory) }
        let copy = directory.appendingPathComponent("fabricwatch")
        try FileManager.default.copyItem(at: Command.binary, to: copy)
        let identity = ["--reuid=65534", "--regid=65534", "--clear-groups"]
        return try Command(
            identity + [copy.path] + arguments, program: URL(fileURLWithPath: setpriv)
        ).outcome()
    }

    @Test func `a port that nobody listens on says so`() throws {
        let server = try ScriptedServer([], overTCP: true)
        server.stop()
        let outcome = try Command.run("health", server.arguments[0], server.arguments[1])
        #expect(outcome.status == 4)
        #expect(
            outcome.errors == """
                fabricwatch: Cannot connect to \(server.arguments[1].dropLast()) (Connection \
                refused): is the daemon running, and does it listen there?

                """)
    }

    @Test func `a silent server is not waited for without end`() throws {
        let (outcome, _) = try Command.run("health", "--timeout", "0.2", against: [.silence])
        #expect(outcome.status == 4)
        #expect(outcome.errors.contains(" within 0.2 s: look at the daemon's log"))
    }

    @Test(arguments: [
        ScriptedServer.Reply.raw(Array("HTTP/1.1 200 x\r\nContent-Length: 67108865\r\n\r\n".utf8)),
        .flood((64 << 20) + 1),
    ])
    func `an answer without measure is refused`(reply: ScriptedServer.Reply) throws {
        let (outcome, _) = try Command.run("links", "--json", against: [reply])
        #expect(outcome.status == 4)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("is larger than 64 MiB"))
    }

    @Test(arguments: [
        ("<html>", "not JSON"), ("{", "not JSON"), ("", "not JSON"),
        (#"{"status": "ok"}"#, "no node in the document"),
        (#"{"node": 1}"#, "an unexpected value at node"),
        (
            #"{"node": "a", "time": "b", "verdict": "PASS", "summary": "", "expectations": "", "#
                + #""conditions": [{}]}"#,
            "no id in conditions.0"
        ),
    ])
    func `something else than the document is refused`(body: String, fault: String) throws {
        for flags in [[], ["--json"]] {
            let server = try ScriptedServer([.http(200, Array(body.utf8))])
            defer { server.stop() }
            let outcome = try Command(["health"] + flags + server.arguments).outcome()
            #expect(
                outcome
                    == Command.Outcome(
                        status: 4, output: "",
                        errors: """
                            fabricwatch: The answer to /api/v1/health cannot be used (\(fault)): \
                            is it the daemon that listens there, and of the same version as this \
                            command?

                            """))
        }
    }

    @Test func `a verdict that does not exist is no verdict`() throws {
        let (outcome, _) = try Command.run(
            "health", against: [.document(Documents.health("FINE"))])
        #expect(outcome.status == 4)
        #expect(outcome.errors.contains("(verdict 'FINE')"))
    }

    @Test(
        arguments: [
            (410, 4, " Start anew from a time that is kept."), (400, 64, ""), (503, 4, ""),
        ] as [(Int, Int32, String)])
    func `the daemon's own words are shown`(
        status: Int, exitStatus: Int32, next: String
    ) throws {
        let problem = V1.Problem(
            type: "/problems/x", title: "Gone", status: status, detail: "Pass 3 is gone.")
        let (outcome, asked) = try Command.run(
            "deltas", "--since", "p3-00 é+", against: [.http(status, json(problem))])
        #expect(
            outcome
                == Command.Outcome(
                    status: exitStatus, output: "",
                    errors: "fabricwatch: Gone: Pass 3 is gone.\(next)\n"))
        #expect(asked == ["/api/v1/deltas?since=p3-00%20%C3%A9%2B"])
    }

    @Test func `an error without words is named by its number`() throws {
        let (outcome, _) = try Command.run("links", against: [.http(502, Array("no".utf8))])
        #expect(outcome.status == 4)
        #expect(outcome.errors.contains(" answered HTTP 502 without saying why"))
    }

    @Test func `a connection that breaks off is named`() throws {
        let (outcome, _) = try Command.run("links", against: [.hangUp, .hangUp])
        #expect(outcome.status == 4)
        #expect(outcome.errors.contains(" failed (Server returned nothing"))
    }

    @Test func `an unknown device is answered with those that there are`() throws {
        for subcommand in ["links", "deltas"] {
            let reply: ScriptedServer.Reply =
                subcommand == "links"
                ? .document(CommandLineTests.cables) : .document(CommandLineTests.window)
            let (outcome, _) = try Command.run(
                subcommand, "--device", "rail99", against: [reply])
            #expect(outcome.status == 64)
            #expect(outcome.output.isEmpty)
            #expect(
                outcome.errors.hasPrefix("fabricwatch: There is no device 'rail99': there are "))
        }
    }

    @Test func `a full disk is an error`() throws {
        let server = try ScriptedServer([.document(CommandLineTests.cables)])
        defer { server.stop() }
        let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
        let outcome = try Command(["links"] + server.arguments, output: full).outcome()
        #expect(outcome.status == 4)
        #expect(
            outcome.errors
                == "fabricwatch: Cannot write to standard output (No space left on device).\n")
    }

    @Test(arguments: [
        ["health", "--sockte", "x"], ["nonsense"], ["deltas", "--watch", "soon"],
        ["deltas", "--watch", "0"], ["health", "--timeout", "0"], ["health", "--timeout", "nan"],
        ["health", "--url", "ftp://x"], ["health", "--url", "http://x", "--socket", "y"],
        ["health", "--quiet", "--json"], ["explain", "a", "b"],
        ["links", "--json", "--device", "rail0"], ["deltas", "--json", "--device", "rail0"],
    ])
    func `wrong arguments are refused before anybody is asked`(arguments: [String]) throws {
        let outcome = try Command(arguments).outcome()
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errors.contains("Usage: fabricwatch"))
    }
}
