package import Model

/// The rules: evidence in, opinions out.
package enum Rules {
    /// Everything that holds in the evidence of one moment, whatever held before.
    package static func judge(_ evidence: Evidence) -> [Opinion] { evaluate(evidence).opinions }

    /// What the evidence says: what hides other things first, then cable by cable.
    package static func evaluate(_ evidence: Evidence) -> Judgement {
        // A stale probe says it for all of its cables; a stale cable without one speaks for itself.
        let isExplained = evidence.collectors.contains(where: \.isStale)
        var judgement = Judgement(
            opinions: evidence.collectors.compactMap(stale) + [nothing(evidence)].compactMap { $0 }
                + silent(evidence))
        for cable in evidence.cables {
            judgement.opinions += self.cable(cable, evidence, isStalenessExplained: isExplained)
            counted(cable, evidence, into: &judgement)
        }
        HCARules.judge(evidence, into: &judgement)
        judgement.opinions += GPURules.judge(evidence)
        GPUCountRules.judge(evidence, into: &judgement)
        NVLinkRules.judge(evidence, into: &judgement)
        PCIRules.judge(evidence, into: &judgement)
        judgement.opinions += ManifestRules.judge(evidence) + [history(evidence)].compactMap { $0 }
        return judgement
    }

    private static func counted(
        _ cable: CableEvidence, _ evidence: Evidence, into judgement: inout Judgement
    ) {
        // Only an active link shows that it is what it should be.
        if !cable.isStale, cable.report.local.link?.isActive == true {
            judgement.observed.insert(cable.report.key.description)
        }
        let counts = CableCounts(cable, evidence)
        CountRules.judge(counts, into: &judgement)
        ReceiveRules.judge(counts, into: &judgement)
        SignalRules.judge(counts, into: &judgement)
        LinkRules.judge(counts, into: &judgement)
        TrainedRules.judge(counts, into: &judgement)
        FlowRules.judge(counts, into: &judgement)
        BaselineRules.judge(counts, into: &judgement)
        DropRules.judge(counts, into: &judgement)
    }

    private static func cable(
        _ cable: CableEvidence, _ evidence: Evidence, isStalenessExplained: Bool
    ) -> [Opinion] {
        let unreadable = unreadable(cable) ?? (isStalenessExplained ? nil : unseen(cable))
        return [unreadable, LinkDownRule.judge(cable, evidence), unobservable(cable)].compactMap {
            $0
        }
            + blind(cable)
    }

    static func subject(_ cable: CableEvidence, end: End? = nil) -> Subject {
        Subject(
            device: cable.device, port: cable.report.key.port, end: end?.rawValue,
            key: cable.report.key.description)
    }

    static func place(_ cable: CableEvidence) -> String {
        "\(cable.device) port \(cable.report.key.port)"
    }

    // MARK: What cannot be seen

    private static func unreadable(_ cable: CableEvidence) -> Opinion? {
        let local = cable.report.local
        // A port whose state nobody knows is not read, whatever the probe says of its failures.
        guard let failure = local.failure ?? (local.link == nil ? .malformed : nil) else {
            return nil
        }
        // A port without a LID has no counters to read; that it is not active is said already.
        if failure == .noAddress, local.link?.isActive == false { return nil }
        return Opinion(
            id: .portUnobservable, subject: subject(cable),
            severity: ConditionCatalog.row(.portUnobservable).severity,
            summary: "\(place(cable)) cannot be read: \(failure.sentence).",
            accused: [.host], grade: .localOnly,
            evidence: ["reading the port ended with \(failure.rawValue)"],
            action: action(failure))
    }

    private static func action(_ failure: Failure) -> String {
        switch failure {
        case .noPermission:
            "Give the daemon's user access to /dev/infiniband/umad*: the udev rule that "
                + "deploy/install.sh installs does."
        case .leftAlone:
            "Look at the kernel log before asking the device, which may hang again; it is tried "
                + "after 30 s, then less and less often."
        default: "Look at the port with ibstat and perfquery, and at the kernel log."
        }
    }

    private static func unseen(_ cable: CableEvidence) -> Opinion? {
        guard cable.isStale else { return nil }
        return Opinion(
            id: .portUnobservable, subject: subject(cable),
            severity: ConditionCatalog.row(.portUnobservable).severity,
            summary: "\(place(cable)) has not been seen for too long.",
            accused: [.host, .daemon], grade: .localOnly,
            evidence: ["its latest values are stale, although every probe answers"],
            action: "Look at the port with ibstat, and at the daemon's log.")
    }

    private static func unobservable(_ cable: CableEvidence) -> Opinion? {
        guard cable.report.local.link?.isActive == true else { return nil }
        let failure: Failure
        let who: String
        switch cable.report.peer {
        case .absent:
            // An active link has another end; a report without one has not looked for it.
            failure = .skipped
            who = "the peer of \(place(cable))"
        case .unobservable(let reason):
            failure = reason
            who = "the peer of \(place(cable))"
        case .observed(let peer, let report):
            guard let reason = report.failure else { return nil }
            failure = reason
            who = "\(peer.name) port \(peer.key.port), the peer of \(place(cable)),"
        }
        return Opinion(
            id: .peerUnobservable, subject: subject(cable, end: .peer),
            severity: ConditionCatalog.row(.peerUnobservable).severity,
            summary: "The counters of \(who) cannot be read: \(failure.sentence).",
            accused: [], grade: .localOnly,
            evidence: [
                "the link is active", "asking the peer ended with \(failure.rawValue)",
                "errors that this node's transmitter causes are not visible",
            ],
            action: "Compare with smpquery -D NI 0,\(cable.report.key.port) and perfquery; "
                + "M_Key, PM_Key, P_Key and service level decide who may ask.")
    }

    private static func blind(_ cable: CableEvidence) -> [Opinion] {
        End.allCases.compactMap { end in
            let full = cable.saturated.filter { $0.end == end }
            guard !full.isEmpty else { return nil }
            let rows = full.map { InfiniBandCounters.all[$0.index] }
            let names = rows.map(\.name).joined(separator: ", ")
            // A full counter of traffic or congestion hides no error.
            let hidesErrors = rows.contains { $0.accuses != .nobody && $0.accuses != .downstream }
            return Opinion(
                id: .counterBlind, subject: subject(cable, end: end),
                severity: hidesErrors ? ConditionCatalog.row(.counterBlind).severity : .info,
                summary: "\(full.count == 1 ? "A counter" : "Counters") of \(place(cable)), "
                    + "\(end.rawValue) end, can count no further: \(names).",
                accused: [], grade: end == .local ? .localOnly : .peerOnly,
                evidence: full.map {
                    "\(InfiniBandCounters.all[$0.index].name) is stuck at its maximum \($0.value)"
                },
                action: "Record the values, then have the fabric's owner clear them "
                    + "with perfquery -R; until then new errors are invisible.")
        }
    }

    private static func stale(_ collector: CollectorEvidence) -> Opinion? {
        guard collector.isStale else { return nil }
        let age = collector.ageSeconds.map { "for \(Int($0)) s" } ?? "since it was started"
        return Opinion(
            id: .probeStale, subject: Subject(collector: collector.name),
            severity: ConditionCatalog.row(.probeStale).severity,
            summary: "Probe \(collector.name) has not answered \(age): "
                + "the state of its devices is unknown.",
            accused: [.host, .daemon], grade: .localOnly,
            evidence: [
                collector.workingOn.map { "it was working on \($0)" }, collector.trouble,
            ].compactMap { $0 },
            action: "Look at the daemon's log and the kernel log for the named device.")
    }

    private static func nothing(_ evidence: Evidence) -> Opinion? {
        let ports = evidence.collectors.filter(\.readsPorts)
        let hasGPUs = evidence.gpus?.gpus.isEmpty == false
        guard evidence.cables.isEmpty, !ports.isEmpty || !hasGPUs else { return nil }
        return Opinion(
            id: .nothingObserved, subject: Subject(),
            severity: ConditionCatalog.row(.nothingObserved).severity,
            summary: "No InfiniBand port has been observed: nothing can be said of this node's "
                + "cables.",
            accused: [], grade: .localOnly,
            evidence: ports.map {
                "probe \($0.name) \($0.ageSeconds == nil ? "has not answered yet" : "sees no port")"
            },
            action: "Check ibstat, and include and exclude in the configuration.")
    }

    // Beside cables that are seen, a probe that was not heard yet, or that finds nothing where a
    // device was meant to be, would pass for one without ports.
    private static func silent(_ evidence: Evidence) -> [Opinion] {
        guard !evidence.cables.isEmpty else { return [] }
        return evidence.collectors.filter { !$0.isStale }.compactMap {
            guard $0.ageSeconds == nil || $0.seesNothing else { return nil }
            let isNew = $0.ageSeconds == nil
            return Opinion(
                id: .nothingObserved, subject: Subject(collector: $0.name),
                severity: ConditionCatalog.row(.nothingObserved).severity,
                summary: "Probe \($0.name) \(isNew ? "has not answered yet" : "finds no port"): "
                    + "nothing can be said of its devices.",
                accused: [], grade: .localOnly, evidence: [$0.trouble].compactMap { $0 },
                action: isNew
                    ? "Wait for its first pass; fabricwatch health shows the probe."
                    : "Check ibstat, and the probe's include, exclude and environment in the "
                        + "configuration.")
        }
    }

    private static func history(_ evidence: Evidence) -> Opinion? {
        evidence.historyTrouble.map {
            Opinion(
                id: .historyUnavailable, subject: Subject(),
                severity: ConditionCatalog.row(.historyUnavailable).severity,
                summary: "The history is not kept as it should be: deltas may reach less far.",
                accused: [.host], grade: .localOnly, evidence: [$0],
                action: "Do what the evidence ends with: make room or mend permissions in the "
                    + "history's directory.")
        }
    }
}

extension Failure {
    /// The failure as the end of a sentence.
    package var sentence: String {
        switch self {
        case .timeout: "no answer within the deadline"
        case .transport: "the device could not be used"
        case .refused: "the question was refused"
        case .noPermission: "the daemon may not open the device"
        case .noAddress: "the port has no LID"
        case .malformed: "the answer made no sense"
        case .skipped: "it was left out of the pass"
        case .leftAlone: "it hung lately and is left alone for a while"
        }
    }
}

extension PeerIdentity {
    /// The NodeDescription, or the GUID where there is none.
    package var name: String { description.isEmpty ? key.node.description : description }
}
