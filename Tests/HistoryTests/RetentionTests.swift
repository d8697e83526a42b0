import Foundation
import HistoryScript
import Model
import Testing

@testable import History

@Suite struct RetentionTests {
    @Test func oldPassesGoWithTheirEventsDevicesAndEpochs() throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(
            directory, limits: .init(maximumAgeMilliseconds: 1_000_000, maximumBytes: 1 << 30))
        for pass in 1...1000 as ClosedRange<UInt64> {
            var record = PassRecord.plain(
                at: Int64(pass) * 10_000, boot: pass < 50 ? "first" : "second",
                pass < 100 ? ["early": [pass], "part": [pass]] : ["part": [pass]])
            record.series[0].origins = [Origin(offset: pass / 50, field: 0)]
            record.events = [
                CounterEvent(key: "part", column: 0, kind: .cleared, before: pass, after: 0)
            ]
            _ = try store.append(record)
        }
        let reader = Reader(directory: directory.path)
        let bounds = try #require(try reader.bounds())
        #expect(bounds.newest.id == PassID(1000))
        // A hundred passes are young enough, and the group that the oldest of them is in stays;
        // what is too old is noticed when a group begins.
        let range: ClosedRange<UInt64> = 100...100 + 2 * UInt64(Group.maximumCount)
        #expect(range.contains(bounds.count))
        let events = try reader.events(after: PassID(0), through: bounds.newest.id, limit: 5000)
            .readable
        #expect(UInt64(events.count) == bounds.count)
        #expect(events.first?.pass == bounds.oldest)
        #expect(try directory.integer("SELECT count(*) FROM device") == 1)
        #expect(try directory.integer("SELECT count(*) FROM offs") == 1)
        #expect(try directory.integer("SELECT count(*) FROM epoch") == 1)
        #expect(try reader.state(atOrBefore: PassID(bounds.oldest.id.rawValue - 1)) == nil)
        let oldest = try #require(try reader.state(atOrBefore: bounds.oldest.id))
        #expect(oldest.series[0].cells == [.value(bounds.oldest.id.rawValue, saturated: false)])
        #expect(oldest.series[0].firstRecorded.id == PassID(1))
        #expect(oldest.moment.bootID == "second")
    }

    @Test func fileStaysBelowItsSizeAndPassesAreTheNewest() throws {
        let directory = try TemporaryDirectory()
        let limit: Int64 = 4 << 20
        let store = try Store.open(
            directory, limits: .init(maximumAgeMilliseconds: 1 << 40, maximumBytes: limit))
        var random = SeededGenerator(seed: 7)
        var sizes: [Int64] = []
        for pass in 1...1500 as ClosedRange<Int64> {
            let values = (0..<800).map { _ in UInt64.random(in: 0...(1 << 50), using: &random) }
            _ = try store.append(.plain(at: pass * 10_000, ["a": values]))
            sizes.append(try store.connection.integer("PRAGMA page_count", to: "test") ?? 0)
        }
        #expect(try #require(sizes.max()) * 4096 <= limit)
        // Steady: once full it neither grows nor shrinks by more than the spare pages.
        let steady = sizes.suffix(700)
        #expect(try #require(steady.max()) - #require(steady.min()) <= Retention.sparePages)
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.database)
        #expect(try #require(attributes[.size] as? Int64) <= limit)
        let log = try FileManager.default.attributesOfItem(atPath: directory.database + "-wal")
        #expect(try #require(log[.size] as? Int64) <= 6 << 20)
        let bounds = try #require(try Reader(directory: directory.path).bounds())
        #expect(bounds.newest.id == PassID(1500))
        #expect(bounds.count > 200)
        #expect(try directory.integer("SELECT key = cyc FROM head ORDER BY cyc LIMIT 1") == 1)
    }

    @Test func lowerLimitShrinksTheFileBitByBit() throws {
        let directory = try TemporaryDirectory()
        var random = SeededGenerator(seed: 8)
        func fill(_ store: Store, _ passes: ClosedRange<Int64>) throws -> [Int64] {
            try passes.map { pass in
                let values = (0..<800).map { _ in UInt64.random(in: 0...(1 << 50), using: &random) }
                let before = try directory.integer("SELECT count(*) FROM head") ?? 0
                _ = try store.append(.plain(at: pass * 10_000, ["a": values]))
                return before - (try directory.integer("SELECT count(*) FROM head") ?? 0)
            }
        }
        _ = try fill(try .open(directory), 1...900)
        let small = Store.Limits(maximumAgeMilliseconds: 1 << 40, maximumBytes: 4 << 20)
        let store = try Store.open(directory, limits: small)
        let dropped = try fill(store, 901...1500)
        let most = Int64(Retention.maximumGroups * Group.maximumCount)
        #expect(dropped.allSatisfy { $0 < most })
        let pages = try store.connection.integer("PRAGMA page_count", to: "test") ?? 0
        #expect(pages * 4096 <= small.maximumBytes + Retention.sparePages * 4096)
    }

    @Test func newestGroupStaysHoweverOld() throws {
        let directory = try TemporaryDirectory()
        let limits = Store.Limits(maximumAgeMilliseconds: 1000, maximumBytes: 0)
        _ = try Store.open(directory, limits: limits).append(.plain(at: 1, ["a": [1]]))
        let store = try Store.open(directory, limits: limits)
        #expect(try store.restore()?.pass.id == PassID(1))
        #expect(try store.append(.plain(at: 1 << 40, ["a": [2]])) == PassID(2))
        #expect(try Reader(directory: directory.path).bounds()?.oldest.id == PassID(1))
    }
}
