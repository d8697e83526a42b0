import Model

/// The ports that the probes reported since the daemon started.
///
/// A port that its probe does not report any more must not vanish from a node that then looks
/// healthy: it stays, unread, until the daemon is restarted or a new part takes its device's name.
struct PortRoster: Sendable {
    private struct Entry: Sendable {
        var port: PortReport
        var isLost: Bool
    }

    private var entries: [String: [Entry]] = [:]

    /// Takes a probe's answer in and returns its ports, those that it lost included.
    mutating func take(_ report: InfiniBandReport, of collector: String) -> [PortReport] {
        let before = (entries[collector] ?? []).map(\.port)
        let identified = Set(before.filter(\.isIdentified).map(\.device))
        // A device that cannot be described says neither its GUID nor its ports: it is the one that
        // was known by this name.
        let nameless = report.ports.filter {
            !$0.isIdentified && identified.contains($0.device)
        }
        let silent = Dictionary(
            nameless.map { ($0.device, $0) }, uniquingKeysWith: { first, _ in first })
        let present = report.ports.filter { silent[$0.device] == nil || $0.isIdentified }
        let lost = Self.lost(before, present).map {
            Entry(port: $0.unread(as: silent[$0.device]), isLost: true)
        }
        let all = present.map { Entry(port: $0, isLost: false) } + lost
        entries[collector] = all
        return all.map(\.port)
    }

    // What was known and is neither there nor replaced. Only a GUID that is new replaces another:
    // when the kernel numbers its devices anew, known ones change their names.
    private static func lost(_ before: [PortReport], _ present: [PortReport]) -> [PortReport] {
        let nodes = Set(before.map(\.key.node))
        let keys = Set(present.filter(\.isIdentified).map(\.key))
        let names = Set(present.map(\.device))
        let replaced = Set(present.filter { !nodes.contains($0.key.node) }.map(\.device))
        return before.filter {
            guard $0.isIdentified else { return !names.contains($0.device) }
            return !keys.contains($0.key) && !replaced.contains($0.device)
        }
    }

    /// The ports of these probes, each once: as a probe that has it reports it before one that lost
    /// it, and else in the order given.
    func ports(of collectors: [CollectorView]) -> [(CollectorView, PortReport)] {
        let all = collectors.flatMap { collector in
            (entries[collector.name] ?? []).map { (collector, $0) }
        }
        var seen: Set<PortKey> = []
        return (all.filter { !$0.1.isLost } + all.filter(\.1.isLost)).compactMap {
            guard !$1.port.isIdentified || seen.insert($1.port.key).inserted else { return nil }
            return ($0, $1.port)
        }
    }
}

extension PortReport {
    /// Whether it is judged as one of an InfiniBand fabric: not RoCE, nor the way to an NVSwitch.
    var isJudged: Bool { layer == .infiniBand && identity.role == .fabric }

    /// Whether the device said who it is.
    var isIdentified: Bool { key.node.rawValue != 0 }

    fileprivate func unread(as silent: PortReport?) -> PortReport {
        var port = self
        port.isListed = silent?.isListed ?? false
        port.local = .unread(silent?.local.failure ?? .transport)
        port.peer = .absent
        return port
    }
}
