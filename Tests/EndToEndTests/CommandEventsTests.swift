import Foundation
import Testing
import Wire

/// `events`, once or followed.
@Suite(.timeLimit(.minutes(5)))
struct CommandEventsTests {
    @Test func `events`() throws {
        let document = Documents.events([40, 41, 42, 43]) { event in
            switch event.id {
            case 41:
                event.count = 12
                event.lastTime = "2026-02-03T04:05:08.000Z"
                event.link = 14
                event.process = "python (4242)"
                event.severity = "fatal"
                event.detail = "Signal integrity."
                event.root = 40
            case 42:
                event = V1.Event(
                    id: 42, time: Documents.time, kind: "hung_task", sources: ["kernel_log"],
                    line: "INFO: task python blocked")
            case 43:
                event = V1.Event(
                    id: 43, time: Documents.time, kind: "condition_raised", sources: ["health"],
                    line: "ib_link_down: rail0 port 1 is down.")
                event.severity = "warning"
                (event.device, event.link) = ("rail0", 1)
                event.detail = "rail0 port 1 is down."
            default: break
            }
        }
        let (outcome, asked) = try Command.run("events", against: [.document(document)])
        #expect(
            outcome.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z
                ID  TIME                      WHERE          WHAT              TIMES  REMEDY  \
                MEANING
                40  2026-02-03T04:05:06.789Z  gpu 0          xid 79                1  reboot  \
                fallen off the bus
                    NVRM: Xid (PCI:0000:18:00): 79, GPU has fallen off the bus.
                41  2026-02-03T04:05:06.789Z  gpu 0 link 14  xid 79               12  reboot  \
                fallen off the bus
                    follows event 40
                    the text says: fatal
                    process python (4242)
                    last at 2026-02-03T04:05:08.000Z
                    Signal integrity.
                    NVRM: Xid (PCI:0000:18:00): 79, GPU has fallen off the bus.
                42  2026-02-03T04:05:06.789Z  node           hung_task             1
                    INFO: task python blocked
                43  2026-02-03T04:05:06.789Z  rail0 port 1   condition_raised      1
                    WARNING ib_link_down: rail0 port 1 is down.
                next e43-00000000000000ab

                """)
        #expect(asked == ["/api/v1/events?limit=50"])
    }

    @Test func `events are asked for by point, number and GPU`() throws {
        let (outcome, asked) = try Command.run(
            "events", "--after", "e7-00ab", "--limit", "1000", "--gpu", "0000:18:00.0",
            against: [.document(Documents.events([], complete: false))])
        #expect(
            asked == ["/api/v1/events?after=e7-00ab&limit=1000&gpu=0000%3A18%3A00.0"])
        #expect(
            outcome.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z
                Events that came before these are no longer kept.
                Nothing has happened.
                next e7-00000000000000ab

                """)
        let (gap, _) = try Command.run(
            "events", against: [.document(Documents.events([40], complete: false))])
        #expect(gap.output.contains("no longer kept: the oldest is 40.\n"))
    }

    @Test(arguments: [
        ["events", "--limit", "0"], ["events", "--limit", "1001"], ["events", "--follow", "0"],
        ["deltas", "--gpu", "0", "--device", "rail0"],
    ])
    func `wrong arguments`(arguments: [String]) throws {
        let outcome = try Command(arguments + ["--socket", "/nowhere"]).outcome()
        #expect(outcome.status == 64 && outcome.output == "" && !outcome.errors.isEmpty)
    }

    /// Follows until the script is used up, then presses Ctrl-C.
    private static func follow(
        _ replies: [ScriptedServer.Reply], _ arguments: String...
    ) throws -> (outcome: Command.Outcome, asked: [String]) {
        let server = try ScriptedServer(replies)
        defer { server.stop() }
        let command = try Command(
            ["events", "--limit", "2", "--follow", "0.01"] + arguments + server.arguments)
        // A deadline for the case that the command asks too little; the expectations then tell.
        _ = server.exhausted.wait(timeout: .now() + 30)
        command.interrupt()
        return (command.outcome(), server.asked)
    }

    @Test func `followed events come once, whatever happens in between`() throws {
        let away = V1.Problem(
            type: "/problems/unavailable", title: "Unavailable", status: 503, detail: "Starting.")
        var nothing = Documents.events([])
        nothing.next = "e40-00000000000000ab"
        let (outcome, asked) = try Self.follow([
            .document(Documents.events([40])), .document(nothing), .http(503, json(away)),
            .http(503, json(away)), .document(Documents.events([41])),
        ])
        let line = "NVRM: Xid (PCI:0000:18:00): 79, GPU has fallen off the bus."
        #expect(
            outcome
                == Command.Outcome(
                    status: 0,
                    output: """
                        gpu-017 at 2026-02-03T04:05:06.789Z
                        ID  TIME                      WHERE  WHAT    TIMES  REMEDY  MEANING
                        40  2026-02-03T04:05:06.789Z  gpu 0  xid 79      1  reboot  fallen off \
                        the bus
                            \(line)
                        41  2026-02-03T04:05:06.789Z  gpu 0  xid 79  1  reboot  fallen off the bus
                            \(line)

                        """, errors: "fabricwatch: Unavailable: Starting. Trying again.\n"))
        let cursors = [40, 40, 40, 40, 41].map { "after=e\($0)-00000000000000ab&" }
        #expect(asked == ([""] + cursors).map { "/api/v1/events?\($0)limit=2" })
    }

    @Test func `with json each followed page is one line, and empty ones are none`() throws {
        let pages = [Documents.events([]), Documents.events([40, 41]), Documents.events([42])]
        let (outcome, _) = try Self.follow(pages.map { .document($0) }, "--json")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let found = try outcome.output.split(separator: "\n").map {
            try decoder.decode(V1.Events.self, from: Data($0.utf8))
        }
        #expect(found == Array(pages.dropFirst()))
    }
}
