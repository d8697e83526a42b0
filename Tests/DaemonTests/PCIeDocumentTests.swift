import Exposition
import Model
import Testing
import Wire

@testable import Daemon

/// What `/api/v1/pcie` and its like say of PCI functions.
struct PCIeDocumentTests {
    private static let root = PCIAddress(domain: 0, bus: 0x15, device: 1)
    private static let gpu = GPUsDocumentTests.address
    private static let hca = PCIAddress(domain: 0, bus: 0x19, device: 0)

    private static func function(
        _ address: PCIAddress, _ role: PCIRole, names: [String] = [], below parent: PCIAddress?,
        _ change: (inout PCIFunctionReport) -> Void = { _ in }
    ) -> PCIFunctionReport {
        var report = PCIFunctionReport.unread(
            address, role, names: names, parent: parent, state: .read)
        report.readings = PCICounters.all.map { _ in .value(5, field: 0) }
        report.gauges = PCICounters.gauges.map { gauge in
            .value(gauge.unit == .lanes ? 16 : gauge.unit == .code ? 1 : 32_000, field: 0)
        }
        (report.numaNode, report.epoch) = (1, 1)
        change(&report)
        return report
    }

    /// A root port, a GPU and an HCA below it.
    private static var functions: [PCIFunctionReport] {
        [
            function(root, .rootPort, below: nil), function(gpu, .gpu, below: root),
            function(hca, .hca, names: ["mlx5_0"], below: root),
        ]
    }

    private static func picture(
        _ pipeline: Pipeline = GPUsDocumentTests.pipeline(),
        _ functions: [PCIFunctionReport] = functions, isUp: Bool = true, at seconds: UInt64 = 1,
        age: UInt64 = 0
    ) -> Picture {
        let moment = Moment.scripted(seconds: seconds)
        let report = PCIReport(
            moment: moment, durationNanoseconds: 1, ageNanoseconds: age, functions: functions)
        let gpus = GPUReport(
            moment: moment, durationNanoseconds: 1, library: GPULibrary(state: .ready),
            gpus: [GPUsDocumentTests.gpu()])
        return pipeline.pass(
            [
                Collected(collector: "gpu", report: .gpu(gpus)),
                Collected(collector: "pcie", report: .pcie(report)),
            ],
            collectors: [
                .scripted("gpu", seconds: seconds),
                .scripted("pcie", seconds: seconds, isUp: isUp),
            ], now: moment)
    }

    private static func devices(_ picture: Picture) -> [V1.PCIeDevice] {
        picture.pcie(node: "n", now: picture.now).devices
    }

    @Test func `a device has its way to the root, and what shares it`() throws {
        let devices = Self.devices(Self.picture())
        #expect(devices.map(\.address) == [Self.gpu.description, Self.hca.description])
        let gpu = devices[0]
        #expect(gpu.gpuIndex == 0 && gpu.gpuUuid == GPUsDocumentTests.uuid.description)
        #expect(gpu.role == "gpu" && gpu.device == nil && !gpu.stale && gpu.numaNode == 1)
        #expect(gpu.hops.map(\.role) == ["gpu", "root_port"])
        #expect(gpu.hops[1].devices == devices.map(\.address) && gpu.hops[0].devices == nil)
        for hop in gpu.hops {
            #expect(hop.widthLanes == 16 && hop.maxSpeedGtps == 32 && hop.aerNative == true)
            #expect(hop.aerCorrectable == 5 && hop.aerNonfatal == 5 && hop.aerFatal == 5)
        }
        #expect(devices[1].device == "mlx5_0" && devices[1].gpuIndex == nil)
    }

    @Test func `what was not read in the latest pass is absent`() throws {
        let pipeline = GPUsDocumentTests.pipeline()
        _ = Self.picture(pipeline)
        var functions = Self.functions
        functions[1] = .unread(Self.gpu, .gpu, parent: Self.root, state: .gone)
        let gone = try #require(Self.devices(Self.picture(pipeline, functions, at: 2)).first)
        #expect(gone.hops[0].state == "gone" && gone.hops[0].widthLanes == nil)
        #expect(gone.hops[0].aerFatal == nil && gone.hops[0].aerNative == nil)
        // Where it is does not change with what is read of it.
        #expect(gone.numaNode == 1 && gone.hops[1].widthLanes == 16)
        #expect(gone.sampled == Moment.scripted(seconds: 1).text)
    }

    @Test func `a device that is not reported any more is missing, below its bridge`() throws {
        let pipeline = GPUsDocumentTests.pipeline()
        _ = Self.picture(pipeline)
        let picture = Self.picture(pipeline, [Self.functions[2]], at: 2)
        let gpu = try #require(Self.devices(picture).first)
        #expect(gpu.stale && gpu.hops.map(\.state) == ["missing", "missing"])
        let none = Self.picture(pipeline, [], at: 3)
        #expect(Self.devices(none).count == 2)
        let page = String(
            decoding: Scrape(
                none, server: ServerSample(requests: [], connections: 0, refused: 0),
                now: none.now
            ).render(.prometheus), as: UTF8.self)
        #expect(page.contains("fabricwatch_pcie_up{address=\"0000:18:00.0\""))
        #expect(!page.contains("fabricwatch_pcie_aer_fatal_total{"))
    }

    @Test func `a bridge that leads to nothing any more is forgotten`() throws {
        let pipeline = GPUsDocumentTests.pipeline()
        _ = Self.picture(pipeline)
        let other = PCIAddress(domain: 0, bus: 0x16, device: 1)
        let moved = Self.functions.map { function in
            var moved = function
            if moved.parent == nil { moved.address = other } else { moved.parent = other }
            return moved
        }
        let picture = Self.picture(pipeline, moved, at: 2)
        #expect(picture.pcie.map(\.report.address) == [other, Self.gpu, Self.hca])
    }

    @Test func `while its probe does not answer everything is stale`() throws {
        let picture = Self.picture(isUp: false)
        #expect(Self.devices(picture).allSatisfy { $0.stale && $0.hops[0].widthLanes == nil })
        let series = picture.pcieSeries
        #expect(series.allSatisfy { $0.counters.allSatisfy { $0.state == "stale" } })
    }

    @Test func `an age is counted from when the files were read`() throws {
        let picture = Self.picture(at: 40, age: 25_000_000_000)
        #expect(Self.devices(picture).first?.ageSeconds == 25)
        #expect(picture.pcieSeries.first?.sampled == Moment.scripted(seconds: 15).text)
    }

    @Test func `counters say which device and GPU a function is`() throws {
        let series = Self.picture().pcieSeries
        #expect(series.map(\.class) == Array(repeating: "pci_function", count: 3))
        #expect(series.map(\.address) == ["0000:15:01.0", "0000:18:00.0", "0000:19:00.0"])
        #expect(series.map(\.device) == [nil, nil, "mlx5_0"])
        #expect(series.map(\.gpuIndex) == [nil, 0, nil])
        #expect(series.allSatisfy { $0.counters.count == PCICounters.all.count })
        #expect(series[0].counters[0].value?.source == "aer_dev_correctable")
    }

    @Test func `a node without HCAs and GPUs has an empty list`() {
        let picture = Self.picture(GPUsDocumentTests.pipeline(), [])
        #expect(Self.devices(picture).isEmpty && picture.pcieSeries.isEmpty)
    }

    @Test func `reports that contradict themselves end`() {
        let circle = [
            Self.function(Self.gpu, .gpu, below: Self.hca),
            Self.function(Self.hca, .hca, below: Self.gpu),
        ]
        let picture = Self.picture(GPUsDocumentTests.pipeline(), circle)
        #expect(Self.devices(picture).map(\.hops.count) == [2, 2])
    }
}
