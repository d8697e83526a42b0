import Glibc
import Logging
import Model

/// Writes log lines to standard error: with a priority for the journal, else with a time.
struct StandardErrorLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let isJournal: Bool
    private let clock: any TimeSource

    init(level: Logger.Level, isJournal: Bool, clock: any TimeSource) {
        logLevel = level
        self.isJournal = isJournal
        self.clock = clock
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let prefix =
            isJournal
            ? "<\(Self.priority(event.level))>" : "\(clock.now().text) \(event.level.rawValue) "
        // One line per event: what came from elsewhere may hold line ends.
        let text = event.message.description.split(separator: "\n", omittingEmptySubsequences: true)
            .joined(separator: " | ")
        let line = Array("\(prefix)\(text)\n".utf8)
        // A log that cannot be written has nowhere to say so, and must not hold up the schedule: a
        // pipe that polls as writable takes this much without blocking (pipe(7)).
        var file = pollfd(fd: 2, events: Int16(POLLOUT), revents: 0)
        guard unsafe poll(&file, 1, Self.patienceMilliseconds) > 0 else { return }
        _ = unsafe write(2, line, min(line.count, Int(PIPE_BUF)))
    }

    private static let patienceMilliseconds: Int32 = 100

    // The priorities of syslog(3).
    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .critical: 2
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug, .trace: 7
        }
    }
}
