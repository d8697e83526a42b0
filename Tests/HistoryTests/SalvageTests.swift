import Foundation
import HistoryScript
import Model
import Testing

@testable import History

@Suite struct SalvageTests {
    /// What happens to a file.
    enum Blow: Hashable, Sendable {
        case nothing, header, truncated, log
        case pages(seed: UInt64)
    }

    private static let passes: UInt64 = 700
    private static let skipped: UInt64 = 10_000

    private static var limits: Store.Limits {
        var limits = Store.Limits.ample
        limits.slotPasses = 40
        return limits
    }

    // A history with slots and with rows that are not sealed.
    private static func history(seed: UInt64) throws -> (TemporaryDirectory, Truth, UInt64) {
        let directory = try TemporaryDirectory()
        var truth = Truth(seed: seed)
        let store = try Store.open(directory, limits: limits)
        for _ in 0..<passes {
            let record = truth.next()
            truth.keep(record, as: try store.append(record))
            try store.seal()
        }
        // What is in the log would stand in for damaged pages.
        try directory.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        #expect(try directory.integer("SELECT count(*) FROM slot") ?? 0 > 15)
        #expect(try directory.integer("SELECT count(*) FROM head") ?? 0 > 0)
        return (directory, truth, store.storeID)
    }

    private static func strike(_ directory: TemporaryDirectory, _ blow: Blow) throws {
        let file = try #require(FileHandle(forUpdatingAtPath: directory.database))
        let size = try file.seekToEnd()
        func overwrite(at offset: UInt64, _ count: Int) throws {
            try file.seek(toOffset: offset)
            try file.write(contentsOf: Data(repeating: 0xA5, count: count))
        }
        switch blow {
        case .nothing: break
        case .header: try overwrite(at: 0, 100)
        case .truncated: try file.truncate(atOffset: size / 4096 * 7 / 8 * 4096)
        case .log:
            try Data(repeating: 0xA5, count: 100_000).write(
                to: URL(filePath: directory.database + "-wal"))
        case .pages(let seed):
            // Behind the roots of the tables.
            var random = SeededGenerator(seed: seed)
            for _ in 0..<4 {
                let page = UInt64.random(in: 30..<size / 4096, using: &random)
                try overwrite(at: page * 4096, 4096)
            }
        }
        try file.close()
        // As after damage that was found while writing.
        try Data().write(to: URL(filePath: directory.path + "/history.damaged"))
    }

    private static func salvageAll(_ store: Store) throws {
        while let due = store.dueSalvage { try store.commit(due.prepare()) }
    }

    // How many passes are there; each of their values is the one that was written, or unknown.
    private static func check(
        _ directory: TemporaryDirectory, _ truth: Truth, _ comment: Comment
    ) throws -> UInt64 {
        let reader = Reader(directory: directory.path)
        var found: UInt64 = 0
        for index in truth.passes.indices {
            let expected = truth.state(of: index)
            guard let state = try reader.state(atOrBefore: expected.pass.id),
                state.pass.id == expected.pass.id
            else { continue }
            found += 1
            #expect(state.pass == expected.pass && state.moment == expected.moment, comment)
            for series in state.series {
                let isUnknown =
                    !series.isPresent && series.cells.allSatisfy { $0 == .missing(last: nil) }
                let whole = expected.series.first { $0.key == series.key }
                #expect(isUnknown || series == whole, comment)
            }
        }
        return found
    }

    @Test(arguments: [
        Blow.nothing, .header, .truncated, .log, .pages(seed: 1), .pages(seed: 2), .pages(seed: 3),
        .pages(seed: 4), .pages(seed: 5), .pages(seed: 6),
    ])
    func whatIsSoundIsTakenOver(_ blow: Blow) throws {
        let (directory, truth, storeID) = try Self.history(seed: 77)
        try Self.strike(directory, blow)
        let store = try Store.open(directory, limits: Self.limits)
        guard case .movedAside(let aside, _) = store.outcome else {
            Issue.record("\(store.outcome)")
            return
        }
        let comment: Comment = "\(blow)"
        #expect((store.salvageFailure == nil) == (blow != .header), comment)
        // The next pass comes before the salvage.
        let next = try store.append(.plain(at: 1_800_000_000_000, ["a": [1]]))
        try Self.salvageAll(store)
        if blow == .header {
            // Without its first page a file says nothing, and the numbers begin anew.
            #expect(store.salvage == nil && store.storeID != storeID)
            #expect(next == PassID(1))
            return
        }
        let found = try Self.check(directory, truth, comment)
        let progress = try #require(store.salvage)
        #expect(progress.isDone && progress.path == aside)
        #expect(progress.passes >= found, comment)
        #expect(store.storeID == storeID, comment)
        #expect(next.rawValue > Self.passes, comment)
        switch blow {
        case .nothing, .log:
            #expect(found == Self.passes && progress.lost == 0, comment)
            #expect(next.rawValue == Self.passes + Self.skipped + 1)
        case .pages: #expect(found > Self.passes / 4, comment)
        default: #expect(found > 0, comment)
        }
        #expect(progress.passes + progress.lost <= Self.passes, comment)
        #expect(try directory.integer("SELECT count(*) FROM meta WHERE k LIKE 'salvage%'") == 0)
        #expect(FileManager.default.fileExists(atPath: aside))
    }

    // What was handed out before the damage means the same afterwards, and totals go on.
    @Test func historyGoesOnWhereItWas() throws {
        let (directory, truth, _) = try Self.history(seed: 78)
        try Self.strike(directory, .nothing)
        let store = try Store.open(directory, limits: Self.limits)
        let last = truth.state(of: truth.passes.count - 1)
        let restored = try #require(try store.restore())
        #expect(restored.pass == last.pass && restored.series.map(\.series) == last.series)
        let reader = Reader(directory: directory.path)
        #expect(try reader.state(atOrBefore: last.pass.id) == last)
        let next = try store.append(.plain(at: 1_800_000_000_000, ["a": [1]]))
        #expect(try reader.passCount(after: last.pass.id, through: next) == 1)
        try Self.salvageAll(store)
        #expect(try reader.passCount(after: PassID(0), through: next) == Self.passes + 1)
        let events = try reader.events(after: PassID(0), through: next, limit: 1 << 20)
        #expect(events.damagedCount == 0)
        #expect(events.count == truth.passes.reduce(0) { $0 + $1.record.events.count })
    }

    // Who asks from before the damage must not be told that nothing was cleared.
    @Test func lostEventsAreSaid() throws {
        let (directory, truth, _) = try Self.history(seed: 81)
        try directory.execute(
            "UPDATE event SET after = after + 1 WHERE id = (SELECT min(id) FROM event)")
        try Self.strike(directory, .nothing)
        let store = try Store.open(directory, limits: Self.limits)
        let next = try store.append(.plain(at: 1_800_000_000_000, ["a": [1]]))
        let reader = Reader(directory: directory.path)
        let last = truth.state(of: truth.passes.count - 1).pass.id
        let before = PassID(last.rawValue - 1)
        #expect(try reader.events(after: before, through: next, limit: 99).damagedCount == 1)
        #expect(try reader.events(after: last, through: next, limit: 99).damagedCount == 0)
    }

    @Test func restartGoesOnWithTheSalvage() throws {
        let (directory, truth, _) = try Self.history(seed: 79)
        try Self.strike(directory, .nothing)
        do {
            let store = try Store.open(directory, limits: Self.limits)
            for _ in 0..<4 {
                let due = try #require(store.dueSalvage)
                try store.commit(due.prepare())
            }
        }
        do {
            let store = try Store.open(directory, limits: Self.limits)
            #expect(store.outcome == .opened)
            let before = try #require(store.salvage)
            #expect(before.passes > 0 && before.passes < Self.passes && !before.isDone)
            try Self.salvageAll(store)
            #expect(store.salvage?.passes == Self.passes && store.salvage?.lost == 0)
        }
        #expect(try Self.check(directory, truth, "restart") == Self.passes)
        let third = try Store.open(directory, limits: Self.limits)
        #expect(third.outcome == .opened && third.salvage == nil)
    }

    @Test func whatIsTooOldIsLeftWhereItIs() throws {
        let directory = try TemporaryDirectory()
        do {
            let store = try Store.open(directory, limits: Self.limits)
            for pass in 1...Int64(Self.passes) {
                _ = try store.append(.plain(at: pass * 10_000, ["a": [UInt64(pass)]]))
                try store.seal()
            }
        }
        try Self.strike(directory, .nothing)
        var limits = Self.limits
        limits.maximumAgeMilliseconds = 2_000_000
        let store = try Store.open(directory, limits: limits)
        try Self.salvageAll(store)
        let progress = try #require(store.salvage)
        #expect(progress.isDone && (100...400).contains(progress.passes))
    }
}
