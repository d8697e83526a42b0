import Model

/// The counters of one cable's two ends, as the rules look at them.
struct CableCounts {
    let evidence: Evidence
    let cable: CableEvidence
    private let near: PartKey
    private let far: PartKey?

    init(_ cable: CableEvidence, _ evidence: Evidence) {
        self.cable = cable
        self.evidence = evidence
        near = .port(cable.report.key)
        far = cable.peerIdentity.map { .port($0.key) }
    }

    var now: Double { evidence.recent.now }
    var thresholds: Thresholds { evidence.thresholds }

    /// `rail0 port 1`.
    var here: String { "\(cable.device) port \(cable.report.key.port)" }

    /// `leaf07 port 12`, or what is known of it.
    var there: String {
        cable.peerIdentity.map { "\($0.name) port \($0.key.port)" } ?? "the peer of \(here)"
    }

    var subject: Subject {
        Subject(
            device: cable.device, port: cable.report.key.port,
            key: cable.report.key.description)
    }

    /// Whether an end was read in the latest pass.
    func isSeen(_ end: End) -> Bool {
        switch end {
        case .local: !cable.isStale && cable.report.local.link != nil
        case .peer: far != nil && !cable.isStale && cable.isPeerFresh
        }
    }

    func history(_ end: End, _ extra: Recent.Extra) -> CountHistory? {
        part(end).flatMap { evidence.recent.history($0, extra) }
    }

    func histories(_ end: End, _ counters: [String]) -> [CountHistory] {
        guard let part = part(end) else { return [] }
        return counters.compactMap { name in
            InfiniBandCounters.index(of: name).flatMap { evidence.recent.history(part, $0) }
        }
    }

    /// What an end counted in the latest seconds; nil when it was not read, or does not count it.
    func count(_ end: End, _ counters: [String], within seconds: Double) -> UInt64? {
        guard isSeen(end) else { return nil }
        let histories = histories(end, counters)
        guard !histories.isEmpty else { return nil }
        return histories.reduce(0) {
            let value = $1.count(since: now - seconds)
            return $0 + min(value, .max - $0)
        }
    }

    func both(_ counters: [String], within seconds: Double) -> TwoEnds {
        TwoEnds(
            local: count(.local, counters, within: seconds),
            peer: count(.peer, counters, within: seconds))
    }

    /// The latest seconds in words, or for how long of them either end has been watched.
    func window(_ seconds: Double) -> String {
        let counters = ["symbol_error", "link_downed", "port_rcv_errors"]
        let found = End.allCases.flatMap { histories($0, counters) }
        return Plain.window(
            seconds, watched: CountHistory.watchedSeconds(found, since: now - seconds))
    }

    /// For how long no end that counts has counted anything; nil when that is not known of each.
    func quiet(_ ends: [End], _ counters: [String]) -> Double? {
        var seen: [CountHistory] = []
        for end in ends {
            let histories = histories(end, counters)
            guard !histories.isEmpty else { continue }
            guard isSeen(end) else {
                // An end that never counted anything has nothing to be silent of.
                if histories.allSatisfy({ $0.steps.isEmpty }) { continue }
                return nil
            }
            seen += histories
        }
        return CountHistory.quietSeconds(seen)
    }

    func part(_ end: End) -> PartKey? { end == .local ? near : far }

    /// Bits that arrived at an end in the latest seconds: as counted, else the rate times the time
    /// for which the link was up.
    func bits(_ end: End, within seconds: Double) -> Double {
        if end == .local, let counted = histories(.local, ["rx_bits_phy"]).first,
            counted.watchedSeconds(since: now - seconds) > 0
        {
            let bits = Double(counted.count(since: now - seconds))
            if bits > 0 { return bits }
        }
        let up = history(.local, .upMilliseconds)?.count(since: now - seconds) ?? 0
        return bitsPerSecond * min(Double(up) / 1000, seconds)
    }

    /// The rate of the link on the wire; zero while it is down.
    var bitsPerSecond: Double {
        Double(cable.report.local.link.flatMap { $0.isUp ? $0.bitsPerSecond : nil } ?? 0)
    }

    /// Whether FEC is in use; where nobody says, speeds from HDR on are never without.
    var hasFEC: Bool {
        var modes = [cable.report.local.fec]
        if case .observed(_, let far) = cable.report.peer { modes.append(far.fec) }
        let known = modes.compactMap { $0 }
        guard known.isEmpty else { return known.contains { $0 != .none } }
        return (cable.report.local.link?.laneMegabitsPerSecond ?? 0) > 50_000
    }
}

extension CableEvidence {
    /// Who is at the far end, or was when that was last known.
    var peerIdentity: PeerIdentity? {
        if case .observed(let identity, _) = report.peer { return identity }
        return lastPeer
    }
}
