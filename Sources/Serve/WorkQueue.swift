import NIOCore
import NIOPosix
import Synchronization

/// A worker thread and the bounded queue before it.
///
/// Confined to the event loop; only the work itself runs on the worker thread, which is started
/// with the first question, since most daemons are only ever scraped.
final class WorkQueue {
    /// A question's place in the queue; abandoned when the client is gone or was told to come back.
    final class Ticket: Sendable {
        private let abandoned = Atomic(false)

        var isAbandoned: Bool { abandoned.load(ordering: .relaxed) }

        func abandon() {
            abandoned.store(true, ordering: .relaxed)
        }
    }

    /// Lets answers through to the event loop until that is about to end.
    private final class Gate: Sendable {
        private let isOpen = Mutex(true)

        func pass(_ work: () -> Void) {
            isOpen.withLock { if $0 { work() } }
        }

        func close() {
            isOpen.withLock { $0 = false }
        }
    }

    private let loop: any EventLoop
    private let waitingMax: Int
    private let gate = Gate()
    private var pool: NIOThreadPool?
    private var unfinished: [Int: (Response) -> Void] = [:]
    private var lastID = 0

    init(loop: any EventLoop, waitingMax: Int) {
        self.loop = loop
        self.waitingMax = waitingMax
    }

    /// Has `work` done on the worker thread and its answer given to `then` on the event loop.
    ///
    /// Nil when too many wait. After `abandon` neither need happen.
    func ask(
        _ work: @escaping @Sendable () -> Response, then: @escaping (Response) -> Void
    ) -> Ticket? {
        guard unfinished.count <= waitingMax else { return nil }
        lastID += 1
        unfinished[lastID] = then
        let ticket = Ticket()
        let back = NIOLoopBound(self, eventLoop: loop)
        worker().submit { [id = lastID, loop, gate] state in
            guard state == .active else { return }
            let response = ticket.isAbandoned ? nil : work()
            gate.pass {
                loop.execute { back.value.finish(id, response) }
            }
        }
        return ticket
    }

    private func finish(_ id: Int, _ response: Response?) {
        guard let then = unfinished.removeValue(forKey: id), let response else { return }
        then(response)
    }

    private func worker() -> NIOThreadPool {
        if let pool { return pool }
        let started = NIOThreadPool(numberOfThreads: 1)
        started.start()
        pool = started
        return started
    }

    /// Lets no further answer through and ends the thread after the question that it works on.
    func shutDown() {
        gate.close()
        unfinished = [:]
        pool?.shutdownGracefully { _ in }
        pool = nil
    }
}
