import Foundation
import Testing

@testable import Daemon

/// The texts in the repository follow from the table of settings; they are written anew with
/// `FABRICWATCH_WRITE_REFERENCE=1 swift test --filter SettingsReferenceTests`.
struct SettingsReferenceTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test(
        arguments: [
            ("config/fabricwatch.yaml", SettingsReference.yaml),
            ("docs/configuration.md", SettingsReference.markdown),
            ("docs/manifest.md", ManifestReference.markdown),
        ])
    func fileFollowsFromTheTable(path: String, text: String) throws {
        let file = Self.root.appending(path: path)
        if ProcessInfo.processInfo.environment["FABRICWATCH_WRITE_REFERENCE"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let found = try String(contentsOf: file, encoding: .utf8)
        let isSame = found == text
        #expect(isSame, "\(path) is out of date; how to write it anew stands above this suite")
    }

    @Test func exampleFileHoldsTheDefaults() throws {
        let file = Self.root.appending(path: "config/fabricwatch.yaml")
        #expect(try Settings.load(path: file.path()) == Settings.defaults)
    }

    /// What is commented out in the example file is right once it is not.
    @Test func exampleEntriesAreAccepted() throws {
        let lines = SettingsReference.yaml.split(separator: "\n")
        let keys =
            ["devices:", "- guid:", "name:", "rail:", "probes:", "- name:", "include:"]
            + ["exclude:", "environment:"]
        let entries = lines.filter { line in
            keys.contains { line.hasPrefix("  #   \($0)") || line.hasPrefix("  #     \($0)") }
                || keys.contains { line.hasPrefix("  #       \($0)") }
        }
        let text = "infiniband:\n" + entries.map { $0.dropFirst(3) + "\n" }.joined()
        let settings = try Settings.parse(text: text, file: "example")
        #expect(settings.infiniband.devices.count == 1)
        #expect(settings.infiniband.devices.first?.rail == 0)
        #expect(settings.infiniband.probes.first?.environment == ["KEY": "value"])
    }

    @Test func linesOfTheExampleFileFitTheScreen() {
        for line in SettingsReference.yaml.split(separator: "\n") { #expect(line.count <= 100) }
    }
}
