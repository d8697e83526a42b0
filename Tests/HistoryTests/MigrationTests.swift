import Foundation
import Model
import Testing

@testable import History

/// Files as the versions before wrote them: 200 passes of two series, a cleared counter, a reboot.
@Suite struct MigrationTests {
    @Test(arguments: 1...2)
    func historyOfAnOlderVersionGoesOn(_ version: Int) throws {
        let directory = try Self.directory(version)
        let store = try Store.open(directory)
        #expect(store.outcome == .opened)
        #expect(try directory.integer("PRAGMA user_version") == Schema.version)
        let restored = try #require(try store.restore())
        #expect(restored.pass.id == PassID(200))
        #expect(restored.series.map(\.origins[0]) == [Origin(offset: 4, field: 0), .none])
        let published = PublishedBase(
            slot: "mlx5_0/1/local", seriesKey: "a", column: "c0", base: 5)
        #expect(try store.loadPublished() == [published])
        #expect(try store.append(Self.record(201)) == PassID(201))
        let reader = Reader(directory: directory.path)
        try Self.expectAll(reader)
        try store.sealAll()
        try Self.expectAll(reader)
        #expect(try directory.integer("SELECT count(*) FROM head") == 0)
        #expect(try store.append(Self.record(202)) == PassID(202))
    }

    private static func expectAll(_ reader: Reader) throws {
        for pass in 1...201 as ClosedRange<UInt64> {
            let state = try #require(try reader.state(atOrBefore: PassID(pass)))
            #expect(state.pass.id == PassID(pass))
            #expect(state.moment == record(pass).moment)
            #expect(state.series.map(\.cells) == record(pass).series.map(\.cells))
        }
        let events = try reader.events(after: PassID(0), through: PassID(.max), limit: 9).readable
        let expected = StoredEvent(
            pass: StoredPass(id: PassID(50), wallMilliseconds: 500_000),
            event: CounterEvent(key: "a", column: 0, kind: .cleared, before: 147, after: 3),
            columnName: "c0")
        #expect(events == [expected])
    }

    private static func record(_ pass: UInt64) -> PassRecord {
        .plain(
            at: Int64(pass) * 10_000, boot: pass < 100 ? "one" : "two",
            ["a": [pass * 3, 7, pass * pass], "b": [pass / 10]])
    }

    private static func directory(_ version: Int) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let fixture = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../Fixtures/history/version-\(version).db")
        try FileManager.default.copyItem(at: fixture, to: URL(filePath: directory.database))
        return directory
    }
}
