package import Health

extension Settings {
    /// `conditions.ID.NAME`: a number in the place of the catalogue's.
    package struct ConditionOverride: Sendable, Equatable {
        /// The condition.
        package internal(set) var id: ConditionID
        /// The threshold.
        package internal(set) var name: String
        /// The number, in seconds where it is a duration.
        package internal(set) var value: Double
        /// Why the operator wants it.
        package internal(set) var reason: String
    }

    /// The numbers that conditions are judged by.
    package var thresholds: Thresholds {
        var thresholds = Thresholds.defaults
        for one in conditions { thresholds.override(one.id, one.name, one.value) }
        return thresholds
    }

    /// What was set in the place of the catalogue's numbers, one line each.
    package var overrideLines: [String] {
        conditions.compactMap { one in
            guard let threshold = ConditionCatalog.row(one.id).threshold(one.name) else {
                return nil
            }
            return "conditions.\(one.id.rawValue).\(one.name): "
                + "\(threshold.unit.text(one.value)) instead of "
                + "\(threshold.unit.text(threshold.value)) (\(threshold.source)): \(one.reason)"
        }
    }
}

extension SettingKind where Value == [Settings.ConditionOverride] {
    /// Conditions, each with the thresholds that it is judged by, and why they are others.
    static var conditions: Self {
        let expected =
            "a mapping of conditions to thresholds (docs/conditions.md) and a reason"
        return Self(expected: expected, render: { _ in "{}" }) { node, key, decoding in
            guard case .mapping(let pairs) = node.content else {
                decoding.refuse(key, node, expected: expected)
                return nil
            }
            return pairs.flatMap { pair -> [Settings.ConditionOverride] in
                let path = "\(key).\(pair.key)"
                guard let id = ConditionID(rawValue: pair.key) else {
                    let names = ConditionID.allCases.map(\.rawValue)
                    let meant = Suggestion.nearest(to: pair.key, among: names)
                    decoding.refuse(
                        path, at: pair.keyPosition,
                        "got an unknown condition, "
                            + (meant.map { "did you mean '\($0)'?" }
                                ?? "docs/conditions.md lists them"))
                    return []
                }
                return overrides(of: id, pair.value, path, &decoding)
            }
        }
    }

    private static func overrides(
        of id: ConditionID, _ node: YAMLNode, _ path: String, _ decoding: inout Decoding
    ) -> Value {
        guard case .mapping(let pairs) = node.content else {
            decoding.refuse(path, node, expected: "a mapping of thresholds and a reason")
            return []
        }
        guard let reason = reason(pairs, node, path, &decoding) else { return [] }
        let row = ConditionCatalog.row(id)
        return pairs.filter { $0.key != "reason" }.compactMap { pair in
            let key = "\(path).\(pair.key)"
            guard let threshold = row.threshold(pair.key) else {
                let names = row.thresholds.map(\.name).joined(separator: ", ")
                decoding.refuse(
                    key, at: pair.keyPosition,
                    "got an unknown threshold, expected "
                        + (names.isEmpty ? "none: the condition has none" : "one of \(names)"))
                return nil
            }
            return value(threshold, pair.value, key, &decoding).map {
                Settings.ConditionOverride(id: id, name: pair.key, value: $0, reason: reason)
            }
        }
    }

    private static func reason(
        _ pairs: [YAMLNode.Pair], _ node: YAMLNode, _ path: String, _ decoding: inout Decoding
    ) -> String? {
        let expected = "a reason: text of 1 to 200 bytes that says why the numbers are others"
        guard let pair = pairs.first(where: { $0.key == "reason" }) else {
            decoding.refuse(
                "\(path).reason", at: node.position, "got nothing, expected \(expected)")
            return nil
        }
        guard case .scalar(let text, _) = pair.value.content, !pair.value.isNothing,
            (1...200).contains(text.utf8.count),
            !text.unicodeScalars.contains(where: YAMLNode.isControl)
        else {
            decoding.refuse("\(path).reason", pair.value, expected: expected)
            return nil
        }
        return text
    }

    private static func value(
        _ threshold: Threshold, _ node: YAMLNode, _ key: String, _ decoding: inout Decoding
    ) -> Double? {
        let expected =
            switch threshold.unit {
            case .seconds: "a duration from 0s to 30d"
            case .count: "a whole number from 1 to 1000000000000"
            case .ratio: "a number above 0 and below 1, such as 1e-14"
            }
        guard case .scalar(let text, let isPlain) = node.content, isPlain,
            let value = number(threshold.unit, text)
        else {
            decoding.refuse(key, node, expected: expected)
            return nil
        }
        return value
    }

    private static func number(_ unit: Threshold.Unit, _ text: String) -> Double? {
        switch unit {
        case .seconds:
            guard let milliseconds = try? Quantity.duration.parse(text),
                (0...2_592_000_000).contains(milliseconds)
            else { return nil }
            return Double(milliseconds) / 1000
        case .count:
            return Int(text).flatMap {
                (1...1_000_000_000_000).contains($0) && "\($0)" == text ? Double($0) : nil
            }
        case .ratio:
            return Double(text).flatMap { $0 > 0 && $0 < 1 ? $0 : nil }
        }
    }
}
