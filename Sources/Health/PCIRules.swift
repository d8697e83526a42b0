import Model

/// The rules about the PCIe links of HCAs and GPUs.
enum PCIRules {
    /// What holds of every function.
    static func judge(_ evidence: Evidence, into judgement: inout Judgement) {
        let byAddress = Dictionary(
            evidence.pcie.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
        for function in evidence.pcie {
            if function.isFresh { judgement.observed.insert(function.address.description) }
            let parent = function.parent.flatMap { byAddress[$0] }
            let load = load(function, parent, evidence)
            if load == .idle {
                judgement.idle.insert(IncidentKey(.pcieDegraded, subject(function)))
            }
            if let opinion = degraded(function, parent, load, byAddress, evidence.thresholds) {
                judgement.opinions.append(opinion)
            }
            if function.role.isEndpoint { errors(function, parent, evidence, &judgement) }
        }
    }

    private static func subject(_ function: PCIFunctionEvidence) -> Subject {
        Subject(gpuIndex: function.gpuIndex, pciAddress: function.address)
    }

    private static func place(_ function: PCIFunctionEvidence) -> String {
        function.name.map { "\($0) (\(function.address))" } ?? "\(function.address)"
    }

    // MARK: Width and speed

    // Whether a GPU works, where its link is slower than it could be.
    private enum Load { case none, idle, busy }

    private static func load(
        _ function: PCIFunctionEvidence, _ parent: PCIFunctionEvidence?, _ evidence: Evidence
    ) -> Load {
        guard function.role == .gpu, isSlow(function, parent) else { return .none }
        let gpu = evidence.gpus?.gpus.first { $0.address == function.address }
        let busy = evidence.thresholds.value(.pcieDegraded, "busy") * 100
        guard let gpu, gpu.isSeen, let used = gpu.utilization, Double(used) >= busy else {
            return .idle
        }
        return .busy
    }

    private static func isSlow(
        _ function: PCIFunctionEvidence, _ parent: PCIFunctionEvidence?
    ) -> Bool {
        guard let speed = function.speed, let best = function.maxSpeed, speed > 0,
            let above = parent?.maxSpeed
        else { return false }
        return speed < min(best, above)
    }

    // The link above each function, the last hop of which is the function's own.
    private static func degraded(
        _ function: PCIFunctionEvidence, _ parent: PCIFunctionEvidence?, _ load: Load,
        _ all: [PCIAddress: PCIFunctionEvidence], _ thresholds: Thresholds
    ) -> Opinion? {
        guard function.isFresh, let width = function.width, let most = function.maxWidth,
            width > 0
        else { return nil }
        // Virtual machines show devices without a bridge: then nobody knows what the slot has.
        let limit = min(most, parent?.maxWidth ?? most)
        let narrow = parent != nil && width < limit
        let slow =
            isSlow(function, parent) && (load == .busy || leadsToHCAsAlone(function, all))
        guard narrow || slow else { return nil }
        let speeds =
            slow
            ? ", at \(function.speed ?? 0) of "
                + "\(min(function.maxSpeed ?? 0, parent?.maxSpeed ?? 0)) MT/s" : ""
        let why =
            "the PCIe link of \(place(function)) runs with \(width) of \(limit) lanes\(speeds)"
            + (load == .busy ? " while the GPU works." : ".")
        var opinion = Opinion(
            id: .pcieDegraded, subject: subject(function), severity: .critical,
            summary: why.prefix(1).uppercased() + why.dropFirst(),
            accused: function.role == .gpu ? [.pciePath, .gpu] : [.pciePath, .localPort],
            grade: .twoEnded,
            evidence: [
                "in use x\(width), the function has x\(most)"
                    + (parent.map { ", the bridge above \($0.address) x\($0.maxWidth ?? 0)" } ?? "")
            ],
            action: "Drain the node; compare with lspci -vv at both ends, reseat the card, then "
                + "try another slot.")
        opinion.why = why
        if load == .busy, !narrow {
            opinion.loadSeconds = thresholds.value(.pcieDegraded, "busy_after")
        }
        return opinion
    }

    // GPUs, and the bridges above them, lower their speed when idle.
    private static func leadsToHCAsAlone(
        _ function: PCIFunctionEvidence, _ all: [PCIAddress: PCIFunctionEvidence]
    ) -> Bool {
        guard !function.role.isEndpoint else { return function.role == .hca }
        return all.values.filter(\.role.isEndpoint).allSatisfy { endpoint in
            guard endpoint.role != .hca else { return true }
            var above = endpoint.parent
            var hops = 0
            while let address = above, hops < 32 {
                if address == function.address { return false }
                above = all[address]?.parent
                hops += 1
            }
            return true
        }
    }

    // MARK: Errors

    private static let prefixes: [(String, String, String)] = [
        ("critical_fatal", "aer_fatal", "fatal error"),
        ("critical_nonfatal", "aer_nonfatal", "error that was not corrected"),
        ("warning", "aer_correctable", "corrected error"),
        ("info", "aer_correctable", "corrected error"),
    ]

    private static func errors(
        _ function: PCIFunctionEvidence, _ parent: PCIFunctionEvidence?, _ evidence: Evidence,
        _ judgement: inout Judgement
    ) {
        let id = ConditionID.pcieErrors
        let now = evidence.recent.now
        for (prefix, counter, noun) in prefixes {
            guard let trigger = evidence.thresholds.trigger(id, prefix) else { continue }
            let own = history(function, counter, evidence)
            let above = parent.flatMap { history($0, counter, evidence) }
            let ends = [own, above].compactMap { $0 }
            guard ends.contains(where: { trigger.holds([$0], now: now) }) else { continue }
            let here = own.map { trigger.sum([$0], now: now) } ?? 0
            let there = above.map { trigger.sum([$0], now: now) } ?? 0
            let watched = CountHistory.watchedSeconds(ends, since: now - trigger.seconds)
            judgement.opinions.append(
                opinion(
                    function, parent, trigger, noun, here: here, there: there,
                    window: Plain.window(trigger.seconds, watched: watched)))
            return
        }
        let all = prefixes.dropLast().flatMap { prefix in
            [function, parent].compactMap { $0 }.compactMap { history($0, prefix.1, evidence) }
        }
        guard function.isFresh, !all.isEmpty else { return }
        judgement.quiet[IncidentKey(id, subject(function))] = CountHistory.quietSeconds(all)
    }

    private static func history(
        _ function: PCIFunctionEvidence, _ counter: String, _ evidence: Evidence
    ) -> CountHistory? {
        PCICounters.all.firstIndex { $0.name == counter }.flatMap {
            evidence.recent.history(.pci(function.address), $0)
        }
    }

    private static func opinion(
        _ function: PCIFunctionEvidence, _ parent: PCIFunctionEvidence?, _ trigger: CountTrigger,
        _ noun: String, here: UInt64, there: UInt64, window: String
    ) -> Opinion {
        let because =
            switch (here > 0, there > 0) {
            case (true, true): "both ends: the slot or riser"
            case (true, false): "what the device receives is bad: the slot, or the bridge's side"
            default: "what the bridge receives is bad: the device, or the slot"
            }
        let bridge = parent == nil ? "" : ", the bridge above \(there)"
        let why =
            "\(place(function)) counted \(Plain.counted(here, noun, noun.plural)) in "
            + "\(window)\(bridge): \(because)."
        let device: Domain = function.role == .gpu ? .gpu : .localPort
        let row = ConditionCatalog.row(.pcieErrors)
        var opinion = Opinion(
            id: .pcieErrors, subject: subject(function), severity: trigger.severity,
            summary: "PCIe: \(why)",
            accused: here > 0 ? [.pciePath, device] : [device, .pciePath],
            grade: parent == nil ? .localOnly : .twoEnded, evidence: [],
            action: row.ladder.step(trigger.severity) == .watch
                ? "Watch it; errors that are corrected cost only time."
                : "Drain the node, reseat the card and its riser; then look at the slot.")
        opinion.why = why
        return opinion
    }
}

extension String {
    // `errors` of `error`, and `errors that were not corrected`.
    fileprivate var plural: String {
        hasSuffix("error") ? self + "s" : replacingWords("error that was", "errors that were")
    }
}
