import Exposition
import Model

extension Picture {
    /// Whether a probe answered its latest turn in time.
    func isUp(_ collector: String) -> Bool {
        collectors.contains { $0.name == collector && $0.isUp }
    }

    /// Whether the kernel log would tell of an Xid, so that none means that there was none.
    ///
    /// NVML tells of them, too, but not of a GPU that it does not let anybody register.
    var areXidsTold: Bool {
        kernelLog?.state == .reading && isUp(ProbeKind.kernelLog.collector)
    }
}

extension GPUsSample {
    /// The GPUs of a picture; nil before the probe's first answer.
    init?(_ picture: Picture) {
        guard let library = picture.gpuLibrary else { return nil }
        self.init(
            library: library, isProbeUp: picture.isUp(ProbeKind.gpu.collector),
            calls: picture.gpuCalls,
            gpus: picture.gpus.map { GPUSample($0, picture) })
    }
}

extension GPUSample {
    fileprivate init(_ view: GPUView, _ picture: Picture) {
        self.init(
            index: view.index, address: view.address, identity: view.report.identity,
            isUp: view.isFresh,
            sampledSeconds: view.read.map { Double($0.wallMilliseconds) / 1e3 },
            part: PartSample(view.entries, view.gauges, isFresh: view.isFresh),
            links: view.links.map {
                NVLinkSample(
                    number: $0.number, remote: $0.remote,
                    part: PartSample($0.entries, $0.gauges, isFresh: $0.isFresh))
            }, xids: Self.xids(of: view, picture))
        slowCalls = view.slowCalls
    }

    // The numbers that alerts ask for are there from the start, so that their first occurrence is
    // an increase.
    private static func xids(of gpu: GPUView, _ picture: Picture) -> [UInt32: UInt64] {
        let asked = picture.areXidsTold ? XidCatalog.alerting : []
        var counts = Dictionary(uniqueKeysWithValues: asked.map { ($0, UInt64(0)) })
        for (key, count) in picture.journal.counts
        where key.kind == .xid && key.isOf(gpu.report.identity?.uuid, at: gpu.address) {
            if let number = key.number { counts[number, default: 0] += count }
        }
        return counts
    }
}

extension PartSample {
    // Only what the latest pass saw is shown: an old value would look like calm.
    init(
        _ entries: [Ledger.Entry], _ gauges: [Ledger.GaugeEntry], isFresh: Bool
    ) {
        self.init(
            totals: entries.map { isFresh && $0.status == .fresh ? $0.published : nil },
            entries: entries,
            gauges: gauges.map { isFresh && $0.status == .fresh ? $0.value : nil })
    }
}

extension EventsSample {
    /// What was told; nil where nobody would tell.
    init?(_ picture: Picture) {
        guard picture.kernelLog != nil || picture.gpuLibrary != nil else { return nil }
        var kinds: [EventCountKey: UInt64] = [:]
        var sxids: [SXidCount] = []
        for (key, count) in picture.journal.counts {
            let name = key.device?.description ?? ""
            kinds[EventCountKey(kind: key.kind, device: key.device, number: nil), default: 0] +=
                count
            if key.kind == .sxid, let number = key.number {
                sxids.append(SXidCount(device: name, number: number, count: count))
            }
        }
        self.init(
            log: picture.kernelLog, isLogProbeUp: picture.isUp(ProbeKind.kernelLog.collector),
            kinds: kinds.map {
                EventCount(
                    kind: $0.key.kind, device: $0.key.device?.description ?? "", count: $0.value)
            }.sorted { ($0.kind.rawValue, $0.device) < ($1.kind.rawValue, $1.device) },
            sxids: sxids.sorted { ($0.device, $0.number) < ($1.device, $1.number) })
    }
}
