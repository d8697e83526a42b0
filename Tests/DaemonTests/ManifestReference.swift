@testable import Daemon

/// The text that follows from `ManifestTable`.
enum ManifestReference {
    /// `docs/manifest.md`.
    static var markdown: String {
        """
        # The manifest

        What a node is expected to have: which HCAs and GPUs are in which slots, where each cable
        leads, how wide and fast each link is. The daemon reads it at start from the file that
        `inventory.manifest` in the [configuration](configuration.md) names, compares it with what
        it sees, and says what differs in `/api/v1/inventory`, `fabricwatch inventory` and the
        [conditions](conditions.md). Without a manifest nobody has said what the node should have:
        then the daemon finds faults, and never that the node is complete.

        * Only what is written is expected. What cannot be seen is unverified, and neither
          different nor as expected.
        * The file is refused as a whole, and the daemon does not start, when it is absent or has
          an unknown key, a wrong value, an HCA without a place or a slot twice.
          `fabricwatchd --check-config FILE` checks the manifest that FILE names as well.
        * `fabricwatch inventory propose` writes what was seen as a manifest. A human reviews it:
          a wrong cable, a slow link and a missing card are in it as well.

        ```yaml
        hcas:
          - slot: "0000:18:00.0"
            guid: "0x946dae0300f51a2c"
            firmware: "28.39.1002"
            pcie_width: 16
            ports:
              - number: 1
                width: 4
                lane_speed: 106250
                peer:
                  guid: "0xfc6a1c0300a3b840"
                  port: 7
                  name: "leaf03"
        gpus:
          - slot: "0000:1b:00.0"
            uuid: "GPU-5a1c2f0e-7d3b-4c1a-9e2f-0123456789ab"
            nvlinks: 18
        ```

        | Key | Expected | What it is |
        |---|---|---|
        \(rows.map(line).joined(separator: "\n"))

        """
    }

    private static var rows: [SettingRow] {
        ManifestTable.all.map(\.row).flatMap(withEntries)
    }

    private static func withEntries(_ row: SettingRow) -> [SettingRow] {
        [row] + row.entries.flatMap(withEntries)
    }

    private static func line(_ row: SettingRow) -> String {
        let expected = row.entries.isEmpty ? row.expected : "a list"
        let need = row.defaultText == nil ? "; required" : ""
        return "| `\(row.path)` | \(expected)\(need) | \(row.help) |"
    }
}
