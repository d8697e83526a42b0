import CSQLite
import Foundation
import Model
import Testing

@testable import Daemon
@testable import History

@Suite struct UpkeepTests {
    private let stage = KeeperStage()

    private static let layout = Layout(
        deviceClass: "part",
        columns: (0..<60).map { Column(name: "c\($0)", kind: .counter, unit: "events") })

    // The first counter counts passes, the others keep the file from being small.
    private func keep(_ keeper: Keeper, _ passes: Range<UInt64>) {
        for pass in passes {
            let values = [pass] + (1..<60).map { _ in UInt64.random(in: 0...UInt64.max) }
            let series = SeriesRecord(
                key: "part", layout: Self.layout, isPresent: true,
                cells: values.map { .value($0, saturated: false) },
                origins: values.map { _ in .none })
            keeper.keep(
                PassRecord(moment: .scripted(seconds: 10 * pass), series: [series], events: []), [])
            // What is due is ready at the next pass.
            keeper.stop()
        }
    }

    private var limits: Store.Limits {
        var limits = KeeperStage.limits
        limits.slotPasses = 4
        return limits
    }

    // Damaged in the middle of what is sealed, which opening does not read.
    private func damage() throws {
        let path = stage.path + "/history.db"
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READWRITE)
        // What is in the log would stand in for the page.
        try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)", to: "test")
        let page = try connection.integer(
            "SELECT min(pageno) FROM dbstat WHERE name = 'chunk' AND pagetype = 'leaf'",
            to: "test")
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        try file.seek(toOffset: UInt64(try #require(page) - 1) * 4096)
        try file.write(contentsOf: Data(count: 4096))
        try file.close()
    }

    @Test func damageIsSaidAndSalvagedAfterTheRestart() throws {
        defer { stage.remove() }
        var storeID: UInt64?
        do {
            let keeper = stage.keeper(try stage.store(limits))
            keep(keeper, 0..<400)
            #expect(keeper.view.check == .sound)
            storeID = keeper.storeID
        }
        try damage()
        do {
            let keeper = stage.keeper(try stage.store(limits))
            keep(keeper, 400..<403)
            #expect(keeper.view.trouble?.hasPrefix("The history is damaged: ") == true)
            #expect(keeper.view.failures == 0 && keeper.latest == PassID(403))
            #expect(stage.book.told.count == 1, "\(stage.book.told)")
        }
        let keeper = stage.keeper(try stage.store(limits))
        #expect(keeper.storeID == storeID)
        _ = try keeper.past()
        #expect(keeper.latest == PassID(403))
        keep(keeper, 403..<600)
        let view = keeper.view
        #expect(view.trouble == nil && view.check == .sound)
        let salvage = try #require(view.salvage)
        #expect(salvage.isDone && salvage.passes > 100)
        #expect(stage.book.told.last?.contains("salvaged \(salvage.passes) passes") == true)
        // Totals go on as if nothing had happened.
        let reader = Reader(directory: stage.path)
        let newest = try #require(try reader.bounds()).newest.id
        let oldest = try #require(try reader.bounds()).oldest.id
        func total(_ pass: PassID) throws -> UInt64? {
            let state = try reader.state(atOrBefore: pass)
            return state?.series.first?.cells[0].latest
        }
        #expect(try total(newest) == 599)
        #expect(try total(oldest) == oldest.rawValue - 1)
    }
}
