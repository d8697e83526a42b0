import Model
import Testing

@testable import History

@Suite struct StretchTests {
    /// Stretch by stretch everything comes back that was kept, sealed or not, and nothing else.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func stretchesAreWhatWasKept(_ seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        var truth = Truth(seed: seed)
        var limits = Store.Limits.ample
        limits.slotPasses = 5 * Int(seed)
        let store = try Store.open(directory, limits: limits)
        let reader = Reader(directory: directory.path)
        #expect(try reader.stretch(after: PassID(0), of: Selection()) == nil)
        for _ in 0..<200 {
            let record = truth.next()
            truth.keep(record, as: try store.append(record))
            if truth.chance(20) { try store.seal() }
        }
        try Self.compare(reader, truth, Selection(), 0..<200, seed: seed)
        let some = Selection(keys: ["part0/ä", "part2/ä", "nobody"], columns: ["c0", "c3", "g0"])
        for _ in 0..<20 {
            let first = Int(truth.pick(0...199))
            let rows = first..<Int(truth.pick(UInt64(first)...200))
            try Self.compare(reader, truth, some, rows, seed: seed)
        }
    }

    private struct Value: Hashable {
        var pass: UInt64
        var key: String
        var column: String
        var cell: Cell
    }

    private static func compare(
        _ reader: Reader, _ truth: Truth, _ selection: Selection, _ rows: Range<Int>, seed: UInt64
    ) throws {
        var expected: Set<Value> = []
        for (pass, record) in truth.passes[rows] {
            for series in record.series where selection.keys?.contains(series.key) ?? true {
                for (column, cell) in zip(series.layout.columns, series.cells)
                where selection.columns?.contains(column.name) ?? true {
                    expected.insert(
                        Value(
                            pass: pass.id.rawValue, key: series.key, column: column.name,
                            cell: cell))
                }
            }
        }
        var passes: [StoredPass] = []
        var found: Set<Value> = []
        var after = PassID(UInt64(rows.lowerBound))
        let end = PassID(UInt64(rows.upperBound))
        while let stretch = try reader.stretch(after: after, through: end, of: selection) {
            try #require(stretch.through > after && stretch.through <= end, "seed \(seed)")
            passes += stretch.passes
            found.formUnion(values(stretch))
            after = stretch.through
            if after >= end { break }
        }
        #expect(passes == truth.passes[rows].map(\.pass), "seed \(seed)")
        #expect(found == expected, "seed \(seed)")
    }

    private static func values(_ stretch: Stretch) -> [Value] {
        var values: [Value] = []
        for series in stretch.series {
            for column in series.columns {
                column.eachCell { row, cell in
                    values.append(
                        Value(
                            pass: stretch.passes[row].id.rawValue, key: series.key,
                            column: series.layout.columns[column.index].name, cell: cell))
                }
            }
        }
        return values
    }

    /// What is damaged is left out, and what lies around it comes all the same.
    @Test(
        arguments: [
            ("UPDATE chunk SET d = zeroblob(9) WHERE id >> 12 = 11", 11...20),
            ("UPDATE slot SET d = zeroblob(9) WHERE first = 11", 11...20),
            ("UPDATE slot SET last = 9999999 WHERE first = 11", 11...20),
            ("UPDATE slot SET last = 12 WHERE first = 11", 11...20),
            ("UPDATE slot SET last = 9999999 WHERE first = 21", 21...30),
            ("UPDATE head SET d = zeroblob(9) WHERE cyc = 33", 33...40),
            ("UPDATE head SET key = 7 WHERE cyc = 33", 33...40),
            ("DELETE FROM head WHERE cyc = 33", 33...40),
        ] as [(String, ClosedRange<UInt64>)])
    func damageIsAGap(_ sql: String, _ gap: ClosedRange<UInt64>) throws {
        let directory = try TemporaryDirectory()
        var limits = Store.Limits.ample
        limits.slotPasses = 10
        do {
            let store = try Store.open(directory, limits: limits)
            for pass in 1...30 as ClosedRange<UInt64> {
                _ = try store.append(.plain(at: Int64(pass) * 10_000, ["a": [pass]]))
                if pass % 10 == 0 { try store.sealAll() }
            }
            for pass in 31...40 as ClosedRange<UInt64> {
                _ = try store.append(.plain(at: Int64(pass) * 10_000, ["a": [pass]]))
            }
        }
        try directory.execute(sql)
        let reader = Reader(directory: directory.path)
        var values: [Value] = []
        var after = PassID(0)
        while let stretch = try reader.stretch(
            after: after, through: PassID(40), of: Selection(keys: ["a"]))
        {
            try #require(stretch.through > after)
            values += Self.values(stretch)
            after = stretch.through
            if after >= PassID(40) { break }
        }
        let expected = (1...40 as ClosedRange<UInt64>).filter { !gap.contains($0) }
        #expect(values.map(\.pass) == expected)
        #expect(values.allSatisfy { $0.cell == .value($0.pass, saturated: false) })
    }

    /// An event that cannot be read is counted: a window over it is not exact.
    @Test(
        arguments: [
            "UPDATE event SET after = after + 1 WHERE id >> 20 = 2",
            "UPDATE event SET kind = 'nothing' WHERE id >> 20 = 2",
            "UPDATE event SET dev = dev + 7 WHERE id >> 20 = 2",
            "UPDATE device SET key = 'b'", "UPDATE field SET name = 'c9'",
        ])
    func damagedEventsAreCounted(_ sql: String) throws {
        let directory = try TemporaryDirectory()
        do {
            let store = try Store.open(directory)
            for pass in 1...3 as ClosedRange<UInt64> {
                var record = PassRecord.plain(at: Int64(pass) * 10, ["a": [pass]])
                if pass == 2 {
                    record.events = [
                        CounterEvent(key: "a", column: 0, kind: .cleared, before: 9, after: 2)
                    ]
                }
                _ = try store.append(record)
            }
        }
        try directory.execute(sql)
        let reader = Reader(directory: directory.path)
        let over = try reader.events(after: PassID(1), through: PassID(3), limit: 9)
        #expect(over.damagedCount == 1)
        #expect(over.readable.isEmpty)
        #expect(try reader.events(after: PassID(2), through: PassID(3), limit: 9).count == 0)
    }

    @Test func passesAreCountedOverGaps() throws {
        let directory = try TemporaryDirectory()
        var limits = Store.Limits.ample
        limits.slotPasses = 10
        let store = try Store.open(directory, limits: limits)
        for pass in 1...35 as ClosedRange<UInt64> {
            _ = try store.append(.plain(at: Int64(pass) * 10_000, ["a": [pass]]))
            if pass % 10 == 0 { try store.sealAll() }
        }
        try directory.execute("DELETE FROM slot WHERE first = 11")
        let reader = Reader(directory: directory.path)
        for (after, through, count) in [(0, 35, 25), (5, 35, 20), (10, 20, 0), (15, 22, 2)] {
            #expect(
                try reader.passCount(after: PassID(UInt64(after)), through: PassID(UInt64(through)))
                    == UInt64(count))
        }
    }
}
