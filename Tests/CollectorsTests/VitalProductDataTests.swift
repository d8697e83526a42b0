import Fakes
import Testing

@testable import Collectors

/// The parser of vital product data: what is there is read, and nothing that comes traps.
@Suite struct VitalProductDataTests {
    @Test func aCardSaysItsPartAndItsSerialNumber() throws {
        let data = try #require(VitalProductData(FakeProductData().octets))
        #expect(data.part == "MCX75310AAS-NEAT" && data.serial == "MT2317XZ0A4K")
        #expect(!data.isForNVSwitches)
    }

    @Test func textsAreTakenWithoutTheirPadding() throws {
        let product = FakeProductData(part: "  P1 \0\0", serial: "S 2      ")
        let data = try #require(VitalProductData(product.octets))
        #expect(data.part == "P1" && data.serial == "S 2")
    }

    @Test(arguments: ["", "    ", "\u{1}\u{2}", "é", String(repeating: "x", count: 65)])
    func whatIsNoTextIsUnknown(_ text: String) throws {
        let data = try #require(VitalProductData(FakeProductData(part: text).octets))
        #expect(data.part == nil && data.serial == "MT2317XZ0A4K")
    }

    @Test func aFunctionThatServesNVSwitchesSaysSo() throws {
        #expect(VitalProductData(FakeProductData.nvswitch.octets)?.isForNVSwitches == true)
        var writable = FakeProductData()
        writable.writable = [("V1", "MODL=X:SMDL=SW_MNG"), ("RW", "")]
        #expect(VitalProductData(writable.octets)?.isForNVSwitches == true)
        // A name or a part number is no vendor's field.
        var other = FakeProductData(part: "SW_MNG")
        other.name = "SW_MNG"
        #expect(VitalProductData(other.octets)?.isForNVSwitches == false)
    }

    @Test func theSmallResourcesAreSteppedOver() {
        #expect(VitalProductData([0x0A, 1, 2] + FakeProductData().octets) == nil, "not summed")
        #expect(VitalProductData([0x0A, 0, 0xF6] + FakeProductData().octets)?.part != nil)
    }

    @Test func withoutItsChecksumNothingIsBelieved() throws {
        let octets = FakeProductData().octets
        let place = try #require(octets.lastIndex(of: UInt8(ascii: "V"))) + 2
        var wrong = octets
        wrong[place] &+= 1
        #expect(VitalProductData(wrong) == nil)
        var missing = octets
        missing[place - 2] = UInt8(ascii: "X")
        #expect(VitalProductData(missing) == nil)
        var empty = octets
        empty[place - 1] = 0
        #expect(VitalProductData(empty) == nil)
    }

    @Test func whatIsCutOffBeforeTheChecksumIsNothing() throws {
        let octets = FakeProductData().octets
        let end = octets.count - 1
        for length in 0...octets.count {
            let data = VitalProductData(Array(octets.prefix(length)))
            #expect((data == nil) == (length < end), "\(length) of \(octets.count) octets")
        }
    }

    @Test(
        arguments: [[], [0xFF], [0x90], [0x90, 0xFF, 0xFF], [0x78], [0x90, 0, 0, 0x78]] as [[UInt8]]
    )
    func whatIsNoProductDataIsNothing(_ octets: [UInt8]) {
        #expect(VitalProductData(octets) == nil)
        #expect(VitalProductData(octets + [UInt8](repeating: 0xFF, count: 4096)) == nil)
        #expect(VitalProductData(octets + [UInt8](repeating: 0, count: 4096)) == nil)
    }

    @Test func noOctetsTrap() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(state: seed)
        let good = FakeProductData.nvswitch.octets
        for _ in 0..<20_000 {
            var octets = good
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let place = Int.random(in: octets.indices, using: &random)
                octets[place] = .random(in: .min ... .max, using: &random)
            }
            octets.removeLast(Int.random(in: 0..<octets.count, using: &random))
            // A sum of eight bits is right by chance once in 256 times.
            if let data = VitalProductData(octets) {
                let lengths = [data.part, data.serial].map { $0?.utf8.count ?? 1 }
                #expect(lengths.allSatisfy { (1...64).contains($0) }, "seed \(seed)")
            }
        }
    }
}
