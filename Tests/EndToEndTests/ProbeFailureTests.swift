import Foundation
import Testing
import Wire

extension EndToEndTests {
    @Test("A probe that dies costs its rail some turns, and no count")
    func deadProbe() throws {
        let options = DaemonUnderTest.Options(restartDelayMin: "3s", restartDelayMax: "6s")
        try withDaemon(options, losesProbes: true) { daemon, fabric in
            let cable = daemon.cables[4]
            let ends = Cable.End.allCases.map { CableEnd(cable: cable, end: $0) }
            let cursor = try daemon.cursor()
            let before = try daemon.metrics()
            let victim = try #require(try daemon.probes()[cable.rail])
            kill(victim, SIGKILL)
            let probe = try eventually("the probe is known to be gone") { () -> V1.Collector? in
                let probe = try daemon.collector(cable.rail)
                return probe.state == "restarting" ? probe : nil
            }
            #expect(probe.detail?.contains("signal 9") == true, "\(probe)")
            try fabric.set([ends[0]: ["symbol_error": 7], ends[1]: ["link_downed": 9]])
            try checkOutage(daemon, cable)

            try eventually("the probe is back") {
                let probe = try daemon.collector(cable.rail)
                return probe.state == "ok" && probe.restarts == 1 && probe.detail == nil
            }
            #expect(try daemon.probes()[cable.rail] != victim)
            try daemon.awaitNewPass()
            #expect(try daemon.health().verdict == "PASS")
            try checkIncreases(
                try daemon.deltas(since: cursor), before, try daemon.metrics(),
                [ends[0]: ["symbol_error": 7], ends[1]: ["link_downed": 9]])
            #expect(
                try daemon.metrics().value(
                    "fabricwatch_collector_restarts_total", ["collector": cable.device]) == 1)
        }
    }

    private func checkOutage(_ daemon: DaemonUnderTest, _ cable: Cable) throws {
        let page = try daemon.metrics()
        #expect(page.value("fabricwatch_up") == 0)
        #expect(page.value("fabricwatch_collector_up", ["collector": cable.device]) == 0)
        let near = CableEnd(cable: cable, end: .local)
        #expect(page.total("symbol_error", near) == nil)
        #expect(try daemon.counters().entries(near)["symbol_error"]?.state == "stale")
        try daemon.awaitNewPass()
        for other in daemon.cables where other != cable { try checkFresh(daemon, other) }
    }

    /// Expects exactly these increases and no others, in the deltas and in the totals.
    private func checkIncreases(
        _ deltas: V1.Deltas, _ before: MetricsText, _ after: MetricsText, _ truth: Fabric.Values
    ) throws {
        #expect(deltas.complete)
        for (end, increases) in truth {
            let entries = try deltas.entries(end)
            for counter in SimulatedCounters.injectable(end.end) {
                let increase = increases[counter.name] ?? 0
                let delta = entries[counter.name]
                #expect(delta?.delta == increase, "\(end) \(counter.name)")
                #expect(delta?.quality == "exact", "\(end) \(counter.name) \(delta?.reasons ?? [])")
                let (now, then) = (after.total(counter.name, end), before.total(counter.name, end))
                #expect(now != nil && then != nil, "\(end) \(counter.name)")
                #expect((now ?? 0) - (then ?? 0) == Double(increase), "\(end) \(counter.name)")
            }
        }
    }

    @Test("A daemon that dies takes its probes along, and goes on where it stopped")
    func deadDaemon() throws {
        try withDaemon(.init(), losesProbes: true) { daemon, fabric in
            let ends = Cable.End.allCases.map { CableEnd(cable: daemon.cables[0], end: $0) }
            let cursor = try daemon.cursor()
            try fabric.set([ends[0]: ["symbol_error": 100], ends[1]: ["symbol_error": 200]])
            try daemon.awaitNewPass()
            let before = try daemon.metrics()
            let shown = try daemon.links().pass ?? .max
            try daemon.kill9()

            try fabric.set([ends[0]: ["symbol_error": 103], ends[1]: ["symbol_error": 204]])
            try daemon.startAgain()
            try daemon.awaitNewPass()
            let now = try #require(try daemon.links().pass)
            #expect(now > shown)
            let deltas = try daemon.deltas(since: cursor)
            #expect(deltas.from.pass <= shown)
            #expect(UInt64(deltas.passes) == deltas.to.pass - deltas.from.pass)
            // The counts before the death lie in the window as well.
            let lost = try daemon.deltas(since: cursor).entries(ends[0])["symbol_error"]
            #expect(lost?.delta == 103 && lost?.quality == "exact", "\(String(describing: lost))")
            try checkIncreases(
                try daemon.deltas(since: Self.cursor(at: shown, like: cursor)), before,
                try daemon.metrics(), [ends[0]: ["symbol_error": 3], ends[1]: ["symbol_error": 4]])
            #expect(try daemon.health().verdict == "PASS")
        }
    }

    // `p17-0123456789abcdef` names a pass and the history that it is in.
    private static func cursor(at pass: UInt64, like other: String) -> String {
        "p\(pass)" + other.drop { $0 != "-" }
    }

    @Test("A probe that hangs is slow, then stale, then killed; everybody else goes on")
    func hungProbe() throws {
        let options = DaemonUnderTest.Options(softDeadline: "500ms", hardDeadline: "8s")
        try withDaemon(options, losesProbes: true) { daemon, _ in
            let cable = daemon.cables[6]
            let victim = try #require(try daemon.probes()[cable.rail])
            kill(victim, SIGSTOP)
            try eventually("the probe is slow") {
                try daemon.collector(cable.rail).state == "slow"
            }
            let condition = try eventually("the probe is stale") {
                try daemon.health().conditions.first { $0.id == "probe_stale" }
            }
            #expect(condition.subject.collector == cable.device)
            #expect(condition.severity == "UNKNOWN")
            try checkHang(daemon, cable)

            try eventually("the probe was killed and is back", within: 30) {
                let probe = try daemon.collector(cable.rail)
                return probe.state == "ok" && probe.restarts == 1
            }
            #expect(!isAlive(victim))
            try eventually("the node is well") { try daemon.health().verdict == "PASS" }
            #expect(
                try daemon.metrics().value(
                    "fabricwatch_collector_slow_turns_total", ["collector": cable.device]) ?? 0
                    >= 1)
        }
    }

    // Nobody waits a second for an answer while the probe hangs.
    private func checkHang(_ daemon: DaemonUnderTest, _ cable: Cable) throws {
        let client = HTTPClient(address: .socket(path: daemon.socket.path), patience: 1)
        for target in ["/metrics", "/api/v1/health", "/api/v1/links", "/api/v1/deltas?since=1m"] {
            #expect(try client.get(target).status == 200, "\(target)")
        }
        #expect(try daemon.health().verdict == "UNKNOWN")
        #expect(try client.get("/api/v1/health?strict=1").status == 503)
        #expect(try daemon.link(cable.rail).stale)
        let near = CableEnd(cable: cable, end: .local)
        #expect(try daemon.counters().entries(near)["symbol_error"]?.state == "stale")
        for other in daemon.cables where other != cable { try checkFresh(daemon, other) }
    }
}
