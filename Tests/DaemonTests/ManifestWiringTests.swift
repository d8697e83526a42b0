import Exposition
import Health
import Model
import Testing

@testable import Daemon

/// From what a probe tells to what the daemon says of its manifest.
struct ManifestWiringTests {
    private static func pass(
        _ manifest: Manifest?, in pipeline: Pipeline? = nil, isStale: Bool = false,
        at seconds: UInt64 = 1, _ spoil: (inout PortReport) -> Void = { _ in }
    ) -> Picture {
        var port = ScriptedNode(
            device: "mlx5_0", key: PortKey(node: GUID(0x10), port: 1)
        ).port
        port.identity.address = PCIAddress(domain: 0, bus: 0x19, device: 0)
        port.identity.serial = "MT1"
        spoil(&port)
        let pipeline =
            pipeline
            ?? Pipeline(
                naming: Pipeline.Naming(), manifest: manifest, keeper: nil, past: Past(),
                bootID: "boot")
        var view = CollectorView.scripted("infiniband", seconds: seconds)
        view.evidence.readsPorts = true
        if isStale { view.evidence.ageSeconds = 1e6 }
        let report = ProbeReport.infiniBand(.scripted(seconds: seconds, ports: [port]))
        return pipeline.pass(
            [Collected(collector: "infiniband", report: report)], collectors: [view],
            now: .scripted(seconds: seconds))
    }

    private static func manifest(of picture: Picture) throws -> Manifest {
        let desk = Desk(node: "n", clock: SystemClock(), archive: nil)
        desk.show(picture)
        return try ManifestFile.parse(bytes: Array(desk.manifest().utf8), file: "proposed")
    }

    private static func page(_ picture: Picture) -> String {
        let server = ServerSample(requests: [], connections: 0, refused: 0)
        let scrape = Scrape(picture, server: server, now: .scripted(seconds: 1))
        return String(decoding: scrape.render(.prometheus), as: UTF8.self)
    }

    private static let ids: Set<ConditionID> = [
        .hcaMissing, .gpuMissing, .miswired, .widthDegraded, .speedDegraded, .inventoryMismatch,
        .inventoryUnverified,
    ]

    private static func conditions(_ picture: Picture) -> Set<ConditionID> {
        ids.intersection(picture.findings.map(\.opinion.id))
    }

    @Test func withoutAManifestNothingIsSaid() {
        let picture = Self.pass(nil)
        #expect(Self.conditions(picture) == [])
        #expect(picture.health(node: "n", now: picture.now).expectations == "not_configured")
        let document = picture.inventory(node: "n")
        #expect(document.expectations == "not_configured" && document.differences == [])
        #expect(!Self.page(picture).contains("fabricwatch_inventory"))
        #expect(!picture.verdict.summary.contains("expect"))
    }

    /// What the daemon proposes is what it then finds to be so.
    @Test func asProposed() throws {
        let manifest = try Self.manifest(of: Self.pass(nil))
        #expect(manifest.hcas?.first?.facts["serial"] == "MT1")
        #expect(manifest.hcas?.first?.ports.first?.facts["peer.name"] == "leaf01")
        #expect(manifest.gpus == nil, "nobody lists GPUs")
        let picture = Self.pass(manifest)
        #expect(picture.health(node: "n", now: picture.now).expectations == "as_expected")
        #expect(Self.conditions(picture) == [])
        #expect(picture.verdict.summary.hasSuffix("All is as the manifest expects."))
        #expect(
            Self.page(picture).contains("fabricwatch_inventory_differences{kind=\"missing\"} 0"))
    }

    @Test func whatDiffersIsSaidEverywhere() throws {
        let manifest = try Self.manifest(of: Self.pass(nil))
        let picture = Self.pass(manifest) { port in
            port.identity.serial = "MT2"
            port.local.link?.widthLanes = 1
        }
        #expect(Self.conditions(picture) == [.widthDegraded, .inventoryMismatch])
        #expect(picture.health(node: "n", now: picture.now).expectations == "differs")
        let document = picture.inventory(node: "n")
        #expect(document.differences.map(\.kind) == ["replaced", "link_width"])
        #expect(document.differences.map(\.subject.port) == [nil, 1])
        #expect(document.differences.first?.facts.map(\.expected) == ["MT1"])
        #expect(document.differences.first?.facts.map(\.seen) == ["MT2"])
        let page = Self.page(picture)
        #expect(page.contains("fabricwatch_inventory_differences{kind=\"link_width\"} 1\n"))
        #expect(page.contains("fabricwatch_inventory_unverified_facts 0\n"))
    }

    /// Old values make no difference, and are not as expected either.
    @Test func staleIsUnverified() throws {
        let manifest = try Self.manifest(of: Self.pass(nil))
        let picture = Self.pass(manifest, isStale: true) { $0.identity.serial = "MT2" }
        #expect(picture.inventory(node: "n").expectations == "unverified")
        #expect(picture.inventory(node: "n").differences == [])
        #expect(
            picture.inventory(node: "n").unverified.map(\.place) == [
                "mlx5_0 (0000:19:00.0)", "mlx5_0 port 1",
            ])
        #expect(Self.conditions(picture) == [.inventoryUnverified])
    }

    @Test func beforeTheFirstPassNothingIsVerified() {
        let desk = Desk(
            node: "n", clock: SystemClock(), archive: nil, expectations: .unverified)
        #expect(desk.health().expectations == "unverified")
        #expect(desk.inventory().expectations == "unverified")
        #expect(throws: (any Error).self) { try desk.manifest() }
    }
}
