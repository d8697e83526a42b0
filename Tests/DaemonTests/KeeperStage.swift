import Foundation
import History
import Logging
import Model
import Synchronization

@testable import Daemon

/// Remembers what is logged.
final class LogBook: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
    /// What is more than good to know.
    var told: [String] { all.filter { !$0.hasPrefix("info:") } }

    func logger() -> Logger { Logger(label: "test") { _ in Handler(book: self) } }

    private struct Handler: LogHandler {
        let book: LogBook
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        init(book: LogBook) { self.book = book }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) { book.add("\(event.level): \(event.message)") }
    }
}

/// A clock that a test sets.
final class SetClock: TimeSource {
    private let seconds = Mutex<UInt64>(0)

    func set(_ new: UInt64) { seconds.withLock { $0 = new } }
    func advance(seconds more: UInt64) { seconds.withLock { $0 += more } }
    func now() -> Moment { .scripted(seconds: seconds.withLock { $0 }) }
}

/// A history and passes to keep in it.
struct KeeperStage {
    static let symbol = InfiniBandCounters.index(of: "symbol_error") ?? -1
    static let limits = Store.Limits(
        maximumAgeMilliseconds: .max / 2, maximumBytes: 64 << 20)

    let path =
        FileManager.default.temporaryDirectory.path + "/fabricwatch-\(UUID().uuidString)"
    let book = LogBook()
    let clock = SetClock()

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    func store(_ limits: Store.Limits = limits) throws -> Store {
        try Store(directory: path, limits: limits, nowMilliseconds: 1_700_000_000_000)
    }

    func keeper(_ store: Store) -> Keeper {
        Keeper(store: store, directory: path, clock: clock, log: book.logger())
    }

    /// A pass that cannot be kept: two series of one name.
    func broken(_ pass: PassRecord) -> PassRecord {
        var pass = pass
        pass.series += pass.series
        return pass
    }

    func record(
        _ ledger: inout Ledger, symbolErrors: UInt64, at seconds: UInt64
    ) -> PassRecord {
        let node = ScriptedNode(local: ["symbol_error": symbolErrors])
        let moment = Moment.scripted(seconds: seconds)
        ledger.beginPass()
        let events = ledger.observe(.port(node.key), node.port.local.observation, at: moment)
        return PassRecord(moment: moment, series: ledger.records(), events: events)
    }
}
