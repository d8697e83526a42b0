import Glibc
package import Model
import Synchronization

/// A thread of its own that listens to the devices, and on which their drivers may hang.
package final class VerbsThread: Sendable {
    private struct State {
        var hearings: [EventHearing] = []
        var isEnding = false
    }

    private let state = Mutex(State())
    private let wake: WakePipe

    /// Starts to listen; nil when the process has no thread or no descriptor left.
    ///
    /// - Parameters:
    ///   - configuration: What may be touched.
    ///   - makeSource: Makes what is listened to, on the thread.
    ///   - tell: Called on the thread with what happened, at once.
    package init?<Source: VerbsSource>(
        configuration: InfiniBandConfiguration, makeSource: @escaping @Sendable () -> Source,
        tell: @escaping @Sendable ([NodeEvent]) -> Void
    ) {
        guard let wake = WakePipe() else { return nil }
        self.wake = wake
        let isStarted = Threads.start {
            self.run(VerbsWatcher(configuration: configuration, source: makeSource()), tell)
        }
        guard isStarted else { return nil }
    }

    /// The devices that may be touched, and whether they are listened to.
    package var hearings: [EventHearing] { state.withLock { $0.hearings } }

    /// Lets go of all devices and ends the thread, without waiting for it.
    package func end() {
        state.withLock { $0.isEnding = true }
        wake.signal()
    }

    private func run<Source: VerbsSource>(
        _ first: VerbsWatcher<Source>, _ tell: ([NodeEvent]) -> Void
    ) {
        var watcher = first
        var broken: Set<Int32> = []
        while !state.withLock({ $0.isEnding }) {
            let events = watcher.advance(broken: broken)
            let hearings = watcher.hearings
            state.withLock { $0.hearings = hearings }
            if !events.isEmpty { tell(events) }
            broken = wait(watcher.descriptors, watcher.waitNanoseconds)
        }
        watcher.closeAll()
    }

    // Sleeps until there is something to do; gives the descriptors that only have errors.
    private func wait(_ descriptors: [Int32], _ nanoseconds: UInt64) -> Set<Int32> {
        var files = ([wake.descriptor] + descriptors).map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        // Rounded up: a wait that ends too early would only go round once more.
        let milliseconds = Int32(clamping: nanoseconds / 1_000_000 + 1)
        guard unsafe poll(&files, nfds_t(files.count), milliseconds) > 0 else { return [] }
        let isReadable = { (file: pollfd) in file.revents & Int16(POLLIN) != 0 }
        return Set(files.lazy.filter { $0.revents != 0 && !isReadable($0) }.map(\.fd))
    }
}
