import Foundation
import Testing
import Wire

extension EndToEndTests {
    @Test("A pulled cable is a condition with a subject and suspects, until it is plugged in")
    func pulledCable() throws {
        try withDaemon { daemon, fabric in
            let cable = daemon.cables[2]
            let far = CableEnd(cable: cable, end: .peer)
            try fabric.set([far: ["symbol_error": 42]])
            try daemon.awaitNewPass()
            // As an HCA does and ibsim does not.
            try fabric.set([CableEnd(cable: cable, end: .local): ["link_downed": 1]])
            try fabric.unlink(rail: cable.rail)
            let first = try eventually("the link is found to be down") {
                try daemon.health().conditions.first { $0.id == "ib_link_down" }
            }
            #expect(
                first.severity == "INFO" && first.evidence.last?.contains("may be a flap") == true)
            let condition = try eventually("it is no flap") {
                try daemon.health().conditions.first {
                    $0.id == "ib_link_down" && $0.severity != "INFO"
                }
            }
            #expect(condition.severity == "WARNING" && condition.incident == first.incident)
            #expect(condition.subject.device == cable.device)
            #expect(condition.subject.port == 1)
            #expect(condition.accused.first == "cable")
            #expect(condition.evidenceGrade == "local_only")
            #expect(!condition.evidence.isEmpty && !condition.action.isEmpty)
            #expect(try daemon.get(condition.playbook).text.contains("ib_link_down"))
            #expect(try daemon.health().verdict == "WARNING")
            #expect(try daemon.get("/api/v1/health?strict=1").status == 200)
            try checkDown(daemon, far)

            try fabric.relink(rail: cable.rail)
            try eventually("the node is well again") { try daemon.health().verdict == "PASS" }
            try daemon.awaitNewPass()
            #expect(try daemon.link(cable.rail).peerState == "observed")
            #expect(try daemon.counters().entries(far)["symbol_error"]?.state == "value")
            try checkAgainstOracle(daemon, fabric, [cable])
        }
    }

    private func checkDown(_ daemon: DaemonUnderTest, _ far: CableEnd) throws {
        let link = try daemon.link(far.cable.rail)
        #expect(link.local.state == "down")
        #expect(link.local.widthLanes == nil)
        #expect(link.peerState == "absent")
        #expect(link.peer?.guid == far.cable.switchGUID)
        #expect(link.peer?.stale == true)
        // The last known value, and not as if it were new.
        let entry = try daemon.counters().entries(far)["symbol_error"]
        #expect(entry?.state == "stale")
        #expect(entry?.value?.raw == 42)
        #expect(entry?.value?.stale == true)
        let page = try daemon.metrics()
        #expect(page.total("symbol_error", far) == nil)
        let labels = ["device": far.cable.device, "port": "1"]
        let near = labels.merging(["end": "local"]) { $1 }
        #expect(page.value("fabricwatch_infiniband_port_state", near) == 1)
        #expect(
            page.value(
                "fabricwatch_infiniband_end_up", labels.merging(["end": "peer"]) { $1 }) == 0)
        #expect(page.value("fabricwatch_infiniband_link_width_lanes", near) == nil)
        #expect(
            page.value(
                "fabricwatch_health_condition",
                [
                    "condition": "ib_link_down", "device": far.cable.device,
                    "severity": "WARNING",
                ]) == 1)
        let others = try daemon.links().links.filter { $0.device != far.cable.device }
        #expect(others.allSatisfy { $0.peerState == "observed" && !$0.stale })
    }

    @Test("A switch that gets another LID is found again")
    func changedLID() throws {
        try withDaemon(.init(identityInterval: "1m")) { daemon, fabric in
            let cable = daemon.cables[1]
            let far = CableEnd(cable: cable, end: .peer)
            let before = try daemon.link(cable.rail).peer?.lid
            let lid = before == 700 ? 701 : 700
            try fabric.relid(rail: cable.rail, lid: lid)
            try fabric.set([far: ["symbol_error": 99]])
            try eventually("the peer is read at its new LID") {
                try daemon.counters().entries(far)["symbol_error"]?.value?.raw == 99
            }
            #expect(try daemon.link(cable.rail).peer?.lid == lid)
            try eventually("the node is well") { try daemon.health().verdict == "PASS" }
            try daemon.awaitNewPass()
            try checkAgainstOracle(daemon, fabric, daemon.cables)
        }
    }

    @Test("A fabric that dies is unknown, never zero and never well, and comes back")
    func deadSimulator() throws {
        let options = DaemonUnderTest.Options(softDeadline: "500ms", hardDeadline: "3s")
        try withDaemon(options, losesProbes: true) { daemon, fabric in
            let (alive, dead) = (daemon.cables.prefix(4), daemon.cables.suffix(4))
            let ends = Array(fabric.values(Array(dead)) { _ in [:] }.keys)
            try fabric.set(fabric.values(Array(dead)) { _ in ["symbol_error": 42] })
            try daemon.awaitNewPass()
            kill(try fabric.simulator(plane: "b"), SIGKILL)
            try eventually("all four rails of plane b are unknown", within: 40) {
                try daemon.health().verdict == "UNKNOWN"
                    && dead.allSatisfy { try isUnknown(daemon, $0) }
            }
            for _ in 0..<3 {
                try daemon.awaitNewPass()
                try checkUnknown(daemon, ends)
                for cable in alive { try checkFresh(daemon, cable) }
            }

            try fabric.restartSimulator(plane: "b")
            try eventually("the node is well again", within: 60) {
                try daemon.health().verdict == "PASS"
            }
            try fabric.set(fabric.values(Array(dead)) { _ in ["symbol_error": 5] })
            try daemon.awaitNewPass()
            try daemon.awaitNewPass()
            let page = try daemon.metrics()
            for end in ends { #expect(page.total("symbol_error", end) == 47, "\(end)") }
            try checkAgainstOracle(daemon, fabric, Array(dead))
        }
    }

    private func isUnknown(_ daemon: DaemonUnderTest, _ cable: Cable) throws -> Bool {
        let health = try daemon.health()
        return health.conditions.contains {
            $0.severity == "UNKNOWN"
                && ($0.subject.device == cable.device || $0.subject.collector == cable.device)
        }
    }

    private func checkUnknown(_ daemon: DaemonUnderTest, _ ends: [CableEnd]) throws {
        let health = try daemon.health()
        #expect(health.verdict == "UNKNOWN", "\(health.summary)")
        #expect(try daemon.get("/api/v1/health?strict=1").status == 503)
        let shown = try daemon.counters()
        let page = try daemon.metrics()
        for end in ends {
            for (name, entry) in try shown.entries(end) {
                #expect(entry.state != "value", "\(end) \(name)")
                #expect(entry.value?.stale != false, "\(end) \(name)")
            }
            #expect(try shown.entries(end)["symbol_error"]?.value?.raw ?? 42 == 42)
            // What is not seen is not in the metrics, where a flat line would read as calm.
            #expect(page.total("symbol_error", end) == nil, "\(end)")
            #expect(
                page.value(
                    "fabricwatch_infiniband_end_up",
                    ["device": end.cable.device, "end": end.end.rawValue]) ?? 0 == 0, "\(end)")
        }
    }

    /// Expects that a rail is read in time, and that it is active.
    func checkFresh(_ daemon: DaemonUnderTest, _ cable: Cable) throws {
        let link = try daemon.link(cable.rail)
        #expect(!link.stale && !link.local.stale && link.peer?.stale == false, "\(cable.device)")
        #expect(link.local.state == "active" && link.peerState == "observed", "\(cable.device)")
    }

    /// Expects that error counters are what perfquery reads.
    func checkAgainstOracle(
        _ daemon: DaemonUnderTest, _ fabric: Fabric, _ cables: [Cable]
    ) throws {
        let oracle = try fabric.oracle(cables)
        // Reading may itself have counted, where a route was missing.
        try daemon.awaitNewPass()
        let shown = try daemon.counters()
        for (end, truth) in oracle {
            let entries = try shown.entries(end)
            for counter in SimulatedCounters.injectable(end.end) {
                #expect(
                    entries[counter.name]?.value?.raw == truth[counter.name],
                    "\(end) \(counter.name) against perfquery")
            }
        }
    }
}
