import Model

/// The rules about HCAs that do not work any more.
enum HCARules {
    // The syndrome of an HCA that is too hot, which says nothing else of its health (kernel
    // include/linux/mlx5/device.h, enum mlx5_health_syndrome).
    private static let tooHot: UInt32 = 0x10

    /// What HCAs told of themselves; also notes which of them answer.
    static func judge(_ evidence: Evidence, into judgement: inout Judgement) {
        var seen: Set<GUID> = []
        for cable in evidence.cables where cable.isAnswering {
            judgement.observed.insert(cable.report.key.node.description)
        }
        for cable in evidence.cables where seen.insert(cable.report.key.node).inserted {
            if let opinion = fatal(cable, evidence, judgement) {
                judgement.opinions.append(opinion)
            }
        }
    }

    private static func fatal(
        _ cable: CableEvidence, _ evidence: Evidence, _ judgement: Judgement
    ) -> Opinion? {
        let id = ConditionID.hcaFatal
        let key = cable.report.key.node.description
        let told = evidence.events.filter {
            $0.isOf(cable.report) && counts($0, cable, evidence)
        }
        guard let latest = told.map(\.ageSeconds).min() else { return nil }
        let answers = judgement.observed.contains(key)
        guard !answers || latest < evidence.thresholds.value(id, "told_within") else {
            return nil
        }
        let row = ConditionCatalog.row(id)
        let times = told.reduce(UInt64(0)) { $0 &+ $1.count }
        let why =
            "\(cable.device) gave up \(Plain.about(latest)) ago"
            + (times > 1 ? ", \(times) signs within a day" : "")
            + (answers ? ", and answers again." : ", and does not answer since.")
        var opinion = Opinion(
            id: id, subject: Subject(device: cable.device, key: key), severity: row.severity,
            summary: why, accused: row.accused, grade: .localOnly,
            evidence: told.suffix(5).map(\.line),
            action: "Drain the node; read the kernel log around it, then power the node off and "
                + "on. Replace the HCA if it comes again.")
        opinion.why = why
        opinion.serial = cable.report.identity.serial
        return opinion
    }

    private static func counts(
        _ event: PortEvent, _ cable: CableEvidence, _ evidence: Evidence
    ) -> Bool {
        switch event.kind {
        case .hcaHealth:
            event.severity == "fatal" || event.number.map { $0 != tooHot } ?? false
        case .hcaFatal: !isUnloaded(event, cable, evidence)
        default: false
        }
    }

    // Whoever unloads a driver makes the same event (kernel uverbs_main.c,
    // ib_uverbs_free_hw_resources): alone it counts when the same instance is still there after a
    // while.
    private static func isUnloaded(
        _ event: PortEvent, _ cable: CableEvidence, _ evidence: Evidence
    ) -> Bool {
        let thresholds = evidence.thresholds
        guard cable.report.isListed,
            event.ageSeconds >= thresholds.value(.hcaFatal, "unconfirmed_after")
        else { return true }
        guard let port = evidence.recent.ports[cable.report.key] else { return false }
        let restarted = port.settlesAt - thresholds.value(.linkDown, "boot_grace")
        return restarted >= evidence.recent.now - event.ageSeconds - 1
    }
}

extension CableEvidence {
    // Whether the HCA itself answered in the latest pass.
    fileprivate var isAnswering: Bool {
        !isStale && report.isListed && report.local.link != nil
    }
}
