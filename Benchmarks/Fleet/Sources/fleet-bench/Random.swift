/// A seeded generator (SplitMix64), so that a run can be repeated.
struct Random {
    private var state: UInt64

    /// A stream of its own for each purpose and part.
    init(_ seed: UInt64, _ purpose: UInt64, _ part: Int = 0) {
        state = seed &+ purpose &* 0xD1B5_4A32_D192_ED03 &+ UInt64(part) &* 0x8CB9_2BA7_2F3D_8DD7
        _ = next()
        _ = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// In [0, 1).
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func chance(_ share: Double) -> Bool { unit() < share }

    mutating func between(_ low: Double, _ high: Double) -> Double { low + (high - low) * unit() }

    mutating func int(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    mutating func logBetween(_ low: Double, _ high: Double) -> Double {
        Maths.exp(between(Maths.log(low), Maths.log(high)))
    }

    mutating func exponential(mean: Double) -> Double { -Maths.log(1 - unit()) * mean }

    mutating func normal() -> Double {
        let radius = (-2 * Maths.log(1 - unit())).squareRoot()
        return radius * Maths.cosine(unit() * 2 * .pi)
    }

    mutating func logNormal(median: Double, sigma: Double) -> Double {
        median * Maths.exp(sigma * normal())
    }

    mutating func poisson(_ mean: Double) -> Int {
        guard mean > 0 else { return 0 }
        if mean > 60 { return max(0, Int((mean + mean.squareRoot() * normal()).rounded())) }
        let limit = Maths.exp(-mean)
        var product = unit()
        var count = 0
        while product > limit {
            product *= unit()
            count += 1
        }
        return count
    }

    /// The passes at which something with a rate per day happens, ascending.
    mutating func passes(perDay rate: Double, in range: Range<Int>) -> [Int] {
        guard rate > 0 else { return [] }
        var found: [Int] = []
        var time = Double(range.lowerBound)
        while true {
            time += exponential(mean: 1440 / rate)
            guard time < Double(range.upperBound) else { return found }
            found.append(Int(time))
        }
    }
}
