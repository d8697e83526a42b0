import Foundation
import Testing

@testable import Daemon

/// The lines that an operator would read, or none when the text is accepted.
func refusals(_ text: String) -> [String] {
    do {
        _ = try Settings.parse(text: text, file: "f")
        return []
    } catch {
        return error.description.split(separator: "\n").map(String.init)
    }
}

struct SettingsTests {
    @Test(arguments: ["", "\n", "# only a comment\n", "---\n", "---\n...\n", "probe:\nserve:\n"])
    func nothingMeansDefaults(text: String) throws {
        #expect(try Settings.parse(text: text, file: "f") == .defaults)
    }

    @Test func defaultsAreThoseOfTheDesign() {
        let settings = Settings.defaults
        #expect(settings.interval == .seconds(10))
        #expect(settings.infiniband.identityInterval == .seconds(60))
        #expect(settings.infiniband.include == ["*"])
        #expect(settings.infiniband.probeInstances.map(\.name) == ["infiniband"])
        #expect(settings.history.maxSize == 536_870_912)
        #expect(settings.serve.tcp == Settings.TCPAddress(host: "127.0.0.1", port: 9797))
        #expect(settings.serve.socketMode == 0o660)
        #expect(settings.log.level == .info)
    }

    @Test func probesAreToldWhatTheyReadAndNobodyWhereNothingIsRead() throws {
        let probes = "probes: [{name: a, include: [x]}, {name: b, include: ['*'], exclude: [x]}]"
        let text = "infiniband: {include: ['x', 'y'], exclude: [y/2], \(probes)}"
        let settings = try Settings.parse(text: text, file: "f")
        let told = settings.infiniband.configurations(sysRoot: "/sys")
        #expect(told.map(\.within) == [["x", "y"], ["x", "y"]])
        #expect(told.map(\.include) == [["x"], ["*"]])
        #expect(told.map(\.exclude) == [["y/2"], ["y/2", "x"]])
        let off = try Settings.parse(text: "infiniband: {enabled: false}", file: "f")
        #expect(off.infiniband.configurations(sysRoot: "/sys").isEmpty)
    }

    @Test func readsEveryKindOfValue() throws {
        let settings = try Settings.parse(
            text: """
                node: {name: gpu-0417}
                interval: 1500ms
                infiniband:
                  enabled: false
                  include: [mlx5_*, "ib?/1"]
                  devices:
                    - guid: "0x0002c90300A1B2C0"
                      name: "0"
                      rail: 7
                    - guid: 0x0002c90300a1b2c1
                  probes:
                    - name: a
                      include: [mlx5_0]
                      environment: {SIM_HOST: 'Hca "0"', PORT: 7070, EMPTY: ""}
                history: {max_size: 10MB}
                serve:
                  socket: ""
                  socket_mode: "0600"
                  tcp: "[fe80::1]:0"
                  insecure: true
                log: {level: warning}
                """, file: "f")
        #expect(settings.node.name == "gpu-0417")
        #expect(settings.interval == .milliseconds(1500))
        #expect(!settings.infiniband.isEnabled)
        #expect(settings.infiniband.include == ["mlx5_*", "ib?/1"])
        #expect(
            settings.infiniband.devices.map(\.guid) == [0x2_c903_00a1_b2c0, 0x2_c903_00a1_b2c1])
        #expect(settings.infiniband.devices.map(\.name) == ["0", nil])
        #expect(settings.infiniband.devices.map(\.rail) == [7, nil])
        let probe = try #require(settings.infiniband.probeInstances.first)
        #expect(probe.include == ["mlx5_0"] && probe.exclude.isEmpty)
        #expect(probe.environment == ["SIM_HOST": "Hca \"0\"", "PORT": "7070", "EMPTY": ""])
        #expect(settings.history.maxSize == 10_000_000)
        #expect(settings.serve.socket == nil)
        #expect(settings.serve.socketMode == 0o600)
        #expect(settings.serve.tcp == Settings.TCPAddress(host: "fe80::1", port: 0))
        #expect(settings.log.level == .warning)
    }

    @Test(
        arguments: [
            (
                "inteval: 5s",
                "f:1:1: key 'inteval': got an unknown key, expected one of node, interval, "
                    + "conditions, infiniband, gpu, pcie, kernel_log, inventory, paths, probe, "
                    + "history, serve, "
                    + "log; did you mean 'interval'?"
            ),
            (
                "log:\n  levle: info",
                "f:2:3: key 'log.levle': got an unknown key, expected one of "
                    + "level; did you mean 'level'?"
            ),
            (
                "log:\n  soft_deadline: 2s",
                "f:2:3: key 'log.soft_deadline': got an unknown key, "
                    + "expected one of level; did you mean 'probe.soft_deadline'?"
            ),
            (
                "log.level: info",
                "f:1:1: key 'log.level': got an unknown key, expected one of node, "
                    + "interval, conditions, infiniband, gpu, pcie, kernel_log, inventory, paths, "
                    + "probe, history, serve, log; write 'level' below 'log'"
            ),
            (
                "interval: 10",
                "f:1:11: key 'interval': got '10', expected a duration from 1s to 1h; "
                    + "a unit is needed (ms, s, m, h, d), for example 10s"
            ),
            (
                "interval: 10 s",
                "f:1:11: key 'interval': got '10 s', expected a duration from 1s to "
                    + "1h; the units are ms, s, m, h, d, for example 10s"
            ),
            ("interval:", "f:1:10: key 'interval': got nothing, expected a duration from 1s to 1h"),
            (
                "history:\n  max_size: 9000000",
                "f:2:13: key 'history.max_size': got '9000000', "
                    + "expected a size from 8MiB to 16TiB; a unit is needed (KB, KiB, MB, MiB, "
                    + "GB, GiB, "
                    + "TB, TiB), for example 512MiB"
            ),
            ("probe: 5s", "f:1:8: key 'probe': got '5s', expected a mapping of keys and values"),
            ("- a", "f:1:1: got a list, expected a mapping of keys and values"),
            (
                "log: {level: warn}",
                "f:1:14: key 'log.level': got 'warn', expected one of trace, "
                    + "debug, info, notice, warning, error, critical; did you mean 'warning'?"
            ),
            (
                "node: {name: 12}",
                "f:1:14: key 'node.name': got '12', expected \"\" or at most 253 "
                    + "of A-Z a-z 0-9 . _ -; put text that looks like a number or a truth value in "
                    + "quotes"
            ),
            (
                "infiniband:\n  service_level: \"3\"",
                "f:2:18: key 'infiniband.service_level': got "
                    + "the text \"3\", expected a whole number from 0 to 15"
            ),
            (
                "serve: {tcp: \"0.0.0.0:9797\"}",
                "f:1:9: key 'serve.tcp': got '0.0.0.0:9797', expected "
                    + "a loopback address (127.0.0.1, [::1], localhost) unless serve.insecure "
                    + "is true"
            ),
            (
                "probe: {soft_deadline: 11s}",
                "f:1:9: key 'probe.hard_deadline': got 10s (the default), "
                    + "expected more than probe.soft_deadline, which is 11s"
            ),
            (
                "probe: {soft_deadline: 3s, hard_deadline: 3s}",
                "f:1:28: key 'probe.hard_deadline': "
                    + "got 3s, expected more than probe.soft_deadline, which is 3s"
            ),
            (
                "probe:\n  restart_delay_min: 5s\n  restart_delay_max: 4s",
                "f:3:3: key "
                    + "'probe.restart_delay_max': got 4s, expected at least "
                    + "probe.restart_delay_min, "
                    + "which is 5s"
            ),
        ])
    func refusalNamesPlaceKeyAndExpectation(text: String, line: String) {
        #expect(refusals(text) == [line])
    }

    @Test func allRefusalsAreReportedInTheOrderOfTheFile() {
        let lines = refusals(
            "intervall: 1s\nlog: {level: 3}\nprobe: {hard_deadline: 9h, x: &a 1}\n")
        let starts =
            ["f:1:1: key 'intervall'", "f:2:14: key 'log.level'"]
            + [
                "f:3:24: key 'probe.hard_deadline'", "f:3:28: key 'probe.x'",
                "f:3:31: got an anchor",
            ]
        #expect(lines.count == starts.count)
        for (line, start) in zip(lines, starts) { #expect(line.hasPrefix(start), "\(line)") }
    }

    @Test func refusedValuesAreNotBlamedTwice() {
        #expect(refusals("interval: 2h\n").count == 1)
        #expect(refusals("serve: {tcp: \"0.0.0.0:1\", insecure: maybe}").count == 1)
    }

    @Test func manyRefusalsAreCountedNotListed() {
        let text = (0..<350).map { "unknown\($0): 1\n" }.joined()
        let lines = refusals(text)
        #expect(lines.count == SettingsError.diagnosticsMax + 1)
        #expect(lines.last == "f: and 250 more")
    }

    @Test(
        arguments: [
            ("127.0.0.1:0", true), ("127.255.1.2:80", true), ("[::1]:9797", true),
            ("localhost:9797", true), ("127.0.0.1.example:80", false), ("127.1:80", false),
            ("128.0.0.1:80", false), ("[::]:80", false), ("node1:80", false),
            ("localhost.:80", false),
        ])
    func plainTCPStaysOnLoopback(address: String, isLoopback: Bool) throws {
        #expect(refusals("serve: {tcp: \"\(address)\"}").isEmpty == isLoopback)
        let text = "serve: {insecure: true, tcp: \"\(address)\"}"
        #expect(try Settings.parse(text: text, file: "f").serve.tcp?.text == address)
    }
}

struct SettingsListTests {
    @Test(
        arguments: [
            (
                "devices: [{name: a}]",
                "f:1:24: key 'infiniband.devices[0].guid': got nothing, expected "
                    + "a GUID other than 0: 0x and 16 hexadecimal digits"
            ),
            (
                "devices: [{guid: 0x2c903}]",
                "f:1:31: key 'infiniband.devices[0].guid': got '0x2c903', "
                    + "expected a GUID other than 0: 0x and 16 hexadecimal digits"
            ),
            (
                "devices: [5]",
                "f:1:24: key 'infiniband.devices[0]': got '5', expected a mapping of "
                    + "keys and values"
            ),
            (
                "devices: a",
                "f:1:23: key 'infiniband.devices': got 'a', expected a list of mappings "
                    + "{guid, name, rail}"
            ),
            (
                "devices: [{guid: 0x0002c90300000001, gid: 1}]",
                "f:1:51: key "
                    + "'infiniband.devices[0].gid': got an unknown key, expected one of guid, "
                    + "name, rail; "
                    + "did you mean 'guid'?"
            ),
            (
                "devices: [{guid: 0x0002c90300000001}, {guid: 0x0002C90300000001}]",
                "f:1:53: key 'infiniband.devices[1].guid': got '0x0002c90300000001' a second time, "
                    + "expected one not used by infiniband.devices[0]"
            ),
            (
                "devices: [{guid: 0x0002c90300000001, name: a}, {guid: 0x0002c90300000002, "
                    + "name: a}]",
                "f:1:88: key 'infiniband.devices[1].name': got 'a' a second time, expected one not "
                    + "used by infiniband.devices[0]"
            ),
            (
                "devices: [{guid: 0x0002c90300000001, rail: 256}]",
                "f:1:57: key "
                    + "'infiniband.devices[0].rail': got '256', expected a whole number from "
                    + "0 to 255"
            ),
            (
                "probes: [{name: a}, {name: a}]",
                "f:1:35: key 'infiniband.probes[1].name': got 'a' a "
                    + "second time, expected one not used by infiniband.probes[0]"
            ),
            (
                "probes: [{include: [a]}]",
                "f:1:23: key 'infiniband.probes[0].name': got nothing, "
                    + "expected 1 to 64 of A-Z a-z 0-9 _ . : -"
            ),
            (
                "probes: [{name: a, environment: {0A: 1}}]",
                "f:1:47: key "
                    + "'infiniband.probes[0].environment.0A': got an unfit name of a variable, "
                    + "expected "
                    + "A-Z a-z 0-9 _, no digit first"
            ),
            (
                "probes: [{name: a, environment: {A: \"\\0\"}}]",
                "f:1:50: key "
                    + "'infiniband.probes[0].environment.A': got the text \"\\0\", expected text "
                    + "without control characters"
            ),
            (
                "include: [a, b/c/d]",
                "f:1:27: key 'infiniband.include[1]': got 'b/c/d', expected a "
                    + "pattern DEVICE or DEVICE/PORT of letters, digits, . _ : - * ?"
            ),
        ])
    func refusalNamesTheEntry(text: String, line: String) {
        #expect(refusals("infiniband: {\(text)}") == [line])
    }

    @Test func namesAndRailsMayBeLeftOut() {
        let text = "devices: [{guid: 0x0002c90300000001}, {guid: 0x0002c90300000002}]"
        #expect(refusals("infiniband: {\(text)}").isEmpty)
    }
}
