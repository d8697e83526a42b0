// Within this room the compiler knows `timespec` from that door alone.
import CInfiniBand
import Glibc

/// The clocks that a kernel log's times are told by; tests hand in their own.
package struct KernelLogClocks: Sendable {
    /// CLOCK_MONOTONIC in nanoseconds, which began when the clock of the records' stamps did.
    package var monotonicNanoseconds: @Sendable () -> UInt64
    /// CLOCK_REALTIME in milliseconds since 1970-01-01T00:00:00Z.
    package var wallMilliseconds: @Sendable () -> Int64

    /// Two clocks.
    package init(
        monotonicNanoseconds: @escaping @Sendable () -> UInt64,
        wallMilliseconds: @escaping @Sendable () -> Int64
    ) {
        self.monotonicNanoseconds = monotonicNanoseconds
        self.wallMilliseconds = wallMilliseconds
    }

    /// The kernel's clocks.
    package static let system = KernelLogClocks(
        monotonicNanoseconds: {
            let time = clock(CLOCK_MONOTONIC)
            return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        },
        wallMilliseconds: {
            let time = clock(CLOCK_REALTIME)
            return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        })

    private static func clock(_ clock: clockid_t) -> timespec {
        var time = timespec()
        // This edge's clock is where every time of the collector comes from.
        unsafe clock_gettime(clock, &time)
        return time
    }
}
