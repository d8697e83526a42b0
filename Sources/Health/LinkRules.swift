import Model

/// The rules about links that come and go, and about their address.
enum LinkRules {
    private static let downs = ["link_downed"]
    private static let kinds: Set<NodeEvent.Kind> = [.linkDown, .linkFlap]

    /// What one cable's link did lately.
    static func judge(_ counts: CableCounts, into judgement: inout Judgement) {
        flap(counts, &judgement)
        address(counts, &judgement)
        if let lost = managerLost(counts) { judgement.opinions.append(lost) }
        resets(counts, &judgement)
    }

    // MARK: Flaps

    private static func flap(_ counts: CableCounts, _ judgement: inout Judgement) {
        let id = ConditionID.linkFlap
        let told = events(counts)
        let trigger = counts.thresholds.triggers(id).first { trigger in
            End.allCases.contains {
                trigger.holds(counts.histories($0, downs), now: counts.now)
            } || times(told, within: trigger.seconds) >= trigger.count
        }
        guard let trigger else {
            let clear = counts.thresholds.clearSeconds(id)
            let quiet = told.isEmpty ? counts.quiet(End.allCases, downs) : nil
            judgement.note(id, counts, times(told, within: clear) == 0 ? quiet : nil)
            return
        }
        let ends = counts.both(downs, within: trigger.seconds)
        let row = Attribution.row(ends.descent)
        let itself = times(told, within: trigger.seconds)
        let most = max(ends.local ?? 0, ends.peer ?? 0, itself)
        let why =
            "the link went down \(most) times in \(counts.window(trigger.seconds)): "
            + "\(counts.there) counted \(ends.peer.map { "\($0)" } ?? "nobody knows how many"), "
            + "we counted \(max(ends.local ?? 0, itself)): \(row.because)."
        judgement.opinions.append(
            Opinion(
                counts, id, trigger.severity, ends, why: why, accused: row.accused,
                evidence: told.suffix(5).map(\.line)))
    }

    // What the port told itself, the time after a boot left out.
    private static func events(_ counts: CableCounts) -> [PortEvent] {
        let report = counts.cable.report
        let grace = counts.thresholds.value(.linkDown, "boot_grace")
        let uptime = Double(counts.evidence.now.boottimeNanoseconds) / 1e9
        return counts.evidence.events.filter { event in
            kinds.contains(event.kind) && event.port == UInt16(report.key.port)
                && event.isOf(report) && event.ageSeconds < uptime - grace
        }
    }

    private static func times(_ events: [PortEvent], within seconds: Double) -> UInt64 {
        events.filter { $0.ageSeconds < seconds }.reduce(0) { $0 + $1.count }
    }

    // MARK: The subnet manager

    private static func address(_ counts: CableCounts, _ judgement: inout Judgement) {
        let id = ConditionID.addressChanged
        guard let history = counts.history(.local, .addressChanges) else { return }
        let trigger = counts.thresholds.triggers(id).first {
            $0.holds([history], now: counts.now)
        }
        guard let trigger else {
            judgement.note(id, counts, counts.isSeen(.local) ? history.quietSeconds : nil)
            return
        }
        let changes = trigger.sum([history], now: counts.now)
        let link = counts.cable.report.local.link
        let why =
            "LID or subnet manager changed \(changes == 1 ? "once" : "\(changes) times") in "
            + "\(counts.window(trigger.seconds))"
            + (link.map { "; now LID \($0.lid), manager's LID \($0.smLID)." } ?? ".")
        judgement.opinions.append(
            Opinion(
                counts, id, trigger.severity, TwoEnds(local: changes, peer: nil), why: why))
    }

    private static func managerLost(_ counts: CableCounts) -> Opinion? {
        guard counts.isSeen(.local), let link = counts.cable.report.local.link else { return nil }
        let why: String
        switch PortState(rawValue: link.state) {
        case .initialize, .armed:
            guard link.physicalState == PhysicalState.linkUp.rawValue else { return nil }
            why = "the link is up and stays \(link.stateName): no subnet manager activates it."
        case .active where link.smLID == 0 || link.smLID == 0xFFFF:
            why = "the port is active and its subnet manager's LID is \(link.smLID)."
        default: return nil
        }
        var opinion = Opinion(
            counts, .subnetManagerLost, .critical, TwoEnds(local: 1, peer: nil), why: why,
            evidence: ["PortState \(link.stateName)", "MasterSMLID \(link.smLID)"])
        opinion.summary = "\(counts.here): \(why)"
        return opinion
    }

    // MARK: Clears by others

    private static func resets(_ counts: CableCounts, _ judgement: inout Judgement) {
        let id = ConditionID.counterReset
        for end in End.allCases {
            var subject = counts.subject
            subject.end = end.rawValue
            guard let history = counts.history(end, .clears) else { continue }
            let key = IncidentKey(id, subject)
            let trigger = counts.thresholds.triggers(id).first {
                $0.holds([history], now: counts.now)
            }
            guard let trigger else {
                judgement.quiet[key] = counts.isSeen(end) ? history.quietSeconds : nil
                continue
            }
            let times = trigger.sum([history], now: counts.now)
            let place = end == .local ? counts.here : counts.there
            var opinion = Opinion(
                counts, id, trigger.severity,
                end == .local ? TwoEnds(local: times, peer: nil) : TwoEnds(local: nil, peer: times),
                why: "counters of \(place) were cleared "
                    + "\(times == 1 ? "once" : "\(times) times") in "
                    + "\(counts.window(trigger.seconds)) by somebody else.")
            opinion.subject = subject
            opinion.action =
                "Find who clears them: OpenSM's perfmgr, UFM, cron jobs with perfquery -R; "
                + "everybody's deltas suffer."
            judgement.opinions.append(opinion)
        }
    }
}

extension PortEvent {
    /// Whether it is about a device of this node, by the kernel's name or its address.
    func isOf(_ report: PortReport) -> Bool {
        switch device {
        case .named(let name): name == report.device
        case .pci(let address): address == report.identity.address
        }
    }
}
