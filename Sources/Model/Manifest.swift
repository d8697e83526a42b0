/// What a node is expected to have, as people have reviewed it.
///
/// What is left out is not expected, and cannot differ.
package struct Manifest: Hashable, Sendable {
    /// The HCAs; nil when nothing is said of them, so that none is missing and none too many.
    package var hcas: [ExpectedHCA]?
    /// The GPUs; nil likewise.
    package var gpus: [ExpectedGPU]?

    /// A manifest.
    package init(hcas: [ExpectedHCA]? = nil, gpus: [ExpectedGPU]? = nil) {
        self.hcas = hcas
        self.gpus = gpus
    }
}

/// An HCA that is expected; it has a slot or a device name, and not both.
package struct ExpectedHCA: Hashable, Sendable {
    /// Where it is plugged in; nil for one that is not a PCI function.
    package var slot: PCIAddress?
    /// The label of its RDMA device, where it has no slot.
    package var device: String?
    /// What is expected of it, by the keys of `ManifestFacts.hca`.
    package var facts: [String: String] = [:]
    /// Its ports.
    package var ports: [ExpectedPort] = []

    /// An HCA of which no more is expected than that it is there.
    package init(slot: PCIAddress? = nil, device: String? = nil) {
        self.slot = slot
        self.device = device
    }
}

/// A port of an HCA that is expected.
package struct ExpectedPort: Hashable, Sendable {
    /// Its number.
    package var number: UInt8
    /// What is expected of it, by the keys of `ManifestFacts.port`.
    package var facts: [String: String] = [:]

    /// A port of which nothing is expected yet.
    package init(number: UInt8) {
        self.number = number
    }
}

/// A GPU that is expected.
package struct ExpectedGPU: Hashable, Sendable {
    /// Where it is.
    package var slot: PCIAddress
    /// What is expected of it, by the keys of `ManifestFacts.gpu`.
    package var facts: [String: String] = [:]

    /// A GPU of which no more is expected than that it is there.
    package init(slot: PCIAddress) {
        self.slot = slot
    }
}

/// In what way a node differs from its manifest.
package enum DifferenceKind: String, CaseIterable, Sendable {
    /// A part that is expected is not there.
    case missing
    /// Another part is there instead.
    case replaced
    /// A cable leads to another port than expected.
    case miswired
    /// A link has another number of lanes.
    case linkWidth = "link_width"
    /// The lanes of a link have another speed.
    case linkSpeed = "link_speed"
    /// A link corrects errors in another way.
    case fec
    /// A port speaks another protocol.
    case linkLayer = "link_layer"
    /// PCIe is narrower, wider, slower or faster.
    case pcie
    /// The number or the speed of NVLinks.
    case nvlink
    /// The firmware.
    case firmware
    /// Another model or configuration of a board.
    case board
    /// Another NUMA node.
    case numa
    /// Two parts, or two cables, are in each other's place.
    case swapped
    /// A part that is there is not expected.
    case extra

    /// Whether the fact goes with a card when it is put into another slot.
    package var goesWithTheCard: Bool {
        switch self {
        case .replaced, .firmware, .board: true
        default: false
        }
    }
}
