import Health
import Model

/// One cable as a probe reads it: registers that changes are applied to, and the report of a pass.
struct LinkProbe {
    let story: LinkStory
    let key: PortKey
    let peer: PeerIdentity
    let device: String
    let address: PCIAddress
    /// When the daemon looks between two passes of a minute.
    let looks: [Look]
    private var next = 0
    private var depth = 0
    // Whether the link was down when it was looked at last.
    private var isDown = false
    private var isPeerSeen = true
    private var epoch: UInt64 = 7
    private var bootPass = -10_000
    private var bootID = "boot 0"
    private var managerLID: UInt16 = 1
    private var corrected: UInt64 = 0
    private var waitSinceHere = LinkProbe.waitBegan
    private var waitSinceThere = LinkProbe.waitBegan
    /// As PortCounters of the node's end has them, which stick.
    private(set) var narrow = [UInt64](repeating: 0, count: LinkCounter.count)
    /// As interface statistics and hw_counters have them.
    private(set) var wide = [UInt64](repeating: 0, count: LinkCounter.count)
    /// As the switch has them, 64 bits wide.
    private(set) var far = [UInt64](repeating: 0, count: LinkCounter.count)
    private var here: [Reading]
    private var there: [Reading]

    private static let rows = LinkCounter.rows
    private static let waitRow = InfiniBandCounters.index(of: "port_xmit_wait") ?? 0
    private static let packetRow = InfiniBandCounters.index(of: "port_xmit_packets") ?? 0
    private static let receivedRow = InfiniBandCounters.index(of: "port_rcv_packets") ?? 0
    // Offered, and zero in this fleet.
    private static let zeroRows = [
        "implied_nak_seq_err", "duplicate_request", "outbound_pci_stalled_rd_events",
        "outbound_pci_buffer_overflow", "module_high_temp",
    ].compactMap { InfiniBandCounters.index(of: $0) }

    /// When the counters of waiting were cleared before the first pass.
    static let waitBegan = -3000

    init(_ story: LinkStory) {
        self.story = story
        looks = Look.all(of: story)
        let node = story.story.node
        let leaf = Leaf.number(node: node, rail: story.rail)
        let place = UInt64(node * 8 + story.rail)
        key = PortKey(node: GUID(0xA0_0000_0000 + place), port: 1)
        let far = PortKey(
            node: GUID(0xB0_0000_0000 + UInt64(leaf)), port: UInt8(1 + node % Leaf.nodesEach))
        peer = PeerIdentity(
            key: far, isSwitch: true, systemImageGUID: far.node, description: "leaf\(leaf)",
            lid: 3)
        device = "mlx5_\(story.rail)"
        address = PCIAddress(domain: 0, bus: UInt8(0x10 + story.rail), device: 0)
        here = [Reading](repeating: .unsupported, count: InfiniBandCounters.count)
        there = here
        for row in Self.zeroRows { here[row] = .value(0, field: 0) }
        for counter in LinkCounter.allCases {
            narrow[counter.rawValue] = story.historic[counter] ?? 0
            if counter.isStatistic { wide[counter.rawValue] = story.historic[counter] ?? 0 }
            self.far[counter.rawValue] = story.historicPeer[counter] ?? 0
            show(counter)
        }
    }

    /// The next pass at which something happens; nil when nothing is left.
    var upcoming: Int? { next < story.changes.count ? story.changes[next].pass : nil }
    /// Whether it is more than errors that are counted.
    var needsPassBefore: Bool {
        guard next < story.changes.count else { return false }
        let pass = story.changes[next].pass
        return story.changes[next...].prefix { $0.pass == pass }.contains { change in
            if case .count(_, let counter, _) = change.what { counter.isHost } else { true }
        }
    }

    /// Applies what happened up to a pass; says whether any of it is loud, nil when nothing was.
    mutating func advance(to pass: Int) -> Bool? {
        var found: Bool?
        while next < story.changes.count, story.changes[next].pass <= pass {
            let change = story.changes[next]
            next += 1
            found = (found ?? false) || change.isLoud
            apply(change)
        }
        return found
    }

    private mutating func apply(_ change: LinkChange) {
        switch change.what {
        case .count(.local, let counter, let amount):
            let index = counter.rawValue
            wide[index] += amount
            narrow[index] = min(narrow[index] + amount, counter.narrowMaximum ?? .max)
            show(counter)
        case .count(.peer, let counter, let amount):
            far[counter.rawValue] += amount
            show(counter)
        case .clear(.local): clearHere(change.pass, all: false)
        case .clear(.peer):
            for index in far.indices { far[index] = 0 }
            waitSinceThere = change.pass
            LinkCounter.allCases.forEach { show($0) }
        case .reload(let isCold):
            epoch += 1
            if isCold { clearHere(change.pass, all: true) }
            for counter in LinkCounter.allCases where counter.isHost && counter != .stall {
                wide[counter.rawValue] = 0
                show(counter)
            }
        case .boot:
            bootPass = change.pass
            bootID = "boot \(change.pass)"
        case .goesDown: depth += 1
        case .comesUp: depth -= 1
        case .peerLost: isPeerSeen = false
        case .peerBack: isPeerSeen = true
        case .manager(let lid): managerLID = lid
        case .corrected(let amount): corrected += amount
        case .waitFull: break
        }
    }

    private mutating func clearHere(_ pass: Int, all: Bool) {
        for counter in LinkCounter.allCases {
            if all || !counter.isHost { narrow[counter.rawValue] = 0 }
            if all { wide[counter.rawValue] = 0 }
            show(counter)
        }
        waitSinceHere = pass
    }

    private mutating func show(_ counter: LinkCounter) {
        let (index, row) = (counter.rawValue, Self.rows[counter.rawValue])
        if let field = counter.localField {
            here[row] = .value(counter.isStatistic ? wide[index] : narrow[index], field: field)
        }
        if counter.isAtPeer { there[row] = .value(far[index], field: 0) }
    }
}

// MARK: What our daemon makes of it

extension LinkProbe {
    /// The moment of a pass, or of a look some seconds before it.
    func moment(_ pass: Int, early: Int) -> Moment {
        Moment(
            bootID: bootID,
            boottimeNanoseconds: UInt64((pass - bootPass) * 60 - early) * 1_000_000_000 + 30,
            wallMilliseconds: 1_770_000_000_000 + Int64(pass * 60 - early) * 1000)
    }

    private var link: LinkInfo {
        let isUp = !isDown
        return LinkInfo(
            state: (isUp ? PortState.active : .down).rawValue,
            physicalState: (isUp ? PhysicalState.linkUp : .polling).rawValue,
            widthLanes: isUp ? 4 : 0, laneMegabitsPerSecond: isUp ? story.laneMegabits : 0,
            lid: 17, smLID: managerLID, capabilityMask: 0)
    }

    /// Reads the cable in a pass, and gives the judge what was read.
    mutating func read(
        _ pass: Int, early: Int, into judge: inout Judge, _ ledger: inout Ledger
    ) {
        let now = moment(pass, early: early)
        isDown = early > 0 ? story.isDown(at: Double(pass * 60 - early)) : depth > 0
        let waited = UInt64((pass - waitSinceHere) * 60 - early) * story.waitHere / 60
        here[Self.waitRow] = .value(min(waited, 4_294_967_295), field: 1)
        let packets = UInt64(pass * 60 - early) * 1_000_000
        here[Self.packetRow] = .value(packets, field: 0)
        here[Self.receivedRow] = .value(packets, field: 0)
        there[Self.receivedRow] = .value(packets, field: 0)
        there[Self.waitRow] = .value(
            UInt64((pass - waitSinceThere) * 60 - early) * story.waitThere / 60, field: 0)
        if early > 0 { showDowns(since: pass, early) }
        let link = link
        let local = EndReport(link: link, fec: .reedSolomon, readings: here, epoch: epoch)
        let part = PartKey.port(key)
        let events = ledger.observe(part, local.observation, at: now)
        let isSettling = judge.recent.takePort(
            key, local, peer: !isDown && isPeerSeen ? peer.key : nil, at: now,
            grace: judge.thresholds.value(.linkDown, "boot_grace"))
        let isTraining = judge.recent.takeLink(part, isUp: link.isUp, at: now)
        judge.recent.take(
            part, ledger[part]?.entries ?? [], events, at: now, isIgnored: isSettling,
            isTraining: isTraining, bitsPerSecond: link.isUp ? Double(link.bitsPerSecond) : 0)
        takeFunction(now, &judge, &ledger)
        guard !isDown, isPeerSeen else { return }
        let other = PartKey.port(peer.key)
        let others = ledger.observe(
            other, EndReport(link: link, fec: .reedSolomon, readings: there).observation, at: now)
        judge.recent.take(
            other, ledger[other]?.entries ?? [], others, at: now, isIgnored: isSettling,
            isTraining: isTraining, bitsPerSecond: Double(link.bitsPerSecond))
    }

    // That the link went is counted at once; the story has it with the next pass.
    private mutating func showDowns(since pass: Int, _ early: Int) {
        let (from, to) = (Double(pass * 60 - 60), Double(pass * 60 - early))
        let downs = story.downs.filter { from < $0.from && $0.from <= to }
        let (index, row) = (LinkCounter.downed.rawValue, Self.rows[LinkCounter.downed.rawValue])
        guard let field = LinkCounter.downed.localField else { return }
        let own = LinkCounter.downed.isStatistic ? wide[index] : narrow[index]
        here[row] = .value(own + downs.reduce(0) { $0 + $1.here }, field: field)
        there[row] = .value(far[index] + downs.reduce(0) { $0 + $1.there }, field: 0)
    }

    private func takeFunction(_ now: Moment, _ judge: inout Judge, _ ledger: inout Ledger) {
        let part = PartKey.pci(address)
        let events = ledger.observe(part, PCI.observation(corrected, epoch), at: now)
        judge.recent.take(part, ledger[part]?.entries ?? [], events, at: now)
    }

    func evidence(_ judge: Judge, _ ledger: Ledger) -> CableEvidence {
        let link = link
        // The rules look at what the judge remembers; a report's readings are for others.
        let report = PortReport(
            device: device, key: key, portGUID: key.node, firmware: "28.43", model: "MT4129",
            description: "node\(story.story.node)",
            local: EndReport(link: link, fec: .reedSolomon, readings: [], epoch: epoch),
            peer: isDown
                ? .absent
                : isPeerSeen
                    ? .observed(peer, EndReport(link: link, fec: .reedSolomon, readings: []))
                    : .unobservable(.timeout))
        var evidence = CableEvidence(
            device: device, report: report, isStale: false, saturated: saturated(ledger))
        evidence.isPeerFresh = !isDown && isPeerSeen
        evidence.lastPeer = peer
        evidence.isExpected = judge.recent.ports[key]?.wasActive == true
        return evidence
    }

    private func saturated(_ ledger: Ledger) -> [SaturatedCounter] {
        guard let entries = ledger[.port(key)]?.entries else { return [] }
        return (Self.rows + [Self.waitRow]).filter { entries[$0].isSaturated }.map {
            SaturatedCounter(end: .local, index: $0, value: entries[$0].raw)
        }
    }

    var function: PCIFunctionEvidence {
        PCI.evidence(address, .hca, name: device, gpuIndex: nil, speed: 32_000)
    }
}

/// The PCI functions of the fleet: 16 lanes of generation 5.
enum PCI {
    private static let row = PCICounters.all.firstIndex { $0.name == "aer_correctable" } ?? 0
    private static let blank = [Reading](
        repeating: .value(0, field: 0), count: PCICounters.all.count)

    static func observation(_ corrected: UInt64, _ epoch: UInt64) -> Observation {
        var readings = blank
        readings[row] = .value(corrected, field: 0)
        return Observation(readings: readings, gauges: [], epoch: epoch, isObserved: true)
    }

    static func evidence(
        _ address: PCIAddress, _ role: PCIRole, name: String?, gpuIndex: Int?, speed: UInt64
    ) -> PCIFunctionEvidence {
        var evidence = PCIFunctionEvidence(
            address: address, role: role, name: name, gpuIndex: gpuIndex, isFresh: true)
        (evidence.width, evidence.maxWidth) = (16, 16)
        (evidence.speed, evidence.maxSpeed) = (speed, 32_000)
        return evidence
    }
}
