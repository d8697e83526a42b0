import Health
import Model

/// Feeds the judge: what was read into its memory, and that memory into the history.
struct Judging: Sendable {
    private var judge: Judge
    private var saved: Moment?
    // What limits the next step of a part that was not fresh when it was told.
    private var pending: [String: [CounterEvent]] = [:]
    // What changed only a little is kept this often.
    private static let saveSeconds = 60.0
    private static let eventSeconds = 86_400.0
    private static let kinds: Set<NodeEvent.Kind> = [
        .linkDown, .linkFlap, .portModule, .hcaTemperature, .hcaPower, .hcaHealth, .hcaFatal,
    ]

    init(_ past: Past, _ thresholds: Thresholds) {
        judge =
            past.health.flatMap { SavedHealth.judge(from: $0, thresholds: thresholds) }
            ?? Judge(thresholds: thresholds)
        for key in judge.recent.parts.keys {
            if let series = past.ledger[key] { judge.recent.resume(key, series.entries) }
        }
    }

    var offenders: [String: OffenderScore] { judge.offenders }

    /// The work that is announced.
    var maintenance: [Maintenance] { judge.standing.maintenance }

    /// Changes what somebody may change, and returns what came of it.
    mutating func change<Outcome>(_ change: (inout Standing) -> Outcome) -> Outcome {
        judge.change(change)
    }

    /// The findings of the latest judgement with the work and the notices of now.
    func revised(_ findings: [Finding], now: Moment) -> [Finding] {
        judge.standing.revised(findings, now: now)
    }

    /// The work that ended by its time since this was last asked.
    mutating func takeEndedMaintenance() -> [Maintenance] {
        judge.standing.takeEndedMaintenance()
    }

    mutating func judge(_ evidence: Evidence) -> ([Finding], [Transition]) {
        judge.judge(evidence)
    }

    /// What has to be kept now; nil when nothing has.
    mutating func takeText(now: Moment) -> String? {
        guard judge.isChanged,
            saved.map({ now.seconds(since: $0) >= Self.saveSeconds }) ?? true
                || judge.hasNews
        else { return nil }
        return text(now: now)
    }

    /// All that has to be kept, to be kept now.
    mutating func text(now: Moment) -> String {
        saved = now
        judge.noteSaved()
        return SavedHealth.text(judge)
    }

    /// Takes in what was read since the last time; `events` limit what its steps promise.
    mutating func take(_ picture: Picture, _ events: [CounterEvent]) {
        judge.recent.advance(to: picture.now)
        for event in events { pending[event.key, default: []].append(event) }
        let grace = judge.thresholds.value(.linkDown, "boot_grace")
        for cable in picture.cables where cable.isJudged && cable.local.isFresh {
            let key = cable.report.key
            let isSettling = judge.recent.takePort(
                key, cable.report.local, peer: cable.report.peerKey, at: cable.moment,
                grace: grace)
            let isTraining = judge.recent.takeLink(
                .port(key), isUp: cable.report.local.link?.isUp == true, at: cable.moment)
            let far = cable.peer.flatMap { $0.isFresh ? $0 : nil }
            let rate = cable.report.local.link.map { $0.isUp ? Double($0.bitsPerSecond) : 0 } ?? 0
            for end in [cable.local, far].compactMap({ $0 }) {
                take(
                    .port(end.key), end.entries, cable.moment, isIgnored: isSettling,
                    isTraining: isTraining, bitsPerSecond: rate)
            }
            if let far, let skew = picture.passSeconds(of: cable) {
                judge.recent.takeBalance(
                    key, far.key, skew: skew, bitsPerSecond: rate,
                    length: judge.thresholds.value(.silentDropSuspect, "window"))
            }
        }
        for gpu in picture.gpus where gpu.isFresh {
            guard let uuid = gpu.report.identity?.uuid, let read = gpu.read else { continue }
            take(.gpu(uuid), gpu.entries, read)
            for link in gpu.links {
                take(.nvlink(uuid, link.number), link.entries, read)
            }
        }
        for function in picture.pcie where function.isFresh {
            guard let read = function.read else { continue }
            take(.pci(function.report.address), function.entries, read)
        }
        // Parts that never come back must not be remembered without end.
        if pending.count > Recent.capacity { pending = [:] }
    }

    private mutating func take(
        _ key: PartKey, _ entries: [Ledger.Entry], _ moment: Moment, isIgnored: Bool = false,
        isTraining: Bool = false, bitsPerSecond: Double = 0
    ) {
        let events = pending.isEmpty ? [] : pending.removeValue(forKey: key.description) ?? []
        judge.recent.take(
            key, entries, events, at: moment, isIgnored: isIgnored, isTraining: isTraining,
            bitsPerSecond: bitsPerSecond)
    }

    /// Whether a link should be there: the manifest says so, or it was there before.
    func isExpected(_ cable: CableView, _ manifest: Manifest?) -> Bool {
        if manifest != nil { return true }
        if judge.recent.ports[cable.report.key]?.wasActive == true { return true }
        // What was received before the daemon was there came over a link.
        return ["link_downed", "port_rcv_packets", "port_rcv_data"].contains { name in
            guard let row = InfiniBandCounters.index(of: name),
                cable.local.entries.indices.contains(row)
            else { return false }
            return cable.local.entries[row].total > 0
        }
    }

    /// What ports and modules told of themselves within the last day.
    func events(_ journal: EventJournal, now: Moment) -> [PortEvent] {
        journal.entries.compactMap { entry in
            let event = entry.event
            let age = Double(now.wallMilliseconds - event.lastWallMilliseconds) / 1000
            guard Self.kinds.contains(event.kind), age < Self.eventSeconds,
                let device = event.device
            else { return nil }
            var told = PortEvent(
                kind: event.kind, device: device, port: event.link, number: event.number,
                ageSeconds: age, count: UInt64(event.count), line: event.line)
            told.severity = event.severity
            return told
        }
    }
}

extension CableView {
    /// The cable as the rules see it.
    func evidence(isExpected: Bool) -> CableEvidence {
        var evidence = CableEvidence(
            device: device, report: report, isStale: isStale, saturated: saturated)
        evidence.isPeerFresh = peer?.isFresh == true && peer?.failure == nil
        evidence.lastPeer = peerIdentity
        evidence.isExpected = isExpected
        return evidence
    }

    private var saturated: [SaturatedCounter] {
        [(End.local, local as EndView?), (.peer, peer)].flatMap { end, view in
            guard let view else { return [SaturatedCounter]() }
            return view.entries.indices.filter { view.entries[$0].isSaturated }.map {
                SaturatedCounter(end: end, index: $0, value: view.entries[$0].raw)
            }
        }
    }
}

extension Picture {
    // How long the pass took that a cable was read in: no two of its readings are further apart.
    fileprivate func passSeconds(of cable: CableView) -> Double? {
        collectors.first { $0.name == cable.collector && $0.lastMoment == cable.moment }?
            .durationSeconds
    }
}

extension PortReport {
    /// The port at the other end, as far as this report tells.
    fileprivate var peerKey: PortKey? {
        if case .observed(let identity, _) = peer { identity.key } else { nil }
    }
}

extension PCIView {
    /// The function as the rules see it.
    var evidence: PCIFunctionEvidence {
        var evidence = PCIFunctionEvidence(
            address: report.address, role: report.role,
            name: device ?? gpuIndex.map { "GPU \($0)" }, gpuIndex: gpuIndex,
            parent: report.parent, isFresh: isFresh && report.state == .read)
        evidence.width = gauge("current_link_width")
        evidence.maxWidth = gauge("max_link_width")
        evidence.speed = gauge("current_link_speed")
        evidence.maxSpeed = gauge("max_link_speed")
        return evidence
    }
}

extension Transition {
    /// The change as an event of the node.
    var event: NodeEvent {
        let kind: NodeEvent.Kind =
            switch kind {
            case .raised: .conditionRaised
            case .escalated: .conditionEscalated
            case .eased: .conditionEased
            case .resolved: .conditionResolved
            case .reminded: .conditionReminded
            }
        return NodeEvent(
            kind: kind, device: subject.eventDevice, link: subject.port.map(UInt16.init),
            severity: severity.name.lowercased(),
            detail: reason, wallMilliseconds: moment.wallMilliseconds, source: .health,
            line: "\(id.rawValue): \(reason)")
    }
}
