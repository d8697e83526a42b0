import Model

/// The rules about errors on the wire, by direction.
enum SignalRules {
    /// What counts as an error of the signal.
    static let errors = ["symbol_error", "port_fec_uncorrectable"]
    private static let symbols = ["symbol_error"]

    /// What the signal of one cable says.
    static func judge(_ counts: CableCounts, into judgement: inout Judgement) {
        symbolErrors(counts, &judgement)
        fec(counts, &judgement)
    }

    // MARK: Symbol errors

    private struct Limits {
        let elevated: Double
        let high: Double
        let window: Double
        // Nil without FEC, where single errors are normal.
        let longSeconds: Double?

        init(_ counts: CableCounts) {
            let thresholds = counts.thresholds
            let hasFEC = counts.hasFEC
            let name = hasFEC ? "ratio" : "ratio_no_fec"
            elevated = thresholds.value(.symbolErrorsElevated, name)
            high = thresholds.value(.symbolErrorsHigh, name)
            window = thresholds.value(.symbolErrorsElevated, "window")
            let rate = counts.bitsPerSecond
            let expected = thresholds.value(.symbolErrorsElevated, "long_count")
            let long = expected / (thresholds.value(.symbolErrorsElevated, "long_ratio") * rate)
            longSeconds = hasFEC && rate > 0 && long.isFinite ? min(long, 86_400) : nil
        }
    }

    private static func symbolErrors(_ counts: CableCounts, _ judgement: inout Judgement) {
        let limits = Limits(counts)
        let high = End.allCases.contains { isHigh($0, counts, limits) }
        let elevated = End.allCases.filter { isElevated($0, counts, limits) }
        if high {
            judgement.opinions.append(
                opinion(.symbolErrorsHigh, limits.window, counts, limits))
        }
        if !elevated.isEmpty {
            let isShort = elevated.contains { isAbove(limits.elevated, $0, counts, limits) }
            var opinion = opinion(
                .symbolErrorsElevated, isShort ? limits.window : limits.longSeconds ?? 0, counts,
                limits)
            if high { opinion.explainedBy = .symbolErrorsHigh }
            judgement.opinions.append(opinion)
        }
        // What proves the ratio ends it; where single errors are normal, a day of the window.
        let quiet = counts.quiet(End.allCases, symbols)
        let needed = limits.longSeconds ?? 10 * limits.window
        if elevated.isEmpty, let quiet, quiet >= needed {
            judgement.note(.symbolErrorsElevated, counts, quiet)
        }
        if !high, let quiet, quiet >= 2 * needed {
            judgement.note(.symbolErrorsHigh, counts, quiet)
        }
    }

    private static func isAbove(
        _ limit: Double, _ end: End, _ counts: CableCounts, _ limits: Limits
    ) -> Bool {
        guard let count = counts.count(end, symbols, within: limits.window), count > 0 else {
            return false
        }
        // A burst soon after the start, or after the link came up, is no ratio of the window yet.
        let bits = max(
            counts.bits(end, within: limits.window), counts.bitsPerSecond * limits.window)
        return BitErrors(count: count, bits: bits).exceeds(limit)
    }

    private static func isElevated(
        _ end: End, _ counts: CableCounts, _ limits: Limits
    ) -> Bool {
        if isAbove(limits.elevated, end, counts, limits) { return true }
        guard let long = limits.longSeconds, counts.isSeen(end) else { return false }
        let since = counts.now - long
        let histories = counts.histories(end, symbols)
        let sum = histories.reduce(UInt64(0)) { $0 &+ $1.count(since: since) }
        let passes = histories.reduce(0) { $0 + $1.passes(since: since) }
        return Double(sum) >= counts.thresholds.value(.symbolErrorsElevated, "long_count")
            && Double(passes) >= counts.thresholds.value(.symbolErrorsElevated, "long_passes")
    }

    private static func isHigh(_ end: End, _ counts: CableCounts, _ limits: Limits) -> Bool {
        if isAbove(limits.high, end, counts, limits) { return true }
        let thresholds = counts.thresholds
        let periods = Int(thresholds.value(.symbolErrorsHigh, "elevated_periods"))
        let needed = Int(thresholds.value(.symbolErrorsHigh, "elevated_of"))
        guard periods > 1, counts.isSeen(end), let history = counts.histories(end, symbols).first
        else { return false }
        let bits = counts.bitsPerSecond * limits.window
        let above = history.windows(periods, of: limits.window, now: counts.now).count {
            BitErrors(count: $0, bits: bits).exceeds(limits.elevated)
        }
        return above >= needed
    }

    private static func opinion(
        _ id: ConditionID, _ seconds: Double, _ counts: CableCounts, _ limits: Limits
    ) -> Opinion {
        let ends = counts.both(symbols, within: seconds)
        let pattern = lane(ends, seconds, counts) ?? ends.arrival
        let row = Attribution.row(pattern)
        let why = Words.why(
            counts, ends, "symbol error", "symbol errors", seconds, row.because)
        let proofs = [("at this end", End.local, ends.local), ("at the peer", .peer, ends.peer)]
        return Opinion(
            counts, id, ConditionCatalog.row(id).severity, ends, why: why, accused: row.accused,
            evidence: proofs.compactMap { place, end, count in
                guard let count else { return nil }
                let errors = BitErrors(count: count, bits: counts.bits(end, within: seconds))
                return "\(place): \(errors.sentence)"
            } + ["the limit is \(Plain.ratio(limit(id, limits)))"])
    }

    private static func limit(_ id: ConditionID, _ limits: Limits) -> Double {
        id == .symbolErrorsHigh ? limits.high : limits.elevated
    }

    // Whether all block errors of the only end that has any are of one lane.
    private static func lane(
        _ ends: TwoEnds, _ seconds: Double, _ counts: CableCounts
    ) -> Attribution.Pattern? {
        let end: End
        switch ends.arrival {
        case .arriveAtPeer: end = .peer
        case .arriveHere: end = .local
        default: return nil
        }
        let lanes = (0...11).map {
            counts.count(
                end, ["error_detection_lane_\($0)", "fec_uncorrectable_lane_\($0)"],
                within: seconds) ?? 0
        }
        guard lanes.count(where: { $0 > 0 }) == 1,
            (counts.cable.report.local.link?.widthLanes ?? 0) > 1
        else { return nil }
        return end == .peer ? .oneLaneAtPeer : .oneLaneHere
    }

    // MARK: FEC

    private static func fec(_ counts: CableCounts, _ judgement: inout Judgement) {
        let id = ConditionID.fecUncorrectable
        let blocks = ["port_fec_uncorrectable"]
        guard let trigger = fecTrigger(counts, blocks) else {
            judgement.note(id, counts, counts.quiet(End.allCases, blocks))
            return
        }
        // HCAs do not tell of blocks, but of the symbol errors that blocks leave.
        let ends = TwoEnds(
            local: uncorrected(.local, blocks, counts, trigger.seconds),
            peer: uncorrected(.peer, blocks, counts, trigger.seconds))
        let row = Attribution.row(ends.arrival)
        let lost = counts.both(["port_rcv_errors"], within: trigger.seconds)
        let isLost = (lost.local ?? 0) + (lost.peer ?? 0) > 0
        judgement.opinions.append(
            Opinion(
                counts, id, trigger.severity, ends,
                why: Words.why(
                    counts, ends, "error that FEC could not correct",
                    "errors that FEC could not correct", trigger.seconds, row.because),
                accused: row.accused,
                evidence: [
                    isLost
                        ? "packets were damaged meanwhile"
                        : "no packet was damaged meanwhile: link-level retry made up for it"
                ]))
    }

    private static func uncorrected(
        _ end: End, _ blocks: [String], _ counts: CableCounts, _ seconds: Double
    ) -> UInt64? {
        [blocks, symbols].compactMap { counts.count(end, $0, within: seconds) }.max()
    }

    private static func fecTrigger(_ counts: CableCounts, _ blocks: [String]) -> CountTrigger? {
        let id = ConditionID.fecUncorrectable
        let now = counts.now
        for trigger in counts.thresholds.triggers(id, ["critical", "warning"]) {
            for end in End.allCases {
                let histories = counts.histories(end, blocks)
                guard trigger.holds(histories, now: now) else { continue }
                if trigger.severity == .critical {
                    let lost = counts.count(end, ["port_rcv_errors"], within: trigger.seconds)
                    if (lost ?? 0) > 0 { return trigger }
                } else {
                    let passes = histories.reduce(0) {
                        $0 + $1.passes(since: now - trigger.seconds)
                    }
                    if Double(passes) >= counts.thresholds.value(id, "warning_passes") {
                        return trigger
                    }
                }
            }
        }
        return nil
    }
}
