package import Model

/// A manifest as it is proposed to people, in YAML.
package enum ManifestText {
    /// A manifest that expects what was seen on a node at a time; what was unknown is a comment.
    ///
    /// A part that is remembered and not there is left out. The time is text for people.
    package static func propose(_ inventory: Inventory, node: String, time: String) -> String {
        let lines =
            [
                "# A manifest, proposed by fabricwatch \(Version.text) from what was seen on",
                "# \(plain(node)) at \(plain(time)).",
                "#",
                "# A human reviews it before it is used: that something was seen is no proof that",
                "# it is right. A wrong cable, a slow link and a missing card are in here as well.",
                "# What was unknown is a comment; what is left out is not expected.",
            ] + hcas(inventory) + gpus(inventory)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func hcas(_ inventory: Inventory) -> [String] {
        let all = inventory.hcas.filter { $0.role == .fabric }
        // What is known of one whose probe is silent is from before.
        let found = all.filter { $0.isPresent && !$0.isStale }
        let gone = all.filter { !$0.isPresent || $0.isStale }
        return section(
            "hcas", isComplete: inventory.areHCAsListed, gone: gone.map(\.device),
            found.flatMap(hca))
    }

    private static func gpus(_ inventory: Inventory) -> [String] {
        let found = inventory.gpus.filter { $0.isPresent || $0.isListed == true }
        let gone = inventory.gpus.filter { !$0.isPresent && $0.isListed != true }
        return section(
            "gpus", isComplete: inventory.areGPUsListed, gone: gone.map { "\($0.address)" },
            found.flatMap(gpu))
    }

    private static func section(
        _ key: String, isComplete: Bool, gone: [String], _ items: [String]
    ) -> [String] {
        var lines = [""]
        if !isComplete { lines.append("# Not all \(key) were seen: there may be more.") }
        lines += gone.map { "# \(plain($0)) was seen before and is left out." }
        // Of a list that may be incomplete, emptiness says nothing.
        guard !items.isEmpty else { return lines + (isComplete ? ["\(key): []"] : []) }
        return lines + ["\(key):"] + items
    }

    private static func hca(_ hca: HCAItem) -> [String] {
        let first =
            hca.address.map { "slot: \"\($0)\"  # \(plain(hca.device))" }
            ?? "device: \(quoted(hca.device))"
        let facts = facts(ManifestFacts.hca, of: hca, indent: "    ")
        let ports = hca.ports.isEmpty ? [] : ["    ports:"] + hca.ports.flatMap(port)
        return ["  - \(first)"] + facts + ports
    }

    private static func port(_ port: PortItem) -> [String] {
        ["      - number: \(port.number)"] + facts(ManifestFacts.port, of: port, indent: "        ")
    }

    private static func gpu(_ gpu: GPUItem) -> [String] {
        // What is known of one that is not read is from before.
        let rows = gpu.isPresent ? ManifestFacts.gpu : []
        return ["  - slot: \"\(gpu.address)\"  # GPU \(gpu.index)"]
            + facts(rows, of: gpu, indent: "    ")
    }

    private static func facts<Item>(
        _ rows: [ManifestFact<Item>], of item: Item, indent: String
    ) -> [String] {
        var lines: [String] = []
        var open: Substring?
        for row in rows {
            guard let value = row.proposed(item), value.utf8.count <= ManifestFacts.textBytesMax
            else {
                lines.append("\(indent)# \(row.key): unknown")
                continue
            }
            let parts = row.key.split(separator: ".")
            let name = parts.last ?? ""
            guard parts.count > 1, let group = parts.first else {
                lines.append("\(indent)\(name): \(written(value, row.form))")
                continue
            }
            if open != group { lines.append("\(indent)\(group):") }
            open = group
            lines.append("\(indent)  \(name): \(written(value, row.form))")
        }
        return lines
    }

    private static func written(_ value: String, _ form: FactForm) -> String {
        switch form {
        case .number, .word: value
        case .text, .guid, .uuid: quoted(value)
        }
    }

    /// Double-quoted YAML (YAML 1.2, 7.3.1) that reads back as the same text.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            default:
                quoted +=
                    isVisible(scalar)
                    ? String(scalar) : "\\U" + Hexadecimal.padded(scalar.value, digits: 8)
            }
        }
        return quoted + "\""
    }

    private static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isVisible($0) ? $0 : " " }))
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse,
            .surrogate:
            false
        default: true
        }
    }
}
