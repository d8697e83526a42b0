import Model

/// The faults of links, as readings.
enum LinkFaults {
    static func draw(_ fault: Fault, bitsPerMinute: Double, into story: inout LinkStory) {
        var random = Random(fault.seed, 7)
        switch fault.kind {
        case .marginalOut: marginal(fault, [.peer], bitsPerMinute, &random, &story)
        case .marginalIn: marginal(fault, [.local], bitsPerMinute, &random, &story)
        case .dirtyConnector:
            marginal(fault, [.local, .peer], bitsPerMinute, &random, &story)
        case .badSwitchPort:
            // Most often it is what sends that fails; its receiver looks like our transmitter.
            let end: End = random.chance(0.8) ? .local : .peer
            marginal(fault, [end], bitsPerMinute, &random, &story)
            retrains(fault, &random, &story)
        case .dyingModuleLocal: dying(fault, .peer, bitsPerMinute, &random, &story)
        case .dyingModulePeer: dying(fault, .local, bitsPerMinute, &random, &story)
        case .hostStall: stalls(fault, &random, &story)
        case .flapStorm: storms(fault, here: 1, &random, &story)
        case .hostFlaps: storms(fault, here: 0, &random, &story)
        case .linkDead:
            let from = Double(fault.begin) * 60 - 20
            story.down(
                Down(from: from, to: Double(fault.repair) * 60, cause: .fault), errors: 0)
        default: break
        }
    }

    // Above the limit of a good link, up to ten times that of any link; half of them come and go.
    private static func marginal(
        _ fault: Fault, _ ends: [End], _ bits: Double, _ random: inout Random,
        _ story: inout LinkStory
    ) {
        let ratio = random.logBetween(1e-14, 1e-11)
        let other = random.logBetween(1 / 3.0, 3)
        let comesAndGoes = random.chance(0.5)
        var isOn = true
        var until = Double(fault.begin) + random.exponential(mean: 120)
        for pass in fault.begin..<fault.repair {
            if comesAndGoes, Double(pass) > until {
                isOn.toggle()
                until = Double(pass) + random.exponential(mean: isOn ? 120 : 180)
            }
            guard isOn else { continue }
            for (index, end) in ends.enumerated() {
                let mean = ratio * (index == 0 ? 1 : other) * bits
                story.errors(pass, at: end, mean: mean, &random)
            }
        }
    }

    private static func retrains(
        _ fault: Fault, _ random: inout Random, _ story: inout LinkStory
    ) {
        for pass in random.passes(perDay: 6, in: fault.begin..<fault.repair) {
            story.count(pass, .local, .recovery, 1)
            story.count(pass, .peer, .recovery, 1)
        }
    }

    /// How far a dying module has come: from 1e-17 over six decades in three quarters of its time.
    static func ratio(_ fault: Fault, at pass: Int) -> Double {
        let share = Double(pass - fault.begin) / (0.75 * Double(fault.repair - fault.begin))
        return 1e-17 * Maths.power(10, 6 * min(1, share))
    }

    /// When it passes 1e-14, which is when the delay begins to count.
    static func counted(_ fault: Fault) -> Int {
        guard fault.kind == .dyingModuleLocal || fault.kind == .dyingModulePeer else {
            return fault.begin
        }
        return fault.begin + Int(0.375 * Double(fault.repair - fault.begin))
    }

    private static func dying(
        _ fault: Fault, _ end: End, _ bits: Double, _ random: inout Random,
        _ story: inout LinkStory
    ) {
        for pass in fault.begin..<fault.repair {
            story.errors(pass, at: end, mean: ratio(fault, at: pass) * bits, &random)
        }
    }

    // Jobs of ten minutes to two hours in which the HCA cannot write; the switch has to discard.
    private static func stalls(
        _ fault: Fault, _ random: inout Random, _ story: inout LinkStory
    ) {
        let discards = random.logBetween(1, 1000)
        var pass = fault.begin
        while pass < fault.repair {
            let end = min(fault.repair, pass + random.int(10...120))
            while pass < end {
                story.count(pass, .local, .stall, random.int(3...50))
                story.count(pass, .peer, .discards, random.poisson(discards))
                pass += 1
            }
            pass += random.int(60...360)
        }
    }

    // Three to ten times within an hour or two, again after a few hours.
    private static func storms(
        _ fault: Fault, here: Int, _ random: inout Random, _ story: inout LinkStory
    ) {
        var time = Double(fault.begin) * 60 - 30
        while time < Double(fault.repair) * 60 {
            for _ in 0..<random.int(3...10) {
                let to = time + random.between(5, 60)
                guard to < Double(fault.repair) * 60 - 60 else { return }
                story.down(Down(from: time, to: to, cause: .fault), here: here)
                time = to + random.between(120, 900)
            }
            time += random.between(3600, 8 * 3600)
        }
    }
}
