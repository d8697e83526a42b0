import Model

/// Everything that happens to one cable in the run, drawn beforehand.
struct LinkStory {
    let story: NodeStory
    let rail: Int
    let fault: Fault?
    private(set) var changes: [LinkChange] = []
    private(set) var downs: [Down] = []
    /// When the switch is down: no fault of the link, and the link is down all the same.
    private(set) var outages: [Down] = []
    /// What the counters held at the first pass, at the node's end as PortCounters.
    private(set) var historic: [LinkCounter: UInt64] = [:]
    private(set) var historicPeer: [LinkCounter: UInt64] = [:]
    /// Ticks of XmitWait per minute at either end.
    private(set) var waitHere: UInt64 = 0
    private(set) var waitThere: UInt64 = 0
    private var random: Random
    private let passes: Int

    /// The story of a link; `hasFault` leaves its fault out where it is false, and nothing else.
    init(_ story: NodeStory, rail: Int, _ options: Options, hasFault: Bool = true) {
        self.story = story
        self.rail = rail
        passes = options.passes
        random = Random(options.seed, 5, story.node * 8 + rail)
        fault = story.faults.first { $0.kind.isLink && $0.part == rail }
        outages = Leaf.downs(Leaf.number(node: story.node, rail: rail), options)
        waitHere = UInt64(60 * random.logNormal(median: 30, sigma: 2))
        waitThere = UInt64(60 * random.logNormal(median: 500, sigma: 1.5))
        drawHistory()
        drawNode()
        drawLink()
        drawFlow()
        drawSymbols()
        if hasFault, let fault {
            LinkFaults.draw(fault, bitsPerMinute: bitsPerMinute, into: &self)
        }
        drawPerfmgr()
        changes.removeAll { $0.pass >= options.passes }
        // Several at one pass stay in the order in which they were drawn.
        changes = changes.enumerated().sorted {
            ($0.element.pass, $0.offset) < ($1.element.pass, $1.offset)
        }.map(\.element)
        downs.sort { $0.from < $1.from }
    }

    /// Whether the link is down at a time, in seconds.
    func isDown(at time: Double) -> Bool { downs.contains { $0.from <= time && time < $0.to } }

    var bitsPerMinute: Double { Double(4 * laneMegabits) * 1e6 * 60 }
    var laneMegabits: UInt32 { story.isHDR ? 53_125 : 106_250 }

    mutating func count(_ pass: Int, _ end: End, _ counter: LinkCounter, _ amount: Int) {
        guard amount > 0, pass > 0 else { return }
        changes.append(LinkChange(pass: pass, what: .count(end, counter, UInt64(amount))))
    }

    mutating func note(_ pass: Int, _ what: LinkChange.What) {
        changes.append(LinkChange(pass: pass, what: what))
    }

    /// The link goes down; each end counts it so often, and has errors while it trains.
    mutating func down(_ down: Down, here: Int = 1, there: Int = 1, errors: Double = 20) {
        var down = down
        (down.here, down.there) = (UInt64(here), UInt64(there))
        downs.append(down)
        count(down.firstPass, .local, .downed, here)
        count(down.firstPass, .peer, .downed, there)
        if down.upPass > down.firstPass {
            note(down.firstPass, .goesDown)
            note(down.upPass, .comesUp)
        }
        count(down.upPass, .local, .symbol, random.poisson(errors))
        count(down.upPass, .peer, .symbol, random.poisson(errors))
    }

    /// Errors of one direction in one pass, counted where they arrive.
    mutating func errors(_ pass: Int, at end: End, mean: Double, _ random: inout Random) {
        let symbols = random.poisson(mean)
        guard symbols > 0 else { return }
        count(pass, end, .symbol, symbols)
        if end == .peer { count(pass, end, .uncorrectable, symbols) }
        // A third of what passes are packets; their retries are counted by who sent them.
        let lost = random.poisson(0.3 * Double(symbols))
        count(pass, end, .damaged, lost)
        count(pass, end, .integrity, random.poisson(Double(symbols) / 20_000))
        if end == .peer {
            count(pass, .local, .sequence, random.poisson(0.5 * Double(lost)))
            count(pass, .local, .ackTimeout, random.poisson(0.05 * Double(lost)))
        }
    }

    // MARK: The background

    private mutating func drawHistory() {
        if random.chance(0.3) {
            historic[.symbol] = UInt64(min(65_535, random.logNormal(median: 50, sigma: 2.5)))
        }
        historic[.downed] = UInt64(random.chance(0.01) ? 255 : random.poisson(5))
        historic[.recovery] = UInt64(random.poisson(0.5))
        if random.chance(0.1) { historic[.damaged] = UInt64(random.int(1...200)) }
        if random.chance(0.005) { historic[.integrity] = 15 }
        historicPeer[.downed] = UInt64(random.poisson(8))
        historicPeer[.discards] = UInt64(random.logNormal(median: 100, sigma: 2))
        if random.chance(0.3) {
            historicPeer[.symbol] = UInt64(random.logNormal(median: 100, sigma: 3))
        }
    }

    private mutating func drawNode() {
        for range in story.off {
            let boot = range.upperBound
            let up = Double(boot) * 60 + random.between(10, 120)
            // Active cables with HDR count a first connection that did not hold.
            let more = story.isHDR ? random.int(1...2) : 0
            note(boot, .boot)
            note(boot, .reload(isCold: story.coldBoots.contains(boot)))
            down(
                Down(from: Double(range.lowerBound) * 60 + 1, to: up, cause: .boot),
                here: more, there: 1 + more)
        }
        for pass in story.reloads {
            let from = Double(pass) * 60 - 10
            note(pass, .reload(isCold: false))
            down(
                Down(from: from, to: from + random.between(20, 100), cause: .reload), here: 0)
        }
        for outage in outages {
            note(outage.firstPass, .clear(.peer))
            down(outage, here: 1, there: 0)
        }
        for (index, pass) in story.failovers.enumerated() {
            note(pass, .manager(UInt16(2 + index % 2)))
        }
        for pass in story.clears + story.localClears {
            note(pass, .clear(.local))
            if story.clears.contains(pass) { note(pass, .clear(.peer)) }
        }
        for fault in story.faults where fault.kind.isLink && fault.part == rail {
            // Whoever repairs it clears what was counted.
            note(fault.back, .clear(.local))
            note(fault.back, .clear(.peer))
        }
    }

    private mutating func each(_ rate: Rate, _ body: (inout LinkStory, Int) -> Void) {
        let found = random.passes(perDay: rate.value, in: 10..<passes)
        for pass in found { body(&self, pass) }
    }

    private mutating func drawLink() {
        each(Rates.flap) { story, pass in
            let from = Double(pass) * 60 + story.random.between(0, 59)
            story.down(
                Down(from: from, to: from + story.random.between(2, 25), cause: .flap))
        }
        each(Rates.recovery) { story, pass in
            story.count(pass, .local, .recovery, 1)
            story.count(pass, .peer, .recovery, 1)
        }
        each(Rates.damaged) { story, pass in
            story.count(pass, story.random.chance(0.5) ? .local : .peer, .damaged, 1)
        }
        each(Rates.peerMissed) { story, pass in
            story.note(pass, .peerLost)
            story.note(pass + 1, .peerBack)
        }
        each(Rates.corrected) { story, pass in
            story.note(pass, .corrected(UInt64(story.random.int(1...3))))
        }
    }

    private mutating func drawFlow() {
        each(Rates.managementDrop) { story, pass in
            story.count(pass, .peer, .vl15, story.random.int(1...5))
        }
        each(Rates.managementDrop) { story, pass in
            story.count(pass, .local, .vl15, story.random.int(1...5))
        }
        each(Rates.discard) { story, pass in
            let amount = Int(1 + story.random.logNormal(median: 8, sigma: 1.2))
            story.count(pass, story.random.chance(0.15) ? .local : .peer, .discards, amount)
        }
        each(Rates.relay) { story, pass in
            story.count(pass, .peer, .relay, story.random.int(1...10))
        }
        each(Rates.remotePhysical) { story, pass in
            story.count(pass, .local, .remotePhysical, story.random.int(1...5))
        }
        each(Rates.pcieStall) { story, pass in
            story.count(pass, .local, .stall, story.random.int(1...2))
        }
        for pass in story.jobEnds {
            var job = Random(UInt64(pass), 6, story.node)
            let unlucky = job.int(0...7)
            let retries = Int(job.logNormal(median: 20, sigma: 1.2))
            if job.chance(0.2), unlucky == rail {
                count(pass, .local, .ackTimeout, retries)
                count(pass, .local, .sequence, retries / 2)
            }
            if job.chance(Rates.deadPeer.value) {
                count(pass, .local, .exceeded, 1 + retries / 8)
                count(pass, .local, .ackTimeout, retries)
            }
            if job.chance(Rates.notReady.value), unlucky == rail {
                count(pass, .local, .notReady, 1 + retries / 4)
            }
        }
    }

    private mutating func drawSymbols() {
        for end in End.allCases {
            let isWorse = random.chance(Rates.worseShare.value)
            let ratio = (isWorse ? Rates.worseBER : Rates.healthyBER).value
            let perDay = ratio * bitsPerMinute * 1440
            for pass in random.passes(perDay: perDay, in: 1..<passes) {
                count(pass, end, .symbol, 1)
                if end == .peer { count(pass, end, .uncorrectable, 1) }
            }
        }
    }

    // OpenSM's perfmgr clears the switch port when XmitWait, 32 bits wide, is nearly full; at the
    // node's end nobody does, and it sticks.
    private mutating func drawPerfmgr() {
        let minutes = Rates.perfmgrFull.value * 4_294_967_295 / Double(max(1, waitThere))
        let full = 4_294_967_295 / Double(max(1, waitHere))
        let resets =
            changes.filter {
                if case .clear(.peer) = $0.what { true } else { false }
            }.map(\.pass).sorted() + [passes]
        var start = Double(LinkProbe.waitBegan)
        for reset in resets {
            while start + minutes < Double(reset) {
                start += minutes
                note(max(1, Int(start)), .clear(.peer))
            }
            start = Double(reset)
        }
        let here =
            changes.filter {
                switch $0.what {
                case .clear(.local), .reload(isCold: true): true
                default: false
                }
            }.map(\.pass).sorted() + [passes]
        var began = Double(LinkProbe.waitBegan)
        for reset in here {
            if began + full < Double(reset) {
                note(max(1, Int(began + full) + 1), .waitFull)
            }
            began = Double(reset)
        }
    }
}
