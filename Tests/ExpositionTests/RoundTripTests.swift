import Exposition
import Model
import Testing

/// Whatever is put on a page can be read from it.
struct RoundTripTests {
    @Test(arguments: TextFormat.allCases, Seeded.seeds)
    func randomPagesReadBackTheSame(format: TextFormat, seed: UInt64) throws {
        var random = Seeded(seed)
        for round in 0..<25 {
            let scrape = Self.scrape(&random)
            let page = try Node.page(scrape, format)
            let found = Set(page.samples.filter { Self.isCompared($0.name) })
            let wanted = Expected.samples(scrape)
            let missing = wanted.subtracting(found).first.map { "\($0)" } ?? ""
            let extra = found.subtracting(wanted).first.map { "\($0)" } ?? ""
            #expect(
                missing.isEmpty && extra.isEmpty,
                "seed \(seed), round \(round): missing \(missing), not expected \(extra)")
        }
    }

    // What the daemon and its server say of themselves has tests of its own.
    private static func isCompared(_ name: String) -> Bool {
        let words = [
            "infiniband", "collector", "health", "gpu", "nvlink", "nvml", "nvswitch", "kernel",
        ]
        return words.contains { name.hasPrefix("fabricwatch_\($0)_") }
    }

    private static func scrape(_ random: inout Seeded) -> Scrape {
        var scrape = Node.scrape()
        scrape.verdict.current = Node.verdicts.randomElement(using: &random) ?? ""
        scrape.conditions = (0..<Int.random(in: 0...3, using: &random)).map { number in
            ConditionSample(labels: (0..<9).map { _ in "\(number)" + random.text() })
        }
        scrape.collectors = (0..<Int.random(in: 0...3, using: &random)).map {
            collector("\($0)", &random)
        }
        scrape.cables = (0..<Int.random(in: 0...3, using: &random)).map {
            cable(UInt8($0 + 1), &random)
        }
        scrape.gpus = random.chance(20) ? nil : RandomGPUs.gpus(&random)
        scrape.events = random.chance(20) ? nil : RandomGPUs.events(&random)
        return scrape
    }

    private static func collector(_ prefix: String, _ random: inout Seeded) -> CollectorSample {
        var transport = MADStatistics()
        transport.sent = random.count()
        transport.late = random.count()
        return CollectorSample(
            name: prefix + random.text(), isUp: random.chance(50),
            durationSeconds: random.chance(20) ? nil : random.seconds(),
            lastSuccessSeconds: random.chance(20) ? nil : random.seconds(),
            restarts: random.count(), slowTurns: random.count(), skippedTurns: random.count(),
            cpuSeconds: random.seconds(), residentBytes: random.chance(20) ? nil : random.count(),
            transport: transport)
    }

    private static func cable(_ port: UInt8, _ random: inout Seeded) -> CableSample {
        let peer: PeerReport =
            random.chance(30)
            ? .absent
            : .observed(
                Node.identity(random.text(), isSwitch: random.chance(50)), Node.endReport)
        return CableSample(
            device: random.text(), rail: random.chance(50) ? nil : 3,
            report: Node.report(port: port, description: random.text(), peer: peer),
            local: end(&random), peer: random.chance(30) ? nil : end(&random))
    }

    private static func end(_ random: inout Seeded) -> EndSample {
        var link = Node.link
        link.state = .random(in: 1...4, using: &random)
        link.widthLanes = random.chance(20) ? 0 : 4
        var sample = Node.end([:], link: random.chance(20) ? nil : link)
        sample.isUp = random.chance(50)
        sample.sampledSeconds = random.chance(20) ? nil : random.seconds()
        let isStale = random.chance(20)
        for row in sample.entries.indices where random.chance(50) {
            sample.totals[row] = isStale || random.chance(10) ? nil : random.count()
            sample.entries[row].isSaturated = random.chance(20)
            sample.entries[row].quality = Quality.allCases.randomElement(using: &random) ?? .exact
            sample.entries[row].status = random.chance(80) ? .fresh : .missing
        }
        for row in sample.gauges.indices where random.chance(50) {
            sample.gauges[row] = .random(in: 0...100, using: &random)
        }
        return sample
    }
}

/// The samples of a scrape, said anew and without regard to order or cost.
enum Expected {
    typealias Labels = [(String, String)]

    static func samples(_ scrape: Scrape) -> Set<Page.Sample> {
        var samples = Node.verdicts.map {
            sample("health_verdict", [("verdict", $0)], $0 == scrape.verdict.current ? 1 : 0)
        }
        let names = [
            "condition", "severity", "device", "port", "end", "collector", "gpu", "uuid", "xid",
        ]
        for condition in scrape.conditions {
            samples.append(sample("health_condition", Array(zip(names, condition.labels)), 1))
        }
        for collector in scrape.collectors { samples += self.collector(collector) }
        for cable in scrape.cables { samples += self.cable(cable) }
        samples += scrape.gpus.map(gpus) ?? []
        samples += scrape.events.map(events) ?? []
        return Set(samples)
    }

    static func sample(
        _ name: String, _ labels: Labels, _ value: Page.Value?
    ) -> Page.Sample? {
        value.map {
            Page.Sample(
                name: "fabricwatch_\(name)",
                labels: labels.map { Page.Label(name: $0.0, value: $0.1) }, value: $0)
        }
    }

    static func sample(_ name: String, _ labels: Labels, _ value: UInt64) -> Page.Sample {
        Page.Sample(
            name: "fabricwatch_\(name)",
            labels: labels.map { Page.Label(name: $0.0, value: $0.1) }, value: .integer(value))
    }

    private static func collector(_ collector: CollectorSample) -> [Page.Sample] {
        let labels = [("collector", collector.name)]
        let integers: [(String, UInt64?)] = [
            ("up", collector.isUp ? 1 : 0), ("restarts_total", collector.restarts),
            ("slow_turns_total", collector.slowTurns),
            ("skipped_turns_total", collector.skippedTurns),
            ("resident_memory_bytes", collector.residentBytes),
        ]
        let reals: [(String, Double?)] = [
            ("duration_seconds", collector.durationSeconds),
            ("last_success_timestamp_seconds", collector.lastSuccessSeconds),
            ("cpu_seconds_total", collector.cpuSeconds),
        ]
        return integers.compactMap { name, value in
            sample("collector_\(name)", labels, value.map(Page.Value.integer))
        }
            + reals.compactMap { name, value in
                sample("collector_\(name)", labels, value.map(Page.Value.real))
            }
    }

    private static func cable(_ cable: CableSample) -> [Page.Sample] {
        let place = [("device", cable.device), ("port", "\(cable.report.key.port)")]
        var samples = [
            sample(
                "infiniband_port_info",
                place + [
                    ("guid", "0x00000000000000a0"), ("port_guid", "0x00000000000000a1"),
                    ("kernel_device", "mlx5_0"), ("description", cable.report.description),
                    ("firmware", "28.39.1002"), ("model", "MT4129"),
                    ("rail", cable.rail == nil ? "" : "3"), ("link_layer", "InfiniBand"),
                    ("role", cable.report.identity.role.rawValue),
                ], 1)
        ]
        if case .observed(let peer, _) = cable.report.peer {
            samples.append(
                sample(
                    "infiniband_peer_info",
                    place + [
                        ("peer_guid", "0x00000000000000b0"), ("peer_port", "5"),
                        ("peer_description", peer.description),
                        ("peer_type", peer.isSwitch ? "switch" : "hca"),
                    ], 1))
        }
        samples += end(cable.local, place + [("end", "local")])
        return samples + (cable.peer.map { end($0, place + [("end", "peer")]) } ?? [])
    }

    private static func end(_ end: EndSample, _ labels: Labels) -> [Page.Sample] {
        let isUp = end.link.map { $0.state > 1 && $0.widthLanes > 0 } ?? false
        let rate = UInt64(4 * 106_250) * 1_000_000 / 8
        let seen = end.entries.indices.filter {
            end.entries[$0].status == .fresh && end.totals[$0] != nil
        }
        let full = seen.filter { end.entries[$0].isSaturated }.count
        let integers: [(String, UInt64?)] = [
            ("port_state", end.link.map { UInt64($0.state) }),
            ("port_physical_state", end.link.map { UInt64($0.physicalState) }),
            ("link_width_lanes", isUp ? 4 : nil),
            ("link_rate_bytes_per_second", isUp ? rate : nil), ("end_up", end.isUp ? 1 : 0),
            ("saturated_counters", seen.isEmpty ? nil : UInt64(full)),
        ]
        var samples = integers.compactMap { name, value in
            sample("infiniband_\(name)", labels, value.map(Page.Value.integer))
        }
        if let at = end.sampledSeconds {
            samples += [sample("infiniband_end_last_sample_timestamp_seconds", labels, .real(at))]
                .compactMap { $0 }
        }
        samples += qualities("infiniband", [(end.entries, end.totals)], labels)
        for (gauge, raw) in zip(InfiniBandCounters.gauges, end.gauges) {
            let value = raw.map { Page.Value.real(Double($0) / 100) }
            samples += [sample("infiniband_\(gauge.name)_ratio", labels, value)].compactMap { $0 }
        }
        return samples
            + end.totals.enumerated().compactMap { row, total in
                total.map { counter(InfiniBandCounters.all[row], $0, labels) }
            }
    }

    static func qualities(
        _ prefix: String, _ parts: [([Ledger.Entry], [UInt64?])], _ labels: Labels
    ) -> [Page.Sample] {
        let all = parts.flatMap { Array(zip($0, $1)) }
        func count(_ holds: (Ledger.Entry, Bool) -> Bool) -> UInt64 {
            UInt64(all.filter { holds($0.0, $0.0.status == .fresh && $0.1 != nil) }.count)
        }
        let unsupported = count { entry, _ in entry.status == .unsupported }
        let denied = count { entry, _ in entry.status == .noPermission }
        let seen = count { $1 }
        let counts =
            Quality.allCases.map { quality in
                (quality.name, count { $1 && $0.quality == quality })
            } + [
                ("failed", UInt64(all.count) - seen - unsupported - denied),
                ("no_permission", denied), ("unsupported", unsupported),
            ]
        return counts.map { name, count in
            sample("\(prefix)_counters", labels + [("quality", name)], count)
        }
    }

    private static func counter(
        _ counter: Counter, _ total: UInt64, _ labels: Labels
    ) -> Page.Sample {
        let lane = counter.lane.map { [("lane", "\($0)")] } ?? []
        let isWords = counter.unit == .fourOctets
        let value = isWords ? (total > .max / 4 ? .max : total * 4) : total
        return sample("infiniband_\(counter.metric)", labels + lane, value)
    }
}
