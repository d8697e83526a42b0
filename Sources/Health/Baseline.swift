/// What is usual for a ratio of one part: a week of it in a few numbers.
///
/// Bounded: a day of hours, and a week of quarters of a day. Times are seconds of `SteadyClock`.
package struct Baseline: Hashable, Sendable {
    /// What is divided by what.
    package enum Kind: String, CaseIterable, Sendable {
        /// Bits, or symbols, that FEC corrected, by the bits that arrived.
        case corrected
        /// Ticks of waiting by the words sent.
        case waiting

        /// Whether what is far beyond the usual is kept out of it: a fault must not become usual;
        /// another kind of job may.
        var keepsFaultsOut: Bool { self == .corrected }
    }

    /// One hour that is over.
    package struct Hour: Hashable, Sendable {
        /// Which hour of the steady clock.
        package var number: Int
        /// The ratio in it.
        package var ratio: Double
    }

    /// Something that was measured between two passes.
    struct Sample {
        var amount: Double
        var base: Double
        /// What `base` would be on a busy link.
        var capacity: Double
        var seconds: Double
    }

    private struct Sum: Hashable {
        var number: Int
        var amount = 0.0
        var base = 0.0
        var capacity = 0.0
        var seconds = 0.0
    }

    /// Most hours that are remembered.
    package static let hoursMax = 24
    /// Most quarters of a day that are remembered: a week.
    package static let quartersMax = 28
    /// With fewer quarters of a day nothing is usual yet.
    package static let quartersMin = 4
    private static let hourSeconds = 3600.0
    private static let quarterHours = 6
    // An hour that was seen for less, or with less traffic, says nothing.
    private static let secondsMin = 1800.0
    private static let busyMin = 0.01

    /// The latest hours that said something, oldest first.
    package private(set) var hours: [Hour] = []
    /// The ratios of quarters of a day, oldest first.
    package private(set) var quarters: [Double] = []
    /// The median of the week; nil before a day of it is known.
    package private(set) var usual: Double?
    private var hour: Sum?
    private var quarter: Sum?

    /// Nothing known yet.
    package init() {}

    init(restoring hours: [Hour], quarters: [Double]) {
        self.hours = Array(hours.suffix(Self.hoursMax))
        self.quarters = Array(quarters.suffix(Self.quartersMax))
        usual = Self.median(self.quarters)
    }

    /// The hour that a time is in.
    package static func hour(_ time: Double) -> Int { Int((time / hourSeconds).rounded(.down)) }

    /// Takes in what was measured up to a time, and says whether an hour has ended.
    ///
    /// An hour of more than `limit` times the usual does not change what is usual.
    mutating func take(_ sample: Sample, at time: Double, limit: Double?) -> Bool {
        let number = Self.hour(time)
        var hasEnded = false
        if let over = hour, over.number != number {
            hasEnded = close(over, limit)
            hour = nil
        }
        var sum = hour ?? Sum(number: number)
        sum.amount += sample.amount
        sum.base += sample.base
        sum.capacity += sample.capacity
        sum.seconds += sample.seconds
        hour = sum
        return hasEnded
    }

    private mutating func close(_ sum: Sum, _ limit: Double?) -> Bool {
        guard sum.seconds >= Self.secondsMin, sum.base > 0,
            sum.base >= Self.busyMin * sum.capacity
        else { return false }
        let ratio = sum.amount / sum.base
        hours.append(Hour(number: sum.number, ratio: ratio))
        if hours.count > Self.hoursMax { hours.removeFirst() }
        if let usual, let limit, usual > 0, ratio > limit * usual { return true }
        let place = sum.number / Self.quarterHours
        if let over = quarter, over.number != place {
            quarters.append(over.amount / over.base)
            if quarters.count > Self.quartersMax { quarters.removeFirst() }
            usual = Self.median(quarters)
            quarter = nil
        }
        var all = quarter ?? Sum(number: place)
        all.amount += sum.amount
        all.base += sum.base
        quarter = all
        return true
    }

    private static func median(_ values: [Double]) -> Double? {
        guard values.count >= quartersMin else { return nil }
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1
            ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

extension Baseline {
    /// How many of the latest hours in a row, up to the one before `time`, fulfil something.
    func hoursInARow(at time: Double, where holds: (Double) -> Bool) -> Int {
        var expected = Self.hour(time) - 1
        var count = 0
        for hour in hours.reversed() {
            guard hour.number == expected, holds(hour.ratio) else { break }
            count += 1
            expected -= 1
        }
        return count
    }
}
