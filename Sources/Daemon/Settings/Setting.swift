/// What a reader of the documentation is told about a key.
struct SettingRow: Sendable {
    /// The full key, such as `serve.tcp` or `infiniband.devices[].guid`.
    let path: String
    /// Type, unit and range, as a refusal says them.
    let expected: String
    /// The default as it is written in the file; nil for a key that must be given.
    let defaultText: String?
    /// One sentence: what the key does.
    let help: String
    /// One sentence: why it exists or has this default.
    let reason: String
    /// A value to show in a commented-out entry of a list.
    let example: String?
    /// The keys of the entries, when the value is a list of mappings.
    let entries: [SettingRow]

    /// The key without its path.
    var name: String { String(path.split(separator: ".").last ?? "") }

    func below(_ prefix: String) -> SettingRow {
        SettingRow(
            path: "\(prefix)[].\(path)", expected: expected, defaultText: defaultText, help: help,
            reason: reason, example: example, entries: entries.map { $0.below(prefix) })
    }
}

/// One key: its row of documentation and how its value gets into the settings.
struct Setting<Root: SettingsGroup>: Sendable {
    let row: SettingRow
    /// Stores the value of the node in the group, or refuses it under the given full key.
    let read: @Sendable (YAMLNode, String, inout Root, inout Decoding) -> Void

    init<Value>(
        _ path: String, _ field: any WritableKeyPath<Root, Value> & Sendable,
        _ kind: SettingKind<Value>, isRequired: Bool = false, example: String? = nil,
        help: String, reason: String
    ) {
        row = SettingRow(
            path: path, expected: kind.expected,
            defaultText: isRequired ? nil : kind.render(Root.defaults[keyPath: field]),
            help: help, reason: reason, example: example,
            entries: kind.entries.map { $0.below(path) })
        read = { node, key, root, decoding in
            guard let value = kind.read(node, key, &decoding) else { return }
            root[keyPath: field] = value
        }
    }
}

/// What decoding has found so far.
struct Decoding {
    var refusals: [SettingsDiagnostic] = []
    /// Where each key that was written stands, refused or not.
    var positions: [String: SettingsPosition] = [:]
    /// The keys of ``refusals``.
    var refusedKeys: Set<String> = []

    mutating func refuse(_ key: String, at position: SettingsPosition?, _ message: String) {
        refusals.append(
            SettingsDiagnostic(at: position, key: YAMLNode.shown(key), message))
        refusedKeys.insert(key)
    }

    mutating func refuse(_ key: String, _ node: YAMLNode, expected: String, note: String? = nil) {
        let ending = note.map { "; \($0)" } ?? ""
        refuse(key, at: node.position, "got \(node.described), expected \(expected)\(ending)")
    }

    /// Reads the pairs of `mapping` into `root`; `prefix` is the key of the mapping with its dot.
    mutating func readGroup<Root>(
        _ mapping: YAMLNode, _ table: [Setting<Root>], prefix: String, into root: inout Root
    ) {
        readPairs(mapping, table, prefix: prefix, section: "", into: &root)
        guard case .mapping = mapping.content else { return }
        for setting in table where setting.row.defaultText == nil {
            let key = prefix + setting.row.path
            guard positions[key] == nil else { continue }
            refuse(key, at: mapping.position, "got nothing, expected \(setting.row.expected)")
        }
    }

    private mutating func readPairs<Root>(
        _ node: YAMLNode, _ table: [Setting<Root>], prefix: String, section: String,
        into root: inout Root
    ) {
        guard case .mapping(let pairs) = node.content else {
            // A section whose keys are all commented out is as good as none.
            guard !node.isNothing || section.isEmpty else { return }
            let name = String((prefix + section).dropLast())
            let expected = "a mapping of keys and values"
            guard !name.isEmpty else {
                refusals.append(
                    SettingsDiagnostic(
                        at: node.position, "got \(node.described), expected \(expected)"))
                return
            }
            return refuse(name, node, expected: expected)
        }
        for pair in pairs {
            let path = section + pair.key
            let key = prefix + path
            positions[key] = pair.keyPosition
            if pair.key.contains(".") {
                // `probe.soft_deadline: 2s` is one key to YAML, and none of ours.
                refuseUnknown(pair, section, table.map(\.row.path), key)
            } else if let setting = table.first(where: { $0.row.path == path }) {
                setting.read(pair.value, key, &root, &self)
            } else if table.contains(where: { $0.row.path.hasPrefix(path + ".") }) {
                readPairs(pair.value, table, prefix: prefix, section: path + ".", into: &root)
            } else {
                refuseUnknown(pair, section, table.map(\.row.path), key)
            }
        }
    }

    private mutating func refuseUnknown(
        _ pair: YAMLNode.Pair, _ section: String, _ paths: [String], _ key: String
    ) {
        // Suggestions cost a comparison with every key; those beyond the limit are never shown.
        let isShown = refusals.count < SettingsError.diagnosticsMax
        let advice = isShown ? Suggestion.forKey(pair.key, section, among: paths) : ""
        refuse(key, at: pair.keyPosition, "got an unknown key, \(advice)")
    }
}
