import Foundation
import Health
import Testing
import Wire

/// The verdict for people and for schedulers, and what a condition means.
@Suite(.timeLimit(.minutes(5)))
struct CommandHealthTests {
    // MARK: health

    @Test(
        arguments: [
            ("PASS", 0), ("INFO", 0), ("WARNING", 1), ("CRITICAL", 2), ("UNKNOWN", 3),
        ] as [(String, Int32)])
    func `the verdict is the exit status`(verdict: String, status: Int32) throws {
        let document = Documents.health(verdict)
        let (outcome, asked) = try Command.run("health", against: [.document(document)])
        let expected = Command.Outcome(
            status: status,
            output: """
                \(verdict)  gpu-017: All is well.
                seen at 2026-02-03T04:05:06.789Z: 2 ports, 2 active, 2 peers read
                expectations: not configured

                COLLECTOR   STATE   AGE  RESTARTS  DETAIL
                infiniband  ok     4.2s         0

                """,
            errors: "")
        #expect(outcome == expected)
        #expect(asked == ["/api/v1/health"])
        let (alias, _) = try Command.run("status", against: [.document(document)])
        #expect(alias == expected)
        let (quiet, _) = try Command.run("health", "--quiet", against: [.document(document)])
        #expect(quiet == Command.Outcome(status: status, output: "", errors: ""))
    }

    @Test func `quiet is quiet where there is no answer, too`() throws {
        let outcome = try Command.run("health", "--quiet", "--socket", "/nowhere")
        #expect(outcome == Command.Outcome(status: 4, output: "", errors: ""))
        let (strange, _) = try Command.run(
            "health", "--quiet", against: [.document(Documents.health("FINE"))])
        #expect(strange == Command.Outcome(status: 4, output: "", errors: ""))
    }

    @Test func `conditions have a line each, then what they rest on`() throws {
        let health = Documents.health(
            "CRITICAL", "1 of 2 links is down.", [Documents.linkDown, Documents.blind],
            collectors: [
                Documents.collector(),
                Documents.collector(
                    "rail1", "hung", age: 192.4, workingOn: "mlx5_1 port 1", restarts: 12,
                    detail: "killed after 45 s"),
                Documents.collector("rail2", "starting", age: nil),
            ])
        let (outcome, _) = try Command.run("health", against: [.document(health)])
        #expect(
            outcome.output == """
                CRITICAL  gpu-017: 1 of 2 links is down.
                seen at 2026-02-03T04:05:06.789Z: 2 ports, 2 active, 2 peers read
                expectations: not configured

                SEVERITY  CONDITION      WHERE                  SINCE      ACCUSED
                CRITICAL  ib_link_down   rail1 port 1           3m12s ago  cable,peer_port
                WARNING   counter_blind  rail0 port 1 peer end  2d4h ago   -

                ib_link_down  rail1 port 1
                    rail1 port 1 is down: it hears nothing from the other side.
                    accused (local only): cable, then peer port
                    evidence: PortState down, PortPhysicalState polling
                    evidence: the values are stale
                    next step: Reseat the cable at both ends.
                    playbook: fabricwatch explain ib_link_down

                counter_blind  rail0 port 1 peer end
                    A counter is full.
                    accused (peer only): nobody
                    evidence: symbol_error is stuck at its maximum 65535
                    next step: Record the values.
                    playbook: fabricwatch explain counter_blind

                COLLECTOR   STATE       AGE  RESTARTS  DETAIL
                infiniband  ok         4.2s         0
                rail1       hung      3m12s        12  working on mlx5_1 port 1; killed after 45 s
                rail2       starting  never         0

                """)
    }

    @Test func `health says who looks after a condition, and which parts offend`() throws {
        var health = Documents.health("CRITICAL", "rail1 errs.", [Self.erring, Self.explained])
        health.parts = ["0x0002c90300000002/1": "CRITICAL", "0000:17:00.0": "INFO"]
        health.offenders = [
            V1.Offender(
                part: "MT2301X00001", score: 12, incidents: 4, criticals: 2,
                last: "2026-02-03T04:01:54.000Z"),
            V1.Offender(
                part: "0x0002c90300000002/1", score: 5, incidents: 1, criticals: 1, last: "then"),
        ]
        let (outcome, _) = try Command.run("health", against: [.document(health)])
        let middle = outcome.output.split(separator: "expectations: not configured\n\n").last
            .map(String.init)?.split(separator: "\nCOLLECTOR").first
        #expect(
            middle.map(String.init) == """
                SEVERITY  CONDITION      WHERE         SINCE      ACCUSED
                CRITICAL  ib_rcv_errors  rail1 port 1  3m12s ago  peer_port,cable  clearing, \
                acknowledged
                INFO      ib_link_down   rail1 port 1  3m12s ago  cable,peer_port  explained by \
                ib_peer_switch_event, maintenance

                ib_rcv_errors  rail1 port 1
                    rail1 port 1 received damaged packets.
                    accused (two ended): peer port, then cable
                    why: we counted 412 in 12 min, leaf-1 port 17 counted 0.
                    next step (clean and reseat): Clean both ends.
                    clearing: not so for 5m0s, watched until it is over
                    acknowledged by ada at 2026-02-03T04:02:00.000Z as WARNING: cable is ordered
                    playbook: fabricwatch explain ib_rcv_errors

                ib_link_down  rail1 port 1
                    rail1 port 1 is down: it hears nothing from the other side.
                    explained by: ib_peer_switch_event
                    accused (local only): cable, then peer port
                    next step (none): Reseat the cable at both ends.
                    maintenance leaf-1 by bob until 2026-02-03T06:00:00.000Z, without it CRITICAL: \
                new firmware
                    playbook: fabricwatch explain ib_link_down

                PART                  WHERE         VERDICT   SCORE  INCIDENTS  CRITICAL  LAST
                MT2301X00001          -             -            12          4         2  3m12s ago
                0x0002c90300000002/1  rail1 port 1  CRITICAL      5          1         1  then
                0000:17:00.0          -             INFO          -          -         -  -

                """)
    }

    private static let erring: V1.Condition = {
        var condition = Documents.linkDown
        condition.id = "ib_rcv_errors"
        condition.summary = "rail1 port 1 received damaged packets."
        condition.accused = ["peer_port", "cable"]
        condition.evidenceGrade = "two_ended"
        condition.evidence = []
        condition.why = "we counted 412 in 12 min, leaf-1 port 17 counted 0."
        condition.action = "Clean both ends."
        condition.step = "clean_and_reseat"
        condition.clearingSeconds = 300
        condition.acknowledgement = V1.Acknowledgement(
            author: "ada", note: "cable is ordered", severity: "WARNING",
            time: "2026-02-03T04:02:00.000Z")
        return condition
    }()

    private static let explained: V1.Condition = {
        var condition = Documents.linkDown
        condition.severity = "INFO"
        condition.evidence = []
        condition.step = "none"
        condition.explainedBy = "ib_peer_switch_event"
        condition.maintenance = V1.Maintenance(
            name: "leaf-1", author: "bob", reason: "new firmware",
            ends: "2026-02-03T06:00:00.000Z", severity: "CRITICAL")
        return condition
    }()

    @Test func `health says who works on what, and what the verdict is without that`() throws {
        var health = Documents.health("INFO", "rail1 is down.", [Self.explained])
        health.verdictWithoutMaintenance = "CRITICAL"
        health.maintenance = [
            V1.MaintenanceWindow(
                name: "leaf-1", author: "bob", reason: "new firmware", begins: Documents.time,
                ends: "2026-02-03T06:00:00.000Z", active: true,
                subjects: [
                    V1.Subject(device: "rail1", port: 1, key: "0x0002c90300000002/1"),
                    V1.Subject(gpu: "GPU-1", gpuIndex: 3, pciAddress: "0000:18:00.0"),
                ]),
            V1.MaintenanceWindow(
                name: "reboot", author: "ann", reason: nil, begins: "2026-02-04T06:00:00.000Z",
                ends: "2026-02-04T07:00:00.000Z", active: false, subjects: nil),
        ]
        let (outcome, _) = try Command.run("health", against: [.document(health)])
        #expect(outcome.status == 0)
        #expect(
            outcome.output.contains(
                """
                expectations: not configured
                maintenance: leaf-1 on rail1 port 1, gpu 3 by bob, until \
                2026-02-03T06:00:00.000Z: new firmware
                maintenance: reboot on the whole node by ann, from 2026-02-04T06:00:00.000Z until \
                2026-02-04T07:00:00.000Z
                without maintenance: CRITICAL

                """), "\(outcome.output)")
    }

    @Test func `a node without ports says so`() throws {
        let health = Documents.health(
            "UNKNOWN", "No InfiniBand port has been observed.", ports: 0, collectors: [])
        let (outcome, _) = try Command.run("health", against: [.document(health)])
        #expect(
            outcome.output == """
                UNKNOWN  gpu-017: No InfiniBand port has been observed.
                seen at 2026-02-03T04:05:06.789Z: 0 ports, 0 active, 0 peers read
                expectations: not configured

                No collector is configured.

                """)
    }

    // MARK: explain

    @Test(arguments: ConditionCatalog.all)
    func `explain has the catalogue's row and the playbook`(row: ConditionRow) throws {
        let explained = try Command.run("explain", row.id.rawValue)
        #expect(explained.status == 0 && explained.errors.isEmpty)
        #expect(explained.output.hasPrefix("\(row.id.rawValue): \(row.meaning)\nseverity: "))
        #expect(explained.output.contains("\nraised by: \(row.filled(row.trigger))\n"))
        #expect(explained.output.contains("\nended by: \(row.filled(row.clearing))\n"))
        for threshold in row.thresholds {
            #expect(explained.output.contains("\n\(threshold.name) "))
            #expect(explained.output.contains("  \(threshold.source)\n"))
        }
        let playbook = Self.docs.appendingPathComponent(row.playbook)
        #expect(
            explained.output.hasSuffix(
                "\n\n" + (try String(contentsOf: playbook, encoding: .utf8))))
    }

    @Test func `explain shows what becomes worse with time, and what to do then`() throws {
        let outcome = try Command.run("explain", "ib_link_down")
        #expect(
            outcome.output.hasPrefix(
                """
                ib_link_down: An InfiniBand port that is watched is not active.
                severity: WARNING, CRITICAL after 30 s
                """))
        #expect(outcome.output.contains("\naccused: cable, then peer_port, then local_port\n"))
        #expect(
            outcome.output.contains(
                "\nnext step: watch at INFO, watch at WARNING, drain at CRITICAL\n"))
        #expect(
            try Command.run("explain", "ib_congestion").output
                .contains("\nnot all is seen: other nodes of the rail are not known here"))
        #expect(
            try Command.run("explain", "hca_missing").output
                .contains("\nnot all is seen: without a manifest"))
    }

    @Test func `explain lists all conditions, one line each`() throws {
        let outcome = try Command.run("explain")
        #expect(outcome.status == 0)
        let lines = outcome.output.split(separator: "\n").dropFirst()
        #expect(
            lines.map { $0.prefix { $0 != " " } } == ConditionID.allCases.map { $0.rawValue[...] })
        for (line, row) in zip(lines, ConditionCatalog.all) {
            #expect(line.hasSuffix("  \(row.meaning)"))
        }
    }

    @Test(
        arguments: [
            ("ib_link_dwon", "did you mean ib_link_down,"),
            ("IB-LINK-FLAP", "did you mean ib_link_flap,"),
            ("xid", "did you mean gpu_xid?"), ("flap", "did you mean ib_link_flap?"),
            ("zzzzzzzzzzzzzzzzzzzzzzzzzzz", "fabricwatch explain lists all."),
            ("", "fabricwatch explain lists all."), ("\u{1B}[2J", "no condition '?[2J'"),
        ])
    func `an unknown condition is refused with those near it`(name: String, said: String) throws {
        let outcome = try Command.run("explain", name)
        #expect(outcome.status == 64 && outcome.output.isEmpty)
        #expect(outcome.errors.contains("There is no condition '"))
        #expect(outcome.errors.contains(said))
    }

    @Test func `a full disk is an error of explain, too`() throws {
        let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
        let outcome = try Command(["explain"], output: full).outcome()
        #expect(outcome.status == 4)
        #expect(outcome.errors.hasPrefix("fabricwatch: Cannot write to standard output"))
    }

    private static let docs = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("docs")
}
