import CSQLite
import Model
import Serve
import Testing

@testable import Daemon
@testable import History

@Suite struct BacklogTests {
    private let stage = KeeperStage()

    private func writer() throws -> Connection {
        try Connection(path: stage.path + "/history.db", flags: SQLITE_OPEN_READWRITE)
    }

    private func times() throws -> [Int64] {
        let connection = try writer()
        let statement = try connection.prepare("SELECT t FROM head ORDER BY cyc", to: "test")
        var times: [Int64] = []
        while try statement.step() { times.append(statement.integer(0)) }
        return times
    }

    // Another connection that writes keeps the keeper's from it.
    @Test func passesWaitWhileNothingCanBeWrittenAndKeepTheirMoments() throws {
        defer { stage.remove() }
        let keeper = stage.keeper(try stage.store())
        var ledger = Ledger()
        func keep(_ seconds: UInt64, errors: UInt64) {
            keeper.keep(stage.record(&ledger, symbolErrors: errors, at: seconds), [])
        }
        keep(0, errors: 100)
        let other = try writer()
        try other.execute("BEGIN IMMEDIATE", to: "test")
        keep(10, errors: 101)
        keep(20, errors: 3)
        #expect(keeper.latest == PassID(1))
        let view = keeper.view
        #expect(view.waiting == 2 && view.lost == 0 && view.failures == 2)
        #expect(view.trouble?.contains("0 passes are lost; 2 wait in memory") == true)
        try other.execute("COMMIT", to: "test")
        keep(30, errors: 5)
        #expect(keeper.latest == PassID(4))
        #expect(keeper.view.waiting == 0 && keeper.view.trouble == nil)
        #expect(try times().map { $0 % 100_000 } == [0, 10_000, 20_000, 30_000])
        #expect(stage.book.told.last?.contains("3 passes were written late, 0 are lost") == true)
        let desk = Desk(
            node: "n", clock: SystemClock(),
            archive: Archive(reader: Reader(directory: stage.path)))
        let deltas = try desk.deltas(since: .wall(milliseconds: 1_700_000_000_000))
        let counter = deltas.series.first?.counters.first { $0.name == "symbol_error" }
        // 1, then 3 after the clearing, then 2.
        #expect(counter?.delta == 6 && counter?.quality == "at_least")
    }

    // The gap is one of time, and what happened in it is said behind it.
    @Test func oldestPassesAreLostAndCounted() throws {
        defer { stage.remove() }
        let keeper = stage.keeper(try stage.store())
        var ledger = Ledger()
        keeper.keep(stage.record(&ledger, symbolErrors: 9, at: 0), [])
        let other = try writer()
        try other.execute("BEGIN IMMEDIATE; PRAGMA busy_timeout=0", to: "test")
        let lost: UInt64 = 3
        for pass in 1...UInt64(Backlog.capacity) + lost {
            keeper.keep(stage.record(&ledger, symbolErrors: pass, at: 10 * pass), [])
        }
        #expect(keeper.view.waiting == Backlog.capacity && keeper.view.lost == lost)
        try other.execute("COMMIT", to: "test")
        var turn = UInt64(Backlog.capacity) + lost
        while keeper.view.waiting > 0 {
            turn += 1
            let before = keeper.view.waiting
            keeper.keep(stage.record(&ledger, symbolErrors: turn, at: 10 * turn), [])
            #expect(keeper.view.waiting >= before - 9, "a bounded number at a time")
        }
        #expect(try times().count == Int(turn - lost) + 1)
        let reader = Reader(directory: stage.path)
        let events = try reader.events(after: PassID(0), through: PassID(.max), limit: 9)
        #expect(events.readable.map(\.event.kind) == [.cleared])
        #expect(events.readable.first?.pass.id == PassID(2))
        #expect(keeper.view.trouble == nil && keeper.view.lost == lost)
    }

    @Test func fullFileGivesUpItsOldestPasses() throws {
        defer { stage.remove() }
        var limits = KeeperStage.limits
        limits.slotPasses = 64
        let store = try stage.store(limits)
        let keeper = stage.keeper(store)
        let pages = try #require(try store.connection.integer("PRAGMA page_count", to: "test"))
        try store.connection.execute("PRAGMA max_page_count=\(pages + 100)", to: "test")
        let layout = Layout(
            deviceClass: "part",
            columns: (0..<200).map { Column(name: "c\($0)", kind: .counter, unit: "events") })
        for pass in 1...700 as ClosedRange<UInt64> {
            let values = (0..<200).map { _ in UInt64.random(in: 0...UInt64.max) }
            let series = SeriesRecord(
                key: "part", layout: layout, isPresent: true,
                cells: values.map { .value($0, saturated: false) },
                origins: values.map { _ in .none })
            keeper.keep(
                PassRecord(moment: .scripted(seconds: 10 * pass), series: [series], events: []), [])
            keeper.stop()
        }
        #expect(keeper.latest == PassID(700))
        #expect(keeper.view.lost == 0 && keeper.view.waiting == 0 && keeper.view.since == nil)
        #expect(keeper.view.trouble?.contains("the oldest passes are given up") == true)
        #expect(stage.book.told.count == 1)
        stage.clock.advance(seconds: 600)
        #expect(keeper.view.trouble == nil)
        let bounds = try #require(try Reader(directory: stage.path).bounds())
        #expect(bounds.oldest.id > PassID(1) && bounds.newest.id == PassID(700))
    }
}
