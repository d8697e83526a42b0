import Exposition
import Model

/// A seeded generator, so that a failure can be repeated from the seed in its message (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    /// Small, large and the largest numbers.
    mutating func count() -> UInt64 {
        switch Int.random(in: 0..<4, using: &self) {
        case 0: .random(in: 0...12, using: &self)
        case 1: .max
        default: next() >> UInt64.random(in: 0..<64, using: &self)
        }
    }

    mutating func seconds() -> Double {
        [0, 1e-9, 0.004_211, 12, 1_770_000_000.123, 1e17, .greatestFiniteMagnitude]
            .randomElement(using: &self) ?? 0
    }

    /// Text with everything that has a meaning in either format.
    mutating func text() -> String {
        let parts = [
            "rail", "0", "\"", "\\", "\n", "{", "}", ",", "=", "#", " ", "\t", "\r", "é", "🔌",
            "\u{0}", "\u{2028}", "\\n", "# EOF",
        ]
        return (0..<Int.random(in: 0...6, using: &self))
            .compactMap { _ in parts.randomElement(using: &self) }.joined()
    }

    /// Some that are always tried, and one that never was.
    static let seeds: [UInt64] = [1, 2, 3, 4] + [.random(in: .min ... .max)]
}

/// A small node to render.
enum Node {
    static let verdicts = ["PASS", "INFO", "WARNING", "UNKNOWN", "CRITICAL"]

    static let link = LinkInfo(
        state: 4, physicalState: 5, widthLanes: 4, laneMegabitsPerSecond: 106_250, lid: 17,
        smLID: 1, capabilityMask: 0)

    static func report(
        port: UInt8 = 1, description: String = "node1 HCA-1",
        peer: PeerReport = .observed(identity(), endReport)
    ) -> PortReport {
        PortReport(
            device: "mlx5_0", key: PortKey(node: GUID(0xA0), port: port), portGUID: GUID(0xA1),
            firmware: "28.39.1002", model: "MT4129", description: description, local: endReport,
            peer: peer)
    }

    static let endReport = EndReport(link: link, readings: [])

    static func identity(_ description: String = "leaf01", isSwitch: Bool = true) -> PeerIdentity {
        PeerIdentity(
            key: PortKey(node: GUID(0xB0), port: 5), isSwitch: isSwitch,
            systemImageGUID: GUID(0xB0), description: description, lid: 3)
    }

    /// An end that offers the counters in `totals` and nothing else.
    static func end(_ totals: [String: UInt64], link: LinkInfo? = link) -> EndSample {
        var sample = EndSample(
            link: link, isUp: true, sampledSeconds: 1_770_000_000.5,
            totals: Array(repeating: nil, count: InfiniBandCounters.count),
            entries: Array(repeating: Ledger.Entry(), count: InfiniBandCounters.count),
            gauges: Array(repeating: nil, count: InfiniBandCounters.gauges.count))
        for row in InfiniBandCounters.all.indices {
            let total = totals[InfiniBandCounters.all[row].name]
            sample.totals[row] = total
            sample.entries[row].status = total == nil ? .unsupported : .fresh
            sample.entries[row].total = total ?? 0
        }
        return sample
    }

    static func collector(_ name: String = "infiniband") -> CollectorSample {
        var transport = MADStatistics()
        transport.sent = 20
        transport.received = 18
        transport.retries = 1
        transport.timeouts = 1
        return CollectorSample(
            name: name, isUp: true, durationSeconds: 0.004_211, lastSuccessSeconds: 1_770_000_000.5,
            restarts: 2, slowTurns: 1, skippedTurns: 0, cpuSeconds: 0.25, residentBytes: 4_194_304,
            transport: transport)
    }

    static func scrape(
        conditions: [ConditionSample] = [], collectors: [CollectorSample] = [collector()],
        cables: [CableSample] = [cable()]
    ) -> Scrape {
        var process = ProcessSample()
        process.cpuSeconds = 1.5
        process.residentBytes = 9_437_184
        process.virtualBytes = 104_857_600
        process.openFiles = 21
        process.fileLimit = 1024
        process.threads = 4
        process.startSeconds = 1_769_999_000.25
        return Scrape(
            version: "0.1.0", verdict: (verdicts, "WARNING"), conditions: conditions,
            collectors: collectors, cables: cables,
            history: HistorySample(
                sizeBytes: 1_048_576, failures: 0, waiting: 0, lost: 0, appendSeconds: 0.003),
            server: ServerSample(
                requests: [("2xx", 7), ("4xx", 1), ("5xx", 0)], connections: 2, refused: 0),
            process: process)
    }

    static func cable() -> CableSample {
        CableSample(
            device: "rail0", rail: 0, report: report(),
            local: end(["symbol_error": 3, "port_xmit_data": 1000, "fec_corrected_lane_1": 5]),
            peer: end(["symbol_error": .max, "port_xmit_data": .max, "link_downed": 0]))
    }

    /// A node that has a sample in every family.
    static func everything() -> Scrape {
        let all = Dictionary(
            uniqueKeysWithValues: InfiniBandCounters.all.map { ($0.name, UInt64(1)) })
        var scrape = scrape(
            conditions: [
                ConditionSample(
                    labels: ["ib_link_down", "WARNING", "rail0", "1", "", ""],
                    isAcknowledged: true)
            ],
            cables: [
                CableSample(
                    device: "rail0", rail: 0, report: report(), local: end(all), peer: end(all))
            ])
        scrape.cables[0].local.gauges = InfiniBandCounters.gauges.map { _ in 1 }
        scrape.collectors[0].hearings = [
            EventHearing(device: "mlx5_0", isHeard: true, trouble: nil)
        ]
        scrape.gpus = gpus(fullGPUs(2, links: 2))
        scrape.pcie = functions()
        scrape.events = events
        scrape.maintenance = (1, 2)
        scrape.manifest = ManifestSample(differences: [.missing], unverified: 3)
        return scrape
    }

    static func page(_ scrape: Scrape, _ format: TextFormat) throws -> Page {
        try Page(scrape.render(format), format)
    }
}
