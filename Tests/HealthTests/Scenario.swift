import Model

@testable import Health

/// A node of one cable, a GPU with an NVLink and a PCIe slot, on which a timeline happens.
///
/// A line of a timeline is a time and what happens then:
///
///     10m peer symbol_error +400            a counter rises: local, peer, gpu, nvlink, pci, bridge
///     10m peer symbol_error +3 every 2m until 1h
///     1h  peer clear                          somebody clears all counters of that end
///     1h  link down | polling | init | off | up
///     1h  peer lost | peer back | local lost | local back
///     1h  reboot | reload | switch | wall +1d | sm 5 | lid 9 | told link_flap 2
///     1h  gpu lost | gpu back | fabric 2 | remap pending | width 8 | idle | miss 10m
///
/// The answer is what changed: `12m raised ib_symbol_ber_high CRITICAL`.
struct Scenario {
    private struct Line {
        var time: Double
        var words: [String]
    }

    private let lines: [Line]
    private let interval: Double
    private(set) var judge: Judge
    private var ledger = Ledger()
    private var values: [String: [String: UInt64]] = [:]
    private var state = World()
    private var seconds = 0.0
    /// What changed, in order.
    private(set) var changes: [String] = []
    private(set) var reasons: [String] = []
    private(set) var findings: [Finding] = []

    private struct World {
        var link = (state: UInt8(4), physical: UInt8(5))
        var isPeerSeen = true
        var isLocalSeen = true
        var epoch: UInt64 = 7
        var peerEpoch: UInt64 = 0
        var bootID = "boot"
        var bootedAt = -10_000.0
        var wallShift = 0.0
        var lid: UInt16 = 17
        var managerLID: UInt16 = 1
        var lanes: UInt64 = 16
        var speed: UInt64 = 32_000
        var told: [(time: Double, event: PortEvent)] = []
        var isGPUSeen = true
        var isGPULost = false
        var condition = GPUCondition()
        var missUntil = -1.0
        var hasManifest = true
        var laneRate: UInt32 = 106_250
        var fec: FECMode? = .reedSolomon
    }

    init(_ timeline: String, interval: Double = 60, judge: Judge = Judge()) {
        lines = timeline.split(separator: "\n").flatMap(Self.line).sorted { $0.time < $1.time }
        self.interval = interval
        self.judge = judge
    }

    /// Runs to a time and returns what changed.
    static func changes(
        _ timeline: String, until end: String, interval: Double = 60, of id: ConditionID? = nil
    ) -> [String] {
        var scenario = Scenario(timeline, interval: interval)
        scenario.run(until: end)
        return scenario.changes.filter { change in
            id.map { change.contains(" \($0.rawValue) ") } ?? true
        }
    }

    mutating func run(until end: String) {
        let end = Self.seconds(end)
        while seconds <= end {
            for line in lines where line.time > seconds - interval && line.time <= seconds {
                happen(line)
            }
            if seconds >= state.missUntil { pass() }
            seconds += interval
        }
    }

    /// Goes on with what was saved, as after a restart of the daemon.
    mutating func restart() {
        judge = SavedHealth.judge(from: SavedHealth.text(judge)) ?? Judge()
        for key in judge.recent.parts.keys {
            if let series = ledger[key] { judge.recent.resume(key, series.entries) }
        }
    }

    // MARK: Time

    private static func seconds(_ text: some StringProtocol) -> Double {
        let factor: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last, let scale = factor[unit], let value = Double(text.dropLast())
        else { return Double(text) ?? 0 }
        return value * scale
    }

    private static func text(_ seconds: Double) -> String {
        let whole = Int(seconds)
        if whole % 3600 == 0, whole > 0 { return "\(whole / 3600)h" }
        if whole % 60 == 0 { return "\(whole / 60)m" }
        return "\(whole)s"
    }

    // Repeated lines are lines of their own.
    private static func line(_ text: Substring) -> [Line] {
        var words = text.split(separator: " ").map { String($0) }
        guard words.count > 1 else { return [] }
        let time = seconds(words.removeFirst())
        guard let every = words.firstIndex(of: "every"), words.count == every + 4 else {
            return [Line(time: time, words: words)]
        }
        let (step, end) = (seconds(words[every + 1]), seconds(words[every + 3]))
        let what = Array(words.prefix(every))
        return stride(from: time, through: end, by: step).map { Line(time: $0, words: what) }
    }

    private var now: Moment {
        Moment(
            bootID: state.bootID,
            boottimeNanoseconds: UInt64((seconds - state.bootedAt) * 1e9),
            wallMilliseconds: 1_770_000_000_000 + Int64((seconds + state.wallShift) * 1e3))
    }
}

// MARK: What happens

extension Scenario {
    private static let physical: [String: (UInt8, UInt8)] = [
        "down": (1, 4), "polling": (1, 2), "init": (2, 5), "off": (1, 3), "up": (4, 5),
    ]

    private mutating func happen(_ line: Line) {
        let words = line.words
        let second = words.count > 1 ? words[1] : ""
        switch (words[0], second) {
        case ("link", _): if let link = Self.physical[second] { state.link = link }
        case ("peer", "lost"): state.isPeerSeen = false
        case ("peer", "back"): state.isPeerSeen = true
        case ("local", "lost"): state.isLocalSeen = false
        case ("local", "back"): state.isLocalSeen = true
        case ("gpu", "lost"): state.isGPULost = true
        case ("gpu", "back"): state.isGPULost = false
        case (let end, "clear"): values[end] = values[end]?.mapValues { _ in 0 }
        case ("reload", _): restartDriver()
        case ("reboot", _):
            state.bootID += "+"
            state.bootedAt = line.time
            restartDriver()
        case ("restart", _): restart()
        case ("wall", _): state.wallShift += Self.seconds(second.dropFirst())
        case ("sm", _): state.managerLID = UInt16(second) ?? 0
        case ("lid", _): state.lid = UInt16(second) ?? 0
        case ("rate", _): state.laneRate = UInt32(second) ?? 0
        case ("fec", _): state.fec = second == "none" ? FECMode.none : .reedSolomon
        case ("told", _): tell(second, UInt64(words.last ?? "1") ?? 1, at: line.time)
        case ("fabric", _):
            state.condition.fabricState = UInt64(second)
            state.condition.fabricStatus = 0
        case ("mask", _): state.condition.fabricMask = UInt64(second)
        case ("remap", _):
            state.condition.isRemapPending = second == "pending"
            state.condition.hasRemapFailed = second == "failed"
        case ("rows", _): state.condition.remappedRows = UInt64(second)
        case ("width", _): state.lanes = UInt64(second) ?? 0
        case ("idle", _): state.speed = 2500
        case ("miss", _): state.missUntil = line.time + Self.seconds(second)
        default: count(words)
        }
    }

    private mutating func restartDriver() {
        state.epoch += 1
        for end in ["local", "pci", "gpu", "nvlink"] {
            values[end] = values[end]?.mapValues { _ in 0 }
        }
    }

    private mutating func tell(_ kind: String, _ count: UInt64, at time: Double) {
        guard let kind = NodeEvent.Kind(rawValue: kind) else { return }
        var event = PortEvent(
            kind: kind, device: .named("mlx5_0"), port: 1, ageSeconds: 0, count: count,
            line: kind.rawValue)
        event.number = 3
        state.told.append((time, event))
    }

    private mutating func count(_ words: [String]) {
        guard words.count == 3 else { return }
        let (end, counter, text) = (words[0], words[1], words[2])
        let amount = UInt64(text.dropFirst()) ?? 0
        let before = values[end]?[counter] ?? 0
        values[end, default: [:]][counter] = text.hasPrefix("=") ? amount : before + amount
    }
}

// MARK: A pass

extension Scenario {
    private static let near = PortKey(node: GUID(0xA0), port: 1)
    private static let uuid = GPUUUID(high: 1, low: 2)
    private static let gpuAddress = PCIAddress("0000:18:00.0")
    private static let hcaAddress = PCIAddress("0000:19:00.0")
    private static let bridgeAddress = PCIAddress("0000:17:00.0")

    private mutating func pass() {
        let now = now
        judge.recent.advance(to: now)
        ledger.beginPass()
        let report = report
        readPorts(report, now)
        if state.isGPUSeen, !state.isGPULost {
            read(.gpu(Self.uuid), "gpu", now)
            read(.nvlink(Self.uuid, 3), "nvlink", now)
        }
        if let address = Self.hcaAddress { read(.pci(address), "pci", now) }
        if let address = Self.bridgeAddress { read(.pci(address), "bridge", now) }
        let (findings, transitions) = judge.judge(evidence(report, now))
        self.findings = findings
        for transition in transitions {
            changes.append(
                "\(Self.text(seconds)) \(transition.kind.rawValue) \(transition.id.rawValue) "
                    + transition.severity.name)
            reasons.append(transition.reason)
        }
    }

    private var link: LinkInfo {
        LinkInfo(
            state: state.link.state, physicalState: state.link.physical, widthLanes: 4,
            laneMegabitsPerSecond: state.laneRate, lid: state.lid, smLID: state.managerLID,
            capabilityMask: 0)
    }

    private func readings(_ end: String, _ table: [Counter]) -> [Reading] {
        let values = values[end] ?? [:]
        return table.map { .value(values[$0.name] ?? 0, field: 0) }
    }

    private var report: PortReport {
        let all = InfiniBandCounters.all
        let local =
            state.isLocalSeen
            ? EndReport(
                link: link, fec: state.fec, readings: readings("local", all), epoch: state.epoch)
            : .unread(.timeout)
        var peer = PeerReport.absent
        if link.isUp {
            peer =
                state.isPeerSeen
                ? .observed(
                    Sample.peerIdentity,
                    EndReport(link: link, fec: state.fec, readings: readings("peer", all)))
                : .unobservable(.timeout)
        }
        return PortReport(
            device: "mlx5_0", key: Self.near, portGUID: GUID(0xA1), firmware: "28", model: "MT4129",
            description: "node1", local: local, peer: peer)
    }

    private mutating func readPorts(_ report: PortReport, _ now: Moment) {
        guard state.isLocalSeen else { return }
        let key = PartKey.port(Self.near)
        let events = ledger.observe(key, report.local.observation, at: now)
        let isSettling = judge.recent.takePort(
            Self.near, report.local, at: now,
            grace: judge.thresholds.value(.linkDown, "boot_grace"))
        let isTraining = judge.recent.takeLink(
            key, isUp: report.local.link?.isUp == true, at: now)
        judge.recent.take(
            key, ledger[key]?.entries ?? [], events, at: now, isIgnored: isSettling,
            isTraining: isTraining)
        guard case .observed(let identity, let far) = report.peer else { return }
        let peer = PartKey.port(identity.key)
        let others = ledger.observe(peer, far.observation, at: now)
        judge.recent.take(
            peer, ledger[peer]?.entries ?? [], others, at: now, isIgnored: isSettling,
            isTraining: isTraining)
    }

    private mutating func read(_ key: PartKey, _ end: String, _ now: Moment) {
        let events = ledger.observe(
            key,
            Observation(
                readings: readings(end, key.table.counters), gauges: [],
                epoch: end == "bridge" ? 1 : state.epoch, isObserved: true), at: now)
        judge.recent.take(key, ledger[key]?.entries ?? [], events, at: now)
    }

    private func evidence(_ report: PortReport, _ now: Moment) -> Evidence {
        var cable = CableEvidence(
            device: "rail0", report: report, isStale: false,
            saturated: [])
        if case .observed = report.peer { cable.isPeerFresh = true }
        cable.lastPeer = Sample.peerIdentity
        cable.isExpected = judge.recent.ports[Self.near]?.wasActive == true
        var evidence = Evidence(
            now: now, cables: [cable], collectors: [Sample.collector()],
            gpus: GPUsEvidence(library: nil, gpus: gpus))
        evidence.pcie = functions
        evidence.events = state.told.map { time, event in
            var event = event
            event.ageSeconds = seconds - time
            return event
        }.filter { $0.ageSeconds < 86_400 }
        return evidence
    }

    private var gpus: [GPUEvidence] {
        guard let address = Self.gpuAddress else { return [] }
        var gpu = GPUEvidence(
            index: 0, address: address, uuid: Self.uuid, state: .read,
            isListed: !state.isGPULost, isStale: state.isGPULost)
        gpu.links = [3]
        gpu.condition = state.condition
        return [gpu]
    }

    private var functions: [PCIFunctionEvidence] {
        guard let hca = Self.hcaAddress, let bridge = Self.bridgeAddress else { return [] }
        var above = PCIFunctionEvidence(address: bridge, role: .rootPort, isFresh: true)
        (above.width, above.maxWidth) = (state.lanes, 16)
        (above.speed, above.maxSpeed) = (32_000, 32_000)
        var function = PCIFunctionEvidence(
            address: hca, role: .hca, name: "rail0", parent: bridge, isFresh: true)
        (function.width, function.maxWidth) = (state.lanes, 16)
        (function.speed, function.maxSpeed) = (32_000, 32_000)
        var gpu: [PCIFunctionEvidence] = []
        if let address = Self.gpuAddress {
            var idle = PCIFunctionEvidence(
                address: address, role: .gpu, name: "GPU 0", gpuIndex: 0, parent: bridge,
                isFresh: true)
            (idle.width, idle.maxWidth, idle.speed, idle.maxSpeed) = (16, 16, state.speed, 32_000)
            gpu = [idle]
        }
        return [above, function] + gpu
    }
}
