/// A place in a settings file; lines and columns count from 1, columns in characters.
package struct SettingsPosition: Sendable, Hashable, Comparable {
    /// The line, from 1.
    package let line: Int
    /// The column, from 1.
    package let column: Int

    /// Orders by line, then column.
    package static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One refusal: where, which key, what was found and what was expected.
package struct SettingsDiagnostic: Error, Sendable, Equatable {
    /// Where in the file; nil when the whole file is meant (it cannot be opened, say).
    package let position: SettingsPosition?
    /// The full key, such as `infiniband.devices[0].guid`; nil for faults of the YAML itself.
    package let key: String?
    /// One sentence without position and key.
    package let message: String

    init(at position: SettingsPosition?, key: String? = nil, _ message: String) {
        self.position = position
        self.key = key
        self.message = message
    }

    /// The line an operator reads: `file:line:column: key 'a.b': got ..., expected ...`.
    package func rendered(file: String) -> String {
        let place = position.map { "\(file):\($0.line):\($0.column): " } ?? "\(file): "
        return place + (key.map { "key '\($0)': " } ?? "") + message
    }
}

/// Why a settings file was refused: everything that is wrong with it, in the order of its lines.
package struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// How many refusals are kept; a file with more is broken as a whole.
    package static let diagnosticsMax = 100

    /// The file as its reader named it.
    package let file: String
    /// The refusals, at least one, at most ``diagnosticsMax``.
    package let diagnostics: [SettingsDiagnostic]
    /// How many further refusals were left out.
    package let omitted: Int
    /// The errno when the file could not be opened or read, else nil.
    package let systemCode: Int32?

    init(file: String, _ diagnostics: [SettingsDiagnostic], systemCode: Int32? = nil) {
        let start = SettingsPosition(line: 0, column: 0)
        let sorted = diagnostics.sorted { ($0.position ?? start) < ($1.position ?? start) }
        self.file = file
        self.diagnostics = Array(sorted.prefix(Self.diagnosticsMax))
        self.omitted = max(0, sorted.count - Self.diagnosticsMax)
        self.systemCode = systemCode
    }

    /// One line per refusal.
    package var description: String {
        var lines = diagnostics.map { $0.rendered(file: file) }
        if omitted > 0 { lines.append("\(file): and \(omitted) more") }
        return lines.joined(separator: "\n")
    }
}
