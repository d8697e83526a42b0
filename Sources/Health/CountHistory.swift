package import Model

/// What one counter did lately: its increases, and for how long nothing was missed.
///
/// Bounded: increases of one minute are one entry, older ones of a quarter of an hour, and what is
/// older than a day and two hours is forgotten. Times are seconds of `SteadyClock`.
package struct CountHistory: Hashable, Sendable {
    /// Increases that were seen close together.
    package struct Step: Hashable, Sendable {
        /// When they were seen last.
        package var time: Double
        /// By how much the counter rose, at least.
        package var increase: UInt64
        /// In how many passes that was seen.
        package var passes: UInt32
    }

    /// For how long increases are remembered, in seconds.
    package static let reach = 93_600.0
    // Entries of a minute up to here, beyond it of a quarter of an hour.
    private static let fineReach = 7800.0
    private static let fine = 60.0
    private static let coarse = 900.0

    /// The increases, oldest first.
    package private(set) var steps: [Step] = []
    /// Since when every step was exact; nil when the latest was not, or before the first.
    package private(set) var exactSince: Double?
    /// When the counter was read last; nil before the first time.
    package private(set) var latest: Double?
    /// Since when the counter has been watched; nil before the first time.
    package private(set) var began: Double?
    /// For how many seconds since it rose last it was seen not to rise.
    ///
    /// A step that was not exact adds nothing, and takes nothing away that was seen before it: a
    /// daily clear by somebody else hides a pass, and not the day.
    package private(set) var quietSeconds = 0.0
    // The total that the next one is compared with.
    private(set) var total: UInt64 = 0

    /// Nothing known yet.
    package init() {}

    init(
        restoring steps: [Step], exactSince: Double?, latest: Double?, began: Double?,
        quietSeconds: Double = 0, total: UInt64
    ) {
        self.quietSeconds = quietSeconds
        self.steps = steps
        self.exactSince = exactSince
        self.latest = latest
        self.began = began
        self.total = total
    }

    /// Takes in our total as it is now; the first one is where counting begins.
    ///
    /// What rose while `isIgnored` is left out, and proves nothing either.
    package mutating func take(
        total now: UInt64, quality: Quality, at time: Double, isIgnored: Bool = false
    ) {
        defer {
            total = now
            latest = time
        }
        guard let latest, now >= total else {
            began = time
            quietSeconds = 0
            exactSince = quality == .exact && !isIgnored ? time : nil
            return
        }
        if quality != .exact || isIgnored {
            exactSince = nil
        } else if exactSince == nil {
            exactSince = time
        }
        guard !isIgnored else { return }
        if now > total {
            add(now - total, at: time)
        } else if quality == .exact {
            quietSeconds += max(0, time - latest)
        }
    }

    /// Takes in events that are no counter's, such as a change that was noticed.
    package mutating func note(_ count: UInt64, at time: Double) {
        if began == nil { began = time }
        if exactSince == nil { exactSince = time }
        quietSeconds += max(0, time - (latest ?? time))
        latest = time
        if count > 0 { add(count, at: time) }
    }

    private mutating func add(_ increase: UInt64, at time: Double) {
        quietSeconds = 0
        if let last = steps.last, Self.bucket(last.time, Self.fine) == Self.bucket(time, Self.fine)
        {
            merge(increase, 1, at: time, into: steps.count - 1)
        } else {
            steps.append(Step(time: time, increase: increase, passes: 1))
            thin(before: time)
        }
    }

    private mutating func merge(
        _ increase: UInt64, _ passes: UInt32, at time: Double, into index: Int
    ) {
        let (sum, overflow) = steps[index].increase.addingReportingOverflow(increase)
        steps[index].increase = overflow ? .max : sum
        steps[index].passes &+= passes
        steps[index].time = time
    }

    // What is old needs no minutes.
    private mutating func thin(before now: Double) {
        let limit = now - Self.reach
        if let first = steps.first, first.time < limit {
            steps.removeAll { $0.time < limit }
        }
        guard steps.count > 1, steps[0].time < now - Self.fineReach else { return }
        var thinned: [Step] = []
        thinned.reserveCapacity(steps.count)
        for step in steps {
            if let last = thinned.last, step.time < now - Self.fineReach,
                Self.bucket(last.time, Self.coarse) == Self.bucket(step.time, Self.coarse)
            {
                thinned[thinned.count - 1] = Step(
                    time: step.time, increase: Self.sum(last.increase, step.increase),
                    passes: last.passes &+ step.passes)
            } else {
                thinned.append(step)
            }
        }
        steps = thinned
    }

    private static func bucket(_ time: Double, _ width: Double) -> Double {
        (time / width).rounded(.down)
    }

    private static func sum(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}

extension CountHistory {
    /// The increase since a time.
    package func count(since time: Double) -> UInt64 {
        var total: UInt64 = 0
        for step in steps.reversed() {
            guard step.time > time else { break }
            total = Self.sum(total, step.increase)
        }
        return total
    }

    /// The number of passes since a time in which it rose.
    package func passes(since time: Double) -> Int {
        steps.reversed().prefix { $0.time > time }.reduce(0) { $0 + Int($1.passes) }
    }

    /// The increases in the latest windows of a width, the present one, which is not over, first.
    ///
    /// Windows begin at multiples of the width, so that each increase is in one of them.
    package func windows(_ count: Int, of width: Double, now: Double) -> [UInt64] {
        var sums = [UInt64](repeating: 0, count: max(1, count))
        let present = Self.bucket(now, width)
        for step in steps.reversed() {
            let age = present - Self.bucket(step.time, width)
            guard age < Double(sums.count) else { break }
            let index = Int(max(0, age))
            sums[index] = Self.sum(sums[index], step.increase)
        }
        return sums
    }

    /// For how many seconds none of several has risen; nil where there is none.
    ///
    /// What never rose, and can be read exactly, has nothing to be silent of.
    static func quietSeconds(_ histories: [CountHistory]) -> Double? {
        let suspects = histories.filter { !$0.steps.isEmpty || $0.exactSince == nil }
        return (suspects.isEmpty ? histories : suspects).map(\.quietSeconds).min()
    }

    /// Seconds within the window in which any of them was watched.
    static func watchedSeconds(_ histories: [CountHistory], since time: Double) -> Double {
        histories.map { $0.watchedSeconds(since: time) }.max() ?? 0
    }

    /// Seconds within the window in which it was watched.
    package func watchedSeconds(since time: Double) -> Double {
        guard let began, let latest else { return 0 }
        return max(0, latest - max(began, time))
    }
}

/// Seconds that neither step nor stop: the boot clock, and over reboots the wall clock.
package struct SteadyClock: Hashable, Sendable {
    /// The moment that `seconds` belong to; nil before the first.
    package private(set) var moment: Moment?
    /// Seconds since the clock was started.
    package private(set) var seconds = 0.0

    /// Starts at the first moment it is given.
    package init() {}

    init(restoring seconds: Double, at moment: Moment) {
        self.seconds = seconds
        self.moment = moment
    }

    /// Goes on to a moment; an earlier one leaves it where it is.
    package mutating func advance(to now: Moment) {
        if let moment { seconds += now.seconds(since: moment) }
        if let moment, moment.bootID == now.bootID,
            moment.boottimeNanoseconds > now.boottimeNanoseconds
        {
            return
        }
        moment = now
    }
}
