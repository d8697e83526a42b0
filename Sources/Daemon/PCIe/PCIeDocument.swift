import Exposition
import Model
import Wire

extension Picture {
    /// `/api/v1/pcie`.
    func pcie(node: String, now: Moment) -> V1.PCIe {
        let views = Dictionary(
            pcie.map { ($0.report.address, $0) }, uniquingKeysWith: { first, _ in first })
        var below: [PCIAddress: [String]] = [:]
        let devices = pcie.filter(\.report.role.isEndpoint)
        for device in devices {
            for bridge in device.path.dropFirst() {
                below[bridge, default: []].append(device.report.address.description)
            }
        }
        return V1.PCIe(
            node: node, time: self.now.text, pass: pass?.rawValue,
            devices: devices.map { device in
                V1.PCIeDevice(
                    address: device.report.address.description, role: device.report.role.rawValue,
                    device: device.device, gpuIndex: device.gpuIndex,
                    gpuUuid: device.gpuUUID?.description,
                    numaNode: device.report.numaNode.map(Int.init),
                    sampled: device.read?.text,
                    ageSeconds: device.read.map { rounded(now.seconds(since: $0)) },
                    stale: !device.isFresh,
                    hops: device.path.map { address in
                        views[address].map { $0.hop(below: below[address]) }
                            ?? V1.PCIeHop(unknown: address.description, devices: below[address])
                    })
            })
    }

    /// The counters of the PCI functions.
    var pcieSeries: [V1.CounterSeries] {
        pcie.map { view in
            V1.CounterSeries(
                class: CounterTable.pci.layout.deviceClass, place: view.place,
                key: PartKey.pci(view.report.address).description, sampled: view.read?.text,
                counters: PCICounters.all.enumerated().map { row, counter in
                    let entry = view.entries.indices.contains(row) ? view.entries[row] : .init()
                    return V1.CounterEntry(
                        counter, entry, published: entry.published, isFresh: view.isFresh)
                })
        }
    }

    /// Where each PCI function is among HCAs and GPUs.
    var pciePlaces: [PCIAddress: V1.Place] {
        Dictionary(
            pcie.map { ($0.report.address, $0.place) }, uniquingKeysWith: { first, _ in first })
    }
}

extension PCIView {
    fileprivate func hop(below devices: [String]?) -> V1.PCIeHop {
        var hop = V1.PCIeHop(unknown: report.address.description, devices: devices)
        hop.role = report.role.rawValue
        hop.state = report.state.rawValue
        hop.stale = !isFresh
        hop.numaNode = report.numaNode.map(Int.init)
        hop.widthLanes = gauge("current_link_width").map { Int(clamping: $0) }
        hop.maxWidthLanes = gauge("max_link_width").map { Int(clamping: $0) }
        hop.speedGtps = gauge("current_link_speed").map { Double($0) / 1000 }
        hop.maxSpeedGtps = gauge("max_link_speed").map { Double($0) / 1000 }
        hop.aerNative = gauge("aer_native").map { $0 == 1 }
        hop.aerCorrectable = total("aer_correctable")
        hop.aerNonfatal = total("aer_nonfatal")
        hop.aerFatal = total("aer_fatal")
        return hop
    }

    private func total(_ name: String) -> UInt64? {
        guard isFresh, let row = CounterTable.pci.row(of: name), entries.indices.contains(row),
            entries[row].status == .fresh
        else { return nil }
        return entries[row].published
    }
}

extension PCISample {
    /// A function as the page shows it.
    init(_ view: PCIView) {
        self.init(
            report: view.report, device: view.device, gpuIndex: view.gpuIndex,
            isUp: view.isFresh && view.report.state == .read,
            sampledSeconds: view.read.map { Double($0.wallMilliseconds) / 1e3 },
            part: PartSample(view.entries, view.gauges, isFresh: view.isFresh))
    }
}
