import Model
import Wire

extension GPUUUID {
    /// The UUIDs of the two GPUs, and one of a GPU that is gone.
    static let samples = (0...2).map { GPUUUID(high: 0xA0, low: $0) }
}

extension V1.Place {
    /// Three ends of cables, two GPUs, a link of each, and a GPU that is gone.
    static var samples: [V1.Place] {
        [("mlx5_0", "local"), ("mlx5_0", "peer"), ("mlx5_1", "local")].map { device, end in
            V1.Place(device: device, port: 1, end: end)
        }
            + (0...1).flatMap { index in
                [
                    V1.Place(gpu: GPUUUID.samples[index], index: index),
                    V1.Place(gpu: GPUUUID.samples[index], index: index, link: 3),
                ]
            } + [V1.Place(gpu: GPUUUID.samples[2], index: nil)]
    }
}

extension V1.GPUs {
    static var sample: V1.GPUs {
        V1.GPUs(
            node: "n1", time: "2026-02-03T04:05:06.000Z", pass: 7,
            library: V1.GPULibrary(
                state: "ready", version: "13.580.82", driver: "580.82", symbolsFound: 40,
                symbolsKnown: 41, stale: false, detail: nil),
            gpus: (0...1).map { index in
                var gpu = V1.GPUSummary(
                    index: index, address: "0000:\(1 + index)8:00.0", state: "read", stale: false)
                gpu.xids = 0
                gpu.uuid = GPUUUID.samples[index].description
                return gpu
            })
    }
}

extension V1.GPU {
    static func sample(_ summary: V1.GPUSummary) -> V1.GPU {
        V1.GPU(
            node: "n1", time: "2026-02-03T04:05:06.000Z", pass: 7, summary: summary,
            identity: nil, counters: [], gauges: [], xids: [], links: [])
    }
}

extension V1.Events {
    static var sample: V1.Events {
        V1.Events(
            node: "n1", time: "2026-02-03T04:05:06.000Z",
            events: (0..<6).map { number in
                var event = V1.Event(
                    id: UInt64(number + 40), time: "2026-02-03T04:05:06.000Z", kind: "xid",
                    sources: ["kernel_log"], line: "NVRM: Xid")
                switch number {
                case 0: event.device = "0000:18:00.0"
                case 1...3: event.gpuUuid = GPUUUID.samples[number - 1].description
                case 4: event.device = "mlx5_0"
                default: break
                }
                return event
            }, next: "e45-c0ffee", complete: true, oldest: 40, newest: 45)
    }
}
