import Exposition
import Model
import Testing

/// What the page shows of GPUs, NVLinks and events, and what it leaves out.
struct GPUPageTests {
    private static func values(_ name: String, _ gpu: GPUSample) throws -> [Page.Value] {
        try Node.page(Node.scrape(gpus: [gpu]), .prometheus).samples
            .filter { $0.name == "fabricwatch_\(name)" }.map(\.value)
    }

    private static func line(_ name: String, _ gpu: GPUSample) -> Substring? {
        let text = String(decoding: Node.scrape(gpus: [gpu]).render(.prometheus), as: UTF8.self)
        return text.split(separator: "\n").first { $0.hasPrefix("fabricwatch_\(name){") }?
            .split(separator: " ").last
    }

    @Test(arguments: [
        ("energy", "energy_joules_total", UInt64(0), "0"),
        ("energy", "energy_joules_total", 5, "0.005"),
        ("energy", "energy_joules_total", 1_234_567, "1234.567"),
        ("energy", "energy_joules_total", 1_234_500, "1234.5"),
        ("energy", "energy_joules_total", 1_234_000, "1234"),
        ("energy", "energy_joules_total", .max, "18446744073709551.615"),
        ("throttled_power", "throttled_power_seconds_total", 5, "0.000000005"),
        ("throttled_power", "throttled_power_seconds_total", .max, "18446744073.709551615"),
        ("pcie_replays", "pcie_replays_total", .max, "18446744073709551615"),
        ("pcie_tx", "pcie_tx_bytes_total", 10, "10"),
    ])
    func countersAreShiftedToBaseUnitsToTheLastDigit(
        counter: String, metric: String, raw: UInt64, text: String
    ) {
        let gpu = Node.gpu(totals: [counter: raw])
        #expect(Self.line("gpu_\(metric)", gpu).map(String.init) == text)
    }

    @Test func trafficIsInBytesAndStaysAtTheMaximum() throws {
        for (raw, bytes) in [(UInt64(3), UInt64(3072)), (.max, .max)] {
            let gpu = Node.gpu(links: [Node.nvlink(7, totals: ["tx_data": raw])])
            #expect(try Self.values("nvlink_tx_data_bytes_total", gpu) == [.integer(bytes)])
        }
    }

    @Test(arguments: [
        ("temperature", "temperature_celsius", UInt64(bitPattern: -5), -5.0),
        ("power", "power_watts", 312_250, 312.25),
        ("utilization", "utilization_ratio", 97, 0.97),
        ("sm_clock", "sm_clock_hertz", 1980, 1.98e9),
    ])
    func gaugesAreInBaseUnits(
        gauge: String, metric: String, raw: UInt64, value: Double
    ) throws {
        let gpu = Node.gpu(gauges: [gauge: raw])
        #expect(try Self.values("gpu_\(metric)", gpu) == [.real(value)])
    }

    @Test func codesStayWhole() throws {
        let gpu = Node.gpu(
            gauges: ["clocks_event_reasons": 0x1_0000_0000_0001, "recovery_action": 1],
            links: [Node.nvlink(0, gauges: ["state": 2, "effective_ber": 0x50C])])
        #expect(
            try Self.values("gpu_clocks_event_reasons", gpu) == [.integer(0x1_0000_0000_0001)])
        #expect(try Self.values("gpu_recovery_action", gpu) == [.integer(1)])
        #expect(try Self.values("nvlink_state", gpu) == [.integer(2)])
        #expect(try Self.values("nvlink_effective_ber_ratio", gpu) == [.real(5e-12)])
    }

    /// Nothing stale passes for fresh, and nothing unknown for zero.
    @Test func silentGPU() throws {
        var gpu = Node.gpu(
            totals: ["energy": 1], gauges: ["temperature": 30],
            links: [Node.nvlink(0, totals: ["tx_data": 1], gauges: ["state": 1])], xids: [79: 1])
        gpu.isUp = false
        gpu.part.totals = gpu.part.totals.map { _ in nil }
        gpu.part.gauges = gpu.part.gauges.map { _ in nil }
        gpu.links[0].part.totals = gpu.part.totals
        gpu.links[0].part.gauges = gpu.part.gauges
        let page = try Node.page(Node.scrape(gpus: [gpu]), .prometheus)
        let shown = Set(
            page.samples.map(\.name).filter {
                $0.hasPrefix("fabricwatch_gpu") || $0.hasPrefix("fabricwatch_nvlink")
            })
        #expect(
            shown == [
                "fabricwatch_gpu_up", "fabricwatch_gpu_info", "fabricwatch_gpu_slow_calls_total",
                "fabricwatch_gpu_last_sample_timestamp_seconds",
                "fabricwatch_gpu_xid_errors_total", "fabricwatch_gpu_counters",
                "fabricwatch_nvlink_info", "fabricwatch_nvlink_counters",
            ])
        #expect(try Self.values("gpu_up", gpu) == [.integer(0)])
        let unsupported = UInt64(GPUCounters.all.count - 1)
        #expect(
            try Self.values("gpu_counters", gpu)
                == [0, 0, 0, 1, 0, unsupported].map { .integer($0) })
    }

    @Test func aGPUThatWasNeverReadHasAPlaceAndNoName() throws {
        var gpu = Node.gpu(3)
        gpu.identity = nil
        gpu.sampledSeconds = nil
        gpu.isUp = false
        let page = try Node.page(Node.scrape(gpus: [gpu]), .prometheus)
        let up = try #require(page.samples.first { $0.name == "fabricwatch_gpu_up" })
        #expect(up.labels.map(\.value) == ["3", ""])
        let info = try #require(page.samples.first { $0.name == "fabricwatch_gpu_info" })
        #expect(
            info.labels.map(\.value) == ["3", "", "0000:1b:00.0"] + Array(repeating: "", count: 8))
        #expect(!page.samples.contains { $0.name.contains("gpu_last_sample") })
    }

    @Test func qualitiesOfAllLinksAreAddedUp() throws {
        var links = (0..<18).map { Node.nvlink($0, totals: ["tx_data": 1, "crc_errors": 1]) }
        let row = try #require(NVLinkCounters.all.firstIndex { $0.name == "crc_errors" })
        links[4].part.entries[row].quality = .atLeast
        links[5].part.entries[row].status = .noPermission
        links[5].part.totals[row] = nil
        let unsupported = UInt64(18 * (NVLinkCounters.all.count - 2))
        #expect(
            try Self.values("nvlink_counters", Node.gpu(links: links))
                == [34, 1, 0, 0, 1, unsupported].map { .integer($0) })
    }

    /// The number is in the label and the sample a count, so that increase() sees each one.
    @Test func xidsAreCountedByNumberAndMayBeZero() throws {
        let page = try Node.page(
            Node.scrape(gpus: [Node.gpu(xids: [79: 2, 48: 0, 119: .max])]), .openMetrics)
        let samples = page.samples.filter { $0.name == "fabricwatch_gpu_xid_errors_total" }
        #expect(samples.map { $0.labels.last?.value } == ["48", "79", "119"])
        #expect(samples.map(\.value) == [.integer(0), .integer(2), .integer(.max)])
    }

    @Test func fecHistory() throws {
        let gpu = Node.gpu(links: [
            Node.nvlink(3, totals: ["fec_history_bin_0": 9, "fec_history_bin_15": 1])
        ])
        let samples = try Node.page(Node.scrape(gpus: [gpu]), .openMetrics).samples.filter {
            $0.name == "fabricwatch_nvlink_fec_history_blocks_total"
        }
        for sample in samples {
            #expect(sample.labels.map(\.name) == ["gpu", "uuid", "link", "bin"])
        }
        #expect(samples.map { $0.labels.last?.value } == ["0", "15"])
        #expect(samples.map(\.value) == [.integer(9), .integer(1)])
    }

    @Test(arguments: GPULibrary.State.allCases)
    func libraryIsUpWhenItAnswers(_ state: GPULibrary.State) throws {
        var scrape = Node.scrape(gpus: [])
        scrape.gpus?.library = GPULibrary(state: state)
        scrape.gpus?.calls = [:]
        let samples = try Node.page(scrape, .prometheus).samples.filter {
            $0.name.hasPrefix("fabricwatch_nvml")
        }
        #expect(samples.map(\.name) == ["fabricwatch_nvml_up"])
        #expect(samples.map(\.value) == [.integer(state == .ready ? 1 : 0)])
    }

    @Test(arguments: KernelLogReport.State.allCases)
    func logIsUpWhenItIsRead(_ state: KernelLogReport.State) throws {
        var events = Node.events
        events.log?.state = state
        let samples = try Node.page(Node.scrape(gpus: [], events: events), .prometheus).samples
        let up = samples.filter { $0.name == "fabricwatch_kernel_log_up" }
        #expect(up.map(\.value) == [.integer(state == .reading ? 1 : 0)])
    }

    /// What a probe said before it died is no answer.
    @Test func nothingIsUpWithoutItsProbe() throws {
        var scrape = Node.scrape(gpus: [], events: Node.events)
        scrape.gpus?.isProbeUp = false
        scrape.events?.isLogProbeUp = false
        let samples = try Node.page(scrape, .prometheus).samples
        for name in ["fabricwatch_nvml_up", "fabricwatch_kernel_log_up"] {
            #expect(samples.first { $0.name == name }?.value == .integer(0))
        }
        #expect(!samples.contains { $0.name == "fabricwatch_nvml_call_duration_last_seconds" })
        #expect(samples.contains { $0.name == "fabricwatch_nvml_call_duration_max_seconds" })
    }

    @Test(arguments: TextFormat.allCases)
    func aNodeWithoutGPUsHasNoneOfTheirFamilies(_ format: TextFormat) throws {
        let titles = try Node.page(Node.scrape(), format).families.map(\.title)
        for word in ["gpu", "nvlink", "nvml", "nvswitch", "kernel"] {
            #expect(!titles.contains { $0.split(separator: "_").contains(word[...]) })
        }
    }

    /// A full H100 node: what Prometheus has to take in, so that growth is a decision.
    @Test func sizeOfAFullNode() throws {
        let scrape = Node.scrape(gpus: Node.fullGPUs(8, links: 18))
        let page = try Node.page(scrape, .prometheus)
        let own = page.samples.filter {
            $0.name.hasPrefix("fabricwatch_gpu") || $0.name.hasPrefix("fabricwatch_nvlink")
        }
        #expect(own.count == 7320)
        #expect(scrape.render(.prometheus).count < 1 << 20)
    }
}
