import CSQLite
import Foundation
import HistoryScript
import Model
import Testing

@testable import History

/// A file that lies: bits that flipped and sectors that were lost, anywhere.
@Suite struct DamageTests {
    private static let seed: UInt64 = 61
    private static let script = Script(seed: seed, wideColumns: 40, through: 250)
    private static let newest: UInt64 = 300

    // Sealed up to pass 240, closed, and with nothing in its log.
    private static let file: Result<Data, any Error> = Result {
        let directory = try TemporaryDirectory()
        var limits = Store.Limits.ample
        limits.slotPasses = 60
        do {
            let store = try Store.open(directory, limits: limits)
            for pass in 1...newest {
                _ = try script.append(pass, to: store)
                try store.seal()
            }
        }
        try directory.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return try Data(contentsOf: URL(filePath: directory.database))
    }

    /// What happens to a file.
    enum Blow: CaseIterable {
        case bit, zeroedSector, zeroedPage, otherSector

        func strike(_ file: inout Data, _ random: inout SeededGenerator) -> Int {
            let place = Int.random(in: 0..<file.count, using: &random)
            switch self {
            case .bit: file[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case .zeroedSector: Self.fill(&file, place, 512) { Data(count: $0) }
            case .zeroedPage: Self.fill(&file, place, 4096) { Data(count: $0) }
            case .otherSector:
                let other = Int.random(in: 0..<file.count, using: &random) & ~511
                let bytes = file.subdata(in: other..<other + 512)
                Self.fill(&file, place, 512) { _ in bytes }
            }
            return place
        }

        private static func fill(
            _ file: inout Data, _ place: Int, _ size: Int, _ bytes: (Int) -> Data
        ) {
            let start = place / size * size
            file.replaceSubrange(start..<start + size, with: bytes(size))
        }
    }

    /// How many passes were there in whole and how many were not, and how many files were refused
    /// or moved aside.
    struct Tally {
        var whole = 0
        var gaps = 0
        var refused = 0
    }

    // The file is small, so that what is lost with one page is much of it.
    @Test(arguments: [
        (Blow.bit, 240, 80), (.zeroedSector, 80, 70), (.zeroedPage, 40, 50), (.otherSector, 80, 70),
    ])
    func everyAnswerIsRightOrMissing(_ blow: Blow, count: Int, leastPercent: Int) throws {
        let file = try Self.file.get()
        var random = SeededGenerator(seed: Self.seed)
        var tally = Tally()
        for number in 0..<count {
            let directory = try TemporaryDirectory()
            var damaged = file
            let place = blow.strike(&damaged, &random)
            try damaged.write(to: URL(filePath: directory.database))
            let context: Comment = "\(blow) \(number) at \(place), seed \(Self.seed)"
            Self.read(Reader(directory: directory.path), context, &tally, &random)
            try Self.goOn(directory, context, &tally)
        }
        #expect(tally.whole * 100 > leastPercent * (tally.whole + tally.gaps), "\(tally)")
        #expect(tally.refused * 3 < count, "\(tally)")
    }

    // Lost rows of these leave no wrong checksum, and would move values to other columns or totals.
    @Test func lostRowsOfColumnsAndOriginsAreNoticed() throws {
        let file = try Self.file.get()
        let whole = try TemporaryDirectory()
        try file.write(to: URL(filePath: whole.database))
        let connection = try Connection(path: whole.database, flags: SQLITE_OPEN_READONLY)
        let pages = try connection.prepare(
            """
            SELECT pageno FROM dbstat WHERE name IN ('field', 'offs') AND pagetype = 'leaf'
            """, to: "test")
        var random = SeededGenerator(seed: Self.seed)
        var tally = Tally()
        var count = 0
        while try pages.step() {
            let start = Int(pages.integer(0) - 1) * 4096
            for place in stride(from: start, to: start + 4096, by: 512) {
                let directory = try TemporaryDirectory()
                var damaged = file
                damaged.resetBytes(in: place..<place + 512)
                try damaged.write(to: URL(filePath: directory.database))
                let context: Comment = "sector at \(place)"
                Self.read(Reader(directory: directory.path), context, &tally, &random)
                try Self.goOn(directory, context, &tally)
                count += 1
            }
        }
        #expect(count >= 16)
    }

    private static func read(
        _ reader: Reader, _ context: Comment, _ tally: inout Tally,
        _ random: inout SeededGenerator
    ) {
        for _ in 0..<8 {
            let pass = UInt64.random(in: 1...newest, using: &random)
            if let state = try? reader.state(atOrBefore: PassID(pass)) {
                let isWhole = expectRight(state, upTo: pass, context)
                tally.whole += isWhole ? 1 : 0
                tally.gaps += isWhole ? 0 : 1
            } else {
                tally.gaps += 1
            }
            let time = script.stored(pass).wallMilliseconds
            if let state = try? reader.state(atOrBeforeWall: time) {
                _ = expectRight(state, upTo: pass, context)
            }
        }
        let events = try? reader.events(after: PassID(0), through: PassID(newest), limit: 1 << 20)
        let known = Set((1...newest).flatMap(script.storedEvents))
        for event in events?.readable ?? [] { #expect(known.contains(event), context) }
        expectRightStretches(reader, context)
        if let bounds = try? reader.bounds() {
            for bound in [bounds.oldest, bounds.newest] {
                #expect(bound == script.stored(bound.id.rawValue), context)
            }
        }
    }

    private static let truths: [UInt64: (pass: StoredPass, cells: [String: [Cell]])] =
        Dictionary(
            uniqueKeysWithValues: (1...newest).map { pass in
                let truth = script.state(pass)
                let cells = truth.series.map { ($0.key, $0.cells) }
                return (pass, (truth.pass, Dictionary(uniqueKeysWithValues: cells)))
            })

    // Ranges leave out what is damaged and say nothing that is wrong.
    private static func expectRightStretches(_ reader: Reader, _ context: Comment) {
        var after = PassID(0)
        var wrong = 0
        while after < PassID(newest),
            let stretch = (try? reader.stretch(after: after, of: Selection())) ?? nil
        {
            #expect(stretch.through > after, context)
            guard stretch.through > after else { return }
            after = stretch.through
            let rows = stretch.passes.map { truths[$0.id.rawValue] }
            wrong += zip(rows, stretch.passes).count { $0?.pass != $1 }
            for series in stretch.series {
                let truth = rows.map { $0?.cells[series.key] }
                for column in series.columns {
                    column.eachCell { row, cell in
                        wrong += truth[row]?[column.index] == cell ? 0 : 1
                    }
                }
            }
        }
        #expect(wrong == 0, context)
    }

    // Whether all of a state is there; what is there must be right.
    private static func expectRight(
        _ state: StoredState, upTo pass: UInt64, _ context: Comment
    ) -> Bool {
        let found = state.pass.id.rawValue
        #expect((1...pass).contains(found), context)
        let truth = script.state(found)
        #expect(state.pass == truth.pass, context)
        var moment = state.moment
        if moment.bootID.isEmpty { moment.bootID = truth.moment.bootID }
        #expect(moment == truth.moment, context)
        let series = Dictionary(uniqueKeysWithValues: truth.series.map { ($0.key, $0) })
        for part in state.series {
            var missing = series[part.key]
            missing?.isPresent = false
            missing?.lastSeen = nil
            missing?.cells = part.cells.map { _ in .missing(last: nil) }
            #expect(part == series[part.key] || part == missing, context)
        }
        return found == pass && state == truth
    }

    // An origin that is lost must not be taken for one that a raw value hangs together with.
    private static func expectOrigins(_ restored: RestoredHistory, _ context: Comment) {
        for series in script.record(newest).series {
            let found = restored.series.first { $0.series.key == series.key }?.origins ?? []
            for (origin, truth) in zip(found, series.origins) {
                #expect(origin == truth || origin.field == .max, context)
            }
        }
    }

    // What a restart takes up, and whether it goes on.
    private static func goOn(
        _ directory: TemporaryDirectory, _ context: Comment, _ tally: inout Tally
    ) throws {
        let store: Store
        do {
            store = try Store(directory: directory.path, limits: .ample, nowMilliseconds: 1)
        } catch {
            tally.refused += 1
            let isSaid =
                switch error.cause {
                case .foreign, .newerSchema, .otherTables: true
                default: false
                }
            #expect(isSaid, "\(error)")
            return
        }
        if store.outcome != .opened {
            tally.refused += 1
            guard store.salvage != nil else {
                #expect(try store.restore() == nil, context)
                return
            }
        }
        if let restored = try? store.restore() {
            expectOrigins(restored, context)
            _ = expectRight(
                StoredState(
                    pass: restored.pass, moment: restored.moment,
                    series: restored.series.map(\.series)), upTo: newest, context)
        }
        let published = (try? store.loadPublished()) ?? []
        #expect([[], [script.published(newest)]].contains(published), context)
        let journal = Set(script.journal(newest))
        for entry in (try? store.loadEvents()) ?? [] { #expect(journal.contains(entry), context) }
        let position = try? store.loadLogPosition()
        #expect(position == nil || position == script.logPosition(newest), context)
        // Damage that is found is said, and the next start moves the file aside.
        do {
            let next = try store.append(script.record(newest + 1))
            let state = try Reader(directory: directory.path).state(atOrBefore: next)
            #expect(state?.pass.id == next, context)
        } catch {
            #expect(error.cause == .damaged, context)
        }
    }
}
