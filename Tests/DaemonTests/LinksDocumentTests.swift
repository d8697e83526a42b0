import Exposition
import Model
import Testing
import Wire

@testable import Daemon

@Suite struct LinksDocumentTests {
    private static let symbol = InfiniBandCounters.index(of: "symbol_error") ?? -1

    /// What was cleared and not read again before a restart comes back without a source.
    @Test func totalInDoubtIsShownAfterARestart() throws {
        var past = Past()
        past.ledger.restore(
            key: .port(ScriptedNode.hca), columns: ["symbol_error"],
            cells: [.value(12, saturated: false)], origins: [Origin(offset: 5, field: .max)])
        var port = ScriptedNode().port
        port.local.readings[Self.symbol] = .failed
        let picture = Pipeline(naming: .init(), keeper: nil, past: past).pass(
            [
                Collected(
                    collector: "infiniband",
                    report: .infiniBand(.scripted(seconds: 0, ports: [port])))
            ], collectors: [.scripted(seconds: 0)], now: .scripted(seconds: 0))
        let link = try #require(picture.links(node: "n", now: .scripted(seconds: 0)).links.first)
        let value = try #require(link.counters.first?.local)
        #expect(value.total == 12 && value.raw == 7 && value.stale)
        #expect(value.source == InfiniBandCounters.all[Self.symbol].fields[0].source.name)
        let series = try #require(picture.counters(node: "n").series.first)
        let entry = try #require(series.counters.first { $0.name == "symbol_error" })
        #expect(entry.state == "stale" && entry.value == value)
    }

    /// Where the wider source of the node's own end goes, what steps in is full, and that is said.
    @Test func sourceAndQualityAreShownOfBothEnds() throws {
        let row = try #require(InfiniBandCounters.index(of: "link_downed"))
        let fields = InfiniBandCounters.all[row].fields
        let pipeline = Pipeline(naming: .init(), keeper: nil, past: Past())
        func pass(_ local: Reading, at seconds: UInt64) throws -> (V1.LinkCounter, Picture) {
            var port = ScriptedNode(far: ["link_downed": 3]).port
            port.local.readings[row] = local
            if case .observed(let peer, var far) = port.peer {
                far.readings[row] = .value(3, field: 0)
                port.peer = .observed(peer, far)
            }
            let picture = pipeline.pass(
                [
                    Collected(
                        collector: "infiniband",
                        report: .infiniBand(.scripted(seconds: seconds, ports: [port])))
                ],
                collectors: [.scripted(seconds: seconds)], now: .scripted(seconds: seconds))
            let link = try #require(picture.links(node: "n", now: picture.now).links.first)
            return (try #require(link.counters.first { $0.name == "link_downed" }), picture)
        }
        let (wide, _) = try pass(.value(700, field: 2), at: 0)
        #expect(wide.local?.source == fields[2].source.name && wide.local?.widthBits == 32)
        #expect(wide.local?.raw == 700 && wide.local?.quality == "exact")
        #expect(wide.peer?.source == fields[0].source.name && wide.peer?.widthBits == 64)
        #expect(wide.peer?.total == 3 && wide.local?.saturated == false)
        let (narrow, picture) = try pass(.value(255, field: 1), at: 10)
        #expect(narrow.local?.source == fields[1].source.name && narrow.local?.widthBits == 8)
        #expect(narrow.local?.saturated == true && narrow.local?.quality == "unknown")
        #expect(narrow.local?.total == 700, "nothing is known of the step")
        #expect(picture.findings.map(\.opinion.id) == [.counterBlind])
    }

    /// An old share, and one that nobody offers, have no sample.
    @Test func stallsAreShownWhileTheyAreRead() throws {
        let pipeline = Pipeline(naming: Pipeline.Naming(), keeper: nil, past: Past())
        func stalls(_ gauges: [Reading]?, at seconds: UInt64) throws -> [[UInt64?]] {
            var port = ScriptedNode(local: ["symbol_error": 0], far: ["symbol_error": 0]).port
            port.local.gauges = gauges ?? []
            let report = InfiniBandReport.scripted(seconds: seconds, ports: [port])
            let picture = pipeline.pass(
                gauges == nil
                    ? [] : [Collected(collector: "infiniband", report: .infiniBand(report))],
                collectors: [.scripted(seconds: seconds, isUp: gauges != nil)],
                now: .scripted(seconds: seconds))
            let cable = try #require(
                Scrape(
                    picture, server: ServerSample(requests: [], connections: 0, refused: 0),
                    now: picture.now
                ).cables.first)
            return [cable.local.gauges, try #require(cable.peer).gauges]
        }
        let none: [UInt64?] = [nil, nil]
        #expect(
            try stalls([.value(0, field: 0), .value(35, field: 0)], at: 0) == [[0, 35], none])
        #expect(try stalls(nil, at: 10) == [none, none])
        #expect(try stalls([.failed, .value(36, field: 0)], at: 20) == [[nil, 36], none])
    }

    @Test func aStateOfTheFarEndThatWasNotReadIsStale() throws {
        let pipeline = Pipeline(naming: Pipeline.Naming(), keeper: nil, past: Past())
        let node = ScriptedNode(local: ["symbol_error": 0], far: ["symbol_error": 0])
        func isStale(seconds: UInt64, _ port: PortReport) throws -> Bool {
            let report = InfiniBandReport.scripted(seconds: seconds, ports: [port])
            let picture = pipeline.pass(
                [Collected(collector: "infiniband", report: .infiniBand(report))],
                collectors: [.scripted(seconds: seconds)], now: .scripted(seconds: seconds))
            let links = picture.links(node: "n", now: .scripted(seconds: seconds)).links
            #expect(links.first?.local.stale == false)
            return try #require(links.first?.peer).stale
        }
        #expect(try !isStale(seconds: 0, node.port))
        var port = node.port
        guard case .observed(let identity, var far) = port.peer else {
            Issue.record("no peer")
            return
        }
        far.link = nil
        far.failure = .timeout
        port.peer = .observed(identity, far)
        #expect(try isStale(seconds: 10, port))
        #expect(try !isStale(seconds: 20, node.port))
    }
}
