import Model

/// The rules about what the node is expected to have; without a manifest they say nothing.
enum ManifestRules {
    /// Everything that holds beside the manifest.
    static func judge(_ evidence: Evidence) -> [Opinion] {
        guard let manifest = evidence.manifest else { return [] }
        var groups: [(id: ConditionID, differences: [Difference])] = []
        for difference in manifest.differences where !isSaid(difference, evidence) {
            let id = condition(difference)
            let index = groups.firstIndex {
                $0.id == id && $0.differences.first?.subject == difference.subject
            }
            if let index {
                groups[index].differences.append(difference)
            } else {
                groups.append((id, [difference]))
            }
        }
        return groups.compactMap { opinion($0.id, $0.differences) }
            + [unverified(manifest)].compactMap { $0 }
    }

    // A GPU that vanished while it was watched is lost.
    private static func isSaid(_ difference: Difference, _ evidence: Evidence) -> Bool {
        difference.kind == .missing && difference.part == .gpu
            && evidence.gpus?.gpus.contains {
                !$0.isListed && $0.address == difference.subject.pciAddress
            } == true
    }

    private static func condition(_ difference: Difference) -> ConditionID {
        let isDegraded = difference.layer == .infiniBand && difference.isLower
        switch (difference.kind, difference.part) {
        case (.missing, .gpu): return .gpuMissing
        case (.missing, _): return .hcaMissing
        case (.miswired, _), (.swapped, .port): return .miswired
        case (.linkWidth, _) where isDegraded: return .widthDegraded
        case (.linkSpeed, _) where isDegraded: return .speedDegraded
        case (.fec, _) where difference.layer == .infiniBand: return .speedDegraded
        default: return .inventoryMismatch
        }
    }

    private static func opinion(_ id: ConditionID, _ differences: [Difference]) -> Opinion? {
        guard let first = differences.first else { return nil }
        let isHarmless = isHarmless(differences)
        let row = ConditionCatalog.row(id)
        let others = differences.count - 1
        return Opinion(
            id: id, subject: first.subject,
            severity: row.severity, isCapped: isHarmless,
            summary: first.summary
                + (others == 0
                    ? "" : " \(others) more \(others == 1 ? "difference" : "differences")."),
            accused: accused(id), grade: .localOnly,
            evidence: differences.dropFirst().map(\.summary)
                + differences.flatMap(\.facts).map(text),
            action: action(id))
    }

    // Two cables in each other's place carry all traffic, and another FEC carries it as fast.
    private static func isHarmless(_ differences: [Difference]) -> Bool {
        differences.allSatisfy { $0.part == .port && ($0.kind == .swapped || $0.kind == .fec) }
    }

    private static func text(_ fact: Difference.Fact) -> String {
        switch (fact.expected, fact.seen) {
        case (let expected?, let seen?): "\(fact.key): expected \(expected), seen \(seen)"
        case (let expected?, nil): "\(fact.key): expected \(expected)"
        case (nil, let seen): "\(fact.key): seen \(seen ?? "nothing")"
        }
    }

    private static func accused(_ id: ConditionID) -> [Domain] {
        switch id {
        case .hcaMissing: [.host, .localPort]
        case .gpuMissing: [.gpu, .pciePath]
        case .widthDegraded: [.cable, .localPort, .peerPort]
        case .speedDegraded: [.cable, .peerPort, .localPort]
        default: [.administrator]
        }
    }

    static func action(_ id: ConditionID) -> String {
        switch id {
        case .hcaMissing:
            "Drain the node; look for the card with lspci and in the kernel log, check its driver, "
                + "seating and power."
        case .gpuMissing:
            "Drain the node; look for the GPU with lspci and in the kernel log, check its seating "
                + "and power."
        case .miswired:
            "Replace nothing: have the cable moved, or the manifest corrected if it is wrong."
        case .widthDegraded:
            "Drain the node; reseat the cable at both ends, then swap it, then the modules."
        case .speedDegraded:
            "Compare speeds and FEC that are enabled at both ends with ibportstate; then check "
                + "that cable and modules are fit for the speed."
        default:
            "Find out which is right, the node or the manifest, and mend the other."
        }
    }

    private static func unverified(_ manifest: ManifestComparison) -> Opinion? {
        let count = manifest.unverifiedCount
        guard count > 0 else { return nil }
        let placesMax = 20
        let more = manifest.unverified.count - placesMax
        return Opinion(
            id: .inventoryUnverified, subject: Subject(),
            severity: ConditionCatalog.row(.inventoryUnverified).severity,
            summary: count == 1
                ? "One fact that the manifest expects is unknown."
                : "\(count) facts that the manifest expects are unknown.",
            accused: [], grade: .localOnly,
            evidence: manifest.unverified.prefix(placesMax).map {
                "\($0.place): \($0.facts.joined(separator: ", "))"
            } + (more > 0 ? ["and \(more) more places"] : []),
            action: "Look at fabricwatch inventory; what cannot be read on this kind of node does "
                + "not belong into its manifest.")
    }
}
