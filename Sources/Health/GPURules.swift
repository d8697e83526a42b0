import Model

/// The rules about GPUs, and about who would tell of them.
enum GPURules {
    /// Everything that holds of the GPUs.
    static func judge(_ evidence: Evidence) -> [Opinion] {
        let isExplained = evidence.collectors.contains {
            $0.name == ProbeKind.gpu.collector && $0.isStale
        }
        let gpus = evidence.gpus?.gpus ?? []
        return [library(evidence.gpus)].compactMap { $0 }
            + gpus.flatMap { gpu($0, evidence.gpus?.library, isStalenessExplained: isExplained) }
            + [kernelLog(evidence)].compactMap { $0 }
    }

    private static func gpu(
        _ gpu: GPUEvidence, _ library: GPULibrary?, isStalenessExplained: Bool
    ) -> [Opinion] {
        let unseen =
            unresponsive(gpu) ?? lost(gpu)
            ?? unobservable(gpu, library, isStalenessExplained: isStalenessExplained)
        return [unseen, recovery(gpu)].compactMap { $0 } + gpu.xids.map { xid(gpu, $0) }
            + [linkDown(gpu)].compactMap { $0 }
    }

    private static func subject(_ gpu: GPUEvidence) -> Subject {
        Subject(
            key: gpu.uuid?.description, gpuIndex: gpu.index, pciAddress: gpu.address)
    }

    private static func name(_ gpu: GPUEvidence) -> String { "GPU \(gpu.index) (\(gpu.address))" }

    // MARK: What cannot be seen

    private static func unresponsive(_ gpu: GPUEvidence) -> Opinion? {
        guard let hang = gpu.hang else { return nil }
        let seconds = Int(hang.seconds)
        let isWaitedFor = hang.excluded == nil
        let told = hang.call.map {
            "\($0.function) (\($0.family.name)) "
                + (isWaitedFor ? "has not returned for \(seconds) s" : "began \(seconds) s ago")
        }
        let summary =
            hang.excluded.map { "\(name(gpu)) is left alone: \($0)." }
            ?? "\(name(gpu)) does not answer: \(told ?? "a call has not returned")."
        return Opinion(
            id: .gpuUnresponsive, subject: subject(gpu),
            severity: ConditionCatalog.row(.gpuUnresponsive).severity, summary: summary,
            accused: [.gpu, .driver], grade: .localOnly,
            evidence: [
                told,
                hang.kernel.map {
                    "the thread that \(isWaitedFor ? "waits is" : "waited was") in state \($0)"
                },
                "its values are those from before",
            ].compactMap { $0 },
            action: seconds < 135
                ? "Look for Xids: fabricwatch events; do not start nvidia-smi, it would wait too."
                : "Drain the node, then reset the GPU; where the reset hangs as well, reboot.")
    }

    private static func lost(_ gpu: GPUEvidence) -> Opinion? {
        let summary: String
        let evidence: String
        var asksForReset = false
        if !gpu.isListed {
            summary = "\(name(gpu)) is not there any more."
            evidence = "the PCI bus does not list it any more"
        } else if case .failed(let failure) = gpu.state, failure.isLost {
            summary = "\(name(gpu)) is lost to the driver: \(failure.codeName)."
            evidence = "\(failure.function) answered \(failure.codeName) (\(failure.code))"
            asksForReset = failure.asksForReset
        } else {
            return nil
        }
        return Opinion(
            id: .gpuLost, subject: subject(gpu),
            severity: ConditionCatalog.row(.gpuLost).severity, summary: summary,
            accused: [.gpu, .pciePath], grade: .localOnly, evidence: [evidence],
            action: asksForReset
                ? Remedy.resetGPU.action
                : "Drain the node and reboot it; if the GPU is lost again, check seating, power "
                    + "and PCIe errors, then have it replaced.")
    }

    private static func unobservable(
        _ gpu: GPUEvidence, _ library: GPULibrary?, isStalenessExplained: Bool
    ) -> Opinion? {
        let reason: String
        switch gpu.state {
        case .failed(let failure):
            reason = "\(failure.function) answered \(failure.codeName) (\(failure.code))"
        case .excluded(let text): reason = "it is left alone: \(text)"
        // The library speaks for all of its GPUs.
        case .noLibrary:
            guard library?.state == .ready else { return nil }
            reason = "it has not been read yet"
        case .busy, .read:
            guard gpu.isStale, !isStalenessExplained else { return nil }
            reason = "it has not been read for too long"
        }
        return Opinion(
            id: .gpuUnobservable, subject: subject(gpu),
            severity: ConditionCatalog.row(.gpuUnobservable).severity,
            summary: "\(name(gpu)) cannot be read: \(reason).", accused: [.gpu, .driver],
            grade: .localOnly, evidence: [reason],
            action: "Compare with nvidia-smi -q -i \(gpu.address), and look for Xids: "
                + "fabricwatch events.")
    }

    private static func library(_ gpus: GPUsEvidence?) -> Opinion? {
        guard let gpus, let library = gpus.library, library.state != .ready else { return nil }
        // GPUs that were open before it hung are read on.
        let count = gpus.gpus.count { $0.state != .read }
        guard count > 0 else { return nil }
        let detail = library.detail.isEmpty ? library.state.rawValue : library.detail
        return Opinion(
            id: .gpuUnobservable, subject: Subject(collector: ProbeKind.gpu.collector),
            severity: ConditionCatalog.row(.gpuUnobservable).severity,
            summary: "\(count == 1 ? "The GPU" : "\(count) GPUs") of this node cannot be read: "
                + "\(detail)",
            accused: [.driver], grade: .localOnly, evidence: ["NVML is \(library.state.rawValue)"],
            action: action(library.state))
    }

    private static func action(_ state: GPULibrary.State) -> String {
        switch state {
        case .versionMismatch:
            "The driver was updated under a running one: reboot, or reload the nvidia modules."
        case .driverNotLoaded: "Load the driver: modprobe nvidia; then look at the kernel log."
        case .noPermission:
            "Give the daemon's user access to /dev/nvidiactl and /dev/nvidia*, in the unit's "
                + "DeviceAllow as well."
        case .libraryMissing, .symbolsMissing:
            "Install the driver's library, or say where it is: gpu.library in the configuration."
        case .starting: "Wait for the driver to start."
        case .ready, .failed, .hung: "Look at the daemon's log and the kernel log."
        }
    }

    private static func kernelLog(_ evidence: Evidence) -> Opinion? {
        evidence.kernelLogTrouble.map {
            Opinion(
                id: .kernelLogUnreadable,
                subject: Subject(collector: ProbeKind.kernelLog.collector),
                severity: ConditionCatalog.row(.kernelLogUnreadable).severity,
                summary: "The kernel log cannot be read: errors of GPUs and modules go unseen.",
                accused: [.host], grade: .localOnly, evidence: [$0],
                action: "Give the daemon CAP_SYSLOG and /dev/kmsg, as its systemd unit does; or "
                    + "set kernel_log.enabled to false.")
        }
    }

    // MARK: What the driver says

    private static func recovery(_ gpu: GPUEvidence) -> Opinion? {
        guard let code = gpu.recoveryAction, code != 0 else { return nil }
        let known = RecoveryAction(code: code)
        let wish = known?.word ?? "action \(code)"
        return Opinion(
            id: .gpuRecoveryNeeded, subject: subject(gpu),
            severity: ConditionCatalog.row(.gpuRecoveryNeeded).severity,
            summary: "The driver asks for this of \(name(gpu)): \(wish).", accused: [.gpu],
            grade: .localOnly, evidence: ["GPU recovery action \(code)"],
            action: known?.instruction
                ?? "Look the number up in nvml.h of the driver's version.")
    }

    private static func xid(_ gpu: GPUEvidence, _ xid: XidEvidence) -> Opinion {
        var subject = subject(gpu)
        subject.xid = xid.number
        return Opinion(
            id: .gpuXid, subject: subject, severity: ConditionCatalog.row(.gpuXid).severity,
            summary: "\(name(gpu)) reported Xid \(xid.number)"
                + (xid.count > 1 ? " \(xid.count) times" : "") + ": \(xid.meaning)",
            accused: [.gpu], grade: .localOnly, evidence: ["last at \(xid.last)", xid.line],
            action: xid.remedy.action)
    }

    private static func linkDown(_ gpu: GPUEvidence) -> Opinion? {
        guard !gpu.linksDown.isEmpty, gpu.hang == nil else { return nil }
        let numbers = gpu.linksDown.map(String.init).joined(separator: ", ")
        return Opinion(
            id: .nvlinkDown, subject: subject(gpu),
            severity: ConditionCatalog.row(.nvlinkDown).severity,
            summary: "\(gpu.linksDown.count == 1 ? "NVLink" : "NVLinks") \(numbers) of "
                + "\(name(gpu)) went down.",
            accused: [.nvlink, .gpu], grade: .localOnly,
            evidence: [
                (gpu.linksDown.count == 1 ? "it was" : "they were")
                    + " active earlier; \(gpu.linksUp) other links are up"
            ],
            action: "Look for Xid 74, 149 and SXids: fabricwatch events; then drain and reset "
                + "the GPU.")
    }
}

extension Remedy {
    /// The next step, one sentence.
    package var action: String {
        switch self {
        case .none: "Nothing."
        case .application: "Restart the application."
        case .resetGPU: "Drain the GPU, then reset it: nvidia-smi --gpu-reset -i N."
        case .reboot: "Drain the node, then reboot it."
        case .rebootGuest: "Restart the virtual machine that owns the GPU."
        case .inspect: "Check the GPU's seating, cables and power."
        case .updateSoftware: "Update the driver or the GPU's firmware."
        case .support: "Drain the node and ask the vendor: nvidia-bug-report.sh."
        case .decode: "Decode the words of the line with the vendor's Xid catalogue."
        }
    }
}
