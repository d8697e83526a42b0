import Model

/// The verdict over the whole node.
package struct Verdict: Hashable, Sendable {
    /// The worst of what holds.
    package var severity: Severity
    /// One sentence for an operator.
    package var summary: String
    /// The worst without regard to maintenance; nil where none touches what holds.
    package private(set) var unexcused: Severity?

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
        if findings.contains(where: { $0.maintenance != nil }) {
            unexcused = findings.map(\.found).max()
        }
        // What another condition explains is not one more.
        let others = findings.dropFirst().count { $0.opinion.explainedBy == nil }
        // It is said at once who makes it look better than it is.
        summary =
            (worst.maintenance.map { "\($0.sentence): " } ?? "") + worst.summary
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

extension Verdict {
    /// The verdict over each part that something was found of, by the key of its subject.
    package static func byPart(_ findings: [Finding]) -> [String: Severity] {
        var verdicts: [String: Severity] = [:]
        for finding in findings {
            guard
                let key = finding.opinion.subject.key
                    ?? finding.opinion.subject.pciAddress?.description
            else { continue }
            verdicts[key] = max(verdicts[key] ?? .pass, finding.severity)
        }
        return verdicts
    }
}
