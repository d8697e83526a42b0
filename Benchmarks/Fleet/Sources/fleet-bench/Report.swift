/// The tables, in Markdown.
enum Report {
    static func rates() -> String {
        (["| What | How often | Source |", "|---|---|---|"]
            + Rates.all.map { "| \($0.what) | \(text($0.value)) \($0.unit) | \($0.source) |" })
            .joined(separator: "\n")
    }

    static func summary(_ result: Fleet.Result, _ options: Options) -> String {
        let nodeDays = Double(options.nodes * options.days)
        let head = [
            "| Rule set | False criticals per 1,000 node-days | False warnings per 1,000 node-days "
                + "| Link faults found | GPU faults found | Median delay of link faults | "
                + "Accusations right |",
            "|---|---|---|---|---|---|---|",
        ]
        let rows = RuleSet.allCases.map { set in
            let score = result.scores[set.rawValue]
            let links = score.total(\.isLink)
            let gpus = score.total { !$0.isLink }
            let cells = [
                set.name, perThousand(score.falseCriticals, nodeDays),
                set.hasLevels ? perThousand(score.falseWarnings, nodeDays) : "one level",
                share(links.found, links.faults),
                set.seesGPUs ? share(gpus.found, gpus.faults) : "does not look",
                delay(links.medianDelay), share(links.right, links.accused),
            ]
            return "| \(cells.joined(separator: " | ")) |"
        }
        return (head + rows).joined(separator: "\n")
    }

    static func kinds(_ result: Fleet.Result) -> String {
        let names = RuleSet.allCases.map(\.name).joined(separator: " | ")
        var lines = [
            "| Fault | Put in | \(names) |",
            "|---|---|" + String(repeating: "---|", count: RuleSet.allCases.count),
        ]
        for kind in FaultKind.allCases {
            let own = result.scores[0].kinds[kind] ?? KindScore()
            let cells = RuleSet.allCases.map { set -> String in
                guard kind.isLink || set.seesGPUs else { return "–" }
                let score = result.scores[set.rawValue].kinds[kind] ?? KindScore()
                let missed = score.faults - score.found
                let delay = score.medianDelay.map { ", \(self.delay($0))" } ?? ""
                return "\(missed)\(missed == score.faults ? "" : delay)"
            }
            lines.append("| \(kind.name) | \(own.faults) | \(cells.joined(separator: " | ")) |")
        }
        return lines.joined(separator: "\n")
    }

    static func accusations(_ result: Fleet.Result) -> String {
        let names = RuleSet.allCases.map(\.name).joined(separator: " | ")
        var lines = [
            "| Fault | Right is | \(names) |",
            "|---|---|" + String(repeating: "---|", count: RuleSet.allCases.count),
        ]
        for kind in FaultKind.allCases where kind.isTwoEnded {
            let right = kind.blame.map { "\($0)" }.sorted().joined(separator: " or ")
            let cells = RuleSet.allCases.map { set -> String in
                let score = result.scores[set.rawValue].kinds[kind] ?? KindScore()
                return score.accused == 0 ? "–" : "\(score.right) of \(score.accused)"
            }
            lines.append("| \(kind.name) | \(right) | \(cells.joined(separator: " | ")) |")
        }
        return lines.joined(separator: "\n")
    }

    /// What we accused wrongly, by fault and rule.
    static func wrong(_ result: Fleet.Result) -> String {
        FaultKind.allCases.compactMap { kind in
            let wrong = result.scores[0].kinds[kind]?.wrong ?? [:]
            guard !wrong.isEmpty else { return nil }
            let words = wrong.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { "\($0.key) \($0.value)" }
            return "* \(kind.name): \(words.joined(separator: ", "))"
        }.joined(separator: "\n")
    }

    static func falseAlarms(_ result: Fleet.Result) -> String {
        RuleSet.allCases.map { set in
            let rules = result.scores[set.rawValue].falseByRule.sorted {
                (-$0.value, $0.key) < (-$1.value, $1.key)
            }
            let words = rules.prefix(12).map { "\($0.key) \($0.value)" }.joined(separator: ", ")
            return "* \(set.name): \(words.isEmpty ? "none" : words)"
        }.joined(separator: "\n")
    }

    static func check(_ check: Check.Result) -> String {
        let words =
            check.differences.isEmpty
            ? "the same transitions" : "\(check.differences.count) DIFFERENCES"
        return "check: \(check.nodes) nodes judged whole with every one of \(check.passes) passes, "
            + "\(check.transitions) transitions: \(words)"
            + check.differences.prefix(40).map { "\n  \($0)" }.joined()
    }

    // MARK: Numbers

    static func text(_ value: Double) -> String {
        value == value.rounded() && value < 1e15 ? "\(Int(value))" : "\(value)"
    }

    private static func perThousand(_ count: Int, _ nodeDays: Double) -> String {
        rounded(Double(count) * 1000 / nodeDays)
    }

    private static func rounded(_ value: Double) -> String {
        let digits = value >= 100 ? 1.0 : value >= 1 ? 10 : 100
        let text = "\((value * digits).rounded() / digits)"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private static func share(_ part: Int, _ whole: Int) -> String {
        guard whole > 0 else { return "–" }
        let percent = (Double(part) / Double(whole) * 1000).rounded(.down) / 10
        return "\(percent) % (\(part) of \(whole))"
    }

    private static func delay(_ minutes: Int?) -> String {
        guard let minutes else { return "–" }
        return minutes < 120 ? "\(minutes) min" : "\(rounded(Double(minutes) / 60)) h"
    }
}
