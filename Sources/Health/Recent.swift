package import Model

/// What the rules remember between passes: counters' recent past, and what was learnt of ports.
///
/// A plain value, handed in and out; `SavedHealth` keeps it over a restart.
package struct Recent: Hashable, Sendable {
    /// What is counted here and by no hardware.
    package enum Extra: Int, CaseIterable, Sendable {
        /// Milliseconds in which the link was up.
        case upMilliseconds = -1
        /// Times the LID or the subnet manager's LID changed.
        case addressChanges = -2
        /// Times somebody cleared counters of the part.
        case clears = -3

        /// The name when it is kept.
        package var name: String {
            switch self {
            case .upMilliseconds: "up_milliseconds"
            case .addressChanges: "address_changes"
            case .clears: "clears"
            }
        }
    }

    /// The recent past of one part's counters, by row of its table or `Extra`.
    package struct Part: Hashable, Sendable {
        /// The histories.
        package internal(set) var rows: [Int: CountHistory] = [:]
        /// The moment of the latest readings; nil before the first.
        package internal(set) var moment: Moment?
        /// What is usual for its ratios.
        package internal(set) var baselines: [Baseline.Kind: Baseline] = [:]
        // Whether the link was up then.
        var wasUp = false
        // When it was seen to come up, or counted that it had gone; nil when it was not.
        var cameUp: Double?
    }

    /// What was learnt of a port of this node.
    package struct Port: Hashable, Sendable {
        /// Whether it was ever seen active.
        package internal(set) var wasActive = false
        // Whether it was active when it was last read.
        var isActive = false
        /// When, on the steady clock, it was first read not to be active after it was; nil while
        /// it is active, and where nobody saw it go.
        package internal(set) var wentDown: Double?
        /// Up to when, on the steady clock, it is given time after a boot or a driver load.
        package internal(set) var settlesAt = 0.0
        /// The most that the link carried with the neighbour that it has; nil before it was up.
        package internal(set) var best: Trained?
        var epoch: UInt64?
        var lid: UInt16?
        var managerLID: UInt16?
    }

    /// What a link trained to with one neighbour.
    package struct Trained: Hashable, Sendable {
        /// The port at the other end.
        package var peer: PortKey
        /// Its lanes.
        package var lanes: UInt8
        /// The signalling rate of one lane in Mbit/s.
        package var laneMegabitsPerSecond: UInt32

        /// The signalling rate of the link in bits per second.
        package var bitsPerSecond: UInt64 {
            UInt64(lanes) * UInt64(laneMegabitsPerSecond) * 1_000_000
        }
    }

    // What rises more often than that is saved now and then.
    private static let newsSeconds = 60.0

    // Links have errors while they train, and for a while after.
    private static let trainingSeconds = 60.0

    // Two looks that are further apart do not show when a link went.
    private static let gapMax = 120.0

    /// Most parts that are remembered; beyond it those that were not read for longest go.
    package static let capacity = 1024

    /// The time that everything here is told in.
    package internal(set) var clock = SteadyClock()
    /// The parts, local and far.
    package internal(set) var parts: [PartKey: Part] = [:]
    /// This node's ports.
    package internal(set) var ports: [PortKey: Port] = [:]
    /// When each GPU had errors that ask for something at once, by its UUID.
    package internal(set) var episodes: [String: [Episode]] = [:]
    /// What went in and came out at the ends of each cable, by this node's port.
    package internal(set) var balances: [PortKey: Balance] = [:]
    // How many times the usual a fault is, which must not become usual.
    var faultFactor = 10.0
    /// Whether something that a restart needs has changed since it was last saved.
    package internal(set) var isChanged = false
    /// Whether that cannot wait: something happened that had not happened shortly before.
    package internal(set) var hasNews = false

    /// Nothing remembered.
    package init() {}

    /// The seconds of the steady clock.
    package var now: Double { clock.seconds }

    /// The history of a row; nil when it was never read.
    package func history(_ part: PartKey, _ row: Int) -> CountHistory? { parts[part]?.rows[row] }

    /// The history of something that is counted here.
    package func history(_ part: PartKey, _ extra: Extra) -> CountHistory? {
        history(part, extra.rawValue)
    }
}

extension Recent {
    /// Goes on to a moment; to be called once before what was read then is taken in.
    package mutating func advance(to now: Moment) { clock.advance(to: now) }

    /// Takes in what the ledger has of a part; readings that were taken in before are skipped.
    ///
    /// `events` are those of the part since then, which tell how good the steps are. Of a link that
    /// trains, or went down meanwhile, only that it went down and connections that ended count.
    /// `bitsPerSecond` is the rate of a port's link, 0 while it is down or not known.
    package mutating func take(
        _ key: PartKey, _ entries: [Ledger.Entry], _ events: [CounterEvent], at moment: Moment,
        isIgnored: Bool = false, isTraining: Bool = false, bitsPerSecond: Double = 0
    ) {
        var part = parts[key] ?? Part()
        guard part.moment != moment else { return }
        let earlier = Earlier(part, key)
        let counters = key.table.counters
        var qualities: [Int: Quality] = [:]
        for event in events {
            qualities[event.column] = max(qualities[event.column] ?? .exact, event.kind.quality)
        }
        // It trained, whether somebody saw it or not.
        if Self.wentDown(key, part, entries) { part.cameUp = now }
        let isTraining = isTraining || isTrainingStill(part)
        for row in Self.rows(of: key) where entries.indices.contains(row) {
            let entry = entries[row]
            guard entry.status == .fresh, entry.hasValue, counters.indices.contains(row) else {
                continue
            }
            let quality: Quality = entry.isSaturated ? .atLeast : qualities[row] ?? .exact
            let (steps, last) = (part.rows[row]?.steps.count, part.rows[row]?.steps.last?.time)
            part.rows[row, default: CountHistory()].take(
                total: entry.total, quality: quality, at: now,
                isIgnored: isIgnored || (isTraining && !Self.outlasts(counters[row].accuses)))
            if part.rows[row]?.steps.count != steps || quality != .exact { isChanged = true }
            if part.rows[row]?.steps.last?.time != last,
                last.map({ now - $0 > Self.newsSeconds }) ?? true
            {
                hasNews = true
            }
        }
        let clears = events.contains { $0.kind == .cleared } ? UInt64(1) : 0
        if clears > 0 { hasNews = true }
        part.rows[Extra.clears.rawValue, default: CountHistory()].note(clears, at: now)
        if !isIgnored, !isTraining {
            measure(&part, earlier, bitsPerSecond: bitsPerSecond, at: moment) { row in
                entries.indices.contains(row) && entries[row].status == .fresh
                    && !entries[row].isSaturated && (qualities[row] ?? .exact) == .exact
            }
        }
        part.moment = moment
        parts[key] = part
        forget()
    }

    // What a link that trains has no part in: how often it went, and which connections ended by it.
    private static func outlasts(_ accused: Accused) -> Bool {
        accused == .link || accused == .fabricPath
    }

    private static let downRow = InfiniBandCounters.index(of: "link_downed") ?? 0

    private static func wentDown(
        _ key: PartKey, _ part: Part, _ entries: [Ledger.Entry]
    ) -> Bool {
        guard case .port = key, let known = part.rows[downRow], known.latest != nil,
            entries.indices.contains(downRow), entries[downRow].status == .fresh
        else { return false }
        return entries[downRow].total > known.total
    }

    private func isTrainingStill(_ part: Part) -> Bool {
        part.cameUp.map { now - $0 < Self.trainingSeconds } ?? false
    }

    /// Takes in how a link was at one end, before `take` of the same moment; says whether it is
    /// training: it came up a moment ago.
    package mutating func takeLink(_ key: PartKey, isUp: Bool, at moment: Moment) -> Bool {
        var part = parts[key] ?? Part()
        defer {
            part.wasUp = isUp
            parts[key] = part
        }
        if isUp, !part.wasUp, part.moment != nil { part.cameUp = now }
        let isTraining = isTrainingStill(part)
        guard let earlier = part.moment, earlier != moment else { return isTraining }
        let seconds = isUp && part.wasUp ? moment.seconds(since: earlier) : 0
        part.rows[Extra.upMilliseconds.rawValue, default: CountHistory()].note(
            UInt64(max(0, min(seconds, 1e9)) * 1000), at: now)
        return isTraining
    }

    /// Takes in a port of this node as it was read, and says whether it is still being given time
    /// after a boot or a driver load; `peer` is the port at the other end, nil where that is not
    /// known.
    package mutating func takePort(
        _ key: PortKey, _ report: EndReport, peer: PortKey? = nil, at moment: Moment, grace: Double
    ) -> Bool {
        var port = ports[key] ?? Port()
        if let peer, port.learn(report.link, peer) { forgetBaselines([key, peer]) }
        if let epoch = port.epoch, epoch != report.epoch {
            port.settlesAt = max(port.settlesAt, now + grace)
        }
        port.epoch = report.epoch
        let uptime = Double(moment.boottimeNanoseconds) / 1e9
        if uptime < grace { port.settlesAt = max(port.settlesAt, now + grace - uptime) }
        var changes: UInt64 = 0
        let gap = parts[.port(key)]?.moment.map { moment.seconds(since: $0) }
        if let link = report.link {
            port.turn(
                isActive: link.isActive, at: now, isWatched: gap.map { $0 <= Self.gapMax } == true)
        }
        if let link = report.link, link.isActive {
            if let lid = port.lid, let manager = port.managerLID,
                lid != link.lid || manager != link.smLID
            {
                changes = 1
            }
            port.lid = link.lid
            port.managerLID = link.smLID
        }
        let isSettling = now < port.settlesAt
        if port != ports[key] { hasNews = true }
        ports[key] = port
        var part = parts[.port(key)] ?? Part()
        part.rows[Extra.addressChanges.rawValue, default: CountHistory()].note(
            isSettling ? 0 : changes, at: now)
        parts[.port(key)] = part
        return isSettling
    }

    private mutating func forget() {
        guard parts.count > Self.capacity else { return }
        let order = parts.sorted {
            ($0.value.moment?.wallMilliseconds ?? 0) < ($1.value.moment?.wallMilliseconds ?? 0)
        }
        for (key, _) in order.prefix(parts.count - Self.capacity) { parts[key] = nil }
    }
}

extension Recent {
    /// The rows whose past is kept: what may accuse somebody, what that is divided by, and what
    /// FEC nearly could not correct.
    static func rows(of key: PartKey) -> [Int] {
        switch key {
        case .port: portRows
        case .gpu: gpuRows
        case .nvlink: nvlinkRows
        case .pci: pciRows
        }
    }

    private static let others = Set(
        [
            "rx_bits_phy", "rx_corrected_bits_phy", "port_fec_corrected", "port_xmit_packets",
            "port_rcv_packets", "port_xmit_data",
        ] + NVLinkRules.margin)
    private static let portRows = accusing(InfiniBandCounters.all)
    private static let gpuRows = accusing(GPUCounters.all)
    private static let nvlinkRows = accusing(NVLinkCounters.all)
    private static let pciRows = accusing(PCICounters.all)

    private static func accusing(_ counters: [Counter]) -> [Int] {
        counters.indices.filter {
            counters[$0].accuses != .nobody || others.contains(counters[$0].name)
        }
    }
}

extension Recent.Port {
    // What went while nobody looked may have gone at any time since.
    fileprivate mutating func turn(isActive: Bool, at now: Double, isWatched: Bool) {
        if isActive {
            wasActive = true
            wentDown = nil
        } else if self.isActive, isWatched {
            wentDown = now
        }
        self.isActive = isActive
    }

    /// Takes in what the link trained to; another neighbour begins anew, which is said.
    fileprivate mutating func learn(_ link: LinkInfo?, _ peer: PortKey) -> Bool {
        guard let link, link.isActive, link.bitsPerSecond > 0 else { return false }
        let trained = Recent.Trained(
            peer: peer, lanes: link.widthLanes, laneMegabitsPerSecond: link.laneMegabitsPerSecond)
        let isAnother = best.map { $0.peer != peer } ?? false
        if let best, !isAnother, best.bitsPerSecond >= trained.bitsPerSecond { return false }
        best = trained
        return isAnother
    }
}

extension Recent {
    /// A time in which a GPU had one critical Xid or several, in milliseconds since 1970.
    package struct Episode: Hashable, Sendable {
        /// The first of them.
        package var begin: Int64
        /// The last of them.
        package var end: Int64
    }

    // More than these in a month say no more.
    private static let episodesMax = 8
    private static let episodeGPUsMax = 64

    /// Takes in when a GPU told of a critical Xid; what comes within `gap` seconds of another one
    /// is of the same episode, and episodes are forgotten after `reach` seconds.
    mutating func takeXid(_ gpu: String, at time: Int64, gap: Double, reach: Double) {
        let gap = Int64(max(0, min(gap, 1e9)) * 1000)
        let oldest = time - Int64(max(0, min(reach, 1e9)) * 1000)
        var known = episodes[gpu] ?? []
        if let index = known.firstIndex(where: {
            $0.begin - gap <= time && time <= $0.end + gap
        }) {
            known[index].begin = min(known[index].begin, time)
            known[index].end = max(known[index].end, time)
        } else {
            guard known.count > 0 || episodes.count < Self.episodeGPUsMax else { return }
            known.append(Episode(begin: time, end: time))
            known.removeAll { $0.end < oldest }
            known = Array(known.sorted { $0.end < $1.end }.suffix(Self.episodesMax))
        }
        guard known != episodes[gpu] else { return }
        episodes[gpu] = known
        isChanged = true
    }

    mutating func restore(_ episodes: [Episode], of gpu: String) {
        guard !gpu.isEmpty, !episodes.isEmpty, self.episodes.count < Self.episodeGPUsMax else {
            return
        }
        self.episodes[gpu] = Array(episodes.suffix(Self.episodesMax))
    }

    /// How many episodes of critical Xids a GPU has had since a time, in milliseconds since 1970.
    func episodes(of gpu: String, since time: Int64) -> Int {
        episodes[gpu]?.count { $0.end >= time } ?? 0
    }
}
