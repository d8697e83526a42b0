import Model

/// The rules about a link that trained to less than both of its ends can and may do; for a node
/// without a manifest, which would say what it should be.
enum TrainedRules {
    /// What one cable's width, speed and FEC say.
    static func judge(_ counts: CableCounts, into judgement: inout Judgement) {
        let ids = [ConditionID.widthDegraded, .speedDegraded]
        guard counts.evidence.manifest == nil else { return }
        guard let trained = Trained(counts) else {
            // What cannot be compared is not seen to be well.
            for id in ids { judgement.unjudged.insert(IncidentKey(id, counts.subject)) }
            return
        }
        let opinions = [
            width(trained, counts), speed(trained, counts) ?? fec(counts),
        ].compactMap { $0 }
        judgement.opinions += opinions
    }

    /// A link beside what its ends can do and what it once was.
    private struct Trained {
        let link: LinkInfo
        let near: LinkAbility
        let far: LinkAbility
        let lanes: UInt8
        let grade: Int
        let mostLanes: UInt8
        let fastest: Int
        // What it was at its best with this neighbour, if that was clearly more than now.
        let best: Recent.Trained?

        init?(_ counts: CableCounts) {
            guard counts.isSeen(.local), let link = counts.cable.report.local.link, link.isActive,
                case .observed(let peer, let report) = counts.cable.report.peer,
                let near = link.ability, let far = report.link?.ability,
                let grade = LinkSpeed.all.firstIndex(where: {
                    $0.laneMegabitsPerSecond == link.laneMegabitsPerSecond
                }), link.widthLanes > 0
            else { return nil }
            let common = near.common(with: far)
            guard let mostLanes = common.mostLanes, let fastest = common.fastestGrade else {
                return nil
            }
            (self.link, self.near, self.far) = (link, near, far)
            (lanes, self.grade) = (link.widthLanes, grade)
            (self.mostLanes, self.fastest) = (mostLanes, fastest)
            let best = counts.evidence.recent.ports[counts.cable.report.key]?.best
            self.best = best.flatMap {
                $0.peer == peer.key && $0.bitsPerSecond > link.bitsPerSecond * 11 / 10 ? $0 : nil
            }
        }

        var limits: [String] {
            [
                "this end may use \(near.enabledWidthNames) lanes and up to \(near.fastestName)",
                "the peer may use \(far.enabledWidthNames) lanes and up to \(far.fastestName)",
            ]
        }
    }

    // Two of four lanes at full speed is what a card or a split port of half the rate does; one
    // lane is what none does. What the link itself was before is known for certain.
    private static func width(_ trained: Trained, _ counts: CableCounts) -> Opinion? {
        let before = trained.best.map { min($0.lanes, trained.mostLanes) } ?? 0
        let expected: UInt8
        let ground: String
        if trained.lanes < before {
            (expected, ground) = (before, "it had \(before) with this neighbour before")
        } else if trained.lanes == 1, trained.mostLanes > 1 {
            expected = trained.mostLanes
            ground = "both ends may use \(expected), and none is made for one"
        } else {
            return nil
        }
        return opinion(
            .widthDegraded, counts, trained,
            "the link to \(counts.there) has \(Plain.counted(UInt64(trained.lanes), "lane")) "
                + "of \(expected): \(ground).")
    }

    // One grade less is what a card of half the rate does on all lanes, and what a cable that is
    // made for less does: only what the link was before makes it a fault.
    private static func speed(_ trained: Trained, _ counts: CableCounts) -> Opinion? {
        let now = LinkSpeed.all[trained.grade].name
        let before = trained.best.flatMap { best in
            LinkSpeed.all.firstIndex { $0.laneMegabitsPerSecond == best.laneMegabitsPerSecond }
        }
        if let before, trained.grade < min(before, trained.fastest) {
            let name = LinkSpeed.all[min(before, trained.fastest)].name
            return opinion(
                .speedDegraded, counts, trained,
                "the lanes to \(counts.there) run at \(now) instead of \(name): they did so with "
                    + "this neighbour before.")
        }
        guard trained.grade + 1 < trained.fastest, trained.lanes >= trained.mostLanes else {
            return nil
        }
        var opinion = opinion(
            .speedDegraded, counts, trained,
            "the lanes to \(counts.there) run at \(now), and both ends may use "
                + "\(LinkSpeed.all[trained.fastest].name): the cable or a module is made for less, "
                + "or is bad.")
        opinion.isCapped = true
        return opinion
    }

    private static func fec(_ counts: CableCounts) -> Opinion? {
        guard case .observed(_, let far) = counts.cable.report.peer, let theirs = far.fec,
            let ours = counts.cable.report.local.fec, ours != theirs
        else { return nil }
        let why =
            "FEC is \(ours.name) at this end and \(theirs.name) at \(counts.there): the ends do "
            + "not agree."
        var opinion = Opinion(
            counts, .speedDegraded, .warning, TwoEnds(local: 1, peer: 1), why: why)
        opinion.isCapped = true
        return opinion
    }

    private static func opinion(
        _ id: ConditionID, _ counts: CableCounts, _ trained: Trained, _ why: String
    ) -> Opinion {
        var opinion = Opinion(
            counts, id, ConditionCatalog.row(id).severity, TwoEnds(local: 1, peer: 1), why: why,
            evidence: trained.limits)
        opinion.action = ManifestRules.action(id)
        return opinion
    }
}
