import HistoryScript
import Model
import Testing

@testable import History

/// Old slots that keep one pass a minute of what tells nothing of errors.
@Suite struct ThinningTests {
    private static let layout = Layout(
        deviceClass: CounterTable.infiniBandPort.layout.deviceClass,
        columns: ["symbol_error", "port_xmit_data"].compactMap { name in
            CounterTable.infiniBandPort.layout.columns.first { $0.name == name }
        } + [Column(name: "heat", kind: .gauge, unit: "celsius")])

    private static let start: Int64 = 1_700_000_000_000

    private static func record(_ pass: Int) -> PassRecord {
        let number = UInt64(pass)
        let heat: Cell =
            pass % 9 == 0 ? .missing(last: number) : .value(number % 7, saturated: false)
        return PassRecord(
            moment: Moment(
                bootID: "boot", boottimeNanoseconds: number * 10_000_000_000,
                wallMilliseconds: start + Int64(pass) * 10_000),
            series: [
                SeriesRecord(
                    key: "port", layout: layout, isPresent: pass % 13 > 0,
                    cells: [
                        .value(number / 10, saturated: false),
                        .value(SeededGenerator.mix(number) >> 40 + number << 30, saturated: false),
                        heat,
                    ], origins: layout.columns.map { _ in .none })
            ], events: [])
    }

    private static func history(
        _ directory: TemporaryDirectory, passes: Int, damaging chunk: Int64? = nil
    ) throws {
        var limits = Store.Limits.ample
        limits.slotPasses = 60
        limits.thinAfterMilliseconds = 3_600_000
        let store = try Store.open(directory, limits: limits)
        for pass in 1...passes {
            let kept = try store.append(record(pass))
            #expect(kept.rawValue == UInt64(pass))
            try store.seal()
            guard pass == 200, let chunk else { continue }
            try store.connection.execute(
                """
                UPDATE chunk SET d = CAST(substr(d, 1, 9) || x'55' || substr(d, 11) AS BLOB)
                WHERE id >> \(Schema.chunkBits) = \(chunk)
                """, to: "damage a chunk")
        }
    }

    @Test func oneOfSixPassesIsLeftAndAllOfTheErrors() throws {
        #expect(Self.layout.columns.count == 3)
        let directory = try TemporaryDirectory()
        try Self.history(directory, passes: 1000)
        let thinned = try #require(
            try directory.integer("SELECT max(last) FROM slot WHERE tier = 1"))
        // An hour is 360 passes, and a slot is thinned once all of it is older.
        #expect((460...640).contains(thinned))
        #expect(
            try directory.integer("SELECT min(first) FROM slot WHERE tier = 0") == thinned + 1)
        let reader = Reader(directory: directory.path)
        #expect(try reader.bounds()?.count == 1000)
        for pass in 1...1000 {
            let state = try #require(try reader.state(atOrBefore: PassID(UInt64(pass))))
            let found = Int(state.pass.id.rawValue)
            #expect(pass > thinned ? found == pass : (0..<6).contains(pass - found))
            let record = Self.record(found)
            #expect(state.moment == record.moment)
            #expect(state.series.map(\.cells) == record.series.map(\.cells))
            #expect(state.series.map(\.isPresent) == record.series.map(\.isPresent))
            let seen = found % 13 > 0 ? found : found - 1
            #expect(state.series[0].lastSeen?.id == (seen == 0 ? nil : PassID(UInt64(seen))))
        }
        var after = PassID(0)
        var passes: [StoredPass] = []
        while let stretch = try reader.stretch(after: after, of: Selection()) {
            after = stretch.through
            passes += stretch.passes
            let isThinned = after <= PassID(UInt64(thinned))
            let series = try #require(stretch.series.first)
            for (column, isKeptRarely) in zip(series.columns, [false, true, true]) {
                var rows: [Int] = []
                column.eachCell { row, cell in
                    rows.append(row)
                    let record = Self.record(Int(stretch.passes[row].id.rawValue))
                    #expect(cell == record.series[0].cells[column.index])
                }
                let step = isThinned && isKeptRarely ? 6 : 1
                #expect(rows == Array(stride(from: 0, to: stretch.passes.count, by: step)))
            }
        }
        #expect(passes.map(\.id.rawValue) == Array(1...1000))
    }

    @Test func damagedChunkStaysAGapAndTheOthersAreThinned() throws {
        let directory = try TemporaryDirectory()
        let slot: Int64 = 61
        try Self.history(directory, passes: 1000, damaging: slot)
        let reader = Reader(directory: directory.path)
        let last = try #require(
            try directory.integer("SELECT last FROM slot WHERE first = \(slot)"))
        #expect(try directory.integer("SELECT tier FROM slot WHERE first = \(slot)") == 1)
        for pass in stride(from: 1, through: Int(last) + 60, by: 7) {
            let state = try #require(try reader.state(atOrBefore: PassID(UInt64(pass))))
            let isDamaged = (slot...last).contains(Int64(pass))
            let cells = Self.record(Int(state.pass.id.rawValue)).series[0].cells
            #expect(
                state.series[0].cells
                    == (isDamaged ? cells.map { _ in .missing(last: nil) } : cells), "\(pass)")
        }
    }
}
