import Health
import Model
import Testing

/// Absence is not health: whatever the evidence, PASS is said of a node that was seen whole.
struct NoFalseGreenTests {
    @Test(arguments: Seeded.seeds)
    func passOnlyWhenAllWasSeenAndWell(seed: UInt64) {
        var random = Seeded(seed)
        var passes = 0
        for _ in 0..<2000 {
            let evidence = Self.evidence(&random)
            var standing = Standing()
            let findings = standing.update(Rules.judge(evidence), now: evidence.now)
            let verdict = Verdict(findings, ports: evidence.cables.count)
            let isWell = Self.isWell(evidence)
            #expect((verdict.severity == .pass) == isWell, "seed \(seed): \(evidence)")
            #expect(verdict.summary.hasSuffix("."))
            #expect(
                findings.allSatisfy {
                    !$0.opinion.summary.isEmpty && !$0.opinion.action.isEmpty
                        && $0.severity > .pass
                })
            passes += isWell ? 1 : 0
        }
        #expect((100...1900).contains(passes), "seed \(seed) tries too little of either")
    }

    /// Says it anew, without the rules.
    private static func isWell(_ evidence: Evidence) -> Bool {
        !evidence.cables.isEmpty && evidence.historyTrouble == nil
            && evidence.collectors.allSatisfy { collector in
                collector.ageSeconds.map { $0 <= collector.limitSeconds } ?? false
            }
            && evidence.cables.allSatisfy { cable in
                guard case .observed(_, let peer) = cable.report.peer else { return false }
                return !cable.isStale && cable.report.local.link?.state == 4
                    && cable.report.local.failure == nil && peer.failure == nil
                    && cable.saturated.isEmpty
            }
    }

    private static func evidence(_ random: inout Seeded) -> Evidence {
        let cables = (0..<Int.random(in: 0...4, using: &random)).map {
            cable(UInt8($0 + 1), &random)
        }
        let collectors = (0..<Int.random(in: 0...3, using: &random)).map { number in
            Sample.collector(
                "probe\(number)", age: rarely(&random) ? nil : age(&random),
                waiting: .random(in: 0...60, using: &random))
        }
        return Sample.evidence(
            cables, collectors: collectors, historyTrouble: rarely(&random) ? "full" : nil)
    }

    private static func rarely(_ random: inout Seeded) -> Bool {
        Int.random(in: 0..<24, using: &random) == 0
    }

    private static func age(_ random: inout Seeded) -> Double {
        .random(in: rarely(&random) ? 0...60 : 0...30, using: &random)
    }

    private static func cable(_ port: UInt8, _ random: inout Seeded) -> CableEvidence {
        var saturated: [SaturatedCounter] = []
        if rarely(&random) {
            let index = Int.random(in: 0..<InfiniBandCounters.count, using: &random)
            saturated.append(
                SaturatedCounter(
                    end: Bool.random(using: &random) ? .local : .peer,
                    index: index, value: .max))
        }
        return Sample.cable(
            port: port, local: end(&random), peer: peer(&random), isStale: rarely(&random),
            saturated: saturated)
    }

    private static func end(_ random: inout Seeded) -> EndReport {
        let failure = rarely(&random) ? Failure.allCases.randomElement(using: &random) : nil
        guard !rarely(&random) else { return Sample.end(nil, failure: failure) }
        guard rarely(&random) else { return Sample.end(failure: failure) }
        let link = Sample.link(
            .random(in: 0...5, using: &random), .random(in: 0...8, using: &random))
        return Sample.end(link, failure: failure)
    }

    private static func peer(_ random: inout Seeded) -> PeerReport {
        guard !rarely(&random) else { return .absent }
        guard rarely(&random) else { return .observed(Sample.peerIdentity, end(&random)) }
        return .unobservable(Failure.allCases.randomElement(using: &random) ?? .timeout)
    }
}
