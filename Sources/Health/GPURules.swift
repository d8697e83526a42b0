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
            + gpus.flatMap { gpu($0, evidence, isStalenessExplained: isExplained) }
            + [kernelLog(evidence)].compactMap { $0 }
    }

    private static func gpu(
        _ gpu: GPUEvidence, _ evidence: Evidence, isStalenessExplained: Bool
    ) -> [Opinion] {
        let unseen =
            unresponsive(gpu) ?? lost(gpu)
            ?? unobservable(
                gpu, evidence.gpus?.library, isStalenessExplained: isStalenessExplained)
        let opinions =
            [unseen, recovery(gpu)].compactMap { $0 } + gpu.xids.map { xid(gpu, $0, evidence) }
        return opinions.map {
            var opinion = $0
            opinion.serial = gpu.uuid?.description
            return opinion
        }
    }

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
            hang.excluded.map { "\(gpu.name) is left alone: \($0)." }
            ?? "\(gpu.name) does not answer: \(told ?? "a call has not returned")."
        return Opinion(
            id: .gpuUnresponsive, subject: gpu.subject,
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
            summary = "\(gpu.name) is not there any more."
            evidence = "the PCI bus does not list it any more"
        } else if case .failed(let failure) = gpu.state, failure.isLost {
            summary = "\(gpu.name) is lost to the driver: \(failure.codeName)."
            evidence = "\(failure.function) answered \(failure.codeName) (\(failure.code))"
            asksForReset = failure.asksForReset
        } else {
            return nil
        }
        return Opinion(
            id: .gpuLost, subject: gpu.subject,
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
            id: .gpuUnobservable, subject: gpu.subject,
            severity: ConditionCatalog.row(.gpuUnobservable).severity,
            summary: "\(gpu.name) cannot be read: \(reason).", accused: [.gpu, .driver],
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
            id: .gpuRecoveryNeeded, subject: gpu.subject,
            severity: ConditionCatalog.row(.gpuRecoveryNeeded).severity,
            summary: "The driver asks for this of \(gpu.name): \(wish).", accused: [.gpu],
            grade: .localOnly, evidence: ["GPU recovery action \(code)"],
            action: known?.instruction
                ?? "Look the number up in nvml.h of the driver's version.")
    }

    private static func xid(
        _ gpu: GPUEvidence, _ xid: XidEvidence, _ evidence: Evidence
    ) -> Opinion {
        var subject = gpu.subject
        subject.xid = xid.number
        let again = times(gpu, xid, evidence)
        var summary =
            "\(gpu.name) reported Xid \(xid.number)"
            + (xid.count > 1 ? " \(xid.count) times" : "") + ": \(xid.meaning)"
        if !xid.followers.isEmpty {
            let numbers = xid.followers.map { "\($0)" }.joined(separator: ", ")
            summary += " \(xid.followers.count) more followed within 5 s: Xid \(numbers)."
        }
        if let again { summary += " \(again)" }
        var opinion = Opinion(
            id: .gpuXid, subject: subject, severity: xid.severity, summary: summary,
            accused: [.gpu], grade: .localOnly, evidence: ["last at \(xid.last)", xid.line],
            action: action(xid) + (again == nil ? "" : " \(Self.replace)"))
        opinion.step = xid.severity == .critical ? xid.remedy.step : nil
        return opinion
    }

    private static let replace =
        "Then have the vendor's field diagnostics run, and the GPU replaced."

    // That it happens again says more than what it was.
    private static func times(
        _ gpu: GPUEvidence, _ xid: XidEvidence, _ evidence: Evidence
    ) -> String? {
        let window = evidence.thresholds.value(.gpuXid, "replace_window")
        guard xid.severity == .critical, let uuid = gpu.uuid?.description else { return nil }
        let since = evidence.now.wallMilliseconds - Int64(max(0, min(window, 1e9)) * 1000)
        let times = evidence.recent.episodes(of: uuid, since: since)
        guard Double(times) >= evidence.thresholds.value(.gpuXid, "replace_count") else {
            return nil
        }
        return "It had such errors \(times) times in \(Plain.about(window))."
    }

    // The catalogue asks for nothing at once; an operator should know all the same.
    private static func action(_ xid: XidEvidence) -> String {
        guard xid.severity == .warning, !xid.remedy.asksForSomething else {
            return xid.remedy.action
        }
        return xid.remedy == .application
            ? "Restart the application; reset the GPU when no job runs, if it comes again."
            : "Watch the GPU: fabricwatch gpus; reset it when no job runs, if it comes again."
    }
}

extension Remedy {
    /// The next step as a word; nil for the condition's.
    var step: ActionStep? {
        switch self {
        case .resetGPU: .resetGPU
        case .reboot, .rebootGuest: .reboot
        case .inspect, .updateSoftware, .support: .drain
        case .none, .application, .decode: nil
        }
    }

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
