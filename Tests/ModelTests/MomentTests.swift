import Foundation
import Model
import Testing

struct MomentTests {
    @Test func secondsAreTakenFromTheBootClock() {
        var later = Moment.at(15)
        later.wallMilliseconds = -1
        #expect(later.seconds(since: .at(10)) == 5)
        #expect(Moment.at(10).seconds(since: later) == 0)
        #expect(Moment.at(10).seconds(since: .at(10)) == 0)
    }

    @Test func anotherBootIsComparedByWallClock() {
        var later = Moment.at(3, boot: "b")
        later.wallMilliseconds = 70_500
        #expect(later.seconds(since: .at(10)) == 60.5)
        #expect(Moment.at(10).seconds(since: later) == 0)
    }

    @Test func textIsTheWallClock() {
        #expect(Moment.at(1).text == "1970-01-01T00:00:01.000Z")
    }
}

struct TimestampTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_770_091_506_789, "2026-02-03T04:05:06.789Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (13_569_465_600_000, "2400-01-01T00:00:00.000Z"),
            (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func knownTimes(milliseconds: Int64, text: String) {
        #expect(Timestamp.text(milliseconds: milliseconds) == text)
        #expect(Timestamp.milliseconds(text) == milliseconds)
    }

    @Test func agreesWithTheCalendarOnEveryDay() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        var random = SplitMix(0x71_3E)
        for day in stride(from: -40_000 as Int64, through: 160_000, by: 7) {
            let milliseconds = day * 86_400_000 + Int64(random.next() % 86_400_000)
            let text = Timestamp.text(milliseconds: milliseconds)
            #expect(Timestamp.milliseconds(text) == milliseconds, "day \(day)")
            let date = Date(timeIntervalSince1970: Double(milliseconds / 1000))
            guard milliseconds >= 0 else { continue }
            let parts = calendar.dateComponents([.year, .month, .day, .hour], from: date)
            let numbers = text.split { "-T:.Z".contains($0) }.compactMap { Int($0) }
            #expect(
                [parts.year, parts.month, parts.day, parts.hour] == numbers.prefix(4).map { $0 })
        }
    }

    @Test func readsBackWhatItWrites() {
        let seed: UInt64 = 0xC10C
        var random = SplitMix(seed)
        for _ in 0..<20_000 {
            let milliseconds = Int64(random.next() % 15_000_000_000_000) - 1_500_000_000_000
            let text = Timestamp.text(milliseconds: milliseconds)
            #expect(Timestamp.milliseconds(text) == milliseconds, "seed \(seed), \(text)")
        }
    }

    @Test func anyNumberHasAText() {
        for milliseconds in [Int64.min, .min + 1, .max] {
            #expect(Timestamp.text(milliseconds: milliseconds).hasSuffix("Z"))
        }
    }

    @Test(
        arguments: [
            ("2026-02-03T04:05:06Z", "2026-02-03T04:05:06.000Z"),
            ("2026-02-03t04:05:06z", "2026-02-03T04:05:06.000Z"),
            ("2026-02-03 04:05:06Z", "2026-02-03T04:05:06.000Z"),
            ("2026-02-03T04:05:06.7Z", "2026-02-03T04:05:06.700Z"),
            ("2026-02-03T04:05:06.78Z", "2026-02-03T04:05:06.780Z"),
            ("2026-02-03T04:05:06.789999999Z", "2026-02-03T04:05:06.789Z"),
            ("2026-02-03T04:05:06+01:00", "2026-02-03T03:05:06.000Z"),
            ("2026-02-03T04:05:06-05:30", "2026-02-03T09:35:06.000Z"),
            ("2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z"),
            ("2026-02-03T04:05:06.5-00:00", "2026-02-03T04:05:06.500Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ])
    func accepts(text: String, expected: String) {
        #expect(Timestamp.milliseconds(text).map(Timestamp.text(milliseconds:)) == expected)
    }

    @Test(
        arguments: [
            "", "now", "2026", "2026-02-03", "2026-02-03T04:05Z", "2026-02-03T04:05:06",
            "2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z",
            "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
            "2026-01-01T00:00:61Z", "2026-1-1T00:00:00Z", "26-01-01T00:00:00Z",
            "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z", "2026-01-01T00:00:00+24:00",
            "2026-01-01T00:00:00+01:60", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00Z ",
            " 2026-01-01T00:00:00Z", "2026-01-01T00:00:00ZZ", "2026/01/01T00:00:00Z",
            "+026-01-01T00:00:00Z", "2026-01-01T00:00:00,5Z", "٢٠٢٦-01-01T00:00:00Z",
            "2026-01-01T00:00:00.000\u{0}Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp.milliseconds(text) == nil)
    }
}
