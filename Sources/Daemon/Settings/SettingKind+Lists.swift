extension SettingKind where Value == [String] {
    /// Patterns of devices and ports, or of what `subject` names.
    static func patterns(atLeast count: Int, of subject: String = "DEVICE or DEVICE/PORT") -> Self {
        let item = "a pattern \(subject) of letters, digits, . _ : - * ?"
        let expected =
            "a list of patterns \(subject) (* any characters, ? one character)"
            + (count > 0 ? ", at least \(count)" : "")
        return Self(expected: expected, render: renderList) { node, key, decoding in
            guard case .sequence(let items) = node.content, items.count >= count else {
                decoding.refuse(key, node, expected: expected)
                return nil
            }
            var patterns: [String] = []
            for (index, node) in items.enumerated() {
                guard case .scalar(let text, _) = node.content, isPattern(text) else {
                    decoding.refuse("\(key)[\(index)]", node, expected: item)
                    continue
                }
                patterns.append(text)
            }
            return patterns
        }
    }

    private static func renderList(_ patterns: [String]) -> String {
        "[\(patterns.map(Scalar.rendered).joined(separator: ", "))]"
    }

    /// A device name of the kernel is at most 63 bytes long (IB_DEVICE_NAME_MAX).
    private static func isPattern(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return (1...2).contains(parts.count) && text.utf8.count <= 128
            && parts.allSatisfy { part in
                !part.isEmpty && part.allSatisfy { LabelName.isLetter($0, or: "._:-*?") }
            }
    }
}

extension SettingKind where Value == [String: String] {
    /// Environment variables (environ(7)); their values are text however they are written.
    static var environment: Self {
        let expected = "a mapping of variable names (A-Z a-z 0-9 _, no digit first) to values"
        return Self(expected: expected, render: { _ in "{}" }) { node, key, decoding in
            guard case .mapping(let pairs) = node.content else {
                decoding.refuse(key, node, expected: expected)
                return nil
            }
            var variables: [String: String] = [:]
            for pair in pairs {
                let name = "\(key).\(pair.key)"
                guard isVariable(pair.key) else {
                    decoding.refuse(
                        name, at: pair.keyPosition,
                        "got an unfit name of a variable, expected A-Z a-z 0-9 _, no digit first")
                    continue
                }
                guard case .scalar(let text, _) = pair.value.content, !pair.value.isNothing,
                    !text.unicodeScalars.contains(where: YAMLNode.isControl)
                else {
                    decoding.refuse(name, pair.value, expected: "text without control characters")
                    continue
                }
                variables[pair.key] = text
            }
            return variables
        }
    }

    private static func isVariable(_ text: String) -> Bool {
        guard let first = text.first, !("0"..."9").contains(first) else { return false }
        return text.allSatisfy { LabelName.isLetter($0, or: "_") }
    }
}

/// A key whose values differ between the entries of a list.
struct UniqueKey<Entry>: Sendable {
    let key: String
    let text: @Sendable (Entry) -> String?
}

extension SettingKind {
    /// A list of mappings, each read by `table`.
    static func entries<Entry>(
        _ table: [Setting<Entry>], of noun: String, unique: [UniqueKey<Entry>]
    ) -> Self where Value == [Entry] {
        let names = table.map(\.row.path).joined(separator: ", ")
        let expected = "a list of \(noun) {\(names)}"
        return Self(
            expected: expected, entries: table.map(\.row), render: { _ in "[]" }
        ) { node, key, decoding in
            guard case .sequence(let items) = node.content else {
                decoding.refuse(key, node, expected: expected)
                return nil
            }
            let entries = items.enumerated().map { index, item in
                var entry = Entry.defaults
                decoding.readGroup(item, table, prefix: "\(key)[\(index)].", into: &entry)
                return entry
            }
            for one in unique { decoding.refuseRepeats(of: one, in: entries, under: key) }
            return entries
        }
    }
}

extension Decoding {
    fileprivate mutating func refuseRepeats<Entry>(
        of unique: UniqueKey<Entry>, in entries: [Entry], under list: String
    ) {
        var first: [String: Int] = [:]
        for (index, entry) in entries.enumerated() {
            let key = "\(list)[\(index)].\(unique.key)"
            // A value that was left out or refused is not the operator's and repeats nothing.
            guard let text = unique.text(entry), let position = positions[key],
                !refusedKeys.contains(key)
            else { continue }
            if let other = first[text] {
                refuse(
                    key, at: position,
                    "got '\(text)' a second time, expected one not used by \(list)[\(other)]")
            } else {
                first[text] = index
            }
        }
    }
}
