import Model

/// The rules about what both ends of a cable count: one row for each that needs no more than a sum.
enum CountRules {
    /// One rule.
    struct Rule: Sendable {
        let id: ConditionID
        let ends: [End]
        let counters: [String]
        /// One of what is counted, for people.
        let noun: String
        let plural: String
        /// What the counts say; nil for the catalogue's.
        let pattern: (@Sendable (TwoEnds) -> Attribution.Pattern)?

        init(
            _ id: ConditionID, _ ends: [End], _ counters: [String], _ noun: String,
            plural: String? = nil,
            pattern: (@Sendable (TwoEnds) -> Attribution.Pattern)? = nil
        ) {
            self.id = id
            self.ends = ends
            self.counters = counters
            self.noun = noun
            self.plural = plural ?? noun + "s"
            self.pattern = pattern
        }
    }

    static let all: [Rule] = [
        Rule(
            .localIntegrity, [.local, .peer], ["local_link_integrity_errors"],
            "local link integrity error", pattern: \.arrival),
        Rule(
            .bufferOverrun, [.local, .peer], ["excessive_buffer_overrun_errors"], "buffer overrun"),
        Rule(
            .linkRecovery, [.local, .peer], ["link_error_recovery"], "retrain",
            pattern: { _ in .downOtherUnseen }),
        Rule(
            .remotePhysicalErrors, [.local], ["port_rcv_remote_physical_errors"],
            "packet that was marked as bad before",
            plural: "packets that were marked as bad before",
            pattern: { _ in .markedBefore }),
        Rule(
            .managementDrops, [.local, .peer], ["vl15_dropped", "qp1_dropped"],
            "dropped management packet"),
    ]

    /// What the sums of one cable say.
    static func judge(_ counts: CableCounts, into judgement: inout Judgement) {
        for rule in all {
            if let trigger = trigger(rule, counts) {
                judgement.opinions.append(opinion(rule, trigger, counts))
            } else {
                judgement.note(rule.id, counts, quiet(rule, counts))
            }
        }
    }

    // A few management packets are dropped anywhere: fewer than the limit is clean.
    private static func quiet(_ rule: Rule, _ counts: CableCounts) -> Double? {
        rule.id == .managementDrops
            ? FlowRules.below(rule.id, "warning", rule.ends, rule.counters, counts)
            : counts.quiet(rule.ends, rule.counters)
    }

    // The worst that holds at any end.
    private static func trigger(_ rule: Rule, _ counts: CableCounts) -> CountTrigger? {
        counts.thresholds.triggers(rule.id).first { trigger in
            rule.ends.contains {
                trigger.holds(counts.histories($0, rule.counters), now: counts.now)
            }
        }
    }

    private static func opinion(
        _ rule: Rule, _ trigger: CountTrigger, _ counts: CableCounts
    ) -> Opinion {
        let ends = counts.both(rule.counters, within: trigger.seconds)
        let row = rule.pattern.map { Attribution.row(pattern($0(ends), rule, trigger, counts)) }
        let why = Words.why(
            counts, ends, rule.noun, rule.plural, trigger.seconds,
            row?.because)
        return Opinion(
            counts, rule.id, trigger.severity, ends, why: why, accused: row?.accused)
    }

    // One lane exculpates all that the lanes share; a retrain says nothing of its direction, but
    // errors of the same time do.
    private static func pattern(
        _ pattern: Attribution.Pattern, _ rule: Rule, _ trigger: CountTrigger,
        _ counts: CableCounts
    ) -> Attribution.Pattern {
        guard rule.id == .linkRecovery else { return pattern }
        let errors = counts.both(SignalRules.errors, within: trigger.seconds)
        return (errors.local ?? 0) + (errors.peer ?? 0) > 0 ? errors.arrival : pattern
    }
}

extension Judgement {
    /// Keeps for how long a condition of a cable's counters has been quiet.
    mutating func note(_ id: ConditionID, _ counts: CableCounts, _ seconds: Double?) {
        quiet[IncidentKey(id, counts.subject)] = seconds
    }
}

extension Opinion {
    /// An opinion about a cable from what its ends counted.
    init(
        _ counts: CableCounts, _ id: ConditionID, _ severity: Severity, _ ends: TwoEnds,
        why: String, accused: [Domain]? = nil, evidence: [String] = []
    ) {
        let row = ConditionCatalog.row(id)
        self.init(
            id: id, subject: counts.subject, severity: severity,
            summary: "\(counts.here): \(why)", accused: accused ?? row.accused, grade: ends.grade,
            evidence: evidence,
            action: Words.action(
                row.ladder.step(severity), counts, ends.grade, accused ?? row.accused))
        self.why = why
        serial = counts.cable.report.identity.serial
    }
}

/// Sentences that several rules say.
enum Words {
    /// Says `leaf07 port 12 counted 412 symbol errors in 12 min receiving from us; we counted 0`.
    static func why(
        _ counts: CableCounts, _ ends: TwoEnds, _ noun: String, _ plural: String,
        _ seconds: Double, _ because: String?
    ) -> String {
        let time = counts.window(seconds)
        let ending = because.map { ": \($0)." } ?? "."
        func amount(_ count: UInt64) -> String { Plain.counted(count, noun, plural) }
        switch (ends.local, ends.peer) {
        case (let local?, let peer?) where peer >= local:
            return "\(counts.there) counted \(amount(peer)) in \(time) receiving from us; "
                + "we counted \(local)\(ending)"
        case (let local?, let peer?):
            return "we counted \(amount(local)) in \(time) receiving from \(counts.there), "
                + "which counted \(peer)\(ending)"
        case (let local?, nil):
            return "we counted \(amount(local)) in \(time), and \(counts.there) "
                + "does not tell\(ending)"
        case (nil, let peer?):
            return "\(counts.there) counted \(amount(peer)) in \(time), and this end was not "
                + "read\(ending)"
        case (nil, nil):
            return "\(plural) were counted, and no end can be read now\(ending)"
        }
    }

    /// What to replace, the most likely first, for people.
    static func replacement(_ accused: [Domain]) -> String {
        let parts = accused.compactMap { domain -> String? in
            switch domain {
            case .localPort: "this end's module or HCA"
            case .cable: "the cable"
            case .peerPort: "the far end's module or port"
            case .pciePath: "the HCA's slot or riser"
            default: nil
            }
        }
        guard !parts.isEmpty else {
            return "Drain the node, and have the accused looked at in their order."
        }
        return "Drain the node and replace one at a time, putting back what does not help: "
            + "\(parts.joined(separator: ", then "))."
    }

    /// What to do with a cable, for people.
    static func action(
        _ step: ActionStep, _ counts: CableCounts, _ grade: EvidenceGrade, _ accused: [Domain]
    ) -> String {
        switch step {
        case .none: return "Nothing."
        case .watch: return "Watch it; look at both ends with fabricwatch links."
        case .mendHost: return "Mend what the daemon needs."
        case .correctConfiguration: return "Make the cabling and what is expected agree."
        case .cleanAndReseat:
            return "Clean and reseat the cable at both ends when no job runs, the accused end "
                + "first."
        case .drain:
            return "Drain the node after its job, then look at the parts in the order of the "
                + "accused."
        case .resetGPU: return Remedy.resetGPU.action
        case .reboot: return Remedy.reboot.action
        case .replacePart:
            return grade == .twoEnded
                ? replacement(accused)
                : "Drain the node, clean and reseat; replace nothing before both ends were read."
        case .pageFabricOwner:
            let port = counts.cable.peerIdentity.map {
                " with switch \($0.key.node) port \($0.key.port) (\($0.name))"
            }
            return "Call the owner of the fabric\(port ?? "")."
        }
    }
}
