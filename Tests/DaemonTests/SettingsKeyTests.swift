import Health
import Testing

@testable import Daemon

/// Every key with values at the edge of what it takes, and just beyond.
struct SettingsKeyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let path: String
        let accepted: [String]
        let refused: [String]
        var testDescription: String { path }
    }

    private static let notScalars = ["", "null", "[]", "[10s]", "{}", "{a: 1}", "\"\\t\""]

    private static func flag(_ path: String) -> Case {
        Case(path: path, accepted: ["true", "false"], refused: ["yes", "True", "1", "\"true\""])
    }

    private static func integer(_ path: String, _ low: Int, _ high: Int) -> Case {
        Case(
            path: path, accepted: ["\(low)", "\(high)"],
            refused: ["\(low - 1)", "\(high + 1)", "\"\(low)\"", "+\(high)", "0\(high)", "1.0"]
                + ["0x1", "99999999999999999999", "\(high)s", "true"])
    }

    private static func duration(_ path: String, _ low: [String], _ high: [String]) -> Case {
        Case(
            path: path, accepted: [low[0], high[0]],
            refused: [
                low[1], high[1], "0s", "1000", "-1s", "1.5s", "1S", "1 s", "s", "1us", "1MiB",
            ]
                + ["99999999999999999d", "9223372036854775807s", "١s", "+1s"])
    }

    private static func size(_ path: String, _ low: [String], _ high: [String]) -> Case {
        Case(
            path: path, accepted: [low[0], high[0]],
            refused: [low[1], high[1], "0MiB", "16777216", "-9MiB", "9.5MiB", "9mib", "9M", "9MB "]
                .map { $0 == "9MB " ? "\"9MB \"" : $0 } + ["9s", "9223372036854775807TiB"])
    }

    static let cases = [
        Case(
            path: "node.name", accepted: ["\"\"", "a.b_c-9", "\"12\""],
            refused: ["12", "true", "a b", "ä", "\(String(repeating: "a", count: 254))"]),
        duration("interval", ["1s", "999ms"], ["1m", "61m"]),
        Case(
            path: "conditions",
            accepted: [
                "{}", "{ib_link_flap: {warning_count: 3, clear_after: 2d, reason: why not}}",
                "{ib_symbol_ber_high: {ratio: 1e-11, reason: old cables}}",
            ],
            refused: ["[a]", "5"]),
        flag("infiniband.enabled"),
        duration("infiniband.identity_interval", ["10s", "999ms"], ["1d", "25h"]),
        Case(
            path: "infiniband.include", accepted: ["[\"*\"]", "[mlx5_0/1, mlx5_?]"],
            refused: ["mlx5_0", "5", "true"]),
        Case(path: "infiniband.exclude", accepted: ["[]", "[a]"], refused: ["mlx5_0", "5"]),
        integer("infiniband.service_level", 0, 15),
        integer("infiniband.outstanding_mads", 1, 128),
        duration("infiniband.mad_timeout", ["10ms", "9ms"], ["5s", "5001ms"]),
        integer("infiniband.mad_retries", 0, 5),
        Case(path: "infiniband.devices", accepted: ["[]"], refused: ["mlx5_0", "5"]),
        Case(path: "infiniband.probes", accepted: ["[]"], refused: ["infiniband", "5"]),
        flag("gpu.enabled"),
        Case(
            path: "gpu.library", accepted: ["\"\"", "/usr/lib64/libnvidia-ml.so.1"],
            refused: ["libnvidia-ml.so.1", "5", "/\(String(repeating: "a", count: 4095))"]),
        Case(
            path: "gpu.include", accepted: ["[\"*\"]", "[\"0000:18:00.0\"]"],
            refused: ["a", "5", "true"]),
        Case(path: "gpu.exclude", accepted: ["[]", "[\"0000:??:00.0\"]"], refused: ["a", "5"]),
        Case(
            path: "gpu.environment", accepted: ["{}", "{A_1: b}"], refused: ["a", "5", "[a]"]),
        duration("gpu.retry_delay_min", ["100ms", "99ms"], ["10m", "61m"]),
        duration("gpu.retry_delay_max", ["30s", "99ms"], ["1d", "25h"]),
        flag("pcie.enabled"),
        duration("pcie.interval", ["1s", "999ms"], ["1h", "61m"]),
        flag("kernel_log.enabled"),
        Case(
            path: "kernel_log.path", accepted: ["/dev/kmsg"], refused: ["kmsg", "\"\"", "5"]),
        Case(
            path: "inventory.manifest", accepted: ["\"\"", "/etc/fabricwatch/manifest.yaml"],
            refused: ["manifest.yaml", "5"]),
        Case(path: "paths.sys", accepted: ["/host/sys"], refused: ["sys", "\"\"", "5"]),
        duration("probe.soft_deadline", ["100ms", "99ms"], ["9s", "301s"]),
        duration("probe.hard_deadline", ["3s", "199ms"], ["10m", "601s"]),
        duration("probe.restart_delay_min", ["100ms", "99ms"], ["1m", "61m"]),
        duration("probe.restart_delay_max", ["1s", "99ms"], ["1d", "25h"]),
        flag("history.enabled"),
        Case(
            path: "history.directory", accepted: ["/a", "\"/a b\""],
            refused: ["a", "\"\"", "./a", "~/a", "5", "/\(String(repeating: "a", count: 4095))"]),
        duration("history.max_age", ["1h", "59m"], ["3650d", "3651d"]),
        size("history.max_size", ["8MiB", "8191KiB"], ["16TiB", "17TiB"]),
        size("history.ballast", ["4MiB", "4095KiB"], ["1GiB", "1025MiB"]),
        duration("history.slot", ["1m", "59s"], ["1d", "25h"]),
        integer("history.slot_passes", 64, 4096),
        Case(
            path: "history.thin_after", accepted: ["\"\"", "1h", "3650d"],
            refused: ["59m", "3651d", "0s", "1000", "off", "5MiB"]),
        Case(
            path: "serve.socket", accepted: ["\"\"", "/\(String(repeating: "a", count: 106))"],
            refused: ["a", "5", "/\(String(repeating: "a", count: 107))"]),
        Case(
            path: "serve.socket_mode", accepted: ["\"0000\"", "\"0777\""],
            refused: ["0660", "660", "\"660\"", "\"0o660\"", "\"1777\"", "\"0888\"", "\"+660\""]),
        Case(
            path: "serve.tcp", accepted: ["\"\"", "localhost:0", "\"[::1]:65535\""],
            refused: ["9797", "\":9797\"", "\"127.0.0.1\"", "\"127.0.0.1:65536\"", "\"a b:1\""]
                + ["\"::1:80\"", "\"[::1\"", "\"[]:80\"", "\"127.0.0.1:-1\"", "\"127.0.0.1:080\""]),
        flag("serve.insecure"),
        integer("serve.max_connections", 1, 65536),
        size("serve.max_head_size", ["1KiB", "1023KB"], ["64KiB", "65KiB"]),
        duration("serve.head_timeout", ["100ms", "99ms"], ["5m", "301s"]),
        duration("serve.idle_timeout", ["1s", "999ms"], ["1h", "61m"]),
        duration("serve.request_timeout", ["100ms", "99ms"], ["5m", "301s"]),
        Case(
            path: "log.level", accepted: Settings.Log.Level.allCases.map(\.rawValue),
            refused: ["warn", "INFO", "1", "true"]),
    ]

    @Test func everyKeyIsTried() {
        #expect(Self.cases.map(\.path).sorted() == SettingsTable.all.map(\.row.path).sorted())
    }

    /// The text of a file that sets one key, and the place of the value when it is a scalar.
    private static func file(_ path: String, _ value: String) -> (text: String, column: Int) {
        let parts = path.split(separator: ".")
        let gap = value.isEmpty ? "" : " "
        guard parts.count == 2 else { return ("\(path):\(gap)\(value)", path.count + 2) }
        return ("\(parts[0]):\n  \(parts[1]):\(gap)\(value)", parts[1].count + 4)
    }

    @Test(arguments: cases)
    func edgesAreAccepted(_ tried: Case) {
        for value in tried.accepted {
            #expect(refusals(Self.file(tried.path, value).text) == [], "\(value)")
        }
    }

    @Test(arguments: cases)
    func whatIsBeyondIsRefused(_ tried: Case) throws {
        let row = try #require(SettingsTable.all.first { $0.row.path == tried.path }).row
        let others: [String]
        if row.expected.contains("list") {
            others = ["", "null", "{}", "\"\\t\""]
        } else if row.expected.contains("mapping") {
            others = ["", "null", "[]", "\"\\t\""]
        } else {
            others = Self.notScalars
        }
        for value in tried.refused + others {
            let (text, column) = Self.file(tried.path, value)
            let line = tried.path.contains(".") ? 2 : 1
            let place =
                "f:\(line):\(value.isEmpty ? column : column + 1): key '\(tried.path)': got "
            let lines = refusals(text)
            #expect(lines.count == 1, "\(value): \(lines)")
            #expect(lines.first?.hasPrefix(place) == true, "\(value): \(lines)")
            #expect(lines.first?.contains(", expected \(row.expected)") == true, "\(lines)")
        }
    }

    @Test func defaultsLieWithinTheirRanges() {
        for row in SettingsTable.all.map(\.row) {
            let value = row.defaultText ?? ""
            #expect(refusals(Self.file(row.path, value).text) == [], "\(row.path)")
        }
    }
}

/// Numbers that conditions are judged by.
struct ConditionSettingsTests {
    @Test func overridesAreInForceAndShown() throws {
        let text =
            "conditions: {ib_link_flap: {warning_count: 3, clear_after: 12h, reason: old site}}"
        let settings = try Settings.parse(text: text, file: "f")
        #expect(settings.thresholds.value(.linkFlap, "warning_count") == 3)
        #expect(settings.thresholds.value(.linkFlap, "clear_after") == 43_200)
        #expect(settings.thresholds.value(.linkFlap, "critical_count") == 3)
        #expect(
            settings.overrideLines.first
                == "conditions.ib_link_flap.warning_count: 3 instead of 2 "
                + "(one may be a switch's reboot or a reseat): old site")
        #expect(Settings.defaults.overrideLines.isEmpty)
    }

    @Test(arguments: [
        "{ib_link_flop: {reason: a}}", "{ib_link_flap: {warning_count: 3}}",
        "{ib_link_flap: {warning_conut: 3, reason: a}}", "{ib_link_flap: 3}",
        "{ib_link_flap: {warning_count: 0, reason: a}}",
        "{ib_link_flap: {warning_count: 3s, reason: a}}",
        "{ib_link_flap: {clear_after: 3, reason: a}}",
        "{ib_link_flap: {clear_after: 31d, reason: a}}",
        "{ib_symbol_ber_high: {ratio: 1, reason: a}}",
        "{ib_symbol_ber_high: {ratio: 1e-11, reason: []}}",
    ])
    func whatMakesNoSenseIsRefused(_ value: String) {
        #expect(throws: SettingsError.self) {
            try Settings.parse(text: "conditions: \(value)", file: "f")
        }
    }

    @Test func refusalsNameWhatThereIs() {
        let error = #expect(throws: SettingsError.self) {
            try Settings.parse(
                text:
                    "conditions:\n  ib_link_flip: {reason: a}\n  counter_blind: {x: 1, reason: a}",
                file: "f")
        }
        let text = "\(String(describing: error))"
        #expect(text.contains("did you mean 'ib_link_flap'?"))
        #expect(text.contains("expected none: the condition has none"))
    }
}
