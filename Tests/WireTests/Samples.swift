import Model
import Wire

/// Documents with every field that may be absent either there or not.
struct Samples {
    let isFull: Bool

    private static let time = "2026-02-03T04:05:06.789Z"

    private func ifFull<Value>(_ value: Value) -> Value? { isFull ? value : nil }

    var health: V1.Health {
        V1.Health(
            node: "n", time: Self.time, verdict: "WARNING", summary: "s",
            expectations: "not_configured",
            conditions: [
                V1.Condition(
                    id: "counter_blind", severity: "WARNING", since: Self.time, subject: subject,
                    summary: "s", accused: isFull ? ["cable"] : [], evidenceGrade: "two_ended",
                    evidence: ["e"], action: "a", playbook: "p")
            ],
            observed: V1.Observed(
                ports: 8, active: 7, peers: 6, gpus: ifFull(8), gpusRead: ifFull(7),
                nvlinksActive: ifFull(144)), collectors: [collector],
            history: ifFull(
                V1.HistoryState(
                    sqlite: "3.40.1", trouble: ifFull("t"), since: ifFull(Self.time),
                    passesWaiting: 2, passesLost: 1, check: ifFull("sound"),
                    salvage: ifFull(
                        V1.Salvage(file: "f", done: true, passesSalvaged: 9, passesLost: 1)))))
    }

    var marks: V1.Marks {
        V1.Marks(
            node: "n", time: Self.time,
            marks: [
                V1.Mark(
                    name: "T0", pass: 7, time: Self.time, cursor: "p7-00000000000000ab",
                    kept: true, made: Self.time, expires: ifFull(Self.time), note: ifFull("a"))
            ])
    }

    var markRequest: V1.MarkRequest {
        V1.MarkRequest(
            at: ifFull("5m"), expires: ifFull("7d"), note: ifFull("a"), replace: ifFull(true))
    }

    var subject: V1.Subject {
        V1.Subject(
            device: ifFull("mlx5_0"), port: ifFull(1), end: ifFull("peer"), key: ifFull("k"),
            collector: ifFull("infiniband"), gpu: ifFull("GPU-1"), gpuIndex: ifFull(3),
            pciAddress: ifFull("0000:18:00.0"), xid: ifFull(79))
    }

    var collector: V1.Collector {
        V1.Collector(
            name: "infiniband", state: "starting", lastSuccess: ifFull(Self.time),
            ageSeconds: ifFull(4.25), workingOn: ifFull("mlx5_0 port 1"), restarts: 0,
            detail: ifFull("d"))
    }

    var links: V1.Links {
        V1.Links(
            node: "n", time: Self.time, pass: ifFull(7),
            links: [
                V1.Link(
                    device: "mlx5_0", port: 1, rail: ifFull(3), collector: "infiniband",
                    sampled: Self.time, ageSeconds: 0.5, stale: true,
                    linkLayer: "InfiniBand", role: "fabric", local: end, peerState: "observed",
                    peerFailure: ifFull("timeout"), peer: ifFull(end),
                    counters: [
                        V1.LinkCounter(
                            name: "symbol_error", unit: "events", accuses: "incoming_path",
                            local: value, peer: ifFull(value))
                    ])
            ])
    }

    var end: V1.LinkEnd {
        V1.LinkEnd(
            guid: "0x0002c90300000001", port: 1, description: ifFull("d"), type: "hca",
            kernelDevice: ifFull("mlx5_0"), firmware: ifFull("28"), model: ifFull("MT4129"),
            lid: ifFull(7), state: ifFull("active"), physicalState: ifFull("link_up"),
            widthLanes: ifFull(4), speed: ifFull("NDR"), bitsPerSecond: ifFull(425_000_000_000),
            stale: true, failure: ifFull("timeout"))
    }

    var value: V1.CounterValue {
        V1.CounterValue(
            total: 70_000, raw: 65_535, source: "PortCounters", widthBits: 16, saturated: true,
            quality: "at_least", stale: false)
    }

    // Together they have every field; the bare one has none.
    private var places: [V1.Place] {
        guard isFull else { return [V1.Place(device: nil, port: nil, end: nil)] }
        return [
            V1.Place(device: "mlx5_0", port: 1, end: "peer"),
            V1.Place(gpu: GPUUUID(high: 1, low: 2), index: 3, link: 17),
        ]
    }

    var counters: V1.Counters {
        V1.Counters(
            node: "n", time: Self.time, pass: ifFull(7),
            series: places.map {
                V1.CounterSeries(
                    class: ifFull("nvlink"), place: $0, key: "k", sampled: ifFull(Self.time),
                    counters: [counter])
            })
    }

    private var counter: V1.CounterEntry {
        V1.CounterEntry(
            name: "symbol_error", state: "value", unit: "events", accuses: ifFull("link"),
            value: ifFull(value))
    }

    var deltas: V1.Deltas {
        V1.Deltas(
            node: "n", from: V1.PassTime(pass: 0, time: Self.time),
            to: V1.PassTime(pass: .max, time: Self.time), complete: false, passes: 30,
            next: "p7-00000000000000ab",
            series: places.map {
                V1.DeltaSeries(
                    class: ifFull("nvlink"), place: $0, key: "k", from: Self.time, to: Self.time,
                    stale: false,
                    counters: [
                        V1.CounterDelta(
                            name: "symbol_error", unit: "events", accuses: ifFull("link"),
                            delta: ifFull(12),
                            quality: "at_least", reasons: isFull ? ["saturated"] : [])
                    ])
            })
    }

    // MARK: The inventory

    var inventory: V1.Inventory {
        var document = V1.Inventory(
            node: "n", time: Self.time, pass: ifFull(7), expectations: "not_configured")
        guard isFull else { return document }
        document.bootId = "b"
        document.nvidiaDriver = "570.86.15"
        (document.hcasListed, document.gpusListed) = (true, true)
        var pcie = V1.InventoryPCIe()
        (pcie.widthLanes, pcie.maxWidthLanes) = (8, 16)
        (pcie.speedGtps, pcie.maxSpeedGtps) = (16, 32)
        var port = V1.InventoryPort(port: 1, linkLayer: "InfiniBand")
        (port.guid, port.active, port.widthLanes, port.speed) = ("g", true, 4, "NDR")
        (port.bitsPerSecond, port.fec) = (425_000_000_000, "reed_solomon")
        port.peer = V1.InventoryPeer(guid: "g", port: 5, description: "leaf01")
        var hca = V1.InventoryHCA(device: "rail0", role: "fabric", present: true)
        (hca.guid, hca.address, hca.model, hca.boardId) = ("g", "a", "MT4129", "MT_0000000838")
        (hca.part, hca.serial, hca.firmware, hca.driver) = ("p", "s", "28", "mlx5_core")
        (hca.pcie, hca.numaNode, hca.ports) = (pcie, 0, [port])
        var gpu = V1.InventoryGPU(index: 0, address: "a", present: true)
        (gpu.listed, gpu.uuid, gpu.name, gpu.serial, gpu.boardPart) = (true, "u", "n", "s", "p")
        (gpu.vbios, gpu.inforom, gpu.moduleId, gpu.pcie, gpu.numaNode) = ("v", "i", 1, pcie, 0)
        (gpu.nvlinks, gpu.nvlinksUp, gpu.nvlinkSpeedBytesPerSecond) = (18, 17, 26_562_000_000)
        (document.hcas, document.gpus) = ([hca], [gpu])
        let fact = V1.ExpectedFact(fact: "width", expected: "4", seen: "2")
        document.differences = [
            V1.Difference(
                kind: "link_width", part: "port", subject: subject, summary: "s", facts: [fact])
        ]
        document.unverified = [V1.Unverified(subject: subject, place: "p", facts: ["serial"])]
        return document
    }

    // MARK: GPUs

    var gpus: V1.GPUs {
        V1.GPUs(
            node: "n", time: Self.time, pass: ifFull(7),
            library: ifFull(
                V1.GPULibrary(
                    state: "ready", version: ifFull("13.580.82"), driver: ifFull("580.82"),
                    symbolsFound: 40, symbolsKnown: 41, stale: false, detail: ifFull("d"))),
            gpus: [summary])
    }

    var summary: V1.GPUSummary {
        var summary = V1.GPUSummary(
            index: 3, address: "0000:18:00.0", state: "busy", stale: true)
        guard isFull else { return summary }
        summary.uuid = "GPU-1"
        summary.name = "NVIDIA H100"
        summary.reason = "A call has not returned."
        summary.call = V1.GPUCall(
            function: "nvmlDeviceGetFieldValues", family: "link_errors", seconds: 12.5,
            kernelState: "D", wchan: "rpc_wait")
        summary.sampled = Self.time
        summary.ageSeconds = 0.5
        summary.temperatureCelsius = -5
        summary.powerWatts = 312.25
        summary.utilization = 0.97
        summary.eccUncorrected = .max
        summary.linksTotal = 18
        summary.linksActive = 17
        summary.linksWithErrors = 2
        summary.recoveryAction = "nothing"
        summary.damage = ["remapped_rows_failure"]
        summary.xids = 4
        return summary
    }

    var gpu: V1.GPU {
        var identity = V1.GPUIdentity()
        if isFull {
            identity.serial = "1"
            identity.boardPart = "2"
            identity.vbios = "3"
            identity.inforom = "4"
            identity.gspFirmware = "5"
            identity.driver = "6"
            identity.minor = 7
            identity.moduleId = 8
            identity.fabricCluster = "9"
        }
        let gauge = V1.GaugeEntry(
            name: "state", state: "value", unit: "code", value: ifFull(1), raw: ifFull(1),
            meaning: ifFull("active"))
        return V1.GPU(
            node: "n", time: Self.time, pass: ifFull(7), summary: summary,
            identity: ifFull(identity), counters: [counter], gauges: [gauge],
            xids: [
                V1.XidCount(number: 79, count: 2, last: Self.time, meaning: "m")
            ],
            links: [
                V1.NVLink(
                    link: 17, state: "active", version: ifFull("NVLink 4.0"),
                    speedBytesPerSecond: ifFull(26_562_000_000),
                    remote: ifFull(
                        V1.NVLinkRemote(
                            kind: "switch", address: ifFull("0000:05:00.0"), link: ifFull(30))),
                    stale: false, counters: [counter], gauges: [gauge])
            ])
    }

    var events: V1.Events {
        V1.Events(
            node: "n", time: Self.time, events: [event], next: "e7-00000000000000ab",
            complete: true, oldest: ifFull(1), newest: ifFull(.max))
    }

    private var event: V1.Event {
        var event = V1.Event(
            id: 7, time: Self.time, kind: "xid", sources: ["kernel_log", "nvml"],
            line: "NVRM: Xid")
        guard isFull else { return event }
        event.device = "0000:18:00.0"
        event.gpuUuid = "GPU-1"
        event.gpuIndex = 3
        event.number = 79
        event.link = 17
        event.process = "python (123)"
        event.severity = "fatal"
        event.remedy = "reboot"
        event.meaning = "fallen off the bus"
        event.detail = "d"
        event.root = 6
        return event
    }

    var problem: V1.Problem {
        V1.Problem(type: "/problems/gone", title: "Gone", status: 410, detail: "d")
    }
}
