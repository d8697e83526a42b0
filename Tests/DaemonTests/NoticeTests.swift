import Foundation
import Health
import Model
import Serve
import Testing
import Wire

@testable import Daemon

/// Work and notices through the desk: they are shown at once and outlive the daemon.
@Suite(.timeLimit(.minutes(1)))
struct NoticeTests {
    // Late enough after the boot that nothing is excused.
    private static let start: UInt64 = 1000
    private static let hour = ComingTime.after(milliseconds: 3_600_000)

    private func author(_ text: String = "ann") throws -> Author { try #require(Author(text)) }

    private func hours(
        _ ends: ComingTime = hour, begins: ComingTime? = nil, _ parts: MaintenanceChange.Part...
    ) throws -> MaintenanceChange {
        MaintenanceChange(
            author: try author(), reason: "new cable", begins: begins,
            ends: ends, parts: parts)
    }

    // A node whose cable is pulled, as critical as that gets.
    private func broken(
        _ scratch: PipelineTests.Scratch = PipelineTests.Scratch(), keepsHistory: Bool = true
    ) throws -> DeskStage {
        let stage = try DeskStage(scratch, keepsHistory: keepsHistory)
        stage.pass(Self.start)
        stage.node.isActive = false
        for second in [10, 50] as [UInt64] { stage.pass(Self.start + second) }
        #expect(stage.desk.health().verdict == "CRITICAL")
        return stage
    }

    private func events(_ stage: DeskStage, _ kind: NodeEvent.Kind) throws -> [V1.Event] {
        try stage.desk.events(after: .id(0), limit: 1000, of: nil).events.filter {
            $0.kind == kind.rawValue
        }
    }

    // MARK: Maintenance

    @Test func workIsSeenAtOnceAndEndsWhenAsked() throws {
        let stage = try broken()
        let (work, isNew) = try stage.announce("swap", try hours())
        #expect(isNew && work.active && work.subjects == nil && work.author == "ann")
        #expect(work.begins == stage.clock.now().text && work.reason == "new cable")
        let during = stage.desk.health()
        #expect(during.verdict == "INFO" && during.verdictWithoutMaintenance == "CRITICAL")
        #expect(during.maintenance == [work])
        #expect(during.summary.hasPrefix("Maintenance swap by ann until \(work.ends) (new cable)"))
        let condition = try #require(during.conditions.first)
        #expect(condition.severity == "INFO" && condition.maintenance?.severity == "CRITICAL")
        #expect(condition.maintenance?.name == "swap" && condition.maintenance?.ends == work.ends)
        #expect(try stage.desk.maintenance().maintenance == [work])
        stage.pass(Self.start + 60)
        #expect(try events(stage, .conditionEased).count == 1)

        #expect(try stage.end("swap", by: "bob") == work)
        #expect(stage.desk.health().verdict == "CRITICAL")
        #expect(stage.desk.health().maintenance == nil)
        #expect(try stage.desk.maintenance().maintenance.isEmpty)
        guard case .noSuchMaintenance(let text) = try refusal({ _ = try stage.end("swap") }) else {
            throw Missing()
        }
        #expect(text == "no maintenance is named \"swap\"; there is: none")
        let set = try #require(try events(stage, .maintenanceSet).first)
        #expect(set.sources == ["operator"] && set.line.hasPrefix("swap by ann from "))
        #expect(set.line.hasSuffix(": new cable") && set.detail == "It covers the whole node.")
        #expect(try events(stage, .maintenanceEnded).map(\.line) == ["swap was ended by bob"])
        stage.pass(Self.start + 70)
        let escalated = try events(stage, .conditionEscalated)
        #expect(escalated.map(\.severity) == ["critical", "critical"])
        let ids = try stage.desk.events(after: .id(0), limit: 1000, of: nil).events.map(\.id)
        #expect(ids == Array(1...UInt64(ids.count)))
    }

    @Test func workEndsByItself() throws {
        let stage = try broken()
        _ = try stage.announce("swap", try hours(.after(milliseconds: 20_000)))
        stage.pass(Self.start + 60)
        #expect(stage.desk.health().verdict == "INFO")
        stage.pass(Self.start + 70)
        #expect(stage.desk.health().verdict == "CRITICAL")
        let ended = try events(stage, .maintenanceEnded)
        #expect(ended.map(\.line) == ["swap by ann is over by its time"])
        #expect(ended.map(\.sources) == [["health"]])
    }

    @Test func workToComeExcusesNothingYet() throws {
        let stage = try broken()
        let (work, _) = try stage.announce(
            "later", try hours(begins: .after(milliseconds: 15_000)))
        #expect(!work.active && stage.desk.health().verdict == "CRITICAL")
        stage.clock.set(Self.start + 65)
        #expect(try stage.desk.maintenance().maintenance.map(\.active) == [true])
        stage.pass(Self.start + 65)
        #expect(stage.desk.health().verdict == "INFO")
    }

    @Test func whatIsSaidTwiceIsSaidOnce() throws {
        let stage = try broken()
        let ends = ComingTime.wall(milliseconds: DeskStage.start + 2_000_000)
        let first = try stage.announce("swap", try hours(ends))
        stage.clock.set(Self.start + 55)
        let again = try stage.announce("swap", try hours(ends))
        #expect(first.isNew && !again.isNew && first.work == again.work)
        #expect(try events(stage, .maintenanceSet).count == 1)
        let longer = try stage.announce("swap", try hours())
        #expect(longer.work.begins == first.work.begins && longer.work.ends != first.work.ends)
        #expect(try events(stage, .maintenanceSet).count == 2)
    }

    @Test func workOnAPartIsKeptByWhatTheMatterIs() throws {
        let stage = try broken()
        let device = try #require(stage.desk.links().links.first).device
        let (work, _) = try stage.announce("swap", try hours(Self.hour, .device(device, port: 1)))
        #expect(
            work.subjects == [
                V1.Subject(device: device, port: 1, key: ScriptedNode.hca.description)
            ])
        #expect(stage.desk.health().verdict == "INFO")
        _ = try stage.end("swap")
        let (all, _) = try stage.announce("swap", try hours(Self.hour, .device(device, port: nil)))
        #expect(all.subjects?.map(\.key) == [ScriptedNode.hca.node.description])
        #expect(stage.desk.health().verdict == "INFO")
        let set = try events(stage, .maintenanceSet).map(\.detail)
        #expect(set == ["It covers \(device) port 1.", "It covers \(device)."])
        for part in [MaintenanceChange.Part.device("gone", port: nil)] {
            guard
                case .badRequest = try refusal({
                    _ = try stage.announce("b", try hours(Self.hour, part))
                })
            else { throw Missing() }
        }
    }

    @Test(
        arguments: [
            (ComingTime.after(milliseconds: 0), nil), (.wall(milliseconds: DeskStage.start), nil),
            (.after(milliseconds: 30 * 86_400_000 + 1), nil), (.after(milliseconds: .max), nil),
            (.after(milliseconds: 29 * 86_400_000), .after(milliseconds: 2 * 86_400_000)),
            (.wall(milliseconds: DeskStage.start + 2_000_000), .after(milliseconds: 3_600_000)),
            (.after(milliseconds: 1), .after(milliseconds: .max)),
        ] as [(ComingTime, ComingTime?)])
    func workEndsWithinABoundAndAfterItBegins(ends: ComingTime, begins: ComingTime?) throws {
        let stage = try DeskStage()
        stage.pass(Self.start)
        guard
            case .badRequest(let text) = try refusal({
                _ = try stage.announce("w", try hours(ends, begins: begins))
            })
        else { throw Missing() }
        #expect(text.hasSuffix("."))
        #expect(try stage.desk.maintenance().maintenance.isEmpty)
        _ = try stage.announce("w", try hours(.after(milliseconds: 30 * 86_400_000)))
    }

    @Test func thereIsABound() throws {
        let stage = try DeskStage()
        stage.pass(Self.start)
        for number in 0..<Standing.maintenanceMax {
            _ = try stage.announce("w\(number)", try hours())
        }
        guard
            case .conflict(let text) = try refusal({ _ = try stage.announce("x", try hours()) })
        else { throw Missing() }
        #expect(text.contains("16 times of work"))
    }

    @Test func beforeTheFirstPassNothingIsPretended() throws {
        let scratch = PipelineTests.Scratch()
        let work = try {
            let stage = try DeskStage(scratch)
            guard case .unavailable = try refusal({ _ = try stage.desk.maintenance() }),
                case .unavailable = try refusal({ _ = try stage.desk.acknowledgements() })
            else { throw Missing() }
            return try stage.announce("boot", try hours()).work
        }()
        let again = try DeskStage(scratch)
        again.pass(10)
        #expect(try again.desk.maintenance().maintenance == [work])
    }

    // MARK: Acknowledgement

    @Test func noticeIsShownAndHidesNothing() throws {
        let stage = try broken()
        let incident = try #require(stage.desk.health().conditions.first?.incident)
        let (notice, isNew) = try stage.acknowledge(incident, "ordered")
        #expect(isNew && notice.incident == incident && notice.condition == "ib_link_down")
        #expect(
            notice.acknowledgement
                == V1.Acknowledgement(
                    author: "ann", note: "ordered", severity: "CRITICAL",
                    time: stage.clock.now().text))
        let health = stage.desk.health()
        #expect(health.verdict == "CRITICAL" && health.conditions[0].severity == "CRITICAL")
        #expect(health.conditions[0].acknowledgement == notice.acknowledgement)
        #expect(try stage.desk.acknowledgements().acknowledgements == [notice])
        let page = String(
            decoding: stage.desk.metrics(.prometheus).bytes, as: UTF8.self)
        #expect(page.contains("fabricwatch_health_condition_acknowledged{"))
        stage.clock.set(Self.start + 55)
        let again = try stage.acknowledge(incident, "ordered")
        #expect(!again.isNew && again.notice == notice)
        let told = try events(stage, .conditionAcknowledged)
        #expect(told.map(\.line) == ["ib_link_down: acknowledged by ann: ordered"])
        #expect(told.map(\.severity) == ["critical"])
        #expect(try stage.withdraw(incident, by: "bob") == notice)
        #expect(stage.desk.health().conditions[0].acknowledgement == nil)
        let back = try events(stage, .conditionUnacknowledged).map(\.line)
        #expect(back == ["ib_link_down: the notice of ann was taken back by bob"])
        guard case .noSuchIncident(let nobody) = try refusal({ _ = try stage.withdraw(incident) }),
            case .noSuchIncident(let none) = try refusal({ _ = try stage.withdraw("a-0") }),
            case .noSuchIncident = try refusal({ _ = try stage.acknowledge("a-0", "") })
        else { throw Missing() }
        #expect(nobody.hasPrefix("nobody has taken notice") && none.contains("/api/v1/health"))
    }

    @Test func bothOutliveTheDaemonWithoutAnotherPass() throws {
        let scratch = PipelineTests.Scratch()
        let (work, notice) = try {
            let stage = try broken(scratch)
            let incident = try #require(stage.desk.health().conditions.first?.incident)
            let (work, _) = try stage.announce("swap", try hours())
            return (work, try stage.acknowledge(incident, "two\nlines \"☃\"").notice)
        }()
        let again = try DeskStage(scratch)
        again.node.isActive = false
        again.pass(Self.start + 100)
        #expect(try again.desk.maintenance().maintenance == [work])
        #expect(try again.desk.acknowledgements().acknowledgements == [notice])
        #expect(again.desk.health().verdict == "INFO")
        #expect(try events(again, .maintenanceSet).count == 1)
        #expect(try events(again, .conditionAcknowledged).count == 1)
    }

    /// Without a history they last as long as the daemon.
    @Test func withoutAHistoryTheyWorkAsWell() throws {
        let stage = try broken(keepsHistory: false)
        _ = try stage.announce("swap", try hours())
        #expect(stage.desk.health().verdict == "INFO")
    }

    /// What cannot be written goes with the next pass, and health says what is wrong.
    @Test func aHistoryThatIsAwayRefusesNoWork() throws {
        let stage = try broken()
        try FileManager.default.removeItem(atPath: stage.scratch.path + "/history.db")
        _ = try stage.announce("swap", try hours())
        #expect(stage.desk.health().verdict == "INFO")
    }
}

extension DeskStage {
    fileprivate func announce(
        _ text: String, _ change: MaintenanceChange
    ) throws -> (work: V1.MaintenanceWindow, isNew: Bool) {
        let (name, desk) = (try #require(GivenName(text)), desk)
        return try attended(errands, pipeline) { () throws(AnswerError) in
            try desk.setMaintenance(name, change)
        }
    }

    fileprivate func end(_ text: String, by who: String = "ann") throws -> V1.MaintenanceWindow {
        let (name, author, desk) = (
            try #require(GivenName(text)), try #require(Author(who)), desk
        )
        return try attended(errands, pipeline) { () throws(AnswerError) in
            try desk.endMaintenance(name, by: author)
        }
    }

    fileprivate func acknowledge(
        _ incident: String, _ text: String
    ) throws -> (notice: V1.AcknowledgedIncident, isNew: Bool) {
        let (author, note, desk) = (
            try #require(Author("ann")), try #require(Note(text)), desk
        )
        return try attended(errands, pipeline) { () throws(AnswerError) in
            try desk.acknowledge(incident, by: author, note: note)
        }
    }

    fileprivate func withdraw(
        _ incident: String, by who: String = "ann"
    ) throws -> V1.AcknowledgedIncident {
        let (author, desk) = (try #require(Author(who)), desk)
        return try attended(errands, pipeline) { () throws(AnswerError) in
            try desk.withdraw(incident, by: author)
        }
    }
}
