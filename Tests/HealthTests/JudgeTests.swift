import Model
import Testing

@testable import Health

/// What judging remembers, and what people add to it.
@Suite struct JudgeTests {
    private func opinion(_ port: UInt8, hca: UInt64 = 0xA0) -> Opinion {
        var opinion = Sample.opinion(.linkDown, port: port)
        opinion.subject.key = PortKey(node: GUID(hca), port: port).description
        opinion.serial = "MT1"
        return opinion
    }

    // MARK: Suppression

    private func cable(_ hca: UInt64, isDown: Bool, leaf: UInt64 = 0xB0) -> CableEvidence {
        var identity = Sample.peerIdentity
        identity.key = PortKey(node: GUID(leaf), port: UInt8(hca & 0xF))
        let up = Sample.link()
        let down = Sample.link(1, 2)
        var cable = Sample.cable(
            local: Sample.end(isDown ? down : up),
            peer: isDown ? .absent : .observed(identity, Sample.end()))
        cable.report.key = PortKey(node: GUID(hca), port: 1)
        cable.device = "rail\(hca & 0xF)"
        cable.lastPeer = identity
        return cable
    }

    private func downs(_ cables: [CableEvidence]) -> [Finding] {
        var judge = Judge()
        return judge.judge(Sample.evidence(cables)).0
    }

    @Test func aSwitchThatRebootsIsOneCondition() {
        let findings = downs((1...8).map { cable($0, isDown: true) })
        #expect(findings.first?.opinion.id == .peerSwitchEvent)
        #expect(findings.first?.step == .pageFabricOwner)
        #expect(findings.first?.opinion.action.contains("0x00000000000000b0") == true)
        let links = findings.filter { $0.opinion.id == .linkDown }
        #expect(links.count == 8 && links.allSatisfy { $0.opinion.explainedBy == .peerSwitchEvent })
        #expect(!Verdict(findings, ports: 8).summary.contains("more condition"))
        #expect(links.allSatisfy { $0.step == .none })
    }

    @Test func oneLinkAndLinksToSeveralSwitchesAreNoSwitchEvent() {
        let one = downs([cable(1, isDown: true)] + (2...8).map { cable($0, isDown: false) })
        #expect(one.map(\.opinion.id) == [.linkDown] && one[0].opinion.explainedBy == nil)
        let several = downs([cable(1, isDown: true), cable(2, isDown: true, leaf: 0xC0)])
        #expect(several.map(\.opinion.id) == [.linkDown, .linkDown])
    }

    @Test func linksThatGoOneAfterTheOtherAreNoSwitchEvent() {
        var judge = Judge()
        var evidence = Sample.evidence([cable(1, isDown: true), cable(2, isDown: false)])
        _ = judge.judge(evidence)
        evidence.cables = [cable(1, isDown: true), cable(2, isDown: true)]
        evidence.now = Sample.moment(60)
        #expect(judge.judge(evidence).0.map(\.opinion.id) == [.linkDown, .linkDown])
    }

    @Test func aGPUThatIsGoneExplainsItsLinks() throws {
        var gpu = GPUEvidence(
            index: 0, address: try #require(PCIAddress("0000:18:00.0")), uuid: nil, state: .read,
            isListed: false, isFresh: false, isStale: true, linksDown: [1, 2])
        gpu.links = [1, 2]
        var evidence = Sample.evidence()
        evidence.gpus = GPUsEvidence(library: nil, gpus: [gpu])
        var judge = Judge()
        let findings = judge.judge(evidence).0
        #expect(findings.map(\.opinion.id) == [.gpuLost, .nvlinkDown])
        #expect(findings[1].opinion.explainedBy == .gpuLost)
    }

    // MARK: Steps

    @Test func aPartIsOnlyReplacedOnTwoEndedEvidence() {
        for grade in [EvidenceGrade.twoEnded, .localOnly, .peerOnly] {
            for severity in [Severity.warning, .critical] {
                var opinion = Sample.opinion(.symbolErrorsHigh, severity)
                opinion.grade = grade
                var standing = Standing()
                let step = standing.update([opinion], now: Sample.moment(0))[0].step
                let isProven = grade == .twoEnded && severity == .critical
                #expect((step == .replacePart) == isProven)
            }
        }
        // No condition of one end's state asks for it.
        for row in ConditionCatalog.all where row.ladder.warning == .replacePart {
            Issue.record("\(row.id.rawValue) replaces parts at WARNING")
        }
    }

    // MARK: Offenders

    @Test func offendersAreCountedByPart() {
        var judge = Judge()
        for hour in 0..<3 {
            var evidence = Sample.evidence([cable(1, isDown: true)])
            evidence.cables[0].report.identity.serial = "MT1"
            for seconds in [0.0, 40] {
                evidence.now = Sample.moment(Double(hour) * 3600 + seconds)
                _ = judge.judge(evidence)
            }
            evidence.cables = [cable(1, isDown: false)]
            for seconds in [100.0, 800] {
                evidence.now = Sample.moment(Double(hour) * 3600 + seconds)
                _ = judge.judge(evidence)
            }
        }
        let score = judge.offenders["MT1"]
        #expect(score?.incidents == 3 && score?.criticals == 3 && score?.points == 15)
    }

    // MARK: Xids that come again

    private func judge(_ judge: inout Judge, xid: UInt32, at seconds: Double) -> Opinion? {
        var gpu = GPUEvidence(
            index: 0, address: PCIAddress(domain: 0, bus: 0x18, device: 0),
            uuid: GPUUUID(high: 1, low: 2), state: .read, isListed: true, isFresh: true,
            isStale: false)
        var told = XidEvidence(
            number: xid, count: 1, last: "now", meaning: "Meaning.",
            remedy: XidCatalog.entry(xid).remedy, line: "line")
        told.wallMilliseconds = Sample.moment(seconds).wallMilliseconds
        gpu.xids = [told]
        var evidence = Sample.evidence()
        evidence.now = Sample.moment(seconds)
        evidence.gpus = GPUsEvidence(library: nil, gpus: [gpu])
        return judge.judge(evidence).0.map(\.opinion).first { $0.id == .gpuXid }
    }

    @Test func twoCriticalXidsInAMonthAskForAReplacement() {
        let day = 86_400.0
        var judge = Judge()
        let first = self.judge(&judge, xid: 48, at: 0)
        #expect(first?.action.contains("replaced") == false)
        // The same hang goes on.
        #expect(self.judge(&judge, xid: 119, at: 240)?.action.contains("replaced") == false)
        #expect(self.judge(&judge, xid: 48, at: 480)?.action.contains("replaced") == false)
        // A restart of the daemon forgets nothing.
        judge = SavedHealth.judge(from: SavedHealth.text(judge)) ?? Judge()
        #expect(self.judge(&judge, xid: 63, at: 20 * day)?.action.contains("replaced") == false)
        let again = self.judge(&judge, xid: 95, at: 20 * day)
        #expect(again?.summary.hasSuffix("It had such errors 2 times in 30 d.") == true)
        #expect(again?.action.hasSuffix("and the GPU replaced.") == true)
        let late = self.judge(&judge, xid: 95, at: 51 * day)
        #expect(late?.action.contains("replaced") == false, "the others are forgotten")
    }
}
