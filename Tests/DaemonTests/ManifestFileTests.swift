import Foundation
import Model
import Testing

@testable import Daemon

/// A manifest is read as strictly as the settings.
struct ManifestFileTests {
    private static let whole = """
        hcas:
          - slot: "0000:18:00.0"
            guid: "0x0002c90300a1b2c0"
            serial: "12345678"
            part: MCX75310AAS-NEAT
            psid: MT_0000000838
            firmware: 28.39.1002
            pcie_width: 16
            pcie_speed: 32000
            numa_node: 0
            ports:
              - number: 1
                guid: "0x0002C90300A1B2C0"
                layer: InfiniBand
                width: 4
                lane_speed: 106250
                fec: low_latency_reed_solomon
                peer:
                  guid: "0x0002c90300a1b2ff"
                  port: 7
                  name: "leaf: \\"03\\""
          - device: mlx5_7
        gpus:
          - slot: 00000000:1B:00.0
            uuid: GPU-00000000-0000-0007-0000-000000000001
            serial: "1650123000000"
            name: NVIDIA H100 80GB HBM3
            part: 692-2G520-0200-000
            vbios: 96.00.74.00.01
            pcie_width: 16
            pcie_speed: 32000
            numa_node: 1
            nvlinks: 18
            nvlink_speed: 26562
        """

    private func parse(_ text: String) throws -> Manifest {
        try ManifestFile.parse(bytes: Array(text.utf8), file: "m")
    }

    @Test func everyFactIsRead() throws {
        let manifest = try parse(Self.whole)
        let hca = try #require(manifest.hcas?.first)
        #expect(hca.slot == PCIAddress("0000:18:00.0"))
        #expect(Set(hca.facts.keys) == Set(ManifestFacts.hca.map(\.key)))
        #expect(hca.facts["serial"] == "12345678" && hca.facts["pcie_speed"] == "32000")
        let port = try #require(hca.ports.first)
        #expect(Set(port.facts.keys) == Set(ManifestFacts.port.map(\.key)))
        #expect(port.facts["guid"] == GUID(0x0002_C903_00A1_B2C0).description)
        #expect(port.facts["peer.name"] == "leaf: \"03\"")
        #expect(manifest.hcas?.last == ExpectedHCA(device: "mlx5_7"))
        let gpu = try #require(manifest.gpus?.first)
        #expect(gpu.slot == PCIAddress("0000:1b:00.0"))
        #expect(Set(gpu.facts.keys) == Set(ManifestFacts.gpu.map(\.key)))
    }

    /// None expected is another thing than nothing said.
    @Test func noneIsNotNothing() throws {
        #expect(try parse("hcas: []\n") == Manifest(hcas: [], gpus: nil))
        #expect(try parse("gpus: []\n") == Manifest(hcas: nil, gpus: []))
    }

    @Test(
        arguments: [
            ("", "m: got nothing, expected hcas or gpus"),
            ("# hcas:\n", "m: got nothing, expected hcas or gpus"),
            ("{}\n", "m:1:1: got nothing, expected hcas or gpus"),
            ("- hcas\n", "m:1:1: got a list, expected a mapping of keys and values"),
            (
                "hca: []\n",
                "m:1:1: key 'hca': got an unknown key, expected one of hcas, gpus; did you mean "
                    + "'hcas'?"
            ),
            (
                "gpus:\n  - uuid: GPU-1\n    slot: 1b\n",
                """
                m:2:11: key 'gpus[0].uuid': got 'GPU-1', expected a UUID as nvidia-smi -L shows \
                it: GPU-...
                m:3:11: key 'gpus[0].slot': got '1b', expected a PCI address such as "0000:18:00.0"
                """
            ),
            (
                "gpus:\n  - serial: 123\n",
                """
                m:2:5: key 'gpus[0].slot': got nothing, expected a PCI address such as \
                "0000:18:00.0"
                m:2:13: key 'gpus[0].serial': got '123', expected text of 1 to 1024 bytes; put \
                text that looks like a number or a truth value in quotes
                """
            ),
            (
                "hcas:\n  - guid: 0x12\n    device: a\n",
                "m:2:11: key 'hcas[0].guid': got '0x12', expected a GUID other than 0: 0x and 16 "
                    + "hexadecimal digits"
            ),
            (
                "hcas:\n  - serial: A\n",
                "m:2:5: key 'hcas[0]': got neither slot nor device, expected one of them"
            ),
            (
                "hcas:\n  - slot: 0000:18:00.0\n    device: a\n",
                "m:2:5: key 'hcas[0]': got slot and device, expected one of them"
            ),
            (
                "hcas:\n  - slot: 0000:18:00.0\n  - slot: \"0000:18:00.0\"\n",
                "m:3:5: key 'hcas[1].slot': got '0000:18:00.0' a second time, expected one not "
                    + "used by hcas[0]"
            ),
            (
                "gpus:\n  - slot: 0000:18:00.0\n  - slot: 00000000:18:00.0\n",
                "m:3:5: key 'gpus[1].slot': got '0000:18:00.0' a second time, expected one not "
                    + "used by gpus[0]"
            ),
            (
                "hcas:\n  - device: a\n    ports: [{number: 1, width: 4x}, {number: 0}]\n",
                """
                m:3:32: key 'hcas[0].ports[0].width': got '4x', expected a whole number from 0 to \
                4294967295
                m:3:46: key 'hcas[0].ports[1].number': got '0', expected a whole number from 1 to \
                254
                """
            ),
            (
                "hcas:\n  - device: a\n    ports: [{number: 1, fec: rs, layer: IB}]\n",
                """
                m:3:30: key 'hcas[0].ports[0].fec': got 'rs', expected one of none, fire_code, \
                reed_solomon, low_latency_reed_solomon
                m:3:41: key 'hcas[0].ports[0].layer': got 'IB', expected one of InfiniBand, \
                Ethernet
                """
            ),
            (
                "hcas:\n  - device: a\n    ports: [{number: 1, peer: {guid: 1, lid: 3}}]\n",
                """
                m:3:38: key 'hcas[0].ports[0].peer.guid': got '1', expected a GUID other than 0: \
                0x and 16 hexadecimal digits
                m:3:41: key 'hcas[0].ports[0].peer.lid': got an unknown key, expected one of \
                guid, port, name
                """
            ),
        ])
    func refused(text: String, lines: String) {
        let error = #expect(throws: SettingsError.self) { try parse(text) }
        #expect(error?.description == lines)
    }

    @Test func sizeIsBounded() {
        let error = #expect(throws: SettingsError.self) {
            try ManifestFile.parse(bytes: Array(repeating: 0x23, count: 1 << 20 + 1), file: "m")
        }
        #expect(error?.description.contains("at most 1MiB") == true)
    }

    @Test func theExampleOfTheDocumentationIsAccepted() throws {
        let parts = ManifestReference.markdown.components(separatedBy: "```")
        let manifest = try parse(String(parts[1].dropFirst("yaml".count)))
        #expect(manifest.hcas?.count == 1 && manifest.gpus?.count == 1)
    }

    // MARK: At start

    private func file(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/manifest-\(UUID().uuidString)"
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    /// It is configured, so that silence would be a lie.
    @Test func withoutItsManifestNothingStarts() throws {
        let settings = try file("inventory:\n  manifest: /nonexistent/manifest.yaml\n")
        defer { try? FileManager.default.removeItem(atPath: settings) }
        let result = Launcher.check(settings)
        #expect(result.status == 78)
        #expect(
            result.text == "/nonexistent/manifest.yaml: cannot open the manifest "
                + "(inventory.manifest): No such file or directory (errno 2)")
        #expect(Launcher.run(configuration: settings) == 78)
    }

    @Test func checkReadsTheManifest() throws {
        let manifest = try file(Self.whole)
        let broken = try file("hcas: 1\n")
        let settings = try file("inventory: {manifest: \(manifest)}\n")
        let other = try file("inventory: {manifest: \(broken)}\n")
        defer {
            for path in [manifest, broken, settings, other] {
                try? FileManager.default.removeItem(atPath: path)
            }
        }
        #expect(Launcher.check(settings).status == 0)
        #expect(Launcher.check(other).status == 78)
        #expect(Launcher.check(other).text.hasPrefix("\(broken):1:7: key 'hcas': got '1'"))
    }
}
