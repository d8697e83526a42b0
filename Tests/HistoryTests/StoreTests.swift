import Foundation
import HistoryScript
import Model
import Testing

@testable import History

@Suite struct StoreTests {
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func everyPassComesBack(_ seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        var truth = Truth(seed: seed)
        // Odd seeds seal what they keep.
        var limits = Store.Limits.ample
        limits.slotPasses = seed % 2 == 0 ? 4096 : 7 * Int(seed)
        var store: Store? = try .open(directory, limits: limits)
        let reader = Reader(directory: directory.path)
        for _ in 0..<300 {
            if truth.chance(2) {
                store = nil
                store = try .open(directory, limits: limits)
            }
            let record = truth.next()
            truth.keep(record, as: try #require(try store?.append(record)))
            if truth.chance(30) { try store?.seal() }
            if truth.chance(1) { try store?.sealAll() }
            guard truth.chance(10) else { continue }
            let index = Int(truth.pick(0...999)) % truth.passes.count
            try Self.compare(reader, truth, index, seed: seed)
        }
        store = nil
        for index in truth.passes.indices { try Self.compare(reader, truth, index, seed: seed) }
        try Self.compareEvents(reader, truth, seed: seed)
        let slots = try #require(try directory.integer("SELECT count(*) FROM slot"))
        #expect(slots > 3 || seed % 2 == 0, "seed \(seed)")
    }

    @Test(arguments: 21...26 as ClosedRange<UInt64>)
    func restartKnowsLastTotalsAndOrigins(_ seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        var truth = Truth(seed: seed)
        var store: Store? = try .open(directory)
        #expect(try store?.restore() == nil)
        for _ in 0..<150 {
            let record = truth.next()
            truth.keep(record, as: try #require(try store?.append(record)))
            guard truth.chance(10) else { continue }
            store = nil
            store = try .open(directory)
            #expect(store?.outcome == .opened)
            let restored = try #require(try store?.restore())
            let state = truth.state(of: truth.passes.count - 1)
            #expect(restored.pass == state.pass, "seed \(seed)")
            #expect(restored.moment == state.moment, "seed \(seed)")
            #expect(restored.series.map(\.series) == state.series, "seed \(seed)")
            #expect(restored.series.map(\.origins) == record.series.map(\.origins), "seed \(seed)")
        }
    }

    @Test func timeNeverRepeatsOrGoesBack() throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory)
        for wall in [1000, 1000, 400, 5000] as [Int64] {
            _ = try store.append(.plain(at: wall, ["a": [1]]))
        }
        let reader = Reader(directory: directory.path)
        let times = try (1...4).map {
            try #require(try reader.state(atOrBefore: PassID($0))).pass.wallMilliseconds
        }
        #expect(times == [1000, 1001, 1002, 5000])
        let third = try #require(try reader.state(atOrBefore: PassID(3)))
        #expect(third.moment.wallMilliseconds == 400)
    }

    @Test func settingsThatKeepPassesSafeAreReadBack() throws {
        let store = try Store.open(TemporaryDirectory())
        let expected: [String: Int64] = [
            "synchronous": 2, "secure_delete": 0, "auto_vacuum": 2, "page_size": 4096,
            "cell_size_check": 1, "trusted_schema": 0, "wal_autocheckpoint": 1000,
        ]
        for (name, value) in expected {
            #expect(try store.connection.integer("PRAGMA \(name)", to: "test") == value, "\(name)")
        }
        #expect(try store.connection.text("PRAGMA journal_mode", to: "test") == "wal")
    }

    @Test func publishedBasesAreReplacedSlotBySlot() throws {
        let directory = try TemporaryDirectory()
        func base(_ slot: String, _ series: String, _ column: Int, _ base: UInt64) -> PublishedBase
        {
            PublishedBase(slot: slot, seriesKey: series, column: "c\(column)", base: base)
        }
        let first = [base("a", "x/1", 0, .max), base("a", "x/1", 1, 7), base("b", "y/1", 0, 3)]
        do {
            let store = try Store.open(directory)
            #expect(try store.loadPublished().isEmpty)
            _ = try store.append(.plain(at: 1, ["x/1": [1]]), published: first)
            _ = try store.append(.plain(at: 2, ["x/1": [1]]))
            #expect(try store.loadPublished() == first)
            // The same slot twice, as after a pass that could not be kept.
            let later = [base("a", "x/1", 1, 8), base("a", "z/1", 2, 9)]
            _ = try store.append(.plain(at: 3, ["x/1": [1]]), published: later)
        }
        let expected = [base("a", "z/1", 2, 9), base("b", "y/1", 0, 3)]
        #expect(try Store.open(directory).loadPublished() == expected)
    }

    @Test func unchangedPassCostsAFewBytes() throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory)
        for pass in 1...5 as ClosedRange<Int64> {
            _ = try store.append(.plain(at: pass * 10_000, ["a": Array(repeating: 9, count: 500)]))
        }
        let bytes = try directory.integer("SELECT max(length(d)) FROM head WHERE cyc > key")
        #expect(try #require(bytes) < 16)
        #expect(try directory.integer("SELECT count(*) FROM offs") == 0)
    }

    @Test func keyFrameComesWithEveryChangeOfTheSeriesAndAfter64Rows() throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory)
        var wall: Int64 = 0
        func append(_ values: [String: [UInt64]], boot: String = "boot") throws -> Bool {
            wall += 10
            let id = try store.append(.plain(at: wall, boot: boot, values))
            return try directory.integer("SELECT key = cyc FROM head WHERE cyc = \(id)") == 1
        }
        #expect(try append(["a": [1]]))
        #expect(try !append(["a": [2]]))
        #expect(try append(["a": [2], "b": [3]]))
        #expect(try !append(["a": [2], "b": [3]]))
        #expect(try append(["a": [2], "b": [3, 4]]))
        #expect(try append(["a": [2], "b": [3, 4]], boot: "other"))
        for _ in 1..<Group.maximumCount {
            #expect(try !append(["a": [2], "b": [3, 4]], boot: "other"))
        }
        #expect(try append(["a": [2], "b": [3, 4]], boot: "other"))
        #expect(try directory.integer("SELECT count(*) FROM epoch") == 2)
    }

    private static func compare(
        _ reader: Reader, _ truth: Truth, _ index: Int, seed: UInt64
    ) throws {
        let expected = truth.state(of: index)
        let comment: Comment = "seed \(seed), pass \(expected.pass.id)"
        #expect(try reader.state(atOrBefore: expected.pass.id) == expected, comment)
        // The clock may have been set back in between: the newest pass counts.
        for time in [expected.pass.wallMilliseconds, expected.pass.wallMilliseconds - 1] {
            let latest = truth.passes.last { $0.pass.wallMilliseconds <= time }?.pass
            #expect(try reader.state(atOrBeforeWall: time)?.pass == latest, comment)
        }
    }

    private static func compareEvents(_ reader: Reader, _ truth: Truth, seed: UInt64) throws {
        let expected = truth.passes.flatMap { pass, record in
            record.events.map { event in
                let series = record.series.first { $0.key == event.key }
                return StoredEvent(
                    pass: pass, event: event,
                    columnName: series?.layout.columns[event.column].name ?? "")
            }
        }
        #expect(!expected.isEmpty)
        let bounds = try #require(try reader.bounds())
        #expect(bounds.oldest == truth.passes[0].pass)
        #expect(bounds.newest == truth.passes.last?.pass)
        #expect(bounds.count == UInt64(truth.passes.count))
        let newest = bounds.newest.id
        let all = try reader.events(after: PassID(0), through: PassID(.max), limit: 1 << 20)
            .readable
        #expect(all == expected, "seed \(seed)")
        let half = PassID(newest.rawValue / 2)
        let first = try reader.events(after: PassID(0), through: half, limit: 1 << 20).readable
        let second = try reader.events(after: half, through: newest, limit: 1 << 20).readable
        #expect(first + second == expected, "seed \(seed)")
        #expect(
            try reader.events(after: PassID(0), through: newest, limit: 3).readable
                == Array(expected.prefix(3)))
        #expect(
            try reader.passCount(after: half, through: newest) == newest.rawValue - half.rawValue)
        #expect(try reader.passCount(after: PassID(0), through: PassID(.max)) == bounds.count)
        #expect(try reader.passCount(after: newest, through: half) == 0)
    }
}
