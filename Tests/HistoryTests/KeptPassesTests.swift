import Foundation
import HistoryScript
import Model
import Testing

@testable import History

/// Random operations against what is known to be true, with passes that are dropped or thinned.
@Suite struct KeptPassesTests {
    /// What happens to the oldest passes.
    enum Limit: CaseIterable {
        case age, bytes, thinning

        static let ageMilliseconds: Int64 = 1_000_000
        static let mostBytes = (Retention.sparePages + 27) * Retention.pageBytes

        var limits: Store.Limits {
            var limits = Store.Limits.ample
            limits.slotPasses = 15
            switch self {
            case .age: limits.maximumAgeMilliseconds = Self.ageMilliseconds
            // Of which the tables alone take most.
            case .bytes: limits.maximumBytes = Self.mostBytes
            case .thinning: limits.thinAfterMilliseconds = Self.ageMilliseconds
            }
            return limits
        }
    }

    @Test(arguments: Limit.allCases, 81...85 as ClosedRange<UInt64>)
    func everyPassThatIsKeptComesBack(_ limit: Limit, _ seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        var truth = Truth(seed: seed, hasSteadyClock: true)
        var store: Store? = try .open(directory, limits: limit.limits)
        let reader = Reader(directory: directory.path)
        var work: Sealer.Work?
        var oldest = 0
        var splits = 0
        for _ in 0..<500 {
            let record = truth.next()
            truth.keep(record, as: try #require(try store?.append(record)))
            // Slots are made while passes come in, and put in place later, or never.
            if let ready = work, truth.chance(25) {
                try store?.commit(ready)
                work = nil
                splits += 1
            } else if work == nil, let task = store?.dueSeal, truth.chance(50) {
                work = try store?.sealer.prepare(task)
            }
            if work == nil, truth.chance(10) { try store?.seal() }
            if truth.chance(2) {
                work = nil
                store = nil
                store = try .open(directory, limits: limit.limits)
            }
            guard truth.chance(8) else { continue }
            oldest = try Self.compare(reader, truth, limit, since: oldest, "seed \(seed)")
        }
        #expect(splits > 5, "seed \(seed)")
        let thinned = try directory.integer("SELECT count(*) FROM slot WHERE tier = 1") ?? 0
        #expect(limit == .thinning ? thinned > 5 : oldest > 100, "seed \(seed)")
        let first = try Self.compare(reader, truth, limit, since: oldest, "seed \(seed)")
        for index in truth.passes.indices {
            let context: Comment = "seed \(seed), pass \(index + 1)"
            let state = try reader.state(atOrBefore: truth.passes[index].pass.id)
            guard let state, index >= first else {
                #expect(state == nil && index < first, context)
                continue
            }
            let found = Int(state.pass.id.rawValue) - 1
            #expect(state == truth.state(of: found), context)
            // A thinned slot has one pass of six.
            #expect(limit == .thinning ? (0..<6).contains(index - found) : found == index, context)
        }
        let last = try #require(store)
        let restored = try #require(try last.restore())
        #expect(restored.series.map(\.series) == truth.state(of: truth.passes.count - 1).series)
        #expect(restored.series.map(\.origins) == truth.passes.last?.record.series.map(\.origins))
        #expect(try last.connection.text("PRAGMA integrity_check", to: "test") == "ok")
    }

    // Compares what is kept as a whole, and gives the index of its oldest pass, which never falls.
    private static func compare(
        _ reader: Reader, _ truth: Truth, _ limit: Limit, since last: Int, _ context: Comment
    ) throws -> Int {
        let bounds = try #require(try reader.bounds())
        let oldest = Int(bounds.oldest.id.rawValue) - 1
        #expect(oldest >= last, context)
        #expect(bounds.oldest == truth.passes[oldest].pass, context)
        #expect(bounds.newest == truth.passes.last?.pass, context)
        let events = truth.passes[oldest...].flatMap { pass, record in
            record.events.map { event in
                let series = record.series.first { $0.key == event.key }
                return StoredEvent(
                    pass: pass, event: event,
                    columnName: series?.layout.columns[event.column].name ?? "")
            }
        }
        let answer = try reader.events(
            after: PassID(0), through: bounds.newest.id, limit: 1 << 20)
        #expect(answer.readable == events && answer.damagedCount == 0, context)
        for time in [bounds.oldest.wallMilliseconds, bounds.newest.wallMilliseconds] {
            let at = truth.passes.last { $0.pass.wallMilliseconds <= time }?.pass
            #expect(try reader.state(atOrBeforeWall: time)?.pass == at, context)
        }
        #expect(try reader.state(atOrBeforeWall: bounds.oldest.wallMilliseconds - 1) == nil)
        switch limit {
        case .age:
            // Nothing that is young enough is dropped, and what is too old soon is.
            let edge = bounds.newest.wallMilliseconds - Limit.ageMilliseconds
            #expect(oldest == 0 || truth.passes[oldest - 1].pass.wallMilliseconds < edge, context)
            #expect(bounds.oldest.wallMilliseconds > edge - 1_000_000, context)
        case .bytes:
            #expect(truth.passes.count - oldest > min(truth.passes.count - 1, 20), context)
        case .thinning:
            #expect(oldest == 0, context)
        }
        return oldest
    }
}
