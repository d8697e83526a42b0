import Glibc
package import Model
import Synchronization

/// A thread of its own that listens to the devices, and on which their drivers may hang.
package final class VerbsThread: Sendable {
    private struct State {
        var hearings: [EventHearing] = []
        var hotplugs: UInt64 = 0
        // Since when the thread is at work; nil while it waits for something to hear.
        var busyNanoseconds: UInt64?
        var isEnding = false
    }

    // A device that is opened or closed may take some seconds.
    private static let patienceNanoseconds: UInt64 = 30_000_000_000

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
    ///
    /// None is while the thread does not come back from one of them. `now` is CLOCK_BOOTTIME in
    /// nanoseconds.
    package func hearings(now: UInt64) -> [EventHearing] {
        let (hearings, busy) = state.withLock { ($0.hearings, $0.busyNanoseconds) }
        guard let busy, now > busy, now - busy >= Self.patienceNanoseconds else { return hearings }
        return hearings.map {
            EventHearing(
                device: $0.device, isHeard: false,
                trouble: $0.trouble
                    ?? "cannot listen to the events of \($0.device): "
                    + "opening or closing a device does not come to an end")
        }
    }

    /// How often the kernel told that devices came or went.
    package var hotplugs: UInt64 { state.withLock { $0.hotplugs } }

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
            let now = watcher.boottimeNanoseconds
            state.withLock { $0.busyNanoseconds = now }
            let events = watcher.hear(broken: broken)
            if !events.isEmpty { tell(events) }
            show(watcher)
            watcher.settle()
            show(watcher)
            state.withLock { $0.busyNanoseconds = nil }
            broken = wait(watcher.descriptors, watcher.waitNanoseconds)
        }
        let events = watcher.closeAll()
        if !events.isEmpty { tell(events) }
    }

    private func show(_ watcher: VerbsWatcher<some VerbsSource>) {
        let (hearings, hotplugs) = (watcher.hearings, watcher.hotplugs)
        state.withLock { ($0.hearings, $0.hotplugs) = (hearings, hotplugs) }
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
