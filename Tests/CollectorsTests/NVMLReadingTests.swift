import Fakes
import Model
import Testing

@testable import Collectors

@Suite struct NVMLLinkTests {
    @Test func `a Hopper link leads to a switch on the buses`() throws {
        let device = try FakeNVML().device(2)
        #expect(try device.isLinkActive(17))
        #expect(try device.linkVersion(17) == 6)
        #expect(try device.linkPeer(17) == 2)
        #expect(
            try device.linkPeerAddress(17) == PCIAddress(domain: 0, bus: 6, device: 0))
    }

    @Test func `an address of all ones is no address`() throws {
        let device = try FakeNVML(.r610, "profile blackwell").device()
        #expect(try device.linkPeerAddress(0) == nil)
        #expect(try device.linkPeer(0) == 2)
        #expect(try device.linkVersion(0) == 7)
        #expect(code { try device.linkErrorCount(0, .replay) } == .notSupported)
    }

    @Test func `a link may lead to another GPU or to another address`() throws {
        let device = try FakeNVML(
            .r610, "link gpu=0 link=4 remote=gpu:5\nlink gpu=0 link=5 remote=0001:c1:00.0"
        ).device()
        #expect(try device.linkPeer(4) == 0)
        #expect(try device.linkPeerAddress(4) == fakeAddresses[5])
        #expect(
            try device.linkPeerAddress(5) == PCIAddress(domain: 1, bus: 0xc1, device: 0))
    }

    @Test(arguments: [2, 3] as [Int32])
    func `a link beyond the last one is an absent capability`(_ number: Int32) throws {
        let device = try FakeNVML(.r610, "links 12\nbeyond \(number)").device()
        #expect(try device.isLinkActive(11))
        let codes = [
            code { try device.isLinkActive(12) }, code { try device.linkVersion(12) },
            code { try device.linkPeer(12) }, code { try device.linkPeerAddress(12) },
            code { try device.linkErrorCount(12, .replay) },
        ]
        #expect(codes.allSatisfy { $0?.rawValue == number && $0?.kind == .absentCapability })
    }

    @Test func `error counts are those of the fields`() throws {
        let counters = (161...163).map { "counter gpu=0 link=3 field=\($0) value=\($0)" }
        let fake = try FakeNVML(.r610, counters.joined(separator: "\n"))
        let device = try fake.device()
        let counts = try [.replay, .recovery, .flitCRC].map { try device.linkErrorCount(3, $0) }
        #expect(counts == [161, 162, 163])
        #expect(try device.linkErrorCount(2, .replay) == 0)
    }

    @Test func `a link that is down is not active`() throws {
        let device = try FakeNVML(.r610, "link gpu=0 link=7 state=0").device()
        #expect(try !device.isLinkActive(7))
        #expect(try device.isLinkActive(8))
    }
}

@Suite struct NVMLMemoryTests {
    private func members(_ errors: NVMLSRAMStatus.Errors) -> [UInt64] {
        [errors.uncorrectedParity, errors.uncorrectedSECDED, errors.corrected]
    }

    @Test func `the SRAM status is for root, and every member is its own`() throws {
        let scenario =
            "set gpu=0 sram_agg_parity=1 sram_agg_secded=2 sram_agg_cor=3 sram_vol_parity=4 "
            + "sram_vol_secded=5 sram_vol_cor=6 sram_l2=7 sram_sm=8 sram_pcie=9 sram_mcu=10 "
            + "sram_other=11 sram_threshold=1"
        let fake = try FakeNVML(.r610, scenario)
        let device = try fake.device()
        #expect(code { try device.sramStatus() } == .noPermission)
        try fake.play("root\n" + scenario)
        let status = try device.sramStatus()
        #expect(members(status.aggregate) == [1, 2, 3])
        #expect(members(status.volatile) == [4, 5, 6])
        #expect(status.units == [7, 8, 9, 10, 11])
        #expect(status.isThresholdExceeded)
        try fake.play("root")
        #expect(try !device.sramStatus().isThresholdExceeded)
    }

    static let remapped =
        "set gpu=0 banks_max=5 banks_high=6 banks_partial=7 banks_low=8 banks_none=9"

    @Test func `banks are told by their spare rows`() throws {
        let rows = try FakeNVML(.r610, Self.remapped).device().spareRows()
        #expect([rows.max, rows.high, rows.partial, rows.low, rows.none] == [5, 6, 7, 8, 9])
    }
}

@Suite struct NVMLConditionTests {
    static let scenario =
        "clock 100\nset gpu=0 temperature=67 power_mw=512000 power_limit_mw=700000 throttle=0x44 "
        + "utilization=93 memory_utilization=41 clock_graphics=1 clock_sm=2 clock_memory=3 "
        + "clock_video=4 persistence=0"

    @Test(arguments: [FakeNVML.Driver.r610, .r580, .r550, .r450])
    func `conditions read the same with every driver`(_ driver: FakeNVML.Driver) throws {
        let device = try FakeNVML(driver, Self.scenario).device()
        #expect(try device.temperatureOlder() == 67)
        #expect(try device.clockThrottleReasons() == 0x44)
        #expect(try device.powerMilliwatts() == 512_000)
        #expect(try device.powerLimitMilliwatts() == 700_000)
        let load = try device.utilization()
        #expect((load.gpu, load.memory) == (93, 41))
        #expect(try NVMLClock.allCases.map { try device.clockMegahertz($0) } == [1, 2, 3, 4])
        #expect(try !device.isPersistent())
        #expect(try !device.isPartitioned())
    }

    @Test func `a temperature below zero stays below zero`() throws {
        // Two's complement, as the older call hands it out.
        let device = try FakeNVML(.r450, "set gpu=0 temperature=0xfffffffb").device()
        #expect(try device.temperatureOlder() == -5)
    }

    @Test func `a partitioned GPU tells no utilization`() throws {
        let device = try FakeNVML(.r610, "set gpu=0 mig=1").device()
        #expect(try device.isPartitioned())
        #expect(code { try device.utilization() } == .notSupported)
    }

    @Test func `memory adds up`() throws {
        let device = try FakeNVML(
            .r610, "set gpu=0 memory_total=1000 memory_reserved=100 memory_used=300"
        ).device()
        let memory = try device.memory()
        #expect(memory.total == 1000)
        #expect(memory.reserved == 100)
        #expect(memory.used == 300)
        #expect(memory.free == 600)
        let older = try FakeNVML(.r450).device()
        #expect(code { try older.memory() } == .functionNotFound)
    }
}

@Suite struct NVMLFabricTests {
    static let scenario =
        "set gpu=0 fabric_clique=7 fabric_health=0x1aa fabric_summary=1 fabric_cluster=0x1234"
    static let cluster = "00000000000000000000000000001234"

    @Test func `the third form has everything`() throws {
        let fabric = try FakeNVML(.r610, Self.scenario).device().fabricThird()
        #expect(fabric.cluster == Self.cluster)
        #expect(fabric.clique == 7)
        #expect(fabric.state == NVMLFabric.completed)
        #expect(fabric.status == .success)
        #expect(fabric.healthMask == 0x1aa)
        #expect(fabric.healthSummary == 1)
    }

    @Test func `the second form has no summary`() throws {
        let device = try FakeNVML(.r550, Self.scenario).device()
        #expect(code { try device.fabricThird() } == .argumentVersionMismatch)
        let fabric = try device.fabricSecond()
        #expect(fabric.cluster == Self.cluster)
        #expect(fabric.clique == 7)
        #expect(fabric.state == NVMLFabric.completed)
        #expect(fabric.healthMask == 0x1aa)
        #expect(fabric.healthSummary == nil)
    }

    // Drivers 525 to 545 have the first form alone.
    @Test func `the first form has no mask`() throws {
        let device = try FakeNVML(.r610, Self.scenario + "\nset gpu=0 fabric_version=1").device()
        #expect(code { try device.fabricSecond() } == .argumentVersionMismatch)
        let fabric = try device.fabricFirst()
        #expect(fabric.cluster == Self.cluster)
        #expect(fabric.clique == 7)
        #expect(fabric.state == NVMLFabric.completed)
        #expect(fabric.status == .success)
        #expect(fabric.healthMask == nil)
    }

    @Test(arguments: [0, 1, 2, 3, 9] as [UInt8])
    func `a status means something once the registration is over`(_ state: UInt8) throws {
        let scenario = "set gpu=0 fabric_state=\(state) fabric_status=999"
        let fabric = try FakeNVML(.r610, scenario).device().fabricThird()
        #expect(fabric.state == state)
        #expect(fabric.status == (state == NVMLFabric.completed ? .unknown : nil))
        #expect(fabric.cluster == nil)
        #expect(fabric.healthSummary == nil)
    }
}
