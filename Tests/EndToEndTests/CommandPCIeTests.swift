import Testing
import Wire

/// `pcie`.
@Suite(.timeLimit(.minutes(5)))
struct CommandPCIeTests {
    private static func hop(
        _ address: String, _ role: String, width: Int? = 16, devices: [String]? = nil,
        _ change: (inout V1.PCIeHop) -> Void = { _ in }
    ) -> V1.PCIeHop {
        var hop = V1.PCIeHop(unknown: address, devices: devices)
        (hop.role, hop.state, hop.stale) = (role, "read", false)
        (hop.widthLanes, hop.maxWidthLanes, hop.speedGtps, hop.maxSpeedGtps) = (width, 16, 32, 32)
        (hop.aerCorrectable, hop.aerNonfatal, hop.aerFatal) = (0, 0, 0)
        (hop.numaNode, hop.aerNative) = (0, true)
        change(&hop)
        return hop
    }

    private static func document(
        _ change: (inout [V1.PCIeDevice]) -> Void = { _ in }
    ) -> V1.PCIe {
        let all = ["0000:18:00.0", "0000:19:00.0"]
        let above = [
            hop("0000:16:00.0", "bridge", devices: all),
            hop("0000:15:01.0", "root_port", devices: all),
        ]
        var gpu = V1.PCIeDevice(
            address: all[0], role: "gpu", device: nil, gpuIndex: 0, gpuUuid: "GPU-0", numaNode: 0,
            sampled: Documents.time, ageSeconds: 2, stale: false, hops: [])
        gpu.hops =
            [
                hop(all[0], "gpu", width: 8),
                hop("0000:17:00.0", "bridge", width: 8, devices: [all[0]]) {
                    $0.aerCorrectable = 12
                },
            ] + above
        var hca = gpu
        (hca.address, hca.role, hca.gpuIndex, hca.gpuUuid) = (all[1], "hca", nil, nil)
        hca.device = "rail0"
        hca.hops =
            [hop(all[1], "hca"), hop("0000:17:02.0", "bridge", devices: [all[1]])] + above
        var devices = [gpu, hca]
        change(&devices)
        return V1.PCIe(node: Documents.node, time: Documents.time, pass: 130, devices: devices)
    }

    @Test func `what shares a bridge stands beneath it`() throws {
        let (outcome, asked) = try Command.run("pcie", against: [.document(Self.document())])
        #expect(
            outcome.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z, pass 130

                ADDRESS             FUNCTION   WIDTH      SPEED    CORRECTED  NONFATAL  FATAL  \
                NUMA  STATE
                0000:15:01.0        root port  x16        32 GT/s          0         0      0  \
                   0  read
                  0000:16:00.0      bridge     x16        32 GT/s          0         0      0  \
                   0  read
                    0000:17:00.0    bridge     x8 of x16  32 GT/s         12         0      0  \
                   0  read
                      0000:18:00.0  gpu 0      x8 of x16  32 GT/s          0         0      0  \
                   0  read
                    0000:17:02.0    bridge     x16        32 GT/s          0         0      0  \
                   0  read
                      0000:19:00.0  rail0      x16        32 GT/s          0         0      0  \
                   0  read

                """)
        #expect(asked == ["/api/v1/pcie"] && outcome.status == 0 && outcome.errors == "")
    }

    @Test func `what is not known is told as such`() throws {
        let document = Self.document { devices in
            devices.remove(at: 1)
            devices[0].gpuIndex = nil
            devices[0].hops[0] = V1.PCIeHop(unknown: "0000:18:00.0", devices: nil)
            devices[0].hops[0].maxSpeedGtps = 2.5
            devices[0].hops[3].aerNative = false
        }
        let (outcome, _) = try Command.run("pcie", against: [.document(document)])
        #expect(
            outcome.output.contains(
                "      0000:18:00.0  gpu        ?          ? of 2.5 GT/s          ?         ?"
                    + "      ?     ?  unknown  stale\n"))
        #expect(
            outcome.output.hasSuffix(
                "Errors below 0000:15:01.0 go to the firmware: counts may stay at 0.\n"))
    }

    @Test func `a node without devices says so`() throws {
        let (outcome, _) = try Command.run(
            "pcie", against: [.document(Self.document { $0 = [] })])
        #expect(outcome.output.hasSuffix("pass 130\nNo HCA and no GPU has been found.\n"))
        #expect(outcome.status == 0)
    }
}
