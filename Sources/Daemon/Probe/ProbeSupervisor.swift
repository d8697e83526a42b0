import Glibc
import Model
import Wire

/// Starts one probe, asks it, notices when it hangs, ends it, and starts it again.
///
/// There is never a second process of a probe while the first is not reaped: a process that hangs
/// in the kernel holds its device whatever it was sent. Used on the main thread only.
final class ProbeSupervisor {
    private enum Phase {
        case down(until: UInt64)
        case running(any ProbeLink)
        case dying(any ProbeLink)
        case disabled
    }

    /// What a probe has told.
    enum Heard: Equatable {
        case report(ProbeReport)
        case events([NodeEvent])
    }

    /// What became of a process: its status as waitpid(2) has it and its processor time.
    struct Ending {
        var status: Int32
        var cpuSeconds: Double
    }

    let name: String
    private(set) var configuration: ProbeConfiguration
    private let patience: Patience
    private let launch: () throws(SpawnError) -> any ProbeLink
    private let reap: (pid_t) -> Ending?

    private var phase = Phase.down(until: 0)
    private var frames = FrameBuffer()
    private var backOff: UInt64
    // What ended processes had told and nobody had read.
    private var lastWords: [NodeEvent] = []
    // Turns that this process has answered.
    private var answered: UInt64 = 0
    private var asked: (turn: UInt64, at: UInt64, isLate: Bool)?
    private var wasStarted = false
    private var isLeaving = false
    // Turns in a row without a usable device, and how many of them are borne.
    private var uselessTurns = 0
    private var uselessTurnsBorne = ProbeSupervisor.uselessTurnsAtFirst

    private var hung = HungDevices()

    private static let uselessTurnsAtFirst = 3
    private static let uselessTurnsAtMost = 96

    /// Whether the latest turn was answered in time.
    private(set) var isCurrent = false
    /// What the probe last said it was working on; nil when idle.
    private(set) var workingOn: String?
    /// The latest trouble in one sentence; nil when the latest answer came in time.
    private(set) var trouble: String?
    private(set) var restarts: UInt64 = 0
    private(set) var slowTurns: UInt64 = 0
    private(set) var skippedTurns: UInt64 = 0
    /// Processor time of processes that ended.
    private(set) var endedCPUSeconds = 0.0
    /// Processes that ended, whatever they ended of.
    private(set) var deaths: UInt64 = 0
    /// The status of the latest one, as waitpid(2) has it.
    private(set) var lastStatus: Int32 = 0
    /// Those of its own fault since the last answered turn.
    private(set) var crashesInARow = 0

    init(
        name: String, configuration: ProbeConfiguration, patience: Patience,
        launch: @escaping () throws(SpawnError) -> any ProbeLink,
        reap: @escaping (pid_t) -> Ending?
    ) {
        self.name = name
        self.configuration = configuration
        self.patience = patience
        self.launch = launch
        self.reap = reap
        backOff = patience.restartMinimumNanoseconds
    }

    /// The word for its state in the API.
    var state: String {
        switch phase {
        case .down: wasStarted ? "restarting" : "starting"
        case .dying: "hung"
        case .disabled: "disabled"
        case .running: asked?.isLate == true ? "slow" : "ok"
        }
    }

    /// The descriptor to wait on; nil while no process runs.
    var descriptor: Int32? {
        if case .running(let link) = phase { link.answers } else { nil }
    }

    /// The process; nil while none runs.
    var pid: pid_t? {
        switch phase {
        case .running(let link), .dying(let link): link.pid
        case .down, .disabled: nil
        }
    }

    /// Whether an answer is still expected within the soft deadline.
    var isAwaited: Bool { asked.map { !$0.isLate } ?? false }

    /// When `tick` has something to do next; nil when nothing is pending.
    var nextTick: UInt64? {
        let own: UInt64? =
            switch phase {
            case .down where !lastWords.isEmpty: 0
            case .down(let until): until
            case .dying, .disabled: nil
            case .running:
                asked.map {
                    $0.at + ($0.isLate ? patience.hardNanoseconds : patience.softNanoseconds)
                }
            }
        return [own, hung.nextTrial].compactMap(\.self).min()
    }

    /// Asks for a pass; a probe that is still busy or not there misses its turn.
    func collect(turn: UInt64, now: UInt64) {
        guard case .running(let link) = phase, asked == nil else {
            skippedTurns += 1
            isCurrent = false
            return
        }
        asked = (turn, now, false)
        if !link.send(Command.collect(turn: turn).frame) {
            end(link, "probe \(name) does not read its commands")
        }
    }

    /// Counts turns that began too late to be asked in.
    func miss(turns: UInt64) { skippedTurns += turns }

    /// Tells the probe to do something else, now and whenever it is started.
    func reconfigure(_ configuration: ProbeConfiguration) {
        self.configuration = configuration
        guard case .running(let link) = phase else { return }
        if !link.send(Command.configure(configuration).frame) {
            end(link, "probe \(name) does not read its commands")
        }
    }

    /// Reads what has arrived.
    func receive(now: UInt64) -> [Heard] {
        guard case .running(let link) = phase else { return [] }
        guard let bytes = link.receive() else {
            end(link, nil)
            return []
        }
        frames.append(bytes)
        var heard: [Heard] = []
        do {
            while let payload = try frames.next() {
                if let news = try take(Answer(payload), link) { heard.append(news) }
            }
        } catch {
            end(link, "probe \(name) sent something that is not a frame: \(error)")
        }
        return heard
    }

    /// The events that ended processes had told and nobody had read.
    func takeLastWords() -> [NodeEvent] {
        defer { lastWords = [] }
        return lastWords
    }

    private func readLastWords(_ link: any ProbeLink) {
        while let bytes = link.receive(), !bytes.isEmpty { frames.append(bytes) }
        while let payload = try? frames.next() {
            if case .events(let events)? = try? Answer(payload) { lastWords += events }
        }
    }

    private func take(_ answer: Answer, _ link: any ProbeLink) -> Heard? {
        switch answer {
        case .hello(let version):
            if version != Version.text {
                end(link, "probe \(name) is version \(version), the daemon \(Version.text)")
            }
        case .working(let what):
            workingOn = what
        case .events(let events):
            return .events(events)
        case .report(let turn, let report):
            workingOn = nil
            guard turn == asked?.turn else { return nil }
            if asked?.isLate == false { trouble = nil }
            isCurrent = true
            asked = nil
            answered += 1
            if answered > 1 { backOff = patience.restartMinimumNanoseconds }
            crashesInARow = 0
            switch report {
            case .infiniBand(let report): judge(report, link)
            case .kernelLog(let report): configuration.goOn(behind: report.lastRecord)
            case .gpu, .pcie: break
            }
            return .report(report)
        }
        return nil
    }

    // What a process has opened may stay useless after the device is back; a new one opens it
    // anew. That is tried less and less often, for the sake of a device that stays dead.
    private func judge(_ report: InfiniBandReport, _ link: any ProbeLink) {
        guard report.isUseless else {
            uselessTurns = 0
            uselessTurnsBorne = Self.uselessTurnsAtFirst
            return
        }
        uselessTurns += 1
        guard uselessTurns >= uselessTurnsBorne else { return }
        trouble =
            "probe \(name) could use none of its devices for \(uselessTurns) turns "
            + "and is started anew"
        uselessTurns = 0
        uselessTurnsBorne = min(2 * uselessTurnsBorne, Self.uselessTurnsAtMost)
        isLeaving = true
        link.finish()
    }

    /// Does what is due: starts, notes lateness, kills, reaps.
    func tick(now: UInt64) {
        if hung.release(now: now) { reconfigure(configuration.leavingAlone(hung.names)) }
        switch phase {
        case .down(let until):
            if now >= until { start(now: now) }
        case .disabled: break
        case .dying(let link):
            if let ending = reap(link.pid) { ended(ending, now: now) }
        case .running(let link):
            if let ending = reap(link.pid) {
                ended(ending, now: now)
            } else if let asked {
                checkDeadline(asked, link, now: now)
            }
        }
    }

    private func checkDeadline(
        _ question: (turn: UInt64, at: UInt64, isLate: Bool), _ link: any ProbeLink, now: UInt64
    ) {
        let waited = now - min(now, question.at)
        if waited >= patience.hardNanoseconds {
            let place = workingOn.map { " while working on \($0)" } ?? ""
            if configuration.kind == .infiniBand, hung.put(workingOn, now: now) {
                configuration = configuration.leavingAlone(hung.names)
            }
            end(link, "probe \(name) was killed after \(Self.seconds(waited)) s\(place)")
        } else if waited >= patience.softNanoseconds, !question.isLate {
            asked?.isLate = true
            isCurrent = false
            slowTurns += 1
            let place = workingOn.map { ", working on \($0)" } ?? ""
            trouble = "probe \(name) has been busy for \(Self.seconds(waited)) s\(place)"
        }
    }

    private static func seconds(_ nanoseconds: UInt64) -> UInt64 { nanoseconds / 1_000_000_000 }

    private func start(now: UInt64) {
        if wasStarted { restarts += 1 }
        wasStarted = true
        frames = FrameBuffer()
        workingOn = nil
        asked = nil
        isLeaving = false
        answered = 0
        do {
            let link = try launch()
            phase = .running(link)
            if !link.send(Command.configure(configuration).frame) {
                end(link, "probe \(name) does not read its commands")
            }
        } catch {
            trouble = error.text
            wait(now: now)
        }
    }

    // Kills the process; what became of it is known when it is reaped.
    private func end(_ link: any ProbeLink, _ reason: String?) {
        if let reason { trouble = reason }
        missTurn()
        link.kill()
        phase = .dying(link)
    }

    // A process that ends while it is asked has missed the turn, and knows nothing new after it.
    private func missTurn() {
        if asked?.isLate == false { slowTurns += 1 }
        asked = nil
        isCurrent = false
    }

    private func ended(_ ending: Ending, now: UInt64) {
        hung.begin(now: now)
        endedCPUSeconds += ending.cpuSeconds
        deaths += 1
        lastStatus = ending.status
        if ending.status.isCrash { crashesInARow += 1 }
        if case .running(let link) = phase {
            readLastWords(link)
            missTurn()
            if !isLeaving { trouble = nil }
        }
        trouble = trouble ?? "probe \(name) \(Self.describe(ending.status))"
        wait(now: now)
    }

    private func wait(now: UInt64) {
        phase = .down(until: now + backOff)
        backOff = min(backOff * 2, patience.restartMaximumNanoseconds)
    }

    // The low seven bits are the signal, the next byte the exit status (wait(2)).
    private static func describe(_ status: Int32) -> String {
        let signal = status & 0x7F
        guard signal == 0 else { return "was ended by signal \(signal)" }
        let exit = status >> 8 & 0xFF
        return exit == 0
            ? "ended by itself and is started anew" : "ended with exit status \(exit)"
    }

    /// Asks the probe to end by itself.
    func finish() {
        if case .running(let link) = phase { link.finish() }
    }

    /// Whether a process is still there.
    var isGone: Bool {
        guard let pid else { return true }
        guard reap(pid) != nil else { return false }
        phase = .down(until: .max)
        return true
    }

    /// Ends the probe by force.
    func stop() {
        switch phase {
        case .running(let link), .dying(let link): link.kill()
        case .down, .disabled: break
        }
    }
}

// What a watcher of one probe may do to it.
extension ProbeSupervisor {
    /// Kills the process for a reason that its answers show.
    func kill(_ reason: String) {
        if case .running(let link) = phase { end(link, reason) }
    }

    /// Starts an ended probe now, since what it ended of is known and out of the way.
    func startNow(now: UInt64) {
        guard case .down = phase else { return }
        crashesInARow = 0
        backOff = patience.restartMinimumNanoseconds
        phase = .down(until: now)
    }

    /// Waits longer than usual before an ended probe is started again.
    func postpone(until: UInt64) {
        if case .down = phase { phase = .down(until: until) }
    }

    /// Starts an ended probe no more until `enable`.
    func disable(_ reason: String) {
        guard case .down = phase else { return }
        trouble = reason
        phase = .disabled
    }

    /// Lets a disabled probe be started again.
    func enable(now: UInt64) {
        guard case .disabled = phase else { return }
        crashesInARow = 0
        backOff = patience.restartMinimumNanoseconds
        phase = .down(until: now)
    }

    /// Whether it is given up.
    var isDisabled: Bool {
        if case .disabled = phase { true } else { false }
    }

    /// Whether a process was killed and has not gone.
    var isDying: Bool {
        if case .dying = phase { true } else { false }
    }
}
