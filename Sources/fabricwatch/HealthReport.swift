import Wire

/// The verdict, the conditions in a line each, and what each of them rests on.
struct HealthReport {
    private let health: V1.Health

    init(_ health: V1.Health) {
        self.health = health
    }

    func show(on page: inout Page) {
        let reach = health.observed
        page.line(
            Span(health.verdict, Ink(severity: health.verdict)),
            "  \(health.node): \(health.summary)")
        page.line(
            """
            seen at \(health.time): \(reach.ports) ports, \(reach.active) active, \
            \(reach.peers) peers read\(reach.gpuText)
            """)
        page.line("expectations: \(Self.words(health.expectations))")
        for work in health.maintenance ?? [] {
            page.line(
                """
                maintenance: \(work.name) on \(work.parts) by \(work.author), \
                \(work.active ? "" : "from \(work.begins) ")until \(work.ends)\
                \(Self.why(work.reason))
                """)
        }
        if let verdict = health.verdictWithoutMaintenance {
            page.line("without maintenance: ", Span(verdict, Ink(severity: verdict)))
        }
        if !health.conditions.isEmpty {
            page.line()
            page.table(conditions)
            for condition in health.conditions {
                page.line()
                show(condition, on: &page)
            }
        }
        if let parts {
            page.line()
            page.table(parts)
        }
        page.line()
        showCollectors(on: &page)
    }

    // MARK: Conditions

    private var conditions: Table {
        var table = Table(
            .text("SEVERITY"), .text("CONDITION"), .text("WHERE"), .text("SINCE"),
            .text("ACCUSED"), .text(""))
        for condition in health.conditions {
            let accused = condition.accused.joined(separator: ",")
            table.add(
                Span(condition.severity, Ink(severity: condition.severity)), Span(condition.id),
                Span(condition.subject.place),
                Span(Age.text(since: condition.since, at: health.time)),
                Span(accused.isEmpty ? "-" : accused), Span(Self.marks(condition), .faint))
        }
        return table
    }

    // Why nobody need hurry, in a word each.
    private static func marks(_ condition: V1.Condition) -> String {
        [
            condition.explainedBy.map { "explained by \($0)" },
            condition.clearingSeconds.map { _ in "clearing" },
            condition.acknowledgement.map { _ in "acknowledged" },
            condition.maintenance.map { _ in "maintenance" },
        ].compactMap { $0 }.joined(separator: ", ")
    }

    private func show(_ condition: V1.Condition, on page: inout Page) {
        page.line(
            Span(condition.id, Ink(severity: condition.severity)),
            "  \(condition.subject.place)")
        page.line("    \(condition.summary)")
        if let cause = condition.explainedBy {
            page.line("    explained by: \(cause)")
        }
        let accused = condition.accused.map(Self.words).joined(separator: ", then ")
        page.line(
            """
                accused (\(Self.words(condition.evidenceGrade))): \
            \(accused.isEmpty ? "nobody" : accused)
            """)
        if let why = condition.why, !condition.summary.hasSuffix(why) {
            page.line("    why: \(why)")
        }
        for fact in condition.evidence { page.line("    evidence: \(fact)") }
        let step = condition.step.map { " (\(Self.words($0)))" } ?? ""
        page.line("    next step\(step): ", Span(condition.action, .bold))
        if let seconds = condition.clearingSeconds {
            page.line(
                """
                    clearing: not so for \(Age.text(seconds: seconds)), watched until it is over
                """)
        }
        if let notice = condition.acknowledgement {
            page.line(
                """
                    acknowledged by \(notice.author) at \(notice.time) as \(notice.severity)\
                \(Self.why(notice.note))
                """)
        }
        if let work = condition.maintenance {
            page.line(
                """
                    maintenance \(work.name) by \(work.author) until \(work.ends), without it \
                \(work.severity)\(Self.why(work.reason))
                """)
        }
        page.line(Span("    playbook: fabricwatch explain \(condition.id)", .faint))
    }

    private static func why(_ text: String?) -> String { text.map { ": \($0)" } ?? "" }

    private static func words(_ name: String) -> String {
        name.split(separator: "_").joined(separator: " ")
    }

    // MARK: Parts

    // Parts that something is found of, and those that offended before; nil where there is none.
    private var parts: Table? {
        let verdicts = health.parts ?? [:]
        let offenders = health.offenders ?? []
        let quiet = verdicts.keys.filter { key in !offenders.contains { $0.part == key } }
        guard !verdicts.isEmpty || !offenders.isEmpty else { return nil }
        var table = Table(
            .text("PART"), .text("WHERE"), .text("VERDICT"), .number("SCORE"), .number("INCIDENTS"),
            .number("CRITICAL"), .text("LAST"))
        for offender in offenders {
            let verdict = verdicts[offender.part]
            table.add(
                Span(offender.part), Span(place(offender.part)), Self.verdict(verdict),
                Span(String(offender.score)),
                Span(String(offender.incidents)), Span(String(offender.criticals)),
                Span(Age.text(since: offender.last, at: health.time)))
        }
        for key in quiet.sorted() {
            table.add(
                Span(key), Span(place(key)), Self.verdict(verdicts[key]), "-", "-", "-", "-")
        }
        return table
    }

    // Where something is found of a part now.
    private func place(_ key: String) -> String {
        let subjects = health.conditions.map(\.subject)
        return subjects.first { $0.key == key || $0.pciAddress == key }?.part ?? "-"
    }

    private static func verdict(_ verdict: String?) -> Span {
        verdict.map { Span($0, Ink(severity: $0)) } ?? "-"
    }

    // MARK: Collectors

    private func showCollectors(on page: inout Page) {
        guard !health.collectors.isEmpty else {
            page.line("No collector is configured.")
            return
        }
        var table = Table(
            .text("COLLECTOR"), .text("STATE"), .number("AGE"), .number("RESTARTS"),
            .text("DETAIL"))
        for collector in health.collectors {
            let work = collector.workingOn.map { "working on \($0)" }
            table.add(
                Span(collector.name),
                Span(collector.state, collector.state == "ok" ? .plain : .yellow),
                Span(collector.ageSeconds.map { Age.text(seconds: $0) } ?? "never"),
                Span(String(collector.restarts)),
                Span([work, collector.detail].compactMap { $0 }.joined(separator: "; ")))
        }
        page.table(table)
    }
}

extension V1.Observed {
    // Nothing on a node without GPUs.
    fileprivate var gpuText: String {
        guard let gpus else { return "" }
        let read = gpusRead.map(String.init) ?? "?"
        let links = nvlinksActive.map { ", \($0) NVLinks active" } ?? ""
        return "; \(gpus) GPUs, \(read) read\(links)"
    }
}

extension V1.Subject {
    /// Where it is, in words: `rail3 port 1`, `gpu 0`.
    var place: String {
        let words = [part, xid.map { "xid \($0)" }, collector.map { "collector \($0)" }]
            .compactMap { $0 }
        return words.isEmpty ? "node" : words.joined(separator: " ")
    }

    /// The part that it is about, in words; nil for the node.
    var part: String? {
        let gpu = gpuIndex.map { "gpu \($0)" } ?? gpu ?? pciAddress
        let cable = device.map { name in port.map { "\(name) port \($0)" } ?? name }
        let words = [cable ?? gpu ?? key, end.map { "\($0) end" }].compactMap { $0 }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }
}
