import Model
import Testing

@testable import History

/// Node events in the history.
struct JournalTests {
    private static func entry(_ id: UInt64, _ change: (inout JournalEntry) -> Void) -> JournalEntry
    {
        var entry = JournalEntry(
            id: id,
            event: NodeEvent(
                kind: .xid, device: .pci(PCIAddress(domain: 0, bus: 0x18, device: 0)), number: 79,
                wallMilliseconds: 5, source: .kernelLog, record: 7, line: "NVRM: Xid"),
            bootID: "boot", gpu: GPUUUID(high: 1, low: 2), sources: [.kernelLog], root: nil)
        change(&entry)
        return entry
    }

    private static let entries = [
        entry(1) { _ in },
        entry(2) {
            $0.event.device = .named("nvidia-nvswitch3")
            $0.event.kind = .sxid
            $0.event.link = 32
            $0.event.process = "pt_main (17)"
            $0.event.severity = "fatal"
            $0.event.detail = "a detail"
            $0.event.count = 9
            $0.event.lastWallMilliseconds = 99
            $0.event.root = 7
            $0.root = 1
            $0.answeredMilliseconds = 120
            $0.sources = [.kernelLog, .nvml]
            $0.gpu = nil
        },
        entry(3) {
            $0.event.device = nil
            $0.event.kind = .kernelLogGap
            $0.event.number = nil
            $0.event.line = "é \"x\" 🔌"
        },
    ]

    @Test func eventsComeBackTheSame() throws {
        let directory = try TemporaryDirectory()
        do {
            let store = try Store.open(directory)
            _ = try store.append(.plain(at: 1, ["a": [1]]), events: Self.entries)
            #expect(try store.loadEvents() == Self.entries)
        }
        #expect(try Store.open(directory).loadEvents() == Self.entries)
    }

    @Test func laterStateReplacesTheEarlier() throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory)
        _ = try store.append(.plain(at: 1, ["a": [1]]), events: Self.entries)
        let more = Self.entry(1) { $0.event.count = 4 }
        _ = try store.append(.plain(at: 2, ["a": [1]]), events: [more])
        #expect(try store.loadEvents().map(\.event.count) == [4, 9, 1])
    }

    @Test func whatDoesNotRemainIsDropped() throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory)
        let events = (UInt64(1)...9).map { Self.entry($0) { _ in } }
        _ = try store.append(.plain(at: 1, ["a": [1]]), events: events)
        let remains = EventJournal.Remains(through: 6, ids: [2, 5])
        _ = try store.append(
            .plain(at: 2, ["a": [1]]), events: [Self.entry(10) { _ in }], remains: remains)
        #expect(try store.loadEvents().map(\.id) == [2, 5, 7, 8, 9, 10])
        // Also where nothing is new.
        _ = try store.append(
            .plain(at: 3, ["a": [1]]), remains: EventJournal.Remains(through: 9, ids: [5]))
        #expect(try store.loadEvents().map(\.id) == [5, 10])
    }

    @Test func positionInTheKernelLogIsThatOfTheLatestPass() throws {
        let directory = try TemporaryDirectory()
        do {
            let store = try Store.open(directory)
            #expect(try store.loadLogPosition() == nil)
            for record in [7, UInt64.max] {
                _ = try store.append(
                    .plain(at: Int64(record % 9), ["a": [1]]),
                    logPosition: KernelLogPosition(bootID: "boot", record: record))
            }
            _ = try store.append(.plain(at: 9, ["a": [1]]))
        }
        let position = try #require(try Store.open(directory).loadLogPosition())
        #expect(position == KernelLogPosition(bootID: "boot", record: .max))
        #expect(position.record(in: "boot") == .max)
        #expect(position.record(in: "another") == nil)
        #expect(KernelLogPosition(bootID: "", record: 1).record(in: "") == nil)
    }

    /// A version to come may have kinds of its own.
    @Test func eventsOfUnknownKindsStayAndKeepTheirNumbers() throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory)
        _ = try store.append(.plain(at: 1, ["a": [1]]), events: Self.entries)
        try directory.execute("UPDATE node_event SET kind = 'new_kind' WHERE id IN (2, 3)")
        #expect(try store.loadEvents().map(\.id) == [1])
        #expect(try store.latestEvent() == 3)
        let journal = EventJournal(
            restoring: try store.loadEvents(), through: try store.latestEvent())
        #expect(journal.upcoming == 4 && journal.droppedThrough == 3)
        _ = try store.append(.plain(at: 2, ["a": [1]]), remains: journal.remains)
        #expect(try directory.integer("SELECT count(*) FROM node_event") == 3)
    }

    @Test func runsAreKnownByWhereTheyBegan() throws {
        let directory = try TemporaryDirectory()
        do {
            let store = try Store.open(directory)
            #expect(try store.latestEvent() == 0)
            #expect(try store.beginRun(at: 1) == EventRuns(firsts: [1: 1]))
        }
        let store = try Store.open(directory)
        #expect(try store.beginRun(at: 18) == EventRuns(firsts: [1: 1, 2: 18]))
        for _ in 3...70 { _ = try store.beginRun(at: 20) }
        let runs = try store.beginRun(at: 21)
        #expect(runs.present == 71)
        #expect(runs.keeps(1, of: 7) == nil && runs.keeps(20, of: 8) == false)
        #expect(runs.keeps(19, of: 8) == true && runs.keeps(99, of: 71) == true)
    }

    /// Such as a development file of this version.
    @Test func fileWithoutATableOfItsVersionIsRefusedInOneSentence() throws {
        let directory = try TemporaryDirectory()
        do { _ = try Store.open(directory) }
        try directory.execute("ALTER TABLE node_event DROP COLUMN answered")
        let store = try Store.open(directory)
        let error = #expect(throws: HistoryError.self) { try store.loadEvents() }
        #expect(error?.cause == .otherTables)
        #expect(
            error?.description == "cannot read the events on \(directory.database): no such "
                + "column: answered (SQLite 1). Move the file away; it was written by a version "
                + "that was never released.")
    }

    @Test func failedPassKeepsNoEvent() throws {
        let directory = try TemporaryDirectory()
        let store = try Store.open(directory)
        var pass = PassRecord.plain(at: 1, ["a": [1]])
        pass.events = [CounterEvent(key: "none", column: 0, kind: .cleared, before: 1, after: 0)]
        #expect(throws: HistoryError.self) { try store.append(pass, events: Self.entries) }
        #expect(try store.loadEvents() == [])
    }
}
