import Testing

@testable import Health

/// Exact bounds, against the published tables and against the arithmetic of the thresholds.
struct PoissonTests {
    /// One-sided 95 % bounds, as tables of the Poisson distribution have them.
    @Test(arguments: [
        (UInt64(0), 0, 2.9957), (1, 0.0513, 4.7439), (2, 0.3554, 6.2958), (3, 0.8177, 7.7537),
        (4, 1.3663, 9.1535), (5, 1.9701, 10.5130), (6, 2.6130, 11.8424), (7, 3.2853, 13.1481),
        (10, 5.4254, 16.9622), (50, 38.9647, 63.2871), (100, 84.1393, 118.0792),
    ])
    func boundsAreThoseOfTheTables(count: UInt64, lower: Double, upper: Double) {
        #expect(abs(Poisson.lowerBound(count) - lower) < 2e-4, "\(Poisson.lowerBound(count))")
        #expect(abs(Poisson.upperBound(count) - upper) < 2e-4, "\(Poisson.upperBound(count))")
    }

    @Test func cumulativeIsTheSum() {
        // exp(-2) (1 + 2 + 2) and exp(-0.5).
        #expect(abs(Poisson.cumulative(2, mean: 2) - 0.676_676_416_183_063_7) < 1e-12)
        #expect(abs(Poisson.cumulative(0, mean: 0.5) - 0.606_530_659_712_633_4) < 1e-12)
        #expect(Poisson.cumulative(5, mean: 0) == 1)
        #expect(abs(Poisson.cumulative(5000, mean: 5000) - 0.503_76) < 1e-4)
    }

    /// Where exact sums end, nothing jumps.
    @Test func largeCountsGoOnWithoutAJump() {
        for bound in [Poisson.lowerBound, Poisson.upperBound] {
            let steps = [9_998, 9_999, 10_000, 10_001].map { bound($0) }
            for (left, right) in zip(steps, steps.dropFirst()) {
                #expect(right > left && right - left < 12, "\(steps)")
            }
        }
        #expect(Poisson.lowerBound(.max) > 1.8e19)
    }

    @Test(arguments: Seeded.seeds)
    func boundsAndComparisonAgree(seed: UInt64) {
        var random = Seeded(seed)
        for _ in 0..<50 {
            let count = UInt64.random(in: 1...3000, using: &random)
            let lower = Poisson.lowerBound(count)
            #expect(Poisson.exceeds(count, mean: lower * 0.9999), "seed \(seed): \(count)")
            #expect(!Poisson.exceeds(count, mean: lower * 1.0001), "seed \(seed): \(count)")
            #expect(Poisson.upperBound(count) > Double(count))
            #expect(lower < Double(count))
        }
    }

    /// How many errors in 12 min are more than a limit explains, at the nominal rates.
    @Test(arguments: [
        (100e9, 1e-14, UInt64(3)), (200e9, 1e-14, 5), (400e9, 1e-14, 7), (800e9, 1e-14, 11),
        (100e9, 1e-12, 87), (400e9, 1e-12, 317),
    ])
    func countsThatExceedALimit(rate: Double, limit: Double, count: UInt64) {
        let bits = rate * 720
        #expect(BitErrors(count: count, bits: bits).exceeds(limit))
        #expect(!BitErrors(count: count - 1, bits: bits).exceeds(limit))
    }

    /// No error proves a bound, and the bound is what is said.
    @Test func noErrorProvesABound() {
        let tenMinutes = BitErrors(count: 0, bits: 400e9 * 600)
        #expect(abs(tenMinutes.atMost - 1.25e-14) < 1e-16)
        #expect(tenMinutes.atLeast == 0)
        #expect(tenMinutes.sentence == "0 errors in 2.4e14 bits: at most 1.2e-14")
        #expect(
            BitErrors(count: 3, bits: 1e15).sentence
                == "3 errors in 1e15 bits: 8.2e-16 to 7.8e-15")
        #expect(BitErrors(count: 0, bits: 0).sentence == "no bits, so that nothing is proven")
    }

    @Test(arguments: [
        (100e9, 500.0), (200e9, 250), (400e9, 125), (800e9, 62.5),
    ])
    func timeThatProves(rate: Double, minutes: Double) {
        #expect(abs(BitErrors.secondsToProve(1e-15, bitsPerSecond: rate) / 60 - minutes) < 1e-6)
    }
}
