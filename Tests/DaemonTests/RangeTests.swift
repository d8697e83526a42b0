import History
import Model
import Serve
import Testing
import Wire

@testable import Daemon

@Suite struct RangeTests {
    private typealias Scratch = PipelineTests.Scratch

    private static let port = ScriptedNode.leaf.description
    private static let layout = Layout(
        deviceClass: "infiniband_port",
        columns: [
            Column(name: "symbol_error", kind: .counter, unit: Unit.events.rawValue),
            Column(name: "port_xmit_data", kind: .counter, unit: Unit.fourOctets.rawValue),
            Column(name: "temperature", kind: .gauge, unit: GaugeUnit.celsius.rawValue),
        ])

    // Ten minutes from a full hour on, a pass each ten seconds, a part of them sealed.
    private static func desk(_ scratch: Scratch) throws -> Desk {
        var limits = Store.Limits(
            maximumAgeMilliseconds: .max / 2, maximumBytes: 64 << 20)
        limits.slotPasses = 7
        let store = try Store(directory: scratch.path, limits: limits, nowMilliseconds: start)
        for pass in 0...60 as ClosedRange<UInt64> {
            let values = [pass / 6 * 3, pass * 100, UInt64(bitPattern: Int64(pass) - 30)]
            var record = PassRecord(
                moment: Moment(
                    bootID: "boot", boottimeNanoseconds: pass * 10_000_000_000,
                    wallMilliseconds: start + Int64(pass) * 10_000),
                series: [
                    SeriesRecord(
                        key: port, layout: layout, isPresent: true,
                        cells: values.map { .value($0, saturated: false) },
                        origins: values.map { _ in .none })
                ], events: [])
            if pass == 15 {
                record.events = [
                    CounterEvent(key: port, column: 0, kind: .cleared, before: 9, after: 0)
                ]
            }
            _ = try store.append(record)
            try store.seal()
        }
        return scratch.desk()
    }

    private static let start: Int64 = 1_699_999_200_000

    private func ask(
        _ desk: Desk, _ names: [String], since: Since, until: Since? = nil, step: Int64?,
        _ function: RollupFunction
    ) throws -> V1.Range {
        let series = try desk.rangeSeries(names: names)
        return try desk.range(
            RangeQuestion(
                since: since, until: until, stepMilliseconds: step, function: function),
            of: series)
    }

    @Test func stepsAddUpToTheDelta() throws {
        let scratch = Scratch()
        let desk = try Self.desk(scratch)
        let range = try ask(
            desk, ["symbol_error", "port_xmit_data"], since: .wall(milliseconds: Self.start),
            step: 120_000, .increase)
        #expect(range.complete)
        #expect(range.stepSeconds == 120)
        #expect(range.from.pass == 1 && range.to.pass == 61)
        let errors = try #require(range.series.first { $0.name == "symbol_error" })
        #expect(errors.unit == "events" && errors.accuses == "incoming_path")
        #expect(errors.points.map(\.value) == Array(repeating: .integer(6), count: 5))
        #expect(
            errors.points.map(\.quality) == ["exact", "at_least", "exact", "exact", "exact"])
        #expect(errors.points[1].reasons == ["cleared"])
        #expect(errors.points.first?.time == "2023-11-14T22:02:00.000Z")
        let traffic = try #require(range.series.first { $0.name == "port_xmit_data" })
        #expect(traffic.unit == "bytes")
        #expect(traffic.points.map(\.value) == Array(repeating: .integer(4800), count: 5))
    }

    @Test func startWithinAStepStandsForTheStep() throws {
        let scratch = Scratch()
        let desk = try Self.desk(scratch)
        let since = Since.wall(milliseconds: Self.start + 250_000)
        let range = try ask(
            desk, ["port_xmit_data"], since: since,
            until: .wall(milliseconds: Self.start + 300_000), step: 60_000, .rate)
        #expect(range.series[0].points.map(\.value) == [.decimal(40)])
        #expect(range.series[0].points.map(\.time) == ["2023-11-14T22:05:00.000Z"])
        let hottest = try ask(desk, ["temperature"], since: since, step: 60_000, .max)
        #expect(hottest.series[0].unit == "celsius")
        #expect(
            hottest.series[0].points.map(\.value)
                == [0, 6, 12, 18, 24, 30].map { .decimal($0) })
        #expect(hottest.series[0].points.allSatisfy { $0.quality == nil })
    }

    @Test func withoutAStepEachPassIsOne() throws {
        let scratch = Scratch()
        let desk = try Self.desk(scratch)
        let cursor = try desk.deltas(
            since: .wall(milliseconds: Self.start + 570_000)
        ).next
        let all = try ask(
            desk, ["symbol_error"], since: .wall(milliseconds: Self.start + 570_000), step: nil,
            .last)
        #expect(all.series[0].points.map(\.value) == [.integer(27), .integer(27), .integer(30)])
        let none = try ask(desk, ["symbol_error"], since: .cursor(cursor), step: nil, .last)
        #expect(none.series[0].points.isEmpty)
    }

    @Test func whatCannotBeAnsweredIsSaid() throws {
        let scratch = Scratch()
        let start = Since.wall(milliseconds: Self.start)
        #expect(throws: AnswerError.self) { try scratch.desk().rangeSeries(names: ["x"]) }
        let desk = try Self.desk(scratch)
        func refusal(_ body: () throws -> V1.Range) -> AnswerError? {
            #expect(throws: AnswerError.self) { try body() }
        }
        let refusals = [
            refusal { try ask(desk, ["symbol_errors"], since: start, step: nil, .last) },
            refusal { try ask(desk, ["temperature"], since: start, step: nil, .rate) },
            refusal {
                try ask(
                    desk, ["symbol_error"], since: .wall(milliseconds: Self.start + 90_000),
                    until: start, step: nil, .last)
            },
            refusal {
                let series = try desk.rangeSeries(names: ["symbol_error"])
                return try desk.range(
                    RangeQuestion(
                        since: start, until: nil, stepMilliseconds: nil, function: .last),
                    of: Array(repeating: series[0], count: 1900))
            },
            refusal {
                let series = try desk.rangeSeries(names: ["symbol_error"])
                return try desk.range(
                    RangeQuestion(
                        since: start, until: nil, stepMilliseconds: 86_400_000, function: .last),
                    of: Array(repeating: series[0], count: 2001))
            },
        ]
        for refusal in refusals {
            guard case .badRequest = refusal else {
                Issue.record("\(String(describing: refusal))")
                continue
            }
        }
        guard
            case .gone = refusal({
                try ask(
                    desk, ["symbol_error"], since: .cursor("p1-0000000000000000"), step: nil, .last)
            })
        else { throw Missing() }
    }

    private struct Missing: Error {}
}
