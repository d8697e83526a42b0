import Model
import Testing

@testable import History

/// A wall clock that is wrong for a while, forwards or backwards.
@Suite struct ClockTests {
    private static let second: Int64 = 1000
    private static let hour = 3600 * second
    private static let day = 24 * hour
    private static let year = 365 * day

    /// A node whose clock can be set; one counter counts the passes, another one seven for each.
    private struct Node {
        var pass: UInt64 = 0
        var trueMilliseconds: Int64 = 1_700_000_000_000
        var wrongBy: Int64 = 0
        var interval = 10 * second
        var walls: [Int64] = []

        mutating func run(_ count: Int, _ store: Store) throws {
            for _ in 0..<count {
                pass += 1
                trueMilliseconds += interval
                let wall = trueMilliseconds + wrongBy
                var record = PassRecord.plain(at: wall, ["part": [pass, 7 * pass]])
                record.moment.boottimeNanoseconds = UInt64(trueMilliseconds) * 1_000_000
                let kept = try store.append(record)
                #expect(kept.rawValue == pass)
                walls.append(wall)
                try store.seal()
            }
        }

        /// The newest pass that is not after a time.
        func newest(notAfter milliseconds: Int64) -> UInt64? {
            walls.lastIndex { $0 <= milliseconds }.map { UInt64($0) + 1 }
        }
    }

    private static func store(_ directory: TemporaryDirectory) throws -> Store {
        var limits = Store.Limits(maximumAgeMilliseconds: 7 * day, maximumBytes: 1 << 30)
        limits.slotPasses = 30
        return try Store.open(directory, limits: limits)
    }

    // A second back is what a clock that drifts is set back by; passes are 10 s apart.
    @Test(
        arguments: [
            (-second, 1), (-hour, 2), (-year, 3), (2 * hour, 3), (50 * year, 3),
        ] as [(Int64, Int64)], [false, true])
    func wrongClockCostsNothing(_ step: (by: Int64, epochs: Int64), restarts: Bool) throws {
        let directory = try TemporaryDirectory()
        var store: Store? = try Self.store(directory)
        var node = Node()
        for (count, wrongBy) in [(100, 0), (20, step.by), (100, 0)] as [(Int, Int64)] {
            node.wrongBy = wrongBy
            if restarts {
                store = nil
                store = try Self.store(directory)
            }
            try node.run(count, try #require(store))
        }
        let reader = Reader(directory: directory.path)
        #expect(try reader.bounds()?.oldest.id == PassID(1))
        #expect(try reader.bounds()?.newest.id == PassID(220))
        // In order of the passes, whatever the clock said.
        let states = try (1...220 as ClosedRange<UInt64>).map { pass in
            let state = try #require(try reader.state(atOrBefore: PassID(pass)))
            #expect(state.pass.id == PassID(pass))
            #expect(state.pass.wallMilliseconds == node.walls[Int(pass) - 1])
            #expect(state.moment.wallMilliseconds == node.walls[Int(pass) - 1])
            return state
        }
        for (first, last) in [(90, 110), (110, 130), (50, 200)] {
            let delta = zip(states[first].series[0].cells, states[last].series[0].cells).map {
                ($1.latest ?? 0) - ($0.latest ?? 0)
            }
            #expect(delta == [UInt64(last - first), 7 * UInt64(last - first)])
        }
        for wall in node.walls {
            for asked in [wall, wall - 1] {
                #expect(
                    try reader.state(atOrBeforeWall: asked)?.pass.id.rawValue
                        == node.newest(notAfter: asked), "\(asked)")
            }
        }
        if !restarts {
            #expect(try directory.integer("SELECT count(*) FROM epoch") == step.epochs)
            #expect(
                try directory.integer("SELECT count(*) FROM epoch WHERE why = 'clock'")
                    == step.epochs - 1)
        }
    }

    // What a wrong clock wrote does not stay for ever, nor does it keep what is before it.
    @Test(arguments: [-year, 2 * hour, 50 * year])
    func passesOfAWrongClockGoAsTheOthersDo(_ wrongBy: Int64) throws {
        let directory = try TemporaryDirectory()
        let store = try Self.store(directory)
        var node = Node()
        try node.run(100, store)
        node.wrongBy = wrongBy
        try node.run(75, store)
        node.wrongBy = 0
        let reader = Reader(directory: directory.path)
        // The clock is right again: what is younger than a week is there.
        node.interval = Self.hour / 2
        try node.run(680, store)
        let bounds = try #require(try reader.bounds())
        // The wrong ones and those before are gone, and a week is there.
        #expect(bounds.oldest.id > PassID(175))
        #expect(bounds.count >= 7 * 48)
        #expect(bounds.oldest.wallMilliseconds > node.trueMilliseconds - 9 * Self.day)
    }
}
