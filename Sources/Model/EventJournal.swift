/// One event as it is kept.
package struct JournalEntry: Hashable, Sendable {
    /// The number; ascending, never used twice within one history.
    package var id: UInt64
    /// What happened, with the latest count.
    package var event: NodeEvent { didSet { remedy = event.remedy } }
    /// What helps against it, read from its line once.
    package private(set) var remedy: Remedy?
    /// The boot that the event's record belongs to.
    package var bootID: String
    /// The GPU, where the device is one that was known at that moment.
    package var gpu: GPUUUID?
    /// Everybody who told it.
    package var sources: Set<NodeEvent.Source>
    /// The entry that it most likely follows from.
    package var root: UInt64?
    // How much of the count NVML alone has told, where the kernel log tells as well.
    fileprivate var unconfirmed: UInt32 = 0
    /// Up to when its device had begun anew after whatever it told, in milliseconds since 1970; nil
    /// when it was not seen to have.
    package var answeredMilliseconds: Int64?

    /// Whether its device has begun anew since it was told last.
    package var isAnswered: Bool {
        answeredMilliseconds.map { event.lastWallMilliseconds <= $0 } ?? false
    }

    /// An event as it is kept.
    package init(
        id: UInt64, event: NodeEvent, bootID: String, gpu: GPUUUID?,
        sources: Set<NodeEvent.Source>, root: UInt64?
    ) {
        self.id = id
        self.event = event
        remedy = event.remedy
        self.bootID = bootID
        self.gpu = gpu
        self.sources = sources
        self.root = root
    }
}

/// What is counted of events: how often which number came from which device.
package struct EventCountKey: Hashable, Sendable {
    /// What happened.
    package var kind: NodeEvent.Kind
    /// The device; nil for the node, and for what is beyond the bound.
    package var device: NodeEvent.Device?
    /// The number, such as the Xid; nil where there is none, and for what is beyond the bound.
    package var number: UInt32?
    /// The GPU that was there, since another one may take its place; nil where it was not known.
    package var gpu: GPUUUID?

    /// A key.
    package init(
        kind: NodeEvent.Kind, device: NodeEvent.Device?, number: UInt32?, gpu: GPUUUID? = nil
    ) {
        self.kind = kind
        self.device = device
        self.number = number
        self.gpu = gpu
    }

    fileprivate init(_ event: NodeEvent, _ gpu: GPUUUID?) {
        self.init(
            kind: event.kind.counted, device: event.device, number: event.number, gpu: gpu)
    }
}

/// The latest events of the node, each once, whoever told it.
package struct EventJournal: Sendable {
    /// Which events are left of those up to a number.
    package struct Remains: Hashable, Sendable {
        /// The latest number that was dropped; zero while none was.
        package var through: UInt64
        /// The numbers before it that are kept.
        package var ids: Set<UInt64>

        /// What is left; by default of nothing.
        package init(through: UInt64 = 0, ids: Set<UInt64> = []) {
            self.through = through
            self.ids = ids
        }
    }

    /// Most events that are kept; the oldest go first.
    package static let capacity = 2000
    /// Most of them that stay although they are old, because they ask for more than others.
    package static let graveLimit = 512
    /// Most device and number pairs that are counted apart.
    package static let countLimit = 512
    /// Most of them with those Xids that alerts ask for.
    package static let alertingCountLimit = 1024
    // The kernel log and NVML may tell the same Xid this far apart: NVML is asked once a pass.
    private static let sameMilliseconds: Int64 = 60_000

    /// The events, ascending by number.
    package private(set) var entries: [JournalEntry] = []
    /// What is left of the events up to the latest that was dropped.
    package private(set) var remains = Remains()
    /// How often what came from where since the daemon started.
    package private(set) var counts: [EventCountKey: UInt64] = [:]
    /// Where each run of the daemon began to number.
    package private(set) var runs = EventRuns()
    private var nextID: UInt64 = 1
    private var changed: Set<UInt64> = []
    // The latest of each GPU.
    private var restarts: [PCIAddress: Restart] = [:]

    /// No events yet.
    package init() {}

    /// Takes up what the history kept, ascending by number.
    ///
    /// `runs` says where the numbers begin; `through` is the latest number that was given, also to
    /// an event that is not among those that are understood.
    package init(
        restoring entries: [JournalEntry], through: UInt64 = 0, runs: EventRuns = EventRuns()
    ) {
        self.entries = entries
        self.runs = runs
        nextID = max(entries.last?.id ?? 0, through) + 1
        // Numbers are dense, so what is missing was dropped.
        noteDropped(
            through: entries.reversed().reduce(nextID - 1) { $1.id == $0 ? $0 - 1 : $0 })
        trim()
    }

    /// The latest number that is no longer kept; zero while all are.
    package var droppedThrough: UInt64 { remains.through }

    /// The number that the next event gets.
    package var upcoming: UInt64 { nextID }

    /// Takes an event in: as a new one, or as more of one that is known.
    ///
    /// `gpu` is the GPU at the event's device, where there is one. Returns how often it was seen
    /// for the first time: zero for what was known.
    @discardableResult
    package mutating func note(
        _ event: NodeEvent, bootID: String, gpu: GPUUUID?
    ) -> UInt32 {
        let news: UInt32
        if let index = indexOfSame(event, bootID: bootID) {
            news = merge(event, into: index)
        } else {
            news = event.count - confirm(event, bootID: bootID)
            append(event, bootID: bootID, gpu: gpu)
        }
        if news > 0 { count(event, gpu, UInt64(news)) }
        return news
    }

    // NVML may have counted several lines in one entry before the log told of the first: another
    // line takes over what it stands for. Returns how much of it was counted already.
    private mutating func confirm(_ line: NodeEvent, bootID: String) -> UInt32 {
        guard line.source == .kernelLog,
            let index = entries.lastIndex(where: {
                $0.unconfirmed > 0 && $0.bootID == bootID
                    && $0.isAlike(line, within: Self.sameMilliseconds)
            })
        else { return 0 }
        let known = min(entries[index].unconfirmed, line.count)
        entries[index].unconfirmed -= known
        entries[index].event.count -= known
        changed.insert(entries[index].id)
        return known
    }

    /// Marks what GPUs told before they began anew, also where it is noted only later; `new` has
    /// what was not handed in before.
    package mutating func answer(_ new: [PCIAddress: Restart]) {
        guard !new.isEmpty else { return }
        restarts.merge(new) { $1 }
        for index in entries.indices { answer(at: index) }
    }

    private mutating func answer(at index: Int) {
        let entry = entries[index]
        guard !entry.isAnswered, case .pci(let address) = entry.event.device,
            let limit = restarts[address]?.answers(entry.event, bootID: entry.bootID)
        else { return }
        entries[index].answeredMilliseconds = limit
        changed.insert(entry.id)
    }

    /// The GPUs that the kernel told of in this boot so that no call may be made, and that have not
    /// begun anew since, with the latest such event of each, ordered by address.
    package func stops(bootID: String) -> [(PCIAddress, NodeEvent)] {
        var stops: [PCIAddress: NodeEvent] = [:]
        for entry in entries
        where entry.bootID == bootID && entry.event.stopsCalls && !entry.isAnswered {
            if case .pci(let address) = entry.event.device { stops[address] = entry.event }
        }
        return stops.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The events that are new or have changed since this was last asked.
    package mutating func takeChanges() -> [JournalEntry] {
        defer { changed = [] }
        return changed.isEmpty ? [] : entries.filter { changed.contains($0.id) }
    }

    private mutating func noteDropped(through: UInt64) {
        let kept = Set(entries.lazy.map(\.id).prefix { $0 <= through })
        remains = Remains(through: through, ids: kept)
    }

    // MARK: The same event

    // The latest one decides: what an earlier boot told is never the same, and no later entry is of
    // an earlier boot. Times do not end the search, because the log may be read late.
    private func indexOfSame(_ event: NodeEvent, bootID: String) -> Int? {
        let same =
            entries.lastIndex { $0.isSame(as: event, within: Self.sameMilliseconds) }
            ?? entries.lastIndex { $0.isUnnumbered(event, within: Self.sameMilliseconds) }
        return same.flatMap { entries[$0].bootID == bootID ? $0 : nil }
    }

    // What is new of an event that is known from the other source, or was counted on. The log
    // counts, and NVML only confirms, as long as both tell.
    private mutating func merge(_ event: NodeEvent, into index: Int) -> UInt32 {
        let before = entries[index]
        var merged = before.event
        var entry = before
        entry.sources.insert(event.source)
        switch event.source {
        case .verbs,
            .kernelLog where before.sources.contains(.verbs):
            entry.addOfPort(event)
            merged = entry.event
            entry.root = entry.root ?? root(of: merged, bootID: before.bootID)
        case .nvml where before.sources.contains(.kernelLog), .infiniBand, .health, .operator: break
        case .nvml:
            let (sum, overflow) = merged.count.addingReportingOverflow(event.count)
            merged.count = overflow ? .max : sum
            merged.lastWallMilliseconds = max(
                merged.lastWallMilliseconds, event.lastWallMilliseconds)
        case .kernelLog:
            // The kernel's line says more than NVML does.
            merged = event
            merged.wallMilliseconds = min(before.event.wallMilliseconds, event.wallMilliseconds)
            let told = max(before.toldByLog, event.count)
            merged.count = max(before.event.count, told)
            entry.unconfirmed = merged.count - told
            merged.lastWallMilliseconds = max(
                before.event.lastWallMilliseconds, event.lastWallMilliseconds)
            entry.root = entry.root ?? root(of: event, bootID: before.bootID)
        }
        entry.event = merged
        guard entry != before else { return 0 }
        entries[index] = entry
        changed.insert(entry.id)
        answer(at: index)
        guard merged.number == before.event.number else {
            uncount(before)
            return merged.count
        }
        return merged.count - before.event.count
    }

    private func root(of event: NodeEvent, bootID: String) -> UInt64? {
        guard let record = event.root else { return nil }
        return entries.last { $0.event.record == record && $0.bootID == bootID }?.id
    }

    private mutating func append(_ event: NodeEvent, bootID: String, gpu: GPUUUID?) {
        entries.append(
            JournalEntry(
                id: nextID, event: event, bootID: bootID, gpu: gpu, sources: [event.source],
                root: root(of: event, bootID: bootID)))
        changed.insert(nextID)
        answer(at: entries.count - 1)
        nextID += 1
        trim()
    }

    private mutating func trim() {
        // A quarter more than is kept, so that not every event moves all others.
        guard entries.count > Self.capacity + Self.capacity / 4 else { return }
        var excess = entries.count - Self.capacity
        var graveExcess = entries.count { $0.isGrave } - Self.graveLimit
        var dropped: Set<UInt64> = []
        var through = droppedThrough
        for entry in entries where excess > 0 {
            if entry.isGrave {
                guard graveExcess > 0 else { continue }
                graveExcess -= 1
            }
            excess -= 1
            dropped.insert(entry.id)
            through = max(through, entry.id)
        }
        entries.removeAll { dropped.contains($0.id) }
        noteDropped(through: through)
        changed.subtract(dropped)
    }

    // What was counted without a number is news under its number.
    private mutating func uncount(_ entry: JournalEntry) {
        let key = EventCountKey(entry.event, entry.gpu)
        guard let counted = counts[key] else { return }
        let rest = counted - min(counted, UInt64(entry.event.count))
        // Without room for its number the device would seem to have had fewer.
        guard counts.count - (rest == 0 ? 1 : 0) < Self.countLimit else { return }
        counts[key] = rest == 0 ? nil : rest
    }

    private mutating func count(_ event: NodeEvent, _ gpu: GPUUUID?, _ times: UInt64) {
        var key = EventCountKey(event, gpu)
        let isAlerting =
            event.kind == .xid && event.number.map(XidCatalog.alerting.contains) == true
        let limit = isAlerting ? Self.alertingCountLimit : Self.countLimit
        if counts[key] == nil, counts.count >= limit {
            key = EventCountKey(kind: key.kind, device: nil, number: nil)
        }
        counts[key, default: 0] &+= times
    }
}

extension JournalEntry {
    // What other events must not push out.
    fileprivate var isGrave: Bool { event.isGrave || remedy?.asksForSomething == true }

    // Whether an event of the same boot is this one, told once more or by the other source.
    fileprivate func isSame(as other: NodeEvent, within milliseconds: Int64) -> Bool {
        // Nobody else tells of a neighbour, of a judgement, or of what somebody did.
        for source in [NodeEvent.Source.infiniBand, .health, .operator]
        where other.source == source || sources.contains(source) { return false }
        if other.source == .verbs || sources.contains(.verbs) { return isSameOfPort(as: other) }
        guard event.kind == other.kind, event.device == other.device else { return false }
        switch other.source {
        case .verbs, .infiniBand, .health, .operator: return false
        case .kernelLog:
            guard event.number == other.number else { return false }
            if let record = other.record, record == event.record { return true }
            return sources == [.nvml] && isNear(other, milliseconds)
        case .nvml:
            // NVML may not know the number of an Xid that the log does.
            let isUnnumbered = other.number == nil && event.source == .kernelLog
            return (isUnnumbered || event.number == other.number) && isNear(other, milliseconds)
        }
    }

    // Whether NVML told of an Xid without its number where the log has one.
    fileprivate func isUnnumbered(_ line: NodeEvent, within milliseconds: Int64) -> Bool {
        line.source == .kernelLog && sources == [.nvml] && event.number == nil
            && event.kind == line.kind && event.device == line.device
            && isNear(line, milliseconds)
    }

    fileprivate func isAlike(_ line: NodeEvent, within milliseconds: Int64) -> Bool {
        event.kind == line.kind && event.device == line.device && event.number == line.number
            && isNear(line, milliseconds)
    }

    // How often the log told of it.
    fileprivate var toldByLog: UInt32 {
        sources.contains(.kernelLog) ? event.count - unconfirmed : 0
    }

    fileprivate func isNear(_ other: NodeEvent, _ milliseconds: Int64) -> Bool {
        other.wallMilliseconds >= event.wallMilliseconds - milliseconds
            && other.wallMilliseconds <= event.lastWallMilliseconds + milliseconds
    }
}
