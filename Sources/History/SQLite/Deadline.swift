import Glibc

/// The moment after which a read is given up.
///
/// Reads the monotonic clock itself: SQLite asks from within a running statement, where nobody can
/// hand a time in.
final class Deadline {
    private var end: Int64 = .max

    /// Starts anew: from now on there are so many milliseconds.
    func start(milliseconds: Int64) {
        end = Self.now + milliseconds
    }

    /// Whether the time is up.
    var isOver: Bool { Self.now > end }

    private static var now: Int64 {
        var time = timespec()
        // The one clock of the room; the type says why.
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
