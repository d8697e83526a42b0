import Health
import Model

/// One GPU as the probes read it: registers that changes are applied to, and the pass's evidence.
struct GPUProbe {
    let story: GPUStory
    let uuid: GPUUUID
    let address: PCIAddress
    private var next = 0
    private var isLost = false
    private var hasRemapFailed = false
    private var epoch: UInt64 = 3
    private var bootID = "boot 0"
    private var bootPass = -10_000
    private var journal: [JournalEntry] = []
    private var functionErrors: UInt64 = 0
    private var own = [Reading](repeating: .unsupported, count: GPUCounters.all.count)
    private var link = [Reading](repeating: .unsupported, count: NVLinkCounters.all.count)
    private var counts = [UInt64](repeating: 0, count: 4)

    private static let linkNumber: UInt8 = 3
    private static let uncorrected = row("ecc_volatile_uncorrected_errors")
    private static let corrected = row("ecc_volatile_corrected_errors")
    private static let replays = linkRow("replay_errors")
    private static let recoveries = linkRow("recovery_errors")
    private static let crc = linkRow("crc_errors")

    private static func row(_ name: String) -> Int {
        GPUCounters.all.firstIndex { $0.name == name } ?? 0
    }

    private static func linkRow(_ name: String) -> Int {
        NVLinkCounters.all.firstIndex { $0.name == name } ?? 0
    }

    init(_ story: GPUStory) {
        self.story = story
        uuid = GPUUUID(high: UInt64(story.story.node), low: UInt64(story.index))
        address = PCIAddress(domain: 0, bus: UInt8(0x40 + story.index), device: 0)
        show()
    }

    var upcoming: Int? { next < story.changes.count ? story.changes[next].pass : nil }

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

    private mutating func apply(_ change: GPUChange) {
        switch change.what {
        case .xid(let number, let words): log(number, words, at: change.pass)
        case .uncorrected: counts[0] += 1
        case .corrected: counts[1] += 1
        case .replays(let amount): counts[2] += amount
        case .recovery: counts[3] += 1
        case .remapFailed: hasRemapFailed = true
        case .lost: isLost = true
        case .functionCorrected(let amount): functionErrors += amount
        case .reload(let isBoot):
            epoch += 1
            for index in counts.indices { counts[index] = 0 }
            if isBoot {
                bootID = "boot \(change.pass)"
                bootPass = change.pass
            }
        case .repaired:
            isLost = false
            hasRemapFailed = false
        }
        show()
    }

    private mutating func show() {
        own[Self.uncorrected] = .value(counts[0], field: 0)
        own[Self.corrected] = .value(counts[1], field: 0)
        link[Self.replays] = .value(counts[2], field: 0)
        link[Self.recoveries] = .value(counts[3], field: 0)
        link[Self.crc] = .value(0, field: 0)
    }

    private mutating func log(_ number: UInt32, _ words: String, at pass: Int) {
        let place = address.description.dropLast(2)
        let event = NodeEvent(
            kind: .xid, device: .pci(address), number: number,
            wallMilliseconds: 1_770_000_000_000 + Int64(pass) * 60_000, source: .kernelLog,
            line: "NVRM: Xid (PCI:\(place)): \(number), \(words)")
        journal.append(
            JournalEntry(
                id: UInt64(journal.count + 1), event: event, bootID: bootID, gpu: uuid,
                sources: [.kernelLog], root: nil))
    }

    /// The moment of a pass, or some seconds before it.
    func moment(_ pass: Int, early: Int) -> Moment {
        Moment(
            bootID: bootID,
            boottimeNanoseconds: UInt64((pass - bootPass) * 60 - early) * 1_000_000_000 + 30,
            wallMilliseconds: 1_770_000_000_000 + Int64(pass * 60 - early) * 1000)
    }

    /// Reads the GPU in a pass, and gives the judge what was read.
    mutating func read(
        _ pass: Int, early: Int, into judge: inout Judge, _ ledger: inout Ledger
    ) {
        let now = moment(pass, early: early)
        guard !isLost else { return }
        take(.gpu(uuid), own, now, &judge, &ledger)
        take(.nvlink(uuid, Self.linkNumber), link, now, &judge, &ledger)
        let function = PartKey.pci(address)
        let events = ledger.observe(function, PCI.observation(functionErrors, epoch), at: now)
        judge.recent.take(function, ledger[function]?.entries ?? [], events, at: now)
    }

    private func take(
        _ part: PartKey, _ readings: [Reading], _ now: Moment, _ judge: inout Judge,
        _ ledger: inout Ledger
    ) {
        let events = ledger.observe(
            part,
            Observation(readings: readings, gauges: [], epoch: epoch, isObserved: true), at: now)
        judge.recent.take(part, ledger[part]?.entries ?? [], events, at: now)
    }

    func evidence(_ pass: Int, early: Int) -> GPUEvidence {
        let now = moment(pass, early: early)
        var gpu = GPUEvidence(
            index: story.index, address: address, uuid: uuid, state: .read, isListed: !isLost,
            isFresh: !isLost, isStale: isLost,
            xids: XidEvidence.standing(in: journal, bootID: bootID, now: now))
        gpu.links = [Self.linkNumber]
        gpu.condition.hasRemapFailed = hasRemapFailed
        gpu.condition.isRemapPending = false
        return gpu
    }

    func function(_ pass: Int) -> PCIFunctionEvidence {
        var function = PCI.evidence(
            address, .gpu, name: "GPU \(story.index)", gpuIndex: story.index,
            speed: story.isIdle(pass) ? 2500 : 32_000)
        function.isFresh = !isLost
        return function
    }
}
