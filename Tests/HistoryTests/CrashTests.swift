import HistoryScript
import Testing

@testable import History

@Suite struct CrashTests {
    // What a kill leaves behind is the file and its log as they are at some moment.
    @Test(arguments: 31...34 as ClosedRange<UInt64>)
    func noCommittedPassIsLost(_ seed: UInt64) throws {
        let directory = try TemporaryDirectory()
        var truth = Truth(seed: seed)
        let store = try Store.open(directory)
        for _ in 0..<200 {
            let record = truth.next()
            truth.keep(record, as: try store.append(record))
            guard truth.chance(8) else { continue }
            let copy = try TemporaryDirectory()
            try directory.copyFiles(to: copy)
            let reopened = try Store.open(copy)
            #expect(reopened.outcome == .opened)
            let expected = truth.state(of: truth.passes.count - 1)
            let restored = try #require(try reopened.restore())
            #expect(restored.series.map(\.series) == expected.series, "seed \(seed)")
            #expect(restored.series.map(\.origins) == record.series.map(\.origins))
            let middle = Int(truth.pick(0...999)) % truth.passes.count
            let reader = Reader(directory: copy.path)
            #expect(
                try reader.state(atOrBefore: truth.passes[middle].pass.id)
                    == truth.state(of: middle), "seed \(seed)")
            let next = try reopened.append(record)
            #expect(next.rawValue == expected.pass.id.rawValue + 1)
        }
    }

    // One history, 200 writers: each goes on where the one before it was killed.
    @Test func killedWritersLoseNothingTheyWereToldIsKept() throws {
        let directory = try TemporaryDirectory()
        let seed: UInt64 = 41
        let script = Script(seed: seed)
        var random = SeededGenerator(seed: seed)
        var kept: UInt64 = 0
        for round in 1...200 {
            let writer = try WriterProcess(directory.path, seed: seed)
            let told = writer.kill(after: Int.random(in: 1...30, using: &random), &random)
            let context: Comment = "round \(round)"
            #expect(told.count > 0, context)
            for pass in told {
                #expect(pass == kept + 1 || pass == kept + 2, context)
                kept = pass
            }
            // Every other time the next writer itself finds what the kill left.
            if round % 2 == 0 {
                let store = try Store(directory: directory.path, limits: .busy, nowMilliseconds: 0)
                #expect(store.outcome == .opened)
                try script.expectRestored(store, through: kept, context)
            }
            let passes = try script.expectKept(
                directory, atLeast: kept, samples: 2, context, &random)
            #expect(passes.contains(kept) && passes.upperBound <= kept + 1, context)
            if passes.lowerBound > 1 { #expect(passes.count > 100, context) }
        }
        #expect(try directory.integer("SELECT count(*) FROM slot") ?? 0 > 4)
        #expect(kept > 1000)
    }
}
