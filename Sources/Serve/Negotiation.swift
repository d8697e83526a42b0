/// What a client wants, from its `Accept` and `Accept-Encoding` fields (RFC 9110 section 12.5).
enum Negotiation {
    static let prometheusType = "text/plain; version=0.0.4; charset=utf-8"
    static let openMetricsType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    /// The format of `/metrics`.
    ///
    /// OpenMetrics has to be named and preferred: wildcards, no `Accept` at all, a tie and types
    /// that the server does not have all mean the text format, which everybody can read.
    static func metricsFormat(accept values: [String]) -> MetricsFormat {
        var openMetrics = 0.0
        var text = (specificity: 0, quality: 0.0)
        for value in values {
            for element in value.utf8.split(separator: UInt8(ascii: ",")) {
                let range = Element(element)
                let specificity = textSpecificity(range)
                if range.name == "application/openmetrics-text" {
                    guard range.version == nil || range.version == "1.0.0" else { continue }
                    openMetrics = max(openMetrics, range.quality)
                } else if specificity > text.specificity {
                    text = (specificity, range.quality)
                } else if specificity > 0, specificity == text.specificity {
                    text.quality = max(text.quality, range.quality)
                }
            }
        }
        return openMetrics > text.quality ? .openMetrics : .prometheus
    }

    /// How exactly a media range names text format 0.0.4; 0 when it does not.
    private static func textSpecificity(_ range: Element) -> Int {
        switch range.name {
        case "text/plain" where range.version == "0.0.4": 4
        case "text/plain" where range.version == nil: 3
        case "text/*": 2
        case "*/*": 1
        default: 0
        }
    }

    /// Whether the answer may be gzip-compressed: named or covered by `*`, and not with `q=0`.
    static func allowsGzip(acceptEncoding values: [String]) -> Bool {
        var named: Double?
        var wildcard: Double?
        for value in values {
            for element in value.utf8.split(separator: UInt8(ascii: ",")) {
                let coding = Element(element)
                switch coding.name {
                case "gzip", "x-gzip": named = max(named ?? 0, coding.quality)
                case "*": wildcard = coding.quality
                default: break
                }
            }
        }
        return (named ?? wildcard ?? 0) > 0
    }
}

/// One element of a list field: a lower-case name, its weight, and its version if it has one.
private struct Element {
    var name: String
    var version: String?
    var quality = 1.0

    init(_ text: Substring.UTF8View) {
        let parts = text.split(separator: UInt8(ascii: ";"))
        name = parts.first.map(Self.token) ?? ""
        for part in parts.dropFirst() {
            let pair = part.split(separator: UInt8(ascii: "="), maxSplits: 1)
            guard pair.count == 2 else { continue }
            switch Self.token(pair[0]) {
            case "q": quality = Self.weight(Self.token(pair[1]))
            case "version": version = Self.token(pair[1])
            default: break
            }
        }
    }

    /// A weight from 0 to 1; what cannot be read counts as 0, "not acceptable".
    private static func weight(_ text: String) -> Double {
        guard let weight = Double(text), weight >= 0 else { return 0 }
        return min(weight, 1)
    }

    /// Lower-case, without blanks and quotes around it.
    private static func token(_ text: Substring.UTF8View) -> String {
        let padding: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x22 }
        var rest = text.drop(while: padding)
        while let last = rest.last, padding(last) { rest.removeLast() }
        return String(decoding: rest, as: UTF8.self).lowercased()
    }
}
