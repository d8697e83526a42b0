import Model
import Testing

@testable import Health

/// A node beside its manifest: what differs, what is unknown, and what is neither.
struct ManifestComparisonTests {
    @Test func asExpected() {
        let found = Sample.compare { _ in }
        #expect(found.expectations == .asExpected)
        #expect(found.differences == [] && found.unverified == [])
    }

    /// Nothing is expected of what the manifest leaves out.
    @Test func whatIsLeftOutIsNotExpected() {
        let found = Sample.compare(Manifest(hcas: [], gpus: nil)) { $0.hcas = [] }
        #expect(found.expectations == .asExpected)
        var manifest = Sample.manifest
        manifest.hcas?[0].facts["firmware"] = nil
        manifest.hcas?[0].ports = []
        let other = Sample.compare(manifest) {
            $0.hcas[0].firmware = "1.0.0"
            $0.hcas[0].ports[0].widthLanes = 1
        }
        #expect(other.expectations == .asExpected)
    }

    // MARK: Missing and extra

    @Test(arguments: [true, false]) func missingHCA(isRemembered: Bool) {
        let found = Sample.compare {
            if isRemembered { $0.hcas[3].isPresent = false } else { $0.hcas.remove(at: 3) }
        }
        #expect(found.differences.map(\.kind) == [.missing])
        #expect(found.differences.map(\.subject.pciAddress) == [Sample.slot(3)])
        #expect(
            found.differences.map(\.summary)
                == ["The HCA at 0000:1b:00.0 is missing: the manifest expects it."])
        #expect(
            found.differences[0].facts.map(\.expected) == [GUID(0xA3).description, "MT2345X00003"])
        #expect(found.unverified == [])
    }

    @Test(arguments: [true, false]) func notMissingWhileNotAllHaveAnswered(isRemembered: Bool) {
        let found = Sample.compare {
            $0.areHCAsListed = false
            if isRemembered { $0.hcas[3].isPresent = false } else { $0.hcas.remove(at: 3) }
        }
        #expect(found.differences == [])
        #expect(found.expectations == .unverified)
        #expect(found.unverified.map(\.facts) == [["presence"]])
    }

    @Test func missingGPU() {
        let gone = Sample.compare { $0.gpus.remove(at: 1) }
        #expect(
            gone.differences.map(\.summary) == [
                "The GPU at 0000:39:00.0 is missing: the manifest expects it."
            ])
        let unlisted = Sample.compare {
            $0.gpus[1].isPresent = false
            $0.gpus[1].isListed = false
        }
        #expect(
            unlisted.differences.map(\.summary) == [
                "GPU 1 (0000:39:00.0) is missing: the manifest expects it."
            ])
        let unknown = Sample.compare {
            $0.gpus.remove(at: 1)
            $0.areGPUsListed = false
        }
        #expect(unknown.differences == [] && unknown.unverifiedCount == 1)
        let doubtful = Sample.compare {
            $0.gpus[1].isPresent = false
            $0.gpus[1].isListed = nil
        }
        #expect(doubtful.differences == [] && doubtful.unverified.map(\.facts) == [["presence"]])
    }

    /// A GPU that the kernel lists and nobody reads is there, and nothing else is known of it.
    @Test func unreadGPU() {
        let found = Sample.compare {
            $0.gpus[1].isPresent = false
            $0.gpus[1].identity?.serial = "from before"
        }
        #expect(found.differences == [])
        #expect(found.unverified.map(\.facts) == [ManifestFacts.gpu.map(\.key)])
    }

    @Test func extra() {
        let found = Sample.compare {
            $0.hcas.append(Sample.hca(4))
            $0.gpus.append(Sample.gpu(2))
        }
        #expect(found.differences.map(\.kind) == [.extra, .extra])
        #expect(found.differences.map(\.part) == [.hca, .gpu])
        #expect(
            found.differences.map(\.summary) == [
                "mlx5_4 (0000:1c:00.0) is there, and the manifest does not expect it.",
                "GPU 2 (0000:3a:00.0) is there, and the manifest does not expect it.",
            ])
    }

    /// How the node reaches its NVSwitches is no card that somebody plugged in, and one that is
    /// remembered is not there.
    @Test func notExtra() {
        let found = Sample.compare {
            $0.hcas.append(Sample.hca(4))
            $0.hcas[4].role = .nvswitchManagement
            $0.hcas.append(Sample.hca(5))
            $0.hcas[5].isPresent = false
            $0.gpus.append(Sample.gpu(2))
            $0.gpus[2].isPresent = false
            $0.gpus[2].isListed = nil
        }
        #expect(found.expectations == .asExpected)
    }

    // MARK: Cards

    @Test func replaced() {
        let found = Sample.compare {
            let before = $0.hcas[1]
            $0.hcas[1].guid = GUID(0xBB)
            $0.hcas[1].serial = "MT9"
            $0.hcas[1].ports[0].guid = GUID(0xBB)
            // The memory of the card before does not hide the one that is there.
            $0.hcas.insert(before, at: 0)
            $0.hcas[0].isPresent = false
            $0.hcas[0].device = "mlx5_9"
        }
        #expect(found.differences.map(\.kind) == [.replaced])
        #expect(
            found.differences.map(\.summary) == [
                "mlx5_1 (0000:19:00.0) was replaced: guid is 0x00000000000000bb, the manifest "
                    + "expects 0x00000000000000a1; serial is MT9, the manifest expects "
                    + "MT2345X00001."
            ])
        let gpu = Sample.compare { $0.gpus[0].identity?.uuid = GPUUUID(high: 9, low: 9) }
        #expect(gpu.differences.map(\.kind) == [.replaced])
    }

    /// A card that goes elsewhere takes its firmware with it, and not the cable of the slot.
    @Test func swappedCards() {
        var manifest = Sample.manifest
        manifest.hcas?[1].facts["firmware"] = "28.40.1000"
        let found = Sample.compare(manifest) {
            let (first, second) = ($0.hcas[0], $0.hcas[1])
            $0.hcas[0] = second
            $0.hcas[0].address = first.address
            $0.hcas[0].firmware = "28.40.1000"
            $0.hcas[0].ports[0].peer = first.ports[0].peer
            $0.hcas[1] = first
            $0.hcas[1].address = second.address
            $0.hcas[1].ports[0].peer = second.ports[0].peer
        }
        #expect(found.differences.map(\.kind) == [.swapped])
        #expect(found.differences.map(\.part) == [.hca])
        #expect(
            found.differences.map(\.summary) == [
                "mlx5_1 (0000:18:00.0) and mlx5_0 (0000:19:00.0) are in each other's slot."
            ])
    }

    @Test func byDeviceWhereThereIsNoSlot() {
        var manifest = Sample.manifest
        manifest.hcas?[0].slot = nil
        manifest.hcas?[0].device = "mlx5_0"
        let found = Sample.compare(manifest) { $0.hcas[0].address = nil }
        #expect(found.expectations == .asExpected)
        #expect(Sample.compare { $0.hcas[0].address = nil }.expectations == .asExpected, "by GUID")
        let gone = Sample.compare(manifest) { $0.hcas.remove(at: 0) }
        #expect(
            gone.differences.map(\.summary) == [
                "The HCA mlx5_0 is missing: the manifest expects it."
            ])
    }

    // MARK: Cables

    @Test func swappedCablesAreOneFinding() {
        let found = Sample.compare {
            $0.hcas[3].ports[0].peer = Sample.leaf(2)
            $0.hcas[2].ports[0].peer = Sample.leaf(3)
        }
        #expect(found.differences.map(\.kind) == [.swapped])
        #expect(found.differences.map(\.part) == [.port])
        #expect(
            found.differences.map(\.summary) == [
                "mlx5_2 port 1 is connected to leaf04 port 4; the manifest expects leaf03 port 3 "
                    + "(swapped with mlx5_3 port 1)."
            ])
    }

    /// Of a longer rotation every cable is told.
    @Test func rotation() {
        let found = Sample.compare {
            for index in 0..<3 { $0.hcas[index].ports[0].peer = Sample.leaf((index + 1) % 3) }
        }
        #expect(found.differences.map(\.kind) == [.miswired, .miswired, .miswired])
    }

    @Test func miswiredWithinOneSwitch() {
        let found = Sample.compare { $0.hcas[0].ports[0].peer = Sample.leaf(0, port: 9) }
        #expect(
            found.differences.map(\.summary) == [
                "mlx5_0 port 1 is connected to leaf01 port 9; the manifest expects leaf01 port 1."
            ])
        #expect(found.differences[0].facts.map(\.key) == ["peer.port"])
        #expect(found.differences[0].subject.key == "0x00000000000000a0/1")
    }

    /// Switches that all bear the default name are told apart by their GUIDs, and a name alone
    /// never differs.
    @Test func namesDoNotCount() {
        let found = Sample.compare {
            $0.hcas[0].ports[0].peer = PeerItem(
                key: PortKey(node: GUID(0xEE), port: 1), description: "leaf01")
            $0.hcas[1].ports[0].peer?.description = "renamed"
        }
        #expect(
            found.differences.map(\.summary) == [
                "mlx5_0 port 1 is connected to leaf01 (0x00000000000000ee) port 1; the manifest "
                    + "expects leaf01 (0x00000000000000f1) port 1."
            ])
    }

    @Test(arguments: [false, nil] as [Bool?]) func noClaimWhileTheLinkIsNotUp(isActive: Bool?) {
        let found = Sample.compare {
            $0.hcas[0].ports[0].isActive = isActive
            $0.hcas[0].ports[0].peer = Sample.leaf(1)
        }
        #expect(found.differences == [])
        #expect(found.unverified.map(\.facts) == [["peer.guid", "peer.port"]])
        #expect(found.unverified.map(\.place) == ["mlx5_0 port 1"])
    }

    // MARK: Facts

    static let spoilt: [(String, DifferenceKind, Spoil)] = [
        ("firmware", .firmware, Spoil { $0.hcas[0].firmware = "28.40.1000" }),
        ("psid", .board, Spoil { $0.hcas[0].boardID = "MT_0000000839" }),
        ("part", .board, Spoil { $0.hcas[0].part = "MCX" }),
        ("pcie_width", .pcie, Spoil { $0.hcas[0].pcie?.widthLanes = 8 }),
        ("pcie_speed", .pcie, Spoil { $0.hcas[0].pcie?.megatransfers = 16_000 }),
        ("numa_node", .numa, Spoil { $0.hcas[0].numaNode = 1 }),
        ("guid", .replaced, Spoil { $0.hcas[0].ports[0].guid = GUID(1) }),
        ("layer", .linkLayer, Spoil { $0.hcas[0].ports[0].layer = .ethernet }),
        ("width", .linkWidth, Spoil { $0.hcas[0].ports[0].widthLanes = 2 }),
        ("lane_speed", .linkSpeed, Spoil { $0.hcas[0].ports[0].laneMegabitsPerSecond = 53_125 }),
        ("fec", .fec, Spoil { $0.hcas[0].ports[0].fec = FECMode.none }),
        ("name", .board, Spoil { $0.gpus[0].identity?.name = "NVIDIA H200" }),
        ("vbios", .firmware, Spoil { $0.gpus[0].identity?.vbios = "1" }),
        ("pcie_width", .pcie, Spoil { $0.gpus[0].pcie?.widthLanes = 8 }),
        ("pcie_speed", .pcie, Spoil { $0.gpus[0].pcie?.maxMegatransfers = 16_000 }),
        ("nvlinks", .nvlink, Spoil { $0.gpus[0].nvlinksUp = 17 }),
        ("nvlink_speed", .nvlink, Spoil { $0.gpus[0].nvlinkMegabytesPerSecond = 20_000 }),
    ]

    struct Spoil: Sendable {
        let spoil: @Sendable (inout Inventory) -> Void
        init(_ spoil: @escaping @Sendable (inout Inventory) -> Void) { self.spoil = spoil }
    }

    @Test(arguments: spoilt.indices) func everyFactDiffers(index: Int) {
        let (key, kind, spoil) = Self.spoilt[index]
        let found = Sample.compare(spoilt: spoil.spoil)
        #expect(found.differences.map(\.kind) == [kind], "\(key)")
        #expect(found.differences.flatMap(\.facts).map(\.key) == [key])
        #expect(found.expectations == .differs)
    }

    @Test func unitsAreSaid() {
        let found = Sample.compare { $0.hcas[0].ports[0].laneMegabitsPerSecond = 53_125 }
        #expect(
            found.differences.map(\.summary) == [
                "mlx5_0 port 1: lane speed is 53125 Mbit/s, the manifest expects 106250 Mbit/s."
            ])
        #expect(found.differences.map(\.isLower) == [true])
    }

    /// An idle link may be slow, but not narrow.
    @Test func idlePCIeIsFine() {
        let found = Sample.compare { $0.hcas[0].pcie?.megatransfers = 2_500 }
        #expect(found.expectations == .asExpected)
    }

    /// What nobody read is neither different nor as expected.
    @Test func unknownIsUnverified() {
        let found = Sample.compare {
            $0.hcas[0].serial = nil
            $0.hcas[0].firmware = ""
            $0.hcas[1].ports = []
            $0.gpus[0].identity = nil
        }
        #expect(found.differences == [])
        #expect(found.expectations == .unverified)
        #expect(
            found.unverified.map(\.facts) == [
                ["serial", "firmware"],
                ManifestFacts.port.filter { $0.kind != nil }.map(\.key),
                ["uuid", "serial", "name", "part", "vbios"],
            ])
        #expect(found.unverifiedCount == 14)
    }

    /// One that hangs says neither where nor who it is: it may be the one that is expected.
    @Test func anHCAThatDoesNotSayWhoItIsIsNeitherMissingNorExtra() {
        let found = Sample.compare {
            var hung = HCAItem(device: $0.hcas[0].device)
            hung.ports = []
            $0.hcas[0] = hung
        }
        #expect(found.differences == [])
        #expect(found.unverified.map(\.facts).contains(["presence"]))
    }

    /// Whatever is unknown of whatever part: never a difference.
    @Test(arguments: Seeded.seeds) func ignoranceNeverDiffers(seed: UInt64) {
        var random = Seeded(seed)
        let found = Sample.compare { Self.forget(&$0, &random) }
        #expect(found.differences == [], "seed \(seed)")
    }

    private static func forget(_ inventory: inout Inventory, _ random: inout Seeded) {
        let isForgotten = { (random: inout Seeded) in Bool.random(using: &random) }
        for index in inventory.hcas.indices {
            if isForgotten(&random) { inventory.hcas[index].guid = nil }
            if isForgotten(&random) { inventory.hcas[index].serial = nil }
            if isForgotten(&random) { inventory.hcas[index].part = nil }
            if isForgotten(&random) { inventory.hcas[index].pcie = nil }
            if isForgotten(&random) { inventory.hcas[index].ports[0].peer = nil }
            if isForgotten(&random) { inventory.hcas[index].ports[0].fec = nil }
            if isForgotten(&random) { inventory.hcas[index].ports[0].widthLanes = nil }
            if isForgotten(&random) { inventory.hcas[index].ports[0].isActive = nil }
        }
        for index in inventory.gpus.indices {
            if isForgotten(&random) { inventory.gpus[index].identity = nil }
            if isForgotten(&random) { inventory.gpus[index].isListed = nil }
            if isForgotten(&random) { inventory.gpus[index].nvlinksUp = nil }
            if isForgotten(&random) { inventory.gpus[index].isPresent = false }
        }
        // Where not everybody has answered, a part may be lacking altogether.
        inventory.areHCAsListed = false
        inventory.areGPUsListed = false
        if isForgotten(&random) { inventory.hcas.removeLast() }
        if isForgotten(&random) { inventory.gpus.removeLast() }
        for index in inventory.hcas.indices where isForgotten(&random) {
            inventory.hcas[index].isPresent = false
        }
    }
}
