import Model

@testable import Health

extension Sample {
    /// Four HCAs with a port each, the first to leaf01 port 1 and so on, and two GPUs.
    static let inventory = Inventory(
        hcas: (0..<4).map(hca), gpus: (0..<2).map(gpu), areHCAsListed: true, areGPUsListed: true)

    /// What that node is expected to have.
    static let manifest = manifest(of: inventory)

    /// What is expected of a node that stays as it is.
    static func manifest(of inventory: Inventory) -> Manifest {
        Manifest(hcas: inventory.hcas.map(expected), gpus: inventory.gpus.map(expected))
    }

    static func slot(_ index: Int) -> PCIAddress {
        PCIAddress(domain: 0, bus: UInt8(0x18 + index), device: 0)
    }

    static func leaf(_ index: Int, port: Int? = nil) -> PeerItem {
        PeerItem(
            key: PortKey(node: GUID(UInt64(0xF1 + index)), port: UInt8(port ?? index + 1)),
            description: "leaf0\(index + 1)")
    }

    static func hca(_ index: Int) -> HCAItem {
        var hca = HCAItem(device: "mlx5_\(index)")
        hca.guid = GUID(UInt64(0xA0 + index))
        hca.address = slot(index)
        hca.boardID = "MT_0000000838"
        hca.part = "MCX75310AAS-NEAT"
        hca.serial = "MT2345X0000\(index)"
        hca.firmware = "28.39.1002"
        hca.pcie = link(lanes: 16)
        hca.numaNode = UInt16(index / 2)
        var port = PortItem(number: 1)
        port.guid = GUID(UInt64(0xA0 + index))
        port.isActive = true
        port.widthLanes = 4
        port.laneMegabitsPerSecond = 106_250
        port.fec = .lowLatencyReedSolomon
        port.peer = leaf(index)
        hca.ports = [port]
        return hca
    }

    static func gpu(_ index: Int) -> GPUItem {
        var gpu = GPUItem(address: slot(0x20 + index), index: index, isPresent: true)
        gpu.isListed = true
        var identity = GPUIdentity(uuid: GPUUUID(high: 7, low: UInt64(index)))
        identity.name = "NVIDIA H100 80GB HBM3"
        identity.serial = "165012300000\(index)"
        identity.boardPart = "692-2G520-0200-000"
        identity.vbios = "96.00.74.00.01"
        gpu.identity = identity
        gpu.pcie = link(lanes: 16)
        gpu.numaNode = 0
        gpu.nvlinks = 18
        gpu.nvlinksUp = 18
        gpu.nvlinkMegabytesPerSecond = 26_562
        return gpu
    }

    static func link(lanes: UInt8) -> PCIeLinkItem {
        var link = PCIeLinkItem()
        link.widthLanes = lanes
        link.maxWidthLanes = 16
        link.megatransfers = 2_500
        link.maxMegatransfers = 32_000
        return link
    }

    private static func expected(_ hca: HCAItem) -> ExpectedHCA {
        var expected = ExpectedHCA(slot: hca.address)
        expected.facts = facts(ManifestFacts.hca, of: hca)
        expected.ports = hca.ports.map {
            var port = ExpectedPort(number: $0.number)
            port.facts = facts(ManifestFacts.port, of: $0)
            return port
        }
        return expected
    }

    private static func expected(_ gpu: GPUItem) -> ExpectedGPU {
        var expected = ExpectedGPU(slot: gpu.address)
        expected.facts = facts(ManifestFacts.gpu, of: gpu)
        return expected
    }

    private static func facts<Item>(
        _ rows: [ManifestFact<Item>], of item: Item
    ) -> [String: String] {
        var facts: [String: String] = [:]
        for row in rows { facts[row.key] = row.proposed(item) }
        return facts
    }

    /// What the manifest says of a spoilt inventory.
    static func compare(
        _ manifest: Manifest = manifest, spoilt spoil: (inout Inventory) -> Void
    ) -> ManifestComparison {
        var inventory = inventory
        spoil(&inventory)
        return ManifestComparison(manifest, inventory)
    }
}
