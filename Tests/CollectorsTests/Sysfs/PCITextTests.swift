import Fakes
import Model
import Testing

@testable import Collectors

/// The numbers in the files of PCI functions.
struct PCITextTests {
    @Test(
        arguments: [
            ("2.5 GT/s PCIe", 2500), ("5.0 GT/s PCIe", 5000), ("8.0 GT/s PCIe", 8000),
            ("32.0 GT/s PCIe", 32_000), ("64.0 GT/s PCIe", 64_000), ("8 GT/s", 8000),
            ("2.5 GT/s", 2500), ("Unknown", nil), ("Unknown speed", nil), ("", nil),
            ("GT/s PCIe", nil), (" GT/s PCIe", nil), ("0 GT/s", nil), ("-8 GT/s", nil),
            ("8. GT/s", nil), ("8.0.0 GT/s", nil), ("32.0", nil), ("1e3 GT/s", nil),
            ("99999999999999999999 GT/s", nil), ("8.0 GT/s PCIe!", nil),
        ] as [(String, UInt64?)])
    func `speeds`(text: String, value: UInt64?) {
        #expect(PCIText.speed(text) == value)
    }

    /// 0, 63 and 255 are what a link that is down, a device that is gone and a kernel that does
    /// not know show.
    @Test(
        arguments: [
            ("1", 1), ("4", 4), ("8", 8), ("16", 16), ("32", 32), ("0", nil), ("63", nil),
            ("255", nil), ("-1", nil), ("", nil), ("x16", nil), ("16 16", nil),
        ] as [(String, UInt64?)])
    func `widths`(text: String, value: UInt64?) {
        #expect(PCIText.width(text) == value)
    }

    @Test func `errors`() {
        let text = "RxErr 3\nBadTLP 18446744073709551615\nUndefined_bit[9] 1\nTOTAL_ERR_COR 4"
        let counts = PCIText.errors(text, total: "TOTAL_ERR_COR")
        #expect(counts?["RxErr"] == 3 && counts?["BadTLP"] == .max)
        #expect(counts?["TOTAL_ERR_COR"] == 4)
    }

    @Test(
        arguments: [
            "", "RxErr 3", "RxErr 3\nTOTAL_ERR_FATAL 3", "RxErr\nTOTAL_ERR_COR 0",
            "RxErr -1\nTOTAL_ERR_COR 0", "RxErr 1 2\nTOTAL_ERR_COR 3",
            "RxErr 18446744073709551616\nTOTAL_ERR_COR 0", "RxErr 1\nRxErr 2\nTOTAL_ERR_COR 3",
            "\nTOTAL_ERR_COR 0", "TOTAL_ERR_COR 0\n\n", "\u{FFFD}\nTOTAL_ERR_COR 0",
        ])
    func `garbage is no count`(text: String) {
        #expect(PCIText.errors(text, total: "TOTAL_ERR_COR") == nil)
    }

    @Test func `every name of the table is in a file of the kernel`() throws {
        for counter in PCICounters.all {
            let field = try #require(counter.fields.first)
            let kind = try #require(FakeSysfs.errorNames[field.source.name])
            #expect((kind.names + [kind.total]).contains(field.symbol), "\(counter.name)")
            #expect(PCICounters.totalSymbols[field.source.name] == kind.total)
        }
    }
}
