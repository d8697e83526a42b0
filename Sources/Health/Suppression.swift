import Model

/// What one cause explains: it is told once, and its consequences stand behind it.
enum Suppression {
    /// Adds causes that only several opinions together show, and marks what they explain.
    static func apply(
        to judgement: inout Judgement, _ evidence: Evidence, _ standing: Standing
    ) {
        switches(&judgement, evidence, standing)
        managers(&judgement, standing)
        broken(&judgement)
        gpus(&judgement)
        adapters(&judgement, evidence)
    }

    // MARK: A switch that takes its links along

    private struct Down {
        var index: Int?
        let hca: GUID
        let since: Moment
    }

    private static func switches(
        _ judgement: inout Judgement, _ evidence: Evidence, _ standing: Standing
    ) {
        let id = ConditionID.peerSwitchEvent
        var bySwitch: [GUID: (peer: PeerIdentity, downs: [Down])] = [:]
        for cable in evidence.cables {
            guard let peer = cable.peerIdentity, peer.isSwitch else { continue }
            let key = IncidentKey(.linkDown, Subject(key: cable.report.key.description))
            let index = judgement.opinions.firstIndex {
                $0.id == .linkDown && !$0.isCapped && IncidentKey($0.id, $0.subject) == key
            }
            guard index != nil || standing.incidents[key] != nil else { continue }
            let since = standing.incidents[key]?.since ?? evidence.now
            bySwitch[peer.key.node, default: (peer, [])].downs.append(
                Down(index: index, hca: cable.report.key.node, since: since))
        }
        let within = evidence.thresholds.value(id, "within")
        let needed = Int(evidence.thresholds.value(id, "links"))
        for (peer, downs) in bySwitch.values.sorted(by: { $0.peer.key < $1.peer.key }) {
            // Those that went with the first of the latest group.
            guard let latest = downs.map(\.since).max(by: { $1.seconds(since: $0) > 0 }) else {
                continue
            }
            let together = downs.filter { latest.seconds(since: $0.since) <= within }
            let down = together.compactMap(\.index)
            guard Set(together.map(\.hca)).count >= needed, !down.isEmpty else { continue }
            for index in down { judgement.opinions[index].explainedBy = id }
            judgement.opinions.append(event(peer, together.count, down.count))
        }
    }

    private static func event(_ peer: PeerIdentity, _ links: Int, _ down: Int) -> Opinion {
        let why =
            "\(links) links of this node to switch \(peer.name) went down together: the switch "
            + "was reset, lost power or was taken out, and no cable is to blame."
        var opinion = Opinion(
            id: .peerSwitchEvent, subject: Subject(key: peer.key.node.description),
            severity: ConditionCatalog.row(.peerSwitchEvent).severity, summary: why,
            accused: [.peerSwitch], grade: .localOnly,
            evidence: ["\(down) of them are down now"],
            action: "Call the owner of the fabric with switch \(peer.key.node) (\(peer.name)).")
        opinion.why = why
        return opinion
    }

    // MARK: The rest

    // A port that nobody activates is down for no other reason.
    private static func managers(_ judgement: inout Judgement, _ standing: Standing) {
        let lost = Set(
            judgement.opinions.filter { opinion in
                opinion.id == .subnetManagerLost
                    && standing.incidents[IncidentKey(opinion.id, opinion.subject)]?.isRaised
                        == true
            }.compactMap(\.subject.key))
        mark(&judgement, [.linkDown], as: .subnetManagerLost) {
            $0.key.map(lost.contains) ?? false
        }
    }

    // An HCA that gave up takes its ports along.
    private static func broken(_ judgement: inout Judgement) {
        let hcas = judgement.opinions.filter { $0.id == .hcaFatal }.compactMap(\.subject.key)
        guard !hcas.isEmpty else { return }
        mark(
            &judgement, [.linkDown, .portUnobservable, .peerUnobservable], as: .hcaFatal
        ) { subject in
            hcas.contains { subject.key?.hasPrefix("\($0)/") ?? false }
        }
    }

    // A GPU that is gone takes its NVLinks and its PCIe link along.
    private static func gpus(_ judgement: inout Judgement) {
        for cause in [ConditionID.gpuMissing, .gpuLost, .gpuUnresponsive] {
            let gone = Set(
                judgement.opinions.filter { $0.id == cause }.compactMap(\.subject.pciAddress))
            mark(
                &judgement,
                [.nvlinkDown, .nvlinkErrors, .nvlinkFabricUnhealthy, .pcieDegraded, .pcieErrors],
                as: cause
            ) { $0.pciAddress.map(gone.contains) ?? false }
        }
    }

    private static func mark(
        _ judgement: inout Judgement, _ consequences: Set<ConditionID>, as cause: ConditionID,
        where covers: (Subject) -> Bool
    ) {
        for index in judgement.opinions.indices
        where consequences.contains(judgement.opinions[index].id)
            && judgement.opinions[index].explainedBy == nil
            && covers(judgement.opinions[index].subject)
        {
            judgement.opinions[index].explainedBy = cause
        }
    }

    private static let signals: Set<ConditionID> = [
        .symbolErrorsElevated, .symbolErrorsHigh, .fecUncorrectable, .receiveErrors,
    ]

    // The same fault at several ports of one HCA accuses what they share.
    private static func adapters(_ judgement: inout Judgement, _ evidence: Evidence) {
        let hcas = Dictionary(
            evidence.cables.map { ($0.report.key.description, $0.report.key.node) },
            uniquingKeysWith: { first, _ in first })
        var ports: [String: Set<String>] = [:]
        for opinion in judgement.opinions where signals.contains(opinion.id) {
            guard let key = opinion.subject.key, let hca = hcas[key] else { continue }
            ports["\(opinion.id.rawValue) \(hca)", default: []].insert(key)
        }
        let row = Attribution.row(.severalPorts)
        for index in judgement.opinions.indices where signals.contains(judgement.opinions[index].id)
        {
            let opinion = judgement.opinions[index]
            guard let key = opinion.subject.key, let hca = hcas[key],
                let count = ports["\(opinion.id.rawValue) \(hca)"]?.count, count > 1
            else { continue }
            judgement.opinions[index].accused = row.accused
            judgement.opinions[index].evidence.append(
                "\(count) ports of this HCA have it: \(row.because)")
        }
    }
}
