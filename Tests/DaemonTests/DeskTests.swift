import Health
import Model
import Serve
import Testing

@testable import Daemon

@Suite struct DeskTests {
    private func desk() -> Desk { Desk(node: "n1", clock: SystemClock(), archive: nil) }

    private func page(_ desk: Desk, _ format: MetricsFormat) -> String {
        String(decoding: desk.metrics(format).bytes, as: UTF8.self)
    }

    private func picture(_ generation: UInt64, isUp: Bool = true) -> Picture {
        let pipeline = Pipeline(naming: .init(), keeper: nil, past: Past())
        let node = ScriptedNode(local: ["symbol_error": generation])
        var picture = pipeline.pass(
            [Collected(collector: "infiniband", report: .infiniBand(node.report(0)))],
            collectors: [.scripted(seconds: 0, isUp: isUp)], now: .scripted(seconds: 0))
        picture.generation = generation
        return picture
    }

    @Test func beforeTheFirstPictureNothingIsKnownAndNothingPasses() throws {
        let desk = desk()
        #expect(!desk.isReady)
        let health = desk.health()
        #expect(health.verdict == Severity.unknown.name)
        #expect(health.node == "n1" && health.conditions.isEmpty && health.collectors.isEmpty)
        #expect(health.observed.ports == 0)
        #expect(desk.links().links.isEmpty && desk.links().pass == nil)
        #expect(desk.counters().series.isEmpty)
        #expect(throws: AnswerError.self) { try desk.deltas(since: .ago(milliseconds: 1000)) }
        let text = page(desk, .prometheus)
        #expect(text.contains("fabricwatch_build_info"))
        #expect(!text.contains("\nfabricwatch_infiniband"))
        #expect(page(desk, .openMetrics).hasSuffix("# EOF\n"))
    }

    @Test func pageIsMadeOncePerPictureAndFormat() {
        let desk = desk()
        let first = desk.metrics(.prometheus)
        #expect(desk.metrics(.prometheus).bytes == first.bytes)
        desk.show(picture(7))
        let second = desk.metrics(.prometheus)
        #expect(second.generation == 7 && second.generation != first.generation)
        #expect(page(desk, .prometheus).contains("symbol_error_total"))
        #expect(desk.metrics(.openMetrics).generation == 7)
        desk.show(picture(8))
        #expect(desk.metrics(.prometheus).generation == 8)
    }

    @Test func readyOnlyWhenEveryProbeHasAnswered() {
        let desk = desk()
        var waiting = picture(1)
        waiting.collectors[0].lastMoment = nil
        desk.show(waiting)
        #expect(!desk.isReady)
        waiting.collectors = []
        desk.show(waiting)
        #expect(!desk.isReady)
        desk.show(picture(2))
        #expect(desk.isReady)
    }

    @Test func serverIsAskedForItsFigures() {
        let desk = desk()
        desk.watch { .init(requests: [("2xx", 41)], connections: 3, refused: 2) }
        #expect(page(desk, .prometheus).contains("} 41\n"))
    }
}
