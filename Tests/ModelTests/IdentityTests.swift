import Model
import Testing

struct IdentityTests {
    @Test func guidReadsWhatItWrites() {
        var random = SplitMix(0x6715)
        for value in [0, 1, .max, 0x0000_98b0_0000_0001] + (0..<500).map({ _ in random.next() }) {
            let guid = GUID(value)
            #expect(guid.description.utf8.count == 18)
            #expect(GUID(guid.description) == guid, "\(guid)")
        }
        #expect(GUID(0x98_03B0).description == "0x00000000009803b0")
        #expect(GUID("0xABCDEF") == GUID(0xABCDEF))
        #expect(GUID("0x1") == GUID(1))
        #expect(GUID(1) < GUID(2) && !(GUID(2) < GUID(2)))
    }

    @Test(
        arguments: [
            "", "0x", "x1", "1", "0X1", "0xg", "0x1 ", " 0x1", "0x+1", "0x-0", "0x_1",
            "0x00000000000000001", "0x10000000000000000", "98:03:9b", "0x١",
        ])
    func noGUID(_ text: String) {
        #expect(GUID(text) == nil)
    }

    @Test func pciAddressReadsWhatItWrites() {
        var random = SplitMix(0x9C1)
        for _ in 0..<500 {
            let bits = random.next()
            // Every width of a domain, as the wide ones are rare.
            let domain = UInt32(truncatingIfNeeded: random.next()) >> UInt32(bits & 31)
            let address = PCIAddress(
                domain: domain, bus: UInt8(truncatingIfNeeded: bits >> 8),
                device: UInt8(bits >> 16 & 31), function: UInt8(bits >> 24 & 7))
            #expect(PCIAddress(address.description) == address, "\(address)")
        }
        let written: [(PCIAddress, String)] = [
            (PCIAddress(domain: 0, bus: 0x18, device: 0), "0000:18:00.0"),
            (PCIAddress(domain: 0xA, bus: 0xDB, device: 0x1F, function: 7), "000a:db:1f.7"),
            (PCIAddress(domain: 0x1_0000, bus: 0, device: 9), "10000:00:09.0"),
            (PCIAddress(domain: .max, bus: .max, device: 1), "ffffffff:ff:01.0"),
        ]
        for (address, text) in written { #expect(address.description == text) }
    }

    @Test func portKeyReadsWhatItWrites() {
        for port in UInt8.min...UInt8.max {
            let key = PortKey(node: GUID(0x98_03B0 << 32), port: port)
            #expect(PortKey(key.description) == key)
        }
        #expect(PortKey(node: GUID(16), port: 7).description == "0x0000000000000010/7")
    }

    @Test(
        arguments: [
            "", "/", "0x1", "0x1/", "/1", "0x1/256", "0x1/-1", "0x1/+1", "0x1/01", "0x1/1/1",
            "0x1/1 ", "1/1", "0x1/a",
        ])
    func noPortKey(_ text: String) {
        #expect(PortKey(text) == nil)
    }

    @Test func portsAreOrderedByNodeThenNumber() {
        let keys = [(1, 2), (1, 10), (2, 1)].map { PortKey(node: GUID($0), port: $1) }
        #expect(keys.reversed().sorted() == keys)
    }
}

struct LinkTests {
    @Test(
        arguments: [
            (2_500, "SDR", 1, 0), (5_000, "DDR", 2, 0), (10_000, "QDR", 4, 0),
            (14_063, "FDR", 0, 1), (25_781, "EDR", 0, 2), (53_125, "HDR", 0, 4),
            (106_250, "NDR", 0, 8), (0, "", 0, 0), (1, "", 0, 0),
        ] as [(UInt32, String, UInt8, UInt8)])
    func speedHasItsName(rate: UInt32, name: String, active: UInt8, extended: UInt8) {
        var link = LinkInfo.up
        link.laneMegabitsPerSecond = rate
        #expect(link.speedName == name)
        #expect(link.bitsPerSecond == 4 * UInt64(rate) * 1_000_000)
        let speed = LinkSpeed.all.first { $0.name == name }
        #expect(speed?.active ?? 0 == active && speed?.extendedActive ?? 0 == extended)
    }

    @Test func gradesAreDistinctAndSlowestFirst() {
        let rates = LinkSpeed.all.map(\.laneMegabitsPerSecond)
        #expect(rates == rates.sorted() && Set(rates).count == rates.count)
        for speed in LinkSpeed.all {
            #expect((speed.active == 0) != (speed.extendedActive == 0))
        }
    }

    @Test(
        arguments: [
            (0, "state_0", false, false), (1, "down", false, false), (2, "init", true, false),
            (3, "armed", true, false), (4, "active", true, true), (5, "state_5", true, false),
        ] as [(UInt8, String, Bool, Bool)])
    func stateHasItsName(state: UInt8, name: String, isUp: Bool, isActive: Bool) {
        var link = LinkInfo.up
        link.state = state
        #expect(link.stateName == name)
        #expect(link.isUp == isUp && link.isActive == isActive)
    }

    @Test(
        arguments: zip(
            Array(UInt8(0)...8),
            [
                "state_0", "sleep", "polling", "disabled", "training", "link_up",
                "link_error_recovery", "phy_test", "state_8",
            ]))
    func physicalStateHasItsName(state: UInt8, name: String) {
        var link = LinkInfo.up
        link.physicalState = state
        #expect(link.physicalStateName == name)
    }

    @Test func onlyReedSolomonChangesTheLayout() {
        #expect(FECMode.allCases.map(\.isReedSolomon) == [false, false, true, true])
    }
}
