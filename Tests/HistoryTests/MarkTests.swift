import HistoryScript
import Model
import Testing

@testable import History

@Suite struct MarkTests {
    private static let now: Int64 = 1_700_000_000_000

    private static func name(_ text: String) throws -> GivenName { try #require(GivenName(text)) }

    private static func history(
        passes: Int64 = 3, in directory: TemporaryDirectory, limits: Store.Limits = .ample
    ) throws -> Store {
        let store = try Store.open(directory, limits: limits)
        for pass in 1...passes {
            _ = try store.append(.plain(at: pass * 10_000, ["a": [UInt64(pass)]]))
        }
        return store
    }

    private static func names(
        _ directory: TemporaryDirectory, now: Int64 = now
    ) throws -> [String] {
        try Reader(directory: directory.path).marks(nowMilliseconds: now).map(\.name.description)
    }

    @Test func aMarkSurvivesARestartWithAllThatItSays() throws {
        let directory = try TemporaryDirectory()
        let new = NewMark(
            name: try Self.name("T0"), expiresMilliseconds: Self.now + 5, note: "rack 7 ☃")
        let outcome = try Self.history(in: directory).set(new, nowMilliseconds: Self.now)
        let mark = StoredMark(
            name: new.name, pass: StoredPass(id: PassID(3), wallMilliseconds: 30_000),
            madeMilliseconds: Self.now, expiresMilliseconds: Self.now + 5, note: "rack 7 ☃")
        #expect(outcome == .made(mark))
        let store = try Store.open(directory)
        _ = try store.append(.plain(at: 40_000, ["a": [4]]))
        let reader = Reader(directory: directory.path)
        #expect(try reader.marks(nowMilliseconds: Self.now) == [mark])
        #expect(try reader.marks(named: new.name, nowMilliseconds: Self.now) == [mark])
        let other = try Self.name("t0")
        #expect(try reader.marks(named: other, nowMilliseconds: Self.now).isEmpty)
    }

    @Test func aMarkIsOnlyMovedWhenThatIsSaid() throws {
        let directory = try TemporaryDirectory()
        let store = try Self.history(in: directory)
        var new = NewMark(name: try Self.name("T0"))
        guard case .made(let first) = try store.set(new, nowMilliseconds: 1) else {
            throw Unexpected()
        }
        // At the same pass it is only written anew.
        new.note = "again"
        var expected = first
        expected.note = "again"
        #expect(try store.set(new, nowMilliseconds: 2) == .changed(expected))
        _ = try store.append(.plain(at: 40_000, ["a": [4]]))
        new.note = "later"
        #expect(try store.set(new, nowMilliseconds: 3) == .taken(expected))
        #expect(try Reader(directory: directory.path).marks(nowMilliseconds: 3) == [expected])
        new.mayMove = true
        let moved = StoredMark(
            name: new.name, pass: StoredPass(id: PassID(4), wallMilliseconds: 40_000),
            madeMilliseconds: 4, expiresMilliseconds: nil, note: "later")
        #expect(try store.set(new, nowMilliseconds: 4) == .changed(moved))
        // To an older pass as well.
        new.pass = first.pass
        guard case .changed(let back) = try store.set(new, nowMilliseconds: 5) else {
            throw Unexpected()
        }
        #expect(back.pass == first.pass && back.madeMilliseconds == 5)
    }

    private struct Unexpected: Error {}

    @Test func aDeletedMarkIsGone() throws {
        let directory = try TemporaryDirectory()
        let store = try Self.history(in: directory)
        let name = try Self.name("T0")
        #expect(try store.deleteMark(name, nowMilliseconds: 1) == nil)
        guard case .made(let mark) = try store.set(NewMark(name: name), nowMilliseconds: 1) else {
            throw Unexpected()
        }
        #expect(try store.deleteMark(name, nowMilliseconds: 1) == mark)
        #expect(try Self.names(directory).isEmpty)
        #expect(try store.deleteMark(name, nowMilliseconds: 1) == nil)
    }

    @Test func anExpiredMarkIsInvisibleAndGoesWhenTheOldestAreDropped() throws {
        let directory = try TemporaryDirectory()
        let store = try Self.history(in: directory)
        for (text, expiry) in [("brief", 100_000), ("long", 1 << 40), ("ever", nil)]
            as [(String, Int64?)]
        {
            _ = try store.set(
                NewMark(name: try Self.name(text), expiresMilliseconds: expiry),
                nowMilliseconds: 30_000)
        }
        #expect(try Self.names(directory, now: 99_999) == ["brief", "ever", "long"])
        #expect(try Self.names(directory, now: 100_000) == ["ever", "long"])
        #expect(try store.deleteMark(Self.name("brief"), nowMilliseconds: 100_000) == nil)
        _ = try store.set(
            NewMark(name: try Self.name("brief"), expiresMilliseconds: 100_000),
            nowMilliseconds: 30_000)
        // Whoever takes the name of an expired one does not move it.
        _ = try store.append(.plain(at: 40_000, ["a": [4]]))
        guard
            case .made = try store.set(
                NewMark(name: try Self.name("brief"), expiresMilliseconds: 200_000),
                nowMilliseconds: 100_000)
        else { throw Unexpected() }
        #expect(try directory.integer("SELECT count(*) FROM mark") == 3)
        // A group begins.
        for pass in 5...80 as ClosedRange<Int64> {
            _ = try store.append(.plain(at: pass * 10_000, ["a": [UInt64(pass)]]))
        }
        #expect(try directory.integer("SELECT count(*) FROM mark") == 2)
    }

    @Test func aMarkOutlivesItsPass() throws {
        let directory = try TemporaryDirectory()
        let store = try Self.history(
            in: directory, limits: .init(maximumAgeMilliseconds: 100_000, maximumBytes: 1 << 30))
        guard
            case .made(let mark) = try store.set(
                NewMark(name: try Self.name("T0")), nowMilliseconds: 1)
        else { throw Unexpected() }
        for pass in 4...300 as ClosedRange<Int64> {
            _ = try store.append(.plain(at: pass * 10_000, ["a": [UInt64(pass)]]))
        }
        try store.sealAll()
        let reader = Reader(directory: directory.path)
        #expect(try #require(try reader.bounds()).oldest.id > mark.pass.id)
        #expect(try reader.marks(nowMilliseconds: 1) == [mark])
    }

    @Test func thereAreNotMoreThanMayBe() throws {
        let directory = try TemporaryDirectory()
        let store = try Self.history(in: directory)
        let insertion = Schema.Table.mark.insertion
        #expect(insertion.contains("crc"))
        try store.connection.execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
            INSERT INTO mark(name, pass, t, made, expires, note)
                SELECT 'm' || i, 1, 10000, 1, CASE i WHEN 7 THEN 50 END, '' FROM n;
            \(Schema.Table.mark.update)
            """, to: "prepare a test")
        func set(_ text: String, at now: Int64) throws -> MarkOutcome {
            try store.set(NewMark(name: try Self.name(text)), nowMilliseconds: now)
        }
        guard case .made = try set("last", at: 49) else { throw Unexpected() }
        #expect(try set("more", at: 49) == .tooMany)
        guard case .changed = try set("last", at: 49) else { throw Unexpected() }
        #expect(try Self.names(directory, now: 49).count == Store.marksMax)
        // What has expired makes room.
        guard case .made = try set("more", at: 50) else { throw Unexpected() }
        #expect(try set("evenmore", at: 50) == .tooMany)
    }

    @Test(arguments: [
        "pass = pass + 1", "t = t + 1", "made = 9", "expires = 99", "note = 'b'", "name = 'X'",
    ])
    func aDamagedMarkIsNotTakenForTrue(damage: String) throws {
        let directory = try TemporaryDirectory()
        let store = try Self.history(in: directory)
        _ = try store.set(NewMark(name: try Self.name("T0"), note: "a"), nowMilliseconds: 1)
        _ = try store.set(NewMark(name: try Self.name("T1")), nowMilliseconds: 1)
        try directory.execute("UPDATE mark SET \(damage) WHERE name = 'T0'")
        #expect(try Self.names(directory) == ["T1"])
    }

    @Test func anEmptyHistoryHasNothingToMark() throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory)
        #expect(try store.set(NewMark(name: Self.name("T0")), nowMilliseconds: 1) == .noPass)
        #expect(try Self.names(directory).isEmpty)
    }

    /// Random changes, restarts and passes against what they should come to.
    @Test func whatIsSetIsWhatIsRead() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        var store = try Self.history(in: directory)
        var passes: UInt64 = 3
        var now: Int64 = 30_000
        var newest = now
        var truth: [GivenName: StoredMark] = [:]
        for _ in 0..<300 {
            now += Int64.random(in: 1...5000, using: &random)
            truth = truth.filter { $0.value.expiresMilliseconds.map { $0 > now } ?? true }
            let name = try Self.name("m\(Int.random(in: 0..<6, using: &random))")
            switch Int.random(in: 0..<10, using: &random) {
            case 0: store = try Self.reopened(&store, directory)
            case 1...3:
                passes += 1
                newest = now
                _ = try store.append(.plain(at: now, ["a": [passes]]))
            case 4:
                let deleted = try store.deleteMark(name, nowMilliseconds: now)
                #expect(deleted == truth.removeValue(forKey: name), "seed \(seed)")
            default:
                let note = try #require(Note("\(now)"))
                let new = NewMark(
                    name: name, expiresMilliseconds: random.chance(50) ? now + 9000 : nil,
                    note: note, mayMove: random.chance(30))
                let outcome = try store.set(new, nowMilliseconds: now)
                let kept = truth[name]
                let isSame = kept?.pass.id == PassID(passes)
                if let kept, !isSame, !new.mayMove {
                    #expect(outcome == .taken(kept), "seed \(seed)")
                    continue
                }
                let mark = StoredMark(
                    name: name,
                    pass: StoredPass(id: PassID(passes), wallMilliseconds: newest),
                    madeMilliseconds: isSame ? kept?.madeMilliseconds ?? now : now,
                    expiresMilliseconds: new.expiresMilliseconds, note: new.note)
                truth[name] = mark
                #expect(outcome == (kept == nil ? .made(mark) : .changed(mark)), "seed \(seed)")
            }
            let read = try Reader(directory: directory.path).marks(nowMilliseconds: now)
            #expect(Set(read) == Set(truth.values), "seed \(seed)")
        }
    }

    // The directory has one writer, so the old store goes first.
    private static func reopened(
        _ store: inout Store, _ directory: TemporaryDirectory
    ) throws -> Store {
        let other = try TemporaryDirectory()
        store = try Store.open(other)
        return try Store.open(directory)
    }
}

extension Note: ExpressibleByStringLiteral {
    /// The notes of these tests are short.
    public init(stringLiteral text: String) {
        self = Note(text) ?? Note()
    }
}
