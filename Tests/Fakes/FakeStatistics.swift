import Collectors

/// Played network interfaces.
package final class FakeStatistics: InterfaceStatistics {
    /// Per interface its statistics, in the order in which the driver tells them.
    package var interfaces: [String: [(name: String, value: UInt64)]] = [:]
    /// What a question for values ends with; nil for none.
    package var failure: Int32?
    /// What a question for names ends with; nil for none.
    package var nameFailure: Int32?
    /// The interfaces that were asked for anything, in order.
    package private(set) var asked: [String] = []

    /// No interfaces.
    package init() {}

    /// Sets one statistic of an interface, or adds it.
    package func set(_ interface: String, _ name: String, _ value: UInt64) {
        let known = interfaces[interface, default: []].firstIndex { $0.name == name }
        if let known {
            interfaces[interface]?[known].value = value
        } else {
            interfaces[interface, default: []].append((name, value))
        }
    }

    package func names(of interface: String) throws(CollectorError) -> [String] {
        asked.append(interface)
        if let nameFailure { throw CollectorError(.readStatistics, interface, code: nameFailure) }
        return try known(interface).map(\.name)
    }

    package func values(
        of interface: String, count: Int
    ) throws(CollectorError) -> [UInt64] {
        asked.append(interface)
        if let failure { throw CollectorError(.readStatistics, interface, code: failure) }
        return try known(interface).map(\.value)
    }

    private func known(
        _ interface: String
    ) throws(CollectorError) -> [(name: String, value: UInt64)] {
        guard let list = interfaces[interface] else {
            throw CollectorError(.readStatistics, interface, code: 95)
        }
        return list
    }
}
