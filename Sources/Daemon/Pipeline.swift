import Health
import History
import Model

/// A probe's answer.
struct Collected: Sendable {
    var collector: String
    var report: ProbeReport
}

/// The journey of a pass: compare, judge, keep, show.
///
/// Used on the main thread only.
final class Pipeline {
    /// A device's name and rail in the configuration.
    struct Naming: Sendable {
        var names: [GUID: String] = [:]
        var rails: [GUID: Int] = [:]
    }

    private let naming: Naming
    private let manifest: Manifest?
    let keeper: Keeper?
    private var ledger: Ledger
    private var publication: Publication
    private var judging: Judging
    private var roster = PortRoster()
    private var peers: [PortKey: PeerIdentity] = [:]
    private var links: [PortKey: LinkInfo] = [:]
    private var neighbours: Neighbours
    private var gpus: GPURoster
    private var pcie = PCIRoster()
    private var kernelLog: KernelLogReport?
    private var logPosition: KernelLogPosition?
    private var journal: EventJournal
    private var stops: [(PCIAddress, NodeEvent)] = []
    private let bootID: String
    private var generation: UInt64 = 0
    private var latest: Picture?

    init(
        naming: Naming, manifest: Manifest? = nil, keeper: Keeper?, past: Past,
        bootID: String = "", thresholds: Thresholds = .defaults
    ) {
        self.naming = naming
        self.manifest = manifest
        self.bootID = bootID
        journal = past.journal
        logPosition = past.logPosition
        gpus = GPURoster(counted: past.counted)
        self.keeper = keeper
        ledger = past.ledger
        judging = Judging(past, thresholds)
        publication = past.publication
        neighbours = Neighbours(past.publication.pairs)
    }

    /// Takes the answers of a turn in, or one that came late, and returns the new picture; without
    /// an answer nothing is kept, and the picture says how old it is.
    func pass(
        _ answers: [Collected], collectors: [CollectorView],
        watch: GPUWatch.View = .init(), now: Moment
    ) -> Picture {
        var events = compare(answers)
        journal.answer(gpus.takeRestarts())
        var shelves: [(String, Publication.Shelf)] = []
        let cables = cables(collectors, &shelves)
        events += changes(of: cables, now: now)
        let views = gpuViews(collectors, watch, now: now)
        generation += 1
        var picture = Picture(
            generation: generation, now: now, pass: keeper?.latest, cables: cables,
            gpus: views, hasNoGPUs: watch.hasNoGPUs, gpuLibrary: gpus.library, gpuCalls: gpus.calls,
            pcie: pcie.views(collectors, cables, views, ledger), kernelLog: kernelLog,
            journal: journal, collectors: collectors, history: keeper?.view)
        picture.manifest = manifest.map { ManifestComparison($0, picture.inventory) }
        judging.take(picture, events)
        judge(&picture)
        keep(&picture, answers, events, shelves)
        latest = picture
        return picture
    }

    // What was concluded is kept with what it was concluded from: nobody is told of an incident
    // that the daemon forgets when it is killed. That the history is in trouble shows here.
    private func keep(
        _ picture: inout Picture, _ answers: [Collected], _ events: [CounterEvent],
        _ shelves: [(String, Publication.Shelf)]
    ) {
        guard let keeper, let moment = answers.map(\.report.moment).max(by: Self.isEarlier) else {
            return
        }
        let trouble = keeper.view.trouble
        keeper.keep(
            PassRecord(moment: moment, series: ledger.records(), events: events), shelves,
            journal.takeChanges(), remains: journal.remains, logPosition: logPosition,
            health: judging.takeText(now: picture.now))
        picture.pass = keeper.latest
        picture.history = keeper.view
        if keeper.view.trouble != trouble { judge(&picture) }
    }

    /// Takes in what happened; the history has it with the next pass.
    func note(_ events: [NodeEvent]) {
        for event in events {
            let news = journal.note(
                event, bootID: bootID, gpu: gpus.uuid(at: event.device))
            guard news > 0, event.stopsCalls, case .pci(let address) = event.device else {
                continue
            }
            stops.append((address, event))
        }
    }

    /// Changes what somebody may change of the judgement, tells of it, keeps it on the disk, and
    /// shows it in the latest picture; without an event nothing has changed.
    func change<Outcome>(
        now: Moment, _ change: (inout Standing) -> Outcome, event: (Outcome) -> NodeEvent?
    ) -> (outcome: Outcome, picture: Picture?) {
        let outcome = judging.change(change)
        guard let event = event(outcome) else { return (outcome, nil) }
        note([event])
        keeper?.keep(journal.takeChanges(), health: judging.text(now: now))
        guard var picture = latest else { return (outcome, nil) }
        generation += 1
        picture.generation = generation
        picture.history = keeper?.view
        publish(&picture, judging.revised(picture.findings, now: now))
        latest = picture
        return (outcome, picture)
    }

    /// The GPUs that must not be asked any more, and why, each told once.
    func takeStops() -> [(PCIAddress, NodeEvent)] {
        defer { stops = [] }
        return stops
    }

    /// Ends what runs beside the passes.
    func stop() { keeper?.stop() }

    private static func isEarlier(_ left: Moment, _ right: Moment) -> Bool {
        left.boottimeNanoseconds < right.boottimeNanoseconds
    }

    // MARK: Compare

    private func compare(_ answers: [Collected]) -> [CounterEvent] {
        guard !answers.isEmpty else { return [] }
        ledger.beginPass()
        var events: [CounterEvent] = []
        var cables: [(PortReport, Moment)] = []
        for answer in answers {
            switch answer.report {
            case .infiniBand(let report):
                for port in roster.take(report, of: answer.collector) where port.isIdentified {
                    events += near(port, at: report.moment)
                    cables.append((port, report.moment))
                }
            case .gpu(let report):
                events += gpus.take(report, &ledger)
                note(report.events)
            case .kernelLog(let report):
                kernelLog = report
                // Events of all records up to there came before the report.
                if let record = report.lastRecord {
                    logPosition = KernelLogPosition(bootID: bootID, record: record)
                }
            case .pcie(let report):
                events += pcie.take(report, &ledger)
            }
        }
        let own = Set(cables.map(\.0).filter(\.isListed).map(\.key))
        return events + cables.flatMap { far($0, at: $1, own) }
    }

    private func near(_ port: PortReport, at moment: Moment) -> [CounterEvent] {
        links[port.key] = port.local.link ?? links[port.key]
        return ledger.observe(.port(port.key), port.local.observation, at: moment)
    }

    // A cable may lead back into this node: then the port's own device says more of it.
    private func far(
        _ port: PortReport, at moment: Moment, _ own: Set<PortKey>
    ) -> [CounterEvent] {
        guard case .observed(let peer, let far) = port.peer else { return [] }
        peers[port.key] = peer
        guard !own.contains(peer.key) else { return [] }
        links[peer.key] = far.link ?? links[peer.key]
        let events = ledger.observe(.port(peer.key), far.observation, at: moment)
        ledger.keep(.port(peer.key), with: .port(port.key))
        return events
    }

    // Of what is stale nobody knows where it leads by now. A far port that several near ones claim,
    // as functions of one card may, is no one's alone.
    private func changes(of cables: [CableView], now: Moment) -> [CounterEvent] {
        let live = cables.compactMap { cable -> (CableView, PeerIdentity)? in
            guard !cable.isStale, case .observed(let peer, _) = cable.report.peer else {
                return nil
            }
            return (cable, peer)
        }
        let claims = Dictionary(grouping: live, by: \.1.key)
        return live.flatMap { cable, peer in
            claims[peer.key]?.count == 1 ? changes(of: cable, peer, now: now) : []
        }
    }

    // What another neighbour means for a port that goes on counting.
    private func changes(
        of cable: CableView, _ peer: PeerIdentity, now: Moment
    ) -> [CounterEvent] {
        guard let change = neighbours.join(cable.report.key, peer.key) else { return [] }
        note([
            change.event(
                device: cable.device, near: cable.report.key, far: peer.key,
                peer: peer.description, wallMilliseconds: now.wallMilliseconds)
        ])
        return (change.farBefore == nil ? [] : ledger.neighbourChanged(at: .port(cable.report.key)))
            + (change.nearBefore == nil ? [] : ledger.neighbourChanged(at: .port(peer.key)))
    }

    // MARK: Show

    private func cables(
        _ collectors: [CollectorView], _ shelves: inout [(String, Publication.Shelf)]
    ) -> [CableView] {
        let reports = roster.ports(of: collectors)
        let labels = DeviceLabels.assign(
            reports.map { Self.device($0, $1) }, names: naming.names)
        var cables: [CableView] = []
        for (collector, report) in reports {
            guard let label = labels[Self.device(collector, report)] else { continue }
            cables.append(cable(collector, report, label, &shelves))
        }
        return cables.sorted {
            $0.device == $1.device
                ? $0.report.key.port < $1.report.key.port
                : NaturalOrder.isBefore($0.device, $1.device)
        }
    }

    private static func device(_ collector: CollectorView, _ port: PortReport) -> NamedDevice {
        NamedDevice(collector: collector.name, kernelName: port.device, guid: port.key.node)
    }

    private func cable(
        _ collector: CollectorView, _ report: PortReport, _ device: String,
        _ shelves: inout [(String, Publication.Shelf)]
    ) -> CableView {
        let slot = Publication.Slot(device: device, port: report.key.port, end: .local)
        let local = end(
            slot, report.key, report.local, isFresh: collector.isUp, &shelves)
        var peer: EndView?
        var farSlot = slot
        farSlot.end = .peer
        switch report.peer {
        case .observed(let identity, let far):
            peer = end(
                farSlot, identity.key, far, isFresh: collector.isUp, &shelves)
        case .absent, .unobservable:
            peer = peers[report.key].map { lastKnown(farSlot, $0.key) }
        }
        return CableView(
            collector: collector.name, device: device, rail: naming.rails[report.key.node],
            report: report, moment: collector.lastMoment ?? Moment.never,
            isStale: collector.evidence.isStale, local: local, peer: peer,
            peerIdentity: peers[report.key])
    }

    private func end(
        _ slot: Publication.Slot, _ key: PortKey, _ report: EndReport, isFresh: Bool,
        _ shelves: inout [(String, Publication.Shelf)]
    ) -> EndView {
        guard let series = ledger[.port(key)] else {
            return EndView(unread: key, failure: report.failure)
        }
        let (totals, changed) = publication.publish(slot, key: key, entries: series.entries)
        if let changed { shelves.append((slot.text, changed)) }
        return EndView(
            key: key, link: report.link ?? links[key],
            isLinkFresh: isFresh && report.link != nil, seen: series.seen, isFresh: isFresh,
            failure: report.failure, entries: series.entries, published: totals,
            gauges: series.gauges.suffix(InfiniBandCounters.gauges.count))
    }

    // A part that is no longer in the place keeps the numbers that it had there.
    private func lastKnown(_ slot: Publication.Slot, _ key: PortKey) -> EndView {
        guard let series = ledger[.port(key)], let totals = publication.latest(slot) else {
            return EndView(unread: key, failure: nil)
        }
        return EndView(
            key: key, link: nil, isLinkFresh: false, seen: series.seen, isFresh: false,
            failure: nil, entries: series.entries, published: totals)
    }

    private func gpuViews(
        _ collectors: [CollectorView], _ watch: GPUWatch.View, now: Moment
    ) -> [GPUView] {
        let collector = collectors.first { $0.name == ProbeKind.gpu.collector }
        // What is left alone since before the daemon was started may be reported by nobody.
        let addresses = Set(gpus.entries.keys).union(watch.troubles.keys).sorted()
        return addresses.enumerated().map { index, address in
            let trouble = watch.troubles[address]
            var view = GPUView(
                index: index, address: address,
                entry: gpus.entries[address] ?? .init(neverReported: address, trouble),
                trouble: trouble, collector: collector, ledger: ledger, now: now)
            view.slowCalls = watch.slowCalls[address] ?? 0
            return view
        }
    }

    // MARK: Judge

    private func judge(_ picture: inout Picture) {
        let (findings, transitions) = judging.judge(evidence(picture))
        note(judging.takeEndedMaintenance().map { $0.ended(now: picture.now) })
        note(transitions.map(\.event))
        publish(&picture, findings)
    }

    private func publish(_ picture: inout Picture, _ findings: [Finding]) {
        picture.journal = journal
        picture.findings = findings
        picture.maintenance = judging.maintenance
        picture.offenders = judging.offenders
        picture.verdict = Verdict(
            findings, ports: picture.cables.count(where: \.isJudged), gpus: picture.gpus.count,
            gpusRead: picture.gpus.count(where: \.isFresh), expectations: picture.expectations)
    }

    private func evidence(_ picture: Picture) -> Evidence {
        let told = Dictionary(grouping: journal.entries) { $0.event.device }
        var evidence = Evidence(
            now: picture.now,
            // The rules are those of a fabric's cables: of a RoCE port nothing is said.
            cables: picture.cables.filter(\.isJudged).map {
                $0.evidence(isExpected: judging.isExpected($0, manifest))
            },
            collectors: picture.collectors.map(\.evidence),
            gpus: gpus.library == nil && picture.gpus.isEmpty
                ? nil
                : GPUsEvidence(
                    library: gpus.library,
                    gpus: picture.gpus.map {
                        $0.evidence(
                            told[.pci($0.address)] ?? [], bootID: bootID, now: picture.now)
                    }),
            kernelLogTrouble: kernelLog.flatMap { $0.state == .reading ? nil : $0.detail },
            historyTrouble: keeper?.view.trouble, manifest: picture.manifest)
        evidence.events = judging.events(journal, now: picture.now)
        evidence.pcie = picture.pcie.map(\.evidence)
        return evidence
    }
}

extension Moment {
    /// Before everything: the moment of what never happened.
    static let never = Moment(bootID: "", boottimeNanoseconds: 0, wallMilliseconds: 0)

    /// Seconds from an earlier time on the boot clock of the same boot; never negative.
    func seconds(sinceBoottime earlier: UInt64) -> Double {
        Double(boottimeNanoseconds - min(boottimeNanoseconds, earlier)) / 1e9
    }
}

extension EndView {
    init(unread key: PortKey, failure: Failure?) {
        self.init(
            key: key, link: nil, isLinkFresh: false, seen: nil, isFresh: false, failure: failure,
            entries: Array(repeating: Ledger.Entry(), count: InfiniBandCounters.count),
            published: Array(repeating: nil, count: InfiniBandCounters.count))
    }
}
