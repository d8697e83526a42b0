import Health
import History
import Model
import Testing
import Wire

@testable import Daemon

/// What is read becomes what is judged, and outlives the daemon.
@Suite struct JudgingTests {
    // Late enough after the boot that nothing is excused.
    private static let start: UInt64 = 1000

    private func pass(_ pipeline: Pipeline, _ node: ScriptedNode, _ seconds: UInt64) -> Picture {
        let time = Self.start + seconds
        return pipeline.pass(
            [Collected(collector: "infiniband", report: .infiniBand(node.report(time)))],
            collectors: [.scripted(seconds: time)], now: .scripted(seconds: time))
    }

    private func pipeline(_ keeper: Keeper, _ thresholds: Thresholds = .defaults) throws -> Pipeline
    {
        Pipeline(
            naming: Pipeline.Naming(), keeper: keeper, past: try keeper.past(),
            thresholds: thresholds)
    }

    private let node = ScriptedNode(local: ["symbol_error": 1], far: ["symbol_error": 1])

    @Test func incidentsGoOnOverARestart() throws {
        let scratch = PipelineTests.Scratch()
        var node = node
        do {
            let pipeline = try pipeline(scratch.keeper())
            for second in [0, 10, 20] as [UInt64] { _ = pass(pipeline, node, second) }
            node.far["symbol_error"] = 4001
            let picture = pass(pipeline, node, 30)
            #expect(picture.verdict.severity == .critical)
        }
        // Killed at once: what was shown was kept.
        let again = try pipeline(scratch.keeper())
        let picture = pass(again, node, 50)
        let found = picture.findings.first { $0.opinion.id == .symbolErrorsHigh }
        #expect(found?.since == .scripted(seconds: Self.start + 30))
        let told = picture.journal.entries.filter { $0.event.kind == .conditionRaised }
        #expect(told.map(\.event.line).contains { $0.hasPrefix("ib_symbol_ber_high: ") })
        let high = told.filter { $0.event.line.hasPrefix("ib_symbol_ber_high: ") }
        #expect(high.count == 1, "a restart tells nothing again")
    }

    /// What was counted while the daemon was away is judged when it is back.
    @Test func errorsOfTheTimeBetweenAreJudged() throws {
        let scratch = PipelineTests.Scratch()
        var node = node
        do {
            let pipeline = try pipeline(scratch.keeper())
            for second in [0, 60, 120] as [UInt64] { _ = pass(pipeline, node, second) }
        }
        node.far["symbol_error"] = 4001
        let picture = pass(try pipeline(scratch.keeper()), node, 600)
        #expect(picture.findings.map(\.opinion.id).contains(.symbolErrorsHigh))
    }

    /// What was counted in the daemon's last pass and raised nothing yet counts on after it.
    @Test func aCountOfTheLastPassIsNotForgotten() throws {
        let scratch = PipelineTests.Scratch()
        var node = ScriptedNode(local: ["link_downed": 0], far: ["link_downed": 0])
        do {
            let pipeline = try pipeline(scratch.keeper())
            for second in [0, 600, 610] as [UInt64] { _ = pass(pipeline, node, second) }
            (node.local["link_downed"], node.far["link_downed"]) = (1, 1)
            let once = pass(pipeline, node, 620)
            #expect(once.verdict.severity == .pass)
        }
        let again = try pipeline(scratch.keeper())
        _ = pass(again, node, 700)
        (node.local["link_downed"], node.far["link_downed"]) = (2, 2)
        let twice = pass(again, node, 710)
        #expect(twice.findings.map(\.opinion.id) == [.linkFlap])
    }

    /// Both ends of a pass are compared, with the length of the pass as what they may be apart.
    @Test func packetsThatVanishAreFound() throws {
        let scratch = PipelineTests.Scratch()
        var node = node
        let pipeline = try pipeline(scratch.keeper())
        var picture = pass(pipeline, node, 0)
        for minute in 0...46 as ClosedRange<UInt64> {
            for counter in ["port_xmit_packets", "port_rcv_packets"] {
                node.local[counter, default: 0] += 9_000_000
                node.far[counter, default: 0] += 9_000_000
            }
            node.far["port_rcv_packets", default: 0] -= 100_000
            for words in ["port_xmit_data", "port_rcv_data"] {
                node.local[words, default: 0] += 9_216_000_000
                node.far[words, default: 0] += 9_216_000_000
            }
            picture = pass(pipeline, node, minute * 60 + 60)
        }
        let found = picture.findings.first { $0.opinion.id == .silentDropSuspect }
        #expect(found?.opinion.severity == .warning)
    }

    @Test func documentSaysWhyAndWhatNext() throws {
        let scratch = PipelineTests.Scratch()
        var node = node
        let pipeline = try pipeline(scratch.keeper())
        for second in [0, 10, 20] as [UInt64] { _ = pass(pipeline, node, second) }
        node.far["symbol_error"] = 4001
        let picture = pass(pipeline, node, 30)
        let health = picture.health(node: "n", now: picture.now)
        let condition = try #require(health.conditions.first { $0.id == "ib_symbol_ber_high" })
        #expect(condition.why?.hasPrefix("leaf01 port 7 counted 4000 symbol errors") == true)
        #expect(condition.step == "replace_part" && condition.evidenceGrade == "two_ended")
        let elevated = health.conditions.first { $0.id == "ib_symbol_ber_elevated" }
        #expect(elevated?.explainedBy == "ib_symbol_ber_high" && elevated?.step == "none")
        #expect(health.parts == [ScriptedNode.hca.description: "CRITICAL"])
    }

    @Test func overriddenNumbersAreInForce() throws {
        var thresholds = Thresholds.defaults
        for (name, value) in [("ratio", 0.9), ("ratio_no_fec", 0.9)] {
            thresholds.override(.symbolErrorsHigh, name, value)
        }
        let scratch = PipelineTests.Scratch()
        var node = node
        let pipeline = try pipeline(scratch.keeper(), thresholds)
        for second in [0, 10, 20] as [UInt64] { _ = pass(pipeline, node, second) }
        node.far["symbol_error"] = 4001
        let found = pass(pipeline, node, 30).findings.map(\.opinion.id)
        #expect(found == [.symbolErrorsElevated])
    }

    @Test func noticeAndWorkOutliveTheDaemon() throws {
        let scratch = PipelineTests.Scratch()
        var node = node
        do {
            let pipeline = try pipeline(scratch.keeper())
            _ = pass(pipeline, node, 0)
            node.isActive = false
            let down = try #require(pass(pipeline, node, 10).findings.first)
            let work = Maintenance(
                name: "cables", author: "bob", reason: "", beginsWallMilliseconds: 0,
                endsWallMilliseconds: .max)
            let now = Moment.scripted(seconds: Self.start + 11)
            // No pass follows: it is on the disk at once.
            let (outcome, shown) = pipeline.change(now: now) { standing in
                _ = standing.set(work)
                return standing.acknowledge(
                    down.incident, author: "ann", note: "ordered", wallMilliseconds: 5)
            } event: { _ in
                work.announced(now: now)
            }
            #expect(outcome != .none && shown?.verdict.severity == .info)
        }
        let picture = pass(try pipeline(scratch.keeper()), node, 60)
        let condition = picture.health(node: "n", now: picture.now).conditions.first
        #expect(condition?.acknowledgement?.author == "ann")
        #expect(condition?.maintenance?.author == "bob" && condition?.severity == "INFO")
        #expect(condition?.maintenance?.severity == "CRITICAL")
        let set = picture.journal.entries.filter { $0.event.kind == .maintenanceSet }
        #expect(set.count == 1 && set.first?.sources == [.operator])
        #expect(picture.verdict.severity == .info)
    }

    /// A link that comes back is watched before it is well.
    @Test func aLinkThatComesBackIsWatched() throws {
        let scratch = PipelineTests.Scratch()
        var node = node
        let pipeline = try pipeline(scratch.keeper())
        _ = pass(pipeline, node, 0)
        node.isActive = false
        for second in [10, 40] as [UInt64] { _ = pass(pipeline, node, second) }
        node.isActive = true
        let back = pass(pipeline, node, 50)
        let condition = back.health(node: "n", now: back.now).conditions.first
        #expect(condition?.id == "ib_link_down" && condition?.severity == "CRITICAL")
        #expect(condition?.clearingSeconds == 0)
        #expect(condition?.summary.hasPrefix("Not so for 0 s, and watched on: ") == true)
        #expect(pass(pipeline, node, 649).verdict.severity == .critical)
        let over = pass(pipeline, node, 650)
        #expect(over.verdict.severity == .pass)
        #expect(over.journal.entries.last?.event.kind == .conditionResolved)
    }
}
