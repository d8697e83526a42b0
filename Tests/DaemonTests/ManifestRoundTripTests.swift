import Health
import Model
import Testing
import Wire

@testable import Daemon

/// What is proposed is what is read, and a node is as its own proposal expects.
struct ManifestRoundTripTests {
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }

    private func read(_ inventory: Inventory) throws -> Manifest {
        let text = ManifestText.propose(inventory, node: "n\n1", time: "now")
        return try ManifestFile.parse(bytes: Array(text.utf8), file: "proposed")
    }

    @Test(arguments: (0..<40).map { UInt64($0) } + [.random(in: .min ... .max)])
    func asItsOwnProposalExpects(seed: UInt64) throws {
        var random = Seeded(state: seed)
        let inventory = Self.inventory(&random)
        let manifest = try read(inventory)
        let found = ManifestComparison(manifest, inventory)
        #expect(found.expectations == .asExpected, "seed \(seed): \(found)")
        for (expected, hca) in zip(manifest.hcas ?? [], inventory.hcas) {
            #expect(expected.facts["serial"] == Self.known(hca.serial), "seed \(seed)")
            let names = expected.ports.map { $0.facts["peer.name"] }
            let peers = hca.ports.map { $0.isActive == true ? $0.peer : nil }
            #expect(names == peers.map { Self.known($0?.description) }, "seed \(seed)")
        }
    }

    /// What was seen only for the moment is not blessed.
    @Test func aNarrowSlotIsNotProposed() throws {
        var hca = HCAItem(device: "mlx5_0")
        hca.pcie = PCIeLinkItem()
        hca.pcie?.widthLanes = 8
        hca.pcie?.maxWidthLanes = 16
        let inventory = Inventory(
            hcas: [hca], gpus: [], areHCAsListed: true, areGPUsListed: true)
        let found = ManifestComparison(try read(inventory), inventory)
        #expect(found.differences.map(\.kind) == [.pcie])
    }

    @Test func whatIsNotListedIsNotProposedAsNone() throws {
        var inventory = Inventory(hcas: [], gpus: [], areHCAsListed: false, areGPUsListed: true)
        #expect(try read(inventory) == Manifest(hcas: nil, gpus: []))
        inventory.areHCAsListed = true
        inventory.areGPUsListed = false
        #expect(try read(inventory) == Manifest(hcas: [], gpus: nil))
        var gone = HCAItem(device: "mlx5_0")
        gone.isPresent = false
        inventory.hcas = [gone, HCAItem(device: "mlx5_1", role: .nvswitchManagement)]
        #expect(try read(inventory).hcas == [])
    }

    private static func known(_ text: String?) -> String? { text?.isEmpty == false ? text : nil }

    private static let words = [
        "", "plain", "12345", "true", "null", "a: b", "# not a comment", "- x", "'quoted'",
        "\"double\" \\ back", "line\nbreak", "tab\t", " spaces ", "{a: [1]}", "*alias", "&anchor",
        "!tag", "ünïcödé 日本 🚀", "nul\u{0}", "\u{85}\u{2028}\u{FEFF}\u{E000}", "%", "@`", "~",
        "e\u{301}\u{200D}", "0x12", "\r\n",
    ]

    private static func text(_ random: inout Seeded) -> String? {
        guard Int.random(in: 0..<5, using: &random) > 0 else { return nil }
        let one = words.randomElement(using: &random) ?? ""
        return one + (Bool.random(using: &random) ? words.randomElement(using: &random) ?? "" : "")
    }

    private static func number<Number: FixedWidthInteger>(_ random: inout Seeded) -> Number? {
        Bool.random(using: &random) ? Number.random(in: 0 ... .max, using: &random) : nil
    }

    private static func pcie(_ random: inout Seeded) -> PCIeLinkItem? {
        guard Bool.random(using: &random) else { return nil }
        var link = PCIeLinkItem()
        link.widthLanes = number(&random)
        link.maxWidthLanes = link.widthLanes
        link.megatransfers = number(&random)
        link.maxMegatransfers = number(&random)
        return link
    }

    private static func inventory(_ random: inout Seeded) -> Inventory {
        let hcas = (0..<Int.random(in: 0...8, using: &random)).map { hca($0, &random) }
        let gpus = (0..<Int.random(in: 0...8, using: &random)).map { gpu($0, &random) }
        return Inventory(hcas: hcas, gpus: gpus, areHCAsListed: true, areGPUsListed: true)
    }

    private static func hca(_ index: Int, _ random: inout Seeded) -> HCAItem {
        var hca = HCAItem(device: "mlx5_\(index)" + (text(&random) ?? ""))
        if Bool.random(using: &random) {
            hca.address = PCIAddress(domain: number(&random) ?? 0, bus: UInt8(index), device: 3)
        }
        hca.guid = number(&random).map { GUID($0 / 16 * 16 + 1 + UInt64(index)) }
        hca.boardID = text(&random)
        hca.part = text(&random)
        hca.serial = text(&random)
        hca.firmware = text(&random)
        hca.pcie = pcie(&random)
        hca.numaNode = number(&random)
        hca.ports = (1...UInt8.random(in: 1...3, using: &random)).map { port($0, &random) }
        return hca
    }

    private static func port(_ port: UInt8, _ random: inout Seeded) -> PortItem {
        var port = PortItem(number: port)
        port.guid = number(&random).map { GUID(max($0, 1)) }
        port.layer = LinkLayer.allCases.randomElement(using: &random) ?? .infiniBand
        port.isActive = [true, true, true, false, nil].randomElement(using: &random) ?? nil
        port.widthLanes = number(&random)
        port.laneMegabitsPerSecond = number(&random)
        port.fec =
            Bool.random(using: &random) ? FECMode.allCases.randomElement(using: &random) : nil
        if Bool.random(using: &random) {
            port.peer = PeerItem(
                key: PortKey(
                    node: GUID(.random(in: 1 ... .max, using: &random)),
                    port: .random(in: 1...254, using: &random)),
                description: text(&random) ?? "")
        }
        return port
    }

    private static func gpu(_ index: Int, _ random: inout Seeded) -> GPUItem {
        let isPresent = Bool.random(using: &random)
        var gpu = GPUItem(
            address: PCIAddress(domain: 0, bus: UInt8(index), device: 0), index: index,
            isPresent: isPresent)
        gpu.isListed = isPresent ? [true, nil].randomElement(using: &random) ?? nil : true
        var identity = GPUIdentity(uuid: GPUUUID(high: 1, low: UInt64(index)))
        identity.name = text(&random) ?? ""
        identity.serial = text(&random) ?? ""
        identity.vbios = text(&random) ?? ""
        gpu.identity = Bool.random(using: &random) ? identity : nil
        gpu.pcie = pcie(&random)
        gpu.nvlinks = Bool.random(using: &random) ? Int.random(in: 0...18, using: &random) : nil
        gpu.nvlinksUp = gpu.nvlinks
        gpu.nvlinkMegabytesPerSecond = number(&random)
        return gpu
    }
}
