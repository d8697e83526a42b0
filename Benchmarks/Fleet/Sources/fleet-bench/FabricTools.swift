import Model

/// ibqueryerrors from cron once an hour: every counter of either end above its threshold.
///
/// Values are absolute since somebody cleared them last. It has one level; a counter that is listed
/// already is no new alarm.
enum IBQueryErrors {
    // With the sample file; XmitWait is 1000 there.
    private static func sample(_ counter: LinkCounter) -> UInt64 {
        switch counter {
        case .symbol, .recovery, .downed, .damaged, .integrity, .overrun: 10
        default: 100
        }
    }

    static func alarms(_ view: LinkView, isSample: Bool) -> [Alarm] {
        var alarms: [Alarm] = []
        for end in End.allCases {
            var listed: [Int: Int] = [:]
            var index = 0
            var waitFrom = 0
            for hour in 0...(view.passes / 60) {
                let pass = hour * 60
                var isCleared = false
                while index + 1 < view.moments.count, view.moments[index + 1].pass <= pass {
                    index += 1
                    let moment = view.moments[index]
                    isCleared =
                        isCleared
                        || (end == .local ? moment.isClearedHere : moment.isClearedThere)
                }
                if isCleared {
                    for alarm in listed.values { alarms[alarm].until = pass }
                    listed = [:]
                    waitFrom = pass
                }
                // A host that is off does not answer.
                if end == .local, view.story.story.off.contains(where: { $0.contains(pass) }) {
                    continue
                }
                let moment = view.moments[index]
                var over = LinkCounter.allCases.filter { !$0.isHost && $0 != .uncorrectable }
                    .filter {
                        let value = (end == .local ? moment.here : moment.there)[$0.rawValue]
                        return value > (isSample ? sample($0) : 0)
                    }.map(\.rawValue)
                let perPass = end == .local ? view.story.waitHere : view.story.waitThere
                if perPass * UInt64(pass - waitFrom) > (isSample ? 1000 : 0) {
                    over.append(LinkCounter.count)
                }
                for counter in over where listed[counter] == nil {
                    listed[counter] = alarms.count
                    alarms.append(
                        Alarm(
                            rule: name(counter), pass: pass, isCritical: true,
                            accused: end == .local ? .local : .peer))
                }
            }
        }
        return alarms
    }

    private static func name(_ counter: Int) -> String {
        LinkCounter(rawValue: counter)?.name ?? "port_xmit_wait"
    }
}

/// The public alerts: SckyzO's on the switches' counters, and node_exporter's mixin.
///
/// `rate` over five minutes, without Prometheus's extrapolation.
enum PrometheusAlerts {
    private struct Rule {
        let name: String
        let counter: LinkCounter
        /// In five minutes, more than.
        let above: UInt64
        let lasting: Int
    }

    private static let rules = [
        Rule(name: "IBPortLinkDownedRising", counter: .downed, above: 0, lasting: 5),
        Rule(name: "IBPortSymbolErrorBurst", counter: .symbol, above: 500, lasting: 10),
        Rule(name: "IBPortRcvErrorRate", counter: .damaged, above: 300, lasting: 10),
        Rule(name: "IBPortXmitDiscardRate", counter: .discards, above: 300, lasting: 10),
    ]

    static func alarms(_ view: LinkView) -> [Alarm] {
        var alarms: [Alarm] = []
        for rule in rules { alarms += Self.alarms(rule, view) }
        // The switch's port has been down for five minutes.
        for down in view.story.downs where down.cause != .switchReboot {
            guard down.to - down.from >= 300 else { continue }
            alarms.append(
                Alarm(
                    rule: "IBSwitchPortDown", pass: down.firstPass + 5, isCritical: true,
                    accused: .peer, until: down.upPass))
        }
        return alarms + flapping(view.story)
    }

    private static func alarms(_ rule: Rule, _ view: LinkView) -> [Alarm] {
        var alarms: [Alarm] = []
        var window: [(pass: Int, rise: UInt64)] = []
        var since: Int?
        var isFiring = false
        let rises = view.moments.compactMap { moment in
            let rise = moment.risesThere[rule.counter.rawValue]
            return rise > 0 ? (pass: moment.pass, rise: rise) : nil
        }
        var index = 0
        var pass = rises.first?.pass ?? view.passes
        while pass < view.passes {
            while index < rises.count, rises[index].pass <= pass {
                window.append(rises[index])
                index += 1
            }
            window.removeAll { $0.pass <= pass - 5 }
            let sum = window.reduce(UInt64(0)) { $0 + $1.rise }
            if sum > rule.above {
                since = since ?? pass
                if let since, pass - since >= rule.lasting, !isFiring {
                    isFiring = true
                    alarms.append(
                        Alarm(rule: rule.name, pass: pass, isCritical: false, accused: .peer))
                }
            } else {
                since = nil
                if isFiring { alarms[alarms.count - 1].until = pass }
                isFiring = false
                if window.isEmpty {
                    guard index < rises.count else { break }
                    pass = max(pass, rises[index].pass - 1)
                }
            }
            pass += 1
        }
        return alarms
    }

    // More than two changes of the interface within two minutes, for two minutes.
    private static func flapping(_ story: LinkStory) -> [Alarm] {
        let changes = story.seenDowns.flatMap { [$0.from, $0.to] }
        var alarms: [Alarm] = []
        var held = -1.0
        for (index, change) in changes.enumerated() {
            let within = changes[...index].reversed().prefix { $0 > change - 120 }.count
            guard within > 2 else {
                held = -1
                continue
            }
            if held < 0 { held = change }
            if change - held >= 120 {
                alarms.append(
                    Alarm(
                        rule: "NodeNetworkInterfaceFlapping", pass: Int(change / 60) + 1,
                        isCritical: false, accused: .local))
                held = .infinity
            }
        }
        return alarms
    }
}
