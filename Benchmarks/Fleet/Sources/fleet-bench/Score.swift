/// What one rule set did with one kind of fault.
struct KindScore {
    var faults = 0
    var found = 0
    var critical = 0
    /// Passes of a minute until the first alarm.
    var delays: [Int] = []
    /// Faults that both ends tell of, and of those whoever was accused rightly or at all.
    var judged = 0
    var accused = 0
    var right = 0
    /// How often which side was accused first by which rule, and wrongly.
    var wrong: [String: Int] = [:]

    mutating func add(_ other: KindScore) {
        faults += other.faults
        found += other.found
        critical += other.critical
        delays += other.delays
        judged += other.judged
        accused += other.accused
        right += other.right
        wrong.merge(other.wrong, uniquingKeysWith: +)
    }

    var medianDelay: Int? { delays.isEmpty ? nil : delays.sorted()[delays.count / 2] }
}

/// What one rule set did on the whole.
struct Score {
    var kinds: [FaultKind: KindScore] = [:]
    var falseCriticals = 0
    var falseWarnings = 0
    /// Those of each rule.
    var falseByRule: [String: Int] = [:]
    /// Links that a rebooted switch took down, and those that were told of.
    var outages = 0
    var outagesTold = 0

    mutating func add(_ other: Score) {
        for (kind, score) in other.kinds { kinds[kind, default: KindScore()].add(score) }
        falseCriticals += other.falseCriticals
        falseWarnings += other.falseWarnings
        falseByRule.merge(other.falseByRule, uniquingKeysWith: +)
        outages += other.outages
        outagesTold += other.outagesTold
    }

    func total(_ isIncluded: (FaultKind) -> Bool) -> KindScore {
        var sum = KindScore()
        for kind in FaultKind.allCases where isIncluded(kind) {
            sum.add(kinds[kind] ?? KindScore())
        }
        return sum
    }
}

/// One part with what is true of it.
struct Truth {
    let fault: Fault?
    /// Passes in which an alarm is neither right nor wrong: the node is repaired.
    let repairs: [Range<Int>]
    /// Passes in which the link is down because its switch is, and an hour after.
    let outages: [Range<Int>]
    let passes: Int

    // What is kept this long after a repair was kept for too long.
    private static let keptPasses = 2880

    /// Takes in the alarms of one rule set; `without` are those that it gives on the same part when
    /// the fault is left out, which find nothing.
    func judge(_ alarms: [Alarm], without: [Alarm], into score: inout Score) {
        score.outages += outages.count
        score.outagesTold += outages.count { outage in
            alarms.contains { outage.contains($0.pass) }
        }
        for alarm in alarms where isFalse(alarm) {
            if alarm.isCritical {
                score.falseCriticals += 1
            } else {
                score.falseWarnings += 1
            }
            score.falseByRule[alarm.rule + (alarm.isCritical ? " critical" : ""), default: 0] += 1
        }
        guard let fault else { return }
        if let kept = kept(alarms) {
            score.falseCriticals += 1
            score.falseByRule[kept.rule + " kept", default: 0] += 1
        }
        score.kinds[fault.kind, default: KindScore()].add(found(fault, alarms, without))
    }

    /// A critical alarm of the fault that is kept for too long after its repair.
    func kept(_ alarms: [Alarm]) -> Alarm? {
        guard let fault, fault.excusedUntil + Self.keptPasses < passes else { return nil }
        return alarms.first {
            $0.isCritical && (fault.begin..<fault.repair).contains($0.pass)
                && $0.until > fault.excusedUntil + Self.keptPasses
        }
    }

    func isFalse(_ alarm: Alarm) -> Bool {
        if let fault, (fault.begin..<fault.excusedUntil).contains(alarm.pass) { return false }
        return !(repairs + outages).contains { $0.contains(alarm.pass) }
    }

    private func found(_ fault: Fault, _ alarms: [Alarm], _ without: [Alarm]) -> KindScore {
        let innocent = Set(without.map(\.key))
        var score = KindScore()
        score.faults = 1
        score.judged = fault.kind.isTwoEnded ? 1 : 0
        let during = alarms.filter {
            (fault.begin..<fault.repair).contains($0.pass) && !innocent.contains($0.key)
        }
        guard let first = during.min(by: { $0.pass < $1.pass }) else { return score }
        score.found = 1
        score.critical = during.contains(where: \.isCritical) ? 1 : 0
        let counted = fault.kind.isLink ? LinkFaults.counted(fault) : fault.begin
        score.delays = [max(0, first.pass - counted)]
        guard fault.kind.isTwoEnded else { return score }
        // What asks for action: the first at the highest severity that it came to.
        let telling =
            during.filter(\.isCritical).min { $0.pass < $1.pass } ?? first
        guard let side = telling.accused else { return score }
        score.accused = 1
        if fault.kind.blame.contains(side) {
            score.right = 1
        } else {
            score.wrong["\(telling.rule) the \(side)", default: 0] += 1
        }
        return score
    }
}
