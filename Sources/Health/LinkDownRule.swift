import Model

/// The rule about a link that is not active.
enum LinkDownRule {
    /// That the link of a cable is not active; nil when it is, or nobody knows.
    static func judge(_ cable: CableEvidence, _ evidence: Evidence) -> Opinion? {
        guard let link = cable.report.local.link, !link.isActive else { return nil }
        var cause = cause(link)
        let excuse = excuse(cable, link, evidence)
        let isOff = excuse != nil || cause.severity == .info
        let brief = isOff ? nil : brief(cable, evidence)
        let own = isOff || brief != nil ? nil : own(cable, evidence, &cause)
        var opinion = Opinion(
            id: .linkDown, subject: Rules.subject(cable),
            severity: isOff || brief != nil ? .info : cause.severity, isCapped: isOff,
            summary: "\(Rules.place(cable)) is \(link.stateName): \(cause.meaning).",
            accused: cause.accused, grade: .localOnly,
            evidence: [
                "PortState \(link.stateName), PortPhysicalState \(link.physicalStateName)"
            ] + (cable.isStale ? ["the values are stale"] : [])
                + [excuse, brief, own].compactMap { $0 },
            action: brief == nil ? cause.action : Self.lookAgain)
        opinion.serial = cable.report.identity.serial
        return opinion
    }

    // Why a link that is down is no fault; nil when it is one.
    private static func excuse(
        _ cable: CableEvidence, _ link: LinkInfo, _ evidence: Evidence
    ) -> String? {
        let recent = evidence.recent
        if let port = recent.ports[cable.report.key], recent.now < port.settlesAt {
            return "the node or its driver has just started: it has "
                + "\(Plain.about(port.settlesAt - recent.now)) to come up"
        }
        let hearsNothing = PhysicalState(rawValue: link.physicalState) == .polling
        guard hearsNothing, !cable.isExpected else { return nil }
        return "it never was active here, and no manifest expects it: exclude it, or list it"
    }

    // Says that a link was seen to go so short a time ago that it may be a flap; nil when longer.
    private static func brief(_ cable: CableEvidence, _ evidence: Evidence) -> String? {
        let limit = evidence.thresholds.value(.linkDown, "flap_max")
        guard !cable.isStale, let went = evidence.recent.ports[cable.report.key]?.wentDown,
            evidence.recent.now - went < limit
        else { return nil }
        return "it was active a moment before: it may be a flap, until it is away for "
            + Plain.duration(limit)
    }

    // Says that this end took the link down itself: an end counts what happens to it, and not what
    // its driver, its firmware or somebody does; nil where it counted, or nobody knows.
    private static func own(
        _ cable: CableEvidence, _ evidence: Evidence, _ cause: inout Cause
    ) -> String? {
        let counts = CableCounts(cable, evidence)
        let now = evidence.recent.now
        guard cause.isOfTheCable, counts.isSeen(.local),
            let went = evidence.recent.ports[cable.report.key]?.wentDown,
            let history = counts.histories(.local, ["link_downed"]).first,
            history.latest == now, history.exactSince.map({ $0 <= went }) == true,
            history.quietSeconds > now - went + Self.slack
        else { return nil }
        let row = Attribution.row(.downAtPeer)
        cause.accused = row.accused + cause.accused.filter { !row.accused.contains($0) }
        cause.action =
            "Look for the driver, firmware or person that took it down: fabricwatch events, dmesg. "
            + cause.action
        return "we did not count it (link_downed): \(row.because)"
    }

    // What was counted so long before a link was seen to be down may be of its going.
    private static let slack = 60.0

    private static let lookAgain =
        "Look again: one that stays away is a WARNING, and ib_link_flap counts what comes back."

    private struct Cause {
        var severity = ConditionCatalog.row(.linkDown).severity
        var meaning: String
        var accused: [Domain]
        var action: String
        // Whether either end of the cable may have begun it.
        var isOfTheCable: Bool { accused.contains(.cable) }
    }

    private static func cause(_ link: LinkInfo) -> Cause {
        switch (PortState(rawValue: link.state), PhysicalState(rawValue: link.physicalState)) {
        case (.initialize, _), (.armed, _):
            Cause(
                meaning: "the link is up and the subnet manager has not activated it",
                accused: [.subnetManager],
                action: "Check that a subnet manager runs: sminfo; then look at its log.")
        case (_, .disabled):
            Cause(
                severity: .info, meaning: "it was switched off", accused: [.administrator],
                action: "Ask the fabric's owner before enabling it; exclude it if it stays off.")
        case (_, .polling):
            Cause(
                meaning: "it hears nothing from the other side",
                accused: [.cable, .peerPort, .localPort],
                action:
                    "Drain the node if it stays away; reseat the cable at both ends, then try a "
                    + "known good one. Exclude the port if nothing is meant to be plugged in.")
        case (_, .training), (_, .linkErrorRecovery):
            Cause(
                meaning: "the link does not finish training",
                accused: [.cable, .localPort, .peerPort],
                action: "Drain the node if it stays so; reseat the cable, then swap it; check that "
                    + "both ends agree on the speed.")
        default:
            Cause(
                meaning: "the physical state is \(link.physicalStateName)",
                accused: [.localPort],
                action: "Look at the port with ibstat and at the kernel log.")
        }
    }
}
