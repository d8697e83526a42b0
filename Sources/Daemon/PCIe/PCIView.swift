import Health
import Model
import Wire

/// One PCI function in a picture.
struct PCIView: Sendable {
    var report: PCIFunctionReport
    /// The label of its RDMA device, as for cables; the first one's where it has several.
    var device: String?
    /// The index and UUID of the GPU that it is.
    var gpuIndex: Int?
    var gpuUUID: GPUUUID?
    /// When its readings were taken; nil when there are none.
    var read: Moment?
    /// Whether its probe's latest answer has it, and that is not stale.
    var isFresh: Bool
    /// Whether its probe has not answered for too long, or does not have it any more.
    var isStale: Bool
    /// The functions from this one up to the root, itself first.
    var path: [PCIAddress]
    var entries: [Ledger.Entry]
    var gauges: [Ledger.GaugeEntry]

    /// Its place in documents of counters.
    var place: V1.Place {
        V1.Place(pci: report.address, device: device, gpu: gpuUUID, index: gpuIndex)
    }

    /// A gauge of the latest reading; nil when it was not read.
    func gauge(_ name: String) -> UInt64? { gauge(name, within: isFresh) }

    /// A gauge of the latest reading, while that is to be believed; nil when it was not read.
    func gauge(_ name: String, within isBelieved: Bool) -> UInt64? {
        let row = PCICounters.row(gauge: name)
        guard isBelieved, gauges.indices.contains(row), gauges[row].status == .fresh else {
            return nil
        }
        return gauges[row].value
    }
}

extension PCIRoster {
    /// The functions by address, with the names that cables and GPUs have.
    func views(
        _ collectors: [CollectorView], _ cables: [CableView], _ gpus: [GPUView],
        _ ledger: Ledger
    ) -> [PCIView] {
        let collector = collectors.first { $0.name == ProbeKind.pcie.collector }
        let isStale = collector?.evidence.isStale != false
        let isUp = collector?.isUp == true && !isStale
        let labels = Dictionary(
            cables.map { ($0.report.device, $0.device) }, uniquingKeysWith: { first, _ in first })
        let boards = Dictionary(
            gpus.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
        return entries.values.sorted { $0.report.address < $1.report.address }.map { entry in
            let address = entry.report.address
            let board = entry.report.role == .gpu ? boards[address] : nil
            let series = ledger[.pci(address)]
            return PCIView(
                report: entry.report,
                device: entry.report.names.first.map { labels[$0] ?? $0 },
                gpuIndex: board?.index, gpuUUID: board?.report.identity?.uuid, read: entry.read,
                isFresh: isUp && entry.report.state != .missing,
                isStale: isStale || entry.report.state == .missing, path: path(address),
                entries: series?.entries ?? [], gauges: series?.gauges ?? [])
        }
    }
}
