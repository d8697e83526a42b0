import ArgumentParser
import Wire

/// `fabricwatch status`.
struct StatusCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "status",
            abstract: "Is this node well, and if not, what is to be done?",
            discussion: """
                Exit status: 0 PASS or INFO, 1 WARNING, 2 CRITICAL, 3 UNKNOWN, 4 no answer \
                that can be used, 64 wrong arguments.
                """)
    }

    private static let path = "/api/v1/health"

    @OptionGroup var connection: Connection

    func run() throws {
        try connection.use { client in
            let (health, bytes) = try client.document(V1.Health.self, at: Self.path)
            guard let status = Self.exitStatuses[health.verdict] else {
                throw ClientError.notDocument(path: Self.path, "verdict '\(health.verdict)'")
            }
            if connection.json {
                try Console.write(document: bytes)
            } else {
                var page = connection.page
                page.show(health)
                try Console.write(Array(page.text.utf8))
            }
            throw ExitCode(status)
        }
    }

    private static let exitStatuses: [String: Int32] = [
        "PASS": 0, "INFO": 0, "WARNING": 1, "CRITICAL": 2, "UNKNOWN": 3,
    ]
}

extension Page {
    fileprivate mutating func show(_ health: V1.Health) {
        let reach = health.observed
        line(
            Span(health.verdict, Ink(severity: health.verdict)),
            "  \(health.node): \(health.summary)")
        line(
            """
            seen at \(health.time): \(reach.ports) ports, \(reach.active) active, \
            \(reach.peers) peers read\(reach.gpuText)
            """)
        line("expectations: \(health.expectations.split(separator: "_").joined(separator: " "))")
        if !health.conditions.isEmpty {
            line()
            show(health.conditions, at: health.time)
        }
        line()
        show(health.collectors)
    }

    private mutating func show(_ conditions: [V1.Condition], at time: String) {
        var table = Table(
            .text("SEVERITY"), .text("WHAT"), .text("WHERE"), .text("SINCE"), .text("ACCUSED"))
        for condition in conditions {
            let accused = condition.accused.joined(separator: ",")
            table.add(
                Span(condition.severity, Ink(severity: condition.severity)), Span(condition.id),
                Span(condition.subject.place), Span(Age.text(since: condition.since, at: time)),
                Span(accused.isEmpty ? "-" : accused))
        }
        self.table(table) { number, page in
            let condition = conditions[number]
            page.line("    \(condition.summary)")
            for fact in condition.evidence {
                page.line("    evidence (\(condition.evidenceGrade)): \(fact)")
            }
            page.line("    next step: ", Span(condition.action, .bold))
            page.line(Span("    playbook: \(condition.playbook)", .faint))
        }
    }

    private mutating func show(_ collectors: [V1.Collector]) {
        guard !collectors.isEmpty else {
            line("No collector is configured.")
            return
        }
        var table = Table(
            .text("COLLECTOR"), .text("STATE"), .number("AGE"), .number("RESTARTS"),
            .text("DETAIL"))
        for collector in collectors {
            let work = collector.workingOn.map { "working on \($0)" }
            table.add(
                Span(collector.name),
                Span(collector.state, collector.state == "ok" ? .plain : .yellow),
                Span(collector.ageSeconds.map { Age.text(seconds: $0) } ?? "never"),
                Span(String(collector.restarts)),
                Span([work, collector.detail].compactMap { $0 }.joined(separator: "; ")))
        }
        self.table(table)
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
    fileprivate var place: String {
        let part = gpuIndex.map { "gpu \($0)" } ?? gpu ?? pciAddress
        let cable = device.map { name in port.map { "\(name) port \($0)" } ?? name }
        let parts = [
            cable ?? part ?? key, end.map { "\($0) end" }, xid.map { "xid \($0)" },
            collector.map { "collector \($0)" },
        ].compactMap { $0 }
        return parts.isEmpty ? "node" : parts.joined(separator: " ")
    }
}
