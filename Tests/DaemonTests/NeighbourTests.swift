import Model
import Testing
import Wire

@testable import Daemon

/// What a pass says of a port that got another neighbour.
@Suite struct NeighbourTests {
    private func pass(_ pipeline: Pipeline, _ node: ScriptedNode, _ seconds: UInt64) -> Picture {
        pipeline.pass(
            [Collected(collector: "infiniband", report: .infiniBand(node.report(seconds)))],
            collectors: [.scripted(seconds: seconds)], now: .scripted(seconds: seconds))
    }

    /// What a dead probe said last, and what two functions of one card say, is no change each pass.
    @Test(arguments: [true, false])
    func cablesThatClaimOnePortTellNothing(isOneStale: Bool) {
        let pipeline = Pipeline(naming: .init(), keeper: nil, past: Past())
        var other = ScriptedNode(far: ["symbol_error": 1])
        other.device = "mlx5_1"
        other.key = PortKey(node: GUID(0x30), port: 1)
        let nodes = [("a", ScriptedNode(far: ["symbol_error": 1])), ("b", other)]
        var picture: Picture?
        for seconds in [0, 10, 20, 30] as [UInt64] {
            var collectors = nodes.map { CollectorView.scripted($0.0, seconds: seconds) }
            let isDead = isOneStale && seconds > 0
            if isDead { collectors[0].evidence.ageSeconds = 1000 }
            // At first only one of them is there.
            let told = seconds == 0 ? [nodes[0]] : isDead ? [nodes[1]] : nodes
            picture = pipeline.pass(
                told.map {
                    Collected(collector: $0.0, report: .infiniBand($0.1.report(seconds)))
                },
                collectors: collectors, now: .scripted(seconds: seconds))
        }
        let kinds = picture?.journal.entries.map(\.event).filter { $0.source != .health }
            .map(\.kind)
        #expect(kinds == (isOneStale ? [.hcaChanged] : []), "once, where it is one's alone")
    }

    private func pipeline(_ keeper: Keeper) throws -> Pipeline {
        Pipeline(naming: Pipeline.Naming(), keeper: keeper, past: try keeper.past())
    }

    /// The switch port's series goes on, and says since when another HCA is at its cable.
    @Test func replacedHCAIsSaidAtItsSwitchPort() throws {
        let scratch = PipelineTests.Scratch()
        var node = ScriptedNode(local: ["symbol_error": 5], far: ["symbol_error": 100])
        do {
            let pipeline = try pipeline(scratch.keeper())
            for seconds in [0, 10] as [UInt64] {
                #expect(pass(pipeline, node, seconds).journal.entries.isEmpty)
            }
        }
        node.key = PortKey(node: GUID(0x30), port: 1)
        node.local["symbol_error"] = 0
        node.far["symbol_error"] = 103
        let again = try pipeline(scratch.keeper())
        let picture = pass(again, node, 600)
        #expect(picture.journal.entries.map(\.event.kind) == [.hcaChanged])
        let later = pass(again, node, 610).journal.entries.filter { $0.event.source != .health }
        #expect(later.count == 1, "once")
        let deltas = try scratch.desk().deltas(since: .wall(milliseconds: 1_700_000_005_000))
        let series = Dictionary(uniqueKeysWithValues: deltas.series.map { ($0.key, $0.counters) })
        let far = series[ScriptedNode.leaf.description]?.first { $0.name == "symbol_error" }
        #expect(far?.delta == 3 && far?.quality == "exact")
        #expect(far?.reasons == ["neighbour_changed"])
        let near = series[node.key.description]?.first { $0.name == "symbol_error" }
        #expect(near?.reasons.contains("neighbour_changed") == false)
        let events = picture.journal.entries.map(\.event)
        #expect(events.first?.detail?.contains("and HCA 0x0000000000000010 was before") == true)
    }
}
