import Exposition
import Model

/// The text of `docs/counters.md`.
enum CountersReference {
    static let text =
        """
        # Counters

        Every counter of an InfiniBand port, at both ends of the cable. The name is that of the
        API and the history (the kernel's sysfs name where there is one), the metric is that of
        `/metrics` without the prefix `fabricwatch_infiniband_`. Where several sources are listed,
        the first that the port offers is read.

        ## Which way a counter points

        Counted at port X, whose cable leads to port Y:

        | Accuses | The count speaks against |
        |---|---|
        \(Accused.allCases.map { "| `\($0.rawValue)` | \(meaning($0)) |" }.joined(separator: "\n"))

        ## What a field does when it is full

        | Behaviour | At the end of its range |
        |---|---|
        \(Behaviour.allCases.map { "| \($0.rawValue) | \(meaning($0)) |" }.joined(separator: "\n"))

        ## All counters

        | Counter | Metric | Unit | Accuses | Meaning | Sources, the best first |
        |---|---|---|---|---|---|
        \(MetricFamilies.counters.map { line($0.rows) }.joined(separator: "\n"))

        """

    private static func meaning(_ accused: Accused) -> String {
        switch accused {
        case .nobody: "Nobody: traffic, or errors that were corrected."
        case .incomingPath: "What leads into X: Y's transmitter, the cable, X's receiver."
        case .link: "The link as a whole; other counters tell the direction."
        case .upstream: "An earlier hop on the packet's way; this link is exculpated."
        case .downstream: "The receiver behind X, which is too slow to take its traffic."
        case .routing: "Routing or the subnet manager."
        case .partition: "Partition keys: a configuration, or a rogue sender."
        case .credits: "Credits and buffers: the firmware of either end."
        case .management: "Management traffic, this daemon's polling first."
        case .gpu: "The GPU that counts."
        case .gpuMemory: "The memory of the GPU that counts."
        case .pciePath: "The PCIe link of the GPU: slot, riser, retimer, either end."
        }
    }

    private static func meaning(_ behaviour: Behaviour) -> String {
        switch behaviour {
        case .sticks: "stays at its maximum until somebody clears it: the total is a lower bound"
        case .wraps: "starts again at 0; the total takes the wrap into account"
        case .wide: "64 bits: never reached in practice"
        }
    }

    // Lanes of one kind are one line.
    private static func line(_ rows: [Int]) -> String {
        let counters = rows.map { InfiniBandCounters.all[$0] }
        guard let first = counters.first, let last = counters.last else { return "" }
        let name =
            first.lane == nil ? "`\(first.name)`" : "`\(first.name)` to `\(last.name)`"
        let sources = first.fields.enumerated().map { index, field in
            let symbol =
                first.lane == nil
                ? "`\(field.symbol)`" : "`\(field.symbol)` to `\(last.fields[index].symbol)`"
            return "\(field.source.name) \(symbol), \(field.width) bits, "
                + "\(field.behaviour.rawValue) (\(field.reference))"
        }.joined(separator: "<br>")
        let cells = [
            name, "`\(first.metric)`", first.unit.publishedName, "`\(first.accuses.rawValue)`",
            first.help, sources,
        ]
        return "| \(cells.joined(separator: " | ")) |"
    }
}

extension Behaviour {
    static let allCases: [Behaviour] = [.sticks, .wraps, .wide]
}
