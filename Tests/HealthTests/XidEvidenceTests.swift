import Health
import Model
import Testing

/// Which Xids still ask for something.
struct XidEvidenceTests {
    private static let address = PCIAddress(domain: 0, bus: 0x18, device: 0)
    private static let now = Sample.moment(100_000)

    private static func entry(
        _ number: UInt32?, kind: NodeEvent.Kind = .xid, secondsAgo: Int64 = 60,
        bootID: String = now.bootID, count: UInt32 = 1, _ message: String = "message"
    ) -> JournalEntry {
        var event = NodeEvent(
            kind: kind, device: .pci(address), number: number,
            wallMilliseconds: now.wallMilliseconds - secondsAgo * 1000, source: .kernelLog,
            line: "NVRM: Xid (PCI:0000:18:00): \(number ?? 0), \(message)")
        event.count = count
        var journal = EventJournal()
        journal.note(event, bootID: bootID, gpu: nil)
        return journal.entries[0]
    }

    private static func standing(_ entries: [JournalEntry]) -> [XidEvidence] {
        XidEvidence.standing(in: entries, bootID: now.bootID, now: now)
    }

    @Test func whatAsksForAResetStands() {
        let standing = Self.standing([Self.entry(79), Self.entry(48), Self.entry(48, count: 3)])
        #expect(standing.map(\.number) == [48, 79])
        #expect(standing.map(\.count) == [4, 1])
    }

    @Test func whatIsAnApplicationsAffairDoesNot() {
        #expect(Self.standing([13, 31, 43, 45, 106].map { Self.entry($0) }).isEmpty)
    }

    /// Nothing has to be done at once, and an operator should know.
    @Test(arguments: [63, 92, 94, 137, 154, 157, 149, 176, 9999] as [UInt32])
    func whatTellsOfTheHardwareIsAWarning(_ number: UInt32) {
        #expect(Self.standing([Self.entry(number)]).map(\.severity) == [.warning])
    }

    @Test(arguments: [46, 48, 62, 64, 74, 79, 95, 109, 110, 119, 120, 136, 140, 143] as [UInt32])
    func whatAsksForSomethingIsCritical(_ number: UInt32) {
        #expect(Self.standing([Self.entry(number)]).map(\.severity) == [.critical])
    }

    /// The words ask for a reset where the catalogue does not.
    @Test func wordsCountMoreThanTheCatalogue() {
        let contained = Self.entry(94, "Contained: DRAM (0x1). RST: No, D-RST: Yes")
        #expect(Self.standing([contained]).map(\.severity) == [.critical])
    }

    /// The first of a window stands for those that follow, unless they ask for more.
    @Test func theFirstStandsForThoseThatFollow() {
        func standing(_ numbers: UInt32...) -> [XidEvidence] {
            let entries = numbers.enumerated().map { index, number in
                var entry = Self.entry(number)
                entry.id = UInt64(index + 1)
                entry.root = index == 0 ? nil : 1
                return entry
            }
            return Self.standing(entries)
        }
        let burst = standing(48, 63, 45, 95)
        #expect(burst.map(\.number) == [48] && burst[0].followers == [63, 95])
        #expect(standing(63, 64).map(\.number) == [63, 64], "worse")
        #expect(standing(48, 79).map(\.number) == [48, 79], "another remedy")
        #expect(standing(31, 48, 95).map(\.number) == [48, 95], "an application's root is none")
    }

    @Test func aResetAnotherBootAndADayAnswerIt() {
        var entry = Self.entry(48)
        entry.answeredMilliseconds = Sample.moment(99_999).wallMilliseconds
        #expect(Self.standing([entry]).isEmpty)
        entry.answeredMilliseconds = Sample.moment(99_900).wallMilliseconds
        #expect(Self.standing([entry]).count == 1, "told again since")
        #expect(Self.standing([Self.entry(48, bootID: "another")]).isEmpty)
        #expect(Self.standing([Self.entry(48, secondsAgo: 86_401)]).isEmpty)
        #expect(Self.standing([Self.entry(48, secondsAgo: 86_399)]).count == 1)
    }

    /// The driver takes back what it asked for.
    @Test func theDriverAsksForNothingAnyMore() {
        let asked = Self.entry(
            154, "GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)")
        let answered = Self.entry(
            154, secondsAgo: 30,
            "GPU recovery action changed from 0x2 (Node Reboot Required) to 0x0 (None)")
        #expect(Self.standing([asked]).map(\.remedy) == [.reboot])
        #expect(Self.standing([asked, answered]).isEmpty)
        #expect(Self.standing([answered, asked]).map(\.remedy) == [.reboot])
        let wordless = Self.entry(154, secondsAgo: 30, "")
        #expect(Self.standing([asked, wordless]).map(\.remedy) == [.reboot])
    }

    /// Two lines of the driver for one loss.
    @Test func aGPUOffTheBusIsCountedOnce() {
        let lines = [Self.entry(79), Self.entry(nil, kind: .gpuFallenOffBus)]
        #expect(Self.standing(lines).map(\.count) == [1])
        #expect(Self.standing(lines.reversed()).map(\.number) == [79])
        #expect(Self.standing([lines[1]]).map(\.count) == [1])
    }
}
