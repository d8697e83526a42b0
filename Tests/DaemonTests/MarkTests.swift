import Foundation
import History
import Logging
import Model
import Serve
import Synchronization
import Testing
import Wire

@testable import Daemon

/// Marks through the desk, with a history behind it.
@Suite(.timeLimit(.minutes(1)))
struct MarkTests {
    private func mark(_ text: String) throws -> Since { .mark(try #require(GivenName(text))) }

    @Test func deltasRunFromAMarkToAMarkAndToNow() throws {
        let node = try DeskStage()
        for step in 0...10 as ClosedRange<UInt64> {
            node.pass(step * 10, far: step * step)
            if step == 2 { _ = try node.set("T0") }
            if step == 6 { _ = try node.set("T1") }
        }
        let (sinceStart, whole) = try node.symbols(try mark("T0"))
        #expect(sinceStart == 100 - 4 && whole.passes == 8 && whole.complete)
        #expect(whole.from.pass == 3 && whole.to.pass == 11)
        let (between, window) = try node.symbols(try mark("T0"), until: try mark("T1"))
        #expect(between == 36 - 4 && window.passes == 4)
        #expect(window.from.pass == 3 && window.to.pass == 7)
        #expect(window.series.allSatisfy { !$0.stale && $0.to == window.to.time })
        // The windows meet: what follows is what is left.
        let (rest, _) = try node.symbols(.cursor(window.next))
        #expect(rest == 100 - 36)
        // A mark's cursor is the mark.
        let cursor = try node.desk.marks().marks.map(\.cursor)
        #expect(try node.symbols(.cursor(cursor[0]), until: .cursor(cursor[1])).0 == 32)
        let time = Since.wall(milliseconds: DeskStage.start + 45_000)
        #expect(try node.symbols(try mark("T0"), until: time).0 == 16 - 4)
        #expect(
            try node.symbols(try mark("T0"), until: .ago(milliseconds: 20_000)).0 == 64 - 4)
        #expect(try node.symbols(try mark("T0"), until: try mark("T0")).1.passes == 0)
        guard
            case .badRequest(let text) = try refusal({
                _ = try node.symbols(try mark("T1"), until: try mark("T0"))
            })
        else { throw Missing() }
        #expect(text.contains("before it starts"))
    }

    @Test func aMarkSaysWhatItIs() throws {
        let node = try DeskStage()
        node.pass(0)
        node.pass(10)
        node.clock.set(14)
        let change = MarkChange(expires: .after(milliseconds: 3_600_000), note: "rack 7")
        let (mark, isNew) = try node.set("T0", change)
        #expect(isNew)
        #expect(
            mark
                == V1.Mark(
                    name: "T0", pass: 2, time: "2023-11-14T22:13:30.000Z", cursor: mark.cursor,
                    kept: true, made: "2023-11-14T22:13:34.000Z",
                    expires: "2023-11-14T23:13:34.000Z", note: "rack 7"))
        #expect(mark.cursor.hasPrefix("p2-"))
        #expect(try node.desk.marks().marks == [mark])
        node.clock.set(3613)
        #expect(try node.desk.marks().marks == [mark])
        node.clock.set(3614)
        #expect(try node.desk.marks().marks.isEmpty)
        guard case .noSuchMark = try refusal({ _ = try node.symbols(self.mark("T0")) }),
            case .noSuchMark = try refusal({ _ = try node.delete("T0") })
        else { throw Missing() }
    }

    @Test func aMarkStaysWhereItIsUnlessToldOtherwise() throws {
        let node = try DeskStage()
        node.pass(0)
        let first = try node.set("T0").mark
        // The same moment again, as a script does that lost the answer.
        #expect(try node.set("T0") == (first, false))
        node.pass(10)
        guard case .conflict(let text) = try refusal({ _ = try node.set("T0") }) else {
            throw Missing()
        }
        #expect(text.contains("pass 1 ") && text.contains("replace"))
        #expect(try node.desk.marks().marks == [first])
        let same = try node.set("T0", MarkChange(at: .cursor(first.cursor), note: "a")).mark
        #expect(same.note == "a" && same.pass == 1)
        let moved = try node.set("T0", MarkChange(mayMove: true))
        #expect(moved.mark.pass == 2 && !moved.isNew)
        #expect(try node.delete("T0") == moved.mark)
        #expect(try node.desk.marks().marks.isEmpty)
    }

    @Test func aMarkMayBePutInThePast() throws {
        let node = try DeskStage()
        for step in 0...5 as ClosedRange<UInt64> { node.pass(step * 10) }
        let at = DeskStage.start + 25_000
        #expect(try node.set("a", MarkChange(at: .wall(milliseconds: at))).mark.pass == 3)
        #expect(try node.set("b", MarkChange(at: .ago(milliseconds: 10_000))).mark.pass == 5)
        #expect(try node.set("c", MarkChange(at: mark("a"))).mark.pass == 3)
        #expect(try node.desk.marks().marks.map(\.name) == ["a", "c", "b"])
        let before = MarkChange(at: .wall(milliseconds: DeskStage.start - 1))
        guard case .gone(let kept) = try refusal({ _ = try node.set("d", before) }) else {
            throw Missing()
        }
        #expect(kept.contains("Kept are passes 1 "))
        let later = MarkChange(at: .wall(milliseconds: DeskStage.start + 50_001))
        guard case .badRequest = try refusal({ _ = try node.set("d", later) }),
            case .badRequest = try refusal({ _ = try node.set("d", MarkChange(at: .cursor("p"))) }),
            case .noSuchMark(let known) = try refusal({
                _ = try node.set("d", MarkChange(at: try self.mark("x")))
            })
        else { throw Missing() }
        #expect(known.contains("a, c, b"))
    }

    @Test(arguments: [
        ComingTime.wall(milliseconds: DeskStage.start + 50_000),
        .after(milliseconds: 0), .after(milliseconds: .max),
        .after(milliseconds: 253_402_300_799_999),
    ])
    func anExpiryLiesAheadAndCanBeTold(expiry: ComingTime) throws {
        let node = try DeskStage()
        node.pass(50)
        guard
            case .badRequest = try refusal({ _ = try node.set("T0", MarkChange(expires: expiry)) })
        else { throw Missing() }
        #expect(try node.desk.marks().marks.isEmpty)
    }

    @Test func aMarkWhosePassIsDroppedSaysSo() throws {
        let node = try DeskStage(maximumAgeSeconds: 600)
        node.pass(0)
        _ = try node.set("T0")
        for step in 1...300 as ClosedRange<UInt64> { node.pass(step * 10, far: step) }
        let marks = try node.desk.marks().marks
        #expect(marks.map(\.kept) == [false])
        guard case .gone(let text) = try refusal({ _ = try node.symbols(self.mark("T0")) }) else {
            throw Missing()
        }
        #expect(text.contains("Mark T0 names pass 1 ") && text.contains("Kept are passes "))
        let oldest = Since.wall(milliseconds: DeskStage.start)
        guard
            case .gone = try refusal({ _ = try node.symbols(oldest, until: oldest) }),
            case .conflict = try refusal({ _ = try node.set("T0") })
        else { throw Missing() }
        #expect(try node.delete("T0") == marks[0])
    }

    @Test func withoutAHistoryThereAreNoMarks() throws {
        let none = try DeskStage(keepsHistory: false)
        none.pass(0)
        guard case .unavailable(let text) = try refusal({ _ = try none.set("T0") }),
            case .unavailable = try refusal({ _ = try none.desk.marks() }),
            case .unavailable = try refusal({ _ = try none.delete("T0") })
        else { throw Missing() }
        #expect(text.contains("history.enabled"))
        let empty = try DeskStage()
        #expect(try empty.desk.marks().marks.isEmpty)
        guard case .unavailable = try refusal({ _ = try empty.set("T0") }) else { throw Missing() }
    }

    @Test func aHistoryThatIsAwayKeepsNoMark() throws {
        let node = try DeskStage()
        node.pass(0)
        try FileManager.default.removeItem(atPath: node.scratch.path + "/history.db")
        guard case .unavailable(let text) = try refusal({ _ = try node.set("T0") }) else {
            throw Missing()
        }
        #expect(text.contains("cannot be written"))
    }
}

extension DeskStage {
    fileprivate func set(
        _ text: String, _ change: MarkChange = MarkChange()
    ) throws -> (mark: V1.Mark, isNew: Bool) {
        let name = try #require(GivenName(text))
        let desk = desk
        return try attended(errands, pipeline) { () throws(AnswerError) in
            try desk.setMark(name, change)
        }
    }

    fileprivate func delete(_ text: String) throws -> V1.Mark {
        let name = try #require(GivenName(text))
        let desk = desk
        return try attended(errands, pipeline) { () throws(AnswerError) in
            try desk.deleteMark(name)
        }
    }

    fileprivate func symbols(_ since: Since, until: Since? = nil) throws -> (UInt64?, V1.Deltas) {
        let deltas = try desk.deltas(since: since, until: until)
        let far = deltas.series.first { $0.key == ScriptedNode.leaf.description }
        return (far?.counters.first { $0.name == "symbol_error" }?.delta, deltas)
    }
}

extension Note: ExpressibleByStringLiteral {
    /// The notes of these tests are short.
    public init(stringLiteral text: String) {
        self = Note(text) ?? Note()
    }
}
