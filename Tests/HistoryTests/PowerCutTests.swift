import Foundation
import HistoryScript
import Testing

@testable import History

/// Power cuts, made up from what SQLite wrote and waited for.
@Suite struct PowerCutTests {
    // The last one gives so much back at once that the file shrinks.
    @Test(arguments: [(51, 40), (52, 40), (53, 40), (54, 40), (55, 2400)] as [(UInt64, Int)])
    func nothingKeptIsLost(_ seed: UInt64, wideColumns: Int) throws {
        let script = Script(seed: seed, wideColumns: wideColumns, through: 60)
        var random = SeededGenerator(seed: seed)
        let steps = try Self.eachCut(105, of: script, "FULL", &random) { copy, kept, cut, random in
            try Self.expectWhole(copy, script, kept, "seed \(seed), \(cut)", &random)
        }
        let shrinks = steps.contains {
            if case .truncate(.database, _) = $0 { true } else { false }
        }
        #expect(shrinks || wideColumns < 2400)
    }

    // That these cuts find what is not waited for.
    @Test func writesThatAreNotWaitedForAreLost() throws {
        let script = Script(seed: 56)
        var random = SeededGenerator(seed: 56)
        var lost = 0
        _ = try Self.eachCut(40, of: script, "NORMAL", &random) { copy, kept, _, _ in
            let bounds = try Reader(directory: copy.path).bounds()
            if bounds?.newest.id.rawValue ?? 0 < kept { lost += 1 }
        }
        #expect(lost > 10)
    }

    // Shows what is left by cuts at random moments while a history is written, and the latest pass
    // that the writer had been told is kept.
    private static func eachCut(
        _ count: Int, of script: Script, _ synchronous: String, _ random: inout SeededGenerator,
        _ body: (TemporaryDirectory, UInt64, String, inout SeededGenerator) throws -> Void
    ) throws -> [WriteLog.Step] {
        let directory = try TemporaryDirectory()
        var kept: UInt64 = 2
        try write(1...kept, script, directory, nil, synchronous, &random)
        var disk = DiskImage(directory.path)
        let log = WriteLog(directory.path)
        try write(3...150, script, directory, log, synchronous, &random)
        try write(151...260, script, directory, log, synchronous, &random)
        let steps = log.end()
        var cuts = (0..<count).map { _ in Int.random(in: 0..<steps.count, using: &random) }
        cuts.sort(by: >)
        for (index, step) in steps.enumerated() {
            if case .kept(let pass) = step { kept = pass }
            disk.take(step)
            while cuts.last == index {
                cuts.removeLast()
                let fates = DiskImage.Fate.allCases
                let fate = fates[Int.random(in: 0..<fates.count, using: &random)]
                let copy = try TemporaryDirectory()
                try disk.cut(fate, into: copy.path, &random)
                try body(copy, kept, "step \(index), \(fate)", &random)
            }
        }
        #expect(cuts.isEmpty && kept == 260)
        return steps
    }

    private static func write(
        _ passes: ClosedRange<UInt64>, _ script: Script, _ directory: TemporaryDirectory,
        _ log: WriteLog?, _ synchronous: String, _ random: inout SeededGenerator
    ) throws {
        let store = try Store(directory: directory.path, limits: .busy, nowMilliseconds: 0)
        func execute(_ sql: String) throws {
            try store.connection.execute(sql, to: "test")
        }
        if synchronous != "FULL" { try execute("PRAGMA synchronous=\(synchronous)") }
        for pass in passes {
            if random.chance(10) {
                let pages = Int.random(in: 10...200, using: &random)
                try execute("PRAGMA wal_autocheckpoint=\(pages)")
            }
            if random.chance(3) { try execute("PRAGMA incremental_vacuum(3)") }
            let kept = try script.append(pass, to: store)
            log?.add(.kept(kept.rawValue))
            if random.chance(30) { try store.seal() }
        }
    }

    private static func expectWhole(
        _ directory: TemporaryDirectory, _ script: Script, _ kept: UInt64, _ context: Comment,
        _ random: inout SeededGenerator
    ) throws {
        let store = try Store(directory: directory.path, limits: .busy, nowMilliseconds: 0)
        #expect(store.outcome == .opened, context)
        try script.expectRestored(store, through: kept, context)
        let passes = try script.expectKept(
            directory, atLeast: kept, samples: 3, context, &random)
        #expect(passes.upperBound <= kept + 1, context)
        let next = passes.upperBound + 1
        #expect(try script.append(next, to: store).rawValue == next, context)
    }
}
