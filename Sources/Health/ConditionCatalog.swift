/// The name of a condition in the API, in metrics and in the playbooks.
package enum ConditionID: String, CaseIterable, Sendable {
    /// A port that should be active is not.
    case linkDown = "ib_link_down"
    /// The link is up and the other end cannot be read.
    case peerUnobservable = "ib_peer_unobservable"
    /// A port of this node cannot be read.
    case portUnobservable = "ib_port_unobservable"
    /// A counter is full and counts no more.
    case counterBlind = "counter_blind"
    /// A probe has not answered for too long.
    case probeStale = "probe_stale"
    /// There is nothing to judge, on the node or from one of its probes.
    case nothingObserved = "nothing_observed"
    /// A call to a GPU's driver does not return.
    case gpuUnresponsive = "gpu_unresponsive"
    /// The driver has lost a GPU that the node has.
    case gpuLost = "gpu_lost"
    /// A GPU cannot be read.
    case gpuUnobservable = "gpu_unobservable"
    /// The driver asks for a reset or a reboot.
    case gpuRecoveryNeeded = "gpu_recovery_needed"
    /// The driver reported an error that asks for more than a restart of the application.
    case gpuXid = "gpu_xid"
    /// An NVLink that was active is not.
    case nvlinkDown = "nvlink_down"
    /// The kernel log cannot be read.
    case kernelLogUnreadable = "kernel_log_unreadable"
    /// The history cannot be written.
    case historyUnavailable = "history_unavailable"
    /// An HCA that the manifest expects is not there.
    case hcaMissing = "hca_missing"
    /// A GPU that the manifest expects is not there.
    case gpuMissing = "gpu_missing"
    /// A cable leads to another port than the manifest expects.
    case miswired = "ib_miswired"
    /// A link has fewer lanes than the manifest expects.
    case widthDegraded = "ib_width_degraded"
    /// A link is slower than the manifest expects, or corrects errors in another way.
    case speedDegraded = "ib_speed_degraded"
    /// Something else differs from the manifest.
    case inventoryMismatch = "inventory_mismatch"
    /// Something that the manifest expects is unknown.
    case inventoryUnverified = "inventory_unverified"
}

/// What is always true of a condition.
package struct ConditionRow: Sendable {
    /// The condition.
    package let id: ConditionID
    /// What it means, in one sentence.
    package let meaning: String
    /// The severity from the start.
    package let severity: Severity
    /// The severity after it has held for a while; nil when time does not matter.
    package let escalation: (severity: Severity, afterSeconds: Double)?
    /// Where the rule and its numbers come from.
    package let source: String

    /// The playbook, below the repository's `docs`.
    package var playbook: String { "playbooks/\(id.rawValue).md" }
}

/// All conditions, one row each.
package enum ConditionCatalog {
    /// The rows in the order of `ConditionID`.
    package static let all: [ConditionRow] = ConditionID.allCases.map(row)

    /// The row of a condition.
    package static func row(_ id: ConditionID) -> ConditionRow {
        switch id {
        case .linkDown:
            ConditionRow(
                id: id, meaning: "An InfiniBand port that is watched is not active.",
                severity: .warning, escalation: (.critical, 30),
                source: "IBTA vol 1, 14.2.5.6 PortState; 30 s outlasts a retrain")
        case .peerUnobservable:
            ConditionRow(
                id: id,
                meaning: "The link is active, and the counters of its other end cannot be read.",
                severity: .info, escalation: (.warning, 1800),
                source: "IBTA vol 1, 14.2.4 M_Key and 16.1.3.1 PM_Key: keys hide a peer")
        case .portUnobservable:
            ConditionRow(
                id: id, meaning: "A port of this node cannot be read.", severity: .unknown,
                escalation: nil, source: "umad(7): the device file decides who may ask")
        case .counterBlind:
            ConditionRow(
                id: id, meaning: "A counter is at its maximum and counts no more.",
                severity: .warning, escalation: nil,
                source: "IBTA vol 1, 16.1.3.5: PortCounters stop at their maximum")
        case .probeStale:
            ConditionRow(
                id: id, meaning: "A probe has not answered for three intervals.",
                severity: .unknown, escalation: nil, source: "this daemon's schedule")
        case .nothingObserved:
            ConditionRow(
                id: id,
                meaning: "No InfiniBand port has been observed, or none by one of the probes.",
                severity: .unknown, escalation: nil, source: "absence is not health")
        case .gpuUnresponsive, .gpuLost, .gpuUnobservable, .gpuRecoveryNeeded, .gpuXid,
            .nvlinkDown, .kernelLogUnreadable:
            gpuRow(id)
        case .historyUnavailable:
            ConditionRow(
                id: id, meaning: "The history cannot be written or sealed, or is damaged.",
                severity: .warning, escalation: nil, source: "sqlite.org/rescode.html")
        case .hcaMissing, .gpuMissing, .miswired, .widthDegraded, .speedDegraded,
            .inventoryMismatch, .inventoryUnverified:
            manifestRow(id)
        }
    }

    private static func manifestRow(_ id: ConditionID) -> ConditionRow {
        let source = "the manifest, inventory.manifest in the configuration"
        switch id {
        case .hcaMissing:
            return ConditionRow(
                id: id, meaning: "An HCA that the manifest expects is not there.",
                severity: .critical, escalation: nil, source: source)
        case .gpuMissing:
            return ConditionRow(
                id: id, meaning: "A GPU that the manifest expects is not there.",
                severity: .critical, escalation: nil, source: source)
        case .miswired:
            return ConditionRow(
                id: id, meaning: "A cable leads to another port than the manifest expects.",
                severity: .info, escalation: (.warning, 60),
                source: source + "; IBTA vol 1, 14.2.5.3 NodeInfo")
        case .widthDegraded:
            return ConditionRow(
                id: id, meaning: "A link has fewer lanes than the manifest expects.",
                severity: .warning, escalation: (.critical, 60),
                source: source + "; IBTA vol 1, 14.2.5.6 LinkWidthActive")
        case .speedDegraded:
            return ConditionRow(
                id: id,
                meaning: "The lanes of a link are slower than the manifest expects, or its FEC is "
                    + "another.",
                severity: .warning, escalation: (.critical, 60),
                source: source + "; IBTA vol 1, 14.2.5.6 LinkSpeedExtActive")
        case .inventoryMismatch:
            return ConditionRow(
                id: id, meaning: "A part or a fact of the node is not what the manifest expects.",
                severity: .warning, escalation: nil, source: source)
        default:
            return ConditionRow(
                id: id, meaning: "Something that the manifest expects is unknown.",
                severity: .info, escalation: nil, source: "absence is not health")
        }
    }

    private static func gpuRow(_ id: ConditionID) -> ConditionRow {
        switch id {
        case .gpuUnresponsive:
            ConditionRow(
                id: id,
                meaning: "A call to a GPU's driver does not return, or the GPU is left alone "
                    + "because one did not.",
                severity: .unknown, escalation: (.critical, 45),
                source: "open-gpu-kernel-modules: a call waits up to 45 s for the GPU's GSP")
        case .gpuLost:
            ConditionRow(
                id: id, meaning: "The driver has lost a GPU that the node has.",
                severity: .critical, escalation: nil,
                source: "nvml.h NVML_ERROR_GPU_IS_LOST, NVML_ERROR_RESET_REQUIRED")
        case .gpuUnobservable:
            ConditionRow(
                id: id, meaning: "A GPU of this node cannot be read.", severity: .unknown,
                escalation: nil, source: "absence is not health")
        case .gpuRecoveryNeeded:
            ConditionRow(
                id: id, meaning: "The driver asks for a reset, a reboot or a drain.",
                severity: .critical, escalation: nil,
                source: "nvml.h NVML_FI_DEV_GET_GPU_RECOVERY_ACTION")
        case .gpuXid:
            ConditionRow(
                id: id,
                meaning: "The driver reported an error of a GPU that asks for more than a restart "
                    + "of the application, within the last day.",
                severity: .critical, escalation: nil,
                source: "NVIDIA XID Errors; it ends with a reset of the GPU or a reboot")
        case .nvlinkDown:
            ConditionRow(
                id: id, meaning: "An NVLink that was active is not.", severity: .warning,
                escalation: (.critical, 30),
                source: "nvml.h NVML_FI_DEV_NVLINK_GET_STATE; asleep is not down")
        default:
            ConditionRow(
                id: id,
                meaning: "The kernel log cannot be read, so that most errors of GPUs go unseen.",
                severity: .warning, escalation: nil,
                source: "dmesg_restrict, capabilities(7) CAP_SYSLOG")
        }
    }
}
