import Glibc
package import Model

/// Where the daemon takes its time from; tests hand in their own.
package protocol TimeSource: Sendable {
    /// The present moment.
    func now() -> Moment
}

/// The kernel's clocks.
package struct SystemClock: TimeSource {
    private let bootID: String

    /// Reads the boot id once; it cannot change while a process lives.
    package init() {
        bootID = ProcFile.text("/proc/sys/kernel/random/boot_id")?.trimmed ?? ""
    }

    /// The present moment (clock_gettime(2)).
    package func now() -> Moment {
        Moment(
            bootID: bootID, boottimeNanoseconds: UInt64(Self.nanoseconds(CLOCK_BOOTTIME)),
            wallMilliseconds: Self.nanoseconds(CLOCK_REALTIME) / 1_000_000)
    }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
