import Foundation
import Testing
import Wire

/// `fabricwatch maintenance` and `fabricwatch acknowledge` against a script.
@Suite(.timeLimit(.minutes(1)))
struct CommandNoticeTests {
    private static let ends = "2026-02-03T06:00:00.000Z"

    private static func work(
        _ name: String, reason: String? = nil, active: Bool = true, subjects: [V1.Subject]? = nil
    ) -> V1.MaintenanceWindow {
        V1.MaintenanceWindow(
            name: name, author: "ada", reason: reason, begins: Documents.time, ends: ends,
            active: active, subjects: subjects)
    }

    private static let down: V1.Condition = {
        var condition = Documents.linkDown
        condition.incident = "ib_link_down-5f0c9a7e21d3b846"
        return condition
    }()

    private static let notice = V1.AcknowledgedIncident(
        incident: "ib_link_down-5f0c9a7e21d3b846", condition: "ib_link_down",
        subject: Documents.linkDown.subject,
        acknowledgement: V1.Acknowledgement(
            author: "ada", note: "ordered", severity: "CRITICAL", time: Documents.time))

    // MARK: Maintenance

    @Test func `work is listed with who does it and where`() throws {
        let list = V1.MaintenanceList(
            node: Documents.node, time: Documents.time,
            maintenance: [
                Self.work("swap", reason: "new cable", subjects: [Documents.linkDown.subject]),
                Self.work("reboot", active: false),
            ])
        let (outcome, asked) = try Command.run("maintenance", against: [.document(list)])
        #expect(
            outcome.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z
                NAME    STATE     BEGINS                    ENDS                      AUTHOR  \
                COVERS          REASON
                swap    going on  2026-02-03T04:05:06.789Z  2026-02-03T06:00:00.000Z  ada     \
                rail1 port 1    new cable
                reboot  to come   2026-02-03T04:05:06.789Z  2026-02-03T06:00:00.000Z  ada     \
                the whole node

                """, "\(outcome.output)")
        #expect(asked == ["/api/v1/maintenance"])
        let none = V1.MaintenanceList(
            node: Documents.node, time: Documents.time, maintenance: [])
        let (empty, _) = try Command.run("maintenance", against: [.document(none)])
        #expect(
            empty.output == "gpu-017 at 2026-02-03T04:05:06.789Z\nNo maintenance is announced.\n")
    }

    @Test func `work is announced with what is said, and ended`() throws {
        let document = json(Self.work("swap"))
        let server = try ScriptedServer([
            .http(201, document), .http(200, document), .http(200, document), .http(200, document),
        ])
        defer { server.stop() }
        let plain = try Command(
            ["maintenance", "begin", "swap", "--ends", "2h", "--author", "ada"] + server.arguments
        ).outcome()
        #expect(
            plain
                == Command.Outcome(
                    status: 0,
                    output: """
                        swap by ada from 2026-02-03T04:05:06.789Z until \
                        2026-02-03T06:00:00.000Z: what is found on the whole node meanwhile is INFO

                        """, errors: ""))
        _ = try Command(
            [
                "maintenance", "begin", "swap", "--ends", "2h", "--begins", "5m", "--reason",
                "rack \"7\" ☃", "--device", "rail1", "--device", "rail3/2", "--gpu", "4",
                "--author", "ada",
            ] + server.arguments
        ).outcome()
        let ended = try Command(
            ["maintenance", "end", "swap", "--author", "b ö"] + server.arguments
        ).outcome()
        #expect(ended.output == "swap ended; it was announced until \(Self.ends)\n")
        let raw = try Command(
            ["maintenance", "end", "swap", "--author", "ada", "--json"] + server.arguments
        ).outcome()
        #expect(raw.output == String(decoding: document, as: UTF8.self) + "\n")
        #expect(server.methods == ["PUT", "PUT", "DELETE", "DELETE"])
        #expect(
            server.asked == [
                "/api/v1/maintenance/swap", "/api/v1/maintenance/swap",
                "/api/v1/maintenance/swap?author=b%20%C3%B6", "/api/v1/maintenance/swap?author=ada",
            ])
        let sent = try server.bodies.prefix(2).map {
            try JSONDecoder().decode(V1.MaintenanceRequest.self, from: Data($0))
        }
        #expect(
            sent == [
                V1.MaintenanceRequest(author: "ada", ends: "2h"),
                V1.MaintenanceRequest(
                    author: "ada", reason: "rack \"7\" ☃", begins: "5m", ends: "2h",
                    subjects: [
                        .init(device: "rail1"), .init(device: "rail3", port: 2), .init(gpu: "4"),
                    ]),
            ])
    }

    @Test func `who does it is who is logged in`() throws {
        let server = try ScriptedServer([
            .http(201, json(Self.work("swap"))), .http(201, json(Self.work("swap"))),
        ])
        defer { server.stop() }
        let arguments = ["maintenance", "begin", "swap", "--ends", "2h"] + server.arguments
        _ = try Command(arguments, environment: ["SUDO_USER": "grace"]).outcome()
        _ = try Command(arguments, environment: ["SUDO_USER": ""]).outcome()
        let sent = try server.bodies.map {
            try JSONDecoder().decode(V1.MaintenanceRequest.self, from: Data($0)).author
        }
        let own = try #require(getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) })
        #expect(sent == [geteuid() == 0 ? "grace" : own, own])
    }

    @Test func `without an end nothing is announced`() throws {
        let outcome = try Command(["maintenance", "begin", "swap"]).outcome()
        #expect(outcome.status == 64 && outcome.errors.contains("--ends <when>"))
    }

    // MARK: Acknowledgement

    @Test(arguments: [
        ["ib_link_down"], ["ib_link_down", "rail1"], ["ib_link_down", "rail1", "port", "1"],
        ["ib_link_down", "rail1 port 1"], ["ib_link_down-5f0c9a7e21d3b846"],
    ])
    func `notice is taken of what the arguments name`(arguments: [String]) throws {
        let health = Documents.health("CRITICAL", "", [Self.down, Documents.blind])
        let server = try ScriptedServer([.document(health), .http(201, json(Self.notice))])
        defer { server.stop() }
        let outcome = try Command(
            ["acknowledge"] + arguments + ["--author", "ada", "--note", "ordered"]
                + server.arguments
        ).outcome()
        #expect(
            outcome
                == Command.Outcome(
                    status: 0,
                    output: """
                        ib_link_down at rail1 port 1 is acknowledged by ada since \
                        2026-02-03T04:05:06.789Z as CRITICAL

                        """, errors: ""))
        #expect(
            server.asked == [
                "/api/v1/health", "/api/v1/acknowledgements/ib_link_down-5f0c9a7e21d3b846",
            ])
        let sent = try JSONDecoder().decode(
            V1.AcknowledgementRequest.self, from: Data(server.bodies.last ?? []))
        #expect(sent == V1.AcknowledgementRequest(author: "ada", note: "ordered"))
    }

    @Test func `a notice is taken back`() throws {
        let health = Documents.health("CRITICAL", "", [Self.down])
        let server = try ScriptedServer([.document(health), .http(200, json(Self.notice))])
        defer { server.stop() }
        let outcome = try Command(
            ["acknowledge", "ib_link_down", "--withdraw", "--author", "bob"] + server.arguments
        ).outcome()
        #expect(
            outcome.output == """
                ib_link_down at rail1 port 1 is not acknowledged any more; it was by ada since \
                2026-02-03T04:05:06.789Z as CRITICAL

                """)
        #expect(server.methods == ["GET", "DELETE"])
        #expect(
            server.asked.last
                == "/api/v1/acknowledgements/ib_link_down-5f0c9a7e21d3b846?author=bob")
        let both = try Command(["acknowledge", "a", "--withdraw", "--note", "b"]).outcome()
        #expect(both.status == 64 && both.errors.contains("exclude each other"))
    }

    @Test func `what does not hold, or holds at several places, is said`() throws {
        var other = Self.down
        other.subject.device = "rail2"
        other.incident = "ib_link_down-0000000000000001"
        let health = Documents.health("CRITICAL", "", [Self.down, other])
        let (several, _) = try Command.run(
            "acknowledge", "ib_link_down", against: [.document(health)])
        #expect(
            several
                == Command.Outcome(
                    status: 64, output: "",
                    errors: """
                        fabricwatch: 'ib_link_down' holds at several places, say which: \
                        ib_link_down rail1 port 1, ib_link_down rail2 port 1.

                        """))
        let (none, _) = try Command.run(
            "acknowledge", "gpu_xid", "gpu 0", against: [.document(health)])
        #expect(none.status == 64)
        #expect(
            none.errors.hasPrefix(
                "fabricwatch: No condition 'gpu_xid gpu 0' holds: there is ib_link_down rail1"))
        let (well, _) = try Command.run(
            "acknowledge", "gpu_xid", against: [.document(Documents.health("PASS"))])
        #expect(well.errors == "fabricwatch: No condition 'gpu_xid' holds: none does.\n")
    }

    @Test(
        arguments: [
            (409, "conflict", 64), (403, "forbidden", 64), (404, "no-such-maintenance", 64),
            (404, "no-such-device", 64), (400, "bad-parameter", 64), (503, "unavailable", 4),
        ] as [(Int, String, Int32)])
    func `what the daemon refuses is said in its words`(
        status: Int, kind: String, exitStatus: Int32
    ) throws {
        let problem = V1.Problem(
            type: "/problems/\(kind)", title: "No", status: status, detail: "because.")
        let (outcome, _) = try Command.run(
            "maintenance", "end", "swap", against: [.http(status, json(problem))])
        #expect(
            outcome
                == Command.Outcome(
                    status: exitStatus, output: "", errors: "fabricwatch: No: because.\n"))
    }
}
