import Health
import Model
import Testing

@testable import Daemon

/// A RoCE port is shown and never judged as InfiniBand.
@Suite struct EthernetPortTests {
    private func picture(_ ports: [PortReport]) throws -> Picture {
        let pipeline = Pipeline(naming: Pipeline.Naming(names: [:]), keeper: nil, past: Past())
        return pipeline.pass(
            [
                Collected(
                    collector: "infiniband",
                    report: .infiniBand(.scripted(seconds: 0, ports: ports)))
            ],
            collectors: [.scripted(seconds: 0)], now: .scripted(seconds: 0))
    }

    private func ethernet(isActive: Bool) -> PortReport {
        var port = ScriptedNode(
            device: "mlx5_9", key: PortKey(node: GUID(0x90), port: 1), isActive: isActive
        ).port
        port.layer = .ethernet
        port.peer = .absent
        return port
    }

    @Test func aPortThatIsDownAccusesNoCable() throws {
        let node = ScriptedNode(local: ["symbol_error": 0], far: ["symbol_error": 0])
        let picture = try picture([node.port, ethernet(isActive: false)])
        #expect(picture.findings.isEmpty)
        #expect(picture.verdict.summary.hasPrefix("The InfiniBand port is active"))
        let health = picture.health(node: "n", now: .scripted(seconds: 0))
        #expect(health.observed.ports == 1)
        let links = picture.links(node: "n", now: .scripted(seconds: 0)).links
        #expect(links.map(\.linkLayer) == ["InfiniBand", "Ethernet"])
        let port = try #require(links.last)
        #expect(port.peerState == "not_infiniband" && port.peer == nil)
        #expect(port.local.state == "down" && port.local.speed == nil)
    }

    // Nothing that is judged was seen, which is not the same as health.
    @Test func aNodeOfRoCEAloneIsUnknown() throws {
        let picture = try picture([ethernet(isActive: true)])
        #expect(picture.verdict.severity == .unknown)
        #expect(picture.findings.map(\.opinion.id) == [.nothingObserved])
    }
}
