import Collectors
import Glibc
import Model

/// Watches the GPU probe: notices a call that does not return and a call that ends the process,
/// leaves that GPU out, and tries it alone later.
///
/// Used on the main thread only.
final class GPUWatch {
    /// What the watch asks of the kernel; tests play it.
    struct Kernel {
        /// The instance of a GPU's driver and device, or of the driver alone for `.none`.
        var token: (PCIAddress) -> UInt64
        /// Whether the node has GPUs; looks at the kernel's list now and then.
        var hasGPUs: (UInt64) -> Bool = { _ in true }
        /// What a thread of a process is doing; nil when it is gone.
        var thread: (pid_t, UInt32) -> ThreadState?
    }

    // Between two questions to a trial that is not ready.
    private static let trialPause: UInt64 = 200_000_000

    /// What pictures show of the watch.
    struct View: Sendable {
        /// What is wrong with GPUs beyond what their reports say.
        var troubles: [PCIAddress: GPUTrouble] = [:]
        /// Calls that took longer than the soft deadline.
        var slowCalls: [PCIAddress: UInt64] = [:]
    }

    /// The probe that reads all GPUs.
    let supervisor: ProbeSupervisor
    private let trial: ProbeSupervisor
    private let board: CallBoard?
    private let trialBoard: CallBoard?
    private let kernel: Kernel
    private let patience: Patience
    private var configuration: GPUConfiguration
    private var quarantine: Quarantine

    private var deathsSeen: UInt64 = 0
    private var trialDeathsSeen: UInt64 = 0
    private var tried: PCIAddress?
    private var trialStarted: UInt64 = 0
    private var trialTurn: UInt64 = 0
    // When the trial is asked again; nil while its answer is awaited.
    private var nextQuestion: UInt64?
    private var slow: Set<PCIAddress> = []
    // Of the latest report: GPUs whose call was under way, and whether any GPU was read.
    private var busy: Set<PCIAddress> = []
    private var isAnyRead = false
    private var hung: [PCIAddress: GPUTrouble] = [:]
    private var disabledToken: UInt64?
    private var loggedLibrary: GPULibrary?
    private var isLibraryHung = false
    private var libraryHangs = 0
    private var news: [(text: String, isTrouble: Bool)] = []

    /// Calls that took longer than the soft deadline, by GPU.
    private(set) var slowCalls: [PCIAddress: UInt64] = [:]

    init(
        supervisor: ProbeSupervisor, trial: ProbeSupervisor, boards: (CallBoard?, CallBoard?),
        configuration: GPUConfiguration, patience: Patience, quarantine: Quarantine,
        kernel: Kernel
    ) {
        self.supervisor = supervisor
        self.trial = trial
        (board, trialBoard) = boards
        self.configuration = configuration
        self.patience = patience
        self.quarantine = quarantine
        self.kernel = kernel
    }

    /// The trial's descriptor to wait on; nil while none runs.
    var descriptor: Int32? { tried == nil ? nil : trial.descriptor }

    /// When `tick` has something to do next; nil when nothing is pending.
    var nextTick: UInt64? {
        let calls = waiting.compactMap(deadline)
        guard tried != nil else {
            return (calls + [trial.pid == nil ? quarantine.nextTrial : nil].compactMap { $0 }).min()
        }
        return (calls + [trial.nextTick, nextQuestion].compactMap { $0 }).min()
    }

    // A call that cannot be ended is looked at again with the reports.
    private func deadline(_ call: CallBoard.Call) -> UInt64? {
        let isSlow = call.address.map(slow.contains) ?? true
        let wait = isSlow ? patience.hardNanoseconds : patience.softNanoseconds
        let due = call.startNanoseconds + wait
        let isKept = call.address.map { hung[$0]?.kernel?.isUninterruptible == true } ?? false
        return isKept ? nil : due
    }

    /// What is wrong with GPUs beyond what their reports say.
    var troubles: [PCIAddress: GPUTrouble] {
        var all = hung
        for (address, entry) in quarantine.entries {
            all[address] = GPUTrouble(
                call: entry.cause.call, since: hung[address]?.since ?? entry.since,
                kernel: hung[address]?.kernel, excluded: entry.reason,
                isGivenUp: entry.isGivenUp)
        }
        return all
    }

    /// What pictures show.
    var view: View { View(troubles: troubles, slowCalls: slowCalls) }

    /// What is new of the library, for the log.
    func takeNews() -> [(text: String, isTrouble: Bool)] {
        defer { news = [] }
        return news
    }

    // MARK: What is heard

    private func note(_ library: GPULibrary) {
        if library.state == .ready { libraryHangs = 0 }
        isLibraryHung = library.state == .hung
        guard library.isOther(than: loggedLibrary), library.state != .starting else { return }
        loggedLibrary = library
        news.append((library.summary, library.state != .ready))
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
        slow.formIntersection(busy)
        hung = hung.filter { busy.contains($0.key) || quarantine.entries[$0.key] != nil }
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

    // Nobody is read beside a library that hangs. It is opened again, less and less often.
    private func endLibrary(_ call: CallBoard.Call, now: UInt64) {
        guard now >= call.startNanoseconds + patience.hardNanoseconds else { return }
        libraryHangs += 1
        isLibraryHung = false
        supervisor.kill(
            "probe gpu was killed: \(call.function) did not return within "
                + "\((now - call.startNanoseconds) / 1_000_000_000) s")
    }

    private func noteSlow(_ address: PCIAddress, _ call: GPUCall, now: UInt64) {
        guard call.nanoseconds >= patience.softNanoseconds else { return }
        if slow.insert(address).inserted { slowCalls[address, default: 0] += 1 }
        let began = now - min(now, call.nanoseconds)
        hung[address] = GPUTrouble(
            call: call, since: hung[address]?.since ?? began,
            kernel: supervisor.pid.flatMap { kernel.thread($0, call.thread) })
    }

    // A process whose thread waits uninterruptibly cannot be killed, only maimed: the threads that
    // read the other GPUs would end, and no other process may be started until the last one goes.
    private func end(_ address: PCIAddress, _ call: GPUCall, now: UInt64) {
        if isAnyRead, hung[address]?.kernel?.isUninterruptible == true { return }
        quarantine.put(address, .hung(call), token: kernel.token(address), now: now)
        busy = []
        supervisor.kill(
            "probe gpu was killed: \(call.function) (\(call.family.name)) of GPU \(address) did "
                + "not return within \(call.nanoseconds / 1_000_000_000) s")
    }

    /// The kernel log has told of a GPU that must not be asked any more.
    func stop(_ address: PCIAddress, because event: NodeEvent, now: UInt64) {
        guard quarantine.put(address, .told(event), token: kernel.token(address), now: now) else {
            return
        }
        if tried == address { trial.kill("the kernel log told of its GPU") }
        tellProbe()
    }

    /// The history has it that the kernel log told of a GPU in this boot: it may have been reset
    /// since, so it is tried alone before it is read with the others.
    func recall(_ address: PCIAddress, because event: NodeEvent, now: UInt64) {
        quarantine.put(address, .told(event), token: kernel.token(address), now: now)
        quarantine.hasten(address, now: now)
        tellProbe()
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
        checkDisabled(now: now)
        if tried != nil {
            checkTrial(now: now)
        } else if trial.pid != nil {
            // Reaps it; it is not started again by itself.
            trial.tick(now: now)
        } else {
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
        guard supervisor.lastStatus.isCrash, supervisor.deathsInARow >= Quarantine.crashLimit else {
            return nil
        }
        let place = culprits.first.map { " in \($0.function)" } ?? ""
        let trouble =
            "probe gpu crashed \(supervisor.deathsInARow) times in a row\(place) and is disabled "
            + "until the NVIDIA driver changes or the daemon is restarted"
        supervisor.disable(trouble)
        disabledToken = kernel.token(.none)
        return trouble
    }

    private func blame(_ call: CallBoard.Call, now: UInt64) {
        guard let address = call.address else { return }
        quarantine.put(
            address, .crashed(call.reported(now: now), status: supervisor.lastStatus),
            token: kernel.token(address), now: now)
    }

    private func checkDisabled(now: UInt64) {
        guard supervisor.isDisabled, kernel.token(.none) != disabledToken else { return }
        supervisor.enable(now: now)
    }

    /// Whether the node has GPUs, so that a probe is worth its memory; for once in a turn.
    func isNeeded(now: UInt64) -> Bool { kernel.hasGPUs(now) }

    /// Looks whether drivers or devices are others than before; for once in a turn.
    func checkInstances(now: UInt64) {
        quarantine.check(now: now, token: kernel.token)
        checkDisabled(now: now)
    }

    // MARK: Trials

    // Beside a probe that is dying nothing may be started, and a GPU that is still held by a thread
    // of the probe need not be asked by another.
    private func startTrial(now: UInt64) {
        guard !supervisor.isDying, supervisor.pid != nil, trial.pid == nil,
            let address = quarantine.takeDue(now: now)
        else { return }
        var alone = configuration
        alone.include = [address.description]
        alone.stopped = [:]
        tried = address
        trialStarted = now
        trialTurn = 0
        trialDeathsSeen = trial.deaths
        trialBoard?.clear()
        trial.reconfigure(.gpu(alone))
        trial.startNow(now: now)
        trial.tick(now: now)
        collectTrial(now: now)
    }

    private func collectTrial(now: UInt64) {
        trialTurn += 1
        nextQuestion = nil
        trial.collect(turn: trialTurn, now: now)
    }

    /// Reads what the trial has to say.
    func receiveTrial(now: UInt64) {
        guard let address = tried else { return }
        for heard in trial.receive(now: now) {
            guard case .report(.gpu(let report)) = heard,
                let gpu = report.gpus.first(where: { $0.address == address })
            else { continue }
            judge(gpu, report.library, address, now: now)
            if tried == nil { return }
        }
    }

    private func judge(
        _ gpu: GPUDeviceReport, _ library: GPULibrary, _ address: PCIAddress, now: UInt64
    ) {
        switch gpu.state {
        case .read: finishTrial(released: true, now: now)
        case .busy(let call) where call.nanoseconds < patience.hardNanoseconds:
            waitForTrial(now: now)
        case .noLibrary where library.state == .starting: waitForTrial(now: now)
        case .failed:
            // It answers again, if only with an error, which the probe may report from now on.
            let isTold =
                if case .told = quarantine.entries[address]?.cause { true } else { false }
            finishTrial(released: !isTold, now: now)
        case .busy, .noLibrary, .excluded: finishTrial(released: false, now: now)
        }
    }

    private func waitForTrial(now: UInt64) {
        if now < trialStarted + patience.hardNanoseconds + patience.softNanoseconds {
            nextQuestion = now + Self.trialPause
        } else {
            finishTrial(released: false, now: now)
        }
    }

    private func finishTrial(released: Bool, now: UInt64) {
        guard let address = tried else { return }
        if released {
            quarantine.release(address)
            hung[address] = nil
            trial.finish()
            tellProbe()
        } else {
            quarantine.fail(address, hasCrashed: false, now: now)
            trial.kill("the GPU is not well yet")
        }
        tried = nil
    }

    private func checkTrial(now: UInt64) {
        trial.tick(now: now)
        if let due = nextQuestion, now >= due { collectTrial(now: now) }
        guard let address = tried, trial.deaths != trialDeathsSeen else { return }
        quarantine.fail(address, hasCrashed: trial.lastStatus.isCrash, now: now)
        tried = nil
        tellProbe()
    }

    // MARK: The end

    /// Ends the trial, if one runs.
    func stop() { trial.stop() }

    /// Whether no process of a trial is left.
    var isGone: Bool { trial.isGone }
}
