import Health
import Model
import Testing

/// The verdict over the whole node.
struct VerdictTests {
    @Test func ranking() {
        let ranked: [Severity] = [.pass, .info, .warning, .unknown, .critical]
        #expect(Severity.allCases.sorted() == ranked)
        #expect(ranked.map(\.name) == ["PASS", "INFO", "WARNING", "UNKNOWN", "CRITICAL"])
    }

    @Test(arguments: Severity.allCases, Severity.allCases)
    func theWorstDecides(first: Severity, second: Severity) {
        var standing = Standing()
        let findings = standing.update(
            [
                Sample.opinion(.counterBlind, port: 1, first, summary: "One."),
                Sample.opinion(.counterBlind, port: 2, second, summary: "Two."),
            ], now: Sample.moment(0))
        let verdict = Verdict(findings, ports: 2)
        #expect(verdict.severity == max(first, second))
        let worst = second > first ? "Two." : "One."
        #expect(verdict.summary == "\(worst) 1 more condition.")
    }

    @Test(arguments: [
        (0, Severity.unknown, "Nothing has been observed."),
        (1, .pass, "The InfiniBand port is active and both ends were read."),
        (8, .pass, "All 8 InfiniBand ports are active and both ends were read."),
    ])
    func nothingFound(ports: Int, severity: Severity, summary: String) {
        let verdict = Verdict([], ports: ports)
        #expect(verdict.severity == severity)
        #expect(verdict.summary == summary)
    }

    @Test(arguments: [
        (1, "It holds."), (2, "It holds. 1 more condition."), (4, "It holds. 3 more conditions."),
    ])
    func summaryCountsTheOthers(count: Int, summary: String) {
        var standing = Standing()
        let findings = standing.update(
            (0..<count).map { Sample.opinion(port: UInt8($0)) }, now: Sample.moment(0))
        #expect(Verdict(findings, ports: 8).summary == summary)
    }
}
