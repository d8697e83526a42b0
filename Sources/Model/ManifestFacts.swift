/// How a fact of a manifest is written.
package enum FactForm: Hashable, Sendable {
    /// Any text.
    case text
    /// A GUID, as `GUID` describes itself.
    case guid
    /// The UUID of a GPU, as `GPUUUID` describes itself.
    case uuid
    /// A whole number from 0 in a unit; empty for a plain number.
    case number(unit: String)
    /// One of some words.
    case word([String])
}

/// One fact that a manifest may expect of an HCA, a port or a GPU.
package struct ManifestFact<Item>: Sendable {
    /// Its key in the file; a dot means a mapping within.
    package let key: String
    /// How it is written.
    package let form: FactForm
    /// What it is when it differs; nil for what only helps people.
    package let kind: DifferenceKind?
    /// What it is, one sentence.
    package let meaning: String
    /// The fact as it is now; nil when unknown.
    package let seen: @Sendable (Item) -> String?
    /// What to expect where the item was first seen: not what it happens to do at that moment.
    package let proposed: @Sendable (Item) -> String?

    init(
        _ key: String, _ form: FactForm, _ kind: DifferenceKind?, _ meaning: String,
        proposed: (@Sendable (Item) -> String?)? = nil, seen: @escaping @Sendable (Item) -> String?
    ) {
        self.key = key
        self.form = form
        self.kind = kind
        self.meaning = meaning
        self.seen = seen
        self.proposed = proposed ?? seen
    }

    /// The key as a sentence names it.
    package var title: String {
        String(key.map { "_.".contains($0) ? " " : $0 })
    }

    /// A value with its unit.
    package func shown(_ value: String) -> String {
        if case .number(let unit) = form, !unit.isEmpty { return "\(value) \(unit)" }
        return value
    }
}

/// All facts that a manifest may expect: reading, comparing and proposing follow these tables.
package enum ManifestFacts {
    /// The longest text that a manifest may expect, in bytes.
    package static let textBytesMax = 1024

    /// Of an HCA.
    package static let hca: [ManifestFact<HCAItem>] = [
        ManifestFact("guid", .guid, .replaced, "The node GUID.") { $0.guid?.description },
        ManifestFact("serial", .text, .replaced, "The serial number of the VPD.") {
            known($0.serial)
        },
        ManifestFact("part", .text, .board, "The part number of the VPD.") { known($0.part) },
        ManifestFact("psid", .text, .board, "The board and its configuration.") {
            known($0.boardID)
        },
        ManifestFact("firmware", .text, .firmware, "The version of the firmware.") {
            known($0.firmware)
        },
        pcieWidth(\.pcie),
        pcieSpeed(\.pcie, \.megatransfers, "The speed of its PCIe link in MT/s, such as 32000"),
        numa(\.numaNode),
    ]

    /// Of a port.
    package static let port: [ManifestFact<PortItem>] = [
        ManifestFact("guid", .guid, .replaced, "The GUID of the port.") { $0.guid?.description },
        ManifestFact(
            "layer", .word([LinkLayer.infiniBand, .ethernet].map(\.rawValue)), .linkLayer,
            "What it speaks."
        ) { $0.layer == .unknown ? nil : $0.layer.rawValue },
        ManifestFact("width", .number(unit: "lanes"), .linkWidth, "The lanes in use.") {
            text($0.widthLanes)
        },
        ManifestFact(
            "lane_speed", .number(unit: "Mbit/s"), .linkSpeed,
            "The signalling rate of one lane in Mbit/s, such as 106250 for NDR."
        ) { text($0.laneMegabitsPerSecond) },
        ManifestFact("fec", .word(FECMode.allCases.map(\.name)), .fec, "The FEC in use.") {
            $0.fec?.name
        },
        ManifestFact("peer.guid", .guid, .miswired, "The node GUID of what the cable leads to.") {
            peer($0)?.key.node.description
        },
        ManifestFact(
            "peer.port", .number(unit: ""), .miswired, "The number of the port that it leads to."
        ) { text(peer($0)?.key.port) },
        ManifestFact("peer.name", .text, nil, "What people call it; never compared.") {
            known(peer($0)?.description)
        },
    ]

    /// Of a GPU.
    package static let gpu: [ManifestFact<GPUItem>] = [
        ManifestFact("uuid", .uuid, .replaced, "The UUID.") { $0.identity?.uuid.description },
        ManifestFact("serial", .text, .replaced, "The serial number of the board.") {
            known($0.identity?.serial)
        },
        ManifestFact("name", .text, .board, "The product's name.") { known($0.identity?.name) },
        ManifestFact("part", .text, .board, "The part number of the board.") {
            known($0.identity?.boardPart)
        },
        ManifestFact("vbios", .text, .firmware, "The version of the VBIOS.") {
            known($0.identity?.vbios)
        },
        pcieWidth(\.pcie),
        // An idle GPU slows its link down.
        pcieSpeed(
            \.pcie, \.maxMegatransfers,
            "The highest speed of its PCIe link in MT/s, such as 32000"),
        numa(\.numaNode),
        ManifestFact(
            "nvlinks", .number(unit: ""), .nvlink, "How many NVLinks are up, asleep included.",
            proposed: { text($0.nvlinks) }
        ) { text($0.nvlinksUp) },
        ManifestFact("nvlink_speed", .number(unit: "MB/s"), .nvlink, "Their speed in MB/s.") {
            text($0.nvlinkMegabytesPerSecond)
        },
    ]

    // An idle device may slow its link down, but never makes it narrower.
    private static func pcieWidth<Item>(
        _ link: any KeyPath<Item, PCIeLinkItem?> & Sendable
    ) -> ManifestFact<Item> {
        ManifestFact(
            "pcie_width", .number(unit: "lanes"), .pcie, "The PCIe lanes in use.",
            proposed: { text($0[keyPath: link]?.maxWidthLanes) }
        ) { text($0[keyPath: link]?.widthLanes) }
    }

    private static func pcieSpeed<Item>(
        _ link: any KeyPath<Item, PCIeLinkItem?> & Sendable,
        _ speed: any KeyPath<PCIeLinkItem, UInt32?> & Sendable, _ meaning: String
    ) -> ManifestFact<Item> {
        ManifestFact(
            "pcie_speed", .number(unit: "MT/s"), .pcie, "\(meaning) for generation 5."
        ) { text($0[keyPath: link]?[keyPath: speed]) }
    }

    private static func numa<Item>(
        _ node: any KeyPath<Item, UInt16?> & Sendable
    ) -> ManifestFact<Item> {
        ManifestFact("numa_node", .number(unit: ""), .numa, "The NUMA node that it is near to.") {
            text($0[keyPath: node])
        }
    }

    // Of a cable whose link is down nobody knows where it leads by now.
    private static func peer(_ port: PortItem) -> PeerItem? {
        port.isActive == true ? port.peer : nil
    }

    private static func known(_ text: String?) -> String? {
        text?.isEmpty == false ? text : nil
    }

    private static func text(_ number: (some BinaryInteger)?) -> String? {
        number.map { "\($0)" }
    }
}
