import CInfiniBand
import Collectors
import Model
import Testing

/// What a device tells, and which events that makes.
struct VerbsTaleTests {
    private static let address = PCIAddress(domain: 0, bus: 0x3b, device: 0)
    private static let start: Int64 = 1_700_000_000_000

    private struct Told {
        private var tale: VerbsTale
        private(set) var events: [NodeEvent] = []

        init(_ address: PCIAddress? = VerbsTaleTests.address) {
            tale = VerbsTale(
                VerbsDevice(name: "mlx5_0", node: "uverbs0", instance: 1, address: address))
        }

        mutating func take(_ notice: VerbsNotice, _ port: UInt8? = 1, at milliseconds: Int64) {
            let event = tale.take(
                notice, port: port, wallMilliseconds: VerbsTaleTests.start + milliseconds,
                nowNanoseconds: UInt64(milliseconds) * 1_000_000)
            if let event { events.append(event) }
        }

        mutating func close(at milliseconds: UInt64) -> [NodeEvent] {
            tale.close(nowNanoseconds: milliseconds * 1_000_000)
        }
    }

    @Test func `a flap is one event with two times`() throws {
        var told = Told()
        told.take(.portError, at: 3000)
        told.take(.portActive, at: 3200)
        told.take(.portActive, at: 3201)
        #expect(told.events.map(\.kind) == [.linkDown, .linkFlap])
        let flap = try #require(told.events.last)
        #expect(flap.wallMilliseconds == Self.start + 3000)
        #expect(flap.lastWallMilliseconds == Self.start + 3200)
        #expect(flap.count == 1 && flap.link == 1 && flap.device == .pci(Self.address))
        #expect(flap.detail == "Port 1 of mlx5_0 was down for 0.200 s.")
        #expect(flap.line == "mlx5_0/1: IBV_EVENT_PORT_ERR, mlx5_0/1: IBV_EVENT_PORT_ACTIVE")
        #expect(flap.source == .verbs)
    }

    @Test func `ports flap apart`() {
        var told = Told()
        told.take(.portError, 1, at: 0)
        told.take(.portError, 2, at: 10)
        told.take(.portActive, 2, at: 20)
        #expect(told.events.map(\.link) == [1, 2, 2])
        #expect(told.events.map(\.kind) == [.linkDown, .linkDown, .linkFlap])
    }

    @Test func `a link that was down for long comes up in an event of its own`() throws {
        var told = Told()
        told.take(.portError, at: 0)
        told.take(.portError, at: 10)
        told.take(.portActive, at: VerbsTale.flapMilliseconds + 1)
        #expect(told.events.map(\.kind) == [.linkDown, .linkUp])
        #expect(told.events.last?.detail == "Port 1 of mlx5_0 came up.")
        told.take(.portError, at: VerbsTale.flapMilliseconds + 2)
        #expect(told.events.last?.kind == .linkDown && told.events.last?.count == 1)
    }

    @Test func `the first word of a port that is up is told once`() {
        var told = Told()
        told.take(.portActive, at: 0)
        told.take(.portActive, at: 1)
        #expect(told.events.map(\.kind) == [.linkUp])
    }

    @Test func `a cable that flaps without end makes one event in 5 s`() throws {
        var told = Told()
        for number in 0..<10 as Range<Int64> {
            told.take(.portError, at: number * 100)
            told.take(.portActive, at: number * 100 + 50)
        }
        #expect(Set(told.events.map(\.wallMilliseconds)) == [Self.start])
        let last = try #require(told.events.last)
        #expect(last.kind == .linkFlap && last.count == 10)
        #expect(last.lastWallMilliseconds == Self.start + 950)
        told.take(.portError, at: 5000)
        #expect(told.events.last?.wallMilliseconds == Self.start + 5000)
    }

    @Test func `a clock that is set back makes no flap`() {
        var told = Told()
        told.take(.portError, at: 10_000)
        told.take(.portActive, at: 9000)
        #expect(told.events.map(\.kind) == [.linkDown, .linkUp])
    }

    @Test(arguments: VerbsNotice.allCases)
    func `every notice is an event with its device and moment`(_ notice: VerbsNotice) throws {
        for address in [Self.address, nil] {
            var told = Told(address)
            told.take(notice, notice == .deviceFatal ? nil : 2, at: 7)
            let event = try #require(told.events.first)
            #expect(event.device == address.map { .pci($0) } ?? .named("mlx5_0"))
            #expect(event.link == (notice == .deviceFatal ? nil : 2))
            #expect(event.wallMilliseconds == Self.start + 7 && event.count == 1)
            #expect(event.line.hasSuffix(notice.name) && event.detail?.contains("mlx5_0") == true)
        }
    }

    @Test func `a storm is counted`() {
        var told = Told()
        for number in 0..<1000 as Range<Int64> { told.take(.gidChange, at: number) }
        #expect(told.events.count == 1)
        #expect(told.close(at: 4999).isEmpty)
        let grown = told.close(at: 5000)
        #expect(grown.map(\.count) == [1000])
        #expect(grown.first?.wallMilliseconds == Self.start)
        #expect(grown.first?.lastWallMilliseconds == Self.start + 999)
    }

    @Test func `the numbers are those of the header`() {
        let header: [VerbsNotice: ibv_event_type] = [
            .deviceFatal: IBV_EVENT_DEVICE_FATAL, .portActive: IBV_EVENT_PORT_ACTIVE,
            .portError: IBV_EVENT_PORT_ERR, .lidChange: IBV_EVENT_LID_CHANGE,
            .partitionKeyChange: IBV_EVENT_PKEY_CHANGE, .managerChange: IBV_EVENT_SM_CHANGE,
            .clientReregister: IBV_EVENT_CLIENT_REREGISTER, .gidChange: IBV_EVENT_GID_CHANGE,
        ]
        for notice in VerbsNotice.allCases {
            #expect(header[notice]?.rawValue == notice.rawValue)
        }
    }
}
