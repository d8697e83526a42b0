/// A value of a settings file with its place: what is left of YAML when the rest is refused.
struct YAMLNode: Sendable, Equatable {
    struct Pair: Sendable, Equatable {
        let key: String
        let keyPosition: SettingsPosition
        let value: YAMLNode
    }

    indirect enum Content: Sendable, Equatable {
        /// `isPlain`: written without quotes.
        case scalar(text: String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([Pair])
    }

    let content: Content
    let position: SettingsPosition

    /// Nothing was written where a value could stand.
    var isNothing: Bool { content == .scalar(text: "", isPlain: true) }

    /// The value as a refusal names it.
    var described: String {
        switch content {
        case .scalar("", isPlain: true): "nothing"
        case .scalar(let text, isPlain: true): "'\(Self.shown(text))'"
        case .scalar(let text, isPlain: false): "the text \"\(Self.shown(text))\""
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    /// At most 60 characters, and none that would break a line of a log.
    static func shown(_ text: String) -> String {
        let scalars = text.unicodeScalars
        var shown = ""
        for scalar in scalars.prefix(60) {
            shown += isControl(scalar) ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return scalars.count > 60 ? shown + "..." : shown
    }

    /// Whether a character is invisible and never meant in a settings value.
    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned: true
        default: false
        }
    }
}

/// Builds the tree of one document and refuses what settings have no use for: anchors, aliases,
/// tags, further documents, keys that are not text, duplicate keys, size and depth.
struct YAMLReader: ~Copyable {
    /// The largest settings file that is read, in bytes.
    static let bytesMax = 1 << 20
    /// How deep lists and mappings may be nested; the outermost mapping is the first level.
    static let depthMax = 16

    private var parser: YAMLParser
    private var refusals: [SettingsDiagnostic] = []

    private init(_ bytes: [UInt8]) throws(SettingsDiagnostic) {
        parser = try YAMLParser(bytes)
    }

    /// The root of the document, nil when the file holds no value at all.
    ///
    /// What does not hinder reading on is appended to `refusals`; the rest is thrown.
    static func read(
        _ bytes: [UInt8], refusals: inout [SettingsDiagnostic]
    ) throws(SettingsDiagnostic) -> YAMLNode? {
        guard bytes.count <= bytesMax else {
            throw SettingsDiagnostic(
                at: nil, "got a file of more than \(bytesMax) bytes, expected at most 1MiB")
        }
        var reader = try YAMLReader(bytes)
        let root = try reader.document()
        refusals += reader.refusals
        return root
    }

    private mutating func document() throws(SettingsDiagnostic) -> YAMLNode? {
        _ = try parser.next()
        guard try parser.next().kind == .documentStart else { return nil }
        let root = try node(parser.next(), depth: 0)
        _ = try parser.next()
        let after = try parser.next()
        guard after.kind == .streamEnd else {
            throw SettingsDiagnostic(at: after.position, "got a second document, expected one")
        }
        guard let root, !root.isNothing else { return nil }
        return root
    }

    /// The node that `event` begins; nil for an alias, which is refused.
    private mutating func node(
        _ event: YAMLEvent, depth: Int
    ) throws(SettingsDiagnostic) -> YAMLNode? {
        refuseMarkings(of: event)
        let content: YAMLNode.Content
        switch event.kind {
        case .scalar(let text, let isPlain):
            content = .scalar(text: text, isPlain: isPlain)
        case .sequenceStart:
            try limit(depth, at: event.position)
            content = .sequence(try items(depth: depth))
        case .mappingStart:
            try limit(depth, at: event.position)
            content = .mapping(try pairs(depth: depth))
        default:
            return nil
        }
        return YAMLNode(content: content, position: event.position)
    }

    private mutating func items(depth: Int) throws(SettingsDiagnostic) -> [YAMLNode] {
        var items: [YAMLNode] = []
        var event = try parser.next()
        while event.kind != .sequenceEnd {
            if let item = try node(event, depth: depth + 1) { items.append(item) }
            event = try parser.next()
        }
        return items
    }

    private mutating func pairs(depth: Int) throws(SettingsDiagnostic) -> [YAMLNode.Pair] {
        var pairs: [YAMLNode.Pair] = []
        var firstLines: [String: Int] = [:]
        var event = try parser.next()
        while event.kind != .mappingEnd {
            guard case .scalar(let key, _) = event.kind else {
                throw SettingsDiagnostic(
                    at: event.position, "got a list, a mapping or an alias as a key, expected text")
            }
            let position = event.position
            refuseMarkings(of: event)
            let value = try node(parser.next(), depth: depth + 1)
            if let line = firstLines[key] {
                refusals.append(
                    SettingsDiagnostic(
                        at: position, key: YAMLNode.shown(key),
                        "got a second time, expected once (first in line \(line))"))
            } else {
                firstLines[key] = position.line
                if let value {
                    pairs.append(YAMLNode.Pair(key: key, keyPosition: position, value: value))
                }
            }
            event = try parser.next()
        }
        return pairs
    }

    private func limit(_ depth: Int, at position: SettingsPosition) throws(SettingsDiagnostic) {
        guard depth < Self.depthMax else {
            throw SettingsDiagnostic(
                at: position, "got more than \(Self.depthMax) levels, expected fewer")
        }
    }

    private mutating func refuseMarkings(of event: YAMLEvent) {
        var found: [String] = []
        if event.kind == .alias { found.append("an alias (*)") }
        if event.hasAnchor { found.append("an anchor (&)") }
        if event.hasTag { found.append("a tag (!)") }
        guard !found.isEmpty else { return }
        refusals.append(
            SettingsDiagnostic(
                at: event.position,
                "got \(found.joined(separator: " and ")), expected a plain value; "
                    + "put text that begins with one of * & ! in quotes"))
    }
}
