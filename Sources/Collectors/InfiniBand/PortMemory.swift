import Model

/// The steps of a pass; within one everything is asked at once, and each needs the ones before.
enum Stage: String, CaseIterable {
    /// The state of the port itself, and its counters at the LID that it had.
    case nearEnd = "near_end"
    /// Who is at the other end of the cable.
    case neighbour
    /// The state of that port, and the LID that it answers at.
    case farEnd = "far_end"
    /// Which counters the ends offer.
    case abilities
    /// The counters.
    case counters
}

/// What an answer is good for.
enum Purpose {
    case localPortInfo
    case localDescription
    case localAbilities
    case localCounters(Int)
    case neighbour
    case peerDescription
    case peerPortInfo
    case peerSwitchInfo
    case peerFEC
    case peerAbilities
    case peerCounters(Int)
}

/// The questions of one stage, and who asked them what for.
struct Batch {
    private(set) var questions: [MADQuestion] = []
    private(set) var askers: [(port: Int, purpose: Purpose)] = []
    // The port that is asking now.
    var port = 0

    mutating func append(_ question: MADQuestion, _ purpose: Purpose) {
        questions.append(question)
        askers.append((port, purpose))
    }

    mutating func removeAll() {
        questions.removeAll(keepingCapacity: true)
        askers.removeAll(keepingCapacity: true)
    }
}

/// One port of this node: what the collector remembers of it and of its cable.
///
/// It asks and is answered, and touches nothing itself.
struct PortMemory {
    // A neighbour that stays silent in so many passes in a row is then asked less often.
    private static let patience = 3

    let device: String
    let devicePath: String
    // The device's instance that was described.
    let describedEpoch: UInt64
    let key: PortKey
    let portGUID: GUID
    let layer: LinkLayer
    let firmware: String
    let model: String
    var identity = HCAIdentity()
    // Whether the kernel has the device, as of the latest look.
    var isListed = true
    var handle: MADPort?
    // Why there is no handle.
    var obstacle = Failure.transport

    private var description = ""
    private var descriptionDueNanoseconds: UInt64 = 0
    private var local: LocalEnd
    private var host = HostStatistics()
    // What the kernel says of a port that no datagram is sent to.
    private var kernelLink = KernelLink()
    private var peer: PeerEnd?
    private var peerFailure: Failure?
    private var silentPasses = 0
    private var nextAttemptNanoseconds: UInt64 = 0
    private var isIdentifying = false
    private var now: UInt64 = 0

    init(
        device: String, devicePath: String, epoch: UInt64, description: DeviceDescription,
        port: DeviceDescription.Port
    ) {
        self.device = device
        self.devicePath = devicePath
        describedEpoch = epoch
        key = PortKey(node: description.guid, port: port.number)
        portGUID = port.guid
        layer = port.layer
        firmware = description.firmware
        model = description.model
        local = LocalEnd(port: port.number)
    }

    // What the kernel counts itself needs no datagram: it is read also where there is no handle.
    mutating func readHost(
        now: UInt64, interval: UInt64, _ facts: KernelFacts,
        _ source: inout any InterfaceStatistics
    ) {
        guard key.node.rawValue != 0 else { return }
        host.collect(
            (devicePath, key.port), now: now, interval: interval, facts, &source)
        guard layer != .infiniBand else { return }
        kernelLink.read((devicePath, key.port), now: now, interval: interval, facts)
    }

    // What the kernel refuses, it refuses whoever remembers the port.
    mutating func goOn(from earlier: PortMemory) {
        host = earlier.host
        kernelLink = earlier.kernelLink
    }

    mutating func begin(now: UInt64, epoch: UInt64) {
        self.now = now
        isIdentifying = false
        peerFailure = nil
        local.begin(epoch: epoch)
        peer?.begin()
    }

    // MARK: Questions

    mutating func ask(
        _ stage: Stage, _ configuration: InfiniBandConfiguration, into batch: inout Batch
    ) {
        guard let handle else { return }
        let level = configuration.serviceLevel
        local.ask(stage, handle, level, into: &batch)
        switch stage {
        case .nearEnd:
            guard now >= descriptionDueNanoseconds else { return }
            batch.append(
                question(handle, .toSelf, SubnetAttribute.nodeDescription), .localDescription)
        case .neighbour:
            decideOnIdentifying(configuration.identityIntervalNanoseconds)
            guard isIdentifying else { return }
            let route = MADRoute.acrossCable(localPort: key.port)
            batch.append(question(handle, route, SubnetAttribute.nodeInfo), .neighbour)
            batch.append(question(handle, route, SubnetAttribute.nodeDescription), .peerDescription)
        case .farEnd:
            guard isIdentifying else { return }
            peer?.askFarEnd(handle, localPort: key.port, into: &batch)
        case .abilities:
            peer?.askAbilities(
                handle, localPort: key.port, level, isIdentifying: isIdentifying, into: &batch)
        case .counters:
            peer?.askCounters(handle, level, into: &batch)
        }
    }

    private func question(_ handle: MADPort, _ route: MADRoute, _ attribute: UInt16) -> MADQuestion
    {
        MADQuestion(port: handle, route: route, attribute: attribute, selector: 0)
    }

    private mutating func decideOnIdentifying(_ interval: UInt64) {
        let isUp = local.info?.link.isUp ?? false
        if !isUp || local.isDisturbed {
            // Whoever is there now may be somebody else.
            peer = nil
            silentPasses = 0
            nextAttemptNanoseconds = 0
        }
        guard isUp else { return }
        guard let peer else {
            isIdentifying = now >= nextAttemptNanoseconds
            if !isIdentifying { peerFailure = .timeout }
            return
        }
        guard let verified = peer.verifiedNanoseconds, !local.isUncertain else {
            isIdentifying = true
            return
        }
        isIdentifying = now - min(now, verified) >= interval
    }

    // MARK: Answers

    mutating func take(
        _ purpose: Purpose, _ outcome: MADOutcome, _ packet: MADPacket, interval: UInt64
    ) {
        switch purpose {
        case .localPortInfo: local.takePortInfo(outcome, packet)
        case .localDescription:
            guard outcome == .answered else { return }
            description = NodeDescriptionText.decode(packet)
            descriptionDueNanoseconds = now &+ interval
        case .localAbilities: local.takeAbilities(outcome, packet)
        case .localCounters(let query): local.takeCounters(query, outcome, packet)
        case .neighbour: takeNeighbour(outcome, packet, interval: interval)
        case .peerDescription:
            guard outcome == .answered else { return }
            peer?.description = NodeDescriptionText.decode(packet)
        case .peerPortInfo: peer?.takePortInfo(outcome, packet, now)
        case .peerSwitchInfo: peer?.takeSwitchInfo(outcome, packet)
        case .peerFEC: peer?.takeFEC(outcome, packet)
        case .peerAbilities: peer?.takeAbilities(outcome, packet)
        case .peerCounters(let query): peer?.takeCounters(query, outcome, packet)
        }
    }

    private mutating func takeNeighbour(
        _ outcome: MADOutcome, _ packet: MADPacket, interval: UInt64
    ) {
        guard outcome == .answered else {
            peer = nil
            peerFailure = outcome.failure
            guard outcome == .failed(.timeout) else { return }
            silentPasses += 1
            if silentPasses >= Self.patience { nextAttemptNanoseconds = now &+ interval }
            return
        }
        silentPasses = 0
        guard let node = DecodedNodeInfo(packet) else {
            peer = nil
            peerFailure = .malformed
            return
        }
        if peer?.key == node.key, peer?.isSwitch == node.isSwitch {
            peer?.systemImageGUID = node.systemImageGUID
        } else {
            peer = PeerEnd(node)
        }
    }

    mutating func finish(_ stage: Stage) {
        switch stage {
        case .nearEnd: local.finishNearEnd()
        case .neighbour, .farEnd: break
        case .abilities: if isIdentifying { peer?.finishIdentification(now) }
        case .counters:
            local.finish()
            peer?.finish()
        }
    }

    // MARK: Report

    func report(at moment: UInt64) -> PortReport {
        PortReport(
            device: device, key: key, portGUID: portGUID, layer: layer, firmware: firmware,
            model: model, identity: identity, isListed: isListed, description: description,
            local: localReport,
            peer: layer == .infiniBand ? peerReport(at: moment) : .absent)
    }

    private var localReport: EndReport {
        var report = nearReport
        report.epoch = local.epoch
        host.join(&report)
        // The kernel says no.
        if report.failure == nil, host.hasFailed { report.failure = .refused }
        return report
    }

    private var nearReport: EndReport {
        guard layer == .infiniBand else {
            return EndReport(
                link: kernelLink.info,
                readings: Array(repeating: .unsupported, count: InfiniBandCounters.count),
                failure: kernelLink.failure)
        }
        return handle == nil ? .unread(obstacle) : local.report
    }

    private func peerReport(at moment: UInt64) -> PeerReport {
        guard handle != nil else { return .unobservable(obstacle) }
        guard let link = local.info?.link else {
            return .unobservable(local.linkFailure ?? .skipped)
        }
        guard link.isUp else { return .absent }
        guard let peer else { return .unobservable(peerFailure ?? .skipped) }
        return peer.report(at: moment, passStart: now)
    }
}
