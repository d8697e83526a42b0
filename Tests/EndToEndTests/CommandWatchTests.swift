import Foundation
import Testing
import Wire

/// `deltas --watch`: every window once, whatever happens in between.
@Suite(.timeLimit(.minutes(5)))
struct CommandWatchTests {
    private static func window(_ from: UInt64, _ to: UInt64, _ count: UInt64) -> V1.Deltas {
        Documents.deltas(
            from, to,
            [
                Documents.series(
                    "rail0", from: from, to: to, [Documents.delta("link_downed", count)])
            ])
    }

    private static let first = window(0, 6, 4)
    private static let second = window(6, 7, 0)
    private static let third = window(7, 9, 1)

    /// Follows until the script is used up, then presses Ctrl-C.
    private static func follow(
        _ replies: [ScriptedServer.Reply], _ arguments: String...
    ) throws -> (outcome: Command.Outcome, asked: [String]) {
        let server = try ScriptedServer(replies)
        defer { server.stop() }
        let command = try Command(
            ["deltas", "--since", "1h", "--watch", "0.01"] + arguments + server.arguments)
        // A deadline for the case that the command asks too little; the expectations then tell.
        _ = server.exhausted.wait(timeout: .now() + 30)
        command.interrupt()
        return (command.outcome(), server.asked)
    }

    private static let asked = ["1h", "p6-00000000000000ab", "p7-00000000000000ab"].map {
        "/api/v1/deltas?since=\($0)"
    }

    private static let text = """
        gpu-017 from 2026-02-03T04:00:00.000Z (pass 0) to 2026-02-03T04:01:00.000Z (pass 6), \
        passes: 6
        DEVICE  PORT  END    COUNTER      DELTA  UNIT    REASON
        rail0      1  local  link_downed      4  events
        next p6-00000000000000ab

        gpu-017 from 2026-02-03T04:01:00.000Z (pass 6) to 2026-02-03T04:01:10.000Z (pass 7), \
        passes: 1
        No error was counted.
        next p7-00000000000000ab

        gpu-017 from 2026-02-03T04:01:10.000Z (pass 7) to 2026-02-03T04:01:30.000Z (pass 9), \
        passes: 2
        DEVICE  PORT  END    COUNTER      DELTA  UNIT    REASON
        rail0      1  local  link_downed      1  events
        next p9-00000000000000ab

        """

    @Test func `each window comes once, and Ctrl-C is a clean end`() throws {
        let (outcome, asked) = try Self.follow(
            [.document(Self.first), .document(Self.second), .document(Self.third)])
        #expect(outcome == Command.Outcome(status: 0, output: Self.text, errors: ""))
        #expect(asked == Self.asked + ["/api/v1/deltas?since=p9-00000000000000ab"])
    }

    @Test func `windows without a pass and moments without a daemon change nothing`() throws {
        let problem = V1.Problem(
            type: "/problems/unavailable", title: "Unavailable", status: 503, detail: "Starting.")
        let empty = Documents.deltas(6, 6, [])
        let (outcome, asked) = try Self.follow([
            .document(Self.first), .document(empty), .http(503, json(problem)),
            .http(503, json(problem)), .document(Self.second), .document(Self.third),
        ])
        #expect(
            outcome
                == Command.Outcome(
                    status: 0, output: Self.text,
                    errors: "fabricwatch: Unavailable: Starting. Trying again.\n"))
        #expect(
            asked == Self.asked.prefix(1) + Array(repeating: Self.asked[1], count: 4)
                + [Self.asked[2], "/api/v1/deltas?since=p9-00000000000000ab"])
    }

    @Test func `with json each window is one line`() throws {
        let pretty = json(Self.first).flatMap { byte -> [UInt8] in
            byte == UInt8(ascii: ",") ? Array(",\r\n  ".utf8) : [byte]
        }
        let (outcome, _) = try Self.follow(
            [.http(200, pretty), .document(Self.second), .document(Self.third)], "--json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let windows = try outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
            .dropLast().map { try decoder.decode(V1.Deltas.self, from: Data($0.utf8)) }
        #expect(windows == [Self.first, Self.second, Self.third])
        #expect(outcome.status == 0)
    }

    @Test func `a cursor that is no longer kept ends it`() throws {
        let problem = V1.Problem(
            type: "/problems/gone", title: "Gone", status: 410, detail: "Kept is 8 to 9.")
        let (outcome, _) = try Command.run(
            "deltas", "--watch", "0.01",
            against: [.document(Self.first), .http(410, json(problem))])
        #expect(outcome.status == 4)
        #expect(
            outcome.errors
                == "fabricwatch: Gone: Kept is 8 to 9. Start anew from a time that is kept.\n")
    }

    @Test func `the first question must be answered`() throws {
        let (outcome, asked) = try Command.run(
            "deltas", "--watch", against: [.http(502, [])])
        #expect(outcome.status == 4)
        #expect(asked.count == 1)
    }
}
