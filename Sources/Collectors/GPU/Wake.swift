import Glibc

/// Wakes a thread that waits on a descriptor: a pipe of which only the readiness matters.
final class WakePipe: Sendable {
    /// Readable once somebody signalled.
    let descriptor: Int32

    private let end: Int32

    /// A pipe that nobody signalled; nil when the process has no descriptors left.
    init?() {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        descriptor = ends[0]
        end = ends[1]
    }

    deinit {
        close(descriptor)
        close(end)
    }

    /// Makes the descriptor readable; a full pipe is.
    func signal() {
        var octet: UInt8 = 1
        _ = unsafe write(end, &octet, 1)
    }

    /// Takes back all signals so far.
    func drain() {
        var octets = [UInt8](repeating: 0, count: 64)
        while unsafe read(descriptor, &octets, octets.count) > 0 {}
    }
}

/// Where one thread sleeps until another wakes it (sem_wait(3)).
@safe
// A semaphore is made for several threads; its memory lives as long as this object.
package final class Bell: @unchecked Sendable {
    private let semaphore: UnsafeMutablePointer<sem_t>

    /// A bell that nobody rang.
    package init() {
        unsafe semaphore = UnsafeMutablePointer.allocate(capacity: 1)
        unsafe sem_init(semaphore, 0, 0)
    }

    deinit {
        unsafe sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    /// Wakes the thread, now or when it next waits.
    package func ring() {
        unsafe sem_post(semaphore)
    }

    /// Sleeps until woken.
    func wait() {
        // A signal may interrupt it.
        while unsafe sem_wait(semaphore) != 0 {}
    }

    /// Sleeps until woken, or so many milliseconds.
    package func wait(milliseconds: Int64) {
        var end = timespec()
        // The wait is for a time of that clock (sem_timedwait(3)).
        unsafe clock_gettime(CLOCK_REALTIME, &end)
        let nanoseconds = Int64(end.tv_nsec) + milliseconds % 1000 * 1_000_000
        end.tv_sec += Int(milliseconds / 1000 + nanoseconds / 1_000_000_000)
        end.tv_nsec = Int(nanoseconds % 1_000_000_000)
        while unsafe sem_timedwait(semaphore, &end) != 0, errno == EINTR {}
    }
}
