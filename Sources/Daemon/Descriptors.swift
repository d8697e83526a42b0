import Glibc

/// The process's file descriptors.
enum Descriptors {
    /// What the daemon itself may have open at once beside connections: the history, its readers,
    /// and two pipes for each of the probes.
    static let own: UInt64 = 96

    /// Opens /dev/null in the place of standard streams that were closed by whoever started the
    /// process; else the database would get such a number, and log lines would go into it.
    static func fillStandardStreams() {
        while true {
            let file = unsafe open("/dev/null", O_RDWR)
            guard file >= 0, file <= 2 else {
                if file > 2 { close(file) }
                return
            }
        }
    }

    /// Raises the soft limit as far as is wanted and possible, and returns the limit
    /// (getrlimit(2)).
    static func allow(_ wanted: UInt64) -> UInt64 {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard unsafe getrlimit(resource, &limit) == 0 else { return wanted }
        guard limit.rlim_cur < wanted else { return UInt64(limit.rlim_cur) }
        let present = limit.rlim_cur
        limit.rlim_cur = min(limit.rlim_max, rlim_t(wanted))
        return UInt64(unsafe setrlimit(resource, &limit) == 0 ? limit.rlim_cur : present)
    }

    /// How many connections of the configured number there is room for under a limit.
    static func connections(_ configured: Int, limit: UInt64) -> Int {
        let room = limit > own ? limit - own : limit / 4
        return min(configured, max(1, Int(clamping: room)))
    }
}
