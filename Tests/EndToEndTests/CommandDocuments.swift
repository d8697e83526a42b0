import Wire

/// Documents of a node that exists for tests only.
enum Documents {
    static let node = "gpu-017"
    static let time = "2026-02-03T04:05:06.789Z"

    // MARK: Health

    static func health(
        _ verdict: String, _ summary: String = "All is well.", _ conditions: [V1.Condition] = [],
        ports: Int = 2, collectors: [V1.Collector] = [collector()]
    ) -> V1.Health {
        V1.Health(
            node: node, time: time, verdict: verdict, summary: summary,
            expectations: "not_configured", conditions: conditions,
            observed: V1.Observed(ports: ports, active: ports, peers: ports),
            collectors: collectors)
    }

    static func collector(
        _ name: String = "infiniband", _ state: String = "ok", age: Double? = 4.25,
        workingOn: String? = nil, restarts: Int = 0, detail: String? = nil
    ) -> V1.Collector {
        V1.Collector(
            name: name, state: state, lastSuccess: age.map { _ in time }, ageSeconds: age,
            workingOn: workingOn, restarts: restarts, detail: detail)
    }

    static let linkDown = V1.Condition(
        id: "ib_link_down", severity: "CRITICAL", since: "2026-02-03T04:01:54.000Z",
        subject: V1.Subject(device: "rail1", port: 1, key: "0x0002c90300000002/1"),
        summary: "rail1 port 1 is down: it hears nothing from the other side.",
        accused: ["cable", "peer_port"], evidenceGrade: "local_only",
        evidence: ["PortState down, PortPhysicalState polling", "the values are stale"],
        action: "Reseat the cable at both ends.", playbook: "/playbooks/ib_link_down.md")

    static let blind = V1.Condition(
        id: "counter_blind", severity: "WARNING", since: "2026-02-01T00:00:00.000Z",
        subject: V1.Subject(
            device: "rail0", port: 1, end: "peer", key: "0x0002c90300000009/17"),
        summary: "A counter is full.", accused: [], evidenceGrade: "peer_only",
        evidence: ["symbol_error is stuck at its maximum 65535"], action: "Record the values.",
        playbook: "/playbooks/counter_blind.md")

    // MARK: Links

    static func links(_ links: [V1.Link]) -> V1.Links {
        V1.Links(node: node, time: time, pass: links.isEmpty ? nil : 130, links: links)
    }

    static func link(
        _ device: String, rail: Int? = 0, age: Double = 2.06, stale: Bool = false,
        local: V1.LinkEnd = end(), peerState: String = "observed", peer: V1.LinkEnd? = leaf(),
        peerFailure: String? = nil,
        counters: [V1.LinkCounter] = [counter("symbol_error", value(0), value(0))],
        linkLayer: String = "InfiniBand", role: String = "fabric"
    ) -> V1.Link {
        V1.Link(
            device: device, port: 1, rail: rail, collector: "infiniband", sampled: time,
            ageSeconds: age, stale: stale, linkLayer: linkLayer, role: role,
            local: local,
            peerState: peerState, peerFailure: peerFailure ?? peer?.failure, peer: peer,
            counters: counters)
    }

    static func end(
        _ state: String? = "active", _ physicalState: String? = "link_up", stale: Bool = false,
        failure: String? = nil
    ) -> V1.LinkEnd {
        let isUp = state == "active"
        return V1.LinkEnd(
            guid: "0x0002c90300000001", port: 1, description: "gpu-017 mlx5_0", type: "hca",
            kernelDevice: "mlx5_0", firmware: "28.39.1002", model: "MT4129", lid: 7, state: state,
            physicalState: physicalState, widthLanes: isUp ? 4 : nil, speed: isUp ? "NDR" : nil,
            bitsPerSecond: isUp ? 425_000_000_000 : nil, stale: stale, failure: failure)
    }

    static func leaf(
        _ description: String? = "leaf-1", stale: Bool = false, failure: String? = nil
    ) -> V1.LinkEnd {
        V1.LinkEnd(
            guid: "0x0002c90300000009", port: 17, description: description, type: "switch",
            kernelDevice: nil, firmware: nil, model: nil, lid: 3, state: "active",
            physicalState: "link_up", widthLanes: 4, speed: "NDR", bitsPerSecond: 425_000_000_000,
            stale: stale, failure: failure)
    }

    static func counter(
        _ name: String, _ local: V1.CounterValue?, _ peer: V1.CounterValue?,
        unit: String = "events", accuses: String = "incoming_path"
    ) -> V1.LinkCounter {
        V1.LinkCounter(name: name, unit: unit, accuses: accuses, local: local, peer: peer)
    }

    static func value(
        _ total: UInt64, saturated: Bool = false, stale: Bool = false
    ) -> V1.CounterValue {
        V1.CounterValue(
            total: total, raw: total, source: "PortCounters", widthBits: 16, saturated: saturated,
            quality: "exact", stale: stale)
    }

    // MARK: Deltas

    static func deltas(
        _ from: UInt64, _ to: UInt64, complete: Bool = true, _ series: [V1.DeltaSeries]
    ) -> V1.Deltas {
        V1.Deltas(
            node: node, from: V1.PassTime(pass: from, time: passTime(from)),
            to: V1.PassTime(pass: to, time: passTime(to)), complete: complete,
            passes: Int(to - from), next: "p\(to)-00000000000000ab", series: series)
    }

    static func series(
        _ device: String?, _ end: String? = "local", from: UInt64, to: UInt64,
        stale: Bool = false, _ counters: [V1.CounterDelta]
    ) -> V1.DeltaSeries {
        V1.DeltaSeries(
            class: "infiniband_port",
            place: V1.Place(
                device: device, port: device.map { _ in 1 }, end: device.flatMap { _ in end }),
            key: "0x0002c90300000009/17", from: passTime(from), to: passTime(to), stale: stale,
            counters: counters)
    }

    static func delta(
        _ name: String, _ delta: UInt64?, _ quality: String = "exact", _ reasons: String...,
        unit: String = "events", accuses: String? = nil
    ) -> V1.CounterDelta {
        V1.CounterDelta(
            name: name, unit: unit, accuses: accuses, delta: delta, quality: quality,
            reasons: reasons)
    }

    static func passTime(_ pass: UInt64) -> String {
        "2026-02-03T04:0\(pass / 6 % 10):\(pass % 6)0.000Z"
    }
}
