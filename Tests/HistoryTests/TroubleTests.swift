import CSQLite
import Foundation
import Model
import Testing

@testable import History

@Suite struct TroubleTests {
    @Test func secondDaemonIsRefusedAndToldWhoIsFirst() throws {
        let directory = try TemporaryDirectory()
        let first = try Store.open(directory)
        let error = #expect(throws: HistoryError.self) { try Store.open(directory) }
        #expect(error?.cause == .held(by: getpid()))
        #expect(error?.description.contains("Stop process \(getpid())") == true)
        #expect(try first.append(.plain(at: 1, ["a": [1]])) == PassID(1))
    }

    @Test func directoryIsFreeAgainWhenTheStoreIsGone() throws {
        let directory = try TemporaryDirectory()
        for _ in 0..<3 { _ = try Store.open(directory) }
    }

    @Test func newerVersionIsRefusedAndUntouched() throws {
        let directory = try Self.directoryWithHistory()
        try directory.execute(
            "PRAGMA user_version=\(Schema.version + 1); PRAGMA wal_checkpoint(TRUNCATE)")
        try Self.expectRefused(directory, .newerSchema(Schema.version + 1))
    }

    // As a kill right after a migration leaves it: the header of the file is still the old one.
    @Test func newerVersionInTheLogIsRefusedAndUntouched() throws {
        let directory = try Self.directoryWithHistory()
        let connection = try Connection(path: directory.database, flags: SQLITE_OPEN_READWRITE)
        try connection.execute("PRAGMA user_version=\(Schema.version + 1)", to: "test")
        let copy = try TemporaryDirectory()
        try directory.copyFiles(to: copy)
        #expect(try Data(contentsOf: URL(filePath: copy.database))[63] == UInt8(Schema.version))
        try Self.expectRefused(copy, .newerSchema(Schema.version + 1))
    }

    @Test func databaseOfAnotherProgramIsRefusedAndUntouched() throws {
        let directory = try TemporaryDirectory()
        let connection = try Connection(
            path: directory.database, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        try connection.execute("PRAGMA user_version=1; CREATE TABLE t(x)", to: "test")
        try Self.expectRefused(directory, .foreign)
    }

    @Test(arguments: [
        "no database", String(repeating: "SQLite format 3 is not this. ", count: 300),
    ])
    func fileThatIsNoDatabaseIsMovedAside(_ content: String) throws {
        let directory = try TemporaryDirectory()
        try content.write(toFile: directory.database, atomically: false, encoding: .utf8)
        try "old log".write(
            toFile: directory.database + "-wal", atomically: false, encoding: .utf8)
        try "older".write(
            toFile: directory.database + ".corrupt-1", atomically: false, encoding: .utf8)
        let store = try Store.open(directory)
        let aside = directory.database + ".corrupt-1700000000000"
        guard case .movedAside(aside, let error) = store.outcome else {
            Issue.record("\(store.outcome)")
            return
        }
        #expect(error.cause == .damaged)
        #expect(try String(contentsOfFile: aside, encoding: .utf8) == content)
        #expect(
            directory.names.filter { $0.contains("corrupt") }.allSatisfy { $0.contains("17000") })
        #expect(try store.append(.plain(at: 1, ["a": [1]])) == PassID(1))
        #expect(try Reader(directory: directory.path).bounds()?.count == 1)
    }

    @Test func zeroedTablesAreMovedAside() throws {
        let directory = try Self.directoryWithHistory()
        try directory.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        let file = try #require(FileHandle(forUpdatingAtPath: directory.database))
        let size = try file.seekToEnd()
        try file.seek(toOffset: 4096)
        try file.write(contentsOf: Data(count: Int(size) - 4096))
        try file.close()
        let store = try Store.open(directory)
        guard case .movedAside = store.outcome else {
            Issue.record("\(store.outcome)")
            return
        }
        #expect(try store.restore() == nil)
    }

    // Opening reads what is not sealed; damage in the rest shows when it is dropped.
    @Test func damageFoundWhileWritingIsMovedAsideAtTheNextStart() throws {
        let directory = try Self.directoryWithHistory(passes: 2000)
        do {
            let store = try Store.open(directory)
            try store.sealAll()
            _ = try store.append(.plain(at: 20_010, ["a": [2001]]))
        }
        try directory.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        let page = try #require(
            try directory.integer(
                "SELECT min(pageno) FROM dbstat WHERE name = 'chunk' AND pagetype = 'leaf'"))
        let file = try #require(FileHandle(forUpdatingAtPath: directory.database))
        try file.seek(toOffset: UInt64(page - 1) * 4096)
        try file.write(contentsOf: Data(count: 4096))
        try file.close()
        do {
            let store = try Store.open(
                directory, limits: .init(maximumAgeMilliseconds: 10, maximumBytes: 1 << 30))
            #expect(store.outcome == .opened)
            let error = #expect(throws: HistoryError.self) {
                try store.append(.plain(at: 1 << 40, ["a": [1]]))
            }
            #expect(error?.cause == .damaged)
        }
        guard case .movedAside = try Store.open(directory).outcome else {
            Issue.record("the damaged file is still in use")
            return
        }
        #expect(try Store.open(directory).outcome == .opened)
    }

    @Test func flippedBitIsAGapAndNotAnExit() throws {
        let directory = try Self.directoryWithHistory(passes: 100)
        let reader = Reader(directory: directory.path)
        for pass in [10, 65, 100] {
            try directory.execute(
                """
                UPDATE head SET d = CAST(substr(d, 1, 8) || x'55' || substr(d, 10) AS BLOB)
                WHERE cyc = \(pass)
                """)
        }
        // Rows build on each other, so the rest of a group is gone with one of its rows; the
        // groups start at 1 and 65.
        for (asked, answered) in [(9, 9), (10, 9), (64, 9), (65, 9), (100, 9)] as [(UInt64, UInt64)]
        {
            let state = try reader.state(atOrBefore: PassID(asked))
            #expect(state?.pass.id == PassID(answered))
            #expect(state?.series[0].cells == [.value(answered, saturated: false)])
        }
        let store = try Store.open(directory)
        #expect(try store.restore()?.pass.id == PassID(9))
        #expect(try store.append(.plain(at: 1, ["a": [7]])) == PassID(101))
        #expect(try reader.state(atOrBefore: PassID(101))?.pass.id == PassID(101))
    }

    @Test func fullFileFailsAndTheStoreStaysUsable() throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory)
        let small = PassRecord.plain(at: 10, ["a": [1]])
        _ = try store.append(small)
        let pages = try store.connection.integer("PRAGMA page_count", to: "test") ?? 0
        try store.connection.execute("PRAGMA max_page_count=\(pages)", to: "test")
        let large = PassRecord.plain(
            at: 20, ["a": [2], "b": (0..<9000).map { $0 &* 0x1234_5678_9ABC_DEF1 }])
        for _ in 0..<3 {
            let error = #expect(throws: HistoryError.self) { try store.append(large) }
            #expect(error?.cause == .full)
            #expect(error?.code == SQLITE_FULL)
        }
        try store.connection.execute("PRAGMA max_page_count=100000", to: "test")
        #expect(try store.append(large) == PassID(2))
        let reader = Reader(directory: directory.path)
        let state = try #require(try reader.state(atOrBefore: PassID(2)))
        #expect(state.series.map(\.cells) == large.series.map(\.cells))
        #expect(try directory.integer("SELECT key FROM head WHERE cyc = 2") == 2)
        #expect(try directory.integer("SELECT count(*) FROM epoch") == 1)
    }

    @Test func invalidPassIsRefusedAndTheNextOneKept() throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory)
        let good = PassRecord.plain(at: 10, ["a": [1], "b": [2]])
        _ = try store.append(good)
        var short = good
        short.series[0].cells = []
        var twice = good
        twice.series[1].key = "a"
        var stray = good
        stray.events = [CounterEvent(key: "c", column: 0, kind: .cleared, before: 1, after: 0)]
        for bad in [short, twice, stray] {
            let error = #expect(throws: HistoryError.self) { try store.append(bad) }
            #expect(error?.cause == .invalidPass)
        }
        #expect(try store.append(good) == PassID(2))
    }

    @Test func missingParentIsSaidWithItsErrno() throws {
        let directory = try TemporaryDirectory()
        let error = #expect(throws: HistoryError.self) {
            try Store(
                directory: directory.path + "/a/b", limits: .ample, nowMilliseconds: 0)
        }
        #expect(error?.systemError == ENOENT)
        #expect(error?.description.contains("errno 2") == true)
    }

    @Test func directoryAndFilesAreNotForEverybody() throws {
        let parent = try TemporaryDirectory()
        let path = parent.path + "/history"
        let store = try Store(directory: path, limits: .ample, nowMilliseconds: 0)
        _ = try store.append(.plain(at: 1, ["a": [1]]))
        func mode(_ name: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path + name)[.posixPermissions] as? Int
        }
        #expect(try mode("") == 0o750)
        for name in ["/history.db", "/history.db-wal", "/history.db-shm", "/history.lock"] {
            #expect(try mode(name) == 0o640, "\(name)")
        }
    }

    @Test func remarkIsForOldVersionsOnly() {
        #expect(SQLiteInfo(version: "3.40.1", versionNumber: 3_040_001).remark != nil)
        #expect(SQLiteInfo(version: "3.51.3", versionNumber: 3_051_003).remark == nil)
        #expect(SQLiteInfo.loaded.versionNumber > 3_000_000)
    }

    @Test func libraryThatLacksWhatIsUsedIsRefused() {
        #expect(SQLiteInfo.loaded.defect == nil)
        let old = SQLiteInfo(version: "3.34.1", versionNumber: 3_034_001)
        #expect(old.defect == "libsqlite3 is 3.34.1, 3.37.0 is needed")
        #expect(SQLiteInfo.options.contains { $0.hasPrefix("THREADSAFE=") })
    }

    @Test func checkFindsDamageAndGivesUpInTime() throws {
        let directory = try Self.directoryWithHistory(passes: 1000)
        do {
            let store = try Store.open(directory)
            #expect(store.check.run() == .sound)
            guard case .unfinished = store.check.run(timeLimitMilliseconds: -1) else {
                Issue.record("the check has no time limit")
                return
            }
            try store.sealAll()
            _ = try store.append(.plain(at: 10_010, ["a": [1001]]))
        }
        try directory.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        let file = try #require(FileHandle(forUpdatingAtPath: directory.database))
        let page = try #require(
            try directory.integer(
                "SELECT min(pageno) FROM dbstat WHERE name = 'chunk' AND pagetype = 'leaf'"))
        try file.seek(toOffset: UInt64(page - 1) * 4096)
        try file.write(contentsOf: Data(count: 4096))
        try file.close()
        let store = try Store.open(directory)
        guard case .damaged = store.check.run() else {
            Issue.record("\(store.check.run())")
            return
        }
    }

    private static func directoryWithHistory(passes: UInt64 = 3) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory)
        for pass in 1...passes {
            _ = try store.append(.plain(at: Int64(pass) * 10, ["a": [pass]]))
        }
        return directory
    }

    private static func expectRefused(
        _ directory: TemporaryDirectory, _ cause: HistoryError.Cause
    ) throws {
        let names = ["/history.db", "/history.db-wal"]
        let before = names.map { FileManager.default.contents(atPath: directory.path + $0) }
        let error = #expect(throws: HistoryError.self) { try Store.open(directory) }
        #expect(error?.cause == cause)
        let after = names.map { FileManager.default.contents(atPath: directory.path + $0) }
        #expect(after == before)
        #expect(!directory.names.contains { $0.contains("corrupt") })
    }
}
