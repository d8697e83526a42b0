import Exposition
import Model

/// The text of `docs/counters.md`.
enum CountersReference {
    static let text =
        """
        # Counters

        Every counter of an InfiniBand port at both ends of the cable, of a GPU, of an NVLink and of
        a PCI function, and their gauges. Name and unit are those of the API, which leaves out the
        gauges of a port; the metric is that of `/metrics` without its prefix. Where several sources
        are listed, the first that the device offers is read; the wider one is better, since it is
        full last.

        ## Which way a counter points

        Counted at port X, whose cable leads to port Y; an NVLink is such a cable, too:

        | Accuses | The count speaks against |
        |---|---|
        \(Accused.allCases.map { "| `\($0.rawValue)` | \(meaning($0)) |" }.joined(separator: "\n"))

        ## What a field does when it is full

        | Behaviour | At the end of its range |
        |---|---|
        \(Behaviour.allCases.map { "| \($0.rawValue) | \(meaning($0)) |" }.joined(separator: "\n"))

        A gauge goes up and down within the range of its unit, has no maximum to stand at, starts
        nothing anew and accuses nobody by itself. What a device tells once, as the events of HCAs
        and the lines of the kernel log, is in [kernel-events.md](kernel-events.md).

        ## Who starts it anew

        The daemon's totals go on whatever happens to the device's counter.

        | Reset | The device starts the counter anew |
        |---|---|
        \(ResetDomain.allCases.map(line).joined(separator: "\n"))

        ## How often it is read

        Ports are read in every pass, and so is of a GPU and its links what the driver has at hand.
        The rest is read less often:

        | Family | Seconds between readings | What it is |
        |---|---|---|
        \(CallFamily.allCases.compactMap(line).joined(separator: "\n"))

        Between two readings the latest value stands and counts as fresh. Its total takes what was
        counted when it is read: a delta over less than that time may be 0 although the device
        counted, and the delta after it holds the rest.

        ## InfiniBand ports

        Metrics begin with `fabricwatch_infiniband_`. Names are the kernel's sysfs names where there
        are any. What `ethtool` and `hw_counters` tell is of the node's own end alone: the
        statistics of the port's network interface, such as `ib0`, and the files of the port in
        sysfs.

        | Counter | Metric | Unit | Accuses | Reset | Meaning | Sources, the best first |
        |---|---|---|---|---|---|---|
        \(lines(MetricFamilies.counters, InfiniBandCounters.all))

        | Gauge | Metric | Unit | Meaning | Sources, the best first |
        |---|---|---|---|---|
        \(MetricFamilies.link.map(line).joined(separator: "\n"))
        \(InfiniBandCounters.gauges.map(line).joined(separator: "\n"))

        ## GPUs

        Metrics begin with `fabricwatch_gpu_`. A driver branch is the first that offers the source.

        | Counter | Metric | Unit | Accuses | Reset | Meaning | Sources, the best first |
        |---|---|---|---|---|---|---|
        \(lines(MetricFamilies.gpuCounters, GPUCounters.all))

        | Gauge | Metric | Unit | Meaning | Sources, the best first |
        |---|---|---|---|---|
        \(GPUCounters.gauges.map(line).joined(separator: "\n"))

        ## NVLinks

        Metrics begin with `fabricwatch_nvlink_`. Each GPU counts at its own end.

        | Counter | Metric | Unit | Accuses | Reset | Meaning | Sources, the best first |
        |---|---|---|---|---|---|---|
        \(lines(MetricFamilies.linkCounters, NVLinkCounters.all))

        | Gauge | Metric | Unit | Meaning | Sources, the best first |
        |---|---|---|---|---|
        \(NVLinkCounters.gauges.map(line).joined(separator: "\n"))

        ## PCI functions

        Metrics begin with `fabricwatch_pcie_`. HCAs, GPUs and every bridge above them are read from
        their directories in sysfs; each counts what it has noticed itself. An error is counted
        under the severity that the device reports it with; it is listed by name under the one that
        PCIe gives it by default, and the totals have the others as well.

        | Counter | Metric | Unit | Accuses | Reset | Meaning | Sources, the best first |
        |---|---|---|---|---|---|---|
        \(lines(MetricFamilies.pciCounters, PCICounters.all))

        | Gauge | Metric | Unit | Meaning | Sources, the best first |
        |---|---|---|---|---|
        \(PCICounters.gauges.map(line).joined(separator: "\n"))

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
        case .pciePath: "The PCIe link of the device: slot, riser, retimer, either end."
        case .pciFunction: "The PCI function that counts: its logic or its firmware."
        case .fabricPath: "The packets' way through the fabric, in either direction."
        case .remoteNode: "The node that is talked to: its software or its speed."
        case .host: "This node: its software or its speed."
        }
    }

    private static func meaning(_ behaviour: Behaviour) -> String {
        switch behaviour {
        case .sticks: "stays at its maximum until somebody clears it: the total is a lower bound"
        case .wraps: "starts again at 0; the total takes the wrap into account"
        case .wide: "64 bits: never reached in practice"
        }
    }

    private static func line(_ reset: ResetDomain) -> String {
        "| \(reset.rawValue) | \(meaning(reset)) |"
    }

    private static func meaning(_ reset: ResetDomain) -> String {
        switch reset {
        case .attribute: "when somebody clears its attribute, perhaps at a driver reload or reboot"
        case .gpu:
            "at a reset of the GPU, a driver load, a reboot; without persistence also when "
                + "nobody uses the GPU any more"
        case .linkErrors: "as `gpu`, and when somebody clears the link's error counters"
        case .device:
            "with the HCA's firmware, when a vendor's tool clears the register, perhaps at a "
                + "driver reload"
        case .driver: "when the driver of the device is loaded"
        case .registration: "at boot, and when the device is removed and found again"
        case .lifetime: "never: it is kept in the device"
        }
    }

    private static func line(_ family: CallFamily) -> String? {
        guard family.intervalSeconds > 0 else { return nil }
        return "| `\(family.name)` | \(family.intervalSeconds) | \(meaning(family)) |"
    }

    private static func meaning(_ family: CallFamily) -> String {
        switch family {
        case .identity: "Who the GPU is: UUID, serial number, versions."
        case .linkRemote: "What a link leads to, `remote_link` and `version`."
        case .linkFEC: "FEC histograms of links, `fec_`."
        case .sram: "Errors of registers and caches, `sram_`."
        case .remap: "Remapped rows, spare rows, retired pages."
        case .pcie: "Counters of PCIe, `pcie_`."
        case .fabric: "The registration with the NVSwitch fabric, `fabric_`."
        case .library, .attach, .linkState, .linkErrors, .linkTraffic, .ecc, .health, .events: ""
        }
    }

    // Counters of one kind are one line.
    private static func lines(_ families: [CounterFamily], _ table: [Counter]) -> String {
        families.map { family in line(family.rows.map { table[$0] }) }.joined(separator: "\n")
    }

    private static func line(_ counters: [Counter]) -> String {
        guard let first = counters.first, let last = counters.last else { return "" }
        let name = first.index == nil ? "`\(first.name)`" : "`\(first.name)` to `\(last.name)`"
        let sources = zip(first.preference, last.preference)
            .map { source(first.fields[$0], last.fields[$1]) }.joined(separator: "<br>")
        var cells = [
            name, "`\(first.metric)`", first.unit.publishedName, "`\(first.accuses.rawValue)`",
        ]
        var resets: [String] = []
        for reset in first.preference.map({ first.fields[$0].reset.rawValue })
        where !resets.contains(reset) {
            resets.append(reset)
        }
        cells.append(resets.joined(separator: ", "))
        cells += [first.help, sources]
        return "| \(cells.joined(separator: " | ")) |"
    }

    private static func source(_ first: Field, _ last: Field) -> String {
        let range = "\(first.width) bits, \(first.behaviour.rawValue)"
        if let driver = first.firstDriver {
            return name(first.source, first.symbol, last.source, last.symbol)
                + ", \(range), from \(driver)"
        }
        let symbol =
            first == last ? "`\(first.symbol)`" : "`\(first.symbol)` to `\(last.symbol)`"
        return "\(first.source.name) \(symbol), \(range) (\(first.reference))"
    }

    // The state of a link is no row of a table: PortInfo is read as a whole.
    private static func line(_ family: MetricFamily) -> String {
        let name = family.name.replacing("fabricwatch_infiniband_", with: "")
        let unit = ["lanes", "bytes_per_second"].first { name.hasSuffix($0) } ?? "code"
        return "| `\(name)` | `\(name)` | \(unit) | \(family.help) "
            + "| `PortInfo` (IBTA vol 1, 14.2.5.6); of a RoCE port, sysfs |"
    }

    private static func line(_ gauge: Gauge) -> String {
        let sources = gauge.sources.map {
            name($0.source, $0.symbol, $0.source, $0.symbol)
                + ($0.firstDriver.map { ", from \($0)" } ?? "")
        }
        let cells = [
            "`\(gauge.name)`", "`\(gauge.metric)`", gauge.unit.publishedName, gauge.help,
            sources.joined(separator: "<br>"),
        ]
        return "| \(cells.joined(separator: " | ")) |"
    }

    private static func name(
        _ first: Source, _ symbol: String, _ last: Source, _ lastSymbol: String
    ) -> String {
        switch (first, last) {
        case (.nvmlCall(let call, let part), _): part.isEmpty ? "`\(call)`" : "`\(call)` (\(part))"
        case (.nvmlField(let from), .nvmlField(let to)) where from != to:
            "fields \(from) to \(to), `\(symbol)` to `\(lastSymbol)`"
        case (.pciFile(let file), _): "`\(file)`"
        default: "\(first.name.replacing("NVML ", with: "")) `\(symbol)`"
        }
    }
}

extension Behaviour {
    static let allCases: [Behaviour] = [.sticks, .wraps, .wide]
}
