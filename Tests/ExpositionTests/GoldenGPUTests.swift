import Exposition
import Testing

/// The part of a page that shows GPUs and events, to the letter.
struct GoldenGPUTests {
    private static let scrape = Node.scrape(
        gpus: [
            Node.gpu(
                totals: [
                    "ecc_volatile_corrected_errors": 12, "pcie_replays": 0, "energy": 1_234_567,
                ], gauges: ["temperature": 41, "power": 312_250, "recovery_action": 0],
                links: [
                    Node.nvlink(
                        17, totals: ["crc_errors": 3, "tx_data": 2, "fec_history_bin_1": 7],
                        gauges: ["state": 1, "speed": 26_562])
                ], xids: [48: 0, 79: 1])
        ], events: Node.events)

    // From the first family of GPUs to what follows.
    private static func section(_ format: TextFormat) -> String {
        let lines = String(decoding: scrape.render(format), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        return lines.drop { !$0.contains("_nvml_") }.prefix { !$0.contains("_history_size") }
            .joined(separator: "\n")
    }

    private static func wanted(_ format: TextFormat) -> String {
        switch format {
        case .prometheus: Golden.prometheusGPU
        case .openMetrics: Golden.openMetricsGPU
        }
    }

    @Test(arguments: TextFormat.allCases)
    func sectionIsTheSameToTheLetter(_ format: TextFormat) {
        let found = Self.section(format).split(separator: "\n")
        let wanted = Self.wanted(format).split(separator: "\n")
        for (line, pair) in zip(wanted, found).enumerated() where pair.0 != pair.1 {
            Issue.record("line \(line + 1): wanted \(pair.0), found \(pair.1)")
            return
        }
        #expect(found.count == wanted.count)
    }
}
