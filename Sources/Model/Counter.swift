/// A counter as operators and programs know it, whichever field it is read from.
///
/// One row holds everything that reading, storing, showing and judging need to know, so that a fact
/// about a counter is said once.
package final class Counter: Sendable {
    /// The name in the API and in the history: the kernel's sysfs name where there is one.
    package let name: String
    /// Which of several counters of one kind this is, such as lane 3; nil for the only one.
    package let index: Index?
    /// What one count means.
    package let unit: Unit
    /// Which part a rising count speaks against.
    package let accuses: Accused
    /// One sentence for an operator; also the metric's help.
    package let help: String
    /// Where the value may be read; never empty.
    ///
    /// A reading names its source by the index here, and so does the history: sources keep their
    /// places.
    package let fields: [Field]
    /// The indices of `fields`, the best source first: the widest, since it is full last.
    package let preference: [Int]

    /// A row of a counter table.
    package init(
        _ name: String, index: Index? = nil, unit: Unit, accuses: Accused, help: String,
        fields: [Field]
    ) {
        self.name = name
        self.index = index
        self.unit = unit
        self.accuses = accuses
        self.help = help
        self.fields = fields
        // Sources of equal width stay in their order: the indices make the sort stable.
        preference = fields.indices.sorted {
            (fields[$1].width, $0) < (fields[$0].width, $1)
        }
    }

    /// Tells counters of one kind apart.
    package struct Index: Hashable, Sendable {
        /// What is numbered, and the label in metrics: `lane` or `bin`.
        package let label: String
        /// The number, from 0.
        package let number: UInt8

        /// A number of something.
        package init(_ label: String, _ number: UInt8) {
            self.label = label
            self.number = number
        }
    }

    /// The lane that is counted, 0 to 11; nil for anything but a lane.
    package var lane: UInt8? { index?.label == "lane" ? index?.number : nil }

    /// The metric family without the product's prefix, `_total` included; counters of one kind
    /// share a family.
    package var metric: String {
        // Prometheus takes a word in the plural for the unit, and bits for none.
        let family =
            unit == .bits
            ? family.split(separator: "_").map { $0 == "bits" ? "bit" : $0 }.joined(separator: "_")
            : family
        let suffix = unit.metricSuffix
        let isNamed = family.split(separator: "_").contains { $0 == suffix || "\($0)s" == suffix }
        return suffix.isEmpty || isNamed ? "\(family)_total" : "\(family)_\(suffix)_total"
    }

    /// The name that counters of one kind share; the name itself for the only one.
    package var family: String {
        guard let index else { return name }
        return String(name.dropLast("_\(index.label)_\(index.number)".utf8.count))
    }
}

/// What one count of a counter means.
package enum Unit: String, Sendable {
    /// Occurrences.
    case events
    /// Packets.
    case packets
    /// Words of four octets, as the wire counts; published as bytes.
    case fourOctets
    /// Ticks of a vendor-defined length.
    case ticks
    /// FEC or 64b/66b code blocks.
    case blocks
    /// FEC symbols.
    case symbols
    /// Bytes.
    case bytes
    /// Units of 1024 bytes, as NVML counts NVLink traffic; published as bytes.
    case kibibytes
    /// Thousandths of a joule, as NVML counts energy; metrics show joules.
    case millijoules
    /// Nanoseconds; metrics show seconds.
    case nanoseconds
    /// Bits on the wire.
    case bits
    /// Memory rows.
    case rows
    /// Memory pages.
    case pages

    /// Bytes, packets, … behind the number in API documents.
    package var publishedName: String {
        switch self {
        case .fourOctets, .kibibytes: "bytes"
        default: rawValue
        }
    }

    /// What a raw count is multiplied with before it is published.
    package var factor: UInt64 {
        switch self {
        case .fourOctets: 4
        case .kibibytes: 1024
        default: 1
        }
    }

    /// Decimal places by which a published count is shifted in metrics, which use base units.
    package var metricDecimals: Int {
        switch self {
        case .millijoules: 3
        case .nanoseconds: 9
        default: 0
        }
    }

    /// The unit as the last word of a metric name; empty where the name says it.
    var metricSuffix: String {
        switch self {
        case .events, .packets, .rows, .pages, .bits: ""
        case .millijoules: "joules"
        case .nanoseconds: "seconds"
        default: publishedName
        }
    }

    /// The published value of a raw count; it stays at the maximum rather than overflow.
    package func published(_ raw: UInt64) -> UInt64 {
        let (product, overflow) = raw.multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}

/// Which part a rising count speaks against, when counted at port X with peer Y.
package enum Accused: String, CaseIterable, Sendable {
    /// Nobody: traffic.
    case nobody
    /// What leads into the counting port: Y's transmitter, the cable, X's receiver.
    case incomingPath = "incoming_path"
    /// The link as a whole; other counters tell the direction.
    case link
    /// An upstream hop on the packet's way; this link is exculpated.
    case upstream
    /// The receiver behind the counting port, which is too slow to take its traffic.
    case downstream
    /// Routing or the subnet manager.
    case routing
    /// Partition keys: a configuration, or a rogue sender.
    case partition
    /// Credits and buffers: the firmware of either end.
    case credits
    /// Management traffic, our own polling first.
    case management
    /// The GPU that counts.
    case gpu
    /// The memory of the GPU that counts.
    case gpuMemory = "gpu_memory"
    /// The PCIe link between the device and its host: slot, riser, retimer, either end.
    case pciePath = "pcie_path"
    /// The PCI function that counts: its logic or its firmware.
    case pciFunction = "pci_function"
    /// The packets' way through the fabric, in either direction.
    case fabricPath = "fabric_path"
    /// The node that is talked to: its software or its speed.
    case remoteNode = "remote_node"
    /// This node: its software or its speed.
    case host
}
