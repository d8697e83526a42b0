/// A value that may go anywhere, as operators and programs know it.
package struct Gauge: Sendable {
    /// The name in the API and in the history.
    package let name: String
    /// What a raw value means.
    package let unit: GaugeUnit
    /// One sentence for an operator; also the metric's help.
    package let help: String
    /// What its numbers stand for; nil where they speak for themselves.
    package let codes: GaugeCodes?
    /// Where the value is read, the best source first; empty for what other readings say.
    package let sources: [GaugeSource]

    /// A row of a gauge table; the codes, if they can be listed, complete the help.
    package init(
        _ name: String, _ unit: GaugeUnit, help: String, codes: GaugeCodes? = nil,
        sources: [GaugeSource] = []
    ) {
        self.name = name
        self.unit = unit
        self.help = codes?.list.map { "\(help.dropLast()): \($0)." } ?? help
        self.codes = codes
        self.sources = sources
    }

    /// Whether it is a question about damage, such as rows that could not be remapped, and a raw
    /// value says yes.
    package func saysDamage(_ raw: UInt64) -> Bool { codes?.meaning(of: raw) == "yes" }

    /// The metric family without the product's prefix.
    package var metric: String {
        unit.metricSuffix.isEmpty || name.hasSuffix(unit.metricSuffix)
            ? name : "\(name)_\(unit.metricSuffix)"
    }
}

/// One place that a gauge can be read from.
package struct GaugeSource: Hashable, Sendable {
    /// The field id, call or file that carries it.
    package let source: Source
    /// The name in nvml.h, or that of the file.
    package let symbol: String
    /// The first driver branch that offers it, such as 550; nil where drivers do not matter.
    package let firstDriver: UInt16?

    /// A source of a gauge.
    package init(_ source: Source, _ symbol: String, firstDriver: UInt16? = nil) {
        self.source = source
        self.symbol = symbol
        self.firstDriver = firstDriver
    }
}

/// What the raw value of a gauge means.
package enum GaugeUnit: String, Sendable {
    /// A code, a flag or a mask: published as it is.
    case code
    /// A number of things.
    case count
    /// Degrees Celsius, signed, as a bit pattern of 64 bits.
    case celsius
    /// Thousandths of a watt; metrics show watts.
    case milliwatts
    /// Hundredths; metrics show a ratio from 0 to 1.
    case percent
    /// Millions of hertz; metrics show hertz.
    case megahertz
    /// Bytes.
    case bytes
    /// Millions of bytes per second; metrics show bytes per second.
    case megabytesPerSecond = "megabytes_per_second"
    /// Lanes of a PCIe link.
    case lanes
    /// Millions of transfers per second on a PCIe lane; metrics show transfers per second.
    case megatransfers
    /// A bit error ratio in the packed form of `BitErrorRatio`; metrics show a ratio.
    case bitErrorRatio = "bit_error_ratio"

    /// The unit of the published number in API documents.
    package var publishedName: String { metricSuffix.isEmpty ? rawValue : metricSuffix }

    /// The unit as the last word of a metric name; empty where there is none.
    var metricSuffix: String {
        switch self {
        case .code, .count: ""
        case .celsius: "celsius"
        case .milliwatts: "watts"
        case .percent, .bitErrorRatio: "ratio"
        case .megahertz: "hertz"
        case .bytes: "bytes"
        case .megabytesPerSecond: "bytes_per_second"
        case .lanes: "lanes"
        case .megatransfers: "transfers_per_second"
        }
    }

    /// The number that metrics show for a raw value.
    package func published(_ raw: UInt64) -> PublishedNumber {
        switch self {
        case .code, .count, .bytes, .lanes: .integer(raw)
        case .celsius: .decimal(Double(Int64(bitPattern: raw)))
        case .milliwatts: .decimal(Double(raw) / 1e3)
        case .percent: .decimal(Double(raw) / 1e2)
        case .megahertz, .megabytesPerSecond, .megatransfers: .decimal(Double(raw) * 1e6)
        case .bitErrorRatio: .decimal(BitErrorRatio.decode(raw))
        }
    }
}

/// A number as metrics and documents show it.
package enum PublishedNumber: Hashable, Sendable {
    /// Exact.
    case integer(UInt64)
    /// With a fraction or a sign.
    case decimal(Double)

    /// The number in floating point.
    package var double: Double {
        switch self {
        case .integer(let value): Double(value)
        case .decimal(let value): value
        }
    }
}

/// The packed bit error ratio of NVLink 5 (nvml.h NVML_FI_DEV_NVLINK_COUNT_EFFECTIVE_BER).
package enum BitErrorRatio {
    // From this exponent on the driver means "none seen": per link it says 15e-255, for all links
    // together 15e-238.
    private static let noneFrom: UInt64 = 238

    /// The ratio: bits 8 to 11 are the mantissa, bits 0 to 7 the negated exponent of ten.
    package static func decode(_ raw: UInt64) -> Double {
        let exponent = raw & 0xFF
        let mantissa = raw >> 8 & 0xF
        guard exponent < noneFrom, mantissa > 0 else { return 0 }
        // By way of text, since powers of ten have no exact binary form.
        return Double("\(mantissa)e-\(exponent)") ?? 0
    }
}
