import Exposition
import Testing

/// Prometheus' own linter has nothing to say of a page.
@Suite(.enabled(if: Promtool.isInstalled, "promtool is not installed"))
struct PromtoolTests {
    // By name, so that a failure does not print the whole page's content.
    private static let scrapes = [
        "small": Node.scrape(), "everything": Node.everything(), "escaped": escaped,
        "many GPUs": manyGPUs,
    ]

    @Test(arguments: scrapes.keys)
    func promtoolIsSilent(_ name: String) throws {
        let scrape = try #require(Self.scrapes[name])
        let (status, output) = try Promtool.check(
            "metrics", scrape.render(.prometheus), asInput: true)
        #expect(output == "")
        #expect(status == 0)
    }

    @Test func queriesOfTheReferenceAreValid() throws {
        let rules = MetricsReference.queries.map { query in
            let line = query.query.split(separator: "\n").joined(separator: " ")
            return "  - {alert: Query, expr: '\(line)'}\n"
        }
        let text = "groups:\n- name: reference\n  rules:\n" + rules.joined()
        let (status, output) = try Promtool.check("rules", Array(text.utf8), asInput: false)
        #expect(status == 0, "\(output)")
    }

    private static var manyGPUs: Scrape {
        Node.scrape(gpus: Node.fullGPUs(8, links: 18), events: Node.events)
    }

    private static var escaped: Scrape {
        var cable = Node.cable()
        cable.device = "a\"b\\c\nd{e}é"
        return Node.scrape(cables: [cable])
    }
}
