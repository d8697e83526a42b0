import Model
import Testing
import Wire

@testable import Serve

@Suite struct RangeRouteTests {
    private let live: LiveServer

    init() throws {
        live = try LiveServer()
        live.answers.change {
            $0.rangeSeries = [
                Self.series("rail0", "local"), Self.series("rail0", "peer"),
                Self.series("rail1", "local"),
            ]
        }
    }

    private static func series(_ device: String, _ end: String) -> V1.RangeSeries {
        V1.RangeSeries(
            class: "infiniband_port", place: V1.Place(device: device, port: 1, end: end),
            key: "0x01/1", name: "link_downed", unit: "events", accuses: "link")
    }

    @Test func questionIsHandedOn() throws {
        let reply = try live.unix().get(
            "/api/v1/range?name=link_downed,symbol_error&since=1d&until=5m&step=1h"
                + "&function=increase&device=rail0&end=peer")
        #expect(reply.status == 200)
        let range = try reply.decode(V1.Range.self)
        #expect(range.series.map(\.end) == ["peer"])
        #expect(range.series.map(\.device) == ["rail0"])
        #expect(
            live.answers.rangeQuestions == [
                RangeQuestion(
                    since: .ago(milliseconds: 86_400_000), until: .ago(milliseconds: 300_000),
                    stepMilliseconds: 3_600_000, function: .increase)
            ])
    }

    @Test func stepUntilAndFunctionMayBeLeftOut() throws {
        let reply = try live.unix().get(
            "/api/v1/range?name=link_downed&since=2026-02-03T04:05:06Z")
        #expect(try reply.decode(V1.Range.self).series.count == 3)
        let question = try #require(live.answers.rangeQuestions.first)
        #expect(question.until == nil && question.stepMilliseconds == nil)
        #expect(question.function == .last)
    }

    @Test(arguments: [
        ("since=1d", 400), ("name=&since=1d", 400), ("name=a", 400),
        ("name=a&since=1d&step=0s", 400), ("name=a&since=1d&step=fast", 400),
        ("name=a&since=1d&function=median", 400), ("name=a&since=1d&until=soon", 400),
        ("name=link_downed&since=1d&device=rail9", 404),
        ("name=link_downed&since=1d&gpu=0&device=rail0", 400),
    ])
    func wrongQuestionsAreRefused(_ query: String, _ status: Int) throws {
        let reply = try live.unix().get("/api/v1/range?\(query)")
        #expect(reply.status == status, "\(reply.text)")
        #expect(!(try reply.decode(V1.Problem.self).detail.isEmpty))
        #expect(live.answers.rangeQuestions.isEmpty)
    }
}
