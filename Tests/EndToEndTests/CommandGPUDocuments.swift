import Wire

extension Documents {
    // MARK: GPUs

    static func gpus(_ gpus: [V1.GPUSummary], library: V1.GPULibrary? = library()) -> V1.GPUs {
        V1.GPUs(node: node, time: time, pass: 130, library: library, gpus: gpus)
    }

    static func library(
        _ state: String = "ready", stale: Bool = false, detail: String? = nil
    ) -> V1.GPULibrary {
        V1.GPULibrary(
            state: state, version: "13.580.82", driver: "580.82.07", symbolsFound: 40,
            symbolsKnown: 41, stale: stale, detail: detail)
    }

    /// A GPU with which all is well.
    static func gpu(_ index: Int) -> V1.GPUSummary {
        var gpu = V1.GPUSummary(
            index: index, address: "0000:\(index + 1)8:00.0", state: "read", stale: false)
        gpu.uuid = "GPU-\(index)"
        gpu.name = "NVIDIA H100"
        gpu.sampled = time
        gpu.ageSeconds = 2.06
        gpu.temperatureCelsius = 41
        gpu.powerWatts = 312.5
        gpu.utilization = 0.97
        gpu.eccUncorrected = 0
        gpu.linksTotal = 18
        gpu.linksActive = 18
        gpu.linksWithErrors = 0
        gpu.recoveryAction = "nothing"
        gpu.xids = 0
        return gpu
    }

    /// A GPU of which hardly anything is known.
    static func unknownGPU(_ index: Int, _ state: String) -> V1.GPUSummary {
        V1.GPUSummary(
            index: index, address: "0000:\(index + 1)8:00.0", state: state, stale: true)
    }

    static func document(
        _ summary: V1.GPUSummary, counters: [V1.CounterEntry] = [],
        gauges: [V1.GaugeEntry] = [], xids: [V1.XidCount] = [], links: [V1.NVLink] = []
    ) -> V1.GPU {
        var identity = V1.GPUIdentity()
        identity.driver = "580.82.07"
        return V1.GPU(
            node: node, time: time, pass: 130, summary: summary, identity: identity,
            counters: counters, gauges: gauges, xids: xids, links: links)
    }

    static func entry(
        _ name: String, _ total: UInt64?, accuses: String = "link", state: String = "value",
        unit: String = "events"
    ) -> V1.CounterEntry {
        V1.CounterEntry(
            name: name, state: state, unit: unit, accuses: accuses,
            value: total.map { value($0) })
    }

    static func gauge(
        _ name: String, _ value: Double?, unit: String, state: String = "value",
        meaning: String? = nil
    ) -> V1.GaugeEntry {
        V1.GaugeEntry(
            name: name, state: state, unit: unit, value: value, raw: nil, meaning: meaning)
    }

    static func nvlink(
        _ link: Int, _ state: String = "active", _ counters: [V1.CounterEntry] = [],
        remote: V1.NVLinkRemote? = V1.NVLinkRemote(
            kind: "switch", address: "0000:05:00.0", link: 30)
    ) -> V1.NVLink {
        V1.NVLink(
            link: link, state: state, version: "NVLink 4.0", speedBytesPerSecond: 26_562_000_000,
            remote: remote, stale: false, counters: counters,
            gauges: [gauge("effective_ber", 5e-12, unit: "ratio")])
    }

    // MARK: Events

    static func events(
        _ ids: [UInt64], complete: Bool = true, _ change: (inout V1.Event) -> Void = { _ in }
    ) -> V1.Events {
        let events = ids.map { id in
            var event = V1.Event(
                id: id, time: time, kind: "xid", sources: ["kernel_log"],
                line: "NVRM: Xid (PCI:0000:18:00): 79, GPU has fallen off the bus.")
            event.device = "0000:18:00.0"
            event.gpuIndex = 0
            event.number = 79
            event.remedy = "reboot"
            event.meaning = "fallen off the bus"
            change(&event)
            return event
        }
        return V1.Events(
            node: node, time: time, events: events, next: "e\(ids.last ?? 7)-00000000000000ab",
            complete: complete, oldest: ids.first, newest: ids.last)
    }
}
