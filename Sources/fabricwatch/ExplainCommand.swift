import ArgumentParser
import CPlaybooks
import Health

/// `fabricwatch explain`.
struct ExplainCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "explain",
            abstract: "What a condition means, what raises and ends it, and what to do.",
            discussion: """
                Asks no daemon: the catalogue and the playbooks are part of this command. \
                Thresholds are the defaults; fabricwatchd --check-config shows what the \
                configuration set in their place.
                """)
    }

    @Argument(
        help: ArgumentHelp(
            "The condition, such as ib_link_down; without it all are listed.",
            valueName: "condition"))
    var name: String?

    func validate() throws {
        guard let name, ConditionID(rawValue: name) == nil else { return }
        throw ValidationError(Self.refusal(of: name))
    }

    func run() throws {
        var page = Page(isColoured: Console.takesColour)
        if let id = name.flatMap(ConditionID.init) {
            page.explain(ConditionCatalog.row(id))
        } else {
            page.listConditions()
        }
        do {
            try Console.write(Array(page.text.utf8))
        } catch {
            Console.complain(error.description)
            throw ExitCode(error.exitStatus)
        }
    }

    private static func refusal(of name: String) -> String {
        let near = ConditionID.near(name)
        return near.isEmpty
            ? "There is no condition '\(printable(name))': fabricwatch explain lists all."
            : "There is no condition '\(printable(name))': did you mean "
                + "\(near.joined(separator: ", "))?"
    }
}

extension ConditionID {
    /// The names that somebody may have meant, the nearest first, at most five.
    fileprivate static func near(_ name: String) -> [String] {
        let wanted = name.lowercased().split { !$0.isLetter && !$0.isNumber }
            .joined(separator: "_")
        guard !wanted.isEmpty else { return [] }
        let ranked = allCases.map(\.rawValue).compactMap { known in
            let distance = edits(from: wanted, to: known)
            let isPart = wanted.count > 2 && known.utf8.containsRun(wanted.utf8)
            return isPart || distance <= known.count / 3 ? (distance, known) : nil
        }
        return ranked.sorted { $0 < $1 }.prefix(5).map(\.1)
    }

    // Characters to insert, remove or change; Levenshtein's distance, row by row.
    private static func edits(from: String, to: String) -> Int {
        let target = Array(to)
        var row = Array(0...target.count)
        for (number, character) in from.enumerated() {
            var diagonal = row[0]
            row[0] = number + 1
            for column in target.indices {
                let change = diagonal + (target[column] == character ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(change, diagonal + 1, row[column] + 1)
            }
        }
        return row[target.count]
    }
}

extension String.UTF8View {
    fileprivate func containsRun(_ other: String.UTF8View) -> Bool {
        indices.contains { self[$0...].starts(with: other) }
    }
}

extension Page {
    fileprivate mutating func listConditions() {
        var table = Table(.text("CONDITION"), .text("SEVERITY"), .text("MEANING"))
        for row in ConditionCatalog.all {
            table.add(
                Span(row.id.rawValue), Span(row.severity.name, Ink(severity: row.severity.name)),
                Span(row.meaning))
        }
        self.table(table)
    }

    fileprivate mutating func explain(_ row: ConditionRow) {
        line(Span(row.id.rawValue, .bold), ": \(row.meaning)")
        let rise = row.escalation.map { severity, seconds in
            ", \(severity.name) after \(Threshold.Unit.seconds.text(seconds))"
        }
        line(
            "severity: ", Span(row.severity.name, Ink(severity: row.severity.name)),
            Span(rise ?? ""))
        line("raised by: \(row.filled(row.trigger))")
        if case .partly(let what) = row.coverage { line("not all is seen: \(what)") }
        line("ended by: \(row.filled(row.clearing))")
        let accused = row.accused.map(\.rawValue).joined(separator: ", then ")
        line("accused: \(accused.isEmpty ? "nobody" : accused)")
        let steps = [Severity.info, .warning, .critical].map { severity in
            "\(row.ladder.step(severity).rawValue) at \(severity.name)"
        }
        line("next step: \(steps.joined(separator: ", "))")
        line("source: \(row.source)")
        if !row.thresholds.isEmpty {
            line()
            var table = Table(.text("THRESHOLD"), .number("DEFAULT"), .text("SOURCE"))
            for threshold in row.thresholds {
                table.add(
                    Span(threshold.name), Span(threshold.unit.text(threshold.value)),
                    Span(threshold.source))
            }
            self.table(table)
        }
        guard let playbook = unsafe fw_playbook(row.id.rawValue) else { return }
        line()
        for text in unsafe String(cString: playbook).split(
            separator: "\n", omittingEmptySubsequences: false
        ).dropLast() {
            line(Span(String(text), text.hasPrefix("#") ? .bold : .plain))
        }
    }
}
