/// What happens to a whole node, and to the switches that it hangs on.
struct NodeStory {
    let node: Int
    let isHDR: Bool
    /// Passes in which nothing is read: the node is off, or readings stop.
    private(set) var unread: [Range<Int>] = []
    /// When the node is off; it boots with the end.
    private(set) var off: [Range<Int>] = []
    private(set) var coldBoots: Set<Int> = []
    private(set) var reloads: [Int] = []
    private(set) var jobEnds: [Int] = []
    let failovers: [Int]
    let clears: [Int]
    let localClears: [Int]
    let faults: [Fault]

    init(_ node: Int, _ options: Options, _ plan: FaultPlan) {
        self.node = node
        var random = Random(options.seed, 2, node)
        isHDR = random.chance(Rates.hdrShare)
        let all = 30..<options.passes
        faults = plan.byNode[node] ?? []
        let repairs = faults.map { $0.repair..<$0.back }
        var off = repairs
        for pass in random.passes(perDay: Rates.nodeReboot.value, in: all) {
            let range = pass..<(pass + random.int(4...8))
            if random.chance(0.5) { coldBoots.insert(range.upperBound) }
            off.append(range)
        }
        self.off = Self.merged(off)
        reloads = random.passes(perDay: Rates.driverReload.value, in: all)
        jobEnds = random.passes(perDay: Rates.jobEnd.value, in: all)
        let gaps = random.passes(perDay: Rates.daemonGap.value, in: all).map {
            $0..<($0 + random.int(2...30))
        }
        unread = Self.merged(self.off + gaps)
        let offNow = self.off
        reloads.removeAll { pass in offNow.contains { $0.contains(pass) || $0.contains(pass + 3) } }
        var fleet = Random(options.seed, 3)
        failovers = fleet.passes(perDay: Rates.managerFailover.value / 30, in: all)
        let step = Int(Rates.cronClearDays.value * 1440)
        clears = Array(stride(from: 5 * 60 + 7, to: options.passes, by: step)).dropFirst().map {
            $0
        }
        localClears =
            random.chance(Rates.localClear.value)
            ? Array(stride(from: 600, to: options.passes, by: 1440)) : []
    }

    func isUnread(_ pass: Int) -> Bool { unread.contains { $0.contains(pass) } }

    private static func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound <= last.upperBound + 1 {
                result[result.count - 1] =
                    last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    /// Alarms of the node are not counted while it is repaired, for any part.
    var repairs: [Range<Int>] { faults.map { $0.repair..<$0.excusedUntil } }
}

/// The leaf switch of a link: each rail has its own, shared by 32 nodes.
enum Leaf {
    static let nodesEach = 32

    static func number(node: Int, rail: Int) -> Int { node / nodesEach * 8 + rail }

    /// When it is down, in seconds: an upgrade or a crash.
    static func downs(_ leaf: Int, _ options: Options) -> [Down] {
        var random = Random(options.seed, 4, leaf)
        let perDay = (Rates.switchReboot.value + Rates.switchCrash.value) / 30
        return random.passes(perDay: perDay, in: 60..<options.passes).map {
            let from = Double($0) * 60 + random.between(0, 59)
            return Down(from: from, to: from + random.between(240, 480), cause: .switchReboot)
        }
    }
}
