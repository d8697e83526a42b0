import Model

/// The text formats that Prometheus reads.
package enum TextFormat: Hashable, CaseIterable, Sendable {
    /// Text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.
    case openMetrics

    /// The Content-Type of a page.
    package var contentType: String {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}

/// Labels, written once and used for many samples.
struct LabelText: Sendable {
    // The inside of the braces, escaped.
    private(set) var bytes: [UInt8] = []

    init(_ labels: [(String, String)] = []) {
        for (name, value) in labels { append(name, value) }
    }

    func adding(_ name: String, _ value: String) -> LabelText {
        var copy = self
        copy.append(name, value)
        return copy
    }

    private mutating func append(_ name: String, _ value: String) {
        if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: "=\"".utf8)
        for byte in value.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
            case UInt8(ascii: "\""): bytes.append(contentsOf: "\\\"".utf8)
            case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

/// Writes a page, family by family.
struct MetricsWriter {
    let format: TextFormat
    private(set) var bytes: [UInt8] = []
    private var name: [UInt8] = []
    // The family's lines, while it has no sample yet and is left out without one.
    private var pending: MetricFamily?

    init(_ format: TextFormat, capacity: Int) {
        self.format = format
        bytes.reserveCapacity(capacity)
    }

    // Starts a family; the samples that follow belong to it.
    mutating func family(_ family: MetricFamily) {
        pending = nil
        name = Array(family.name.utf8)
        let isOpen = format == .openMetrics
        let suffix =
            switch family.kind {
            case .counter: "_total"
            case .info: "_info"
            case .gauge: ""
            }
        let title = isOpen ? name.dropLast(suffix.utf8.count) : name[...]
        text("# HELP ")
        bytes.append(contentsOf: title)
        text(" ")
        text(family.help)
        text("\n# TYPE ")
        bytes.append(contentsOf: title)
        text(" ")
        text(family.kind == .info && !isOpen ? "gauge" : family.kind.rawValue)
        text("\n")
    }

    // Starts a family that is left out unless a sample follows.
    mutating func familyIfUsed(_ family: MetricFamily) {
        pending = family
    }

    mutating func sample(_ labels: LabelText?, _ value: UInt64) {
        sample(labels, nil, value, decimals: 0)
    }

    // The number stands for `value` divided by ten to the power of `decimals`, exactly; the label
    // of `index` comes last.
    mutating func sample(
        _ labels: LabelText?, _ index: LabelText?, _ value: UInt64, decimals: Int = 0
    ) {
        head(labels, index)
        digits(value, decimals: decimals)
        bytes.append(UInt8(ascii: "\n"))
    }

    mutating func sample(_ labels: LabelText?, _ value: Bool) {
        sample(labels, value ? 1 : 0)
    }

    mutating func sample(_ labels: LabelText?, seconds: Double) {
        head(labels)
        text(seconds.description)
        bytes.append(UInt8(ascii: "\n"))
    }

    mutating func sample(_ labels: LabelText?, _ value: PublishedNumber) {
        switch value {
        case .integer(let value): sample(labels, value)
        case .decimal(let value): sample(labels, seconds: value)
        }
    }

    // The same with the time at which it was so (OpenMetrics 1.0, "Timestamps").
    mutating func sample(
        _ labels: LabelText?, _ value: UInt64, decimals: Int, milliseconds: Int64
    ) {
        head(labels)
        digits(value, decimals: decimals)
        stamp(milliseconds)
    }

    mutating func sample(_ labels: LabelText?, _ value: PublishedNumber, milliseconds: Int64) {
        head(labels)
        switch value {
        case .integer(let value): digits(value, decimals: 0)
        case .decimal(let value): text(value.description)
        }
        stamp(milliseconds)
    }

    private mutating func stamp(_ milliseconds: Int64) {
        text(" ")
        digits(UInt64(max(0, milliseconds)), decimals: 3)
        text("\n")
    }

    // What was written since the last time.
    mutating func takeBytes() -> [UInt8] {
        defer { bytes.removeAll(keepingCapacity: true) }
        return bytes
    }

    mutating func end() {
        if format == .openMetrics { text("# EOF\n") }
    }

    private mutating func head(_ labels: LabelText?, _ index: LabelText? = nil) {
        if let pending { family(pending) }
        bytes.append(contentsOf: name)
        if let labels {
            bytes.append(UInt8(ascii: "{"))
            bytes.append(contentsOf: labels.bytes)
            if let index {
                bytes.append(UInt8(ascii: ","))
                bytes.append(contentsOf: index.bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: " "))
    }

    private mutating func digits(_ value: UInt64, decimals: Int) {
        var rest = value
        var places = decimals
        while places > 0, rest % 10 == 0 {
            rest /= 10
            places -= 1
        }
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
            places -= 1
            if places == 0 { bytes.append(UInt8(ascii: ".")) }
        } while rest > 0 || places >= 0
        bytes[start...].reverse()
    }

    private mutating func text(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }
}
