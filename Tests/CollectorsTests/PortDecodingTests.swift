import Collectors
import Model
import Testing

@Suite struct PortDecodingTests {
    private func portInfo(_ text: String) -> DecodedPortInfo {
        DecodedPortInfo(
            packet("80: 00 0f 00 01 00 00 c0 00   # LID 15, SM LID 1, capability mask\n" + text))
    }

    @Test func anActiveNDRPort() {
        let info = portInfo(
            """
            94: 00 02                   # LinkWidthActive 4x at octet 31
            96: 04 50 04                # Active; LinkUp; LinkSpeedActive 10 Gbit/s
            124: 00 06                  # CapabilityMask2
            126: 80                     # LinkSpeedExtActive NDR
            """)
        #expect(info.link.state == 4)
        #expect(info.link.physicalState == 5)
        #expect(info.link.widthLanes == 4)
        #expect(info.link.laneMegabitsPerSecond == 106_250)
        #expect(info.link.speedName == "NDR")
        #expect(info.link.lid == 15)
        #expect(info.link.smLID == 1)
        #expect(info.link.capabilityMask == 0xc000)
        #expect(info.capabilityMask2 == 6)
        #expect(info.runsExtendedSpeed)
    }

    @Test(
        arguments: [
            (1, 1), (2, 4), (4, 8), (8, 12), (16, 2), (0, 0), (3, 0),
        ] as [(UInt8, UInt8)])
    func widths(code: UInt8, lanes: UInt8) {
        let text = "95: \(Hexadecimal.padded(code, digits: 2))\n96: 04 50 10"
        #expect(portInfo(text).link.widthLanes == lanes)
    }

    @Test(arguments: [
        ("10", "00", "00", "SDR"), ("20", "00", "00", "DDR"), ("40", "00", "00", "QDR"),
        ("40", "10", "00", "FDR"), ("40", "20", "00", "EDR"), ("40", "40", "00", "HDR"),
        ("40", "80", "00", "NDR"), ("40", "f0", "00", ""), ("00", "00", "00", ""),
        // LinkSpeedExtActive2: XDR must not be taken for the rate that it falls back to.
        ("40", "00", "20", ""), ("40", "80", "20", ""),
    ])
    func speeds(basic: String, extended: String, newer: String, name: String) {
        let link = portInfo("96: 04 50\n99: \(basic)\n126: \(extended)\n120: \(newer)").link
        #expect(link.speedName == name)
        #expect((link.laneMegabitsPerSecond == 0) == name.isEmpty)
    }

    @Test func aPortThatIsDownHasNeitherWidthNorSpeedNorAnImpossibleLID() {
        let info = DecodedPortInfo(packet("80: ff ff ff ff\n95: 02\n96: 01 20 40\n126: 80"))
        #expect(info.link.state == 1)
        #expect(info.link.widthLanes == 0)
        #expect(info.link.laneMegabitsPerSecond == 0)
        #expect(info.link.lid == 0)
        #expect(info.link.smLID == 0)
        #expect(!info.runsExtendedSpeed)
    }

    @Test func whatAPortCanAndMayDo() throws {
        let ability = try #require(
            portInfo(
                """
                93: 12 13                   # LinkWidthEnabled 2X, 4X; LinkWidthSupported 1X too
                96: 74                      # LinkSpeedSupported up to QDR; Active
                99: 43                      # LinkSpeedActive QDR; LinkSpeedEnabled SDR, DDR
                126: 8f                     # LinkSpeedExtActive NDR; supported FDR to NDR
                127: 07                     # LinkSpeedExtEnabled FDR to HDR
                """
            ).link.ability)
        #expect(ability.mostLanes == 4 && ability.enabledWidthNames == "2X or 4X")
        #expect(ability.supportedSpeeds == 0b111_1111 && ability.enabledSpeeds == 0b011_1011)
        #expect(ability.fastestName == "HDR")
        var other = ability
        other.enabledWidths = 0x10
        other.enabledSpeeds = 0
        let common = ability.common(with: other)
        #expect(common.mostLanes == 2 && common.fastestGrade == nil)
    }

    @Test func aPortThatNamesNoWidthSaysNothing() {
        #expect(portInfo("96: 04 50").link.ability == nil)
        let all = portInfo("93: ff 13\n126: 0f\n127: 1f").link.ability
        #expect(all?.enabledWidths == 0x13 && all?.fastestName == "NDR")
    }

    @Test func capabilityMask2IsIgnoredWhereThePortHasNone() {
        let info = DecodedPortInfo(packet("84: 00 00 40 00\n124: ff ff"))
        #expect(info.capabilityMask2 == 0)
    }
}
