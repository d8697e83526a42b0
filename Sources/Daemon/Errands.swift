import CLinux
import Glibc
import Serve
import Synchronization

/// Changes that the server's threads hand to the main thread, which alone judges and writes.
///
/// Whoever hands one over sleeps until it is done. The main thread is woken and does it between two
/// passes, so that nothing of it needs a lock, and no pass waits for more than a few short writes.
final class Errands: Sendable {
    private struct State {
        var waiting: [Errand] = []
        var lastID: UInt64 = 0
        var isClosed = false
    }

    private struct Errand {
        var id: UInt64
        // With nil nobody will do it any more.
        var run: @Sendable (Pipeline?) -> Void
    }

    private static let waitingMax = 16

    private let patienceMilliseconds: Int32
    private let news = EventDescriptor()
    private let state = Mutex(State())

    /// Readable while something waits; -1 when the process had no descriptor left for it.
    var descriptor: Int32 { news?.number ?? -1 }

    /// Errands that must be begun within so many milliseconds, or are not done at all.
    init(patienceMilliseconds: Int32) {
        self.patienceMilliseconds = patienceMilliseconds
    }

    /// Has work done by the main thread, and waits for it; not to be called from there.
    ///
    /// Throws `.unavailable` when it was not begun in time, and then never is.
    func run<Answer: Sendable>(
        _ work: @escaping @Sendable (Pipeline) throws(AnswerError) -> Answer
    ) throws(AnswerError) -> Answer {
        guard let news, let done = EventDescriptor() else {
            throw .unavailable("The daemon has no file descriptor left: see its limit of files.")
        }
        let result = Slot<Answer>()
        let id = try add { pipeline in
            result.fill { () throws(AnswerError) in
                guard let pipeline else {
                    throw .unavailable("The daemon is stopping; nothing was changed.")
                }
                return try work(pipeline)
            }
            done.raise()
        }
        news.raise()
        if !done.wait(milliseconds: patienceMilliseconds), withdraw(id) {
            throw .unavailable(
                "The daemon was busy for \(patienceMilliseconds) ms; nothing was changed. "
                    + "Ask again.")
        }
        // Begun: how it ends is known when it has ended.
        _ = done.wait(milliseconds: -1)
        return try result.take()
    }

    /// Does what waits; called by the main thread.
    func attend(_ pipeline: Pipeline) {
        news?.clear()
        for errand in takeAll() { errand.run(pipeline) }
    }

    /// Turns away what waits and all that comes.
    func close() {
        for errand in takeAll(closing: true) { errand.run(nil) }
    }

    private func takeAll(closing: Bool = false) -> [Errand] {
        state.withLock { state in
            defer { state.waiting = [] }
            state.isClosed = state.isClosed || closing
            return state.waiting
        }
    }

    private func add(
        _ run: @escaping @Sendable (Pipeline?) -> Void
    ) throws(AnswerError) -> UInt64 {
        try state.withLock { state throws(AnswerError) in
            guard !state.isClosed else {
                throw .unavailable("The daemon is stopping; nothing was changed.")
            }
            guard state.waiting.count < Self.waitingMax else {
                throw .unavailable("\(Self.waitingMax) changes are waiting; ask again shortly.")
            }
            state.lastID += 1
            state.waiting.append(Errand(id: state.lastID, run: run))
            return state.lastID
        }
    }

    // Whether it was not begun.
    private func withdraw(_ id: UInt64) -> Bool {
        state.withLock { state in
            let count = state.waiting.count
            state.waiting.removeAll { $0.id == id }
            return state.waiting.count < count
        }
    }
}

/// What one thread leaves for another.
private final class Slot<Answer: Sendable>: Sendable {
    private let result = Mutex<Result<Answer, AnswerError>?>(nil)

    func fill(_ work: () throws(AnswerError) -> Answer) {
        let filled: Result<Answer, AnswerError>
        do throws(AnswerError) {
            filled = .success(try work())
        } catch {
            filled = .failure(error)
        }
        result.withLock { $0 = filled }
    }

    func take() throws(AnswerError) -> Answer {
        guard let result = result.withLock({ $0 }) else {
            throw .unavailable("It is not known whether the change was made: look, or ask again.")
        }
        return try result.get()
    }
}

/// A descriptor that one thread raises and another waits for (eventfd(2)).
private final class EventDescriptor: Sendable {
    let number: Int32

    /// One that is not raised; nil when the process has no descriptor left.
    init?() {
        number = fw_event()
        guard number >= 0 else { return nil }
    }

    deinit { close(number) }

    func raise() {
        var one: UInt64 = 1
        _ = unsafe write(number, &one, 8)
    }

    func clear() {
        var count: UInt64 = 0
        _ = unsafe read(number, &count, 8)
    }

    /// Whether it was raised within so many milliseconds; -1 for ever.
    func wait(milliseconds: Int32) -> Bool {
        var file = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        var count: Int32 = -1
        // A signal only makes the wait longer.
        repeat { count = unsafe poll(&file, 1, milliseconds) } while count < 0 && errno == EINTR
        return count > 0
    }
}
