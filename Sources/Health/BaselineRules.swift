import Model

/// The rules about what is far beyond what is usual for a port.
enum BaselineRules {
    /// What one cable's ratios say beside their usual ones.
    static func judge(_ counts: CableCounts, into judgement: inout Judgement) {
        margin(counts, &judgement)
        if let opinion = congestion(counts) { judgement.opinions.append(opinion) }
    }

    // MARK: FEC

    private static func margin(_ counts: CableCounts, _ judgement: inout Judgement) {
        let id = ConditionID.fecMarginLow
        let hours = Int(counts.thresholds.value(id, "hours"))
        let low = End.allCases.filter { end in
            counts.isSeen(end)
                && counts.baseline(end, .corrected).map { baseline in
                    guard let usual = baseline.usual else { return false }
                    let limit = limit(usual, "factor", counts)
                    return baseline.hoursInARow(at: counts.now) { $0 > limit } >= hours
                } ?? false
        }
        guard !low.isEmpty else { return judgement.note(id, counts, calm(counts)) }
        func mark(_ end: End) -> UInt64? {
            guard counts.isSeen(end), counts.baseline(end, .corrected) != nil else { return nil }
            return low.contains(end) ? 1 : 0
        }
        let ends = TwoEnds(local: mark(.local), peer: mark(.peer))
        let row = Attribution.row(ends.arrival)
        let words = low.compactMap { sentence($0, hours, counts) }
        judgement.opinions.append(
            Opinion(
                counts, id, .info, ends,
                why: words.joined(separator: "; and ") + ": \(row.because).",
                accused: row.accused))
    }

    private static func limit(_ usual: Double, _ factor: String, _ counts: CableCounts) -> Double {
        max(
            counts.thresholds.value(.fecMarginLow, "ratio"),
            counts.thresholds.value(.fecMarginLow, factor) * usual)
    }

    private static func sentence(_ end: End, _ hours: Int, _ counts: CableCounts) -> String? {
        guard let baseline = counts.baseline(end, .corrected), let usual = baseline.usual else {
            return nil
        }
        let latest = baseline.hours.suffix(hours).map(\.ratio).min() ?? 0
        let place = end == .local ? "this end" : counts.there
        return "FEC at \(place) corrected \(Plain.ratio(latest)) of the bits or more in each of "
            + "the latest \(hours) h, where \(Plain.ratio(usual)) is usual"
    }

    // For how long every end that has something to compare was back near its usual.
    private static func calm(_ counts: CableCounts) -> Double? {
        var calm: Double?
        for end in End.allCases {
            guard let baseline = counts.baseline(end, .corrected), let usual = baseline.usual
            else { continue }
            guard counts.isSeen(end) else { return nil }
            let limit = limit(usual, "clear_factor", counts)
            let hours = baseline.hoursInARow(at: counts.now) { $0 <= limit }
            calm = min(calm ?? .infinity, Double(hours) * 3600)
        }
        return calm
    }

    // MARK: Waiting

    private static func congestion(_ counts: CableCounts) -> Opinion? {
        let id = ConditionID.congestion
        let limit = counts.thresholds.value(id, "factor")
        for end in [End.peer, .local] {
            guard let own = excess(end, counts), own > limit else { continue }
            // What all rails do at once is the job's, or the fabric's, and no single port's.
            let others = counts.evidence.cables.filter {
                $0.report.key != counts.cable.report.key
                    && $0.report.model == counts.cable.report.model
            }.compactMap { excess(end, CableCounts($0, counts.evidence)) }
            guard let most = others.max(),
                own > counts.thresholds.value(id, "rails_factor") * most
            else { continue }
            let row = Attribution.row(end == .peer ? .waitsToSendHere : .waitsToSendThere)
            let who = end == .peer ? "\(counts.there) waits to send to us" : "we wait to send"
            let seconds = counts.thresholds.value(id, "window")
            return Opinion(
                counts, id, .info,
                end == .peer ? TwoEnds(local: nil, peer: 1) : TwoEnds(local: 1, peer: nil),
                why: "\(who) \(Plain.times(own)) as much per packet as is usual in "
                    + "\(Plain.duration(seconds)), and the other rails at most "
                    + "\(Plain.times(most)): \(row.because).",
                accused: row.accused)
        }
        return nil
    }

    // How much longer than usual a port waits for what it sends; nil where it sends little, or
    // nothing is known to compare with.
    private static func excess(_ end: End, _ counts: CableCounts) -> Double? {
        let id = ConditionID.congestion
        let seconds = counts.thresholds.value(id, "window")
        guard let usual = counts.baseline(end, .waiting)?.usual, usual > 0,
            let history = counts.histories(end, ["port_xmit_data"]).first,
            history.watchedSeconds(since: counts.now - seconds) >= seconds,
            let words = counts.count(end, ["port_xmit_data"], within: seconds),
            let ticks = counts.count(end, ["port_xmit_wait"], within: seconds)
        else { return nil }
        let busy = counts.thresholds.value(id, "busy") * counts.bitsPerSecond * seconds / 32
        guard words > 0, Double(words) >= busy else { return nil }
        return Double(ticks) / Double(words) / usual
    }
}

extension CableCounts {
    /// What is usual at an end; nil before anything was measured.
    func baseline(_ end: End, _ kind: Baseline.Kind) -> Baseline? {
        part(end).flatMap { evidence.recent.parts[$0]?.baselines[kind] }
    }
}
