import CSQLite
import HistoryScript
import Model
import Testing

@testable import History

// What a history that was written by a script must say after whatever happened to it.
extension Script {
    /// The answer for a pass.
    func state(_ pass: UInt64) -> StoredState {
        let record = record(pass)
        return StoredState(
            pass: stored(pass), moment: record.moment,
            series: record.series.map { series in
                StoredSeries(
                    key: series.key, layout: series.layout, isPresent: series.isPresent,
                    cells: series.cells,
                    firstRecorded: stored(firstRecorded(series.key, asOf: pass)),
                    lastSeen: lastSeen(series.key, asOf: pass).map(stored))
            })
    }

    /// The answer for the events of a pass.
    func storedEvents(_ pass: UInt64) -> [StoredEvent] {
        events(pass).map {
            StoredEvent(pass: stored(pass), event: $0, columnName: "c\($0.column)")
        }
    }

    /// Expects that a store goes on from a pass, or from the one after it.
    func expectRestored(
        _ store: Store, through pass: UInt64, _ context: Comment
    ) throws {
        let restored = try #require(try store.restore())
        let newest = restored.pass.id.rawValue
        #expect(newest == pass || newest == pass + 1, context)
        let state = state(newest)
        #expect(restored.pass == state.pass, context)
        #expect(restored.moment == state.moment, context)
        #expect(restored.series.map(\.series) == state.series, context)
        #expect(restored.series.map(\.origins) == record(newest).series.map(\.origins), context)
        #expect(try store.loadPublished() == [published(newest)], context)
        #expect(try store.loadEvents() == journal(newest), context)
        #expect(try store.loadLogPosition() == logPosition(newest), context)
    }

    /// Expects that a sound file holds a pass and that all it holds is right, and says which passes
    /// those are; reads the oldest, the newest and so many others.
    func expectKept(
        _ directory: TemporaryDirectory, atLeast pass: UInt64, samples: Int,
        _ context: Comment, _ random: inout SeededGenerator
    ) throws -> ClosedRange<UInt64> {
        let connection = try Connection(path: directory.database, flags: SQLITE_OPEN_READONLY)
        #expect(try connection.text("PRAGMA integrity_check", to: "test") == "ok", context)
        let reader = Reader(directory: directory.path)
        let bounds = try #require(try reader.bounds())
        let (oldest, newest) = (bounds.oldest.id.rawValue, bounds.newest.id.rawValue)
        #expect(newest >= pass, context)
        #expect(bounds.oldest == stored(oldest), context)
        #expect(bounds.newest == stored(newest), context)
        let some = (0..<samples).map { _ in UInt64.random(in: oldest...newest, using: &random) }
        for pass in [oldest, newest] + some {
            #expect(try reader.state(atOrBefore: PassID(pass)) == state(pass), context)
        }
        let answer = try reader.events(
            after: PassID(oldest - 1), through: PassID(newest), limit: 1 << 20)
        #expect(answer.readable == (oldest...newest).flatMap(storedEvents), context)
        #expect(answer.damagedCount == 0, context)
        return oldest...newest
    }
}
