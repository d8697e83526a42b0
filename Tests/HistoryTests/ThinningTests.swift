import CSQLite
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
        try Self.eachSlot(directory, tier: 1) { slot, reader, bytes in
            #expect(slot.clock.stride == 6)
            let records = slot.clock.passes.map { Self.record(Int($0)).series[0] }
            let all = try reader.content(bytes)
            #expect(all.columns.map(\.isThinned) == [false, true, true])
            #expect(all.columns[0].values == records.map { $0.cells[0].latest ?? 0 })
            #expect(all.columns[1].values.count == slot.clock.gridRows)
        }
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

    private static func eachSlot(
        _ directory: TemporaryDirectory, tier: Int,
        _ body: (Slot, ChunkReader, Span<UInt8>) throws -> Void
    ) throws {
        let connection = try Connection(path: directory.database, flags: SQLITE_OPEN_READONLY)
        try connection.addRowChecksum()
        let columns = try StateReader.layouts(connection).mapValues { layout in
            layout.columns.map { $0.kind == .gauge }
        }
        let slots = try connection.prepare(
            "SELECT first, last, t0, t1, epoch, d FROM slot WHERE tier = \(tier)", to: "test")
        var count = 0
        while try slots.step() {
            guard let slot = SlotReader.slot(slots) else {
                Issue.record("a damaged slot")
                continue
            }
            try SlotReader.eachChunk(connection, slot, columns: columns) { _, reader, bytes in
                count += 1
                guard let reader else {
                    Issue.record("a damaged chunk")
                    return
                }
                #expect(throws: Never.self) { try body(slot, reader, bytes) }
            }
        }
        #expect(count > 5)
    }
}
