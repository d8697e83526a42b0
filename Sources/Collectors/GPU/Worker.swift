import Glibc
import Synchronization

/// A thread that does one job at a time, and that nobody ever waits for.
///
/// A job may never end: then the worker stays busy, and everybody else goes on. Nothing of the
/// coordinator's side blocks.
final class Worker<Job: Sendable, Outcome: Sendable>: Sendable {
    /// Does the jobs; made and called on the worker's thread, which may keep state in it.
    typealias Body = (Job) -> Outcome

    private struct State {
        var job: Job?
        var outcome: Outcome?
        var isBusy = false
        var hasThread = false
        var isEnding = false
    }

    private let state = Mutex(State())
    private let bell = Bell()
    private let wake: WakePipe
    private let makeBody: @Sendable () -> Body

    /// A worker that starts its thread with its first job, and signals `wake` after each job and
    /// when its thread ends.
    init(wake: WakePipe, makeBody: @escaping @Sendable () -> Body) {
        self.wake = wake
        self.makeBody = makeBody
    }

    /// Whether a job is not done yet.
    var isBusy: Bool { state.withLock { $0.isBusy } }

    /// Whether its thread runs, or sleeps until there is a job.
    var hasThread: Bool { state.withLock { $0.hasThread } }

    /// Hands in a job; false when it is busy or ending, when what the last one gave was not taken,
    /// or when no thread can be started.
    func start(_ job: Job) -> Bool {
        let needsThread = state.withLock { state -> Bool? in
            guard !state.isBusy, !state.isEnding, state.outcome == nil else { return nil }
            defer { state.hasThread = true }
            state.isBusy = true
            state.job = job
            return !state.hasThread
        }
        guard let needsThread else { return false }
        if needsThread, !Threads.start({ self.run() }) {
            state.withLock {
                $0.isBusy = false
                $0.hasThread = false
                $0.job = nil
            }
            return false
        }
        bell.ring()
        return true
    }

    /// What the latest job gave, once.
    func takeOutcome() -> Outcome? {
        state.withLock { state in
            defer { state.outcome = nil }
            return state.outcome
        }
    }

    /// Ends the thread after the job that it is at, if it ever gets there.
    func end() {
        state.withLock { $0.isEnding = true }
        bell.ring()
    }

    private func run() {
        work()
        state.withLock { $0.hasThread = false }
        wake.signal()
    }

    // Of its own, so that the body is gone before the thread says that it ends.
    private func work() {
        let body = makeBody()
        while true {
            bell.wait()
            let (job, isEnding) = state.withLock { state in
                defer { state.job = nil }
                return (state.job, state.isEnding)
            }
            if let job {
                let outcome = body(job)
                state.withLock {
                    $0.outcome = outcome
                    $0.isBusy = false
                }
                wake.signal()
            }
            if isEnding { return }
        }
    }
}
