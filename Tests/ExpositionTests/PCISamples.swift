import Exposition
import Model

extension Node {
    /// A root port, a GPU and an HCA below it.
    static func functions(
        totals: [String: UInt64] = ["aer_correctable": 3], isUp: Bool = true
    ) -> [PCISample] {
        let root = PCIAddress(domain: 0, bus: 0x15, device: 1)
        func function(
            _ address: PCIAddress, _ role: PCIRole, device: String? = nil, gpu: Int? = nil
        ) -> PCISample {
            var report = PCIFunctionReport.unread(
                address, role, parent: role == .rootPort ? nil : root, state: .read)
            report.numaNode = role == .hca ? nil : 1
            let all = PCICounters.all.map { ($0.name, totals[$0.name] ?? 0) }
            let gauges: [String: UInt64] = [
                "present": 1, "aer_native": 1, "current_link_width": 8, "max_link_width": 16,
                "current_link_speed": 32_000, "max_link_speed": 32_000,
            ]
            return PCISample(
                report: report, device: device, gpuIndex: gpu, isUp: isUp,
                sampledSeconds: isUp ? 1_770_000_000.5 : nil,
                part: part(
                    PCICounters.all, PCICounters.gauges,
                    isUp ? Dictionary(uniqueKeysWithValues: all) : [:], isUp ? gauges : [:]))
        }
        return [
            function(root, .rootPort),
            function(PCIAddress(domain: 0, bus: 0x18, device: 0), .gpu, gpu: 0),
            function(PCIAddress(domain: 0, bus: 0x19, device: 0), .hca, device: "rail0"),
        ]
    }
}
