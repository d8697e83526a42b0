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
        #expect(Self.standing([Self.entry(13), Self.entry(31), Self.entry(63)]).isEmpty)
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
