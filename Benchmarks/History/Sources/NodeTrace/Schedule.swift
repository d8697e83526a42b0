/// What a day of the node brings, in seconds of the day.
struct Schedule: Sendable {
    /// A job: iterations with a phase of communication each, and pauses for checkpoints.
    struct Job: Sendable {
        var start: Double
        var end: Double
        var period: Double
        /// The seconds of an iteration in which it communicates.
        var phase: Double
        /// Of the links' speed, while it communicates.
        var level: Double
        var memoryMegabytes: UInt64

        /// The seconds of communication since the job began.
        func communication(until time: Double) -> Double {
            let elapsed = min(max(time - start, 0), end - start)
            let whole = (elapsed / period).rounded(.down)
            return whole * phase + min(elapsed - whole * period, phase)
        }

        /// Whether it communicates at a time.
        func communicates(at time: Double) -> Bool {
            guard time >= start, time < end else { return false }
            return (time - start).truncatingRemainder(dividingBy: period) < phase
        }

        func isPaused(at time: Double) -> Bool {
            (time - start).truncatingRemainder(dividingBy: Schedule.checkpointEvery)
                > Schedule.checkpointEvery - Schedule.checkpointLasts
        }
    }

    /// Errors at one end of a cable.
    struct Errors: Sendable {
        var second: Int
        /// Cable times two, plus one for the far end.
        var end: Int
        /// A place in the live columns of a port.
        var column: Int
        var count: UInt64
    }

    static let seconds = 86_400
    static let checkpointEvery = 1800.0
    static let checkpointLasts = 40.0
    /// The daemon's restart, in which no pass is collected.
    static let daemonRestart = 18_600..<18_620
    static let queryReset = 33_600
    /// The reboot; what it takes until the node's own ports, GPUs and modules count again.
    static let reboot = 49_020..<49_265
    static let rebootIsUp = 49_225.0
    /// When GPU 3 is off the bus.
    static let gpuAway = 72_900..<75_600
    static let badCable = 5

    let jobs: [Job]
    /// Seconds without a pass.
    let missed: Set<Int>
    /// Ascending by second.
    let errors: [Errors]
    /// When the bad cable's link is down.
    let flaps: [Range<Int>]

    init(seed: UInt64, day: Int) {
        var noise = Noise(seed: seed, stream: UInt64(day) * 16 + 1)
        jobs = Self.jobs(&noise)
        var missed = Set(Self.daemonRestart).union(Self.reboot)
        let stall = noise.index(Self.seconds - 7)
        missed.formUnion(stall..<stall + 7)
        for _ in 0..<30 { missed.insert(noise.index(Self.seconds)) }
        self.missed = missed
        flaps = (0..<3).map { _ in
            let start = noise.index(Self.seconds - 10)
            return start..<start + 4 + noise.index(6)
        }
        errors = Self.errors(&noise)
    }

    private static func jobs(_ noise: inout Noise) -> [Job] {
        let count = 5
        let busy = 0.74 * Double(seconds)
        var lengths = (0..<count).map { _ in noise.uniform(0.4, 1.6) }
        var gaps = (0...count).map { _ in noise.uniform(0.3, 1.7) }
        let length = lengths.reduce(0, +)
        let gap = gaps.reduce(0, +)
        lengths = lengths.map { $0 / length * busy }
        gaps = gaps.map { $0 / gap * (Double(seconds) - busy) }
        var time = 0.0
        return (0..<count).map { index in
            time += gaps[index]
            let period = noise.uniform(3.7, 8.8)
            defer { time += lengths[index] }
            return Job(
                start: time, end: time + lengths[index], period: period,
                phase: period * noise.uniform(0.35, 0.65), level: noise.uniform(0.25, 0.55),
                memoryMegabytes: UInt64(noise.uniform(52_000, 78_000)))
        }
    }

    // Bursts come at random, have a geometric size and spread exponentially.
    private static func errors(_ noise: inout Noise) -> [Errors] {
        var errors: [Errors] = []
        for end in 0..<16 {
            let isBad = end / 2 == badCable
            for _ in 0..<noise.poisson(isBad ? 14 : 0.15) {
                let start = noise.uniform(0, Double(seconds))
                let kind = noise.index(4)
                for _ in 0..<noise.geometric(mean: 24) {
                    let second = Int(start + noise.exponential(mean: 40))
                    guard second < seconds else { continue }
                    for column in columns(kind, lane: noise.index(4)) {
                        errors.append(Errors(second: second, end: end, column: column, count: 1))
                    }
                }
            }
        }
        return errors.sorted { ($0.second, $0.end, $0.column) < ($1.second, $1.end, $1.column) }
    }

    private static func columns(_ kind: Int, lane: Int) -> [Int] {
        switch kind {
        case 0: [PortColumn.symbolErrors, PortColumn.blockErrors + lane]
        case 1: [PortColumn.receiveErrors, PortColumn.physicalErrors, PortColumn.integrity]
        case 2: [PortColumn.uncorrectable, PortColumn.symbolErrors]
        default: [PortColumn.fecCorrectableLanes + lane]
        }
    }
}
