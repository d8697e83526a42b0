import Collectors
import Fakes
import Model
import Testing

@Suite struct NVMLLinkTests {
    @Test func `a Hopper link leads to a switch on the buses`() throws {
        let device = try FakeNVML().device(2)
        #expect(try device.isLinkActive(17))
        #expect(try device.linkVersion(17) == 6)
        #expect(try device.linkPeer(17) == .nvswitch)
        #expect(
            try device.linkPeerAddress(17) == PCIAddress(domain: 0, bus: 6, device: 0))
        #expect(try device.link(0, has: .peerToPeer))
        #expect(try device.link(0, has: .isValid))
        #expect(try !device.link(0, has: .sli))
    }

    @Test func `an address of all ones is no address`() throws {
        let device = try FakeNVML(.r610, "profile blackwell").device()
        #expect(try device.linkPeerAddress(0) == nil)
        #expect(try device.linkPeer(0) == .nvswitch)
        #expect(try device.linkVersion(0) == 7)
        #expect(code { try device.linkErrorCount(0, .replay) } == .notSupported)
    }

    @Test func `a link may lead to another GPU or to another address`() throws {
        let device = try FakeNVML(
            .r610, "link gpu=0 link=4 remote=gpu:5\nlink gpu=0 link=5 remote=0001:c1:00.0"
        ).device()
        #expect(try device.linkPeer(4) == .gpu)
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
            code { try device.link(12, has: .isValid) },
        ]
        #expect(codes.allSatisfy { $0?.rawValue == number && $0?.kind == .absentCapability })
    }

    @Test func `error counts are those of the fields, and one is for root`() throws {
        let counters = (161...163).map { "counter gpu=0 link=3 field=\($0) value=\($0)" }
        let fake = try FakeNVML(.r610, counters.joined(separator: "\n"))
        let device = try fake.device()
        let counts = try [.replay, .recovery, .flitCRC].map { try device.linkErrorCount(3, $0) }
        #expect(counts == [161, 162, 163])
        #expect(try device.linkErrorCount(2, .replay) == 0)
        #expect(code { try device.linkErrorCount(3, .dataECC) } == .noPermission)
        try fake.play("root")
        #expect(try device.linkErrorCount(3, .dataECC) == 0)
    }

    @Test func `a link that is down is not active`() throws {
        let device = try FakeNVML(.r610, "link gpu=0 link=7 state=0").device()
        #expect(try !device.isLinkActive(7))
        #expect(try device.isLinkActive(8))
    }
}

@Suite struct NVMLMemoryTests {
    @Test func `ECC can be off, and then nothing is counted`() throws {
        let device = try FakeNVML(.r610, "set gpu=0 ecc=0 ecc_pending=1").device()
        let mode = try device.eccMode()
        #expect((mode.isOn, mode.isPending) == (false, true))
        #expect(code { try device.memoryErrorCount(.corrected, .volatile) } == .notSupported)
        #expect(
            code { try device.memoryErrorCount(.corrected, .volatile, in: .sram) } == .notSupported)
    }

    @Test func `error counts keep their kind, era and place`() throws {
        let fields = [3, 4, 5, 6, 11, 12, 22, 23]
        let device = try FakeNVML(
            .r610,
            fields.map { "counter gpu=0 field=\($0) value=\($0)" }.joined(separator: "\n")
                + "\nset gpu=0 sram_vol_cor=101 sram_vol_parity=100 sram_vol_secded=2"
                + " sram_agg_cor=103 sram_agg_parity=100 sram_agg_secded=4"
        ).device()
        let pairs = NVMLMemoryEra.allCases.flatMap { era in
            NVMLMemoryError.allCases.map { ($0, era) }
        }
        #expect(try pairs.map { try device.memoryErrorCount($0, $1) } == [3, 4, 5, 6])
        #expect(
            try pairs.map { try device.memoryErrorCount($0, $1, in: .dram) } == [11, 12, 22, 23])
        #expect(
            try pairs.map { try device.memoryErrorCount($0, $1, in: .sram) }
                == [101, 102, 103, 104])
    }

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
        "set gpu=0 remap_cor=1 remap_unc=2 remap_cor_inactive=3 remap_unc_inactive=4 "
        + "remap_pending=1 banks_max=5 banks_high=6 banks_partial=7 banks_low=8 banks_none=9"

    @Test func `remapped rows come in the newer form where there is one`() throws {
        let fake = try FakeNVML(.r610, Self.remapped)
        let device = try fake.device()
        let rows = try device.remappedRows()
        #expect((rows.active.corrected, rows.active.uncorrected) == (1, 2))
        #expect((rows.inactive?.corrected, rows.inactive?.uncorrected) == (3, 4))
        #expect(rows.isPending)
        #expect(!rows.hasFailed)
        #expect(try fake.calls().last?.symbol == "nvmlDeviceGetRemappedRows_v2")
    }

    @Test(
        arguments: [
            (.r580, ""), (.r610, "\nreturn symbol=nvmlDeviceGetRemappedRows_v2 code=3"),
            (.r610, "\nreturn symbol=nvmlDeviceGetRemappedRows_v2 code=25"),
        ] as [(FakeNVML.Driver, String)])
    func `remapped rows come in the older form otherwise`(
        _ driver: FakeNVML.Driver, _ rule: String
    ) throws {
        let fake = try FakeNVML(driver, Self.remapped + rule)
        let rows = try fake.device().remappedRows()
        #expect((rows.active.corrected, rows.active.uncorrected) == (1, 2))
        #expect(rows.inactive == nil)
        #expect(rows.isPending)
        #expect(try fake.calls().last?.symbol == "nvmlDeviceGetRemappedRows")
    }

    @Test func `banks are told by their spare rows`() throws {
        let rows = try FakeNVML(.r610, Self.remapped).device().spareRows()
        #expect([rows.max, rows.high, rows.partial, rows.low, rows.none] == [5, 6, 7, 8, 9])
    }

    @Test func `pages are retired before Ampere alone`() throws {
        let fake = try FakeNVML()
        let device = try fake.device()
        #expect(code { try device.retiredPageCount(.correctedErrors) } == .notSupported)
        #expect(code { try device.isRetirementPending() } == .notSupported)
        try fake.play("set gpu=0 retired retired_sbe=3 retired_dbe=0 retired_pending=1")
        #expect(try device.retiredPageCount(.correctedErrors) == 3)
        #expect(try device.retiredPageCount(.uncorrectedError) == 0)
        #expect(try device.isRetirementPending())
    }
}

@Suite struct NVMLConditionTests {
    static let scenario =
        "clock 100\nset gpu=0 temperature=67 power_mw=512000 power_limit_mw=700000 throttle=0x44 "
        + "utilization=93 memory_utilization=41 clock_graphics=1 clock_sm=2 clock_memory=3 "
        + "clock_video=4 persistence=0\ncounter gpu=0 field=83 value=1000 rate=500\n"
        + "counter gpu=0 field=94 value=12"

    @Test(arguments: [FakeNVML.Driver.r610, .r580, .r550, .r450])
    func `conditions read the same with every driver`(_ driver: FakeNVML.Driver) throws {
        let device = try FakeNVML(driver, Self.scenario).device()
        #expect(try device.temperatureCelsius() == 67)
        #expect(try device.clockReasons() == [.powerCap, .hardwareThermal])
        #expect(try device.powerMilliwatts() == 512_000)
        #expect(try device.powerLimitMilliwatts() == 700_000)
        #expect(try device.energyMillijoules() == 51_000)
        #expect(try device.pcieReplayCount() == 12)
        let load = try device.utilization()
        #expect((load.gpu, load.memory) == (93, 41))
        #expect(try NVMLClock.allCases.map { try device.clockMegahertz($0) } == [1, 2, 3, 4])
        #expect(try !device.isPersistent())
        #expect(try !device.migMode().isOn)
    }

    @Test func `the older names are called where the newer ones are missing`() throws {
        let fake = try FakeNVML(.r450)
        let device = try fake.device()
        _ = try device.temperatureCelsius()
        _ = try device.clockReasons()
        #expect(
            try fake.calls().suffix(2).map(\.symbol) == [
                "nvmlDeviceGetTemperature", "nvmlDeviceGetCurrentClocksThrottleReasons",
            ])
    }

    @Test func `the newer names are called where they are there`() throws {
        let fake = try FakeNVML()
        let device = try fake.device()
        _ = try device.temperatureCelsius()
        _ = try device.clockReasons()
        #expect(
            try fake.calls().suffix(2).map(\.symbol) == [
                "nvmlDeviceGetTemperatureV", "nvmlDeviceGetCurrentClocksEventReasons",
            ])
    }

    @Test func `an error that is no absence does not ask for the older form`() throws {
        let fake = try FakeNVML()
        let device = try fake.device()
        try fake.play("return symbol=nvmlDeviceGetTemperatureV code=999")
        #expect(code { try device.temperatureCelsius() } == .unknown)
        #expect(try fake.calls().last?.symbol == "nvmlDeviceGetTemperatureV")
    }

    @Test func `a temperature below zero stays below zero`() throws {
        // Two's complement, as the older call hands it out.
        let device = try FakeNVML(.r450, "set gpu=0 temperature=0xfffffffb").device()
        #expect(try device.temperatureCelsius() == -5)
    }

    @Test func `a partitioned GPU tells no utilization`() throws {
        let device = try FakeNVML(.r610, "set gpu=0 mig=1").device()
        #expect(try device.migMode().isOn)
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
        let fake = try FakeNVML(.r610, Self.scenario)
        let fabric = try fake.device().fabric()
        #expect(fabric.cluster == Self.cluster)
        #expect(fabric.clique == 7)
        #expect(fabric.state == .completed)
        #expect(fabric.status == .success)
        #expect(fabric.healthMask == 0x1aa)
        #expect(fabric.healthSummary == 1)
        #expect(try fake.calls().filter { $0.symbol.contains("Fabric") }.count == 1)
    }

    @Test(
        arguments: [(.r550, ""), (.r610, "\nset gpu=0 fabric_version=2")]
            as [(FakeNVML.Driver, String)])
    func `the second form has no summary`(_ driver: FakeNVML.Driver, _ rule: String) throws {
        let fake = try FakeNVML(driver, Self.scenario + rule)
        let fabric = try fake.device().fabric()
        #expect(fabric.cluster == Self.cluster)
        #expect(fabric.clique == 7)
        #expect(fabric.state == .completed)
        #expect(fabric.healthMask == 0x1aa)
        #expect(fabric.healthSummary == nil)
        #expect(
            try fake.calls().filter { $0.symbol.contains("Fabric") }.map(\.outcome) == ["25", "0"])
    }

    // Drivers 525 to 545 have the first form alone.
    @Test(arguments: [
        ("set gpu=0 fabric_version=1", ["25", "25", "0"]),
        ("return symbol=nvmlDeviceGetGpuFabricInfoV code=13", ["13", "0"]),
    ])
    func `the first form has no mask`(_ rule: String, _ outcomes: [String]) throws {
        let fake = try FakeNVML(.r610, "\(Self.scenario)\n\(rule)")
        let fabric = try fake.device().fabric()
        #expect(fabric.cluster == Self.cluster)
        #expect(fabric.clique == 7)
        #expect(fabric.state == .completed)
        #expect(fabric.status == .success)
        #expect(fabric.healthMask == nil)
        #expect(try fake.calls().filter { $0.symbol.contains("Fabric") }.map(\.outcome) == outcomes)
    }

    @Test func `no form at all is no fabric`() throws {
        let older = try FakeNVML(.r450).device()
        #expect(code { try older.fabric() } == .functionNotFound)
        let pcie = try FakeNVML(.r610, "profile ampere-pcie").device()
        #expect(code { try pcie.fabric() } == .notSupported)
    }

    @Test func `an error that is no mismatch is told at once`() throws {
        let fake = try FakeNVML()
        let device = try fake.device()
        try fake.play("return symbol=nvmlDeviceGetGpuFabricInfoV code=27")
        #expect(code { try device.fabric() } == NVMLCode(rawValue: 27))
        #expect(try fake.calls().filter { $0.symbol.contains("Fabric") }.count == 1)
    }

    static let states: [(Int, NVMLFabric.State, NVMLCode?)] = [
        (0, .notSupported, nil), (1, .notStarted, nil), (2, .inProgress, nil),
        (3, .completed, .unknown), (9, .other(9), nil),
    ]

    @Test(arguments: states)
    func `a status means something once the registration is over`(
        _ row: (number: Int, state: NVMLFabric.State, status: NVMLCode?)
    ) throws {
        let scenario = "set gpu=0 fabric_state=\(row.number) fabric_status=999"
        let fabric = try FakeNVML(.r610, scenario).device().fabric()
        #expect(fabric.state == row.state)
        #expect(fabric.status == row.status)
        #expect(fabric.cluster == nil)
        #expect(fabric.healthSummary == nil)
    }
}
