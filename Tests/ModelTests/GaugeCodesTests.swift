import Model
import Testing

/// What the numbers of gauges stand for.
struct GaugeCodesTests {
    private static let coded = (GPUCounters.gauges + NVLinkCounters.gauges).filter {
        $0.codes != nil
    }

    @Test func `words are for codes only`() {
        #expect(!Self.coded.isEmpty)
        #expect(Self.coded.allSatisfy { $0.unit == .code })
    }

    @Test(arguments: coded.indices)
    func `help and meaning say the same`(_ number: Int) throws {
        let gauge = Self.coded[number]
        let codes = try #require(gauge.codes)
        switch codes {
        case .words(let words):
            for (code, word) in words {
                #expect(codes.meaning(of: code) == word)
                #expect(gauge.help.contains("\(code) \(word)"))
            }
            #expect(Set(words.map(\.code)).count == words.count)
            #expect(codes.meaning(of: 1 << 40) == nil)
        case .mask(let bits):
            for (bit, word) in bits {
                #expect(bit.nonzeroBitCount == 1)
                #expect(codes.meaning(of: bit) == word)
                #expect(gauge.help.contains("\(bit) \(word)"))
            }
            #expect(codes.meaning(of: 0) == "none")
        case .fields:
            #expect(codes.meaning(of: 0) == "not told")
        }
    }

    @Test func `bits that nobody knows are not lost`() throws {
        let reasons = try #require(Self.coded.first { $0.name == "clocks_event_reasons" }?.codes)
        #expect(
            reasons.meaning(of: 0x8000_0000_0000_0041)
                == "idle, hardware thermal, others (0x8000000000000000)")
    }

    // Each field says 2 for "no", where 1 means trouble.
    @Test(
        arguments: [
            (0b10_0000_10_10_10_10, "no partition assigned"),
            (0b01_0001_10_10_10_10, "healthy"), (0b01_0001_10_10_10_01, "degraded bandwidth"),
            (0b01_0001_10_10_01_10, "route recovery in progress"),
            (0b01_0001_10_01_10_10, "route unhealthy"),
            (0b01_0001_01_10_10_10, "access timeout recovery"),
            (0b01_0101_10_10_10_10, "too few NVLinks"),
            (0b01_1000_10_10_10_01, "degraded bandwidth, invalid GPU state"),
            // What a newer driver says, and what an older one does not.
            (0b01_1001_10_10_10_10, "unknown (0x900)"), (0b01_0001_10_10_10_11, "unknown (0x3)"),
            (0b01_0001_10_10_10_10 | 1 << 14, "unknown (0x4000)"),
            (0b11_0001_10_10_10_01 | 1 << 63, "degraded bandwidth, unknown (0x8000000000003000)"),
            (0b10, "healthy as far as told"), (0b10_10_10, "healthy as far as told"),
            (0b01_00, "route recovery in progress"), (0, "not told"),
        ] as [(UInt64, String)])
    func `the fabric's health`(mask: UInt64, meaning: String) throws {
        let codes = try #require(Self.coded.first { $0.name == "fabric_health_mask" }?.codes)
        #expect(codes.meaning(of: mask) == meaning)
    }
}
