import Foundation
import Model
import Testing

@testable import History

@Suite struct ReaderTests {
    @Test func readsWhileTheWriterAppends() async throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory)
        _ = try store.append(.plain(at: 10, ["a": [1, 2]]))
        let reader = Reader(directory: directory.path)
        async let answers = Self.readUntil(PassID(400), reader)
        for pass in 2...400 as ClosedRange<UInt64> {
            _ = try store.append(.plain(at: Int64(pass) * 10, ["a": [pass, pass * 2]]))
        }
        #expect(try await answers > 0)
    }

    @Test func readsAfterTheWriterIsGone() throws {
        let directory = try TemporaryDirectory()
        do {
            let store = try Store.open(directory)
            for pass in 1...5 as ClosedRange<UInt64> {
                _ = try store.append(.plain(at: Int64(pass) * 10, ["a": [pass]]))
            }
        }
        let reader = Reader(directory: directory.path)
        #expect(try reader.bounds()?.newest.id == PassID(5))
        #expect(try reader.state(atOrBeforeWall: 39)?.pass.id == PassID(3))
        #expect(try reader.state(atOrBeforeWall: 9) == nil)
        #expect(directory.names.contains("history.db-wal"))
    }

    @Test func nothingIsAnsweredBeforeTheFirstPass() throws {
        let directory = try TemporaryDirectory()
        let reader = Reader(directory: directory.path)
        #expect(throws: HistoryError.self) { try reader.bounds() }
        let store = try Store.open(directory)
        #expect(store.outcome == .created)
        #expect(try reader.bounds() == nil)
        #expect(try reader.state(atOrBefore: PassID(1)) == nil)
        #expect(try reader.state(atOrBeforeWall: .max) == nil)
        #expect(
            try reader.events(after: PassID(0), through: PassID(.max), limit: 9).readable.isEmpty)
        #expect(try reader.passCount(after: PassID(0), through: PassID(.max)) == 0)
    }

    @Test func cursorBelongsToOneHistory() throws {
        let directory = try TemporaryDirectory()
        let first = try Store.open(directory).storeID
        let again = try Store.open(directory)
        #expect(again.storeID == first)
        _ = try again.append(.plain(at: 10, ["a": [1]]))
        #expect(try Reader(directory: directory.path).bounds()?.storeID == first)
        #expect(try Store.open(TemporaryDirectory()).storeID != first)
    }

    @Test func readThatTakesTooLongIsGivenUp() throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory)
        for pass in 1...300 as ClosedRange<UInt64> {
            var record = PassRecord.plain(at: Int64(pass) * 10, ["a": [pass]])
            record.events = [
                CounterEvent(key: "a", column: 0, kind: .cleared, before: 1, after: 0)
            ]
            _ = try store.append(record)
        }
        let hurried = Reader(directory: directory.path, timeLimitMilliseconds: -1)
        let error = #expect(throws: HistoryError.self) {
            try hurried.events(after: PassID(0), through: PassID(300), limit: 300).readable
        }
        #expect(error?.cause == .timeLimit)
        let patient = Reader(directory: directory.path)
        let events = try patient.events(after: PassID(0), through: PassID(300), limit: 300).readable
        #expect(events.count == 300)
    }

    // Answers how many states were read; throws at the first one that is not whole.
    private static func readUntil(_ last: PassID, _ reader: Reader) async throws -> Int {
        var count = 0
        while let newest = try reader.bounds()?.newest.id {
            let pass = newest.rawValue
            let state = try #require(try reader.state(atOrBefore: newest))
            try #require(state.pass.id == newest)
            try #require(
                state.series[0].cells
                    == [.value(pass, saturated: false), .value(pass * 2, saturated: false)]
                    || pass == 1)
            count += 1
            if newest == last { break }
        }
        return count
    }
}
