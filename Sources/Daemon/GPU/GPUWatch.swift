import Collectors
import Glibc
import Logging
import Model

/// Watches the GPU probe: notices a call that does not return and a call that ends the process,
/// leaves that GPU out, and tries it alone later.
///
/// Used on the main thread only.
final class GPUWatch {
    /// What the watch asks of the kernel; tests play it.
    struct Kernel {
        /// The instance of a GPU's driver and device, or of the driver alone for `.none`.
        var token: (PCIAddress, UInt64) -> UInt64
        /// Whether the node has GPUs.
        var hasGPUs: (UInt64) -> Bool = { _ in true }
        /// What a thread of a process is doing; nil when it is gone.
        var thread: (pid_t, UInt32) -> ThreadState?
    }

    /// Something that changed.
    struct News {
        let text: String
        let level: Logger.Level

        init(_ text: String, _ level: Logger.Level) {
            self.text = text
            self.level = level
        }
    }

    /// What pictures show of the watch.
    struct View: Sendable {
        /// What is wrong with GPUs beyond what their reports say.
        var troubles: [PCIAddress: GPUTrouble] = [:]
        /// Calls that took longer than the soft deadline.
        var slowCalls: [PCIAddress: UInt64] = [:]
        /// Whether the node has had no GPU so far that is to be read.
        var hasNoGPUs = false
    }

    /// The probe that reads all GPUs.
    let supervisor: ProbeSupervisor
    private let trial: GPUTrial
    private let board: CallBoard?
    private let kernel: Kernel
    private let patience: Patience
    private var configuration: GPUConfiguration
    private var quarantine: Quarantine

    private var deathsSeen: UInt64 = 0
    private var slow: Set<PCIAddress> = []
    // Of the latest report: GPUs whose call was under way, and whether any GPU was read.
    private var busy: Set<PCIAddress> = []
    private var isAnyRead = false
    private var hung: [PCIAddress: GPUTrouble] = [:]
    private var disabledToken: UInt64?
    private var loggedLibrary: GPULibrary?
    private var isLibraryHung = false
    // Whether its call cannot be ended without harm to the GPUs that are read.
    private var isLibraryKept = false
    private var libraryHangs = 0
    private var loggedReasons: [PCIAddress: String] = [:]
    private var news: [News] = []

    /// Calls that took longer than the soft deadline, by GPU.
    private(set) var slowCalls: [PCIAddress: UInt64] = [:]

    init(
        supervisor: ProbeSupervisor, trial: GPUTrial, board: CallBoard?,
        configuration: GPUConfiguration, patience: Patience, quarantine: Quarantine,
        kernel: Kernel
    ) {
        self.supervisor = supervisor
        self.trial = trial
        self.board = board
        self.configuration = configuration
        self.patience = patience
        self.quarantine = quarantine
        self.kernel = kernel
    }

    /// The trial's descriptor to wait on; nil while none runs.
    var descriptor: Int32? { trial.descriptor }

    /// Processor time of trials that ended.
    var trialCPUSeconds: Double { trial.endedCPUSeconds }

    /// When `tick` has something to do next; nil when nothing is pending.
    var nextTick: UInt64? {
        let due = [trial.nextTick, mayTry ? quarantine.nextTrial : nil]
        return (waiting.compactMap(deadline) + due.compactMap { $0 }).min()
    }

    // A call that cannot be ended is looked at again with the reports.
    private func deadline(_ call: CallBoard.Call) -> UInt64? {
        let isSlow = call.address.map(slow.contains) ?? true
        let wait = isSlow ? patience.hardNanoseconds : patience.softNanoseconds
        let due = call.startNanoseconds + wait
        let isKept =
            call.address.map { isAnyRead && hung[$0]?.kernel?.isUninterruptible == true }
            ?? isLibraryKept
        return isKept ? nil : due
    }

    /// What is wrong with GPUs beyond what their reports say.
    var troubles: [PCIAddress: GPUTrouble] {
        var all = hung
        for (address, entry) in quarantine.entries {
            all[address] = GPUTrouble(
                call: entry.cause.call, since: hung[address]?.since ?? entry.since,
                kernel: hung[address]?.kernel, excluded: entry.reason)
        }
        return all
    }

    /// What pictures show.
    var view: View { View(troubles: troubles, slowCalls: slowCalls) }

    /// What is new, for the log and for a picture.
    func takeNews() -> [News] {
        defer { news = [] }
        let reasons = quarantine.reasons
        guard reasons != loggedReasons else { return news }
        for (address, reason) in reasons.sorted(by: { $0.key < $1.key })
        where loggedReasons[address] != reason {
            news.append(News("GPU \(address) is left alone: \(reason)", .warning))
        }
        for address in loggedReasons.keys.sorted() where reasons[address] == nil {
            news.append(News("GPU \(address) is read again", .notice))
        }
        loggedReasons = reasons
        return news
    }

    // MARK: What is heard

    private func note(_ library: GPULibrary) {
        if library.state == .ready { libraryHangs = 0 }
        isLibraryHung = library.state == .hung
        isLibraryKept = false
        guard library.isOther(than: loggedLibrary), library.state != .starting else { return }
        loggedLibrary = library
        news.append(News(library.summary, library.state == .ready ? .notice : .warning))
    }

    /// Looks through a report of the probe.
    func take(_ report: GPUReport, now: UInt64) {
        note(report.library)
        isAnyRead = report.gpus.contains { $0.state == .read }
        busy = []
        for gpu in report.gpus {
            guard case .busy(let call) = gpu.state else { continue }
            busy.insert(gpu.address)
            judge(gpu.address, call, now: now)
        }
        forget(report.foreign)
        slow.formIntersection(busy)
        hung = hung.filter { busy.contains($0.key) || quarantine.entries[$0.key] != nil }
    }

    // Another driver has them now.
    private func forget(_ foreign: [PCIAddress]) {
        let left = foreign.filter { quarantine.remove($0) }
        if let address = trial.address, foreign.contains(address) {
            trial.cancel("another driver has its GPU")
        }
        if !left.isEmpty { tellProbe() }
    }

    private func judge(_ address: PCIAddress, _ call: GPUCall, now: UInt64) {
        noteSlow(address, call, now: now)
        if call.nanoseconds >= patience.hardNanoseconds { end(address, call, now: now) }
    }

    // Calls that were under way at the latest report and still are.
    private var waiting: [CallBoard.Call] {
        guard !busy.isEmpty || isLibraryHung, let board else { return [] }
        return board.calls().filter { $0.address.map(busy.contains) ?? isLibraryHung }
    }

    // A turn may be long: deadlines are kept between reports as well.
    private func checkCalls(now: UInt64) {
        for call in waiting {
            guard let address = call.address else {
                endLibrary(call, now: now)
                continue
            }
            judge(address, call.reported(now: now), now: now)
        }
    }

    // It is opened again, less and less often.
    private func endLibrary(_ call: CallBoard.Call, now: UInt64) {
        guard now >= call.startNanoseconds + patience.hardNanoseconds else { return }
        isLibraryKept = isAnyRead && thread(call.thread)?.isUninterruptible == true
        if isLibraryKept { return }
        libraryHangs += 1
        isLibraryHung = false
        supervisor.kill(
            "probe gpu was killed: \(call.function) did not return within "
                + "\((now - call.startNanoseconds) / 1_000_000_000) s")
    }

    private func noteSlow(_ address: PCIAddress, _ call: GPUCall, now: UInt64) {
        guard call.nanoseconds >= patience.softNanoseconds else { return }
        if slow.insert(address).inserted {
            slowCalls[address, default: 0] += 1
            news.append(News("GPU \(address): \(call.function) takes long", .debug))
        }
        let began = now - min(now, call.nanoseconds)
        hung[address] = GPUTrouble(
            call: call, since: hung[address]?.since ?? began,
            kernel: thread(call.thread))
    }

    private func thread(_ thread: UInt32) -> ThreadState? {
        supervisor.pid.flatMap { kernel.thread($0, thread) }
    }

    // A process whose thread waits uninterruptibly cannot be killed, only maimed: the threads that
    // read the other GPUs would end, and no other process may be started until the last one goes.
    private func end(_ address: PCIAddress, _ call: GPUCall, now: UInt64) {
        if isAnyRead, hung[address]?.kernel?.isUninterruptible == true { return }
        quarantine.put(address, .hung(call), token: kernel.token(address, now), now: now)
        busy = []
        supervisor.kill(
            "probe gpu was killed: \(call.function) (\(call.family.name)) of GPU \(address) did "
                + "not return within \(call.nanoseconds / 1_000_000_000) s")
    }

    /// The kernel log has told of a GPU that must not be asked any more.
    func stop(_ address: PCIAddress, because event: NodeEvent, now: UInt64) {
        guard put(address, event, now: now) else { return }
        if trial.address == address { trial.cancel("the kernel log told of its GPU") }
        tellProbe()
    }

    /// The kernel log told of a GPU before the daemon was started: it may have been reset since,
    /// so it is tried alone before it is read with the others.
    func recall(_ address: PCIAddress, because event: NodeEvent, now: UInt64) {
        guard !isTold(address), put(address, event, now: now) else { return }
        quarantine.hasten(address, now: now)
        tellProbe()
    }

    private func put(_ address: PCIAddress, _ event: NodeEvent, now: UInt64) -> Bool {
        configuration.mayTouch(address)
            && quarantine.put(
                address, .told(event), token: kernel.token(address, now), now: now)
    }

    private func tellProbe() {
        configuration.stopped = quarantine.reasons
        supervisor.reconfigure(.gpu(configuration))
    }

    // MARK: Time

    /// Does what is due after the supervisor's own tick; returns a trouble to be logged.
    func tick(now: UInt64) -> String? {
        let trouble = checkDeath(now: now)
        checkCalls(now: now)
        if let address = trial.address {
            take(trial.tick(now: now), of: address, now: now)
        } else {
            _ = trial.tick(now: now)
            startTrial(now: now)
        }
        return trouble
    }

    private func checkDeath(now: UInt64) -> String? {
        guard supervisor.deaths != deathsSeen else { return nil }
        deathsSeen = supervisor.deaths
        defer { board?.clear() }
        // It may have been killed for one GPU while a call of another was under way.
        let killed = quarantine.entries.contains { entry in
            if case .hung = entry.value.cause { return configuration.stopped[entry.key] == nil }
            return false
        }
        let culprits = killed || !supervisor.lastStatus.isCrash ? [] : board?.calls() ?? []
        for call in culprits { blame(call, now: now) }
        if killed || culprits.contains(where: { $0.address != nil }) {
            configuration.stopped = quarantine.reasons
            supervisor.reconfigure(.gpu(configuration))
            supervisor.startNow(now: now)
            return nil
        }
        if libraryHangs > 0 {
            supervisor.postpone(until: now + quarantine.delay(after: libraryHangs - 1))
        }
        guard supervisor.crashesInARow >= Quarantine.crashLimit else { return nil }
        let place = culprits.first.map { " in \($0.function)" } ?? ""
        let trouble =
            "probe gpu crashed \(supervisor.crashesInARow) times in a row\(place) and is disabled "
            + "until the NVIDIA driver changes or the daemon is restarted"
        supervisor.disable(trouble)
        disabledToken = kernel.token(.none, now)
        return trouble
    }

    private func blame(_ call: CallBoard.Call, now: UInt64) {
        guard let address = call.address else { return }
        quarantine.put(
            address, .crashed(call.reported(now: now), status: supervisor.lastStatus),
            token: kernel.token(address, now), now: now)
    }

    private func checkDisabled(now: UInt64) {
        guard supervisor.isDisabled, kernel.token(.none, now) != disabledToken else { return }
        supervisor.enable(now: now)
    }

    /// Whether the node has GPUs, so that a probe is worth its memory.
    func isNeeded(now: UInt64) -> Bool { kernel.hasGPUs(now) }

    /// Looks whether drivers or devices of what is left alone are others than before; for once in
    /// a turn.
    func checkInstances(now: UInt64) {
        quarantine.check(now: now) { kernel.token($0, now) }
        checkDisabled(now: now)
    }

    // MARK: Trials

    // Beside a probe that is dying nothing may be started.
    private var mayTry: Bool { !supervisor.isDying && supervisor.pid != nil && trial.isFree }

    private func startTrial(now: UInt64) {
        guard mayTry, let address = quarantine.takeDue(now: now) else { return }
        // A GPU that still holds a thread of the probe need not be asked by another.
        guard board?.calls().contains(where: { $0.address == address }) != true else {
            return quarantine.fail(address, hasCrashed: false, now: now)
        }
        trial.start(address, configuration, now: now)
    }

    /// Reads what the trial has to say.
    func receiveTrial(now: UInt64) {
        guard let address = trial.address else { return }
        take(trial.receive(now: now), of: address, now: now)
    }

    private func take(_ outcome: GPUTrial.Outcome?, of address: PCIAddress, now: UInt64) {
        guard let outcome else { return }
        if outcome == .read || outcome == .failed && !isTold(address) {
            quarantine.release(address, now: now)
            hung[address] = nil
        } else {
            quarantine.fail(address, hasCrashed: outcome == .crashed, now: now)
        }
        tellProbe()
    }

    // Its errors are the probe's to report, unless the kernel says that it must not be asked.
    private func isTold(_ address: PCIAddress) -> Bool {
        quarantine.entries[address]?.cause.isTold == true
    }

    // MARK: The end

    /// Ends the trial, if one runs.
    func stop() { trial.stop() }

    /// Whether no process of a trial is left.
    var isGone: Bool { trial.isGone }
}
