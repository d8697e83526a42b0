import Exposition
import Model

extension Node {
    static let uuid = GPUUUID(high: 0x1111_2222_3333_4444, low: 0x5555_6666_7777_8888)

    /// A part that offers the counters and gauges that are given and nothing else.
    static func part(
        _ table: [Counter], _ gaugeTable: [Gauge], _ totals: [String: UInt64],
        _ gauges: [String: UInt64]
    ) -> PartSample {
        PartSample(
            totals: table.map { totals[$0.name] },
            entries: table.map {
                var entry = Ledger.Entry()
                entry.status = totals[$0.name] == nil ? .unsupported : .fresh
                return entry
            },
            gauges: gaugeTable.map { gauges[$0.name] })
    }

    static func gpu(
        _ index: Int = 0, totals: [String: UInt64] = [:], gauges: [String: UInt64] = [:],
        links: [NVLinkSample] = [], xids: [UInt32: UInt64] = [:]
    ) -> GPUSample {
        var identity = GPUIdentity(uuid: GPUUUID(high: uuid.halves.high, low: UInt64(index)))
        identity.name = "NVIDIA H100 80GB HBM3"
        identity.serial = "1650"
        identity.boardPart = "692-2G520"
        identity.vbios = "96.00"
        identity.infoROM = "G520.0200"
        identity.gspFirmware = "580.82"
        identity.minor = UInt32(index)
        identity.moduleID = 4
        return GPUSample(
            index: index, address: PCIAddress(domain: 0, bus: 0x18 + UInt8(index), device: 0),
            identity: identity, isUp: true, sampledSeconds: 1_770_000_000.5,
            part: part(GPUCounters.all, GPUCounters.gauges, totals, gauges), links: links,
            xids: xids)
    }

    static func nvlink(
        _ number: UInt8, totals: [String: UInt64] = [:], gauges: [String: UInt64] = [:],
        remote: NVLinkRemote? = NVLinkRemote(kind: .nvswitch, address: nil)
    ) -> NVLinkSample {
        NVLinkSample(
            number: number, remote: remote,
            part: part(NVLinkCounters.all, NVLinkCounters.gauges, totals, gauges))
    }

    static func gpus(_ gpus: [GPUSample]) -> GPUsSample {
        GPUsSample(
            library: GPULibrary(
                state: .ready, version: "13.580.82", driver: "580.82.07", symbolsFound: 40,
                symbolsKnown: 41), isProbeUp: true,
            calls: [
                .linkErrors: CallLatency(
                    lastNanoseconds: 1_200_000, maximumNanoseconds: 2_000_000_001, calls: 144,
                    errors: 0)
            ], gpus: gpus)
    }

    static let events = EventsSample(
        log: KernelLogReport(
            moment: Moment(bootID: "", boottimeNanoseconds: 0, wallMilliseconds: 0),
            state: .reading,
            records: 5120, matched: 3, lost: 0, dropped: 0), isLogProbeUp: true,
        kinds: [
            .init(kind: .xid, device: "0000:18:00.0", count: 2),
            .init(kind: .hungTask, device: "", count: 1),
        ], sxids: [.init(device: "0000:05:00.0", number: 20034, count: 1)])

    /// A node with GPUs, its events and nothing on its cables.
    static func scrape(gpus: [GPUSample], events: EventsSample? = nil) -> Scrape {
        var scrape = scrape(cables: [])
        scrape.gpus = Self.gpus(gpus)
        scrape.events = events
        return scrape
    }

    /// GPUs that offer everything.
    static func fullGPUs(_ count: Int, links: Int) -> [GPUSample] {
        func all(_ names: [String]) -> [String: UInt64] {
            Dictionary(uniqueKeysWithValues: names.map { ($0, 1_234_567) })
        }
        let link = (
            all(NVLinkCounters.all.map(\.name)), all(NVLinkCounters.gauges.map(\.name))
        )
        return (0..<count).map { index in
            gpu(
                index, totals: all(GPUCounters.all.map(\.name)),
                gauges: all(GPUCounters.gauges.map(\.name)),
                links: (0..<links).map {
                    nvlink(UInt8($0), totals: link.0, gauges: link.1)
                }, xids: [79: 1, 48: 0])
        }
    }
}
