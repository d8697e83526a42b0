import Health
import Model

/// What our rules are asked about: a cable with its HCA, or a GPU with its NVLinks.
enum Unit {
    case link(LinkProbe)
    case gpu(GPUProbe)

    var upcoming: Int? {
        switch self {
        case .link(let probe): probe.upcoming
        case .gpu(let probe): probe.upcoming
        }
    }

    /// When it is looked at between two passes.
    var looks: [Look] {
        switch self {
        case .link(let probe): probe.looks
        case .gpu: []
        }
    }

    /// Whether the pass before the next change matters: what rises all the time must not all
    /// seem to have risen with it.
    var needsPassBefore: Bool {
        switch self {
        case .link(let probe): probe.needsPassBefore
        case .gpu: true
        }
    }

    mutating func advance(to pass: Int) -> Bool? {
        switch self {
        case .link(var probe):
            let found = probe.advance(to: pass)
            self = .link(probe)
            return found
        case .gpu(var probe):
            let found = probe.advance(to: pass)
            self = .gpu(probe)
            return found
        }
    }

    mutating func read(
        _ pass: Int, early: Int, into judge: inout Judge, _ ledger: inout Ledger
    ) {
        switch self {
        case .link(var probe):
            probe.read(pass, early: early, into: &judge, &ledger)
            self = .link(probe)
        case .gpu(var probe):
            probe.read(pass, early: early, into: &judge, &ledger)
            self = .gpu(probe)
        }
    }

    func moment(_ pass: Int, early: Int) -> Moment {
        switch self {
        case .link(let probe): probe.moment(pass, early: early)
        case .gpu(let probe): probe.moment(pass, early: early)
        }
    }
}

/// One judge over some units, as the daemon has one over its node.
struct Bench {
    var judge = Judge()
    private var ledger = Ledger()
    var units: [Unit]

    init(_ units: [Unit]) { self.units = units }

    private static let collectors = [
        CollectorEvidence(
            name: "infiniband", ageSeconds: 1, limitSeconds: 180, waitingSeconds: 0, workingOn: nil,
            trouble: nil),
        CollectorEvidence(
            name: "gpu", ageSeconds: 1, limitSeconds: 180, waitingSeconds: 0, workingOn: nil,
            trouble: nil, readsPorts: false),
    ]

    /// Whether it has been said that something holds, or is about to.
    var hasIncidents: Bool { !judge.standing.incidents.isEmpty }

    /// Judges a pass, or a look some seconds before it, as `Judging` and `Pipeline` of the daemon
    /// do.
    mutating func pass(_ pass: Int, early: Int = 0) -> ([Finding], [Transition]) {
        let now = units[0].moment(pass, early: early)
        judge.recent.advance(to: now)
        ledger.beginPass()
        var evidence = Evidence(now: now, cables: [], collectors: Self.collectors)
        var gpus: [GPUEvidence] = []
        for index in units.indices {
            units[index].read(pass, early: early, into: &judge, &ledger)
        }
        for unit in units {
            switch unit {
            case .link(let probe):
                evidence.cables.append(probe.evidence(judge, ledger))
                evidence.pcie.append(probe.function)
            case .gpu(let probe):
                gpus.append(probe.evidence(pass, early: early))
                evidence.pcie.append(probe.function(pass))
            }
        }
        evidence.gpus = gpus.isEmpty ? nil : GPUsEvidence(library: nil, gpus: gpus)
        if evidence.cables.isEmpty { evidence.collectors = [Self.collectors[1]] }
        return judge.judge(evidence)
    }
}

extension Bench {
    /// The next pass at which a counter that has risen has been quiet for long enough, if nothing
    /// happens until then.
    func quiet(after pass: Int, _ incidents: Set<ConditionID>) -> Int {
        let needed = Set(incidents.map { judge.thresholds.value($0, "clear_after") })
        var best = Int.max
        for part in judge.recent.parts.values {
            for history in part.rows.values
            where !history.steps.isEmpty || history.exactSince == nil {
                for seconds in needed where seconds > history.quietSeconds {
                    let left = (seconds - history.quietSeconds) / 60
                    best = min(best, pass + Int(left.rounded(.up)))
                }
            }
        }
        return best
    }
}

/// When a pass can change an answer while something holds: the edges of the conditions' windows.
struct Edges {
    // By condition, in passes after whatever was counted, ascending.
    private static let offsets: [ConditionID: [Int]] = Dictionary(
        uniqueKeysWithValues: ConditionID.allCases.map { id in
            var found: Set<Int> = [1440]
            for threshold in ConditionCatalog.row(id).thresholds where threshold.unit == .seconds {
                found.insert(Int((threshold.value / 60).rounded(.up)))
            }
            // What proves a ratio at NDR and HDR, and twice that; a look may be in between.
            if id == .symbolErrorsElevated || id == .symbolErrorsHigh {
                found.formUnion([117, 118, 119, 235, 236, 237, 471, 472])
            }
            return (id, found.sorted())
        })
    // Those of windows that begin at multiples of 5 or 12 min.
    private static let windowed: Set<ConditionID> = [
        .symbolErrorsHigh, .receiveErrors, .transmitDiscards, .hostBackpressure, .routingOrKey,
        .managementDrops, .retryStorm, .pcieErrors, .nvlinkErrors,
    ]
    // After a change each of the next passes counts, and those edges do for so long.
    private static let dense = 2
    private static let aligned = 80
    private static let reach = 1600

    private var marks: [Int] = []
    /// Up to when every pass counts.
    fileprivate(set) var settled = -1

    mutating func mark(_ pass: Int) {
        if marks.last != pass { marks.append(pass) }
        if marks[0] < pass - 2 * Self.reach { marks.removeAll { $0 < pass - Self.reach } }
    }

    /// The next pass after one that has to be judged, before a limit.
    func next(after pass: Int, before limit: Int, _ incidents: Set<ConditionID>) -> Int {
        guard let last = marks.last else { return .max }
        if pass - last < (incidents.contains(.pcieErrors) ? 7 : Self.dense) { return pass + 1 }
        var best = limit
        let isWindowed = !incidents.isDisjoint(with: Self.windowed)
        if isWindowed, pass - last < Self.aligned {
            best = min(best, Self.edge(pass + 1, 5), Self.edge(pass + 1, 12))
        }
        for id in incidents {
            for offset in Self.offsets[id] ?? [] {
                best = min(best, next(after: pass, offset))
            }
        }
        return best
    }

    // The first mark whose edge is still to come, and the end of the 5 min after the one before.
    private func next(after pass: Int, _ offset: Int) -> Int {
        var (low, high) = (0, marks.count)
        while low < high {
            let middle = (low + high) / 2
            if marks[middle] + offset > pass { high = middle } else { low = middle + 1 }
        }
        let exact = low < marks.count ? marks[low] + offset : Int.max
        guard low > 0 else { return exact }
        let edge = Self.edge(marks[low - 1] + offset, 5)
        return edge > pass ? min(exact, edge) : exact
    }

    private static func edge(_ pass: Int, _ width: Int) -> Int {
        (pass + width - 1) / width * width
    }
}

/// What our rules said of one unit.
struct OurRun {
    private(set) var alarms: [Alarm] = []
    private(set) var passes = 0
    private(set) var transitions: [Told] = []
    private let keepsTransitions: Bool

    /// A transition, for comparison with another way of getting it.
    struct Told: Hashable {
        let pass: Int
        let text: String
    }

    init(keepsTransitions: Bool) { self.keepsTransitions = keepsTransitions }

    /// Runs through a unit's story, skipping passes that cannot change an answer.
    mutating func run(_ unit: Unit, _ story: NodeStory, until end: Int) {
        var bench = Bench([unit])
        var edges = Edges()
        var looks = unit.looks[...]
        var pass = 0
        while pass < end {
            if let gap = story.unread.first(where: { $0.contains(pass) }) {
                pass = gap.upperBound
                continue
            }
            while let look = looks.first, look.pass <= pass {
                looks.removeFirst()
                guard look.pass == pass else { continue }
                let (findings, told) = bench.pass(pass, early: look.early)
                passes += 1
                take(findings, told, pass)
                edges.mark(pass)
            }
            let change = bench.units[0].advance(to: pass)
            let had = bench.hasIncidents
            let (findings, told) = bench.pass(pass)
            passes += 1
            take(findings, told, pass)
            let isLoud = change == true || story.unread.contains { $0.upperBound == pass }
            if change != nil || !told.isEmpty || had != bench.hasIncidents { edges.mark(pass) }
            // What is not read proves nothing, and what was read before does.
            let gap = story.unread.first { $0.lowerBound - 1 > pass }?.lowerBound
            pass = next(
                pass, bench, &edges, stops: [looks.first?.pass, gap].compactMap { $0 },
                isLoud: isLoud)
        }
    }

    private func next(
        _ pass: Int, _ bench: Bench, _ edges: inout Edges, stops: [Int], isLoud: Bool
    ) -> Int {
        // Around a reboot and the like, until the time that is given after it is over.
        if isLoud { edges.settle(until: pass + 9) }
        if pass < edges.settled {
            edges.mark(pass)
            return pass + 1
        }
        let unit = bench.units[0]
        var next = Int.max
        if let upcoming = unit.upcoming {
            // The pass before tells how things stood until then.
            let before = unit.needsPassBefore || bench.hasIncidents ? upcoming - 1 : upcoming
            next = before > pass ? before : max(pass + 1, upcoming)
        }
        for stop in stops { next = min(next, stop - 1 > pass ? stop - 1 : pass + 1) }
        guard bench.hasIncidents else { return next }
        let incidents = Set(bench.judge.standing.incidents.keys.map(\.id))
        return min(
            next, bench.quiet(after: pass, incidents),
            edges.next(after: pass, before: next, incidents))
    }

    private mutating func take(_ findings: [Finding], _ told: [Transition], _ pass: Int) {
        for transition in told {
            if keepsTransitions { transitions.append(Told(transition, pass)) }
            let name = transition.id.rawValue
            switch transition.kind {
            case .raised, .escalated:
                guard transition.severity == .warning || transition.severity == .critical
                else { continue }
                let opinion = findings.first {
                    $0.opinion.id == transition.id && $0.opinion.subject == transition.subject
                }?.opinion
                alarms.append(
                    Alarm(
                        rule: name, pass: pass, isCritical: transition.severity == .critical,
                        accused: opinion?.accused.first.map(Side.init),
                        isTwoEnded: opinion?.grade == .twoEnded))
            case .resolved, .eased:
                for index in alarms.indices
                where alarms[index].rule == name && alarms[index].until == .max {
                    alarms[index].until = pass
                }
            case .reminded: break
            }
        }
    }
}

extension OurRun.Told {
    init(_ transition: Transition, _ pass: Int) {
        let subject = transition.subject
        let part = subject.key ?? subject.pciAddress?.description ?? ""
        self.init(
            pass: pass,
            text: "\(transition.kind.rawValue) \(transition.id.rawValue) \(part) "
                + "\(subject.end ?? "") \(subject.xid ?? 0) \(transition.severity.name)")
    }
}

extension Edges {
    mutating func settle(until pass: Int) { settled = max(settled, pass) }
}

extension Side {
    init(_ domain: Domain) {
        self =
            switch domain {
            case .localPort, .gpu: .local
            case .peerPort: .peer
            case .cable: .cable
            case .host, .pciePath: .host
            default: .other
            }
    }
}
