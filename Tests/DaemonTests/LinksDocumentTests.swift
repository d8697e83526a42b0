import Exposition
import Model
import Testing

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
