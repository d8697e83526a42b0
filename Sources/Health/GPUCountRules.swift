import Model

/// The rules about what GPUs and their NVLinks count, and about the fabric between them.
enum GPUCountRules {
    /// What holds of every GPU.
    static func judge(_ evidence: Evidence, into judgement: inout Judgement) {
        for gpu in evidence.gpus?.gpus ?? [] {
            // Only where all that it told earlier was read can anything be over.
            let isSeen = gpu.isSeen && !gpu.condition.isIncomplete
            if isSeen {
                judgement.observed.insert(gpu.address.description)
                if let uuid = gpu.uuid { judgement.observed.insert(uuid.description) }
            }
            memory(gpu, evidence, isSeen, &judgement)
            if let opinion = fabric(gpu) { judgement.opinions.append(opinion) }
        }
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
        let counted = part.map { evidence.recent.histories($0, uncorrected) } ?? []
        if let opinion = told(gpu, evidence) {
            judgement.opinions.append(opinion)
            return
        }
        let now = evidence.recent.now
        if let trigger = evidence.thresholds.trigger(id, "critical"),
            trigger.holds(counted, now: now)
        {
            let errors = trigger.sum(counted, now: now)
            let watched = CountHistory.watchedSeconds(counted, since: now - trigger.seconds)
            judgement.opinions.append(
                Opinion(
                    gpu, id, .critical,
                    "\(Plain.counted(errors, "memory error")) that could not be corrected in "
                        + "\(Plain.window(trigger.seconds, watched: watched)).",
                    action: "Drain the GPU and reset it before any new work: nvidia-smi "
                        + "--gpu-reset -i N; if errors come again, have it replaced."))
            return
        }
        // Without an error that was counted, it was what the GPU says, which it no longer does.
        let isClean = counted.allSatisfy { $0.steps.isEmpty && $0.exactSince != nil }
        let seconds = isClean ? Double.infinity : CountHistory.quietSeconds(counted)
        judgement.quiet[IncidentKey(id, gpu.subject)] = isSeen ? seconds : nil
    }

    private static func told(_ gpu: GPUEvidence, _ evidence: Evidence) -> Opinion? {
        let id = ConditionID.gpuMemoryDegraded
        let state = gpu.condition
        let replace = "Drain the node and have the GPU replaced: nvidia-bug-report.sh first."
        if state.hasRemapFailed == true {
            return Opinion(
                gpu, id, .critical,
                "a memory row could not be remapped: its spare rows are used "
                    + "up.", action: replace)
        }
        if state.isSRAMThresholdExceeded == true {
            return Opinion(
                gpu, id, .critical, "it has had more SRAM errors than its vendor accepts.",
                action: replace)
        }
        if state.isRemapPending == true {
            return Opinion(
                gpu, id, .warning, "a memory row waits for a reset to be remapped.",
                action: "Reset the GPU when no job runs: nvidia-smi --gpu-reset -i N.")
        }
        let limit = evidence.thresholds.value(id, "remapped_rows")
        if let rows = state.remappedRows, Double(rows) > limit {
            return Opinion(
                gpu, id, .warning,
                "\(rows) memory rows are remapped, more than \(Plain.number(limit)): most such "
                    + "GPUs get slower.",
                action: "Compare its speed with the others', and plan a replacement.")
        }
        return nil
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
        return Opinion(
            gpu, .nvlinkFabricUnhealthy, severity, "\(faults.joined(separator: "; ")).",
            action: "Look at the Fabric Manager: systemctl status nvidia-fabricmanager; drain the "
                + "node before restarting it.",
            evidence: faults)
    }
}

extension GPUEvidence {
    /// Whether it was read in the latest pass.
    var isSeen: Bool { isListed && isFresh && state == .read }

    /// What conditions of it are about.
    var subject: Subject {
        Subject(key: uuid?.description, gpuIndex: index, pciAddress: address)
    }

    /// `GPU 3 (0000:1b:00.0)`.
    var name: String { "GPU \(index) (\(address))" }
}

extension Recent {
    /// The histories of some counters of a part, by name.
    func histories(_ part: PartKey, _ counters: [String]) -> [CountHistory] {
        let table = part.table.counters
        return counters.compactMap { name in
            table.firstIndex { $0.name == name }.flatMap { history(part, $0) }
        }
    }
}

extension Opinion {
    /// An opinion about a GPU, or about its links.
    init(
        _ gpu: GPUEvidence, _ id: ConditionID, _ severity: Severity, _ why: String,
        action: String, accused: [Domain]? = nil, evidence: [String] = []
    ) {
        self.init(
            id: id, subject: gpu.subject, severity: severity, summary: "\(gpu.name): \(why)",
            accused: accused ?? ConditionCatalog.row(id).accused, grade: .localOnly,
            evidence: evidence, action: action)
        self.why = why
        serial = gpu.uuid?.description
    }
}
