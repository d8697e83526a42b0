import Foundation
import Testing
import Wire

extension EndToEndTests {
    @Test("All eight cables are shown, both ends of each, and the node is well")
    func cleanFabric() throws {
        try withDaemon { daemon, _ in
            let links = try daemon.links()
            #expect(links.node == "gpu-node-01")
            #expect(links.links.map(\.device) == (0..<8).map { "rail\($0)" })
            for cable in daemon.cables { try check(daemon.link(cable.rail), cable) }

            let health = try daemon.health()
            #expect(health.verdict == "PASS", "\(health.summary) \(health.conditions)")
            #expect(health.observed == V1.Observed(ports: 8, active: 8, peers: 8))
            #expect(health.collectors.map(\.state) == Array(repeating: "ok", count: 8))
            #expect(try daemon.get("/api/v1/health?strict=1").status == 200)
            #expect(try daemon.get("/healthz").status == 200)
        }
    }

    private func check(_ link: V1.Link, _ cable: Cable) {
        #expect(link.rail == cable.rail)
        #expect(link.collector == cable.device)
        #expect(!link.stale)
        #expect(link.peerState == "observed")
        #expect(link.local.guid == cable.guid)
        #expect(link.local.port == 1)
        #expect(link.local.kernelDevice == "ibsim0")
        #expect(link.peer?.guid == cable.switchGUID)
        #expect(link.peer?.port == cable.switchPort)
        #expect(link.peer?.type == "switch")
        for end in [link.local, link.peer].compactMap({ $0 }) {
            #expect(end.state == "active")
            #expect(end.physicalState == "link_up")
            #expect(end.widthLanes == 4)
            #expect(end.bitsPerSecond ?? 0 > 0)
            #expect(end.lid ?? 0 > 0)
            #expect(end.failure == nil)
            #expect(!end.stale)
        }
        #expect(link.local.speed == link.peer?.speed)
        #expect(link.local.speed != nil)
    }

    @Test("The metrics page satisfies promtool, in every format that Prometheus asks for")
    func metricsPage() throws {
        try withDaemon { daemon, _ in
            let plain = try daemon.get("/metrics")
            #expect(plain.status == 200)
            #expect(plain.fields["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            try checkWithPromtool(plain.text)

            let open = try daemon.get(
                "/metrics", fields: ["Accept": "application/openmetrics-text;version=1.0.0"])
            #expect(
                open.fields["content-type"]?.hasPrefix("application/openmetrics-text") == true)
            #expect(open.text.hasSuffix("# EOF\n"))
            #expect(!plain.text.contains("# EOF"))

            let packed = try daemon.get("/metrics", fields: ["Accept-Encoding": "gzip"])
            #expect(packed.fields["content-encoding"] == "gzip")
            #expect(packed.body.count < plain.body.count / 4)
            let file = daemon.home.file("metrics.gz")
            try packed.body.write(to: file)
            let unpacked = try Child.tool("gzip", ["-dc", file.path])
            #expect(MetricsText(unpacked).names == MetricsText(plain.text).names)
            try checkWithPromtool(unpacked)
            try FileManager.default.removeItem(at: file)
        }
    }

    // promtool says what it does not like and nothing else.
    private func checkWithPromtool(_ page: String) throws {
        guard let promtool = Requirements.find("promtool") else { throw Failure("no promtool") }
        let check = try Child.run(promtool, ["check", "metrics"], input: page)
        #expect(check.status == 0)
        #expect(check.output + check.errors == "")
    }

    @Test("Metrics name each end by device, port and end, and say who it is")
    func metricsIdentity() throws {
        try withDaemon { daemon, _ in
            let page = try daemon.metrics()
            #expect(page.value("fabricwatch_up") == 1)
            #expect(page.value("fabricwatch_health_verdict", ["verdict": "PASS"]) == 1)
            for cable in daemon.cables {
                let port = ["device": cable.device, "port": "1"]
                let info = page.all("fabricwatch_infiniband_port_info", port)
                #expect(info.map { $0.labels["guid"] } == [cable.guid])
                #expect(info.map { $0.labels["rail"] } == ["\(cable.rail)"])
                let peer = page.all("fabricwatch_infiniband_peer_info", port)
                #expect(peer.map { $0.labels["peer_guid"] } == [cable.switchGUID])
                #expect(peer.map { $0.labels["peer_port"] } == ["\(cable.switchPort)"])
                for end in Cable.End.allCases {
                    let labels = port.merging(["end": end.rawValue]) { $1 }
                    #expect(page.value("fabricwatch_infiniband_port_state", labels) == 4)
                    #expect(page.value("fabricwatch_infiniband_end_up", labels) == 1)
                    #expect(page.value("fabricwatch_infiniband_symbol_error_total", labels) == 0)
                }
                #expect(
                    page.value("fabricwatch_collector_up", ["collector": cable.device]) == 1)
            }
        }
    }
}
