import Glibc

/// Random numbers that are the same on every run: xoshiro256++, seeded by SplitMix64.
package struct Noise: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)
    private var spare: Double?

    /// The numbers of a seed; `stream` tells several uses of one seed apart.
    package init(seed: UInt64, stream: UInt64 = 0) {
        var mix = seed ^ (stream &* 0xA076_1D64_78BD_642F)
        func next() -> UInt64 {
            mix &+= 0x9E37_79B9_7F4A_7C15
            var z = mix
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        state = (next(), next(), next(), next())
    }

    package mutating func next() -> UInt64 {
        let result = Self.rotated(state.0 &+ state.3, 23) &+ state.0
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = Self.rotated(state.3, 45)
        return result
    }

    private static func rotated(_ value: UInt64, _ by: UInt64) -> UInt64 {
        value << by | value >> (64 - by)
    }

    /// Uniform from 0 up to 1, which it never is.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in a range.
    package mutating func uniform(_ low: Double, _ high: Double) -> Double {
        low + (high - low) * unit()
    }

    /// An index below `count`.
    package mutating func index(_ count: Int) -> Int { Int(unit() * Double(count)) }

    /// Normal with mean 0 and deviation 1 (Marsaglia's polar method).
    package mutating func normal() -> Double {
        if let kept = spare {
            spare = nil
            return kept
        }
        while true {
            let x = 2 * unit() - 1
            let y = 2 * unit() - 1
            let square = x * x + y * y
            guard square < 1, square > 0 else { continue }
            let factor = (-2 * log(square) / square).squareRoot()
            spare = y * factor
            return x * factor
        }
    }

    /// Lognormal with mean 1.
    package mutating func lognormal(_ sigma: Double) -> Double {
        exp(sigma * normal() - sigma * sigma / 2)
    }

    /// Exponential.
    package mutating func exponential(mean: Double) -> Double { -mean * log(1 - unit()) }

    /// Geometric from 1 up.
    package mutating func geometric(mean: Double) -> UInt64 {
        1 + UInt64(log(1 - unit()) / log(1 - 1 / max(mean, 1.001)))
    }

    /// One in rare cases, else zero; `mean` is far below 1.
    package mutating func rare(_ mean: Double) -> UInt64 { unit() < mean ? 1 : 0 }

    /// Poisson; from a mean of 32 on by the normal distribution, which is as good there.
    package mutating func poisson(_ mean: Double) -> UInt64 {
        guard mean > 0 else { return 0 }
        guard mean < 32 else {
            return UInt64(max(0, (mean + mean.squareRoot() * normal()).rounded()))
        }
        let limit = exp(-mean)
        var product = unit()
        var count: UInt64 = 0
        while product > limit {
            product *= unit()
            count += 1
        }
        return count
    }
}
