import Testing

@testable import Health

/// What is usual is learnt slowly, in little memory, and no fault becomes usual.
@Suite struct BaselineTests {
    // Hours of so many amounts each, from an hour on.
    private func learn(
        _ baseline: inout Baseline, _ amounts: [Double], from first: Int, seconds: Double = 3600
    ) {
        for (place, amount) in amounts.enumerated() {
            let sample = Baseline.Sample(
                amount: amount, base: 100, capacity: 100, seconds: seconds)
            _ = baseline.take(sample, at: Double(first + place) * 3600, limit: 10)
        }
    }

    @Test func aDayMakesWhatIsUsual() {
        var baseline = Baseline()
        learn(&baseline, Array(repeating: 2, count: 25), from: 0)
        #expect(baseline.usual == nil)
        learn(&baseline, [2], from: 25)
        #expect(baseline.usual == 0.02)
    }

    @Test func memoryIsBounded() {
        var baseline = Baseline()
        learn(&baseline, (0..<1000).map { Double($0 % 7) + 1 }, from: 0)
        #expect(baseline.hours.count == Baseline.hoursMax)
        #expect(baseline.quarters.count == Baseline.quartersMax)
    }

    @Test func aFaultDoesNotBecomeUsual() {
        var baseline = Baseline()
        learn(&baseline, Array(repeating: 2, count: 30), from: 0)
        learn(&baseline, Array(repeating: 50, count: 400), from: 30)
        #expect(baseline.usual == 0.02)
        #expect(baseline.hoursInARow(at: 429 * 3600) { $0 > 0.2 } == 24)
        // Another level that is not far beyond the usual does.
        learn(&baseline, Array(repeating: 6, count: 200), from: 430)
        #expect(baseline.usual == 0.06)
    }

    @Test func hoursThatWereHardlySeenSayNothing() {
        var baseline = Baseline()
        learn(&baseline, Array(repeating: 2, count: 30), from: 0, seconds: 600)
        #expect(baseline.hours.isEmpty && baseline.usual == nil)
        learn(&baseline, [2, 2, 2, 2], from: 40)
        // An hour that is missing ends the row.
        learn(&baseline, [2, 2], from: 50)
        #expect(baseline.hoursInARow(at: 51 * 3600) { _ in true } == 1)
        #expect(baseline.hoursInARow(at: 53 * 3600) { _ in true } == 0)
    }
}
