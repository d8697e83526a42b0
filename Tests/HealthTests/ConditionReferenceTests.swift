import Foundation
import Health
import Testing

/// `docs/conditions.md` follows from the catalogue; it is written anew with
/// `FABRICWATCH_WRITE_REFERENCE=1 swift test --filter ConditionReferenceTests`.
struct ConditionReferenceTests {
    @Test func fileFollowsFromTheCatalogue() throws {
        try Reference.check("docs/conditions.md", is: Self.text)
    }

    @Test func theCatalogueIsInTheOrderOfItsNames() {
        #expect(ConditionCatalog.all.map(\.id) == ConditionID.allCases)
        #expect(ConditionCatalog.all.allSatisfy { $0.meaning.hasSuffix(".") && !$0.source.isEmpty })
    }

    /// Texts name thresholds that there are, and each threshold says where it is from.
    @Test(arguments: ConditionCatalog.all)
    func thresholdsAreComplete(_ row: ConditionRow) {
        #expect(!row.filled(row.trigger + row.clearing).contains("{"))
        #expect(Set(row.thresholds.map(\.name)).count == row.thresholds.count)
        for threshold in row.thresholds {
            #expect(threshold.value > 0 && !threshold.source.isEmpty, "\(threshold.name)")
        }
    }

    /// An escalation makes it worse, after some time.
    @Test(arguments: ConditionID.allCases)
    func escalationsRise(_ id: ConditionID) {
        let row = ConditionCatalog.row(id)
        #expect(row.severity > .pass)
        guard let escalation = row.escalation else { return }
        #expect(escalation.severity > row.severity && escalation.afterSeconds > 0)
    }

    private static let text =
        """
        # Conditions

        What the daemon can find wrong, as `/api/v1/health` and the metric
        `fabricwatch_health_condition` name it. The verdict over the node is the worst that holds:

        \(ranking)

        UNKNOWN ranks above WARNING because anything may hide behind it. PASS needs at least one
        port, every probe heard in time, every port active and read without a failure at both
        ends, no counter full, and the history being written. Where there is a manifest, everything
        that it expects must be there as well; without one nobody has said what the node should
        have, and PASS speaks only of what was seen.

        A severity may rise with the time that a condition has held. A severity that is capped does
        not rise: a port that was switched off stays INFO. Where not all is seen, that a condition
        is not raised says nothing of the rest: what is not collected is not PASS.

        What these rules say of a [simulated fleet](fleet-simulation.md), beside those of other
        tools: false alarms, missed faults, delays and accusations.
        \(ConditionGroup.allCases.map(chapter).joined(separator: "\n"))

        ## Thresholds

        Every number that a rule goes by, and where it comes from. `conditions` in the
        configuration sets others, each with its reason; `fabricwatchd --check-config` shows them.

        | Condition | Threshold | Default | Source |
        |---|---|---|---|
        \(ConditionCatalog.all.flatMap(thresholds).joined(separator: "\n"))

        ## The next step

        `step` is the next step as a word: \(ActionStep.allCases.map { "`\($0.rawValue)`" }
            .joined(separator: ", ")). `replace_part` is only said on two-ended evidence, at
        CRITICAL; on less it is `clean_and_reseat`.

        ## Accused

        `accused` names the parts that a condition speaks against, the most likely first; it is
        empty when the evidence speaks against nobody:
        \(Domain.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")).

        `evidence_grade` says how much was seen: `two_ended`, `local_only` or `peer_only`.
        InfiniBand errors are counted by the receiver, so a part is only said to be bad on
        two-ended evidence; the state of a port may be said from one end.

        """

    private static let ranking = Severity.allCases.sorted(by: >).map { severity in
        "* **\(severity.name)**: \(meaning(severity))"
    }.joined(separator: "\n")

    private static func meaning(_ severity: Severity) -> String {
        switch severity {
        case .critical: "act now."
        case .unknown: "it cannot be said whether all is well."
        case .warning: "to be looked at in working hours."
        case .info: "good to know; nothing to do now."
        case .pass: "nothing holds, and everything that should be seen was seen."
        }
    }

    private static func chapter(_ group: ConditionGroup) -> String {
        let rows = ConditionCatalog.all.filter { $0.group == group }
        return """

            ## \(group.rawValue)

            | Condition | Meaning | Severity | Raised by | Ended by | Accused | Steps | Source |
            |---|---|---|---|---|---|---|---|
            \(rows.map(line).joined(separator: "\n"))
            """
    }

    private static func line(_ row: ConditionRow) -> String {
        let rise = row.escalation.map {
            ", \($0.severity.name) after \(Int($0.afterSeconds)) s"
        }
        let coverage =
            switch row.coverage {
            case .judged: ""
            case .partly(let what): ". Not all is seen: \(what)"
            }
        let cells = [
            "[`\(row.id.rawValue)`](\(row.playbook.dropFirst()))", row.meaning,
            row.severity.name + (rise ?? ""), row.filled(row.trigger) + coverage,
            row.filled(row.clearing),
            row.accused.map { "`\($0.rawValue)`" }.joined(separator: ", "), steps(row.ladder),
            row.source,
        ]
        return "| \(cells.joined(separator: " | ")) |"
    }

    private static func steps(_ ladder: Ladder) -> String {
        var steps: [String] = []
        for step in [ladder.info, ladder.warning, ladder.critical]
        where steps.last != step.rawValue { steps.append(step.rawValue) }
        return steps.joined(separator: ", ")
    }

    private static func thresholds(_ row: ConditionRow) -> [String] {
        row.thresholds.map {
            "| `\(row.id.rawValue)` | `\($0.name)` | \($0.unit.text($0.value)) | \($0.source) |"
        }
    }
}
