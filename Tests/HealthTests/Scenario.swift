import Model

@testable import Health

/// A node on which a timeline happens.
///
/// A line of a timeline is a time and what happens then. The node has one cable, one GPU with an
/// NVLink and a PCIe slot; a first word with a number, such as `link2` or `gpu2`, is of a second
/// one, which is there when any line names it. A line that is not understood is a change that no
/// row expects.
///
///     10m peer symbol_error +400            a counter rises: local, peer, gpu, nvlink, pci, bridge
///     10m peer symbol_error +3 every 2m until 1h
///     1h  peer clear                          somebody clears all counters of that end
///     1h  peer narrow                         its counters are the old ones, which get full
///     1h  link down | polling | init | off | up
///     1h  peer lost | peer back | local lost | local nolid | local back | hca lost | hca back
///     1h  sm 5 | lid 9 | rate 53125 | lanes 2 | allow peer 2 NDR | fec none | cable 9
///     1h  firmware 28.40 | told link_flap 2 | told hca_health 1 16   how often, which
///     1h  gpu lost | fails 999 | hang | busy | absent | reset | back | xid 79 [MESSAGE] | asks 1
///     1h  nvlink down | sleep | up | leads gpu2 | leads switch
///     1h  gpu works 100 | speed 8000
///     1h  fabric 2 | mask 1 | remap pending | rows 11 | width 8 | idle | miss 10m
///     1h  reboot | reload | restart | wall +1d | manifest
///     1h  probe gpu silent | empty | back; library missing | back
///     1h  log lost | back; history full | back
///
/// The answer is what changed: `12m raised ib_symbol_ber_high CRITICAL`.
struct Scenario {
    /// Something that happens.
    struct Line {
        var time: Double
        var words: [String]

        /// The first word without the number of the part.
        var name: Substring { words[0].prefix { !$0.isNumber } }
        /// Which of the parts, from 0.
        var index: Int { (Int(words[0].drop { !$0.isNumber }) ?? 1) - 1 }
        /// The word after the first one.
        var word: String { words.count > 1 ? words[1] : "" }
        /// The last word as a number.
        var number: UInt64? { words.last.flatMap { UInt64($0) } }
    }

    private let lines: [Line]
    let interval: Double
    var judge: Judge
    var ledger = Ledger()
    var values: [String: [String: UInt64]] = [:]
    var world: World
    var seconds = 0.0
    /// What changed, in order.
    var changes: [String] = []
    var reasons: [String] = []
    var findings: [Finding] = []

    init(_ timeline: String, interval: Double = 60, judge: Judge = Judge()) {
        lines = timeline.split(separator: "\n").flatMap(Self.line).sorted { $0.time < $1.time }
        world = World(lines)
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
            id.map { change.contains(" \($0.rawValue) ") || change.hasPrefix("?") } ?? true
        }
    }

    mutating func run(until end: String) {
        let end = Self.seconds(end)
        while seconds <= end {
            for line in lines where line.time > seconds - interval && line.time <= seconds {
                happen(line)
            }
            if seconds >= world.missUntil { pass() }
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

    static func seconds(_ text: some StringProtocol) -> Double {
        let factor: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last, let scale = factor[unit], let value = Double(text.dropLast())
        else { return Double(text) ?? 0 }
        return value * scale
    }

    static func text(_ seconds: Double) -> String {
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

    var now: Moment { moment(seconds) }

    func moment(_ seconds: Double) -> Moment {
        Moment(
            bootID: world.bootID,
            boottimeNanoseconds: UInt64((seconds - world.bootedAt) * 1e9),
            wallMilliseconds: 1_770_000_000_000 + Int64((seconds + world.wallShift) * 1e3))
    }
}

// MARK: What happens

extension Scenario {
    private static let tables: [String: [Counter]] = [
        "local": InfiniBandCounters.all, "peer": InfiniBandCounters.all,
        "gpu": GPUCounters.all, "nvlink": NVLinkCounters.all, "pci": PCICounters.all,
        "bridge": PCICounters.all,
    ]

    private mutating func happen(_ line: Line) {
        switch (line.name, line.word) {
        case (_, "clear"): clear(line.words[0])
        case ("reload", _): restartDriver()
        case ("reboot", _):
            world.bootID += "+"
            world.bootedAt = line.time
            restartDriver()
        case ("restart", _): restart()
        case ("gpu", "reset"):
            world.gpus[line.index].begin()
            let number = line.index == 0 ? "" : "\(line.index + 1)"
            for part in ["gpu", "nvlink"] { clear(part + number) }
        case ("gpu", "xid"): tellXid(line)
        default:
            let isUnderstood =
                count(line) || world.happenToCable(line) || world.happenToGPU(line)
                || world.happen(line)
            if !isUnderstood { changes.append("? " + line.words.joined(separator: " ")) }
        }
    }

    private mutating func clear(_ end: String) { values[end] = values[end]?.mapValues { _ in 0 } }

    private mutating func restartDriver() {
        world.epoch += 1
        for end in values.keys where !end.hasPrefix("peer") && end != "bridge" { clear(end) }
    }

    private mutating func tellXid(_ line: Line) {
        guard line.words.count > 2, let number = UInt32(line.words[2]) else { return }
        let address = World.gpuAddress(line.index)
        let message = line.words.dropFirst(3).joined(separator: " ")
        world.records += 1
        var event = NodeEvent(
            kind: .xid, device: .pci(address), number: number,
            wallMilliseconds: moment(line.time).wallMilliseconds, source: .kernelLog,
            record: world.records, line: "NVRM: Xid (PCI:\(address)): \(number), \(message)")
        // The kernel log's reader takes the link from the words.
        if message.hasPrefix("link ") { event.link = UInt16(message.dropFirst(5)) }
        let time = UInt64(line.time * 1e9)
        if let event = world.window.take(event, nowNanoseconds: time) { note(event) }
    }

    mutating func note(_ event: NodeEvent) {
        world.journal.note(event, bootID: world.bootID, gpu: nil)
    }

    private mutating func count(_ line: Line) -> Bool {
        guard line.words.count == 3, let table = Self.tables[String(line.name)],
            table.contains(where: { $0.name == line.word }),
            let amount = UInt64(line.words[2].dropFirst())
        else { return false }
        let before = values[line.words[0]]?[line.word] ?? 0
        values[line.words[0], default: [:]][line.word] =
            line.words[2].hasPrefix("=") ? amount : before + amount
        return true
    }
}
