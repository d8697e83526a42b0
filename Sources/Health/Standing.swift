package import Model

/// A condition that holds, since when and how bad by now.
package struct Finding: Hashable, Sendable {
    /// What the rule found.
    package var opinion: Opinion
    /// Since when it is there without having been over.
    package var since: Moment
    /// A name for the incident that a path can end with.
    package var incident: String
    /// The severity by now; INFO during maintenance.
    package var severity: Severity
    /// The severity by now without regard to maintenance.
    package var found: Severity
    /// For how many seconds it has not been so, watched until it is over; nil while it holds.
    package var clearingSeconds: Double?
    /// Who has taken notice; nil when nobody has.
    package var acknowledgement: Acknowledgement?
    /// Whether they have taken notice of it as bad as it is by now.
    package var isNoticed: Bool
    /// The work that it falls into; nil when none does.
    package var maintenance: Maintenance?

    /// The next step as a word; a part is only replaced at CRITICAL on evidence from both ends.
    package var step: ActionStep {
        let ladder = ConditionCatalog.row(opinion.id).ladder
        if opinion.explainedBy != nil { return .none }
        let step = opinion.step ?? ladder.step(severity)
        guard step == .replacePart else { return step }
        let isProven = opinion.grade == .twoEnded || !Self.hasTwoEnds.contains(opinion.id)
        return severity == .critical && isProven ? step : .cleanAndReseat
    }

    // What happens inside a GPU has one end.
    private static let hasTwoEnds = Set(ConditionID.allCases).subtracting([.gpuMemoryDegraded])

    /// One sentence for an operator.
    package var summary: String {
        guard let clearingSeconds else { return opinion.summary }
        return "Not so for \(Plain.about(clearingSeconds)), and watched on: \(opinion.summary)"
    }
}

/// What holds: the memory between one judgement and the next.
package struct Standing: Hashable, Sendable {
    // A part that is not seen at all any more cannot be cleared; after a day it is let go.
    private static let unseenSeconds = 86_400.0
    // How often what nobody has taken notice of is told again.
    private static let reminderSeconds = 86_400.0

    /// The incidents, raised or not yet.
    package internal(set) var incidents: [IncidentKey: Incident] = [:]
    /// The work that is announced: it is going on or to come.
    package internal(set) var maintenance: [Maintenance] = []
    private var transitions: [Transition] = []
    // The work that ended by its time and was not told of yet.
    private(set) var ended: [Maintenance] = []

    /// Nothing holds yet.
    package init() {}

    /// Takes in the opinions of one moment, where what is not among them is seen not to be so, and
    /// returns what holds, the worst first.
    package mutating func update(_ opinions: [Opinion], now: Moment) -> [Finding] {
        var judgement = Judgement(opinions: opinions)
        for incident in incidents.values {
            if let key = incident.opinion.subject.key { judgement.observed.insert(key) }
            judgement.quiet[
                IncidentKey(incident.opinion.id, incident.opinion.subject)] = .infinity
        }
        return update(judgement, now: now)
    }

    /// Takes in what the rules found at one moment and returns what holds, the worst first.
    package mutating func update(
        _ judgement: Judgement, now: Moment, thresholds: Thresholds = .defaults
    ) -> [Finding] {
        ended += maintenance.filter { now.wallMilliseconds >= $0.endsWallMilliseconds }
        maintenance.removeAll { now.wallMilliseconds >= $0.endsWallMilliseconds }
        var findings: [Finding] = []
        var held: Set<IncidentKey> = []
        for opinion in judgement.opinions {
            let key = IncidentKey(opinion.id, opinion.subject)
            // Two opinions of one incident are told as two, and remembered as one.
            let incident = take(
                opinion, key, isFirst: held.insert(key).inserted, now: now, thresholds)
            if incident.isRaised { findings.append(finding(incident, opinion, now)) }
        }
        let others = incidents.filter { !held.contains($0.key) }
        for (key, incident) in others.sorted(by: {
            ($0.key.part, $0.key.id.rawValue) < ($1.key.part, $1.key.id.rawValue)
        }) {
            guard var left = clear(incident, key, judgement, now: now, thresholds) else {
                incidents[key] = nil
                continue
            }
            follow(&left, now)
            incidents[key] = left
            if left.isRaised { findings.append(finding(left, left.opinion, now)) }
        }
        return Self.sorted(findings)
    }

    // The worst first; what another condition explains behind what stands for itself.
    static func sorted(_ findings: [Finding]) -> [Finding] {
        findings.enumerated().sorted { left, right in
            if left.element.severity != right.element.severity {
                return left.element.severity > right.element.severity
            }
            let isExplained = (
                left.element.opinion.explainedBy != nil, right.element.opinion.explainedBy != nil
            )
            if isExplained.0 != isExplained.1 { return isExplained.1 }
            return left.offset < right.offset
        }.map(\.element)
    }

    private func finding(_ incident: Incident, _ opinion: Opinion, _ now: Moment) -> Finding {
        let work = work(on: opinion.subject, at: now)
        return Finding(
            opinion: opinion, since: incident.since,
            incident: IncidentKey(opinion.id, opinion.subject).id(since: incident.since),
            severity: Self.shown(incident.severity, work), found: incident.severity,
            clearingSeconds: incident.cleanSince.map { now.seconds(since: $0) },
            acknowledgement: incident.acknowledgement, isNoticed: incident.isNoticed,
            maintenance: work)
    }

    // MARK: What holds

    private mutating func take(
        _ opinion: Opinion, _ key: IncidentKey, isFirst: Bool, now: Moment,
        _ thresholds: Thresholds
    ) -> Incident {
        guard var incident = incidents[key] else {
            let wait = opinion.raiseSeconds(thresholds)
            var incident = Incident(
                opinion: opinion, since: now, isRaised: wait <= 0, severity: opinion.severity,
                counting: now, cleanSince: nil, seen: now, acknowledgement: nil, told: now,
                shown: .pass, worst: .pass)
            if incident.isRaised { raise(&incident, now) }
            incidents[key] = incident
            return incident
        }
        let before = incident
        // What comes back while it is watched goes on with the same incident, and takes its time
        // to get worse anew.
        if incident.cleanSince != nil { incident.counting = now }
        if opinion.isCapped { incident.counting = now }
        incident.cleanSince = nil
        incident.seen = now
        let severity = Self.severity(
            opinion, holdingFor: now.seconds(since: incident.counting), thresholds)
        incident.severity =
            opinion.isCapped || !isFirst
            ? severity : max(incident.severity.capped(before.opinion), severity)
        if isFirst { incident.opinion = opinion }
        if !incident.isRaised {
            incident.isRaised =
                now.seconds(since: incident.since) >= opinion.raiseSeconds(thresholds)
            incident.severity = severity
            if incident.isRaised { raise(&incident, now) }
        } else if isFirst {
            compare(&incident, before, now)
        }
        if isFirst { incidents[key] = incident }
        return incident
    }

    private mutating func compare(_ incident: inout Incident, _ before: Incident, _ now: Moment) {
        if before.opinion.explainedBy != nil, incident.opinion.explainedBy == nil {
            raise(&incident, now)
        } else if !follow(&incident, now), incident.shown >= .warning, !incident.isNoticed,
            now.seconds(since: incident.told) >= Self.reminderSeconds
        {
            tell(.reminded, &incident, now, incident.opinion.reason)
        }
    }

    private mutating func raise(_ incident: inout Incident, _ now: Moment) {
        incident.shown = Self.shown(
            incident.severity, work(on: incident.opinion.subject, at: now))
        tell(.raised, &incident, now, incident.opinion.reason)
    }

    // Tells of what made it worse or excuses it, be it the condition itself or work on the part.
    @discardableResult
    private mutating func follow(_ incident: inout Incident, _ now: Moment) -> Bool {
        guard incident.isRaised else { return false }
        let (before, work) = (incident.shown, work(on: incident.opinion.subject, at: now))
        incident.shown = Self.shown(incident.severity, work)
        guard incident.shown != before else { return false }
        let reason = incident.opinion.reason
        if incident.shown > before {
            tell(.escalated, &incident, now, reason)
        } else {
            tell(.eased, &incident, now, work.map { "\($0.sentence): \(reason)" } ?? reason)
        }
        return true
    }

    private static func severity(
        _ opinion: Opinion, holdingFor seconds: Double, _ thresholds: Thresholds
    ) -> Severity {
        guard !opinion.isCapped,
            let escalation = ConditionCatalog.row(opinion.id).escalation(thresholds),
            seconds >= escalation.afterSeconds
        else { return opinion.severity }
        return max(opinion.severity, escalation.severity)
    }

    // MARK: What is over

    // What is left of an incident that does not hold at this moment; nil when it is over.
    private mutating func clear(
        _ incident: Incident, _ key: IncidentKey, _ judgement: Judgement, now: Moment,
        _ thresholds: Thresholds
    ) -> Incident? {
        var incident = incident
        guard incident.isRaised else { return nil }
        let opinion = incident.opinion
        let needed = thresholds.clearSeconds(opinion.id)
        if Judgement.counted.contains(opinion.id) {
            // The counters say for how long they have been quiet.
            guard let quiet = judgement.quiet[key] else { return unseen(incident, now) }
            incident.seen = now
            if quiet >= needed {
                return end(incident, now, "no more for \(Plain.about(min(quiet, 1e9)))")
            }
            return incident
        }
        guard needed > 0 || Judgement.told.contains(opinion.id) else {
            return end(incident, now, "it is not so any more")
        }
        let isIdle = opinion.loadSeconds != nil && judgement.idle.contains(key)
        guard !isIdle, judgement.observes(opinion.id, opinion.subject) else {
            incident.cleanSince = nil
            return unseen(incident, now)
        }
        incident.seen = now
        let clean = incident.cleanSince ?? now
        incident.cleanSince = clean
        let seconds = now.seconds(since: clean)
        guard seconds >= needed else { return incident }
        return end(
            incident, now,
            needed > 0 ? "not so for \(Plain.about(seconds))" : "it is not so any more")
    }

    private mutating func unseen(_ incident: Incident, _ now: Moment) -> Incident? {
        let seconds = now.seconds(since: incident.seen)
        guard seconds >= Self.unseenSeconds else { return incident }
        return end(incident, now, "the part has not been seen for \(Plain.about(seconds))")
    }

    private mutating func end(_ incident: Incident, _ now: Moment, _ reason: String) -> Incident? {
        var incident = incident
        tell(.resolved, &incident, now, "\(reason): \(incident.opinion.summary)")
        return nil
    }

    private mutating func tell(
        _ kind: Transition.Kind, _ incident: inout Incident, _ now: Moment, _ reason: String
    ) {
        incident.told = now
        // What another condition explains is told with that.
        guard incident.opinion.explainedBy == nil else { return }
        transitions.append(
            Transition(
                kind: kind, id: incident.opinion.id, subject: incident.opinion.subject,
                severity: incident.shown, worst: incident.worst, moment: now, reason: reason,
                serial: incident.opinion.serial))
        if incident.shown == .warning || incident.shown == .critical {
            incident.worst = max(incident.worst, incident.shown)
        }
    }
}

extension Standing {
    /// The changes since this was last asked, in the order in which they happened.
    package mutating func takeTransitions() -> [Transition] {
        defer { transitions = [] }
        return transitions
    }

    /// The work that ended by its time since this was last asked.
    package mutating func takeEndedMaintenance() -> [Maintenance] {
        defer { ended = [] }
        return ended
    }
}

extension Judgement {
    /// What a part says of itself: it ends when the part says so, and not when it cannot be read.
    static let told: Set<ConditionID> = [.gpuRecoveryNeeded]

    /// The conditions of counters, which end when every end that counts has been quiet.
    static let counted: Set<ConditionID> = [
        .linkFlap, .linkRecovery, .symbolErrorsElevated, .symbolErrorsHigh, .fecUncorrectable,
        .receiveErrors, .localIntegrity, .bufferOverrun, .moduleAlarm, .remotePhysicalErrors,
        .transmitDiscards, .hostBackpressure, .routingOrKey, .addressChanged, .managementDrops,
        .retryStorm, .counterReset,
        .fecMarginLow, .silentDropSuspect, .pcieErrors, .gpuMemoryDegraded, .nvlinkErrors,
    ]
}

extension Opinion {
    /// Why it was raised.
    var reason: String { summary }

    /// For how long it has to hold before it is raised.
    func raiseSeconds(_ thresholds: Thresholds) -> Double {
        loadSeconds ?? thresholds.known(id, "raise_after") ?? 0
    }
}

extension Severity {
    // What was capped begins anew when the cap is gone.
    fileprivate func capped(_ opinion: Opinion) -> Severity { opinion.isCapped ? .pass : self }
}
