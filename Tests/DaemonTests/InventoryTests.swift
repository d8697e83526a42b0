import Foundation
import Health
import Model
import Testing

@testable import Daemon

/// What a node is made of, put together from what its probes told.
struct InventoryTests {
    private static let address = PCIAddress(domain: 0, bus: 0x19, device: 0)

    private static func port(
        _ device: String, guid: UInt64 = 0x10, number: UInt8 = 1,
        _ change: (inout PortReport) -> Void = { _ in }
    ) -> PortReport {
        var port = ScriptedNode(
            device: device, key: PortKey(node: GUID(guid), port: number)
        ).port
        port.portGUID = GUID(guid + UInt64(number))
        port.identity.address = address
        port.identity.boardID = "MT_0000000838"
        (port.identity.part, port.identity.serial) = ("MCX75310AAS-NEAT", "MT2317XZ0A4K")
        port.identity.driver = "mlx5_core 24.10-1.1.4"
        change(&port)
        return port
    }

    private static func function(
        _ address: PCIAddress, _ role: PCIRole, isVirtual: Bool = false
    ) -> PCIFunctionReport {
        var report = PCIFunctionReport.unread(address, role, names: ["x"], state: .read)
        report.gauges = PCICounters.gauges.map { gauge in
            switch gauge.unit {
            case _ where isVirtual: .unsupported
            case .lanes: .value(gauge.name == "max_link_width" ? 16 : 8, field: 0)
            case .code: .value(1, field: 0)
            default: .value(gauge.name == "max_link_speed" ? 32_000 : 16_000, field: 0)
            }
        }
        (report.numaNode, report.epoch) = (1, 1)
        return report
    }

    private static func pipeline() -> Pipeline {
        Pipeline(naming: Pipeline.Naming(), keeper: nil, past: Past(), bootID: "boot")
    }

    /// What one pass gives; nil for a probe that there is none of.
    private static func pass(
        _ ports: [PortReport]?, in pipeline: Pipeline = pipeline(),
        functions: [PCIFunctionReport] = [], gpus: [GPUDeviceReport]? = nil,
        isUp: Bool = true, isStale: Bool = false, at seconds: UInt64 = 1
    ) -> Picture {
        let moment = Moment.scripted(seconds: seconds)
        var answers: [Collected] = []
        var collectors: [CollectorView] = []
        func add(_ name: String, _ report: ProbeReport) {
            if isUp { answers.append(Collected(collector: name, report: report)) }
            var view = CollectorView.scripted(name, seconds: seconds, isUp: isUp)
            view.evidence.readsPorts = name == "infiniband"
            if isStale { view.evidence.ageSeconds = view.evidence.limitSeconds + 1 }
            collectors.append(view)
        }
        if let ports {
            add("infiniband", .infiniBand(.scripted(seconds: seconds, ports: ports)))
        }
        add(
            "pcie",
            .pcie(PCIReport(moment: moment, durationNanoseconds: 1, functions: functions)))
        if let gpus {
            let library = GPULibrary(state: .ready, driver: "570.86.15")
            add(
                "gpu",
                .gpu(
                    GPUReport(
                        moment: moment, durationNanoseconds: 1, library: library, gpus: gpus)))
        }
        return pipeline.pass(answers, collectors: collectors, now: moment)
    }

    // MARK: HCAs

    @Test func `an HCA is told with its slot, its link and its ports`() throws {
        let picture = Self.pass(
            [Self.port("mlx5_0"), Self.port("mlx5_0", number: 2)],
            functions: [Self.function(Self.address, .hca)])
        let inventory = picture.inventory
        #expect(inventory.areHCAsListed && !inventory.areGPUsListed)
        #expect(inventory.bootID == "boot" && inventory.nvidiaDriver == nil)
        let hca = try #require(inventory.hcas.first)
        #expect(inventory.hcas.count == 1 && hca.device == "mlx5_0" && hca.isPresent)
        #expect(hca.guid == GUID(0x10) && hca.address == Self.address && hca.numaNode == 1)
        #expect(hca.part == "MCX75310AAS-NEAT" && hca.serial == "MT2317XZ0A4K")
        #expect(hca.boardID == "MT_0000000838" && hca.driver == "mlx5_core 24.10-1.1.4")
        #expect(hca.firmware == "28.1" && hca.model == "MT4129" && hca.role == .fabric)
        #expect(hca.pcie?.widthLanes == 8 && hca.pcie?.maxWidthLanes == 16)
        #expect(hca.pcie?.megatransfers == 16_000 && hca.pcie?.maxMegatransfers == 32_000)
        #expect(hca.ports.map(\.number) == [1, 2])
        let port = hca.ports[0]
        #expect(port.guid == GUID(0x11) && port.isActive == true && port.layer == .infiniBand)
        #expect(port.widthLanes == 4 && port.laneMegabitsPerSecond == 53_125)
        #expect(port.peer == PeerItem(key: ScriptedNode.leaf, description: "leaf01"))
    }

    @Test func `the FEC of a link is what its far end says`() {
        let port = Self.port("mlx5_0") { port in
            guard case .observed(let peer, var far) = port.peer else { return }
            far.fec = .reedSolomon
            port.peer = .observed(peer, far)
        }
        #expect(Self.pass([port]).inventory.hcas.first?.ports.first?.fec == .reedSolomon)
        let down = Self.port("mlx5_0") { port in
            port.local.fec = .reedSolomon
            port.local.link?.state = 1
        }
        let item = Self.pass([down]).inventory.hcas.first?.ports.first
        #expect(item?.isActive == false && item?.fec == nil && item?.widthLanes == nil)
    }

    @Test func `HCAs come in the order in which people count`() {
        let names = ["mlx5_10", "mlx5_9", "mlx5_2"]
        let ports = names.enumerated().map { Self.port($1, guid: UInt64(0x100 * ($0 + 1))) }
        let inventory = Self.pass(ports).inventory
        #expect(inventory.hcas.map(\.device) == ["mlx5_2", "mlx5_9", "mlx5_10"])
    }

    @Test func `what is not known is nil, never empty and never zero`() throws {
        let port = Self.port("mlx5_ib0") { port in
            (port.firmware, port.model, port.portGUID) = ("", "", GUID(0))
            port.identity = HCAIdentity()
            port.identity.address = Self.address
            (port.local, port.peer) = (.unread(.timeout), .unobservable(.timeout))
        }
        let picture = Self.pass(
            [port], functions: [Self.function(Self.address, .hca, isVirtual: true)])
        var expected = HCAItem(device: "mlx5_ib0")
        (expected.guid, expected.address, expected.numaNode) = (GUID(0x10), Self.address, 1)
        expected.ports = [PortItem(number: 1)]
        #expect(picture.inventory.hcas == [expected])
        let hca = try #require(picture.inventory(node: "n").hcas.first)
        #expect(hca.pcie == nil && hca.firmware == nil && hca.ports[0].active == nil)
    }

    @Test func `an HCA that cannot be described has no ports to tell of`() {
        let port = Self.port("mlx5_3", guid: 0) { port in
            (port.firmware, port.model, port.identity) = ("", "", HCAIdentity())
            port.local = .unread(.transport)
        }
        #expect(Self.pass([port]).inventory.hcas == [HCAItem(device: "mlx5_3")])
    }

    @Test(arguments: [true, false])
    func `an HCA that is gone stays, not present`(isReported: Bool) throws {
        let pipeline = Self.pipeline()
        let ports = [Self.port("mlx5_0"), Self.port("mlx5_1", guid: 0x20)]
        _ = Self.pass(ports, in: pipeline)
        let gone = Self.port("mlx5_1", guid: 0x20) { port in
            port.isListed = false
            port.local = .unread(.transport)
            port.peer = .unobservable(.transport)
        }
        let inventory = Self.pass(
            isReported ? [ports[0], gone] : [ports[0]], in: pipeline, at: 2
        ).inventory
        #expect(inventory.hcas.map(\.isPresent) == [true, false] && inventory.areHCAsListed)
        let hca = try #require(inventory.hcas.last)
        #expect(hca.serial == "MT2317XZ0A4K" && hca.ports[0].isActive == nil)
        #expect(hca.ports[0].peer?.description == "leaf01", "as last seen")
    }

    @Test func `a node without HCAs has none, and one whose probe is silent is not known`() {
        #expect(Self.pass([]).inventory.areHCAsListed)
        #expect(!Self.pass(nil).inventory.areHCAsListed, "nobody lists them")
        let pipeline = Self.pipeline()
        _ = Self.pass([Self.port("mlx5_0")], in: pipeline, gpus: [])
        let slow = Self.pass([], in: pipeline, gpus: [], isUp: false, at: 2).inventory
        #expect(slow.areHCAsListed && slow.areGPUsListed, "one turn that took long")
        #expect(slow.hcas.first?.ports.first?.isActive == true)
        let silent = Self.pass([], in: pipeline, gpus: [], isUp: false, isStale: true, at: 40)
            .inventory
        #expect(!silent.areHCAsListed && !silent.areGPUsListed)
        #expect(silent.hcas.map(\.isPresent) == [true], "nobody said otherwise")
        #expect(silent.hcas.first?.ports.first?.isActive == nil)
    }

    @Test func `a peer that does not answer may be another than before`() throws {
        let pipeline = Self.pipeline()
        let port = Self.port("mlx5_0")
        let seen = Self.pass([port], in: pipeline).inventory.hcas.first?.ports.first
        #expect(seen?.peer != nil && seen?.isActive == true)
        let hidden = Self.port("mlx5_0") { $0.peer = .unobservable(.timeout) }
        let after = Self.pass([hidden], in: pipeline, at: 2).inventory.hcas.first?.ports.first
        #expect(after?.isActive == true && after?.peer == nil)
    }

    @Test func `a list of devices that cannot be read lists nothing`() {
        var collector = CollectorView.scripted("infiniband", seconds: 1)
        collector.listsDevices = false
        let picture = Self.pipeline().pass(
            [Collected(collector: "infiniband", report: .infiniBand(.scripted(seconds: 1)))],
            collectors: [collector], now: .scripted(seconds: 1))
        #expect(!picture.inventory.areHCAsListed)
    }

    // MARK: The way to NVSwitches

    @Test func `a function that serves NVSwitches is listed and not judged`() throws {
        let way = Self.port("mlx5_4", guid: 0x40) { port in
            port.identity.role = .nvswitchManagement
            port.local.link?.state = 1
            port.peer = .absent
        }
        let hidden = Self.port("mlx5_5", guid: 0x50) { port in
            port.identity.role = .nvswitchManagement
            port.peer = .unobservable(.timeout)
        }
        let picture = Self.pass([Self.port("mlx5_0"), way, hidden])
        #expect(!picture.findings.contains { $0.opinion.subject.device != nil })
        let health = picture.health(node: "n", now: picture.now)
        #expect(health.observed.ports == 1 && health.observed.active == 1)
        let links = picture.links(node: "n", now: picture.now).links
        #expect(
            links.map(\.role) == ["fabric", "nvswitch_management", "nvswitch_management"])
        #expect(links[1].local.state == "down" && links[2].peerState == "unobservable")
        let roles = picture.inventory.hcas.map(\.role)
        #expect(roles == [.fabric, .nvswitchManagement, .nvswitchManagement])
        // The same ports as cables of a fabric are something else.
        let plain = [way, hidden].map { port in
            var port = port
            port.identity.role = .fabric
            return port
        }
        let judged = Set(Self.pass(plain).findings.map(\.opinion.id))
        #expect(judged.isSuperset(of: [.linkDown, .peerUnobservable]))
    }

    // MARK: GPUs

    private static func links(_ states: [UInt64], speed: [UInt64]) -> [NVLinkReport] {
        states.enumerated().map { number, state in
            let gauges = NVLinkCounters.gauges.map { gauge -> Reading in
                switch gauge.name {
                case "state": .value(state, field: 0)
                case "speed": .value(speed[number], field: 0)
                default: .unsupported
                }
            }
            let readings = NVLinkCounters.all.map { _ in Reading.unsupported }
            return NVLinkReport(number: UInt8(number), readings: readings, gauges: gauges)
        }
    }

    private static func gpu(_ links: [NVLinkReport]) -> GPUDeviceReport {
        var report = GPUsDocumentTests.gpu()
        report.links = links
        return report
    }

    @Test func `a GPU is told with its slot and its NVLinks`() throws {
        let links = Self.links([1, 2, 0], speed: [26_562, 26_562, 0])
        let function = Self.function(GPUsDocumentTests.address, .gpu)
        let picture = Self.pass(nil, functions: [function], gpus: [Self.gpu(links)])
        let inventory = picture.inventory
        #expect(inventory.areGPUsListed && inventory.nvidiaDriver == "570.86.15")
        let gpu = try #require(inventory.gpus.first)
        #expect(gpu.address == GPUsDocumentTests.address && gpu.index == 0 && gpu.isPresent)
        #expect(gpu.identity?.uuid == GPUsDocumentTests.uuid && gpu.isListed == true)
        #expect(gpu.nvlinks == 3 && gpu.nvlinksUp == 2)
        #expect(gpu.nvlinkMegabytesPerSecond == 26_562)
        #expect(gpu.pcie?.widthLanes == 8 && gpu.numaNode == 1)
        let differing = Self.gpu(Self.links([1, 1], speed: [26_562, 53_125]))
        #expect(Self.pass(nil, gpus: [differing]).inventory.gpus[0].nvlinkMegabytesPerSecond == nil)
    }

    @Test func `a GPU that is gone stays, not present`() throws {
        let pipeline = Self.pipeline()
        _ = Self.pass(nil, in: pipeline, gpus: [Self.gpu(Self.links([1], speed: [26_562]))])
        let gone = Self.pass(nil, in: pipeline, gpus: [], at: 2).inventory
        let gpu = try #require(gone.gpus.first)
        #expect(!gpu.isPresent && gpu.isListed == false && gone.areGPUsListed)
        #expect(gpu.identity?.uuid == GPUsDocumentTests.uuid && gpu.nvlinks == 1)
        let silent = Self.pass(nil, in: pipeline, gpus: [], isUp: false, isStale: true, at: 40)
            .inventory
        #expect(silent.gpus.first?.isListed == nil && !silent.areGPUsListed)
    }

    // As on a node for storage.
    @Test func `a node in which the daemon finds no GPU has none`() {
        var watch = GPUWatch.View()
        watch.hasNoGPUs = true
        let picture = Self.pipeline().pass(
            [], collectors: [], watch: watch, now: .scripted(seconds: 1))
        #expect(picture.inventory.areGPUsListed && picture.inventory.gpus.isEmpty)
    }

    // MARK: The document

    @Test func `the document says what the inventory does`() throws {
        let links = Self.links([1, 1], speed: [26_562, 26_562])
        let picture = Self.pass(
            [Self.port("mlx5_0")], functions: [Self.function(Self.address, .hca)],
            gpus: [Self.gpu(links)])
        let document = picture.inventory(node: "n")
        #expect(document.node == "n" && document.time == picture.now.text)
        #expect(document.hcasListed && document.gpusListed && document.bootId == "boot")
        #expect(document.expectations == "not_configured")
        let hca = try #require(document.hcas.first)
        #expect(hca.guid == "0x0000000000000010" && hca.address == "0000:19:00.0")
        #expect(hca.pcie?.speedGtps == 16 && hca.pcie?.maxSpeedGtps == 32)
        #expect(hca.ports[0].speed == "HDR" && hca.ports[0].bitsPerSecond == 212_500_000_000)
        #expect(hca.ports[0].peer?.description == "leaf01" && hca.ports[0].peer?.port == 7)
        let gpu = try #require(document.gpus.first)
        #expect(gpu.nvlinks == 2 && gpu.nvlinkSpeedBytesPerSecond == 26_562_000_000)
        #expect(gpu.uuid == GPUsDocumentTests.uuid.description)
    }
}
