import Foundation
import Model
import Testing

/// The decoder of Xid 144 to 150 against every documented row, `Tests/Fixtures/nvlink5-errors.tsv`.
@Suite struct NVLink5Tests {
    @Test func `all documented rows are there`() {
        #expect(NVLink5Row.all.count == 95)
    }

    @Test(arguments: NVLink5Row.all, [NVLink5Reading.Layout.older, .newer])
    func `a documented row decodes in both layouts`(
        _ row: NVLink5Row, _ layout: NVLink5Reading.Layout
    ) {
        for status in row.statuses {
            let reading = NVLink5Reading(
                xid: row.xid, unit: row.name(layout), words: [row.info(layout), status],
                printedFatal: nil)
            #expect(reading.action == row.action)
            #expect(reading.investigation == row.investigation)
            #expect(reading.severity == row.severity)
            #expect(reading.reason == row.reason)
            // Xid 150 has one number in both layouts.
            #expect(row.xid == 150 || reading.layout == layout)
            #expect(!reading.isPromoted)
        }
    }

    // Both rows of Xid 150 have the number 0, in both layouts, and are known by name alone.
    @Test(
        arguments: NVLink5Row.all.filter { $0.xid != 150 },
        [NVLink5Reading.Layout.older, .newer])
    func `a unit with a new name is known by its numbers`(
        _ row: NVLink5Row, _ layout: NVLink5Reading.Layout
    ) {
        let reading = NVLink5Reading(
            xid: row.xid, unit: "NEW_NAME", words: [row.info(layout), row.statuses[0]],
            printedFatal: nil)
        #expect(reading.action == row.action)
        #expect(reading.severity == row.severity)
    }

    @Test(arguments: NVLink5Row.all, [NVLink5Reading.Layout.older, .newer])
    func `the promote bit resets only where it is documented`(
        _ row: NVLink5Row, _ layout: NVLink5Reading.Layout
    ) {
        let bit: UInt32 = layout == .older ? 1 << 10 : 1 << 7
        let reading = NVLink5Reading(
            xid: row.xid, unit: row.name(layout), words: [row.info(layout) | bit, row.statuses[0]],
            printedFatal: nil)
        #expect(reading.isPromoted == row.isPromotable)
        #expect(reading.action == (row.isPromotable ? .resetGPU : row.action))
    }

    @Test(arguments: NVLink5Row.all, [true, false])
    func `the printed severity is authoritative`(_ row: NVLink5Row, _ isFatal: Bool) {
        let reading = NVLink5Reading(
            xid: row.xid, unit: row.name(.newer), words: [row.info(.newer), row.statuses[0]],
            printedFatal: isFatal)
        #expect((reading.severity == .nonFatal) == !isFatal)
        #expect(reading.action == row.action)
    }

    @Test(arguments: NVLink5Row.all)
    func `a whole line says the same`(_ row: NVLink5Row) {
        let info = Hexadecimal.padded(row.info(.newer), digits: 8)
        let status = Hexadecimal.padded(row.statuses[0], digits: 8)
        let word = row.severity == .nonFatal ? "Nonfatal" : "Fatal"
        let text =
            "NVRM: Xid (PCI:0018:01:00): \(row.xid), pid=7, name=a, b, \(row.name(.newer))  \(word)"
            + "   XC0 i0 Link 09 (0x\(info) 0x\(status) 0x00000000 0x00000000)"
        let reading = XidReading(number: row.xid, scanner: ByteScanner(text))
        #expect(reading.remedy == row.remedy)
        #expect(reading.severity == (word == "Fatal" ? "fatal" : "non_fatal"))
        #expect(reading.link == 9)
        #expect(reading.detail?.hasPrefix(row.name(.newer)) == true)
    }

    @Test func `several bits ask for the gravest action`() {
        let mild = NVLink5Reading(
            xid: 144, unit: "SAW_MVB", words: [1, 0x1 | 0x4], printedFatal: nil)
        #expect(mild.action == .ignore)
        let grave = NVLink5Reading(
            xid: 144, unit: "SAW_MVB", words: [1, 0x1 | 0x4 | 0x10], printedFatal: nil)
        #expect(grave.action == .resetGPU)
        let promotable = NVLink5Reading(
            xid: 145, unit: "RLW_RXPIPE", words: [6 | 1 << 7, 0x1 | 0x8], printedFatal: nil)
        #expect(promotable.action == .resetGPU)
    }

    @Test func `what is not documented asks for support`() {
        let bit = NVLink5Reading(xid: 144, unit: "SAW_MVB", words: [1, 0x40], printedFatal: true)
        #expect(bit.action == nil && bit.remedy == .support && bit.severity == .fatal)
        #expect(bit.sentence.contains("not in the catalogue"))
        let unit = NVLink5Reading(xid: 147, unit: "NEW", words: [0x7f, 1], printedFatal: nil)
        #expect(unit.remedy == .support && unit.severity == nil)
        #expect(
            XidReading(number: 149, scanner: ByteScanner("nothing to decode")).remedy == .decode)
        #expect(XidReading(number: 149, scanner: ByteScanner("")).remedy == .decode)
    }

    @Test func `a lost link with a new reason is a lost link`() {
        let reading = NVLink5Reading(
            xid: 149, unit: "NETIR_LINK_DOWN", words: [60 << 20 | 17, 0], printedFatal: nil)
        #expect(reading.action == .resetGPU && reading.severity == .linkFatal)
        #expect(reading.investigation == .support)
    }
}

/// A row of the fixture.
struct NVLink5Row: Sendable, CustomTestStringConvertible {
    let fields: [String]

    static let all: [NVLink5Row] = {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/nvlink5-errors.tsv")
        let text = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
            NVLink5Row(
                fields: $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            )
        }
    }()

    var testDescription: String { fields.joined(separator: " ") }

    var xid: UInt32 { UInt32(fields[0]) ?? 0 }
    var reason: UInt32 { UInt32(fields[5]) ?? 99 }
    var isPromotable: Bool { fields[10] == "RESET_GPU" }

    var statuses: [UInt32] {
        fields[6].split(separator: "|").compactMap { UInt32($0.dropFirst(2), radix: 16) }
    }

    func name(_ layout: NVLink5Reading.Layout) -> String {
        let names = fields[1].split(separator: "/").map(String.init)
        return (layout == .older ? names.first : names.last) ?? ""
    }

    func info(_ layout: NVLink5Reading.Layout) -> UInt32 {
        let numbers = fields[2...4].map { UInt32($0) ?? 0 }
        let low = layout == .older ? numbers[1] << 5 | numbers[0] : numbers[2]
        return reason << 20 | low
    }

    var action: NVLink5Catalog.Action? {
        ["IGNORE": .ignore, "RESET_GPU": .resetGPU, "XID_154_EVAL": .followRecoveryAction][
            fields[7]]
    }

    var remedy: Remedy {
        ["IGNORE": .none, "RESET_GPU": .resetGPU, "XID_154_EVAL": .application][fields[7]]
            ?? .decode
    }

    // The source writes one of its words in two ways.
    var investigation: NVLink5Catalog.Investigation? {
        [
            "IGNORE": .nothing, "CONTACT_SUPPORT": .support,
            "CHECK_NVLINK_FAILURE_FLOW": .linkFailureFirst,
            "SYMPATHETIC_REPORT_SOLO": .reportAlone,
            "REPORT_ISSUE (if seen >1 per day)": .reportDaily,
            "INVESTIGATE_LINK_SI": .signal,
            "INVESTIGATE_LINK_SI_AND_CABLES": .signalAndCables,
            "INVESTIGATE_SW_USER": .software, "INVESTIGATE_SW/USER": .software,
            "INVESTIGATE_SW_USER_LINK_SI": .softwareAndSignal,
            "INVESTIGATE_PEER_DEVICE": .peer, "INVESTIGATE_HOST": .host,
        ][fields[8]]
    }

    // Marks of doubt and footnotes stand behind some words.
    var severity: NVLink5Catalog.Severity? {
        let word = fields[9].filter { $0 != "*" && $0 != "?" }
        return ["Non-fatal": .nonFatal, "Link Fatal": .linkFatal, "Fatal": .fatal][word]
    }
}
