import Model

/// The PCI functions that were reported since the daemon started.
///
/// A device that is not reported any more must not vanish from a node that then looks healthy: it
/// stays, missing, with the bridges above it, until the daemon is restarted.
struct PCIRoster: Sendable {
    /// One function.
    struct Entry: Sendable {
        /// As last reported.
        var report: PCIFunctionReport
        /// When its readings were taken; nil when there are none.
        var read: Moment?
    }

    /// The functions by address.
    private(set) var entries: [PCIAddress: Entry] = [:]

    /// Takes a report in, and compares what was read with the ledger; returns what limits deltas.
    mutating func take(_ report: PCIReport, _ ledger: inout Ledger) -> [CounterEvent] {
        let moment = report.moment.earlier(byNanoseconds: report.ageNanoseconds)
        let listed = Set(report.functions.map(\.address))
        for address in entries.keys where !listed.contains(address) {
            entries[address]?.report.state = .missing
        }
        var events: [CounterEvent] = []
        for function in report.functions {
            let observation = function.observation
            let before = entries[function.address]
            entries[function.address] = Entry(
                report: function, read: observation.isObserved ? moment : before?.read)
            // What is not known now is what it was.
            if function.numaNode == nil, function.state != .read {
                entries[function.address]?.report.numaNode = before?.report.numaNode
            }
            events += ledger.observe(.pci(function.address), observation, at: moment)
        }
        forgetBridges()
        return events
    }

    /// The functions from one up to the root, itself first.
    func path(_ address: PCIAddress) -> [PCIAddress] {
        var path = [address]
        while let parent = entries[path[path.count - 1]]?.report.parent, !path.contains(parent) {
            path.append(parent)
        }
        return path
    }

    // Bridges that no device is behind any more are of no interest.
    private mutating func forgetBridges() {
        var needed: Set<PCIAddress> = []
        for (address, entry) in entries where entry.report.role.isEndpoint {
            needed.formUnion(path(address))
        }
        entries = entries.filter { needed.contains($0.key) }
    }
}
