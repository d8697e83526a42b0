import Foundation
import Testing
import Wire

/// `fabricwatch mark` and `fabricwatch marks` against a script.
@Suite(.timeLimit(.minutes(1)))
struct CommandMarkTests {
    private static func mark(
        _ name: String, pass: UInt64, kept: Bool = true, expires: String? = nil,
        note: String? = nil
    ) -> V1.Mark {
        V1.Mark(
            name: name, pass: pass, time: Documents.passTime(pass),
            cursor: "p\(pass)-00000000000000ab", kept: kept, made: Documents.time,
            expires: expires, note: note)
    }

    @Test func `marks are listed with what they are for`() throws {
        let marks = V1.Marks(
            node: Documents.node, time: Documents.time,
            marks: [
                Self.mark("old", pass: 6, kept: false),
                Self.mark("burn-in", pass: 11, expires: "2026-02-10T00:00:00.000Z", note: "rack 7"),
            ])
        let (outcome, asked) = try Command.run("marks", against: [.document(marks)])
        #expect(
            outcome.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z
                NAME     TIME                      PASS                  EXPIRES                   \
                NOTE
                old      2026-02-03T04:01:00.000Z     6  no longer kept  never
                burn-in  2026-02-03T04:01:50.000Z    11                  2026-02-10T00:00:00.000Z  \
                rack 7

                """)
        #expect(asked == ["/api/v1/marks"])
        let none = V1.Marks(node: Documents.node, time: Documents.time, marks: [])
        let (empty, _) = try Command.run("marks", against: [.document(none)])
        #expect(empty.output == "gpu-017 at 2026-02-03T04:05:06.789Z\nThere is no mark.\n")
    }

    @Test func `a mark is set with what is said`() throws {
        let server = try ScriptedServer([
            .http(201, json(Self.mark("T0", pass: 11))),
            .http(
                200, json(Self.mark("T0", pass: 11, expires: "2026-02-10T00:00:00.000Z"))),
        ])
        defer { server.stop() }
        let plain = try Command(["mark", "T0"] + server.arguments).outcome()
        #expect(
            plain
                == Command.Outcome(
                    status: 0, output: "T0 is pass 11 at 2026-02-03T04:01:50.000Z\n", errors: ""))
        let full = try Command(
            [
                "mark", "T0", "--at", "5m", "--expires", "7d", "--note", "rack \"7\" ☃",
                "--replace",
            ] + server.arguments
        ).outcome()
        #expect(
            full.output == """
                T0 is pass 11 at 2026-02-03T04:01:50.000Z, until 2026-02-10T00:00:00.000Z

                """)
        #expect(server.methods == ["PUT", "PUT"])
        #expect(server.asked == ["/api/v1/marks/T0", "/api/v1/marks/T0"])
        let sent = try server.bodies.map {
            try JSONDecoder().decode(V1.MarkRequest.self, from: Data($0))
        }
        #expect(
            sent == [
                V1.MarkRequest(),
                V1.MarkRequest(at: "5m", expires: "7d", note: "rack \"7\" ☃", replace: true),
            ])
    }

    @Test func `a mark is deleted, and json is the daemon's document`() throws {
        let document = json(Self.mark("a b", pass: 11))
        let server = try ScriptedServer([.http(200, document), .http(200, document)])
        defer { server.stop() }
        let deleted = try Command(["mark", "a b", "--delete"] + server.arguments).outcome()
        #expect(deleted.output == "a b deleted; it was pass 11 at 2026-02-03T04:01:50.000Z\n")
        let raw = try Command(["mark", "a b", "--delete", "--json"] + server.arguments).outcome()
        #expect(raw.output == String(decoding: document, as: UTF8.self) + "\n")
        #expect(server.methods == ["DELETE", "DELETE"])
        #expect(server.asked == ["/api/v1/marks/a%20b", "/api/v1/marks/a%20b"])
    }

    @Test(
        arguments: [
            (409, "conflict", 64), (403, "forbidden", 64), (404, "no-such-mark", 64),
            (400, "bad-parameter", 64), (503, "unavailable", 4),
        ] as [(Int, String, Int32)])
    func `what the daemon refuses is said in its words`(
        status: Int, kind: String, exitStatus: Int32
    ) throws {
        let problem = V1.Problem(
            type: "/problems/\(kind)", title: "No", status: status, detail: "because.")
        let (outcome, _) = try Command.run("mark", "T0", against: [.http(status, json(problem))])
        #expect(
            outcome
                == Command.Outcome(
                    status: exitStatus, output: "", errors: "fabricwatch: No: because.\n"))
    }

    @Test(arguments: [
        ["--note", "a"], ["--at", "5m"], ["--expires", "5m"], ["--replace"],
    ])
    func `deleting goes with nothing else`(flags: [String]) throws {
        let outcome = try Command(["mark", "T0", "--delete"] + flags).outcome()
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains("--delete goes with none of"))
    }

    @Test func `deltas run from a mark to another`() throws {
        let window = Documents.deltas(6, 11, [])
        let (outcome, asked) = try Command.run(
            "deltas", "--since", "mark:T0", "--until", "mark:T1", against: [.document(window)])
        #expect(outcome.status == 0)
        #expect(asked == ["/api/v1/deltas?since=mark%3AT0&until=mark%3AT1"])
        let both = try Command.run("deltas", "--until", "5m", "--watch")
        #expect(both.status == 64)
        #expect(both.errors.contains("--until and --watch exclude each other."))
    }
}
