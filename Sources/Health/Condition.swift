package import Model

/// How much a condition matters, and the verdict over all of them.
package enum Severity: Int, Comparable, CaseIterable, Sendable {
    /// Nothing holds, and everything that should be seen was seen.
    case pass
    /// Good to know; nothing to do now.
    case info
    /// To be looked at in working hours.
    case warning
    /// It cannot be said whether all is well. Worse than a warning, since anything may hide behind.
    case unknown
    /// Act now.
    case critical

    /// The word in the API.
    package var name: String {
        switch self {
        case .pass: "PASS"
        case .info: "INFO"
        case .warning: "WARNING"
        case .unknown: "UNKNOWN"
        case .critical: "CRITICAL"
        }
    }

    /// Orders from good to bad.
    package static func < (left: Severity, right: Severity) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A part that a condition may speak against.
package enum Domain: String, CaseIterable, Sendable {
    /// The HCA port of this node, with its module.
    case localPort = "local_port"
    /// The cable.
    case cable
    /// The port at the other end, with its module.
    case peerPort = "peer_port"
    /// The subnet manager or the fabric's configuration.
    case subnetManager = "subnet_manager"
    /// An administrator's decision.
    case administrator
    /// This node's host: permissions, driver, PCIe.
    case host
    /// The daemon itself.
    case daemon
    /// A GPU.
    case gpu
    /// The NVIDIA driver and its firmware.
    case driver
    /// The NVLink between a GPU and what it leads to: either end or what lies between.
    case nvlink
    /// PCIe between a device and its host: slot, riser, switch.
    case pciePath = "pcie_path"
    /// The switch at the other end of a cable.
    case peerSwitch = "peer_switch"
    /// Another hop of the fabric, or its routes.
    case fabric
    /// The node that is talked to.
    case remoteNode = "remote_node"
    /// An NVSwitch, or the baseboard that it is on.
    case nvswitch
}

/// How much was seen before somebody was accused.
package enum EvidenceGrade: String, Sendable {
    /// Both ends of the cable.
    case twoEnded = "two_ended"
    /// This node's end only.
    case localOnly = "local_only"
    /// The other end only.
    case peerOnly = "peer_only"
}

/// What a condition is about.
package struct Subject: Hashable, Sendable {
    /// The device's label.
    package var device: String?
    /// The port's number at this node's HCA.
    package var port: UInt8?
    /// `local` or `peer`.
    package var end: String?
    /// The part: GUID and port number.
    package var key: String?
    /// The collector.
    package var collector: String?
    /// The GPU's place in the node.
    package var gpuIndex: Int?
    /// The GPU's PCI address.
    package var pciAddress: PCIAddress?
    /// The Xid.
    package var xid: UInt32?

    /// A subject; what is left out does not apply.
    package init(
        device: String? = nil, port: UInt8? = nil, end: String? = nil, key: String? = nil,
        collector: String? = nil, gpuIndex: Int? = nil, pciAddress: PCIAddress? = nil,
        xid: UInt32? = nil
    ) {
        self.device = device
        self.port = port
        self.end = end
        self.key = key
        self.collector = collector
        self.gpuIndex = gpuIndex
        self.pciAddress = pciAddress
        self.xid = xid
    }
}

/// What a rule finds in the evidence of one moment.
package struct Opinion: Hashable, Sendable {
    /// The condition.
    package var id: ConditionID
    /// What it is about.
    package var subject: Subject
    /// How bad at least; the catalogue may raise it with time.
    package var severity: Severity
    /// Whether the severity stays as it is, however long the condition holds.
    package var isCapped = false
    /// One sentence for an operator.
    package var summary: String
    /// The accused, the most likely first.
    package var accused: [Domain]
    /// How much was seen.
    package var grade: EvidenceGrade
    /// What was seen, one fact each.
    package var evidence: [String]
    /// The next step.
    package var action: String
    /// Why the accused are accused, one sentence from the numbers; nil where the evidence says it.
    package var why: String?
    /// The next step as a word; nil for the catalogue's.
    package var step: ActionStep?
    /// The part that stands behind the subject, such as the HCA's serial number; nil when unknown.
    package var serial: String?
    /// The other condition that explains this one; nil when it stands for itself.
    package var explainedBy: ConditionID?
    /// For how many seconds of load it has to hold before it is raised, where only load shows it;
    /// nil where load does not matter.
    package var loadSeconds: Double?
}
