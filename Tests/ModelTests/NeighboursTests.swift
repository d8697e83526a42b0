import Model
import Testing

/// Which ports cables join, and what is said when they are others.
@Suite struct NeighboursTests {
    private static func port(_ node: UInt64, _ number: UInt8 = 1) -> PortKey {
        PortKey(node: GUID(node), port: number)
    }

    private let hca = port(0xA)
    private let other = port(0xB)
    private let leaf = port(0x20, 7)
    private let spare = port(0x21, 9)

    @Test func firstSightAndTheSameAgainAreNoChange() {
        var neighbours = Neighbours()
        #expect(neighbours.join(hca, leaf) == nil)
        #expect(neighbours.join(hca, leaf) == nil)
        #expect(neighbours.join(other, spare) == nil)
    }

    @Test func replacedHCAIsSaidOfTheSwitchPort() throws {
        var neighbours = Neighbours([(hca, leaf)])
        let joined = neighbours.join(other, leaf)
        let change = try #require(joined)
        #expect(change == Neighbours.Change(farBefore: nil, nearBefore: hca))
        let event = change.event(
            device: "rail0", near: other, far: leaf, peer: "leaf01", wallMilliseconds: 5)
        #expect(event.kind == .hcaChanged && event.link == 1 && event.wallMilliseconds == 5)
        #expect(
            event.detail
                == "HCA 0x000000000000000b (rail0) is connected to port 7 of leaf01 "
                + "(0x0000000000000020) now, and HCA 0x000000000000000a was before.")
        #expect(neighbours.join(other, leaf) == nil, "once")
    }

    @Test func cableInAnotherSwitchPortIsSaidOfTheHCA() throws {
        var neighbours = Neighbours([(hca, leaf)])
        let joined = neighbours.join(hca, spare)
        let change = try #require(joined)
        #expect(change == Neighbours.Change(farBefore: leaf, nearBefore: nil))
        let event = change.event(
            device: "rail0", near: hca, far: spare, peer: "", wallMilliseconds: 5)
        #expect(event.kind == .peerChanged && event.device == .named("rail0"))
        #expect(
            event.detail
                == "Port 1 of rail0 leads to port 9 of 0x0000000000000021 now, and led to port 7 "
                + "of 0x0000000000000020 before.")
    }

    @Test func swappedCablesAreSaidOfAllFourPorts() {
        var neighbours = Neighbours([(hca, leaf), (other, spare)])
        #expect(
            neighbours.join(hca, spare) == Neighbours.Change(farBefore: leaf, nearBefore: other))
        #expect(
            neighbours.join(other, leaf) == Neighbours.Change(farBefore: spare, nearBefore: hca))
    }

    /// Names that devices had before leave places behind in the history.
    @Test func contradictoryPastIsNoPast() {
        var neighbours = Neighbours([(hca, leaf), (hca, spare), (other, spare)])
        #expect(neighbours.join(hca, leaf) == nil)
        #expect(neighbours.join(other, spare) == nil)
    }

    @Test func placesOfTheHistoryArePairs() {
        var publication = Publication()
        let nothing: [Ledger.Entry] = []
        for (device, end, key) in [
            ("rail0", End.local, hca), ("rail0", .peer, leaf), ("rail1", .local, other),
        ] {
            _ = publication.publish(
                Publication.Slot(device: device, port: 1, end: end), key: key, entries: nothing)
        }
        #expect(publication.pairs.map(\.near) == [hca] && publication.pairs.map(\.far) == [leaf])
    }
}
