import Testing
import Wire

/// `inventory`.
@Suite(.timeLimit(.minutes(5)))
struct CommandInventoryTests {
    private static func hca(
        _ device: String, _ address: String, _ change: (inout V1.InventoryHCA) -> Void = { _ in }
    ) -> V1.InventoryHCA {
        var pcie = V1.InventoryPCIe()
        (pcie.widthLanes, pcie.maxWidthLanes) = (16, 16)
        (pcie.speedGtps, pcie.maxSpeedGtps) = (32, 32)
        var port = V1.InventoryPort(port: 1, linkLayer: "InfiniBand")
        (port.guid, port.active, port.widthLanes, port.speed) = ("0x1", true, 4, "NDR")
        (port.bitsPerSecond, port.fec) = (425_000_000_000, "reed_solomon")
        port.peer = V1.InventoryPeer(guid: "0x0002c90300000009", port: 17, description: "leaf-1")
        var hca = V1.InventoryHCA(device: device, role: "fabric", present: true)
        (hca.guid, hca.address, hca.model) = ("0x0002c90300000001", address, "MT4129")
        (hca.part, hca.serial) = ("MCX75310AAS-NEAT", "MT2317XZ0A4K")
        (hca.boardId, hca.firmware) = ("MT_0000000838", "28.39.1002")
        (hca.driver, hca.numaNode) = ("mlx5_core 24.10-1.1.4", 0)
        (hca.pcie, hca.ports) = (pcie, [port])
        change(&hca)
        return hca
    }

    private static func gpu(
        _ index: Int, _ address: String, _ change: (inout V1.InventoryGPU) -> Void = { _ in }
    ) -> V1.InventoryGPU {
        var gpu = V1.InventoryGPU(index: index, address: address, present: true)
        (gpu.listed, gpu.uuid) = (true, "GPU-8f0a3c1e-5d2b-4c7a-9e10-0123456789ab")
        (gpu.name, gpu.serial) = ("NVIDIA H100 80GB HBM3", "1654922009801")
        (gpu.vbios, gpu.numaNode) = ("96.00.89.00.01", 0)
        var pcie = V1.InventoryPCIe()
        (pcie.widthLanes, pcie.maxWidthLanes) = (16, 16)
        (pcie.speedGtps, pcie.maxSpeedGtps) = (2.5, 32)
        gpu.pcie = pcie
        (gpu.nvlinks, gpu.nvlinksUp, gpu.nvlinkSpeedBytesPerSecond) = (18, 18, 26_562_000_000)
        change(&gpu)
        return gpu
    }

    private static func document(
        _ hcas: [V1.InventoryHCA] = [], _ gpus: [V1.InventoryGPU] = [], isListed: Bool = true
    ) -> V1.Inventory {
        var document = V1.Inventory(
            node: Documents.node, time: Documents.time, pass: 130, expectations: "not_configured")
        (document.hcasListed, document.gpusListed) = (isListed, isListed)
        (document.hcas, document.gpus) = (hcas, gpus)
        return document
    }

    @Test func `HCAs stand with their ports, GPUs with their links`() throws {
        var document = Self.document(
            [
                Self.hca("rail0", "0000:19:00.0"),
                Self.hca("storage", "0000:21:00.0") { hca in
                    hca.pcie?.widthLanes = 8
                    hca.ports[0].linkLayer = "Ethernet"
                    (hca.ports[0].speed, hca.ports[0].fec, hca.ports[0].peer) = (nil, nil, nil)
                },
            ], [Self.gpu(0, "0000:18:00.0")])
        document.nvidiaDriver = "570.86.15"
        let (outcome, asked) = try Command.run("inventory", against: [.document(document)])
        #expect(
            outcome.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z, pass 130, NVIDIA driver 570.86.15

                HCA      SLOT          PART              SERIAL        PSID           FIRMWARE    \
                DRIVER                 PCIE                 NUMA
                rail0    0000:19:00.0  MCX75310AAS-NEAT  MT2317XZ0A4K  MT_0000000838  28.39.1002  \
                mlx5_core 24.10-1.1.4  gen5 x16                0
                    port 1  active  4xNDR     FEC reed solomon  to leaf-1 port 17
                storage  0000:21:00.0  MCX75310AAS-NEAT  MT2317XZ0A4K  MT_0000000838  28.39.1002  \
                mlx5_core 24.10-1.1.4  gen5 x8 of gen5 x16     0
                    port 1  active  425 Gb/s  FEC -             (Ethernet)

                GPU  SLOT          NAME                   SERIAL         VBIOS           \
                PCIE                  NUMA  NVLINKS             UUID
                  0  0000:18:00.0  NVIDIA H100 80GB HBM3  1654922009801  96.00.89.00.01  \
                gen1 x16 of gen5 x16     0  18/18 at 26.6 GB/s  \
                GPU-8f0a3c1e-5d2b-4c7a-9e10-0123456789ab

                Expectations: not configured

                """)
        #expect(asked == ["/api/v1/inventory"] && outcome.status == 0 && outcome.errors == "")
    }

    @Test func `what is missing or not known is told as such`() throws {
        var bare = V1.InventoryHCA(device: "mlx5_1", role: "fabric", present: true)
        bare.ports = [V1.InventoryPort(port: 1, linkLayer: "InfiniBand")]
        let document = Self.document(
            [
                Self.hca("mlx5_0", "0000:19:00.0") { $0.role = "nvswitch_management" }, bare,
                Self.hca("mlx5_2", "0000:1a:00.0") { hca in
                    hca.present = false
                    (hca.ports[0].active, hca.ports[0].widthLanes) = (false, nil)
                    hca.ports[0].fec = nil
                    hca.ports[0].peer?.description = nil
                },
            ],
            [
                Self.gpu(0, "0000:18:00.0") { ($0.listed, $0.present) = (false, false) },
                Self.gpu(1, "0000:2a:00.0") { $0.present = false },
                V1.InventoryGPU(index: 2, address: "0000:3a:00.0", present: true),
            ], isListed: false)
        let (outcome, _) = try Command.run("inventory", against: [.document(document)])
        let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[3].hasSuffix("  serves NVSwitches"))
        #expect(
            lines[5].split(separator: " ")
                == ["mlx5_1", "?", "?", "?", "?", "?", "?", "?", "?"])
        #expect(lines[6].hasPrefix("    port 1  ?           ?      FEC ?             to ?"))
        #expect(lines[7].hasSuffix("  missing"))
        #expect(
            lines[8]
                == "    port 1  not active  -      FEC -             to 0x0002c90300000009 port 17")
        #expect(lines[9] == "HCAs were not all listed lately: more may be there.")
        #expect(lines[12].hasSuffix("  missing") && lines[13].hasSuffix("  not read"))
        #expect(
            lines[14].split(separator: " ") == [
                "2", "0000:3a:00.0", "?", "?", "?", "?", "?", "?", "?",
            ])
        #expect(lines[15] == "GPUs were not listed lately: more may be there.")
        #expect(outcome.output.hasSuffix("\n\nExpectations: not configured\n"))
    }

    @Test func `what differs stands below, and what is unknown beneath it`() throws {
        var document = Self.document()
        document.expectations = "differs"
        document.differences = [
            V1.Difference(
                kind: "miswired", part: "port", subject: V1.Subject(device: "rail0", port: 1),
                summary: "rail0 port 1 is connected to leaf04 port 7; the manifest expects "
                    + "leaf03 port 7.", facts: []),
            V1.Difference(
                kind: "link_width", part: "port", subject: V1.Subject(device: "rail0", port: 1),
                summary: "rail0 port 1: width is 2 lanes, the manifest expects 4 lanes.",
                facts: []),
        ]
        document.unverified = [
            V1.Unverified(subject: V1.Subject(), place: "GPU 0", facts: ["serial", "vbios"])
        ]
        let (outcome, _) = try Command.run("inventory", against: [.document(document)])
        #expect(
            outcome.output.hasSuffix(
                """

                Expectations: differs
                    miswired    rail0 port 1 is connected to leaf04 port 7; the manifest expects \
                leaf03 port 7.
                    link width  rail0 port 1: width is 2 lanes, the manifest expects 4 lanes.
                    unverified  GPU 0: serial, vbios

                """))
    }

    @Test func `a proposed manifest is printed as it came`() throws {
        let text = "# A manifest\nhcas:\n  - slot: \"0000:18:00.0\"  # mlx5_0\n"
        let (outcome, asked) = try Command.run(
            "inventory", "propose", against: [.http(200, Array(text.utf8))])
        #expect(outcome.output == text && outcome.status == 0)
        #expect(asked == ["/api/v1/inventory/manifest"])
    }

    @Test func `a node without HCAs and GPUs says so, and never that it is healthy`() throws {
        let (outcome, _) = try Command.run("inventory", against: [.document(Self.document())])
        #expect(
            outcome.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z, pass 130

                There is no HCA.

                There is no GPU.

                Expectations: not configured

                """)
        let unknown = Self.document(isListed: false)
        let (other, _) = try Command.run("inventory", against: [.document(unknown)])
        #expect(other.output.contains("No HCA is known of.\nHCAs were not all listed lately"))
        #expect(other.output.contains("No GPU is known of.\nGPUs were not listed lately"))
    }
}
