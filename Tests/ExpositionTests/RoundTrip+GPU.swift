import Exposition
import Foundation
import Model

/// GPUs and events made up by chance.
enum RandomGPUs {
    static func gpus(_ random: inout Seeded) -> GPUsSample {
        var sample = Node.gpus([])
        sample.library.state = GPULibrary.State.allCases.randomElement(using: &random) ?? .ready
        sample.library.version = random.text()
        sample.library.driver = random.text()
        for family in CallFamily.allCases where random.chance(50) {
            sample.calls[family] = CallLatency(
                lastNanoseconds: random.count(), maximumNanoseconds: random.count(),
                calls: random.count(), errors: random.count())
        }
        sample.gpus = (0..<Int.random(in: 0...3, using: &random)).map { gpu($0, &random) }
        return sample
    }

    private static func gpu(_ index: Int, _ random: inout Seeded) -> GPUSample {
        var gpu = Node.gpu(index)
        gpu.isUp = random.chance(50)
        gpu.sampledSeconds = random.chance(20) ? nil : random.seconds()
        gpu.identity?.name = random.text()
        if random.chance(20) { gpu.identity = nil }
        fill(&gpu.part, &random)
        gpu.links = (0..<UInt8.random(in: 0...2, using: &random)).map { number in
            let kind = NVLinkRemote.Kind.allCases.randomElement(using: &random) ?? .gpu
            let address = PCIAddress(domain: 0, bus: number, device: 3)
            var link = Node.nvlink(
                number,
                remote: random.chance(20)
                    ? nil : NVLinkRemote(kind: kind, address: random.chance(50) ? nil : address))
            fill(&link.part, &random)
            return link
        }
        for xid in [UInt32(48), 79, 149] where random.chance(50) { gpu.xids[xid] = random.count() }
        return gpu
    }

    private static func fill(_ part: inout PartSample, _ random: inout Seeded) {
        let statuses: [Ledger.Entry.Status] = [.fresh, .fresh, .missing, .noPermission, .never]
        for row in part.entries.indices where random.chance(50) {
            part.totals[row] = random.chance(20) ? nil : random.count()
            part.entries[row].quality = Quality.allCases.randomElement(using: &random) ?? .exact
            part.entries[row].status = statuses.randomElement(using: &random) ?? .fresh
        }
        for row in part.gauges.indices where random.chance(50) {
            part.gauges[row] = random.count()
        }
    }

    static func events(_ random: inout Seeded) -> EventsSample {
        var events = EventsSample(log: nil, isLogProbeUp: true, kinds: [], sxids: [])
        for kind in NodeEvent.Kind.allCases where random.chance(30) {
            events.kinds.append(.init(kind: kind, device: random.text(), count: random.count()))
        }
        for number in [UInt32(11_001), 20_034] where random.chance(50) {
            events.sxids.append(
                .init(device: random.text(), number: number, count: random.count()))
        }
        if random.chance(70) {
            let moment = Moment(bootID: "", boottimeNanoseconds: 0, wallMilliseconds: 0)
            events.log = KernelLogReport(
                moment: moment,
                state: KernelLogReport.State.allCases.randomElement(using: &random) ?? .failed,
                records: random.count(), matched: 0, lost: random.count(),
                dropped: random.count())
        }
        return events
    }
}

extension Expected {
    static func gpus(_ gpus: GPUsSample) -> [Page.Sample] {
        let library = gpus.library
        var samples = [sample("nvml_up", [], library.state == .ready ? 1 : 0)]
        if library.version + library.driver != "" {
            samples.append(
                sample(
                    "nvml_info", [("version", library.version), ("driver", library.driver)], 1))
        }
        for (family, latency) in gpus.calls {
            let labels = [("family", family.name)]
            samples += [
                sample(
                    "nvml_call_duration_last_seconds", labels, shifted(latency.lastNanoseconds, 9)),
                sample(
                    "nvml_call_duration_max_seconds", labels,
                    shifted(latency.maximumNanoseconds, 9)),
            ].compactMap { $0 }
            samples += [
                sample("nvml_calls_total", labels, latency.calls),
                sample("nvml_call_errors_total", labels, latency.errors),
            ]
        }
        return samples + gpus.gpus.flatMap(gpu)
    }

    private static func gpu(_ gpu: GPUSample) -> [Page.Sample] {
        let labels = [("gpu", "\(gpu.index)"), ("uuid", gpu.identity?.uuid.description ?? "")]
        let known = gpu.identity != nil
        var samples = [
            sample("gpu_up", labels, gpu.isUp ? 1 : 0),
            sample("gpu_slow_calls_total", labels, gpu.slowCalls),
            sample(
                "gpu_info",
                labels + [
                    ("pci_address", gpu.address.description),
                    ("name", gpu.identity?.name ?? ""), ("serial", known ? "1650" : ""),
                    ("board_part", known ? "692-2G520" : ""), ("vbios", known ? "96.00" : ""),
                    ("inforom", known ? "G520.0200" : ""),
                    ("gsp_firmware", known ? "580.82" : ""),
                    ("minor", known ? "\(gpu.index)" : ""), ("module_id", known ? "4" : ""),
                ], 1),
        ]
        if let at = gpu.sampledSeconds,
            let when = sample("gpu_last_sample_timestamp_seconds", labels, .real(at))
        {
            samples.append(when)
        }
        for (xid, count) in gpu.xids {
            samples.append(sample("gpu_xid_errors_total", labels + [("xid", "\(xid)")], count))
        }
        samples += qualities("gpu", [(gpu.part.entries, gpu.part.totals)], labels)
        samples += part("gpu", gpu.part, GPUCounters.all, GPUCounters.gauges, labels)
        if !gpu.links.isEmpty {
            samples += qualities(
                "nvlink", gpu.links.map { ($0.part.entries, $0.part.totals) }, labels)
        }
        return samples + gpu.links.flatMap { link($0, labels) }
    }

    private static func link(_ link: NVLinkSample, _ gpu: Labels) -> [Page.Sample] {
        let labels = gpu + [("link", "\(link.number)")]
        var samples = part(
            "nvlink", link.part, NVLinkCounters.all, NVLinkCounters.gauges, labels)
        if let remote = link.remote {
            samples.append(
                sample(
                    "nvlink_info",
                    labels + [
                        ("remote_kind", remote.kind.name),
                        ("remote_address", remote.address.map { "\($0)" } ?? ""),
                    ], 1))
        }
        return samples
    }

    private static func part(
        _ prefix: String, _ part: PartSample, _ table: [Counter], _ gauges: [Gauge],
        _ labels: Labels
    ) -> [Page.Sample] {
        let counters = zip(table, part.totals).compactMap { counter, total -> Page.Sample? in
            guard let total else { return nil }
            let index = counter.index.map { [($0.label, "\($0.number)")] } ?? []
            let isKibibytes = counter.unit == .kibibytes
            let value = isKibibytes ? (total > .max / 1024 ? .max : total * 1024) : total
            let places = [Unit.millijoules: 3, .nanoseconds: 9][counter.unit] ?? 0
            return sample("\(prefix)_\(counter.metric)", labels + index, shifted(value, places))
        }
        let values = zip(gauges, part.gauges).compactMap { gauge, raw -> Page.Sample? in
            guard let raw else { return nil }
            let value: Page.Value =
                switch gauge.unit.published(raw) {
                case .integer(let value): .integer(value)
                case .decimal(let value): .real(value)
                }
            return sample("\(prefix)_\(gauge.metric)", labels, value)
        }
        return counters + values
    }

    // Moves the decimal point by text, which is exact.
    private static func shifted(_ value: UInt64, _ places: Int) -> Page.Value {
        guard places > 0 else { return .integer(value) }
        let number = Decimal(string: "\(value)e-\(places)") ?? 0
        let text = "\(number)"
        return UInt64(text).map(Page.Value.integer) ?? .real(Double(text) ?? -1)
    }

    static func events(_ events: EventsSample) -> [Page.Sample] {
        var samples = events.kinds.map {
            sample(
                "kernel_events_total", [("kind", $0.kind.rawValue), ("device", $0.device)],
                $0.count)
        }
        samples += events.sxids.map {
            sample(
                "nvswitch_sxid_errors_total", [("device", $0.device), ("sxid", "\($0.number)")],
                $0.count)
        }
        guard let log = events.log else { return samples }
        return samples + [
            sample("kernel_log_up", [], log.state == .reading ? 1 : 0),
            sample("kernel_log_records_total", [], log.records),
            sample("kernel_log_lost_records_total", [], log.lost),
            sample("kernel_log_dropped_events_total", [], log.dropped),
        ]
    }
}
