import Model

/// The rules about packets that are discarded, refused, sent again, or not taken by the host.
enum FlowRules {
    private static let discards = ["port_xmit_discards"]
    private static let stalls = [
        "outbound_pci_stalled_rd_events", "outbound_pci_stalled_wr_events",
    ]
    private static let overflow = ["outbound_pci_buffer_overflow"]
    private static let retries = [
        "packet_seq_err", "local_ack_timeout_err", "implied_nak_seq_err", "duplicate_request",
    ]
    private static let ended = ["req_transport_retries_exceeded"]
    private static let constraints = ["port_xmit_constraint_errors", "port_rcv_constraint_errors"]
    private static let violations = [
        "mkey_violations", "pkey_violations", "qkey_violations",
    ]
    private static let relays = ["port_rcv_switch_relay_errors"]
    private static let alarms = ["module_high_temp", "module_bad_shorted", "module_bus_stuck"]

    /// What one cable's packets say.
    static func judge(_ counts: CableCounts, into judgement: inout Judgement) {
        discarded(counts, &judgement)
        backpressure(counts, &judgement)
        refused(counts, &judgement)
        retried(counts, &judgement)
        module(counts, &judgement)
    }

    // MARK: Discards

    private static func discarded(_ counts: CableCounts, _ judgement: inout Judgement) {
        let id = ConditionID.transmitDiscards
        let isActive = counts.cable.report.local.link?.isActive == true
        let trigger = counts.thresholds.triggers(id).first { trigger in
            (isActive || trigger.severity < .critical)
                && End.allCases.contains {
                    trigger.holds(counts.histories($0, discards), now: counts.now)
                }
        }
        guard let trigger else {
            // A few are no fault: below the limit is clean.
            judgement.note(id, counts, below(id, "warning", End.allCases, discards, counts))
            return
        }
        let ends = counts.both(discards, within: trigger.seconds)
        let isHere = (ends.local ?? 0) > (ends.peer ?? 0)
        let pattern: Attribution.Pattern =
            isHere ? .discardsTowardsPeer : receiver(counts, trigger.seconds)
        let row = Attribution.row(pattern)
        judgement.opinions.append(
            Opinion(
                counts, id, trigger.severity, ends,
                why: Words.why(
                    counts, ends, "discarded packet", "discarded packets", trigger.seconds, nil
                )
                .replacingWords("receiving from us", "sending to us")
                .dropLast() + ": \(row.because).",
                accused: row.accused))
    }

    // Why the far end cannot get rid of what it has for this node.
    private static func receiver(
        _ counts: CableCounts, _ seconds: Double
    ) -> Attribution.Pattern {
        let stalled = counts.count(.local, stalls + overflow, within: seconds) ?? 0
        if stalled > 0 { return .slowPCIe }
        let unposted = counts.count(.local, ["out_of_buffer"], within: seconds) ?? 0
        return unposted > 0 ? .slowReceiver : .discardsTowardsHere
    }

    // For how long every window was below a limit; the steps must be exact all the same.
    static func below(
        _ id: ConditionID, _ prefix: String, _ ends: [End], _ counters: [String],
        _ counts: CableCounts
    ) -> Double? {
        guard let trigger = counts.thresholds.trigger(id, prefix) else { return nil }
        let clear = counts.thresholds.clearSeconds(id)
        let periods = Int(min(1000, max(1, clear / trigger.window))) + 1
        for end in ends {
            let histories = counts.histories(end, counters)
            guard !histories.isEmpty else { continue }
            guard counts.isSeen(end) else {
                if histories.allSatisfy({ $0.steps.isEmpty }) { continue }
                return nil
            }
            for history in histories {
                guard let exact = history.exactSince, let latest = history.latest,
                    latest - exact >= clear
                else { return nil }
                let windows = history.windows(periods, of: trigger.window, now: counts.now)
                guard windows.allSatisfy({ $0 < trigger.count }) else { return nil }
            }
        }
        return clear
    }

    private static func backpressure(_ counts: CableCounts, _ judgement: inout Judgement) {
        let id = ConditionID.hostBackpressure
        guard let trigger = counts.thresholds.trigger(id, "warning") else { return }
        let own = windows(.local, stalls, trigger, counts)
        let lost = windows(.local, overflow, trigger, counts)
        let far = windows(.peer, discards + ["port_xmit_wait"], trigger, counts)
        let bad = own.indices.filter { (own[$0] >= trigger.count || lost[$0] > 0) && far[$0] > 0 }
        guard bad.count >= trigger.of else {
            judgement.note(
                id, counts,
                bad.isEmpty ? below(id, "warning", [.local], stalls + overflow, counts) : nil)
            return
        }
        let row = Attribution.row(.slowPCIe)
        let (seconds, dropped) = (own.reduce(0, +), lost.reduce(0, +))
        let ends = TwoEnds(
            local: seconds, peer: counts.count(.peer, discards, within: trigger.seconds))
        judgement.opinions.append(
            Opinion(
                counts, id, .warning, ends,
                why: "the HCA waited for PCIe in \(Plain.counted(seconds, "second")) of the latest "
                    + "\(counts.window(trigger.seconds)) and dropped "
                    + "\(Plain.counted(dropped, "packet")) for it, while \(counts.there) had to "
                    + "wait or discard: \(row.because).",
                accused: row.accused))
    }

    private static func windows(
        _ end: End, _ counters: [String], _ trigger: CountTrigger, _ counts: CableCounts
    ) -> [UInt64] {
        var sums = [UInt64](repeating: 0, count: trigger.periods)
        for history in counts.histories(end, counters) {
            let values = history.windows(trigger.periods, of: trigger.window, now: counts.now)
            for (index, value) in values.enumerated() {
                sums[index] += min(value, .max - sums[index])
            }
        }
        return sums
    }

    // MARK: Routing and partitions

    private static func refused(_ counts: CableCounts, _ judgement: inout Judgement) {
        let id = ConditionID.routingOrKey
        let rules = [
            ("warning", constraints, "packet refused for its partition"),
            ("key", violations, "packet with a bad key"),
            ("relay", relays, "packet that the switch could not route"),
        ]
        for (prefix, counters, noun) in rules {
            guard let trigger = counts.thresholds.trigger(id, prefix),
                End.allCases.contains(where: {
                    trigger.holds(counts.histories($0, counters), now: counts.now)
                })
            else { continue }
            let ends = counts.both(counters, within: trigger.seconds)
            let words = noun.replacingWords("packet", "packets")
            let row =
                counters == relays
                ? route(trigger.seconds, counts)
                : counters == violations ? Attribution.row(.wrongKey) : nil
            judgement.opinions.append(
                Opinion(
                    counts, id, .warning, ends,
                    why: Words.why(counts, ends, noun, words, trigger.seconds, row?.because)
                        .replacingWords(" receiving from us", ""),
                    accused: row?.accused, evidence: keys(counters, trigger.seconds, counts)))
            return
        }
        guard let quiet = counts.quiet(End.allCases, constraints + violations),
            below(id, "relay", End.allCases, relays, counts) != nil
                || counts.histories(.peer, relays).isEmpty
        else { return judgement.note(id, counts, nil) }
        judgement.note(id, counts, quiet)
    }

    // Which keys were bad.
    private static func keys(
        _ counters: [String], _ seconds: Double, _ counts: CableCounts
    ) -> [String] {
        guard counters == violations else { return [] }
        return counters.compactMap { name in
            counts.count(.local, [name], within: seconds).map { "\(name): \($0)" }
        }
    }

    // Why the switch could not send packets on; nil where it does not tell (IBTA vol 1, 16.1.4.1).
    private static func route(_ seconds: Double, _ counts: CableCounts) -> Attribution? {
        let lost = ["port_dlid_mapping_errors", "port_vl_mapping_errors"]
        let unmapped = counts.count(.peer, lost, within: seconds) ?? 0
        let looped = counts.count(.peer, ["port_looping_errors"], within: seconds) ?? 0
        guard unmapped + looped > 0 else { return nil }
        return Attribution.row(unmapped >= looped ? .unroutable : .looping)
    }

    // MARK: Transport

    private static func retried(_ counts: CableCounts, _ judgement: inout Judgement) {
        let id = ConditionID.retryStorm
        if let opinion = connectionsEnded(counts, judgement) ?? manyRetries(counts) {
            judgement.opinions.append(opinion)
            return
        }
        let quiet = counts.quiet([.local], ended)
        let few = below(id, "warning", [.local], retries, counts)
        judgement.note(id, counts, few == nil ? nil : quiet)
    }

    // What loses packets for longer than retries last; good links have single errors as well.
    private static let lasting = ["link_downed", "link_error_recovery"]
    private static let signals: Set<ConditionID> = [
        .symbolErrorsElevated, .symbolErrorsHigh, .fecUncorrectable, .receiveErrors,
        .localIntegrity, .bufferOverrun,
    ]

    private static func connectionsEnded(
        _ counts: CableCounts, _ judgement: Judgement
    ) -> Opinion? {
        guard let trigger = counts.thresholds.trigger(.retryStorm, "critical"),
            let count = counts.count(.local, ended, within: trigger.seconds),
            count >= trigger.count
        else { return nil }
        let physical = causes(SignalRules.errors + lasting + ["port_rcv_errors"], trigger, counts)
        let interrupted = causes(lasting, trigger, counts)
        guard (physical.local ?? 0) + (physical.peer ?? 0) > 0,
            (interrupted.local ?? 0) + (interrupted.peer ?? 0) > 0
                || judgement.opinions.contains(where: {
                    // Eight tries do not fail by what is only worth a look.
                    signals.contains($0.id) && $0.subject.key == counts.subject.key
                        && $0.severity == .critical
                })
        else { return nil }
        let row = Attribution.row(physical.arrival)
        return Opinion(
            counts, .retryStorm, .critical, physical,
            why: "\(Plain.counted(count, "queue pair")) ended because nothing was acknowledged, "
                + "while this end counted \(physical.local ?? 0) and \(counts.there) "
                + "\(physical.peer ?? 0) errors of the link: \(row.because).",
            accused: row.accused)
    }

    // What both ends counted around the latest time that a queue pair ended.
    private static func causes(
        _ counters: [String], _ trigger: CountTrigger, _ counts: CableCounts
    ) -> TwoEnds {
        let times = counts.histories(.local, ended).compactMap { $0.steps.last?.time }
        guard let time = times.max() else { return TwoEnds(local: nil, peer: nil) }
        let since = time - counts.thresholds.value(.retryStorm, "cause_before")
        let until = time + counts.thresholds.value(.retryStorm, "cause_behind")
        func count(_ end: End) -> UInt64? {
            guard counts.isSeen(end) else { return nil }
            return counts.histories(end, counters).reduce(0) {
                let value = $1.count(since: since) - $1.count(since: until)
                return $0 + min(value, .max - $0)
            }
        }
        return TwoEnds(local: count(.local), peer: count(.peer))
    }

    private static func manyRetries(_ counts: CableCounts) -> Opinion? {
        guard let trigger = counts.thresholds.trigger(.retryStorm, "warning"),
            counts.isSeen(.local)
        else { return nil }
        let again = windows(.local, retries, trigger, counts)
        let sent = windows(.local, ["port_xmit_packets"], trigger, counts)
        let ratio = counts.thresholds.value(.retryStorm, "ratio")
        let bad = again.indices.filter {
            again[$0] >= trigger.count && Double(again[$0]) > ratio * Double(sent[$0])
        }
        guard bad.count >= trigger.of else { return nil }
        let (count, packets) = (again.reduce(0, +), sent.reduce(0, +))
        let share = packets > 0 ? Plain.ratio(Double(count) / Double(packets)) : "all"
        return Opinion(
            counts, .retryStorm, .warning, TwoEnds(local: count, peer: nil),
            why: "\(Plain.counted(count, "retry", "retries")) in "
                + "\(counts.window(trigger.seconds)), \(share) of the packets sent, and no link "
                + "of this node need be the cause: the fabric, or the node that is talked to.",
            accused: [.fabric, .remoteNode])
    }

    // MARK: Modules

    private static let moduleKinds: Set<NodeEvent.Kind> = [
        .portModule, .hcaTemperature, .hcaPower,
    ]

    // The status of a module that has an error (kernel mlx5 events.c).
    private static let moduleError: UInt32 = 3

    private static func module(_ counts: CableCounts, _ judgement: inout Judgement) {
        let id = ConditionID.moduleAlarm
        guard let trigger = counts.thresholds.trigger(id, "critical") else { return }
        let report = counts.cable.report
        // That a module was plugged or unplugged is no alarm.
        let told = counts.evidence.events.filter {
            moduleKinds.contains($0.kind) && $0.isOf(report) && $0.ageSeconds < trigger.seconds
                && ($0.kind != .portModule || $0.number == moduleError)
        }
        let counted = trigger.sum(counts.histories(.local, alarms), now: counts.now)
        let total = counted + told.reduce(0) { $0 + $1.count }
        guard total >= trigger.count else {
            let quiet = counts.quiet([.local], alarms)
            judgement.note(
                id, counts,
                told.isEmpty && counts.histories(.local, alarms).isEmpty
                    ? counts.thresholds.clearSeconds(id) : quiet)
            return
        }
        let names = alarms.filter {
            trigger.sum(counts.histories(.local, [$0]), now: counts.now) > 0
        }
        judgement.opinions.append(
            Opinion(
                counts, id, .critical, TwoEnds(local: total, peer: nil),
                why: "\(Plain.counted(total, "alarm")) of the module in "
                    + "\(counts.window(trigger.seconds))"
                    + (names.isEmpty ? "." : ": \(names.joined(separator: ", "))."),
                evidence: told.suffix(5).map(\.line)))
    }
}

extension StringProtocol {
    /// The text with the first occurrence of some words replaced.
    func replacingWords(_ old: String, _ new: String) -> String {
        var text = String(self)
        if let range = text.firstRange(of: old) { text.replaceSubrange(range, with: new) }
        return text
    }
}
