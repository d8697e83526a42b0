/// A kind of value: what is expected, how it is read from the file and written to it.
struct SettingKind<Value: Sendable>: Sendable {
    let expected: String
    let entries: [SettingRow]
    let render: @Sendable (Value) -> String
    /// The value of a node, or nil after it was refused under the given full key.
    let read: @Sendable (YAMLNode, String, inout Decoding) -> Value?

    init(
        expected: String, entries: [SettingRow] = [],
        render: @escaping @Sendable (Value) -> String,
        read: @escaping @Sendable (YAMLNode, String, inout Decoding) -> Value?
    ) {
        self.expected = expected
        self.entries = entries
        self.render = render
        self.read = read
    }

    /// A kind of one word or number.
    init(
        scalar expected: String, render: @escaping @Sendable (Value) -> String,
        parse: @escaping @Sendable (Scalar) throws(Refusal) -> Value
    ) {
        self.init(expected: expected, render: render) { node, key, decoding in
            do throws(Refusal) {
                guard case .scalar(let text, let isPlain) = node.content, !node.isNothing else {
                    throw Refusal()
                }
                return try parse(Scalar(text: text, isPlain: isPlain))
            } catch {
                decoding.refuse(key, node, expected: expected, note: error.note)
                return nil
            }
        }
    }
}

/// A word or number as written.
struct Scalar {
    let text: String
    /// Written without quotes.
    let isPlain: Bool

    /// The text of a value that is text: what other YAML readers take for a number, a truth value
    /// or nothing has to be quoted, so that all of them agree.
    func quotedText() throws(Refusal) -> String {
        guard isPlain else { return text }
        let words = ["true", "false", "yes", "no", "on", "off", "null", "~", "y", "n"]
        let isNumber = Double(text) != nil || Int(text) != nil || text.hasPrefix("0x")
        guard !isNumber, !words.contains(text.lowercased()) else {
            throw Refusal("put text that looks like a number or a truth value in quotes")
        }
        return text
    }

    /// The text, when it has at most `bytesMax` bytes and no invisible character.
    static func visible(_ text: String, bytesMax: Int) throws(Refusal) -> String {
        guard !text.unicodeScalars.contains(where: YAMLNode.isControl) else {
            throw Refusal("control characters are not allowed")
        }
        guard text.utf8.count <= bytesMax else {
            throw Refusal("these are \(text.utf8.count) bytes")
        }
        return text
    }

    /// Text as it is written in the file: in quotes unless it is plainly a word or a path.
    static func rendered(_ text: String) -> String {
        let isLetterOrSlash: (Character) -> Bool = { $0 == "/" || ($0.isASCII && $0.isLetter) }
        let isSafe: (Character) -> Bool = {
            isLetterOrSlash($0) || ("0"..."9").contains($0) || "._-".contains($0)
        }
        let isWord = text.first.map(isLetterOrSlash) == true && text.allSatisfy(isSafe)
        return isWord ? text : "\"\(text)\""
    }
}

extension SettingKind where Value == Bool {
    static var flag: Self {
        Self(scalar: "true or false", render: { "\($0)" }) { (scalar) throws(Refusal) in
            guard scalar.isPlain, let value = Bool(scalar.text) else { throw Refusal() }
            return value
        }
    }
}

extension SettingKind where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> Self {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return Self(scalar: expected, render: { "\($0)" }) { (scalar) throws(Refusal) in
            // The round trip refuses +1, 007 and the like, which YAML readers understand
            // differently.
            guard scalar.isPlain, let value = Int(scalar.text), "\(value)" == scalar.text,
                range.contains(value)
            else { throw Refusal() }
            return value
        }
    }

    static func size(_ range: ClosedRange<Int>) -> Self {
        let unit = Quantity.size
        let expected =
            "a size from \(unit.render(range.lowerBound)) to "
            + unit.render(range.upperBound)
        return Self(scalar: expected, render: { unit.render($0) }) { (scalar) throws(Refusal) in
            let value = try unit.parse(scalar.text)
            guard range.contains(value) else { throw Refusal() }
            return value
        }
    }

    static var fileMode: Self {
        Self(
            scalar: "four octal digits in quotes, from \"0000\" to \"0777\"",
            render: { "\"\(FileMode.text($0))\"" }
        ) { (scalar) throws(Refusal) in
            guard !scalar.isPlain, let value = Int(scalar.text, radix: 8),
                (0...0o777).contains(value), FileMode.text(value) == scalar.text
            else { throw Refusal() }
            return value
        }
    }
}

extension SettingKind where Value == Duration {
    static func duration(_ range: ClosedRange<Duration>) -> Self {
        let unit = Quantity.duration
        let render: @Sendable (Duration) -> String = { unit.render($0.wholeMilliseconds) }
        let expected = "a duration from \(render(range.lowerBound)) to \(render(range.upperBound))"
        return Self(scalar: expected, render: render) { (scalar) throws(Refusal) in
            let value = Duration.milliseconds(try unit.parse(scalar.text))
            guard range.contains(value) else { throw Refusal() }
            return value
        }
    }
}

extension SettingKind where Value == Duration? {
    static func optionalDuration(_ range: ClosedRange<Duration>) -> Self {
        let kind = SettingKind<Duration>.duration(range)
        return Self(
            scalar: "\"\" or \(kind.expected)", render: { $0.map(kind.render) ?? "\"\"" }
        ) { (scalar) throws(Refusal) in
            guard !scalar.text.isEmpty else { return nil }
            let value = Duration.milliseconds(try Quantity.duration.parse(scalar.text))
            guard range.contains(value) else { throw Refusal() }
            return value
        }
    }
}

extension SettingKind where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    static var choice: Self {
        let names = Value.allCases.map(\.rawValue)
        let expected = "one of \(names.joined(separator: ", "))"
        return Self(scalar: expected, render: { $0.rawValue }) { (scalar) throws(Refusal) in
            guard let value = Value(rawValue: scalar.text) else {
                let meant = Suggestion.nearest(to: scalar.text, among: names)
                throw Refusal(meant.map { "did you mean '\($0)'?" })
            }
            return value
        }
    }
}

/// Permission bits as chmod(1) writes them.
enum FileMode {
    static func text(_ mode: Int) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
