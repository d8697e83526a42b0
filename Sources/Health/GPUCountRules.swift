import Model

/// The rules about what GPUs and their NVLinks count, and about the fabric between them.
enum GPUCountRules {
    /// What holds of every GPU.
    static func judge(_ evidence: Evidence, into judgement: inout Judgement) {
        for gpu in evidence.gpus?.gpus ?? [] {
            let isSeen = gpu.isListed && !gpu.isStale && gpu.state == .read
            if isSeen {
                judgement.observed.insert(gpu.address.description)
                if let uuid = gpu.uuid { judgement.observed.insert(uuid.description) }
            }
            memory(gpu, evidence, isSeen, &judgement)
            links(gpu, evidence, isSeen, &judgement)
            if isSeen, let opinion = fabric(gpu) { judgement.opinions.append(opinion) }
        }
    }

    private static func subject(_ gpu: GPUEvidence) -> Subject {
        Subject(key: gpu.uuid?.description, gpuIndex: gpu.index, pciAddress: gpu.address)
    }

    private static func name(_ gpu: GPUEvidence) -> String { "GPU \(gpu.index) (\(gpu.address))" }

    private static func histories(
        _ part: PartKey, _ counters: [String], _ evidence: Evidence
    ) -> [CountHistory] {
        let table = part.table.counters
        return counters.compactMap { name in
            table.firstIndex { $0.name == name }.flatMap { evidence.recent.history(part, $0) }
        }
    }

    private static func quiet(_ histories: [CountHistory]) -> Double? {
        let quiet = histories.map(\.quietSeconds)
        guard !quiet.isEmpty, !quiet.contains(where: { $0 == nil }) else { return nil }
        return quiet.compactMap { $0 }.min()
    }

    private static func opinion(
        _ gpu: GPUEvidence, _ id: ConditionID, _ severity: Severity, _ why: String,
        action: String, accused: [Domain]? = nil, evidence: [String] = []
    ) -> Opinion {
        var opinion = Opinion(
            id: id, subject: subject(gpu), severity: severity, summary: "\(name(gpu)): \(why)",
            accused: accused ?? ConditionCatalog.row(id).accused, grade: .localOnly,
            evidence: evidence, action: action)
        opinion.why = why
        opinion.serial = gpu.uuid?.description
        return opinion
    }

    // MARK: Memory

    // Each uncorrected error is counted since the last reset and over the GPU's life: the first
    // suffices, and starts anew with the reset that answers it.
    private static let uncorrected = [
        "ecc_volatile_uncorrected_errors", "sram_volatile_uncorrected_parity_errors",
        "sram_volatile_uncorrected_secded_errors",
    ]

    private static func memory(
        _ gpu: GPUEvidence, _ evidence: Evidence, _ isSeen: Bool, _ judgement: inout Judgement
    ) {
        let id = ConditionID.gpuMemoryDegraded
        let part = gpu.uuid.map { PartKey.gpu($0) }
        let counted = part.map { histories($0, uncorrected, evidence) } ?? []
        if isSeen, let opinion = told(gpu, evidence) {
            judgement.opinions.append(opinion)
            return
        }
        let now = evidence.recent.now
        if let trigger = evidence.thresholds.trigger(id, "critical"),
            trigger.holds(counted, now: now)
        {
            let errors = trigger.sum(counted, now: now)
            judgement.opinions.append(
                opinion(
                    gpu, id, .critical,
                    "\(Plain.counted(errors, "memory error")) that could not be corrected in "
                        + "\(Plain.duration(trigger.seconds)).",
                    action: "Drain the GPU and reset it before any new work: nvidia-smi "
                        + "--gpu-reset -i N; if errors come again, have it replaced."))
            return
        }
        // Without an error that was counted, it was what the GPU says, which it no longer does.
        let isClean = counted.allSatisfy { $0.steps.isEmpty && $0.exactSince != nil }
        let seconds = isClean ? Double.infinity : quiet(counted)
        judgement.quiet[IncidentKey(id, subject(gpu))] = isSeen ? seconds : nil
    }

    private static func told(_ gpu: GPUEvidence, _ evidence: Evidence) -> Opinion? {
        let id = ConditionID.gpuMemoryDegraded
        let state = gpu.condition
        let replace = "Drain the node and have the GPU replaced: nvidia-bug-report.sh first."
        if state.hasRemapFailed == true {
            return opinion(
                gpu, id, .critical,
                "a memory row could not be remapped: its spare rows are used "
                    + "up.", action: replace)
        }
        if state.isSRAMThresholdExceeded == true {
            return opinion(
                gpu, id, .critical, "it has had more SRAM errors than its vendor accepts.",
                action: replace)
        }
        if state.isRemapPending == true {
            return opinion(
                gpu, id, .warning, "a memory row waits for a reset to be remapped.",
                action: "Reset the GPU when no job runs: nvidia-smi --gpu-reset -i N.")
        }
        let limit = evidence.thresholds.value(id, "remapped_rows")
        if let rows = state.remappedRows, Double(rows) > limit {
            return opinion(
                gpu, id, .warning,
                "\(rows) memory rows are remapped, more than \(Plain.number(limit)): most such "
                    + "GPUs get slower.",
                action: "Compare its speed with the others', and plan a replacement.")
        }
        return nil
    }

    // MARK: NVLinks

    private static let repeats = [
        "replay_errors", "crc_errors", "effective_errors", "receive_errors",
        "malformed_packet_errors",
    ]
    private static let failures = ["recovery_failed", "recovery_errors"]

    private static func links(
        _ gpu: GPUEvidence, _ evidence: Evidence, _ isSeen: Bool, _ judgement: inout Judgement
    ) {
        let id = ConditionID.nvlinkErrors
        guard let uuid = gpu.uuid else { return }
        let now = evidence.recent.now
        for (prefix, counters) in [("critical", failures), ("warning", repeats)] {
            guard let trigger = evidence.thresholds.trigger(id, prefix) else { continue }
            var bad: [(UInt8, UInt64)] = []
            for link in gpu.links {
                let found = histories(.nvlink(uuid, link), counters, evidence)
                guard trigger.holds(found, now: now) else { continue }
                bad.append((link, trigger.sum(found, now: now)))
            }
            guard !bad.isEmpty else { continue }
            judgement.opinions.append(links(gpu, trigger, bad))
            return
        }
        let all = gpu.links.flatMap {
            histories(.nvlink(uuid, $0), failures + repeats, evidence)
        }
        judgement.quiet[IncidentKey(id, subject(gpu))] = isSeen ? quiet(all) : nil
    }

    private static func links(
        _ gpu: GPUEvidence, _ trigger: CountTrigger, _ bad: [(UInt8, UInt64)]
    ) -> Opinion {
        let numbers = bad.map { "\($0.0)" }.joined(separator: ", ")
        let sum = bad.reduce(UInt64(0)) { $0 &+ $1.1 }
        let isCritical = trigger.severity == .critical
        let isOne = bad.count == 1
        let noun = isCritical ? "recovery that lost the link" : "error"
        let plural = isCritical ? "recoveries that lost the link" : "errors"
        let why =
            "\(Plain.counted(sum, noun, plural)) on \(isOne ? "NVLink" : "NVLinks") \(numbers) in "
            + "\(Plain.duration(trigger.seconds)): "
            + (isOne ? "what lies between its two ends." : "many links of one GPU accuse the GPU.")
        return opinion(
            gpu, .nvlinkErrors, trigger.severity, why,
            action: isCritical
                ? "Drain the node and reset its GPUs once; if it comes again, have the accused "
                    + "part replaced."
                : "Watch it; compare with the links of the other GPUs: fabricwatch gpus.",
            accused: isOne ? [.nvlink, .nvswitch, .gpu] : [.gpu, .nvswitch])
    }

    // MARK: The fabric

    private static func fabric(_ gpu: GPUEvidence) -> Opinion? {
        let state = gpu.condition
        // Not supported, or not yet told: there is none, or nobody knows.
        guard let registration = state.fabricState, registration != 0 else { return nil }
        var faults: [String] = []
        var severity = Severity.critical
        if registration != 3 {
            let word = GaugeCodes.fabricState.meaning(of: registration) ?? "\(registration)"
            faults.append("its registration with the NVSwitches is \(word)")
        } else if let status = state.fabricStatus, status != 0 {
            faults.append("its registration ended with NVML's code \(status)")
        }
        if let mask = state.fabricMask, mask != 0,
            let word = GaugeCodes.fabricHealthMask.meaning(of: mask), !word.hasPrefix("healthy"),
            !word.hasPrefix("unknown")
        {
            faults.append("the fabric reports \(word)")
        }
        if let health = state.fabricHealth, health > 1 {
            if faults.isEmpty, health == 3 { severity = .warning }
            let word = GaugeCodes.fabricHealth.meaning(of: health) ?? "\(health)"
            faults.append("the fabric is \(word)")
        }
        guard !faults.isEmpty else { return nil }
        return opinion(
            gpu, .nvlinkFabricUnhealthy, severity, "\(faults.joined(separator: "; ")).",
            action: "Look at the Fabric Manager: systemctl status nvidia-fabricmanager; drain the "
                + "node before restarting it.",
            evidence: faults)
    }
}
