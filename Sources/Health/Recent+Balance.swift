package import Model

extension Recent {
    private static func rows(_ names: [String]) -> [Int] {
        names.compactMap { InfiniBandCounters.index(of: $0) }
    }

    private static let traffic = rows([
        "port_xmit_packets", "port_rcv_packets", "port_xmit_data",
    ])
    // Packets that arrived and are accounted for.
    private static let dropped = rows([
        "port_rcv_errors", "port_rcv_remote_physical_errors", "port_rcv_constraint_errors",
        "port_rcv_switch_relay_errors",
    ])
    // A link that trains loses what was under way.
    private static let trainings = rows(["link_downed", "link_error_recovery"])

    /// Takes in both ends of a cable, after `take` of the same moment.
    ///
    /// `skew` is by how many seconds the readings of the ends may be apart, `length` that of a
    /// window.
    package mutating func takeBalance(
        _ near: PortKey, _ far: PortKey, skew: Double, bitsPerSecond: Double, length: Double
    ) {
        guard bitsPerSecond > 0, isRead(near), isRead(far) else { return }
        var balance = balances[near] ?? Balance()
        let since = balance.began ?? now
        if let here = totals(near, since), let there = totals(far, since) {
            balance.take(
                Balance.Reading(
                    time: now, peer: far, here: here, there: there, skew: skew,
                    bitsPerSecond: bitsPerSecond), length: length)
        } else {
            balance.reset()
        }
        balances[near] = balance
    }

    private func isRead(_ key: PortKey) -> Bool {
        Self.traffic.allSatisfy { history(.port(key), $0)?.latest == now }
    }

    // Nil where a step since then was not exact, or the link trained.
    private func totals(_ key: PortKey, _ since: Double) -> Balance.Totals? {
        func total(_ row: Int) -> UInt64? {
            guard let history = history(.port(key), row), let exact = history.exactSince,
                exact <= since
            else { return nil }
            return history.total
        }
        let hasTrained = Self.trainings.contains { row in
            history(.port(key), row)?.steps.last.map { $0.time > since } ?? false
        }
        let traffic = Self.traffic.compactMap(total)
        let counted = Self.dropped.filter { history(.port(key), $0)?.latest == now }
        let dropped = counted.compactMap(total)
        guard !hasTrained, traffic.count == Self.traffic.count, dropped.count == counted.count
        else { return nil }
        return Balance.Totals(
            sent: traffic[0], received: traffic[1], words: traffic[2],
            errors: dropped.reduce(0, &+))
    }
}
