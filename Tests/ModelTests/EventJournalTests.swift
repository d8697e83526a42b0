import Model
import Testing

/// Every event once, whoever told it, and none counted twice.
struct EventJournalTests {
    private static let gpu = PCIAddress(domain: 0, bus: 0x18, device: 0)
    private static let uuid = GPUUUID(high: 1, low: 2)

    private static func kernel(
        _ number: UInt32, record: UInt64, at seconds: Int64, count: UInt32 = 1,
        root: UInt64? = nil
    ) -> NodeEvent {
        var event = NodeEvent(
            kind: .xid, device: .pci(gpu), number: number, wallMilliseconds: seconds * 1000,
            source: .kernelLog, record: record, line: "NVRM: Xid (PCI:0000:18:00): \(number), x")
        event.count = count
        event.root = root
        event.lastWallMilliseconds = (seconds + Int64(count) - 1) * 1000
        return event
    }

    private static func nvml(_ number: UInt32, at seconds: Int64) -> NodeEvent {
        NodeEvent(
            kind: .xid, device: .pci(gpu), number: number, wallMilliseconds: seconds * 1000,
            source: .nvml, line: "NVML event 8, data \(number)")
    }

    private static func journal(_ events: [NodeEvent]) -> EventJournal {
        var journal = EventJournal()
        for event in events { journal.note(event, bootID: "a", gpu: uuid) }
        return journal
    }

    private static func count(_ journal: EventJournal, _ number: UInt32) -> UInt64? {
        journal.counts[EventCountKey(kind: .xid, device: .pci(gpu), number: number)]
    }

    @Test func theSameXidFromBothSourcesIsOneEvent() throws {
        for events in [
            [Self.kernel(79, record: 5, at: 10), Self.nvml(79, at: 12)],
            [Self.nvml(79, at: 12), Self.kernel(79, record: 5, at: 10)],
        ] {
            let journal = Self.journal(events)
            #expect(journal.entries.count == 1)
            let entry = try #require(journal.entries.first)
            #expect(entry.sources == [.kernelLog, .nvml] && entry.event.count == 1)
            #expect(entry.event.record == 5 && entry.event.line.hasPrefix("NVRM"))
            #expect(entry.event.wallMilliseconds == 10_000 && entry.gpu == Self.uuid)
            #expect(Self.count(journal, 79) == 1)
        }
    }

    @Test func twoXidsFarApartAreTwo() {
        let journal = Self.journal([
            Self.kernel(13, record: 1, at: 10), Self.nvml(13, at: 500),
            Self.kernel(13, record: 2, at: 1000),
        ])
        #expect(journal.entries.map(\.id) == [1, 2, 3])
        #expect(Self.count(journal, 13) == 3)
    }

    @Test func moreOfTheSameIsCounted() {
        var journal = Self.journal([Self.kernel(31, record: 9, at: 10)])
        var changes = journal.takeChanges()
        #expect(changes.map(\.event.count) == [1])
        changes = journal.takeChanges()
        #expect(changes.isEmpty)
        let news = journal.note(
            Self.kernel(31, record: 9, at: 10, count: 7), bootID: "a", gpu: Self.uuid)
        #expect(news == 6)
        changes = journal.takeChanges()
        #expect(changes.map(\.event.count) == [7])
        #expect(Self.count(journal, 31) == 7)
        // The same once more says nothing new.
        let again = journal.note(
            Self.kernel(31, record: 9, at: 10, count: 7), bootID: "a", gpu: Self.uuid)
        #expect(again == 0)
        changes = journal.takeChanges()
        #expect(changes.isEmpty)
    }

    @Test func nvmlTellsAsOftenAsTheKernelDid() {
        var events = [Self.kernel(31, record: 9, at: 10, count: 2)]
        for _ in 0..<3 { events.append(Self.nvml(31, at: 11)) }
        let journal = Self.journal(events)
        #expect(journal.entries.count == 2, "the third is one that the kernel log does not have")
        #expect(Self.count(journal, 31) == 3)
    }

    @Test func remedyFollowsTheEvent() {
        var journal = Self.journal([Self.nvml(94, at: 12)])
        #expect(journal.entries.map(\.remedy) == [.application])
        var told = Self.kernel(94, record: 5, at: 10)
        told.line = "NVRM: Xid (PCI:0000:18:00): 94, Contained: CE (0x9). RST: Yes, D-RST: No"
        journal.note(told, bootID: "a", gpu: Self.uuid)
        #expect(journal.entries.map(\.remedy) == [.resetGPU])
    }

    @Test func rootIsTheEntryOfTheRecord() {
        let journal = Self.journal([
            Self.kernel(79, record: 5, at: 10), Self.kernel(45, record: 6, at: 11, root: 5),
        ])
        #expect(journal.entries.map(\.root) == [nil, 1])
    }

    @Test func recordsOfAnotherBootAreOthers() {
        var journal = Self.journal([Self.kernel(79, record: 5, at: 10)])
        journal.note(Self.kernel(79, record: 5, at: 900), bootID: "b", gpu: nil)
        #expect(journal.entries.count == 2)
        #expect(journal.lastRecord(bootID: "a") == 5)
        #expect(journal.lastRecord(bootID: "c") == nil)
    }

    @Test func gpusThatMustNotBeAskedAreRemembered() {
        var journal = Self.journal([
            Self.kernel(31, record: 4, at: 5), Self.kernel(119, record: 5, at: 10),
        ])
        journal.note(Self.kernel(79, record: 1, at: 900), bootID: "b", gpu: nil)
        #expect(journal.stops(bootID: "a").map(\.0) == [Self.gpu])
        #expect(journal.stops(bootID: "a").map(\.1.number) == [119])
        #expect(journal.stops(bootID: "b").map(\.1.number) == [79])
        #expect(journal.stops(bootID: "c").isEmpty)
    }

    @Test func restoredJournalGoesOnCounting() {
        let before = Self.journal([Self.kernel(79, record: 5, at: 10)])
        var journal = EventJournal(restoring: before.entries)
        let again = journal.note(Self.kernel(79, record: 5, at: 10), bootID: "a", gpu: nil)
        #expect(again == 0)
        journal.note(Self.kernel(79, record: 6, at: 500), bootID: "a", gpu: nil)
        #expect(journal.entries.map(\.id) == [1, 2])
        #expect(Self.count(journal, 79) == 1, "what was counted before the restart is history")
    }

    @Test func everythingIsBounded() {
        var journal = EventJournal()
        let many = UInt64(EventJournal.capacity * 2)
        for record in 1...many {
            var event = Self.kernel(
                UInt32(record), record: record, at: Int64(record) * 100)
            event.device = .named("device\(record)")
            journal.note(event, bootID: "a", gpu: nil)
            #expect(journal.entries.count <= EventJournal.capacity * 5 / 4)
        }
        #expect(journal.counts.count <= EventJournal.countLimit + 1)
        #expect(journal.counts.values.reduce(0, +) == many)
        #expect(journal.entries.last?.id == many)
        let changes = journal.takeChanges()
        #expect(changes.count == journal.entries.count)
    }
}
