import Model

/// NVSentinel's NIC monitor with the chart's values, its Xids, and DCGM's watch of NVLinks.
///
/// A breach is told once and stays until the counter falls or the node boots.
struct NVSentinel {
    private var alarms: [Alarm] = []
    private var breached: [String: Int] = [:]

    private static let anyRise: [LinkCounter] = [.downed, .overrun, .integrity, .notReady]
    // Rises per second, over one reading of 60 s; per minute for the second.
    private static let rates: [(LinkCounter, perPass: UInt64)] = [
        (.symbol, 600), (.recovery, 5), (.damaged, 600), (.ackTimeout, 60), (.discards, 6000),
    ]
    private static let symbolsPerHour: UInt64 = 120

    static func alarms(_ view: LinkView) -> [Alarm] {
        var monitor = NVSentinel()
        monitor.states(view.story)
        monitor.counters(view)
        return monitor.alarms
    }

    private mutating func tell(_ rule: String, _ pass: Int, isCritical: Bool) {
        guard breached[rule] == nil else { return }
        breached[rule] = alarms.count
        alarms.append(
            Alarm(rule: rule, pass: pass, isCritical: isCritical, accused: .local))
    }

    private mutating func over(_ rule: String, _ pass: Int) {
        guard let index = breached.removeValue(forKey: rule) else { return }
        alarms[index].until = pass
    }

    // Every second: fatal at once. What is down at the first look after a boot is not told.
    private mutating func states(_ story: LinkStory) {
        for down in story.seenDowns where down.to - down.from >= 1 {
            let atBoot = story.story.off.contains {
                down.from == Double($0.upperBound) * 60
            }
            // The other cards of the node are up soon, and show that this one should be.
            guard !atBoot || down.to - down.from > 180 else { continue }
            alarms.append(
                Alarm(
                    rule: "state", pass: down.firstPass, isCritical: true, accused: .local,
                    until: down.upPass))
        }
    }

    private mutating func counters(_ view: LinkView) {
        var hour = (number: 0, symbols: UInt64(0))
        for moment in view.moments.dropFirst() {
            if moment.pass / 60 != hour.number {
                endHour(&hour, moment.pass)
            }
            if moment.isBoot {
                for rule in breached.keys { over(rule, moment.pass) }
                hour.symbols = 0
                continue
            }
            if moment.isClearedHere {
                for counter in LinkCounter.allCases where !counter.isHost {
                    over(counter.name, moment.pass)
                    over(counter.name + " fatal", moment.pass)
                }
                hour.symbols = 0
                continue
            }
            for counter in Self.anyRise where moment.risesHere[counter.rawValue] > 0 {
                tell(counter.name, moment.pass, isCritical: true)
            }
            for (counter, limit) in Self.rates where moment.risesHere[counter.rawValue] > limit {
                tell(counter.name, moment.pass, isCritical: false)
            }
            hour.symbols += moment.risesHere[LinkCounter.symbol.rawValue]
        }
        endHour(&hour, .max)
    }

    private mutating func endHour(_ hour: inout (number: Int, symbols: UInt64), _ pass: Int) {
        if hour.symbols > Self.symbolsPerHour {
            tell(
                LinkCounter.symbol.name + " fatal", (hour.number + 1) * 60, isCritical: true)
        }
        hour = (pass / 60, 0)
    }

    // An Xid is fatal when the catalogue recommends anything but nothing or a restart of the
    // application; DCGM fails NVLinks for any replay or recovery.
    static func alarms(_ story: GPUStory) -> [Alarm] {
        story.changes.compactMap { change in
            let rule: String
            switch change.what {
            case .xid(let number, _):
                let remedy = XidCatalog.entry(number).remedy
                guard remedy.asksForSomething || number == 74 else { return nil }
                rule = "xid \(number)"
            case .replays: rule = "NVLink replay"
            case .recovery: rule = "NVLink recovery"
            case .remapFailed: rule = "row remap"
            case .lost: rule = "GPU lost"
            default: return nil
            }
            return Alarm(
                rule: rule, pass: change.pass, isCritical: true, accused: .local,
                until: story.nextBoot(after: change.pass))
        }
    }
}
