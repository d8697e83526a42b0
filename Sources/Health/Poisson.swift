/// What a number of random events says of their expected number.
///
/// Exact (Garwood 1936), by sums of the distribution's weights relative to its largest one, so that
/// neither exponentials nor logarithms are needed.
package enum Poisson {
    // Beyond it the normal distribution is closer than anybody needs: below 0.1 % of the bound.
    private static let exactMax = 10_000.0
    // 95 % of the standard normal distribution lie below.
    private static let normal95 = 1.644_853_626_951_472_7

    /// The probability of `count` events or fewer where `mean` are expected.
    package static func cumulative(_ count: UInt64, mean: Double) -> Double {
        guard mean > 0 else { return 1 }
        let mode = mean.rounded(.down)
        var (below, total) = (0.0, 0.0)
        let last = Double(count)
        var weight = 1.0
        var place = mode
        while weight > 1e-18 {
            total += weight
            if place <= last { below += weight }
            place += 1
            weight *= mean / place
        }
        weight = 1
        place = mode
        while place > 0 {
            weight *= place / mean
            place -= 1
            guard weight > 1e-18 else { break }
            total += weight
            if place <= last { below += weight }
        }
        return min(1, below / total)
    }

    /// The least mean that is believable, at 95 %: `count` or more would come in 5 % of cases.
    package static func lowerBound(_ count: UInt64) -> Double {
        guard count > 0 else { return 0 }
        let value = Double(count)
        guard value < exactMax else { return value - normal95 * value.squareRoot() }
        return bisect(0, value) { 1 - cumulative(count - 1, mean: $0) < 0.05 }
    }

    /// The largest mean that is believable, at 95 %: `count` or fewer would come in 5 % of cases.
    ///
    /// Of no event it is 3.00: three expected errors would have shown.
    package static func upperBound(_ count: UInt64) -> Double {
        let value = Double(count)
        guard value < exactMax else { return value + 1 + normal95 * value.squareRoot() }
        return bisect(value, value + 4 * value.squareRoot() + 10) {
            cumulative(count, mean: $0) > 0.05
        }
    }

    /// Whether so many events are more than a mean explains, with 95 % confidence: whether the
    /// lower bound lies above it.
    package static func exceeds(_ count: UInt64, mean: Double) -> Bool {
        guard count > 0, Double(count) > mean else { return false }
        guard mean < exactMax else { return lowerBound(count) > mean }
        return 1 - cumulative(count - 1, mean: mean) < 0.05
    }

    // The place where a property that holds at `low` ends.
    private static func bisect(
        _ low: Double, _ high: Double, while holds: (Double) -> Bool
    ) -> Double {
        var (low, high) = (low, high)
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if holds(middle) { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }
}

/// Bit errors of one direction over some time, and what they prove.
package struct BitErrors: Hashable, Sendable {
    /// Errors that were counted.
    package var count: UInt64
    /// Bits that arrived meanwhile, errors or not; a link that is up always carries some.
    package var bits: Double

    /// Errors among bits.
    package init(count: UInt64, bits: Double) {
        self.count = count
        self.bits = bits
    }

    /// The ratio that is certain to be exceeded, at 95 %; 0 without bits.
    package var atLeast: Double { bits > 0 ? Poisson.lowerBound(count) / bits : 0 }

    /// The ratio that is certain not to be exceeded, at 95 %; infinite without bits.
    package var atMost: Double { bits > 0 ? Poisson.upperBound(count) / bits : .infinity }

    /// Whether the ratio is above a limit, with 95 % confidence.
    package func exceeds(_ limit: Double) -> Bool {
        bits > 0 && Poisson.exceeds(count, mean: limit * bits)
    }

    /// What the count proves, in words: never a bare ratio.
    package var sentence: String {
        guard bits > 0 else { return "no bits, so that nothing is proven" }
        let errors = Plain.counted(count, "error")
        guard count > 0 else {
            return "\(errors) in \(Plain.ratio(bits)) bits: at most \(Plain.ratio(atMost))"
        }
        return "\(errors) in \(Plain.ratio(bits)) bits: "
            + "\(Plain.ratio(atLeast)) to \(Plain.ratio(atMost))"
    }

    /// Seconds without an error that prove a limit at 95 %, on a link of so many bits per second:
    /// 125 min for 1e-15 at 400 Gbit/s.
    package static func secondsToProve(_ limit: Double, bitsPerSecond: Double) -> Double {
        limit > 0 && bitsPerSecond > 0 ? 3 / (limit * bitsPerSecond) : .infinity
    }
}
