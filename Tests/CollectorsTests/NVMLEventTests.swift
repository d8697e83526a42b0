import Fakes
import Testing

@testable import Collectors

@Suite struct NVMLEventTests {
    @Test(arguments: zip([FakeNVML.Driver.r610, .r550, .r450], [0xfc08, 0xc08, 0xc08]))
    func `an older driver has fewer kinds`(_ driver: FakeNVML.Driver, _ bits: UInt64) throws {
        let device = try FakeNVML(driver).device()
        #expect(try device.eventTypes().intersection(.health).rawValue == bits)
    }

    @Test func `each event is told once`() throws {
        let fake = try FakeNVML()
        let library = try fake.open()
        let devices = try fakeAddresses.map { try library.device(at: $0) }
        let set = try NVMLEventSet(library: library)
        for device in devices { try set.register(device, .health) }
        #expect(try set.next() == nil)
        let lines = [
            "event seq=1 gpu=2 type=8 data=79", "event seq=2 gpu=5 type=0x8000 data=2 gi=1 ci=0",
        ]
        try fake.play(lines[0])
        let xid = try #require(try set.next())
        #expect(xid.device == devices[2])
        #expect(xid.types == .xid)
        #expect(xid.data == 79)
        #expect(xid.gpuInstance == nil)
        #expect(xid.computeInstance == nil)
        #expect(try set.next() == nil)
        try fake.play(lines.joined(separator: "\n"))
        let action = try #require(try set.next())
        #expect(action.device == devices[5])
        #expect(action.types == .recoveryAction)
        #expect(action.gpuInstance == 1)
        #expect(action.computeInstance == 0)
        #expect(try set.next() == nil)
    }

    @Test func `events of kinds or GPUs that nobody registered for are not told`() throws {
        let fake = try FakeNVML()
        let library = try fake.open()
        let set = try NVMLEventSet(library: library)
        try fake.play("event seq=1 gpu=0 type=8 data=48")
        try set.register(try library.device(at: fakeAddresses[0]), .xid)
        #expect(try set.next() == nil)
        try fake.play(
            "event seq=2 gpu=1 type=8 data=48\nevent seq=3 gpu=0 type=0x400\n"
                + "event seq=4 gpu=0 type=8 data=31")
        #expect(try set.next()?.data == 31)
        #expect(try set.next() == nil)
    }

    @Test func `waiting ends with the time, without an event`() throws {
        let fake = try FakeNVML()
        let set = try NVMLEventSet(library: try fake.open())
        #expect(try set.next(waitMilliseconds: 30) == nil)
        let call = try #require(try fake.calls().last)
        #expect(call.arguments == "ms=30")
        #expect(call.nanoseconds >= 30_000_000)
        #expect(call.outcome == "10")
    }

    @Test func `waiting can end with a lost GPU`() throws {
        let fake = try FakeNVML()
        let set = try NVMLEventSet(library: try fake.open())
        try fake.play("return symbol=nvmlEventSetWait_v2 code=15")
        #expect(code { try set.next() } == .gpuIsLost)
    }

    @Test func `a registration that fails says so`() throws {
        let fake = try FakeNVML(.r610, "return symbol=nvmlDeviceRegisterEvents code=999")
        let device = try fake.device()
        let set = try NVMLEventSet(library: device.library)
        #expect(code { try set.register(device, .xid) } == .unknown)
    }

    @Test func `a set is freed with its owner`() throws {
        let fake = try FakeNVML()
        let library = try fake.open()
        do {
            let set = try NVMLEventSet(library: library)
            #expect(try set.next() == nil)
        }
        #expect(try fake.calls().last?.symbol == "nvmlEventSetFree")
        #expect(try fake.calls().last?.outcome == "0")
    }

    @Test func `a set that cannot be made is an error`() throws {
        let library = try FakeNVML(.r610, "return symbol=nvmlEventSetCreate code=23").open()
        #expect(code { _ = try NVMLEventSet(library: library) } == NVMLCode(rawValue: 23))
    }
}
