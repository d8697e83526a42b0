import NIOCore

/// A deadline that is moved with every request, which mostly costs nothing: a timer that fires
/// too early is set again for the rest.
///
/// Confined to the event loop.
final class DeadlineTimer {
    private var deadline = NIODeadline.distantFuture
    private var scheduled: (task: Scheduled<Void>, time: NIODeadline)?

    /// Has `expire` called at the deadline, unless that is set again or cancelled before.
    func set(
        _ deadline: NIODeadline, on loop: any EventLoop, expire: @escaping () -> Void
    ) {
        self.deadline = deadline
        if let scheduled {
            guard deadline < scheduled.time else { return }
            scheduled.task.cancel()
        }
        schedule(on: loop, expire)
    }

    func cancel() {
        scheduled?.task.cancel()
        scheduled = nil
        deadline = .distantFuture
    }

    private func schedule(on loop: any EventLoop, _ expire: @escaping () -> Void) {
        let time = deadline
        let task = loop.assumeIsolated().scheduleTask(deadline: time) { [weak self] in
            guard let self else { return }
            self.scheduled = nil
            if self.deadline > time {
                self.schedule(on: loop, expire)
            } else {
                expire()
            }
        }
        scheduled = (task, time)
    }
}
