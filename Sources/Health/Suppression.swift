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
        neighbours(&judgement, evidence, standing)
        twice(&judgement, evidence)
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

    private struct Gone {
        let cause: Opinion
        let since: Moment
        let links: Int
    }

    // GPUs that are gone, by address.
    private static func gone(
        _ judgement: Judgement, _ gpus: [GPUEvidence], _ standing: Standing, _ now: Moment
    ) -> [PCIAddress: Gone] {
        let causes: Set<ConditionID> = [.gpuMissing, .gpuLost, .gpuUnresponsive]
        var gone: [PCIAddress: Gone] = [:]
        for opinion in judgement.opinions
        where causes.contains(opinion.id) || opinion.id == .gpuXid && opinion.subject.xid == 79 {
            guard let address = opinion.subject.pciAddress, gone[address] == nil else { continue }
            let key = IncidentKey(opinion.id, opinion.subject)
            let links = gpus.first { $0.address == address }?.links.count
            gone[address] = Gone(
                cause: opinion, since: standing.incidents[key]?.since ?? now, links: links ?? 0)
        }
        return gone
    }

    // A GPU that is gone takes the links along that lead to it. Where nobody knows what they lead
    // to, those that went with it and are no more than it had.
    private static func neighbours(
        _ judgement: inout Judgement, _ evidence: Evidence, _ standing: Standing
    ) {
        let gpus = evidence.gpus?.gpus ?? []
        let gone = gone(judgement, gpus, standing, evidence.now)
        guard !gone.isEmpty else { return }
        let within = evidence.thresholds.value(.nvlinkDown, "neighbour_within")
        var unknown = 0
        for index in judgement.opinions.indices {
            let opinion = judgement.opinions[index]
            let key = IncidentKey(opinion.id, opinion.subject)
            guard opinion.explainedBy == nil,
                let gpu = gpus.first(where: { $0.address == opinion.subject.pciAddress }),
                let links = judgement.links[key] ?? gpu.links(of: opinion.subject.xid)
            else { continue }
            let remotes = links.map { gpu.remotes[$0] }
            let dead = remotes.compactMap { $0?.address.flatMap { gone[$0] } }
            let since = standing.incidents[key]?.since ?? evidence.now
            var cause: Gone?
            if dead.count == links.count {
                cause = dead.first
            } else if gone.count == 1, let only = gone.values.first, opinion.id == .nvlinkDown,
                remotes.allSatisfy({ ($0?.kind ?? .unknown) == .unknown && $0?.address == nil }),
                max(since.seconds(since: only.since), only.since.seconds(since: since)) <= within,
                unknown + links.count <= only.links
            {
                unknown += links.count
                cause = only
            }
            guard let cause else { continue }
            judgement.opinions[index].explainedBy = cause.cause.id
            judgement.opinions[index].evidence.append(
                "the other end is gone: \(cause.cause.summary)")
        }
    }

    // What the driver told of by an Xid and the GPU shows as well is one fault: the links that an
    // Xid named are told of by that, and rows that were remapped by what the memory says of them.
    private static func twice(_ judgement: inout Judgement, _ evidence: Evidence) {
        let memory = judgement.opinions.filter { $0.id == .gpuMemoryDegraded }
        for index in judgement.opinions.indices {
            let opinion = judgement.opinions[index]
            guard opinion.explainedBy == nil,
                let gpu = evidence.gpus?.gpus.first(where: {
                    $0.address == opinion.subject.pciAddress
                })
            else { continue }
            if opinion.id == .nvlinkDown {
                let named = gpu.xids.filter { $0.severity == .critical }.flatMap(\.links)
                let links = judgement.links[IncidentKey(opinion.id, opinion.subject)] ?? []
                guard !links.isEmpty, links.allSatisfy({ named.contains(UInt16($0)) }) else {
                    continue
                }
                judgement.opinions[index].explainedBy = .gpuXid
            } else if let xid = opinion.subject.xid, remaps.contains(xid),
                memory.contains(where: {
                    $0.subject.key == opinion.subject.key && $0.severity >= opinion.severity
                })
            {
                judgement.opinions[index].explainedBy = .gpuMemoryDegraded
            }
        }
    }

    // Row remapper events, and those that could not remap.
    private static let remaps: Set<UInt32> = [63, 64]

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
            if ConditionCatalog.row(opinion.id).ladder.step(opinion.severity) == .replacePart,
                opinion.grade == .twoEnded, opinion.step == nil
            {
                judgement.opinions[index].action = Words.replacement(row.accused)
            }
            judgement.opinions[index].accused = row.accused
            judgement.opinions[index].evidence.append(
                "\(count) ports of this HCA have it: \(row.because)")
        }
    }
}

extension GPUEvidence {
    // The links that an Xid named; nil where it named none.
    fileprivate func links(of xid: UInt32?) -> [UInt8]? {
        let links = xids.first { $0.number == xid }?.links.compactMap { UInt8(exactly: $0) } ?? []
        return links.isEmpty ? nil : links
    }
}
