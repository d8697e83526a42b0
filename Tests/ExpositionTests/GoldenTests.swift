import Exposition
import Testing

/// Pages to the letter, so that a change of what dashboards read is seen as one.
enum Golden {
    static let scrape = Node.scrape(conditions: [
        ConditionSample(
            labels: ["ib_link_down", "CRITICAL", "rail1", "1", "", ""], isAcknowledged: true),
        ConditionSample(labels: ["probe_stale", "UNKNOWN", "", "", "", "infiniband"]),
    ])

    static func page(_ format: TextFormat) -> String {
        switch format {
        case .prometheus: prometheus
        case .openMetrics: openMetrics
        }
    }
}

struct GoldenTests {
    @Test(arguments: TextFormat.allCases)
    func pageIsTheSameToTheLetter(_ format: TextFormat) {
        let found = String(decoding: Golden.scrape.render(format), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        let wanted = Golden.page(format).split(separator: "\n", omittingEmptySubsequences: false)
        for (line, pair) in zip(wanted, found).enumerated() where pair.0 != pair.1 {
            Issue.record("line \(line + 1): wanted \(pair.0), found \(pair.1)")
            return
        }
        #expect(found.count == wanted.count)
    }
}
