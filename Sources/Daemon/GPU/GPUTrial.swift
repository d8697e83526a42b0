import Model

/// One GPU that is left alone, tried in a process of its own.
///
/// Used on the main thread only.
final class GPUTrial {
    /// How a trial ended.
    enum Outcome: Hashable {
        /// The GPU was read.
        case read
        /// It answers, if only with an error.
        case failed
        /// It was not there, or did not answer in time.
        case silent
        /// It ended the process.
        case crashed
    }

    // Between two questions to a process that is not ready.
    private static let pause: UInt64 = 200_000_000

    private let supervisor: ProbeSupervisor
    private let patience: Patience
    private var deathsSeen: UInt64 = 0
    private var turn: UInt64 = 0
    // When everything must be over.
    private var limit: UInt64 = 0
    // When the process is asked again; nil while its answer is awaited.
    private var nextQuestion: UInt64?

    /// The GPU that is being tried; nil while none is.
    private(set) var address: PCIAddress?

    init(supervisor: ProbeSupervisor, patience: Patience) {
        self.supervisor = supervisor
        self.patience = patience
    }

    /// Whether no process of a trial is there, so that the next one may be started.
    var isFree: Bool { address == nil && supervisor.pid == nil }

    /// The descriptor to wait on; nil while no trial runs.
    var descriptor: Int32? { address == nil ? nil : supervisor.descriptor }

    /// When `tick` has something to do next; nil when nothing is pending.
    var nextTick: UInt64? {
        guard address != nil else {
            return supervisor.pid == nil || supervisor.isDying ? nil : limit
        }
        return [supervisor.nextTick, nextQuestion, limit].compactMap { $0 }.min()
    }

    /// Processor time of processes that ended.
    var endedCPUSeconds: Double { supervisor.endedCPUSeconds }

    /// Starts a process for this GPU alone.
    func start(_ address: PCIAddress, _ configuration: GPUConfiguration, now: UInt64) {
        var alone = configuration
        alone.include = [address.description]
        alone.stopped = [:]
        self.address = address
        deathsSeen = supervisor.deaths
        turn = 0
        limit = now + patience.hardNanoseconds + patience.softNanoseconds
        supervisor.reconfigure(.gpu(alone))
        supervisor.startNow(now: now)
        supervisor.tick(now: now)
        ask(now: now)
    }

    // A process that could not be started is asked again, and then there.
    private func ask(now: UInt64) {
        guard supervisor.descriptor != nil else {
            nextQuestion = now + Self.pause
            return
        }
        turn += 1
        nextQuestion = nil
        supervisor.collect(turn: turn, now: now)
    }

    /// Reads what the process has to say; the outcome once there is one.
    func receive(now: UInt64) -> Outcome? {
        guard let address else { return nil }
        for heard in supervisor.receive(now: now) {
            guard case .report(.gpu(let report)) = heard else { continue }
            let gpu = report.gpus.first { $0.address == address }
            if let outcome = judge(gpu?.state, report.library.state, now: now) {
                return end(outcome)
            }
        }
        return nil
    }

    private func judge(
        _ state: GPUState?, _ library: GPULibrary.State, now: UInt64
    ) -> Outcome? {
        switch state {
        case .read: return .read
        case .failed: return .failed
        case .busy(let call) where call.nanoseconds < patience.hardNanoseconds: break
        // To open the library may take its time.
        case .noLibrary where library == .starting || library == .hung: break
        case .busy, .noLibrary, .excluded, nil: return .silent
        }
        nextQuestion = now + Self.pause
        return nil
    }

    /// Starts, asks and reaps what is due; the outcome once there is one.
    func tick(now: UInt64) -> Outcome? {
        guard address != nil else {
            // Reaps it; it is not started again by itself.
            guard supervisor.pid != nil else { return nil }
            supervisor.tick(now: now)
            if now >= limit { supervisor.kill("it did not end when it was asked to") }
            return nil
        }
        supervisor.tick(now: now)
        if supervisor.deaths != deathsSeen {
            address = nil
            return supervisor.lastStatus.isCrash ? .crashed : .silent
        }
        if now >= limit { return end(.silent) }
        if let due = nextQuestion, now >= due { ask(now: now) }
        return nil
    }

    private func end(_ outcome: Outcome) -> Outcome {
        address = nil
        switch outcome {
        case .read, .failed: supervisor.finish()
        case .silent, .crashed: supervisor.kill("the GPU is not well yet")
        }
        return outcome
    }

    /// Ends the trial of a GPU that has become another's business.
    func cancel(_ reason: String) {
        guard address != nil else { return }
        address = nil
        supervisor.kill(reason)
    }

    /// Ends the process by force, if one is there.
    func stop() { supervisor.stop() }

    /// Whether no process is left.
    var isGone: Bool { supervisor.isGone }
}
