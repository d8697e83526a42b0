/// Something that happened on this node, as the kernel log, NVML or an HCA told it.
package struct NodeEvent: Hashable, Sendable {
    /// The longest original line that is kept, in UTF-8 bytes.
    package static let lineLimit = 512

    /// What happened.
    package var kind: Kind
    /// The device that it happened to; the node when nil.
    package var device: Device?
    /// The number in the vendor's catalogue: the Xid, the SXid, the module's status (1 plugged,
    /// 2 unplugged, 3 error, 4 disabled), the firmware's syndrome; nil where there is none or it is
    /// not told.
    package var number: UInt32?
    /// The NVLink, switch port, HCA port or module cage that is named; nil where none is.
    package var link: UInt16?
    /// The process that is named, `name (pid)`; nil where none is.
    package var process: String?
    /// What the text or the words in it say of it: `fatal`, `non_fatal`, `correctable`; nil where
    /// they do not.
    package var severity: String?
    /// What the registers or words mean, one sentence; nil where there is nothing to decode.
    package var detail: String?
    /// When it was seen first, in milliseconds since 1970.
    package var wallMilliseconds: Int64
    /// When it was seen last; of a flap of a link, when the link was up again.
    ///
    /// The same as `wallMilliseconds` for anything else that was seen once.
    package var lastWallMilliseconds: Int64
    /// How often it was seen within its window, at least 1.
    package var count: UInt32
    /// Who told it.
    package var source: Source
    /// The number of the record in the kernel log, which with the boot id names the event; nil for
    /// events that did not come from there.
    package var record: UInt64?
    /// The record of the first event of the same device within the window, when this is not the
    /// first: what it most likely follows from.
    package var root: UInt64?
    /// The original text, cut at `lineLimit`.
    package var line: String

    /// An event that was seen once.
    package init(
        kind: Kind, device: Device?, number: UInt32? = nil, link: UInt16? = nil,
        process: String? = nil, severity: String? = nil, detail: String? = nil,
        wallMilliseconds: Int64, source: Source, record: UInt64? = nil, line: String
    ) {
        self.kind = kind
        self.device = device
        self.number = number
        self.link = link
        self.process = process
        self.severity = severity
        self.detail = detail
        self.wallMilliseconds = wallMilliseconds
        lastWallMilliseconds = wallMilliseconds
        count = 1
        self.source = source
        self.record = record
        root = nil
        self.line = Self.kept(line: line)
    }

    /// As much of an original text as is kept.
    package static func kept(line: String) -> String {
        String(decoding: line.utf8, limit: lineLimit)
    }

    /// Who told of an event.
    package enum Source: String, CaseIterable, Sendable {
        /// `/dev/kmsg`.
        case kernelLog = "kernel_log"
        /// NVML's event set (nvml.h nvmlEventSetWait_v2).
        case nvml
        /// The events of an HCA (libibverbs, ibv_get_async_event(3)).
        case verbs
        /// What the ports and their neighbours say of themselves (IBTA vol 1, 14.2.5.3 NodeInfo).
        case infiniBand = "infiniband"
        /// The daemon's judgement of all that was seen.
        case health
        /// Somebody who looks after the node, over the API.
        case `operator`
    }

    /// What an event happened to.
    package enum Device: Hashable, Sendable, CustomStringConvertible {
        /// A PCI function: a GPU, an HCA, a bridge.
        case pci(PCIAddress)
        /// Anything that has another name, such as a network interface or an HCA without PCI.
        case named(String)

        /// The address or the name.
        package var description: String {
            switch self {
            case .pci(let address): address.description
            case .named(let name): name
            }
        }
    }

    /// What happened.
    package enum Kind: String, CaseIterable, Sendable {
        /// The NVIDIA driver reports an error of a GPU; `number` is the Xid.
        case xid
        /// The NVSwitch driver reports an error of a switch; `number` is the SXid.
        case sxid
        /// The NVIDIA driver lost a GPU.
        case gpuFallenOffBus = "gpu_fallen_off_bus"
        /// The driver says that a call to a GPU's system processor took long.
        case gpuSlowCall = "gpu_slow_call"
        /// NVLinks were not found while the driver looked for them.
        case nvlinkDiscoveryFailed = "nvlink_discovery_failed"
        /// The NVIDIA driver could not start with a device.
        case gpuProbeFailed = "gpu_probe_failed"
        /// A module was plugged, unplugged or reports an error.
        case portModule = "port_module"
        /// An HCA is hotter than it may be.
        case hcaTemperature = "hca_temperature"
        /// An HCA gets less power than it needs.
        case hcaPower = "hca_power"
        /// An HCA's firmware reports that it is unwell.
        case hcaHealth = "hca_health"
        /// A link of an HCA came up.
        case linkUp = "link_up"
        /// A link of an HCA went down.
        case linkDown = "link_down"
        /// A link of an HCA went down, and came up again at `lastWallMilliseconds`.
        case linkFlap = "link_flap"
        /// A port of an HCA has another LID.
        case lidChange = "lid_change"
        /// Another subnet manager is in charge of a port of an HCA.
        case managerChange = "sm_change"
        /// The partition keys of a port of an HCA changed.
        case partitionKeyChange = "pkey_change"
        /// The GIDs of a port of an HCA changed.
        case gidChange = "gid_change"
        /// The subnet manager asks the clients of a port of an HCA to register with it again.
        case clientReregister = "client_reregister"
        /// An HCA does not work any more.
        case hcaFatal = "hca_fatal"
        /// Another HCA is at the end of a cable.
        case hcaChanged = "hca_changed"
        /// The cable of a port of an HCA leads to another port than before.
        case peerChanged = "peer_changed"
        /// PCIe Advanced Error Reporting: an error at a device or a port.
        case pcieError = "pcie_error"
        /// A PCIe slot has a link or a card again.
        case pcieSlotUp = "pcie_slot_up"
        /// A PCIe slot lost its link or its card.
        case pcieSlotDown = "pcie_slot_down"
        /// A process has been waiting in the kernel for long.
        case hungTask = "hung_task"
        /// Records of the kernel log were overwritten before they were read; `count` is how many.
        case kernelLogGap = "kernel_log_gap"
        /// NVML reports an event that has no Xid, such as a new recovery action; `number` is its
        /// type bit (nvml.h nvmlEventType*).
        case nvmlEvent = "nvml_event"
        /// A condition was raised: `link` and `device` say where, `severity` how bad it is.
        case conditionRaised = "condition_raised"
        /// A condition got worse.
        case conditionEscalated = "condition_escalated"
        /// A condition is excused for now: switched off, given time after a boot, or worked on.
        case conditionEased = "condition_eased"
        /// A condition is over.
        case conditionResolved = "condition_resolved"
        /// A condition still holds, a day after it was told, and nobody has taken notice.
        case conditionReminded = "condition_reminded"
        /// Somebody has taken notice of a condition.
        case conditionAcknowledged = "condition_acknowledged"
        /// A notice was taken back.
        case conditionUnacknowledged = "condition_unacknowledged"
        /// Work on the node or a part was announced, or changed.
        case maintenanceSet = "maintenance_set"
        /// Work was ended, or is over by its time.
        case maintenanceEnded = "maintenance_ended"
    }
}
