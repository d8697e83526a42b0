import Model
import Serve
import Testing

@testable import Daemon

@Suite struct EventsDocumentTests {
    private static let address = PCIAddress(domain: 0, bus: 0xAB, device: 0)

    private static func xid(_ number: UInt32, at device: NodeEvent.Device?) -> NodeEvent {
        NodeEvent(
            kind: .xid, device: device, number: number, wallMilliseconds: 0, source: .kernelLog,
            record: UInt64(number), line: "line")
    }

    private static func report(_ seconds: UInt64) -> ProbeReport {
        let gpus = [PCIAddress(domain: 0, bus: 0x18, device: 0), address].map { address in
            var gpu = GPUDeviceReport(address: address, state: .read)
            gpu.identity = GPUIdentity(uuid: GPUUUID(high: 1, low: UInt64(address.bus)))
            return gpu
        }
        return .gpu(
            GPUReport(
                moment: .scripted(seconds: seconds), durationNanoseconds: 1,
                library: GPULibrary(state: .ready), gpus: gpus))
    }

    /// The kernel log is read before the first GPU: its events have an address and no UUID.
    @Test func eventsFromBeforeTheFirstReadingNameTheirGPU() throws {
        let pipeline = Pipeline(naming: Pipeline.Naming(), keeper: nil, past: Past())
        pipeline.note([Self.xid(63, at: .pci(Self.address)), Self.xid(64, at: nil)])
        let picture = pipeline.pass(
            [Collected(collector: "gpu", report: Self.report(1))],
            collectors: [.scripted("gpu", seconds: 1)], now: .scripted(seconds: 1))
        pipeline.note([Self.xid(31, at: .pci(Self.address))])
        let later = pipeline.pass(
            [Collected(collector: "gpu", report: Self.report(2))],
            collectors: [.scripted("gpu", seconds: 2)], now: .scripted(seconds: 2))
        #expect(picture.gpus.map(\.index) == [0, 1])
        let events = try later.events(after: .id(0), limit: 9, node: "n", storeID: 1).events
        #expect(events.map(\.number) == [63, 64, 31])
        #expect(events.map(\.gpuIndex) == [1, nil, 1])
        let uuid = GPUUUID(high: 1, low: 0xAB).description
        #expect(events.map(\.gpuUuid) == [nil, nil, uuid])
    }
}
