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

    private static func count(_ journal: EventJournal, _ number: UInt32?) -> UInt64? {
        let found = journal.counts.filter {
            $0.key.kind == .xid && $0.key.device == .pci(gpu) && $0.key.number == number
        }
        return found.isEmpty ? nil : found.values.reduce(0, +)
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

    @Test func theLogCountsAndNVMLOnlyConfirms() {
        var events = [Self.kernel(13, record: 9, at: 10)]
        for _ in 0..<50 { events.append(Self.nvml(13, at: 11)) }
        events.append(Self.kernel(13, record: 9, at: 10, count: 50))
        events.append(Self.nvml(13, at: 12))
        let journal = Self.journal(events)
        #expect(journal.entries.map(\.event.count) == [50])
        #expect(journal.entries.first?.sources == [.kernelLog, .nvml])
        #expect(Self.count(journal, 13) == 50)
    }

    @Test func withoutTheLogNVMLCounts() {
        var journal = Self.journal((0..<64).map { Self.nvml(13, at: 10 + $0 / 8) })
        #expect(journal.entries.map(\.event.count) == [64])
        #expect(journal.entries.first?.event.wallMilliseconds == 10_000)
        #expect(journal.entries.first?.event.lastWallMilliseconds == 17_000)
        var many = Self.nvml(13, at: 18)
        many.count = .max
        journal.note(many, bootID: "a", gpu: nil)
        journal.note(Self.nvml(13, at: 900), bootID: "a", gpu: nil)
        #expect(journal.entries.map(\.event.count) == [.max, 1])
        #expect(Self.count(journal, 13) == UInt64(UInt32.max) + 1)
    }

    /// NVML tells of each line, and the log folds some of them.
    @Test func whatNVMLCountedFirstIsUsedUpByTheLines() {
        var journal = Self.journal((0..<5).map { _ in Self.nvml(13, at: 12) })
        #expect(Self.count(journal, 13) == 5)
        journal.note(Self.kernel(13, record: 1, at: 10), bootID: "a", gpu: Self.uuid)
        journal.note(Self.kernel(13, record: 2, at: 10), bootID: "a", gpu: Self.uuid)
        #expect(journal.entries.map(\.event.count) == [4, 1])
        journal.note(Self.kernel(13, record: 1, at: 10, count: 3), bootID: "a", gpu: Self.uuid)
        #expect(journal.entries.map(\.event.count) == [4, 1])
        journal.note(Self.kernel(13, record: 4, at: 10, count: 3), bootID: "a", gpu: Self.uuid)
        #expect(journal.entries.map(\.event.count) == [3, 1, 3])
        #expect(Self.count(journal, 13) == 7, "five, and two that NVML did not tell of")
        journal.note(Self.kernel(13, record: 1, at: 10, count: 4), bootID: "a", gpu: Self.uuid)
        #expect(journal.entries.map(\.event.count) == [4, 1, 3])
        #expect(Self.count(journal, 13) == 8)
    }

    @Test func theLogNumbersWhatNVMLDoesNotKnow() {
        var unknown = Self.nvml(0, at: 12)
        unknown.number = nil
        var journal = Self.journal([unknown, unknown])
        #expect(Self.count(journal, nil) == 2)
        let news = journal.note(
            Self.kernel(119, record: 5, at: 10), bootID: "a", gpu: Self.uuid)
        #expect(news == 2, "calls stop with the number")
        #expect(journal.entries.map(\.event.number) == [119])
        #expect(journal.entries.first?.sources == [.kernelLog, .nvml])
        #expect(Self.count(journal, 119) == 2 && Self.count(journal, nil) == nil)
        journal.note(Self.kernel(31, record: 6, at: 10), bootID: "a", gpu: Self.uuid)
        #expect(journal.entries.map(\.event.number) == [119, 31])
    }

    @Test func theSameXidOfAnotherGPUIsAnother() {
        var other = Self.nvml(13, at: 10)
        other.device = .pci(PCIAddress(domain: 0, bus: 0x2a, device: 0))
        let journal = Self.journal([Self.kernel(13, record: 1, at: 10), other])
        #expect(journal.entries.map(\.sources) == [[.kernelLog], [.nvml]])
    }

    /// NVML's number for an Xid that it does not know is none.
    @Test func anXidThatNVMLDoesNotKnowIsTheOneOfTheLog() {
        var unknown = Self.nvml(0, at: 12)
        unknown.number = nil
        var late = unknown
        late.wallMilliseconds = 900_000
        late.lastWallMilliseconds = 900_000
        let journal = Self.journal([Self.kernel(173, record: 5, at: 10), unknown, late, late])
        #expect(journal.entries.map(\.event.number) == [173, nil])
        #expect(journal.entries.map(\.event.count) == [1, 2])
        #expect(journal.entries.first?.sources == [.kernelLog, .nvml])
    }

    /// The log can be read again, and tells what NVML told meanwhile.
    @Test func theLogMayTellLate() {
        let journal = Self.journal(
            [Self.nvml(31, at: 100), Self.nvml(31, at: 500), Self.nvml(31, at: 900)]
                + [(1, 100), (2, 300), (3, 500), (4, 900)].map {
                    Self.kernel(31, record: $0.0, at: $0.1)
                })
        #expect(journal.entries.map(\.event.record) == [1, 3, 4, 2])
        #expect(Self.count(journal, 31) == 4)
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

    @Test func whatAlertsAskForIsCountedBeyondTheBound() {
        var journal = EventJournal()
        for device in 0..<EventJournal.countLimit {
            var event = Self.flap(UInt64(device))
            event.device = .named("eth\(device)")
            journal.note(event, bootID: "a", gpu: nil)
        }
        journal.note(Self.kernel(79, record: 5000, at: 1), bootID: "a", gpu: nil)
        journal.note(Self.kernel(8, record: 5001, at: 1), bootID: "a", gpu: nil)
        #expect(Self.count(journal, 79) == 1 && Self.count(journal, 8) == nil)
        for bus in UInt64(0)..<600 {
            var event = Self.kernel(79, record: 6000 + bus, at: 1)
            event.device = .named("\(bus)")
            journal.note(event, bootID: "a", gpu: nil)
        }
        #expect(journal.counts.count == EventJournal.alertingCountLimit)
    }

    private static func flap(_ record: UInt64) -> NodeEvent {
        NodeEvent(
            kind: .linkDown, device: .named("ib\(record % 7)"),
            wallMilliseconds: Int64(record) * 2500, source: .kernelLog, record: record,
            line: "mlx5_core 0000:17:00.0 ib0: Link down")
    }

    @Test func whatIsGraveOutlastsAFlappingCable() {
        var journal = Self.journal([
            Self.kernel(48, record: 1, at: 1), Self.kernel(13, record: 2, at: 2),
            Self.kernel(119, record: 3, at: 3),
        ])
        for record in UInt64(4)...6000 {
            journal.note(Self.flap(record), bootID: "a", gpu: nil)
        }
        #expect(journal.entries.prefix(2).map(\.event.number) == [48, 119])
        #expect(journal.stops(bootID: "a").map(\.1.number) == [119])
        let oldest = journal.entries[2].id
        #expect(journal.droppedThrough == oldest - 1 && oldest > 3000)
        let remains = EventJournal.Remains(through: oldest - 1, ids: [1, 3])
        #expect(journal.remains == remains)
        let restored = EventJournal(restoring: journal.entries)
        #expect(restored.remains == remains && restored.upcoming == journal.upcoming)
    }

    @Test func whatIsGraveIsBoundedToo() {
        var journal = EventJournal()
        for record in UInt64(1)...5000 {
            let isGrave = record <= 2600
            journal.note(
                isGrave
                    ? Self.kernel(48, record: record, at: Int64(record) * 100)
                    : Self.flap(record), bootID: "a", gpu: nil)
            #expect(journal.entries.count <= EventJournal.capacity * 5 / 4)
        }
        let grave = journal.entries.filter { $0.event.number == 48 }
        #expect(grave.map(\.id) == Array(2601 - UInt64(EventJournal.graveLimit)...2600))
    }

    @Test func nothingIsDroppedOfAFewEvents() {
        #expect(EventJournal().droppedThrough == 0)
        let journal = Self.journal((1...9).map { Self.flap($0) })
        #expect(journal.droppedThrough == 0)
        #expect(EventJournal(restoring: journal.entries).droppedThrough == 0)
        #expect(EventJournal(restoring: Array(journal.entries.suffix(3))).droppedThrough == 6)
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
