import Health
import Model
import Testing

@testable import Daemon

/// A port that was there and is not reported any more never leaves a node that looks healthy.
@Suite struct PortRosterTests {
    private func port(_ device: String, _ node: UInt64, port: UInt8 = 1) -> PortReport {
        var node = ScriptedNode(
            device: device, key: PortKey(node: GUID(node), port: port),
            local: ["symbol_error": 1], far: ["symbol_error": 2])
        // Every port has a switch of its own.
        node.peer.key = PortKey(node: GUID(0x100 + node.key.node.rawValue), port: port)
        return node.port
    }

    private func unnamed(_ device: String) -> PortReport {
        var report = port(device, 0)
        report.local = .unread(.refused)
        report.peer = .absent
        return report
    }

    // What a roster says after these answers, as `device GUID/port failure`.
    private func told(_ answers: [[PortReport]]) -> [String] {
        var roster = PortRoster()
        var ports: [PortReport] = []
        for present in answers { ports = roster.take(.scripted(ports: present), of: "infiniband") }
        return ports.map {
            let failure = $0.local.failure?.rawValue ?? "-"
            return "\($0.device) \($0.key.node.rawValue)/\($0.key.port) \(failure)"
        }
    }

    @Test func lostPortStaysUnread() {
        let both = [port("mlx5_0", 1), port("mlx5_1", 2)]
        let one = [port("mlx5_0", 1)]
        #expect(told([both, one]) == ["mlx5_0 1/1 -", "mlx5_1 2/1 transport"])
        #expect(told([both, one, one, []]) == ["mlx5_0 1/1 transport", "mlx5_1 2/1 transport"])
        #expect(told([both, one, both]) == ["mlx5_0 1/1 -", "mlx5_1 2/1 -"])
    }

    @Test func secondPortOfACardIsMissedToo() {
        let both = [port("mlx5_0", 1), port("mlx5_0", 1, port: 2)]
        #expect(told([both, [both[0]]]) == ["mlx5_0 1/1 -", "mlx5_0 1/2 transport"])
    }

    @Test func newPartReplacesTheOldOne() {
        let old = [port("mlx5_0", 1), port("mlx5_0", 1, port: 2)]
        #expect(told([old, [port("mlx5_0", 9)]]) == ["mlx5_0 9/1 -"])
        // Also when it comes later.
        #expect(told([old, [], [port("mlx5_0", 9)]]) == ["mlx5_0 9/1 -"])
    }

    @Test func renumberingReplacesNothing() {
        let before = [port("mlx5_0", 1), port("mlx5_1", 2)]
        #expect(told([before, [port("mlx5_0", 2)]]) == ["mlx5_0 2/1 -", "mlx5_0 1/1 transport"])
    }

    @Test func deviceThatCannotBeDescribedIsTheOneOfThatName() {
        let known = [port("mlx5_0", 1), port("mlx5_1", 2)]
        #expect(
            told([known, [port("mlx5_0", 1), unnamed("mlx5_1")]])
                == ["mlx5_0 1/1 -", "mlx5_1 2/1 refused"])
    }

    @Test func devicesThatNeverSaidWhoTheyAreAreKeptApart() {
        let two = [unnamed("mlx5_0"), unnamed("mlx5_1")]
        #expect(told([two, [two[1]]]) == ["mlx5_1 0/1 refused", "mlx5_0 0/1 transport"])
        #expect(
            told([two, [two[1], port("mlx5_0", 5)]]) == ["mlx5_1 0/1 refused", "mlx5_0 5/1 -"])
    }

    @Test func probeThatHasThePortComesBeforeOneThatLostIt() {
        var roster = PortRoster()
        _ = roster.take(.scripted(ports: [port("mlx5_0", 1)]), of: "a")
        _ = roster.take(.scripted(), of: "a")
        _ = roster.take(.scripted(ports: [port("mlx5_0", 1)]), of: "b")
        let ports = roster.ports(of: [.scripted("a", seconds: 0), .scripted("b", seconds: 0)])
        #expect(ports.map(\.0.name) == ["b"])
        #expect(ports.first?.1.local.failure == nil)
    }

    /// A cable between two HCAs of the node: of each its own device says most, whoever is asked
    /// first and whether or not its other end sees it.
    @Test func cableWithinTheNodeBelongsToItsOwnDevices() {
        let keys = [1, 2].map { PortKey(node: GUID($0), port: 1) }
        func node(_ index: Int, seenAcross: Bool) -> PortReport {
            var node = ScriptedNode(
                device: "mlx5_\(index)", key: keys[index],
                local: ["symbol_error": 1, "local_ack_timeout_err": 3], far: ["symbol_error": 1])
            node.peer.key = keys[1 - index]
            node.peer.isSwitch = false
            node.peerFailure = seenAcross ? nil : .timeout
            return node.port
        }
        let pipeline = Pipeline(naming: .init(), keeper: nil, past: Past(), bootID: "boot")
        let row = InfiniBandCounters.index(of: "local_ack_timeout_err") ?? -1
        for (number, seenAcross) in [true, false, true, true].enumerated() {
            let seconds = UInt64(number * 10)
            let picture = pipeline.pass(
                [
                    Collected(
                        collector: "infiniband",
                        report: .infiniBand(
                            .scripted(
                                seconds: seconds,
                                ports: [0, 1].map { node($0, seenAcross: seenAcross) })))
                ],
                collectors: [.scripted(seconds: seconds)], now: .scripted(seconds: seconds))
            for cable in picture.cables {
                #expect(cable.local.entries[row].raw == 3)
                #expect(cable.local.entries[row].quality == .exact, "pass \(number)")
            }
        }
    }

    private static func metrics(_ picture: Picture) -> [Substring] {
        let desk = Desk(node: "n", clock: SystemClock(), archive: nil)
        desk.show(picture)
        return String(decoding: desk.metrics(.prometheus).bytes, as: UTF8.self)
            .split(separator: "\n")
    }

    @Test func nodeThatLostAnHCADoesNotPass() {
        let pipeline = Pipeline(naming: .init(), keeper: nil, past: Past())
        let both = [port("mlx5_0", 1), port("mlx5_1", 2)]
        func pass(_ ports: [PortReport], _ seconds: UInt64) -> Picture {
            pipeline.pass(
                [
                    Collected(
                        collector: "infiniband",
                        report: .infiniBand(.scripted(seconds: seconds, ports: ports)))
                ],
                collectors: [.scripted(seconds: seconds)], now: .scripted(seconds: seconds))
        }
        #expect(pass(both, 0).verdict.severity == .pass)
        let picture = pass([both[0]], 10)
        #expect(picture.verdict.severity == .unknown)
        #expect(picture.findings.map(\.opinion.id) == [.portUnobservable])
        #expect(picture.findings.first?.opinion.subject.device == "mlx5_1")
        let health = picture.health(node: "n", now: .scripted(seconds: 10))
        #expect(health.observed.ports == 2 && health.observed.active == 1)
        // Its last values are not shown as present ones.
        let lost = picture.cables.first { $0.device == "mlx5_1" }
        #expect(lost?.local.failure == .transport && lost?.local.isLinkFresh == false)
        let states = Self.metrics(picture).filter { $0.contains("infiniband_port_state{") }
        #expect(!states.contains { $0.contains("mlx5_1") && $0.contains("end=\"local\"") })
        #expect(states.contains { $0.contains("mlx5_0") && $0.contains("end=\"local\"") })
        let links = picture.links(node: "n", now: .scripted(seconds: 10)).links
        #expect(links.map(\.local.stale) == [false, true])
        #expect(links.map(\.local.state) == ["active", "active"], "as last known")
        #expect(lost.map { $0.local.entries.indices.contains(where: $0.local.isFresh) } == false)
        #expect(pass(both, 20).verdict.severity == .pass)
    }
}
