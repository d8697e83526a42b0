import Health
import Model

extension Picture {
    /// What the node is made of; what is not known is nil.
    var inventory: Inventory {
        let functions = Dictionary(
            pcie.map { ($0.report.address, $0) }, uniquingKeysWith: { first, _ in first })
        let readers = collectors.filter(\.evidence.readsPorts)
        // Without a probe the daemon itself looks for the first one.
        let areGPUsListed =
            hasNoGPUs || collectors.contains { $0.name == ProbeKind.gpu.collector && $0.answers }
        return Inventory(
            hcas: hcas(functions),
            gpus: gpus.map {
                GPUItem($0, functions[$0.address], isListed: areGPUsListed ? $0.isListed : nil)
            },
            areHCAsListed: !readers.isEmpty && readers.allSatisfy(\.answers),
            areGPUsListed: areGPUsListed,
            nvidiaDriver: gpuLibrary.flatMap { $0.driver.known }, bootID: now.bootID.known)
    }

    // Cables come in the order of their devices' names.
    private func hcas(_ functions: [PCIAddress: PCIView]) -> [HCAItem] {
        var items: [HCAItem] = []
        for cable in cables {
            if items.last?.device != cable.device {
                items.append(HCAItem(cable, functions))
            }
            // One that does not say who it is does not say its ports either.
            guard let last = items.indices.last, cable.report.isIdentified else { continue }
            items[last].ports.append(PortItem(cable))
            items[last].isPresent = items[last].isPresent || cable.report.isListed
        }
        return items
    }
}

extension CollectorView {
    /// Whether it has answered lately; that its latest turn took long is no news of the node.
    fileprivate var answers: Bool { lastMoment != nil && !evidence.isStale && listsDevices }
}

extension String {
    /// The text; nil when it is empty, which stands for unknown in reports.
    fileprivate var known: String? { isEmpty ? nil : self }
}

extension GUID {
    fileprivate var known: GUID? { rawValue == 0 ? nil : self }
}

extension HCAItem {
    fileprivate init(_ cable: CableView, _ functions: [PCIAddress: PCIView]) {
        let report = cable.report
        let identity = report.identity
        self.init(device: cable.device, role: identity.role, isPresent: report.isListed)
        isStale = cable.isStale
        guid = report.key.node.known
        address = identity.address
        model = report.model.known
        boardID = identity.boardID
        part = identity.part
        serial = identity.serial
        firmware = report.firmware.known
        driver = identity.driver
        let function = identity.address.flatMap { functions[$0] }
        pcie = function.flatMap(PCIeLinkItem.init)
        numaNode = function?.report.numaNode
    }
}

extension CableView {
    // Where a link is up and its other end does not answer, it may be another than before.
    fileprivate var knownPeer: PeerIdentity? {
        if report.local.link?.isActive == true, case .unobservable = report.peer { return nil }
        return peerIdentity
    }
}

extension PortItem {
    fileprivate init(_ cable: CableView) {
        self.init(number: cable.report.key.port, layer: cable.report.layer)
        guid = cable.report.portGUID.known
        peer = cable.knownPeer.map { PeerItem(key: $0.key, description: $0.description) }
        let end = cable.report.local
        guard !cable.isStale, let link = end.link else { return }
        isActive = link.isActive
        guard link.isUp else { return }
        widthLanes = link.widthLanes == 0 ? nil : link.widthLanes
        laneMegabitsPerSecond = link.laneMegabitsPerSecond == 0 ? nil : link.laneMegabitsPerSecond
        // Both ends of a cable use the same, and an HCA does not say.
        fec = end.fec
        if case .observed(_, let far) = cable.report.peer { fec = fec ?? far.fec }
    }
}

extension PCIeLinkItem {
    // Nil where nothing is known, as of a virtual function.
    fileprivate init?(_ view: PCIView) {
        self.init()
        func latest(_ name: String) -> UInt64? { view.gauge(name, within: !view.isStale) }
        widthLanes = latest("current_link_width").flatMap { UInt8(exactly: $0) }
        maxWidthLanes = latest("max_link_width").flatMap { UInt8(exactly: $0) }
        megatransfers = latest("current_link_speed").flatMap { UInt32(exactly: $0) }
        maxMegatransfers = latest("max_link_speed").flatMap { UInt32(exactly: $0) }
        if self == PCIeLinkItem() { return nil }
    }
}

extension GPUItem {
    fileprivate init(_ view: GPUView, _ function: PCIView?, isListed: Bool?) {
        self.init(
            address: view.address, index: view.index, isPresent: view.isListed && !view.isStale)
        self.isListed = isListed
        identity = view.report.identity
        pcie = function.flatMap(PCIeLinkItem.init)
        numaNode = function?.report.numaNode
        nvlinks = view.linksTotal
        nvlinksUp = view.linksActive
        let speeds = Set(view.links.compactMap(\.megabytesPerSecond))
        nvlinkMegabytesPerSecond = speeds.count == 1 ? speeds.first : nil
    }
}

extension NVLinkView {
    // A link that is down has none.
    fileprivate var megabytesPerSecond: UInt32? {
        guard state?.isUp == true,
            let row = NVLinkCounters.gauges.firstIndex(where: { $0.name == "speed" }),
            gauges.indices.contains(row), gauges[row].status == .fresh
        else { return nil }
        return gauges[row].value.flatMap { $0 == 0 ? nil : UInt32(exactly: $0) }
    }
}
