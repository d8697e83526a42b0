package import Model

/// A condition that holds, since when and how bad by now.
package struct Finding: Hashable, Sendable {
    /// What the rule found.
    package var opinion: Opinion
    /// Since when it holds without a break.
    package var since: Moment
    /// The severity by now.
    package var severity: Severity
}

/// What holds: the memory between one judgement and the next.
package struct Standing: Sendable {
    private struct Key: Hashable {
        let id: ConditionID
        let subject: Subject
    }

    private struct Memory {
        var since: Moment
        // While the severity is capped the time to its escalation does not run.
        var counting: Moment
    }

    private var held: [Key: Memory] = [:]

    /// Nothing holds yet.
    package init() {}

    /// Takes in the opinions of one moment and returns what holds, the worst first.
    package mutating func update(_ opinions: [Opinion], now: Moment) -> [Finding] {
        var kept: [Key: Memory] = [:]
        let findings = opinions.map { opinion in
            let key = Key(id: opinion.id, subject: opinion.subject)
            var memory = held[key] ?? Memory(since: now, counting: now)
            if opinion.isCapped { memory.counting = now }
            kept[key] = memory
            return Finding(
                opinion: opinion, since: memory.since,
                severity: Self.severity(
                    opinion, holdingFor: now.seconds(since: memory.counting)))
        }
        held = kept
        return findings.enumerated().sorted {
            ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset)
        }.map(\.element)
    }

    private static func severity(_ opinion: Opinion, holdingFor seconds: Double) -> Severity {
        guard !opinion.isCapped,
            let escalation = ConditionCatalog.row(opinion.id).escalation,
            seconds >= escalation.afterSeconds
        else { return opinion.severity }
        return max(opinion.severity, escalation.severity)
    }
}

/// The verdict over the whole node.
package struct Verdict: Hashable, Sendable {
    /// The worst of what holds.
    package var severity: Severity
    /// One sentence for an operator.
    package var summary: String

    /// Sums up what holds, the worst first, on a node where these are watched; of the GPUs all
    /// were read in the latest pass, or as many as given.
    package init(
        _ findings: [Finding], ports: Int, gpus: Int = 0, gpusRead: Int? = nil,
        expectations: Expectations = .notConfigured
    ) {
        guard let worst = findings.first else {
            severity = ports + gpus > 0 ? .pass : .unknown
            let sentences = [
                Self.sentence(ports: ports), Self.sentence(gpus: gpus, read: gpusRead ?? gpus),
                // Without a manifest nobody has said what the node should have.
                expectations == .asExpected ? "All is as the manifest expects." : nil,
            ]
            summary = sentences.compactMap { $0 }.joined(separator: " ")
            if summary.isEmpty { summary = "Nothing has been observed." }
            return
        }
        severity = worst.severity
        let others = findings.count - 1
        summary =
            worst.opinion.summary
            + (others == 0 ? "" : " \(others) more \(others == 1 ? "condition" : "conditions").")
    }

    private static func sentence(ports: Int) -> String? {
        switch ports {
        case ...0: nil
        case 1: "The InfiniBand port is active and both ends were read."
        default: "All \(ports) InfiniBand ports are active and both ends were read."
        }
    }

    private static func sentence(gpus: Int, read: Int) -> String? {
        if read < gpus { return "\(read) of \(gpus) GPUs were read in the latest pass." }
        return switch gpus {
        case ...0: nil
        case 1: "The GPU was read."
        default: "All \(gpus) GPUs were read."
        }
    }
}
