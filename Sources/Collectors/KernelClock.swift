// Within this room the compiler knows `timespec` from that door alone.
import CInfiniBand
import Glibc

/// The kernel's clocks (clock_gettime(2)), from which every time of the collectors comes.
enum KernelClock {
    /// CLOCK_BOOTTIME in nanoseconds.
    static var boottimeNanoseconds: UInt64 { nanoseconds(CLOCK_BOOTTIME) }

    /// CLOCK_MONOTONIC in nanoseconds.
    static var monotonicNanoseconds: UInt64 { nanoseconds(CLOCK_MONOTONIC) }

    /// CLOCK_REALTIME in milliseconds since 1970-01-01T00:00:00Z.
    static var wallMilliseconds: Int64 {
        let time = read(CLOCK_REALTIME)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    private static func nanoseconds(_ clock: clockid_t) -> UInt64 {
        let time = read(clock)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        // The clock of this edge, which everything else here is handed.
        unsafe clock_gettime(clock, &time)
        return time
    }
}
