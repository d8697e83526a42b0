import CSQLite
import Model
import Testing

@testable import Daemon
@testable import History

@Suite struct KeeperSealTests {
    private let stage = KeeperStage()

    private func keep(_ keeper: Keeper, _ ledger: inout Ledger, _ passes: Range<UInt64>) {
        for pass in passes {
            keeper.keep(stage.record(&ledger, symbolErrors: pass, at: 10 * pass), [])
            // What is due is ready at the next pass.
            keeper.stop()
        }
    }

    private func slots() throws -> Int64? {
        let connection = try Connection(
            path: stage.path + "/history.db", flags: SQLITE_OPEN_READONLY)
        return try connection.integer("SELECT count(*) FROM slot", to: "test")
    }

    private func execute(_ sql: String) throws {
        let connection = try Connection(
            path: stage.path + "/history.db", flags: SQLITE_OPEN_READWRITE)
        try connection.execute(sql, to: "test")
    }

    private func store() throws -> Store {
        var limits = KeeperStage.limits
        limits.slotPasses = 4
        return try stage.store(limits)
    }

    @Test func slotsAreSealedBesideThePasses() throws {
        defer { stage.remove() }
        let keeper = stage.keeper(try store())
        var ledger = Ledger()
        keep(keeper, &ledger, 0..<40)
        #expect(keeper.view.trouble == nil && keeper.view.failures == 0)
        #expect(try slots() == 9, "the slot to come and the one that is due are not sealed yet")
        let reader = Reader(directory: stage.path)
        for pass in 1...40 as ClosedRange<UInt64> {
            let state = try #require(try reader.state(atOrBefore: PassID(pass)))
            #expect(state.pass.id == PassID(pass))
            #expect(state.series.first?.cells[KeeperStage.symbol].latest == pass - 1)
        }
    }

    @Test func failureIsSaidOnceAndTriedAgainAfterAPause() throws {
        defer { stage.remove() }
        let keeper = stage.keeper(try store())
        var ledger = Ledger()
        keep(keeper, &ledger, 0..<4)
        try execute("ALTER TABLE layout RENAME COLUMN class TO other")
        keep(keeper, &ledger, 4..<5)
        try execute("ALTER TABLE layout RENAME COLUMN other TO class")
        keep(keeper, &ledger, 5..<8)
        #expect(keeper.view.failures == 1)
        #expect(keeper.view.trouble?.contains("no such column") == true)
        #expect(keeper.latest == PassID(8), "passes are kept all the same")
        stage.clock.advance(seconds: 60)
        keep(keeper, &ledger, 8..<10)
        #expect(keeper.view.trouble == nil && keeper.view.failures == 1)
        #expect(stage.book.told.map { $0.prefix(5) } == ["error", "notic"])
        #expect(try slots() == 2)
    }
}
