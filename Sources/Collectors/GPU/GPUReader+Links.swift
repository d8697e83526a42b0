import Model

/// What is known of one link.
struct LinkMemory {
    var memory = ReadingMemory(.link)
    /// What it leads to, as last told.
    private(set) var remote: NVLinkRemote?
    /// Whether it is known not to be active; a link that sleeps is active.
    private(set) var isDown = false

    /// Takes in the state that was read, and says whether the link came up.
    mutating func noteState() -> Bool {
        guard case .value(let state, _) = memory.reading(Self.stateRow) else { return false }
        let wasDown = isDown
        isDown = state == 0
        guard wasDown, !isDown else { return false }
        // While it was down it could not tell what it offers.
        memory.retry()
        return true
    }

    /// Takes in what was read about its other end; what cannot be read stays as it was.
    mutating func noteRemote() {
        let type = memory.reading(ReadingPlan.remoteRow)
        let place = memory.reading(ReadingPlan.remoteRow + 1)
        var kind: NVLinkRemote.Kind?
        var address: PCIAddress?
        if case .value(let number, _) = type {
            kind = UInt8(exactly: number).flatMap(NVLinkRemote.Kind.init) ?? .unknown
        }
        if case .value(let packed, _) = place { address = PCIAddress(packed: packed) }
        if place == .failed { address = remote?.address }
        if type == .failed { kind = remote?.kind }
        guard kind != nil || address != nil else { return }
        remote = NVLinkRemote(kind: kind ?? .unknown, address: address)
    }

    private static let stateRow = NVLinkCounters.all.count + NVLinkCounters.stateRow
}

extension GPUReader {
    /// More links than any GPU has; a driver that says more is not believed.
    private static let linksMax: UInt64 = 64

    /// Makes room for as many links as the GPU says that it has, and says whether there are more.
    mutating func countLinks() -> Bool {
        let count: Int
        switch gpu.reading(Self.linkCountRow) {
        case .value(let number, _), .held(let number, _): count = Int(min(number, Self.linksMax))
        case .unsupported, .noPermission: count = 0
        // As many as there were.
        case .failed: return false
        }
        guard links.count != count else { return false }
        let isMore = links.count < count
        if links.count > count { links.removeSubrange(count...) }
        while links.count < count { links.append(newLink()) }
        version += 1
        return isMore
    }

    /// Takes in the states of links, and says whether one came up.
    mutating func noteLinkStates() -> Bool {
        var hasRisen = false
        for link in links.indices where links[link].noteState() { hasRisen = true }
        return hasRisen
    }

    /// Makes a call of its own, for the GPU or for each of its links.
    mutating func query(_ index: Int, _ device: NVMLDevice) throws(Interruption) {
        let query = NVMLQuery.all[index]
        guard query.isPerLink else {
            let slots = ReadingPlan.gpu.queries[index]
            guard slots.contains(where: { $0.map(gpu.isWanted) ?? false }) else { return }
            try make(query, slots, link: nil, device)
            return
        }
        let slots = ReadingPlan.link.queries[index]
        for link in links.indices
        where slots.contains(where: { $0.map(links[link].memory.isWanted) ?? false }) {
            try make(query, slots, link: link, device)
        }
    }

    private mutating func make(
        _ query: NVMLQuery, _ slots: [Int?], link: Int?, _ device: NVMLDevice
    ) throws(Interruption) {
        let result = try caller.ask(query.function, query.family) { () throws(NVMLError) in
            values.removeAll(keepingCapacity: true)
            try query.read(device, UInt32(link ?? 0), &values)
        }
        for (part, slot) in slots.enumerated() {
            guard let slot else { continue }
            let target = FieldCall.Target(link: link, slot: slot)
            switch result {
            case .success: take(target, values[part])
            case .failure(let error):
                try take(target, error)
                leaveOutElsewhere(target, error)
            }
        }
    }

    // What one link that is up does not have, no other link has; asking each would take long.
    // An inactive one answers INVALID_ARGUMENT, which says nothing of the others.
    private mutating func leaveOutElsewhere(_ target: FieldCall.Target, _ error: NVMLError) {
        guard let link = target.link, !links[link].isDown,
            error.code == .notSupported || error.code == .functionNotFound
        else { return }
        for other in links.indices { links[other].memory.leaveOutUntried(target.slot) }
    }

    private static let linkCountRow = GPUCounters.all.count + GPUCounters.linkCountRow
}
