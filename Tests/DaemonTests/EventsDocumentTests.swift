import Model
import Serve
import Testing
import Wire

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
        let events = try later.events(
            after: .id(0), limit: 9, of: nil, node: "n", storeID: 1
        ).events.filter { $0.sources != ["health"] }
        #expect(events.map(\.number) == [63, 64, 31])
        #expect(events.map(\.gpuIndex) == [1, nil, 1])
        let uuid = GPUUUID(high: 1, low: 0xAB).description
        #expect(events.map(\.gpuUuid) == [nil, nil, uuid])
    }

    /// Xids of two GPUs, of which every third is of the second one: 3, 6, 9 and so on.
    private static func busyPicture(_ count: UInt32) -> Picture {
        let pipeline = Pipeline(naming: Pipeline.Naming(), keeper: nil, past: Past())
        let other = PCIAddress(domain: 0, bus: 0x18, device: 0)
        var picture = pipeline.pass(
            [Collected(collector: "gpu", report: report(1))],
            collectors: [.scripted("gpu", seconds: 1)], now: .scripted(seconds: 1))
        // Without what the judgement says of them.
        picture.journal = EventJournal()
        for number in 1...count {
            let device = number % 3 == 0 ? address : other
            picture.journal.note(
                xid(number, at: .pci(device)), bootID: "",
                gpu: GPUUUID(high: 1, low: UInt64(device.bus)))
        }
        return picture
    }

    private static let gpu = NamedGPU(uuid: GPUUUID(high: 1, low: 0xAB), address: address)

    @Test func theLatestEventsOfAGPUAreTheLatest() throws {
        let picture = Self.busyPicture(20)
        let page = try picture.events(
            after: .latest, limit: 2, of: Self.gpu, node: "n", storeID: 1)
        #expect(page.events.map(\.id) == [15, 18])
        #expect(page.next == EventCursor(id: 20, storeID: 1).text && page.complete)
        let all = try picture.events(after: .latest, limit: 2, of: nil, node: "n", storeID: 1)
        #expect(all.events.map(\.id) == [19, 20] && all.next == page.next)
    }

    /// The numbers of events that a crash took from the history are given once more.
    @Test(arguments: [EventsSince.cursor("e21-0000000000000001"), .id(21)])
    func aPointThatIsNotReachedYetIsNoPlaceToGoOn(after: EventsSince) throws {
        let picture = Self.busyPicture(20)
        func ask(_ after: EventsSince) throws(AnswerError) -> V1.Events {
            try picture.events(after: after, limit: 2, of: nil, node: "n", storeID: 1)
        }
        #expect(try ask(.id(20)).events.isEmpty)
        let error = #expect(throws: AnswerError.self) { try ask(after) }
        switch (error, after) {
        case (.gone, .cursor), (.badRequest, .id): break
        default: Issue.record("\(after) leads to \(String(describing: error))")
        }
    }

    /// A page has as many events of the GPU as were asked for, wherever they are.
    @Test func pagesOfAGPUMeetWithoutGapOrOverlap() throws {
        let picture = Self.busyPicture(20)
        var (ids, cursors): ([[UInt64]], [String]) = ([], [])
        var after = EventsSince.id(0)
        for _ in 1...3 {
            let page = try picture.events(
                after: after, limit: 4, of: Self.gpu, node: "n", storeID: 1)
            ids.append(page.events.map(\.id))
            cursors.append(page.next)
            after = .cursor(page.next)
        }
        #expect(ids == [[3, 6, 9, 12], [15, 18], []])
        #expect(cursors == [12, 20, 20].map { EventCursor(id: $0, storeID: 1).text })
    }

    /// An old event that is still there does not hide that others are gone.
    @Test func pageSaysWhatIsNoLongerKept() throws {
        let pipeline = Pipeline(naming: Pipeline.Naming(), keeper: nil, past: Past())
        pipeline.note([Self.xid(48, at: .pci(Self.address))])
        for record in UInt64(1000)..<4000 {
            var flap = Self.xid(13, at: nil)
            flap.record = record
            flap.wallMilliseconds = Int64(record) * 100_000
            flap.lastWallMilliseconds = flap.wallMilliseconds
            pipeline.note([flap])
        }
        let picture = pipeline.pass([], collectors: [], now: .scripted(seconds: 1))
        let page = try picture.events(after: .id(0), limit: 2, of: nil, node: "n", storeID: 1)
        let next = try #require(page.events.last).id
        #expect(page.events.map(\.number) == [48, 13] && !page.complete && page.oldest == 1)
        let second = try picture.events(after: .id(1), limit: 2, of: nil, node: "n", storeID: 1)
        #expect(!second.complete)
        let later = try picture.events(
            after: .id(next - 1), limit: 2, of: nil, node: "n", storeID: 1)
        #expect(later.complete && later.events.map(\.id) == [next, next + 1])
    }
}
