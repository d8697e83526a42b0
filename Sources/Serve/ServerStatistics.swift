import Synchronization

/// What the server did since it started, for the daemon's own metrics.
package struct ServerStatistics: Hashable, Sendable {
    /// Connections that are open now.
    package var connectionsOpen = 0
    /// Connections that were accepted and served.
    package var connectionsAccepted: UInt64 = 0
    /// Connections that were turned away with a 503 because too many were open.
    package var connectionsRefused: UInt64 = 0
    /// Connections that were closed because a head, an answer or its reader took too long.
    package var connectionsTimedOut: UInt64 = 0
    /// Answers with a status of 200 to 299.
    package var answersSuccess: UInt64 = 0
    /// Answers with a status of 400 to 499.
    package var answersClientError: UInt64 = 0
    /// Answers with a status of 500 to 599, those that are not ready or not healthy included.
    package var answersServerError: UInt64 = 0
    /// Bytes of answers, heads included, that were handed to the system completely.
    package var bytesSent: UInt64 = 0

    /// Nothing done yet.
    package init() {}

    mutating func countAnswer(status: Int) {
        switch status {
        case ..<400: answersSuccess += 1
        case ..<500: answersClientError += 1
        default: answersServerError += 1
        }
    }
}

/// The statistics, written on the event loop and read by any thread.
final class StatisticsBox: Sendable {
    private let counts = Mutex(ServerStatistics())

    var snapshot: ServerStatistics { counts.withLock { $0 } }

    func update(_ change: (inout ServerStatistics) -> Void) {
        counts.withLock { change(&$0) }
    }
}
