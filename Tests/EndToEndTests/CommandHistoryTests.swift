import Foundation
import History
import Model
import Testing
import Wire

/// `history`.
@Suite(.timeLimit(.minutes(5)))
struct CommandHistoryTests {
    private static let port = "0x0002c90300000001/1"
    private static let gpu = "GPU-8f0a3c1e-5d2b-4c7a-9e10-0123456789ab"
    private static let start: Int64 = 1_700_000_000_000

    private let scratch = try? ScratchDirectory()

    private var directory: String { scratch?.url.path ?? "" }

    // Fifty passes of a port and a GPU; the first forty are sealed, in slots of ten.
    private func fill() throws {
        var limits = Store.Limits(maximumAgeMilliseconds: .max / 2, maximumBytes: 64 << 20)
        limits.slotPasses = 10
        let store = try Store(
            directory: directory, limits: limits, nowMilliseconds: Self.start)
        for pass in 0..<50 as Range<UInt64> {
            let port = Self.series(
                Self.port, .infiniBandPort,
                [
                    "symbol_error": .value(pass * 3, saturated: pass > 40),
                    "port_xmit_data": .value(pass * 1000, saturated: false),
                    "link_downed": pass == 7 ? .missing(last: 1) : .value(1, saturated: false),
                ])
            let gpu = Self.series(
                Self.gpu, .gpu,
                [
                    "energy": .value(5_000_000 + pass * 1500, saturated: false),
                    "power": .value(312_250 + pass, saturated: false),
                ])
            _ = try store.append(
                PassRecord(
                    moment: Moment(
                        bootID: "boot", boottimeNanoseconds: pass * 10_000_000_000,
                        wallMilliseconds: Self.start + Int64(pass) * 10_003),
                    series: [port, gpu], events: []))
            try store.seal()
        }
    }

    private static func series(
        _ key: String, _ table: CounterTable, _ cells: [String: Cell]
    ) -> SeriesRecord {
        let columns = table.layout.columns
        return SeriesRecord(
            key: key, layout: table.layout, isPresent: true,
            cells: columns.map { cells[$0.name] ?? .unsupported },
            origins: columns.map { _ in .none })
    }

    @Test func `info says what is kept`() throws {
        try fill()
        let outcome = try Command.run("history", "info", "--directory", directory)
        #expect(outcome.status == 0 && outcome.errors == "")
        for line in [
            "passes          50, 10 of them not sealed yet, the others in 4 slots",
            "oldest          pass 1, 2023-11-14T22:13:20.000Z",
            "newest          pass 50, 2023-11-14T22:21:30.147Z",
            "parts           1 of class gpu", "parts           1 of class infiniband_port",
        ] {
            #expect(outcome.output.contains(line + "\n"), "\(outcome.output)")
        }
    }

    @Test func `verify reads everything and says what is damaged`() throws {
        try fill()
        let sound = try Command.run("history", "verify", "--directory", directory)
        #expect(sound.output == "50 passes can be read; nothing is damaged\n")
        #expect(sound.status == 0)
        let sqlite = try #require(Requirements.find("sqlite3"))
        _ = try Child.succeed(
            sqlite,
            [
                directory + "/history.db",
                "UPDATE chunk SET d = zeroblob(20) WHERE id = 11 << 12; "
                    + "UPDATE head SET d = zeroblob(20) WHERE cyc = 48",
            ])
        let damaged = try Command.run("history", "verify", "--directory", directory)
        #expect(
            damaged.output == """
                what passes 11 to 20 say of \(Self.port) is damaged
                3 passes up to 50 are damaged
                47 passes can be read

                """)
        #expect(damaged.status == 2)
    }

    @Test func `CSV has a line for each value`() throws {
        try fill()
        let outcome = try Command.run(
            "history", "export", "--directory", directory, "--name", "symbol_error", "power",
            "link_downed", "--since", "2023-11-14T22:14:20Z", "--until", "2023-11-14T22:14:40Z")
        #expect(
            outcome.output == """
                time,pass,class,part,name,unit,state,value
                2023-11-14T22:14:20.018Z,7,infiniband_port,\(Self.port),symbol_error,events,value,18
                2023-11-14T22:14:20.018Z,7,infiniband_port,\(Self.port),link_downed,events,value,1
                2023-11-14T22:14:30.021Z,8,infiniband_port,\(Self.port),symbol_error,events,value,21
                2023-11-14T22:14:30.021Z,8,infiniband_port,\(Self.port),link_downed,events,missing,
                2023-11-14T22:14:20.018Z,7,gpu,\(Self.gpu),power,watts,value,312.256
                2023-11-14T22:14:30.021Z,8,gpu,\(Self.gpu),power,watts,value,312.257

                """)
        #expect(outcome.status == 0 && outcome.errors == "")
    }

    @Test func `JSON lines are documents`() throws {
        try fill()
        let outcome = try Command.run(
            "history", "export", "--directory", directory, "--format", "json", "--part", Self.port)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 150)
        for line in lines {
            let document = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let fields = try #require(document as? [String: Any])
            #expect(fields["part"] as? String == Self.port)
            #expect((fields["value"] == nil) == (fields["state"] as? String == "missing"))
        }
        #expect(lines.count { $0.contains("\"state\":\"saturated\"") } == 9)
    }

    /// What Prometheus takes in is what was kept.
    @Test func `OpenMetrics can be taken into Prometheus`() throws {
        try fill()
        let outcome = try Command.run(
            "history", "export", "--directory", directory, "--format", "openmetrics", "--label",
            "instance=gpu17:9797")
        #expect(outcome.status == 0 && outcome.errors == "")
        #expect(
            outcome.output.contains(
                """
                # TYPE fabricwatch_gpu_energy_joules counter
                fabricwatch_gpu_energy_joules_total{uuid="\(Self.gpu)",instance="gpu17:9797"} \
                5000 1700000000
                """))
        let page = directory + "/page.txt"
        try outcome.output.write(toFile: page, atomically: true, encoding: .utf8)
        let promtool = try #require(Requirements.find("promtool"))
        // Its reader wants to see a server's log.
        try FileManager.default.createDirectory(
            atPath: directory + "/tsdb/wal", withIntermediateDirectories: true)
        _ = try Child.succeed(
            promtool, ["tsdb", "create-blocks-from", "openmetrics", page, directory + "/tsdb"])
        let dump = try Child.succeed(promtool, ["tsdb", "dump", directory + "/tsdb"])
        let lines = dump.split(separator: "\n")
        #expect(lines.count == 50 * 5 - 1)
        let bytes = lines.filter { $0.contains("port_xmit_data") }
        #expect(bytes.count == 50)
        #expect(bytes.last?.hasSuffix(" 196000 1700000490147") == true, "\(bytes.last ?? "")")
    }

    @Test func `what cannot be read is said`() throws {
        let nothing = try Command.run("history", "info", "--directory", directory)
        #expect(nothing.status == 4)
        #expect(nothing.errors.hasPrefix("fabricwatch: cannot "), "\(nothing.errors)")
        try fill()
        for arguments in [["--part", "0x01/1"], ["--name", "symbol_errors"]] {
            let outcome = try Command(
                ["history", "export", "--directory", directory] + arguments
            ).outcome()
            #expect(outcome.status == 64 && outcome.output == "")
            #expect(outcome.errors.contains(arguments[1]))
        }
        for arguments in [["--since", "yesterday"], ["--label", "a=b"], ["--format", "xml"]] {
            let outcome = try Command(
                ["history", "export", "--directory", directory] + arguments
            ).outcome()
            #expect(outcome.status == 64)
        }
    }
}
