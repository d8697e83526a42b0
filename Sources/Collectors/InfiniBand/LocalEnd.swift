import Model

/// The near end of a cable: what is remembered of it, and what the pass under way has seen.
struct LocalEnd {
    let port: UInt8
    private(set) var epoch: UInt64 = 0
    private(set) var info: DecodedPortInfo?
    private(set) var linkFailure: Failure?
    // Whether the link has been down since the last pass, so that anything may have changed.
    private(set) var isDisturbed = false
    // Whether it may have been: LinkDowned could not be read, or is full and stands still.
    private(set) var isUncertain = false

    // Kept apart from `info`, which is the same as long as the link is.
    private var violations: KeyViolations?
    private var lastInfo: DecodedPortInfo?
    private var lastLinkDowned: UInt64?
    private var abilities: ClassCapabilities?
    private var abilitiesFailure: Failure?
    private var counters = EndCounters()
    // The LID that this pass has asked at; zero while it has not.
    private var askedLID: UInt16 = 0

    private static let linkDowned = InfiniBandCounters.index(of: "link_downed")

    init(port: UInt8) {
        self.port = port
    }

    mutating func begin(epoch: UInt64) {
        isDisturbed = epoch != self.epoch
        isUncertain = false
        if isDisturbed { abilities = nil }
        self.epoch = epoch
        info = nil
        violations = nil
        linkFailure = nil
        abilitiesFailure = nil
        askedLID = 0
        counters.begin()
    }

    // MARK: Questions

    mutating func ask(
        _ stage: Stage, _ handle: MADPort, _ level: UInt8, into batch: inout Batch
    ) {
        switch stage {
        case .nearEnd:
            batch.append(
                MADQuestion(
                    port: handle, route: .toSelf, attribute: SubnetAttribute.portInfo,
                    selector: port), .localPortInfo)
            // The LID of the last pass; its answers are dropped if it is no longer ours.
            askCounters(at: lastInfo?.link.lid ?? 0, handle, level, into: &batch)
        case .abilities:
            guard let lid = info?.link.lid, lid != 0, abilities == nil else { return }
            batch.append(
                MADQuestion(
                    port: handle, route: .lid(lid, serviceLevel: level),
                    attribute: SubnetAttribute.classPortInfo, selector: port), .localAbilities)
        case .counters:
            guard askedLID == 0 else { return }
            askCounters(at: info?.link.lid ?? 0, handle, level, into: &batch)
        case .neighbour, .farEnd:
            break
        }
    }

    private mutating func askCounters(
        at lid: UInt16, _ handle: MADPort, _ level: UInt8, into batch: inout Batch
    ) {
        guard lid != 0, let abilities else { return }
        counters.prepare(
            EndCapabilities(mask: abilities.mask, mask2: abilities.mask2, isSwitch: false))
        askedLID = lid
        counters.ask(
            handle, .lid(lid, serviceLevel: level), selector: port, Purpose.localCounters,
            into: &batch)
    }

    // MARK: Answers

    mutating func takePortInfo(_ outcome: MADOutcome, _ packet: MADPacket) {
        guard outcome == .answered else {
            linkFailure = outcome.failure
            return
        }
        info = DecodedPortInfo(packet)
        violations = KeyViolations(packet)
    }

    mutating func takeAbilities(_ outcome: MADOutcome, _ packet: MADPacket) {
        guard outcome == .answered else {
            abilitiesFailure = outcome.failure
            return
        }
        abilities = ClassCapabilities(packet)
    }

    mutating func takeCounters(_ query: Int, _ outcome: MADOutcome, _ packet: MADPacket) {
        _ = counters.take(query, outcome, packet, port: port)
    }

    mutating func finishNearEnd() {
        if info == nil || info?.link.lid != askedLID {
            // Whoever has that LID now, it may not be this port.
            counters.begin()
            askedLID = 0
        }
        guard let info else { return }
        isDisturbed = isDisturbed || info != lastInfo
        guard askedLID != 0, let linkDowned else {
            isUncertain = true
            return
        }
        isDisturbed = isDisturbed || linkDowned.count != lastLinkDowned
        isUncertain = linkDowned.isFull
    }

    // A cable cannot be moved without the link going down.
    private var linkDowned: (count: UInt64, isFull: Bool)? {
        guard let row = Self.linkDowned,
            case .value(let count, let source) = counters.readings[row]
        else { return nil }
        return (count, count == InfiniBandCounters.all[row].fields[Int(source)].maximum)
    }

    mutating func finish() {
        lastInfo = info
        if let linkDowned { lastLinkDowned = linkDowned.count }
    }

    // MARK: Report

    var report: EndReport {
        var readings = counters.readings
        KeyViolations.join(violations, &readings)
        return EndReport(link: info?.link, readings: readings, failure: failure, epoch: epoch)
    }

    private var failure: Failure? {
        if let linkFailure { return linkFailure }
        guard info?.link.lid != 0 else { return .noAddress }
        return abilitiesFailure ?? counters.failure
    }
}
