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
        monotonicNanoseconds: { KernelClock.monotonicNanoseconds },
        wallMilliseconds: { KernelClock.wallMilliseconds })
}
