import Health
import Model
import Wire

extension Picture {
    /// `/api/v1/inventory`.
    func inventory(node: String) -> V1.Inventory {
        let inventory = inventory
        var document = V1.Inventory(
            node: node, time: now.text, pass: pass?.rawValue,
            expectations: expectations.rawValue)
        document.bootId = inventory.bootID
        document.nvidiaDriver = inventory.nvidiaDriver
        document.hcasListed = inventory.areHCAsListed
        document.gpusListed = inventory.areGPUsListed
        document.differences = (manifest?.worstFirst ?? []).map(V1.Difference.init)
        document.unverified = (manifest?.unverified ?? []).map {
            V1.Unverified(
                subject: V1.Subject($0.subject), place: $0.place, facts: $0.facts)
        }
        document.hcas = inventory.hcas.map(V1.InventoryHCA.init)
        document.gpus = inventory.gpus.map(V1.InventoryGPU.init)
        return document
    }
}

extension V1.Difference {
    fileprivate init(_ difference: Difference) {
        self.init(
            kind: difference.kind.rawValue, part: difference.part.rawValue,
            subject: V1.Subject(difference.subject), summary: difference.summary,
            facts: difference.facts.map {
                V1.ExpectedFact(fact: $0.key, expected: $0.expected, seen: $0.seen)
            })
    }
}

extension V1.InventoryHCA {
    fileprivate init(_ item: HCAItem) {
        self.init(device: item.device, role: item.role.rawValue, present: item.isPresent)
        guid = item.guid?.description
        address = item.address?.description
        model = item.model
        boardId = item.boardID
        part = item.part
        serial = item.serial
        firmware = item.firmware
        driver = item.driver
        pcie = item.pcie.map(V1.InventoryPCIe.init)
        numaNode = item.numaNode.map(Int.init)
        ports = item.ports.map(V1.InventoryPort.init)
    }
}

extension V1.InventoryPort {
    fileprivate init(_ item: PortItem) {
        self.init(port: Int(item.number), linkLayer: item.layer.rawValue)
        guid = item.guid?.description
        active = item.isActive
        widthLanes = item.widthLanes.map(Int.init)
        let lane = item.laneMegabitsPerSecond
        speed =
            item.layer == .infiniBand
            ? lane.flatMap {
                LinkSpeed.name(laneMegabitsPerSecond: $0)
            } : nil
        if let width = item.widthLanes, let lane {
            bitsPerSecond = UInt64(width) * UInt64(lane) * 1_000_000
        }
        fec = item.fec?.name
        peer = item.peer.map {
            V1.InventoryPeer(
                guid: $0.key.node.description, port: Int($0.key.port),
                description: $0.description.isEmpty ? nil : $0.description)
        }
    }
}

extension V1.InventoryPCIe {
    fileprivate init(_ item: PCIeLinkItem) {
        self.init()
        widthLanes = item.widthLanes.map(Int.init)
        maxWidthLanes = item.maxWidthLanes.map(Int.init)
        speedGtps = item.megatransfers.map { Double($0) / 1000 }
        maxSpeedGtps = item.maxMegatransfers.map { Double($0) / 1000 }
    }
}

extension V1.InventoryGPU {
    fileprivate init(_ item: GPUItem) {
        func known(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }
        self.init(
            index: item.index, address: item.address.description, present: item.isPresent)
        let identity = item.identity
        listed = item.isListed
        uuid = identity?.uuid.description
        name = known(identity?.name)
        serial = known(identity?.serial)
        boardPart = known(identity?.boardPart)
        vbios = known(identity?.vbios)
        inforom = known(identity?.infoROM)
        moduleId = identity?.moduleID.map(Int.init)
        pcie = item.pcie.map(V1.InventoryPCIe.init)
        numaNode = item.numaNode.map(Int.init)
        nvlinks = item.nvlinks
        nvlinksUp = item.nvlinksUp
        nvlinkSpeedBytesPerSecond = item.nvlinkMegabytesPerSecond.map { UInt64($0) * 1_000_000 }
    }
}
