import Foundation
import HistoryScript
import Testing

@testable import History

/// A disk that is full to the last byte.
@Suite(.enabled(if: LoopDisk.refusal == nil, Comment(rawValue: LoopDisk.refusal ?? "")))
struct FullDiskTests {
    private static let script = Script(seed: 71, wideColumns: 60)

    @Test func nothingKeptIsLostAndFreedSpaceIsUsed() throws {
        let disk = try LoopDisk(megabytes: 16)
        let path = disk.path + "/history"
        var random = SeededGenerator(seed: 71)
        var store: Store? = try Self.open(path)
        var kept: UInt64 = 0
        for round in 0..<16 {
            let goal = kept + UInt64.random(in: 5...40, using: &random)
            while kept < goal { try Self.append(&kept, to: store) }
            let context: Comment = "round \(round), after pass \(kept)"
            try disk.fill(leaving: Int.random(in: 0...60, using: &random) * 1024)
            // A log that has room inside takes passes even now.
            for _ in 0..<3 {
                let error = #expect(throws: HistoryError.self, context) {
                    for _ in 0..<500 { try Self.append(&kept, to: store) }
                }
                #expect(error?.cause == .full, context)
            }
            try Self.expectWhole(path, kept, context, &random)
            if round % 3 == 0 {
                store = nil
                store = try Self.openedWhenFull(path, context)
            }
            disk.free()
            if store == nil { store = try Self.open(path) }
            try Self.append(&kept, to: store)
        }
        store = nil
        try Self.expectWhole(path, kept, "at the end", &random)
    }

    private static func open(_ path: String) throws(HistoryError) -> Store {
        var limits = Store.Limits.ample
        limits.slotPasses = 20
        let store = try Store(directory: path, limits: limits, nowMilliseconds: 0)
        // The file grows often.
        try store.connection.execute("PRAGMA wal_autocheckpoint=100", to: "test")
        return store
    }

    private static func append(_ kept: inout UInt64, to store: Store?) throws(HistoryError) {
        guard let store else { return }
        kept = try script.append(kept + 1, to: store).rawValue
        try store.seal()
    }

    // A start on a full disk opens the history or says that it is full, and moves nothing aside.
    private static func openedWhenFull(_ path: String, _ context: Comment) throws -> Store? {
        do {
            let store = try open(path)
            #expect(store.outcome == .opened, context)
            return store
        } catch {
            #expect(error.cause == .full, context)
            return nil
        }
    }

    // As a kill would leave it now.
    private static func expectWhole(
        _ path: String, _ kept: UInt64, _ context: Comment, _ random: inout SeededGenerator
    ) throws {
        let copy = try TemporaryDirectory()
        for name in ["history.db", "history.db-wal"] {
            try FileManager.default.copyItem(
                atPath: path + "/" + name, toPath: copy.path + "/" + name)
        }
        let store = try open(copy.path)
        #expect(store.outcome == .opened, context)
        try script.expectRestored(store, through: kept, context)
        let passes = try script.expectKept(copy, atLeast: kept, samples: 3, context, &random)
        #expect(passes == 1...kept, context)
    }
}
