import Model
import Testing

@testable import Health

/// Work that is announced, and notice that somebody has taken.
@Suite struct NoticeTests {
    private func opinion(_ port: UInt8, hca: UInt64 = 0xA0) -> Opinion {
        var opinion = Sample.opinion(.linkDown, port: port)
        opinion.subject.key = PortKey(node: GUID(hca), port: port).description
        return opinion
    }

    private func work(
        _ name: String = "swap", _ subjects: [Subject] = [], from: Double = 0, until: Double
    ) -> Maintenance {
        Maintenance(
            name: name, subjects: subjects, author: "ann", reason: "new cable",
            beginsWallMilliseconds: Sample.moment(from).wallMilliseconds,
            endsWallMilliseconds: Sample.moment(until).wallMilliseconds)
    }

    // MARK: Maintenance

    @Test func whatIsFoundMeanwhileIsInfoAndComesBack() throws {
        var standing = Standing()
        let work = work(until: 600)
        #expect(standing.set(work) == .made(work))
        _ = standing.update([opinion(1)], now: Sample.moment(0))
        let during = standing.update([opinion(1)], now: Sample.moment(100))
        #expect(during.map(\.severity) == [.info] && during.map(\.found) == [.critical])
        #expect(during[0].maintenance == work)
        let verdict = Verdict(during, ports: 1)
        #expect(verdict.severity == .info && verdict.unexcused == .critical)
        #expect(
            verdict.summary.hasPrefix(
                "Maintenance swap by ann until \(Sample.moment(600).text) (new cable): "))
        #expect(standing.takeEndedMaintenance().isEmpty)
        let after = standing.update([opinion(1)], now: Sample.moment(600))
        #expect(after.map(\.severity) == [.critical] && after[0].maintenance == nil)
        #expect(Verdict(after, ports: 1).unexcused == nil)
        #expect(standing.maintenance.isEmpty && standing.takeEndedMaintenance() == [work])
        #expect(standing.takeEndedMaintenance().isEmpty)
        let told = standing.takeTransitions()
        #expect(told.map(\.kind) == [.raised, .escalated])
        #expect(told.map(\.severity) == [.info, .critical])
    }

    /// What cannot be seen while everything is worked on is as excused as what is found.
    @Test func unknownIsExcusedLikeAllElseAndNeverPasses() {
        var standing = Standing()
        _ = standing.set(work(until: 600))
        let blind = Sample.opinion(.probeStale, .unknown)
        let during = standing.update([blind], now: Sample.moment(1))
        #expect(during.map(\.severity) == [.info] && during.map(\.found) == [.unknown])
        #expect(Verdict(during, ports: 1).unexcused == .unknown)
        // Nothing was found, because nothing was seen: no work excuses that.
        #expect(Verdict([], ports: 0).severity == .unknown)
    }

    @Test func whatHoldsWhenWorkBeginsIsEasedAndNotTwiceAnOffence() {
        var judge = Judge()
        var evidence = Sample.evidence([Sample.cable(local: Sample.end(Sample.link(1, 2)))])
        evidence.cables[0].report.identity.serial = "MT1"
        evidence.cables[0].isExpected = true
        var told: [Transition.Kind] = []
        for second in [0.0, 40, 100, 200, 300, 400, 500] {
            if second == 100 { _ = judge.change { $0.set(work(from: 200, until: 400)) } }
            evidence.now = Sample.moment(second)
            told += judge.judge(evidence).1.filter { $0.id == .linkDown }.map(\.kind)
        }
        #expect(told == [.raised, .escalated, .eased, .escalated])
        #expect(judge.offenders["MT1"]?.incidents == 1 && judge.offenders["MT1"]?.criticals == 1)
        #expect(judge.isChanged)
    }

    @Test func aPartThatIsWorkedOnIsNoOffender() {
        var judge = Judge()
        _ = judge.change { $0.set(work(until: 600)) }
        var evidence = Sample.evidence([Sample.cable(local: Sample.end(Sample.link(1, 2)))])
        evidence.cables[0].report.identity.serial = "MT1"
        evidence.cables[0].isExpected = true
        for second in [0.0, 40, 100] {
            evidence.now = Sample.moment(second)
            #expect(judge.judge(evidence).0.first?.severity == .info)
        }
        #expect(judge.offenders.isEmpty)
    }

    /// While it is watched until it is over, too.
    @Test func whatClearsFollowsTheWork() {
        var standing = Standing()
        _ = standing.update([opinion(1)], now: Sample.moment(0))
        _ = standing.update([opinion(1)], now: Sample.moment(40))
        _ = standing.set(work(from: 50, until: 100))
        let during = standing.update([], now: Sample.moment(60))
        let after = standing.update([], now: Sample.moment(110))
        #expect(during.map(\.severity) == [.info] && after.map(\.severity) == [.critical])
        #expect(
            standing.takeTransitions().map(\.kind) == [.raised, .escalated, .eased, .escalated])
    }

    @Test func workOnAPartLeavesOthersAlone() throws {
        let address = try #require(PCIAddress("0000:18:00.0"))
        func excused(_ scope: Subject, _ subject: Subject) -> Bool {
            work("w", [scope], until: 9).covers(subject, at: Sample.moment(1))
        }
        let port = Subject(device: "a", port: 1, key: "0xa0/1")
        let hca = Subject(device: "a", key: "0xa0", pciAddress: address)
        #expect(excused(port, Subject(device: "b", port: 1, end: "peer", key: "0xa0/1")))
        #expect(!excused(port, Subject(device: "a", port: 2, key: "0xa0/2")))
        #expect(!excused(port, hca) && !excused(port, Subject(device: "a", port: 1)))
        #expect(excused(hca, port) && excused(hca, Subject(pciAddress: address)))
        #expect(!excused(hca, Subject(key: "0xa01/1")) && !excused(hca, Subject()))
        let gpu = Subject(key: "GPU-1", gpuIndex: 0, pciAddress: address)
        // Another card in the place is what the work is about.
        #expect(excused(gpu, Subject(key: "GPU-2", gpuIndex: 0, pciAddress: address)))
        #expect(!excused(gpu, Subject(key: "GPU-2", gpuIndex: 0)))
        var standing = Standing()
        _ = standing.set(work("w", [opinion(1).subject], until: 900))
        let findings = standing.update(
            [opinion(1), opinion(2)], now: Sample.moment(0))
        #expect(findings.map(\.severity) == [.warning, .info])
    }

    @Test func aClockThatWasSetBackExcusesNothing() {
        let work = work(from: 100, until: 200)
        #expect(!work.isActive(at: Sample.moment(99)) && work.isActive(at: Sample.moment(100)))
        #expect(work.isActive(at: Sample.moment(199)) && !work.isActive(at: Sample.moment(200)))
        let never = self.work(from: 200, until: 100)
        #expect(!never.isActive(at: Sample.moment(150)))
    }

    @Test func workIsSetChangedAndEndedByItsName() {
        var standing = Standing()
        for number in 0..<Standing.maintenanceMax {
            let work = work("w\(number)", until: 600)
            #expect(standing.set(work) == .made(work))
            #expect(standing.set(work) == .same(work))
        }
        #expect(standing.set(work("more", until: 600)) == .tooMany)
        let longer = work("w3", until: 900)
        #expect(standing.set(longer) == .changed(longer))
        #expect(standing.endMaintenance("w3") == longer && standing.endMaintenance("w3") == nil)
        #expect(standing.maintenance.count == Standing.maintenanceMax - 1)
    }

    @Test func theLatestFindingsFollowAtOnce() {
        var standing = Standing()
        let found = standing.update([opinion(1), opinion(2)], now: Sample.moment(40))
        _ = standing.set(work("w", [opinion(1).subject], until: 900))
        _ = standing.acknowledge(
            found[1].incident, author: "bob", note: "", wallMilliseconds: 5)
        let revised = standing.revised(found, now: Sample.moment(45))
        #expect(revised.map(\.opinion.subject.port) == [2, 1])
        #expect(revised.map(\.severity) == [.warning, .info] && revised[0].isNoticed)
        _ = standing.endMaintenance("w")
        _ = standing.withdraw(found[1].incident)
        #expect(Set(standing.revised(revised, now: Sample.moment(46))) == Set(found))
    }

    // MARK: Acknowledgement

    private func acknowledge(
        _ standing: inout Standing, _ id: String, as author: String = "bob"
    ) -> NoticeOutcome<Incident> {
        standing.acknowledge(id, author: author, note: "ordered", wallMilliseconds: 5)
    }

    @Test func whatSomebodyHasNoticedIsShownAndNotToldAgain() throws {
        let day = 86_400.0
        var told = Standing()
        var noticed = Standing()
        for second in [0.0, 30] {
            _ = told.update([opinion(1)], now: Sample.moment(second))
            _ = noticed.update([opinion(1)], now: Sample.moment(second))
        }
        let id = try #require(
            noticed.update([opinion(1)], now: Sample.moment(31)).first?.incident)
        #expect(acknowledge(&noticed, "ib_link_down-0000000000000000") == .none)
        guard case .made(let made) = acknowledge(&noticed, id),
            case .same = acknowledge(&noticed, id)
        else {
            Issue.record("nobody has taken notice")
            return
        }
        #expect(made.isNoticed && made.acknowledgement?.severity == .critical)
        for time in [day + 31, day + 60] {
            _ = told.update([opinion(1)], now: Sample.moment(time))
            let findings = noticed.update([opinion(1)], now: Sample.moment(time))
            #expect(findings.map(\.acknowledgement?.author) == ["bob"])
            #expect(findings[0].severity == .critical && findings[0].isNoticed)
        }
        #expect(told.takeTransitions().map(\.kind) == [.raised, .escalated, .reminded])
        #expect(noticed.takeTransitions().map(\.kind) == [.raised, .escalated])
        guard case .changed = acknowledge(&noticed, id, as: "ann") else {
            Issue.record("another author is no change")
            return
        }
        // Taken back, the reminders go on.
        let before = noticed.withdraw(id)
        #expect(before?.acknowledgement?.author == "ann" && noticed.withdraw(id) == nil)
        _ = noticed.update([opinion(1)], now: Sample.moment(day + 90))
        #expect(noticed.takeTransitions().map(\.kind) == [.reminded])
    }

    /// Who has taken notice of a WARNING knows nothing of the CRITICAL.
    @Test func whatGetsWorseIsToldAndRemindedOfAgain() throws {
        var standing = Standing()
        let id = try #require(
            standing.update([opinion(1)], now: Sample.moment(0)).first?.incident)
        _ = acknowledge(&standing, id)
        let worse = standing.update([opinion(1)], now: Sample.moment(40))
        #expect(worse[0].severity == .critical && !worse[0].isNoticed)
        #expect(worse[0].acknowledgement?.severity == .warning)
        _ = standing.update([opinion(1)], now: Sample.moment(86_441))
        #expect(standing.takeTransitions().map(\.kind) == [.raised, .escalated, .reminded])
        guard case .changed = acknowledge(&standing, id) else {
            Issue.record("the CRITICAL is not noticed")
            return
        }
        _ = standing.update([opinion(1)], now: Sample.moment(2 * 86_441))
        #expect(standing.takeTransitions().isEmpty)
    }

    /// What is over and comes again is another incident, and has another id.
    @Test func aNoticeEndsWithItsIncident() throws {
        var standing = Standing()
        let blind = Sample.opinion(.gpuUnresponsive)
        let first = standing.update([blind], now: Sample.moment(0))[0].incident
        _ = acknowledge(&standing, first)
        _ = standing.update([], now: Sample.moment(10))
        let again = standing.update([blind], now: Sample.moment(20))[0]
        #expect(again.acknowledgement == nil && again.incident != first)
        #expect(acknowledge(&standing, first) == .none)
        #expect(first.hasPrefix("gpu_unresponsive-") && first.utf8.count == 17 + 16)
    }
}
