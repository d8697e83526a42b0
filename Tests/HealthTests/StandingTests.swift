import Health
import Model
import Testing

/// Since when a condition holds, and how bad it is by now.
struct StandingTests {
    @Test func sinceIsKept() {
        var standing = Standing()
        for second in [0.0, 10, 20] {
            let findings = standing.update([Sample.opinion()], now: Sample.moment(second))
            #expect(findings.map(\.since) == [Sample.moment(0)])
        }
    }

    // Those that have to hold for a while before they are raised are in ScenarioTests.
    private static let atOnce = ConditionID.allCases.filter {
        ConditionCatalog.row($0).threshold("raise_after") == nil
    }

    @Test(arguments: atOnce, [-0.001, 0, 0.001])
    func severityRisesAtTheCataloguesSecond(id: ConditionID, offset: Double) throws {
        let row = ConditionCatalog.row(id)
        let limit = row.escalation?.afterSeconds ?? 86_400
        var standing = Standing()
        #expect(
            standing.update([Sample.opinion(id)], now: Sample.moment(0)).map(\.severity)
                == [row.severity])
        let later = standing.update([Sample.opinion(id)], now: Sample.moment(limit + offset))
        let risen = row.escalation.map { max(row.severity, $0.severity) } ?? row.severity
        #expect(later.map(\.severity) == [offset < 0 ? row.severity : risen])
    }

    @Test(arguments: ConditionCatalog.all.filter { $0.escalation != nil }.map(\.id))
    func cappedStaysAsItIs(_ id: ConditionID) {
        var standing = Standing()
        let opinion = Sample.opinion(id, .info, isCapped: true)
        for second in [0.0, 30, 1800, 1e6] {
            let findings = standing.update([opinion], now: Sample.moment(second))
            #expect(findings.map(\.severity) == [.info])
            #expect(findings.map(\.since) == [Sample.moment(0)])
        }
    }

    /// A port that is enabled again after a week must be given its time to train.
    @Test func escalationCountsFromTheEndOfTheCap() {
        var standing = Standing()
        let capped = Sample.opinion(.linkDown, .info, isCapped: true)
        _ = standing.update([capped], now: Sample.moment(0))
        _ = standing.update([capped], now: Sample.moment(1000))
        let steps: [(Double, Severity)] = [(1001, .warning), (1029, .warning), (1030, .critical)]
        for (second, severity) in steps {
            let findings = standing.update([Sample.opinion()], now: Sample.moment(second))
            #expect(findings.map(\.severity) == [severity], "at \(second) s")
            #expect(findings.map(\.since) == [Sample.moment(0)])
        }
    }

    @Test func anotherStartAnotherClock() {
        var standing = Standing()
        let opinion = Sample.opinion(.gpuUnresponsive)
        _ = standing.update([opinion], now: Sample.moment(0))
        #expect(standing.update([], now: Sample.moment(40)) == [])
        let again = standing.update([opinion], now: Sample.moment(50))
        #expect(again.map(\.since) == [Sample.moment(50)])
        #expect(again.map(\.severity) == [.unknown])
        let later = standing.update([opinion], now: Sample.moment(95))
        #expect(later.map(\.severity) == [.critical])
    }

    /// What comes back while it is watched is the same incident, and as bad as it was.
    @Test func whatComesBackIsTheSame() {
        var standing = Standing()
        _ = standing.update([Sample.opinion()], now: Sample.moment(0))
        _ = standing.update([Sample.opinion()], now: Sample.moment(30))
        let clearing = standing.update([], now: Sample.moment(40))
        #expect(clearing.map(\.severity) == [.critical])
        #expect(clearing.map(\.clearingSeconds) == [0])
        #expect(standing.update([], now: Sample.moment(639)).count == 1)
        let back = standing.update([Sample.opinion()], now: Sample.moment(639.5))
        #expect(back.map(\.since) == [Sample.moment(0)] && back[0].severity == .critical)
        _ = standing.update([], now: Sample.moment(640))
        #expect(standing.update([], now: Sample.moment(1240)) == [])
        #expect(standing.takeTransitions().map(\.kind) == [.raised, .escalated, .resolved])
    }

    /// Labels and numbers change, the part stays.
    @Test func aPartIsItsKey() {
        var standing = Standing()
        var opinion = Sample.opinion()
        opinion.subject = Subject(device: "mlx5_0", port: 1, key: "0xa0/1")
        _ = standing.update([opinion], now: Sample.moment(0))
        opinion.subject = Subject(device: "mlx5_3", port: 1, key: "0xa0/1")
        let findings = standing.update([opinion], now: Sample.moment(30))
        #expect(findings.map(\.since) == [Sample.moment(0)])
        #expect(standing.incidents.count == 1)
    }

    @Test func subjectsHaveTheirOwnClocks() {
        var standing = Standing()
        _ = standing.update([Sample.opinion(port: 1)], now: Sample.moment(0))
        let findings = standing.update(
            [Sample.opinion(port: 1), Sample.opinion(port: 2)], now: Sample.moment(30))
        #expect(findings.map(\.severity) == [.critical, .warning])
        #expect(findings.map(\.since) == [Sample.moment(0), Sample.moment(30)])
    }

    /// A new wording is the same condition.
    @Test func whatIsSaidMayChange() {
        var standing = Standing()
        _ = standing.update([Sample.opinion(summary: "One.")], now: Sample.moment(0))
        let findings = standing.update([Sample.opinion(summary: "Two.")], now: Sample.moment(30))
        #expect(findings.map(\.opinion.summary) == ["Two."])
        #expect(findings.map(\.severity) == [.critical])
    }

    /// After a reboot the wall clock says how long.
    @Test func aRebootDoesNotStopTheClock() {
        var standing = Standing()
        _ = standing.update([Sample.opinion()], now: Sample.moment(5000))
        var rebooted = Sample.moment(5060)
        rebooted.bootID = "next"
        rebooted.boottimeNanoseconds = 1
        let findings = standing.update([Sample.opinion()], now: rebooted)
        #expect(findings.map(\.severity) == [.critical])
    }

    @Test(arguments: Seeded.seeds)
    func worstFirstAndOtherwiseAsTheRulesHaveThem(seed: UInt64) {
        var random = Seeded(seed)
        let opinions = (0..<40).map { number in
            Sample.opinion(
                .counterBlind, port: UInt8(number),
                Severity.allCases.randomElement(using: &random))
        }
        var standing = Standing()
        let findings = standing.update(opinions, now: Sample.moment(0))
        #expect(findings.count == opinions.count)
        for (left, right) in zip(findings, findings.dropFirst()) {
            let ports = (left.opinion.subject.port ?? 0, right.opinion.subject.port ?? 0)
            #expect(
                left.severity > right.severity
                    || (left.severity == right.severity && ports.0 < ports.1), "seed \(seed)")
        }
    }
}
