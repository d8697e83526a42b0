import Testing

@testable import Model

/// What a field did, and what may be said of it.
struct StepCase: Sendable, CustomTestStringConvertible {
    var field: Field
    var previous: UInt64
    var current: UInt64
    var expected: Step
    /// The answer when a reboot or a driver reload lies between; its event is always `restarted`.
    var acrossEpochs: UInt64

    var testDescription: String {
        "\(field.width) bits \(field.behaviour): \(previous) to \(current)"
    }

    init(
        _ field: Field, _ previous: UInt64, _ current: UInt64, _ increase: UInt64,
        _ quality: Quality, _ event: CounterEvent.Kind? = nil, acrossEpochs: UInt64
    ) {
        self.field = field
        self.previous = previous
        self.current = current
        expected = Step(increase: increase, quality: quality, event: event)
        self.acrossEpochs = acrossEpochs
    }

    static let all =
        ([4, 8, 16, 32] as [UInt8]).flatMap { sticking($0) }
        + ([8, 16, 32, 64] as [UInt8]).flatMap { wrapping($0) } + wide

    private static func field(_ width: UInt8, _ behaviour: Behaviour) -> Field {
        Field(.portCounters, "IB_TEST_F", width: width, behaviour, "none")
    }

    private static func sticking(_ width: UInt8) -> [StepCase] {
        let field = field(width, .sticks)
        let full = field.maximum
        return [
            StepCase(field, 3, 3, 0, .exact, acrossEpochs: 0),
            StepCase(field, 0, 0, 0, .exact, acrossEpochs: 0),
            StepCase(field, 3, 10, 7, .exact, acrossEpochs: 7),
            StepCase(field, 3, full - 1, full - 4, .exact, acrossEpochs: full - 4),
            StepCase(field, 3, full, full - 3, .atLeast, .saturated, acrossEpochs: full - 3),
            StepCase(field, full, full, 0, .atLeast, acrossEpochs: 0),
            StepCase(field, 10, 3, 3, .atLeast, .cleared, acrossEpochs: 3),
            StepCase(field, full, 3, 3, .atLeast, .cleared, acrossEpochs: 3),
            StepCase(field, full, full - 1, full - 1, .atLeast, .cleared, acrossEpochs: full - 1),
            StepCase(field, 10, 0, 0, .atLeast, .cleared, acrossEpochs: 0),
        ]
    }

    private static func wrapping(_ width: UInt8) -> [StepCase] {
        let field = field(width, .wraps)
        let full = field.maximum
        return [
            StepCase(field, 3, 3, 0, .exact, acrossEpochs: 0),
            StepCase(field, 3, 10, 7, .exact, acrossEpochs: 7),
            StepCase(field, 3, full, full - 3, .exact, acrossEpochs: full - 3),
            StepCase(field, full, full, 0, .exact, acrossEpochs: 0),
            StepCase(field, full, 0, 1, .exact, acrossEpochs: 0),
            StepCase(field, full - 5, 10, 16, .exact, acrossEpochs: 10),
            StepCase(field, full / 2 + 2, 0, full / 2, .exact, acrossEpochs: 0),
            // More than half the range: a driver that started anew.
            StepCase(field, full / 2, 0, 0, .atLeast, .cleared, acrossEpochs: 0),
            StepCase(field, 10, 3, 3, .atLeast, .cleared, acrossEpochs: 3),
            StepCase(field, full, full - 1, full - 1, .atLeast, .cleared, acrossEpochs: full - 1),
        ]
    }

    private static var wide: [StepCase] {
        let field = field(64, .wide)
        return [
            StepCase(field, 3, 3, 0, .exact, acrossEpochs: 0),
            StepCase(field, 3, .max, .max - 3, .exact, acrossEpochs: .max - 3),
            StepCase(field, .max, .max, 0, .exact, acrossEpochs: 0),
            StepCase(field, .max, 7, 7, .atLeast, .cleared, acrossEpochs: 7),
            StepCase(field, 1 << 40, 7, 7, .atLeast, .cleared, acrossEpochs: 7),
            StepCase(
                field, 1 << 32, 1 << 40, (1 << 40) - (1 << 32), .exact,
                acrossEpochs: (1 << 40) - (1 << 32)),
        ]
    }
}

struct StepTests {
    @Test(arguments: StepCase.all)
    func withinAnEpoch(_ example: StepCase) {
        let step = Step.between(
            example.previous, example.current, field: example.field, sameEpoch: true)
        #expect(step == example.expected)
    }

    @Test(arguments: StepCase.all)
    func acrossEpochs(_ example: StepCase) {
        let step = Step.between(
            example.previous, example.current, field: example.field, sameEpoch: false)
        #expect(
            step == Step(increase: example.acrossEpochs, quality: .atLeast, event: .restarted))
    }

    @Test func qualityOrdersFromBestToWorst() {
        #expect(Quality.allCases.sorted() == [.exact, .atLeast, .unknown])
        #expect(max(.exact, .unknown) == Quality.unknown)
        #expect(Quality.allCases.map(\.name) == ["exact", "at_least", "unknown"])
    }

    @Test func everyEventLimitsTheQuality() {
        for kind in CounterEvent.Kind.allCases {
            let quality: Quality =
                switch kind {
                case .sourceChanged: .unknown
                case .neighbourChanged: .exact
                default: .atLeast
                }
            #expect(kind.quality == quality)
        }
    }
}

struct WindowDeltaTests {
    private func value(_ total: UInt64, saturated: Bool = false) -> Cell {
        .value(total, saturated: saturated)
    }

    @Test func quietWindowIsExact() {
        #expect(
            WindowDelta.between(start: value(5), end: value(9), events: [])
                == WindowDelta(increase: 4, quality: .exact, reasons: []))
    }

    @Test(arguments: CounterEvent.Kind.allCases)
    func eventIsAReason(_ kind: CounterEvent.Kind) {
        #expect(
            WindowDelta.between(start: value(5), end: value(9), events: [kind, kind])
                == WindowDelta(increase: 4, quality: kind.quality, reasons: [kind.rawValue]))
    }

    @Test func worstEventDecidesAndReasonsAreSorted() {
        let delta = WindowDelta.between(
            start: value(0), end: value(1), events: [.sourceChanged, .cleared, .restarted])
        #expect(delta?.quality == .unknown)
        #expect(delta?.reasons == ["cleared", "restarted", "source_changed"])
    }

    @Test func fullCounterAtEitherEndLimits() {
        for (before, after) in [(true, false), (false, true), (true, true)] {
            let delta = WindowDelta.between(
                start: value(5, saturated: before), end: value(5, saturated: after), events: [])
            #expect(
                delta == WindowDelta(increase: 0, quality: .atLeast, reasons: ["saturated"]))
        }
    }

    @Test func unreadEndIsALowerBound() {
        #expect(
            WindowDelta.between(start: value(5), end: .missing(last: 9), events: [])
                == WindowDelta(increase: 4, quality: .atLeast, reasons: ["not_observed"]))
    }

    @Test func unreadStartIsComparedWithTheValueBefore() {
        #expect(
            WindowDelta.between(start: .missing(last: 5), end: value(9), events: [])
                == WindowDelta(increase: 4, quality: .atLeast, reasons: ["started_earlier"]))
        // What did not grow in the longer window did not grow in the shorter one.
        #expect(
            WindowDelta.between(start: .missing(last: 5), end: value(5), events: [])
                == WindowDelta(increase: 0, quality: .exact, reasons: []))
    }

    @Test(arguments: [nil, Cell.missing(last: nil), .unsupported])
    func withoutAStartNothingIsSaid(_ start: Cell?) {
        #expect(
            WindowDelta.between(start: start, end: value(9), events: [])
                == WindowDelta(increase: nil, quality: .unknown, reasons: ["not_observed"]))
    }

    @Test func neverOfferedIsNoAnswerAtAll() {
        for start in [nil, Cell.unsupported, .missing(last: nil)] {
            #expect(WindowDelta.between(start: start, end: .unsupported, events: []) == nil)
        }
        #expect(
            WindowDelta.between(start: value(1), end: .unsupported, events: [])?.quality == .unknown
        )
    }

    @Test func fallingTotalIsNotBelieved() {
        #expect(
            WindowDelta.between(start: value(9), end: value(5), events: [])
                == WindowDelta(increase: nil, quality: .unknown, reasons: ["inconsistent"]))
    }
}
