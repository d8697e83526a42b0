import Model

/// The rule about packets that arrive damaged, and who is to blame by what the switch tells.
enum ReceiveRules {
    private static let errors = ["port_rcv_errors"]
    private static let packets = ["port_rcv_packets"]
    // What PortRcvErrors are made of (IBTA vol 1, 16.1.4.1); HCAs do not tell.
    private static let physical = ["port_local_physical_errors"]
    private static let malformed = ["port_malformed_packet_errors"]
    private static let overrun = ["port_buffer_overrun_errors"]

    /// What damaged packets of one cable say.
    static func judge(_ counts: CableCounts, into judgement: inout Judgement) {
        let id = ConditionID.receiveErrors
        guard let trigger = trigger(counts) else {
            return judgement.note(id, counts, counts.quiet(End.allCases, errors))
        }
        let ends = counts.both(errors, within: trigger.seconds)
        let pattern = pattern(ends, trigger.seconds, counts)
        let row = Attribution.row(pattern)
        let ratios = End.allCases.compactMap { sentence($0, trigger.seconds, counts) }
        var opinion = Opinion(
            counts, id, trigger.severity, ends,
            why: Words.why(
                counts, ends, "damaged packet", "damaged packets", trigger.seconds, row.because),
            accused: row.accused, evidence: details(trigger.seconds, counts) + ratios)
        if let action = action(pattern, trigger.severity) {
            opinion.step = trigger.severity == .critical ? .drain : .watch
            opinion.action = action
        }
        judgement.opinions.append(opinion)
    }

    // MARK: How many

    private static func trigger(_ counts: CableCounts) -> CountTrigger? {
        for name in ["critical", "critical_ratio", "warning"] {
            guard var trigger = counts.thresholds.trigger(.receiveErrors, name) else { continue }
            let ends = End.allCases.filter { end in
                trigger.holds(counts.histories(end, errors), now: counts.now)
                    && (name != "critical_ratio" || isAboveRatio(end, trigger, counts))
            }
            guard !ends.isEmpty else { continue }
            if trigger.severity == .critical, ends.allSatisfy({ isBurst($0, trigger, counts) }) {
                trigger.severity = .warning
            }
            return trigger
        }
        return nil
    }

    private static func isBurst(
        _ end: End, _ trigger: CountTrigger, _ counts: CableCounts
    ) -> Bool {
        let passes = counts.histories(end, errors).reduce(0) {
            $0 + $1.passes(since: counts.now - trigger.seconds)
        }
        return Double(passes) < counts.thresholds.value(.receiveErrors, "critical_passes")
    }

    // Errors and packets of the time for which both were counted.
    private static func share(
        _ end: End, _ seconds: Double, _ counts: CableCounts
    ) -> (errors: UInt64, packets: UInt64)? {
        guard counts.isSeen(end), let packets = counts.histories(end, packets).first,
            let began = packets.began
        else { return nil }
        let since = max(counts.now - seconds, began)
        let received = packets.count(since: since)
        guard received > 0 else { return nil }
        return (
            counts.histories(end, errors).reduce(0) { $0 &+ $1.count(since: since) }, received
        )
    }

    private static func isAboveRatio(
        _ end: End, _ trigger: CountTrigger, _ counts: CableCounts
    ) -> Bool {
        guard let share = share(end, trigger.seconds, counts) else { return false }
        let limit = counts.thresholds.value(.receiveErrors, "critical_ratio")
        return share.errors >= trigger.count
            && Poisson.exceeds(share.errors, mean: limit * Double(share.packets))
    }

    private static func sentence(
        _ end: End, _ seconds: Double, _ counts: CableCounts
    ) -> String? {
        guard let share = share(end, seconds, counts), share.errors > 0 else { return nil }
        let ratio = Double(share.errors) / Double(share.packets)
        return "\(end == .local ? "at this end" : "at the peer"): \(Plain.ratio(ratio)) of "
            + "\(Plain.ratio(Double(share.packets))) packets received"
    }

    // MARK: Which

    private static func kinds(_ seconds: Double, _ counts: CableCounts) -> [UInt64] {
        [physical, malformed, overrun].map { counts.count(.peer, $0, within: seconds) ?? 0 }
    }

    // The kind that most of the far end's are of decides; damage on the wire goes by direction.
    private static func pattern(
        _ ends: TwoEnds, _ seconds: Double, _ counts: CableCounts
    ) -> Attribution.Pattern {
        let arrival = ends.arrival
        guard arrival == .arriveAtPeer || arrival == .arriveAtPeerHereUnseen else {
            return arrival
        }
        let kinds = kinds(seconds, counts)
        let most = kinds.max() ?? 0
        guard most > 0, kinds[0] < most else { return arrival }
        return kinds[1] == most ? .malformedAtPeer : .overrunAtPeer
    }

    private static func details(_ seconds: Double, _ counts: CableCounts) -> [String] {
        let kinds = kinds(seconds, counts)
        guard kinds.contains(where: { $0 > 0 }) else { return [] }
        return [
            "of these the peer counted \(kinds[0]) as damaged on the wire, \(kinds[1]) as "
                + "malformed and \(kinds[2]) as without a buffer"
        ]
    }

    private static func action(
        _ pattern: Attribution.Pattern, _ severity: Severity
    ) -> String? {
        switch pattern {
        case .malformedAtPeer:
            let first = severity == .critical ? "Drain the node and bring" : "Bring"
            return "\(first) the HCA's firmware to the approved version; have the HCA replaced if "
                + "it comes again. Leave the cable alone."
        case .overrunAtPeer:
            return "Compare the firmware of both ends with what is approved, and open a case with "
                + "the vendor. Leave the cable alone."
        default: return nil
        }
    }
}
