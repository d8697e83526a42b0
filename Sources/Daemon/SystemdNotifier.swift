import Glibc

/// Tells systemd how the daemon does, without libsystemd (sd_notify(3)).
package struct SystemdNotifier: Sendable {
    private let path: String?
    /// How often systemd wants to hear that the schedule runs; nil when it does not ask.
    package let watchdogNanoseconds: UInt64?

    /// Takes the socket and the watchdog's period from the environment that systemd set; a watchdog
    /// that is meant for another process is none (sd_watchdog_enabled(3)).
    package init(environment: (String) -> String?, process: Int32 = getpid()) {
        path = environment("NOTIFY_SOCKET").flatMap { $0.isEmpty ? nil : $0 }
        let isOurs = environment("WATCHDOG_PID").map { $0 == "\(process)" } ?? true
        watchdogNanoseconds =
            isOurs ? environment("WATCHDOG_USEC").flatMap(Self.nanoseconds) : nil
    }

    private static func nanoseconds(_ microseconds: String) -> UInt64? {
        guard let period = UInt64(microseconds), period > 0 else { return nil }
        let (nanoseconds, overflow) = period.multipliedReportingOverflow(by: 1000)
        return overflow ? nil : nanoseconds
    }

    /// Sends one state line, such as `READY=1`; what cannot be sent is lost.
    package func send(_ state: String) {
        guard let path, var address = Self.address(path) else { return }
        let socket = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Self.closeOnExec, 0)
        guard socket >= 0 else { return }
        defer { close(socket) }
        let bytes = Array(state.utf8)
        unsafe withUnsafePointer(to: &address.name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = unsafe sendto(
                    socket, bytes, bytes.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL), $0,
                    address.length)
            }
        }
    }

    private static let closeOnExec = Int32(SOCK_CLOEXEC.rawValue)

    // A leading @ stands for the zero byte of an abstract socket.
    private static func address(_ path: String) -> (name: sockaddr_un, length: socklen_t)? {
        var bytes = Array(path.utf8)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        guard bytes.count < MemoryLayout.size(ofValue: name.sun_path) else { return nil }
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let length = MemoryLayout.offset(of: \sockaddr_un.sun_path).map { $0 + bytes.count }
        return length.map { (name, socklen_t($0)) }
    }
}
