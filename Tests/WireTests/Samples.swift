import Wire

/// Documents with every field that may be absent either there or not.
struct Samples {
    let isFull: Bool

    private static let time = "2026-02-03T04:05:06.789Z"

    private func ifFull<Value>(_ value: Value) -> Value? { isFull ? value : nil }

    var health: V1.Health {
        V1.Health(
            node: "n", time: Self.time, verdict: "WARNING", summary: "s",
            conditions: [
                V1.Condition(
                    id: "counter_blind", severity: "WARNING", since: Self.time, subject: subject,
                    summary: "s", accused: isFull ? ["cable"] : [], evidenceGrade: "two_ended",
                    evidence: ["e"], action: "a", playbook: "p")
            ],
            observed: V1.Observed(ports: 8, active: 7, peers: 6), collectors: [collector])
    }

    var subject: V1.Subject {
        V1.Subject(
            device: ifFull("mlx5_0"), port: ifFull(1), end: ifFull("peer"), key: ifFull("k"),
            counter: ifFull("symbol_error"), collector: ifFull("infiniband"))
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
                    sampled: Self.time, ageSeconds: 0.5, stale: true, local: end,
                    peerState: "observed", peerFailure: ifFull("timeout"), peer: ifFull(end),
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

    var counters: V1.Counters {
        V1.Counters(
            node: "n", time: Self.time, pass: ifFull(7),
            series: [
                V1.CounterSeries(
                    device: "mlx5_0", port: 1, end: "local", key: "k", sampled: ifFull(Self.time),
                    counters: [
                        V1.CounterEntry(
                            name: "symbol_error", state: "value", unit: "events",
                            value: ifFull(value))
                    ])
            ])
    }

    var deltas: V1.Deltas {
        V1.Deltas(
            node: "n", from: V1.PassTime(pass: 0, time: Self.time),
            to: V1.PassTime(pass: .max, time: Self.time), complete: false, passes: 30,
            next: "p7-00000000000000ab",
            series: [
                V1.DeltaSeries(
                    device: ifFull("mlx5_0"), port: ifFull(1), end: ifFull("peer"), key: "k",
                    from: Self.time, to: Self.time, stale: false,
                    counters: [
                        V1.CounterDelta(
                            name: "symbol_error", unit: "events", delta: ifFull(12),
                            quality: "at_least", reasons: isFull ? ["saturated"] : [])
                    ])
            ])
    }

    var problem: V1.Problem {
        V1.Problem(type: "/problems/gone", title: "Gone", status: 410, detail: "d")
    }
}
