import Collectors
import Synchronization

/// A job on a thread of its own, for what would make a pass late.
///
/// One at a time: the thread ends with its job. Used by one thread.
final class Chore<Outcome: Sendable> {
    private final class Slip: Sendable {
        let outcome = Mutex<Outcome?>(nil)
        let bell = Bell()
    }

    // Of the job whose outcome was not taken yet.
    private var slip: Slip?

    /// Whether a job is under way, or its outcome waits to be taken.
    var isBusy: Bool { slip != nil }

    /// Begins a job; false while another one is there, and when no thread can be started.
    func begin(_ job: @escaping @Sendable () -> Outcome) -> Bool {
        guard slip == nil else { return false }
        let slip = Slip()
        let isStarted = Threads.start {
            let outcome = job()
            slip.outcome.withLock { $0 = outcome }
            slip.bell.ring()
        }
        if isStarted { self.slip = slip }
        return isStarted
    }

    /// What the job gave, once; nil while it is under way.
    func take() -> Outcome? {
        guard let outcome = slip?.outcome.withLock({ $0 }) else { return nil }
        slip = nil
        return outcome
    }

    /// Waits until the job is done, but not longer than this.
    func wait(milliseconds: Int64) {
        guard let slip, slip.outcome.withLock({ $0 == nil }) else { return }
        slip.bell.wait(milliseconds: milliseconds)
    }
}
