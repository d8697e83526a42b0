import Model

/// The far end of a cable, once it has said who it is.
struct PeerEnd {
    // An optional attribute that stays unanswered in so many passes is taken not to be there.
    private static let patience = 3

    private enum FEC {
        case notOffered
        case unread
        case mode(FECMode?)
    }

    let key: PortKey
    let isSwitch: Bool
    var systemImageGUID: GUID
    var description = ""
    private(set) var lid: UInt16 = 0
    // When identity and PortInfo were last read completely; nil when they have to be read again.
    private(set) var verifiedNanoseconds: UInt64?

    private var info: DecodedPortInfo?
    private var infoReadNanoseconds: UInt64 = 0
    // Whether it was read when it was last asked for.
    private var isInfoCurrent = false
    private var nodeMask: UInt32 = 0
    private var nodeMask2: UInt16 = 0
    private var fec = FEC.notOffered
    private var abilities: ClassCapabilities?
    private var missing: Set<Attribute> = []
    private var proved: Set<Attribute> = []
    private var unanswered: [Attribute: Int] = [:]
    private var silentPasses = 0
    private var counters = EndCounters()
    private var identityFailure: Failure?
    private var abilitiesFailure: Failure?

    init(_ node: DecodedNodeInfo) {
        key = node.key
        isSwitch = node.isSwitch
        systemImageGUID = node.systemImageGUID
        counters.begin()
    }

    mutating func begin() {
        identityFailure = nil
        abilitiesFailure = nil
        counters.begin()
    }

    // MARK: Questions

    func askFarEnd(_ handle: MADPort, localPort: UInt8, into batch: inout Batch) {
        func ask(_ selector: UInt8, _ purpose: Purpose) {
            batch.append(
                MADQuestion(
                    port: handle, route: .acrossCable(localPort: localPort),
                    attribute: SubnetAttribute.portInfo, selector: selector), purpose)
        }
        ask(key.port, .peerPortInfo)
        // A switch has one LID, at its port 0; capability masks mean something there, too.
        if isSwitch { ask(0, .peerSwitchInfo) }
    }

    mutating func askAbilities(
        _ handle: MADPort, localPort: UInt8, _ level: UInt8, isIdentifying: Bool,
        into batch: inout Batch
    ) {
        if isIdentifying, isSwitch, offersPortInfoExtended {
            batch.append(
                MADQuestion(
                    port: handle, route: .acrossCable(localPort: localPort),
                    attribute: SubnetAttribute.portInfoExtended, selector: key.port), .peerFEC)
        }
        guard lid != 0, abilities == nil else { return }
        batch.append(
            MADQuestion(
                port: handle, route: .lid(lid, serviceLevel: level),
                attribute: SubnetAttribute.classPortInfo, selector: key.port), .peerAbilities)
    }

    mutating func askCounters(_ handle: MADPort, _ level: UInt8, into batch: inout Batch) {
        guard lid != 0, let abilities else { return }
        counters.prepare(capabilities(abilities))
        counters.ask(
            handle, .lid(lid, serviceLevel: level), selector: key.port, Purpose.peerCounters,
            into: &batch)
    }

    private var offersPortInfoExtended: Bool {
        let mask2 = nodeMask2 | (info?.capabilityMask2 ?? 0)
        return mask2 & PortCapability.portInfoExtended != 0
    }

    private func capabilities(_ abilities: ClassCapabilities) -> EndCapabilities {
        EndCapabilities(
            mask: abilities.mask, mask2: abilities.mask2, isSwitch: isSwitch,
            speeds: speeds(abilities), lanes: info?.link.widthLanes ?? 0, missing: missing)
    }

    private func speeds(_ abilities: ClassCapabilities) -> EndCapabilities.Speeds {
        let mask = nodeMask | (info?.link.capabilityMask ?? 0)
        guard isSwitch, mask & PortCapability.extendedSpeeds != 0 else { return .none }
        guard let info else { return .unknown }
        guard info.runsExtendedSpeed else { return .none }
        guard abilities.mask & PerformanceCapability.reedSolomonCounters != 0 else {
            return .standard
        }
        return switch fec {
        case .notOffered: .standard
        case .unread: .unknown
        case .mode(let mode?): mode.isReedSolomon ? .reedSolomon : .standard
        case .mode(nil): .unknown
        }
    }

    // MARK: Answers

    mutating func takePortInfo(_ outcome: MADOutcome, _ packet: MADPacket, _ now: UInt64) {
        isInfoCurrent = outcome == .answered
        guard isInfoCurrent else {
            note(outcome)
            if !isSwitch { lid = 0 }
            return
        }
        info = DecodedPortInfo(packet)
        infoReadNanoseconds = now
        if !isSwitch { lid = info?.link.lid ?? 0 }
        fec = offersPortInfoExtended ? .unread : .notOffered
    }

    mutating func takeSwitchInfo(_ outcome: MADOutcome, _ packet: MADPacket) {
        guard outcome == .answered else {
            note(outcome)
            lid = 0
            return
        }
        let node = DecodedPortInfo(packet)
        lid = node.link.lid
        nodeMask = node.link.capabilityMask
        nodeMask2 = node.capabilityMask2
        fec = offersPortInfoExtended ? .unread : .notOffered
    }

    mutating func takeFEC(_ outcome: MADOutcome, _ packet: MADPacket) {
        switch outcome {
        case .answered: fec = .mode(FECMode(packet))
        case .refused where outcome.isUnsupportedAttribute: fec = .notOffered
        case .refused, .pending, .failed: note(outcome)
        }
    }

    mutating func takeAbilities(_ outcome: MADOutcome, _ packet: MADPacket) {
        guard outcome == .answered else {
            abilitiesFailure = outcome.failure
            return
        }
        abilities = ClassCapabilities(packet)
    }

    mutating func takeCounters(_ query: Int, _ outcome: MADOutcome, _ packet: MADPacket) {
        if outcome == .answered, let attribute = counters.plan?.queries[query].attribute {
            proved.insert(attribute)
        }
        let absent = counters.take(query, outcome, packet, port: key.port, proved: proved)
        if let absent { missing.insert(absent) }
    }

    private mutating func note(_ outcome: MADOutcome) {
        identityFailure = identityFailure ?? outcome.failure
    }

    mutating func finishIdentification(_ now: UInt64) {
        verifiedNanoseconds = identityFailure == nil && lid != 0 ? now : nil
    }

    mutating func finish() {
        countUnanswered()
        guard !counters.hasAnswer else {
            silentPasses = 0
            return
        }
        guard abilitiesFailure == .timeout || !counters.silent.isEmpty else { return }
        // Nobody answers at that LID; learn it anew, now and then again if that does not help.
        silentPasses += 1
        abilities = nil
        if silentPasses <= Self.patience { verifiedNanoseconds = nil }
    }

    private mutating func countUnanswered() {
        guard counters.hasAnswer, !(unanswered.isEmpty && counters.silent.isEmpty) else { return }
        unanswered = unanswered.filter { counters.silent.contains($0.key) }
        for attribute in counters.silent
        where attribute.isOptional && !proved.contains(attribute) {
            unanswered[attribute, default: 0] += 1
            if unanswered[attribute, default: 0] >= Self.patience { missing.insert(attribute) }
        }
    }

    // MARK: Report

    func report(at moment: UInt64, passStart: UInt64) -> PeerReport {
        let age = infoReadNanoseconds >= passStart ? 0 : moment - min(moment, infoReadNanoseconds)
        var end = EndReport(
            link: isInfoCurrent ? info?.link : nil, linkAgeNanoseconds: isInfoCurrent ? age : 0,
            readings: counters.readings,
            failure: identityFailure ?? abilitiesFailure ?? counters.failure)
        if case .mode(let mode) = fec {
            end.fec = mode
            // A mode that the specification did not have: the layout of lane counters is unknown.
            if mode == nil { end.failure = end.failure ?? .malformed }
        }
        if end.failure == nil, lid == 0 { end.failure = .noAddress }
        return .observed(
            PeerIdentity(
                key: key, isSwitch: isSwitch, systemImageGUID: systemImageGUID,
                description: description, lid: lid), end)
    }
}
