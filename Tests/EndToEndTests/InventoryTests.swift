import Fakes
import Foundation
import Model
import Testing
import Wire

extension EndToEndTests {
    private static let slot = FakeSysfs.address(0x41)

    /// The released daemon with one HCA of the simulated fabric, which has a slot and a board in a
    /// sysfs of the test's own, and fake GPUs.
    private func withBoard(
        _ product: FakeProductData, _ more: [String] = [],
        _ body: (DaemonProcess, FakeSysfs, Cable) throws -> Void
    ) throws {
        guard let fabric = Fabric.current else { throw Failure("the suite has no fabric") }
        let cable = try #require(try fabric.cables().first)
        let node = try GPUNode()
        let place = node.home.file("sys")
        try FileManager.default.removeItem(at: place.appendingPathComponent("bus"))
        let sys = try FakeSysfs(place.path)
        try sys.addDGX()
        try sys.addRoot(FakeSysfs.address(0x40, 1), numaNode: 1)
        // The simulator's library has one device, and calls it so.
        try sys.addHCA(Self.slot, "ibsim0", below: FakeSysfs.address(0x40, 1), numaNode: 1)
        try sys.identify(Self.slot, "ibsim0", product: product, version: "24.10-1.1.4")
        let variables = try fabric.environment(rail: cable.rail)
            .map { "\($0): \"\($1)\"" }.sorted().joined(separator: ", ")
        let settings = node.settings(["pcie: {interval: 1s}"] + more).replacing(
            "infiniband: {enabled: false}",
            with: """
                infiniband:
                  identity_interval: 1s
                  devices: [{guid: "\(cable.guid)", name: \(cable.device), rail: \(cable.rail)}]
                  probes: [{name: rail, environment: {\(variables)}}]
                """)
        let daemon = try DaemonProcess(node.home, settings: settings)
        do {
            try body(daemon, sys, cable)
            try daemon.stop()
        } catch {
            daemon.abandon()
            throw Failure("\(error)\nThe daemon said:\n\(daemon.child.errors)")
        }
    }

    private func inventory(_ daemon: DaemonProcess) throws -> V1.Inventory? {
        let document: V1.Inventory = try daemon.document("/api/v1/inventory")
        let isRead = document.hcas.allSatisfy { $0.serial != nil && $0.ports.first?.peer != nil }
        let isComplete = document.gpus.allSatisfy { $0.uuid != nil && $0.pcie != nil }
        return document.hcasListed && document.gpusListed && isRead && isComplete
            && document.hcas.count == 1 && document.gpus.count == 8 ? document : nil
    }

    @Test("The inventory puts together what the probes of HCAs, PCIe and GPUs tell")
    func inventory() throws {
        try withBoard(FakeProductData()) { daemon, sys, cable in
            let document = try eventually("all is known") { try inventory(daemon) }
            #expect(document.expectations == "not_configured")
            let hca = try #require(document.hcas.first)
            #expect(hca.device == cable.device && hca.guid == cable.guid && hca.present)
            #expect(hca.address == Self.slot.description && hca.numaNode == 1)
            #expect(hca.part == "MCX75310AAS-NEAT" && hca.serial == "MT2317XZ0A4K")
            #expect(hca.boardId == "MT_0000000838" && hca.driver == "mlx5_core 24.10-1.1.4")
            #expect(hca.pcie?.widthLanes == 16 && hca.role == "fabric")
            let port = try #require(hca.ports.first)
            #expect(port.active == true && port.widthLanes == 4 && port.speed != nil)
            #expect(port.peer?.guid == cable.switchGUID && port.peer?.port == cable.switchPort)
            #expect(document.gpus.map(\.index) == Array(0..<8))
            #expect(document.gpus.allSatisfy { $0.present && $0.listed == true })

            let command = try Command(["inventory", "--socket", daemon.socket.path]).outcome()
            #expect(command.status == 0 && command.errors == "")
            #expect(
                command.output.contains(
                    "0000:41:00.0  MCX75310AAS-NEAT  MT2317XZ0A4K  MT_0000000838"))
            #expect(command.output.hasSuffix("\nExpectations: not configured\n"))
        }
    }

    @Test("A node is compared with the manifest that was proposed of it, and with another one")
    func manifest() throws {
        var proposed = ""
        try withBoard(FakeProductData()) { daemon, _, _ in
            _ = try eventually("all is known") { try inventory(daemon) }
            let answer = try daemon.get("/api/v1/inventory/manifest")
            #expect(answer.status == 200 && answer.fields["content-type"] == "application/yaml")
            let command = try Command(["inventory", "propose", "--socket", daemon.socket.path])
                .outcome()
            #expect(command.status == 0 && command.output.hasPrefix("# A manifest, proposed by"))
            proposed = answer.text
        }
        let folder = try ScratchDirectory()
        let file = folder.file("manifest.yaml")
        let setting = ["inventory: {manifest: \"\(file.path)\"}"]
        try Data(proposed.utf8).write(to: file)
        try withBoard(FakeProductData(), setting) { daemon, _, _ in
            let document = try eventually("it is compared") { () -> V1.Inventory? in
                let document = try inventory(daemon)
                return document?.expectations == "as_expected" ? document : nil
            }
            #expect(document.differences.isEmpty && document.unverified.isEmpty)
            #expect(try daemon.health().expectations == "as_expected")
        }
        let lines = proposed.split(separator: "\n", omittingEmptySubsequences: false)
        let other = lines.map {
            $0.hasPrefix("    serial: ") ? "    serial: \"of another\"" : String($0)
        }
        try Data(other.joined(separator: "\n").utf8).write(to: file)
        try withBoard(FakeProductData(), setting) { daemon, _, _ in
            let condition = try eventually("it differs") {
                try daemon.health().conditions.first { $0.id == "inventory_mismatch" }
            }
            #expect(condition.severity == "WARNING")
            let document: V1.Inventory = try daemon.document("/api/v1/inventory")
            #expect(document.expectations == "differs")
            #expect(document.differences.map(\.kind).contains("replaced"))
        }
    }

    @Test("The way to an NVSwitch is listed, read and not judged")
    func wayToAnNVSwitch() throws {
        try withBoard(.nvswitch) { daemon, sys, cable in
            let document = try eventually("all is known") { try inventory(daemon) }
            #expect(document.hcas.map(\.role) == ["nvswitch_management"])
            #expect(document.hcas.first?.ports.first?.active == true)
            let links = try daemon.links().links
            #expect(links.map(\.role) == ["nvswitch_management"])
            #expect(links.first?.local.state == "active")
            #expect(try daemon.health().observed.ports == 0)
        }
    }
}
