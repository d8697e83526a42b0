@testable import Daemon

/// The texts that follow from `SettingsTable`: the example file and its documentation.
enum SettingsReference {
    /// `config/fabricwatch.yaml`: every key at its default, with unit, range and reason.
    static var yaml: String {
        var lines = [
            "# The settings of fabricwatchd. Every key is here at its default; keys may be "
                + "left out.",
            "# Check a file with: fabricwatchd --check-config FILE",
        ]
        lines += notes.flatMap { comment($0, indent: "") }
        for row in rows where !row.path.contains(".") {
            lines += [""] + block(row, indent: "")
        }
        for section in SettingsTable.sections {
            lines += ["", "# \(section.about)", "\(section.name):"]
            let inside = rows.filter { $0.path.hasPrefix(section.name + ".") }
            lines += inside.map { block($0, indent: "  ") }.joined(separator: [""])
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `docs/configuration.md`: the same as a table.
    static var markdown: String {
        var lines = ["# Configuration", ""]
        lines += [
            "The daemon reads one YAML file, `/etc/fabricwatch/fabricwatch.yaml`, at start. A file "
                + "with an unknown key, a wrong type or unit, or a value out of range is "
                + "refused as "
                + "a whole, with every fault as `file:line:column: key 'a.b': got ..., expected "
                + "...`; `fabricwatchd --check-config FILE` does only that.",
            "",
        ]
        lines += notes.map { "* \($0)" }
        lines += section(nil, "General.")
        for group in SettingsTable.sections { lines += section(group.name, group.about) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static var rows: [SettingRow] { SettingsTable.all.map(\.row) }

    private static var notes: [String] {
        [
            "Durations are a whole number and a unit: \(Quantity.duration.unitNames).",
            "Sizes are a whole number and a unit: \(Quantity.size.unitNames) "
                + "(KB is 1000 bytes, KiB 1024 bytes, and so on).",
            "Text that looks like a number or a truth value is put in quotes.",
            "Not accepted: anchors, aliases, tags, several documents, duplicate keys, more than "
                + "1 MiB or \(YAMLReader.depthMax) levels.",
        ]
    }

    private static func block(_ row: SettingRow, indent: String) -> [String] {
        var lines = comment("\(row.help) \(row.reason)", indent: indent)
        lines += comment(facts(row), indent: indent)
        for entry in row.entries {
            let text = "\(entry.name): \(entry.help) \(entry.reason) \(facts(entry))"
            lines += comment(text, indent: indent, inner: "  ")
        }
        if !row.entries.isEmpty { lines += example(of: row, indent: indent) }
        lines.append("\(indent)\(row.name): \(row.defaultText ?? "")")
        return lines
    }

    private static func facts(_ row: SettingRow) -> String {
        let initial = row.defaultText.map { "Default: \($0)." } ?? "Required."
        return "\(initial) Expected: \(row.expected)."
    }

    private static func example(of row: SettingRow, indent: String) -> [String] {
        let lines = row.entries.enumerated().map { index, entry in
            "\(indent)#     \(index == 0 ? "- " : "  ")\(entry.name): \(entry.example ?? "")"
        }
        return ["\(indent)# Example:", "\(indent)#   \(row.name):"] + lines
    }

    /// The text as comment lines of at most 100 columns; all but the first begin with `inner`.
    private static func comment(_ text: String, indent: String, inner: String = "") -> [String] {
        var lines: [String] = []
        var line = "\(indent)#"
        for word in text.split(separator: " ") {
            if line.count + word.count + 1 > 100 {
                lines.append(line)
                line = "\(indent)#\(inner)"
            }
            line += " " + word
        }
        return lines + [line]
    }

    private static func section(_ name: String?, _ about: String) -> [String] {
        let inside = rows.filter { row in
            name.map { row.path.hasPrefix($0 + ".") } ?? !row.path.contains(".")
        }
        var lines = ["", name.map { "## `\($0)`" } ?? "## General", ""]
        if name != nil { lines += [about, ""] }
        lines += ["| Key | Expected | Default | What it does | Why |", "|---|---|---|---|---|"]
        return lines + inside.flatMap { [$0] + $0.entries }.map(tableLine)
    }

    private static func tableLine(_ row: SettingRow) -> String {
        let initial = row.defaultText.map { $0 == "none" ? $0 : "`\($0)`" } ?? "required"
        let cells = ["`\(row.path)`", row.expected, initial, row.help, row.reason]
        return "| " + cells.map(escaped).joined(separator: " | ") + " |"
    }

    /// `*`, `_` and `|` mean something to Markdown, but not inside backticks.
    private static func escaped(_ cell: String) -> String {
        var isCode = false
        var text = ""
        for character in cell {
            if character == "`" { isCode.toggle() }
            if !isCode, "*_|<>[]".contains(character) { text += "\\" }
            text.append(character)
        }
        return text
    }
}
