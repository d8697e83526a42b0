import Model

/// The rule about packets that one end sent and the other did not receive, and that nobody counted
/// as lost.
enum DropRules {
    private static let corrupted = ["rx_icrc_encapsulated"]

    /// What the packets of one cable say.
    static func judge(_ counts: CableCounts, into judgement: inout Judgement) {
        let id = ConditionID.silentDropSuspect
        if let opinion = corruption(counts) ?? vanished(counts) {
            judgement.opinions.append(opinion)
            return
        }
        guard counts.isSeen(.local), counts.isSeen(.peer), let windows = windows(counts),
            windows.count == needed(counts), !windows.contains(where: { isBad($0, counts) }),
            counts.quiet([.local], corrupted) ?? .infinity >= counts.thresholds.clearSeconds(id)
        else { return }
        judgement.note(id, counts, counts.thresholds.clearSeconds(id))
    }

    private static func needed(_ counts: CableCounts) -> Int {
        min(Balance.windowsMax, Int(counts.thresholds.value(.silentDropSuspect, "windows")))
    }

    // The latest windows, as far as they are not old.
    private static func windows(_ counts: CableCounts) -> [Balance.Window]? {
        guard let balance = counts.evidence.recent.balances[counts.cable.report.key],
            let last = balance.windows.last,
            counts.now - last.time <= 2 * counts.thresholds.value(.silentDropSuspect, "window")
        else { return nil }
        return balance.windows.suffix(needed(counts))
    }

    private static func vanished(_ counts: CableCounts) -> Opinion? {
        let id = ConditionID.silentDropSuspect
        guard counts.isSeen(.local), counts.isSeen(.peer), let windows = windows(counts),
            windows.count == needed(counts)
        else { return nil }
        let ways: [(End, KeyPath<Balance.Window, Balance.Way>)] = [
            (.peer, \.toPeer), (.local, \.toHere),
        ]
        for (receiver, way) in ways where windows.allSatisfy({ isBad($0, way, counts) }) {
            let lost = windows.reduce(0) { $0 + $1[keyPath: way].excess }
            let sent = windows.reduce(0) { $0 + $1[keyPath: way].packets }
            let row = Attribution.row(.vanish)
            let who =
                receiver == .peer
                ? "we sent \(Plain.ratio(sent)) packets and \(counts.there) received"
                : "\(counts.there) sent \(Plain.ratio(sent)) packets and we received"
            let seconds = counts.thresholds.value(id, "window") * Double(windows.count)
            return Opinion(
                counts, id, .warning, TwoEnds(local: 1, peer: 1),
                why: "\(who) \(UInt64(lost)) fewer in \(Plain.duration(seconds)): \(row.because).",
                accused: row.accused,
                evidence: windows.map { window in
                    let way = window[keyPath: way]
                    return "\(UInt64(max(0, way.excess))) of \(Plain.ratio(way.packets)) packets; "
                        + "up to \(UInt64(way.underway)) may have been under way"
                })
        }
        return nil
    }

    private static func isBad(_ window: Balance.Window, _ counts: CableCounts) -> Bool {
        isBad(window, \.toPeer, counts) || isBad(window, \.toHere, counts)
    }

    // An mlx5 HCA counts the packets of its function (kernel mlx5 mad.c, pma_cnt_ext_assign): what
    // goes round inside it is sent and received there and on no wire, and what virtual functions
    // send is on the wire and not in its count. Either shows as more received than sent in the
    // other direction; then the two ends do not count the same packets.
    private static func isBad(
        _ window: Balance.Window, _ way: KeyPath<Balance.Window, Balance.Way>,
        _ counts: CableCounts
    ) -> Bool {
        let one = window[keyPath: way]
        let other = way == \.toPeer ? window.toHere : window.toPeer
        return one.isAbove(limit(one, counts)) && !other.isBelow(limit(other, counts))
    }

    private static func limit(_ way: Balance.Way, _ counts: CableCounts) -> Double {
        max(
            counts.thresholds.value(.silentDropSuspect, "ratio") * way.packets,
            counts.thresholds.value(.silentDropSuspect, "management_count"))
    }

    private static func corruption(_ counts: CableCounts) -> Opinion? {
        guard let trigger = counts.thresholds.trigger(.silentDropSuspect, "critical"),
            let count = counts.count(.local, corrupted, within: trigger.seconds),
            count >= trigger.count
        else { return nil }
        let row = Attribution.row(.corrupted)
        return Opinion(
            counts, .silentDropSuspect, .critical, TwoEnds(local: count, peer: nil),
            why: "\(Plain.counted(count, "packet")) arrived with a bad invariant CRC in "
                + "\(Plain.duration(trigger.seconds)) although no link damaged them: "
                + "\(row.because).", accused: row.accused)
    }
}
