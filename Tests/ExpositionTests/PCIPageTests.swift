import Exposition
import Model
import Testing

/// The PCI functions on the page.
struct PCIPageTests {
    private static func page(_ functions: [PCISample]) throws -> Page {
        var scrape = Node.scrape(cables: [])
        scrape.pcie = functions
        return try Node.page(scrape, .prometheus)
    }

    @Test func `functions are told apart, and joined with cables and GPUs`() throws {
        let page = try Self.page(Node.functions())
        let widths = page.samples.filter {
            $0.name == "fabricwatch_pcie_current_link_width_lanes"
        }
        #expect(widths.count == 3 && widths.allSatisfy { $0.value == .integer(8) })
        #expect(
            widths.map { $0.labels.map(\.value) } == [
                ["0000:15:01.0", "root_port", "", ""], ["0000:18:00.0", "gpu", "", "0"],
                ["0000:19:00.0", "hca", "rail0", ""],
            ])
        let speed = page.samples.first {
            $0.name == "fabricwatch_pcie_max_link_speed_transfers_per_second"
        }
        #expect(speed?.value == .real(32e9))
        let errors = page.samples.filter { $0.name == "fabricwatch_pcie_aer_correctable_total" }
        #expect(errors.map(\.value) == Array(repeating: .integer(3), count: 3))
        let info = page.samples.filter { $0.name == "fabricwatch_pcie_info" }
        #expect(
            info.map { $0.labels.suffix(2).map(\.value) } == [
                ["", "1"], ["0000:15:01.0", "1"], ["0000:15:01.0", ""],
            ])
    }

    @Test func `what was not read has no value`() throws {
        let page = try Self.page(Node.functions(isUp: false))
        let names = Set(page.samples.map(\.name).filter { $0.hasPrefix("fabricwatch_pcie_") })
        #expect(
            names == [
                "fabricwatch_pcie_info", "fabricwatch_pcie_up", "fabricwatch_pcie_counters",
            ])
        let up = page.samples.filter { $0.name == "fabricwatch_pcie_up" }
        #expect(up.map(\.value) == Array(repeating: .integer(0), count: 3))
    }

    @Test func `a node without them has no such family`() throws {
        let page = try Self.page([])
        #expect(!page.samples.contains { $0.name.hasPrefix("fabricwatch_pcie_") })
    }
}
