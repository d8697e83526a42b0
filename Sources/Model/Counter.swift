/// A counter as operators and programs know it, whichever field it is read from.
///
/// One row holds everything that reading, storing, showing and judging need to know, so that a fact
/// about a counter is said once.
package struct Counter: Sendable {
    /// The name in the API and in the history: the kernel's sysfs name where there is one.
    package let name: String
    /// The lane that is counted, 0 to 11; nil for a counter of the whole port.
    package let lane: UInt8?
    /// What one count means.
    package let unit: Unit
    /// Which part a rising count speaks against.
    package let accuses: Accused
    /// One sentence for an operator; also the metric's help.
    package let help: String
    /// Where the value may be read, the best source first; never empty.
    package let fields: [Field]

    /// A row of a counter table.
    package init(
        _ name: String, lane: UInt8? = nil, unit: Unit, accuses: Accused, help: String,
        fields: [Field]
    ) {
        self.name = name
        self.lane = lane
        self.unit = unit
        self.accuses = accuses
        self.help = help
        self.fields = fields
    }

    /// The metric family without the product's prefix, `_total` included; lanes of one kind share
    /// a family.
    package var metric: String {
        unit.metricSuffix.isEmpty || family.hasSuffix(unit.metricSuffix)
            ? "\(family)_total" : "\(family)_\(unit.metricSuffix)_total"
    }

    /// The name that lanes of one kind share; the name itself for a counter of the whole port.
    package var family: String {
        guard let lane else { return name }
        return String(name.dropLast("_lane_\(lane)".utf8.count))
    }
}

/// One field of one management datagram, or one file, that a counter can be read from.
package struct Field: Hashable, Sendable {
    /// The attribute that carries it; counters of one attribute are cleared together.
    package let attribute: Attribute
    /// The name of the field in libibmad's `enum MAD_FIELDS`.
    package let symbol: String
    /// The width in bits: 4, 8, 16, 32 or 64.
    package let width: UInt8
    /// What happens at the end of the range.
    package let behaviour: Behaviour
    /// The defining section.
    package let reference: String

    /// A source of a counter.
    package init(
        _ attribute: Attribute, _ symbol: String, width: UInt8, _ behaviour: Behaviour,
        _ reference: String
    ) {
        self.attribute = attribute
        self.symbol = symbol
        self.width = width
        self.behaviour = behaviour
        self.reference = reference
    }

    /// The largest value that the field can show.
    package var maximum: UInt64 {
        width >= 64 ? .max : (1 << UInt64(width)) - 1
    }
}

/// What a counter field does when it is full.
package enum Behaviour: String, Sendable {
    /// It stays at its maximum until somebody clears it: every narrow PMA counter.
    case sticks
    /// It starts again at zero: mlx5 `hw_counters`.
    case wraps
    /// It is 64 bits wide and full only in theory.
    case wide
}

/// The performance-management attribute that a field is read with (IBTA vol 1, 16.1.3).
package enum Attribute: UInt16, CaseIterable, Sendable {
    /// PortCounters: narrow error counters.
    case portCounters = 0x12
    /// PortRcvErrorDetails: why packets were counted as receive errors.
    case portRcvErrorDetails = 0x15
    /// PortXmitDiscardDetails: why packets were discarded on the way out.
    case portXmitDiscardDetails = 0x16
    /// PortCountersExtended: 64-bit traffic counters, and 64-bit errors where advertised.
    case portCountersExtended = 0x1D
    /// PortExtendedSpeedsCounters: block and FEC counters of 64b/66b links.
    case portExtendedSpeedsCounters = 0x1F

    /// The attribute's name in the specification.
    package var name: String {
        switch self {
        case .portCounters: "PortCounters"
        case .portRcvErrorDetails: "PortRcvErrorDetails"
        case .portXmitDiscardDetails: "PortXmitDiscardDetails"
        case .portCountersExtended: "PortCountersExtended"
        case .portExtendedSpeedsCounters: "PortExtendedSpeedsCounters"
        }
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

    /// Bytes, packets, … behind the number in API documents.
    package var publishedName: String { self == .fourOctets ? "bytes" : rawValue }

    /// What a raw count is multiplied with before it is published.
    package var factor: UInt64 { self == .fourOctets ? 4 : 1 }

    /// The unit as the last word of a metric name; empty where the name says it.
    var metricSuffix: String {
        switch self {
        case .events, .packets: ""
        case .fourOctets, .ticks, .blocks, .symbols: publishedName
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
}
