import Exposition

/// A page of metrics, read by the letter of its format; whatever the format forbids is an error.
struct Page {
    struct Family {
        var title: String
        var kind: String
        var help: String
        var samples: [Sample] = []
    }

    struct Sample: Hashable, CustomStringConvertible {
        var name: String
        var labels: [Label]
        var value: Value

        var description: String {
            "\(name){\(labels.map(\.description).joined(separator: ","))} \(value)"
        }
    }

    struct Label: Hashable, CustomStringConvertible {
        var name: String
        var value: String

        var description: String { "\(name)=\(value.debugDescription)" }
    }

    /// Integers are kept as such: a double would hide a wrong last digit.
    enum Value: Hashable {
        case integer(UInt64)
        case real(Double)
    }

    struct Fault: Error, CustomStringConvertible {
        var line: Int
        var what: String

        var description: String { "line \(line): \(what)" }
    }

    private(set) var families: [Family] = []
    private let format: TextFormat
    private var line = 0
    private var seen: Set<[Label]> = []

    var samples: [Sample] { families.flatMap(\.samples) }

    init(_ bytes: [UInt8], _ format: TextFormat) throws {
        self.format = format
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Fault(line: 0, what: "not UTF-8")
        }
        guard text.unicodeScalars.last == "\n" else { throw Fault(line: 0, what: "no end of line") }
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        lines.removeLast()
        if format == .openMetrics {
            guard lines.popLast().map({ String($0) }) == "# EOF" else {
                throw Fault(line: lines.count, what: "no # EOF at the end")
            }
        }
        for scalars in lines {
            line += 1
            let rest = Scanner(scalars)
            try rest.peek == "#" ? readComment(rest) : readSample(rest)
        }
        if let last = families.last, last.kind.isEmpty { throw fault("HELP without TYPE") }
    }

    private func fault(_ what: String) -> Fault { Fault(line: line, what: what) }

    // HELP, then TYPE, once for each family.
    private mutating func readComment(_ start: Scanner) throws {
        var rest = start
        let isHelp = rest.take("# HELP ")
        guard isHelp || rest.take("# TYPE ") else { throw fault("neither HELP nor TYPE") }
        let title = rest.name(allowing: ":")
        guard !title.isEmpty, rest.take(" ") else { throw fault("no name") }
        if isHelp {
            guard !families.contains(where: { $0.title == title }) else {
                throw fault("\(title) a second time")
            }
            guard families.last?.kind != "" else { throw fault("HELP without TYPE") }
            families.append(Family(title: title, kind: "", help: try help(rest)))
            seen = []
        } else {
            guard let last = families.indices.last, families[last].title == title,
                families[last].kind.isEmpty
            else { throw fault("TYPE does not follow HELP of \(title)") }
            let kinds =
                format == .openMetrics ? ["counter", "gauge", "info"] : ["counter", "gauge"]
            guard kinds.contains(rest.remainder) else { throw fault("type \(rest.remainder)") }
            families[last].kind = rest.remainder
        }
    }

    private func help(_ start: Scanner) throws -> String {
        var rest = start
        var text = ""
        while let next = rest.next() {
            switch next {
            case "\\":
                let escapes: [Unicode.Scalar: Unicode.Scalar] =
                    format == .openMetrics
                    ? ["\\": "\\", "n": "\n", "\"": "\""] : ["\\": "\\", "n": "\n"]
                guard let escape = rest.next().flatMap({ escapes[$0] }) else {
                    throw fault("bad escape in HELP")
                }
                text.unicodeScalars.append(escape)
            case "\"" where format == .openMetrics: throw fault("bare quote in HELP")
            default: text.unicodeScalars.append(next)
            }
        }
        return text
    }

    private mutating func readSample(_ start: Scanner) throws {
        var rest = start
        let name = rest.name(allowing: ":")
        guard let last = families.indices.last, !families[last].kind.isEmpty else {
            throw fault("a sample without a family")
        }
        let suffix =
            switch (format, families[last].kind) {
            case (.openMetrics, "counter"): "_total"
            case (.openMetrics, "info"): "_info"
            default: ""
            }
        guard name == families[last].title + suffix else {
            throw fault("\(name) below \(families[last].title)")
        }
        let labels = rest.take("{") ? try readLabels(&rest) : []
        guard rest.take(" ") else { throw fault("no blank before the value") }
        guard seen.insert(labels).inserted else { throw fault("the same sample twice") }
        families[last].samples.append(
            Sample(name: name, labels: labels, value: try value(rest.remainder)))
    }

    private func readLabels(_ rest: inout Scanner) throws -> [Label] {
        var labels: [Label] = []
        repeat {
            let name = rest.name(allowing: "_")
            guard !name.isEmpty, !name.hasPrefix("__"), rest.take("=\"") else {
                throw fault("no label name")
            }
            guard !labels.contains(where: { $0.name == name }) else {
                throw fault("label \(name) twice")
            }
            labels.append(Label(name: name, value: try labelValue(&rest)))
        } while rest.take(",")
        guard rest.take("}") else { throw fault("no end of labels") }
        return labels
    }

    private func labelValue(_ rest: inout Scanner) throws -> String {
        var value = ""
        while let next = rest.next() {
            switch next {
            case "\"": return value
            case "\\":
                let escapes: [Unicode.Scalar: Unicode.Scalar] = [
                    "\\": "\\", "n": "\n", "\"": "\"",
                ]
                guard let escape = rest.next().flatMap({ escapes[$0] }) else {
                    throw fault("bad escape in a label")
                }
                value.unicodeScalars.append(escape)
            default: value.unicodeScalars.append(next)
            }
        }
        throw fault("no end of a label's value")
    }

    private func value(_ text: String) throws -> Value {
        if let integer = UInt64(text), text == "\(integer)" { return .integer(integer) }
        let allowed = text.utf8.allSatisfy { "0123456789+-.e".utf8.contains($0) }
        guard allowed, let real = Double(text) else { throw fault("value '\(text)'") }
        return .real(real)
    }
}

/// Takes from the front of a line.
struct Scanner {
    private var rest: Substring.UnicodeScalarView

    init(_ line: Substring.UnicodeScalarView) { rest = line }

    var peek: Unicode.Scalar? { rest.first }

    var remainder: String { String(rest) }

    mutating func next() -> Unicode.Scalar? { rest.popFirst() }

    mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.unicodeScalars) else { return false }
        rest = rest.dropFirst(text.unicodeScalars.count)
        return true
    }

    /// Letters, digits and underscores, no digit first.
    mutating func name(allowing extra: Unicode.Scalar) -> String {
        let name = rest.prefix {
            $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0))
                || $0 == "_" || $0 == extra
        }
        guard let first = name.first, !("0"..."9").contains(first) else { return "" }
        rest = rest[name.endIndex...]
        return String(name)
    }
}
