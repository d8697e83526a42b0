import Model
import Testing

/// What a port tells of itself and the kernel log of its interface is one event.
struct EventJournalPortTests {
    private static let hca = NodeEvent.Device.pci(PCIAddress(domain: 0, bus: 0x3b, device: 0))
    private static let start: Int64 = 1_700_000_000_000

    private static func port(
        _ kind: NodeEvent.Kind, at milliseconds: Int64, until end: Int64? = nil, port: UInt16 = 1,
        count: UInt32 = 1
    ) -> NodeEvent {
        var event = NodeEvent(
            kind: kind, device: hca, link: port, wallMilliseconds: start + milliseconds,
            source: .verbs, line: "mlx5_0/\(port): IBV_EVENT_PORT_ERR")
        event.lastWallMilliseconds = start + (end ?? milliseconds)
        event.count = count
        return event
    }

    private static func log(
        _ kind: NodeEvent.Kind, at milliseconds: Int64, record: UInt64
    ) -> NodeEvent {
        NodeEvent(
            kind: kind, device: hca, detail: "Interface eth0.",
            wallMilliseconds: start + milliseconds, source: .kernelLog, record: record,
            line: "mlx5_core 0000:3b:00.0 eth0: Link")
    }

    private static func journal(_ events: [NodeEvent]) -> EventJournal {
        var journal = EventJournal()
        for event in events { journal.note(event, bootID: "a", gpu: nil) }
        return journal
    }

    private static func count(_ journal: EventJournal, _ kind: NodeEvent.Kind) -> UInt64? {
        journal.counts[EventCountKey(kind: kind, device: hca, number: nil)]
    }

    @Test func `a flap completes what was told of the link going down`() throws {
        var journal = Self.journal([Self.port(.linkDown, at: 0)])
        #expect(journal.takeChanges().map(\.event.kind) == [.linkDown])
        let news = journal.note(Self.port(.linkFlap, at: 0, until: 200), bootID: "a", gpu: nil)
        #expect(news == 0)
        let entry = try #require(journal.takeChanges().first)
        #expect(journal.entries.count == 1 && entry.id == 1 && entry.sources == [.verbs])
        #expect(entry.event.kind == .linkFlap && entry.event.count == 1)
        #expect(entry.event.wallMilliseconds == Self.start)
        #expect(entry.event.lastWallMilliseconds == Self.start + 200)
        #expect(Self.count(journal, .linkDown) == 1 && Self.count(journal, .linkFlap) == nil)
    }

    @Test func `a flap that is told whole counts as a link that went down`() {
        let journal = Self.journal([Self.port(.linkFlap, at: 0, until: 200)])
        #expect(Self.count(journal, .linkDown) == 1)
    }

    @Test func `more flaps of the same window are counted`() throws {
        let journal = Self.journal([
            Self.port(.linkDown, at: 0), Self.port(.linkFlap, at: 0, until: 50),
            Self.port(.linkDown, at: 0, until: 100, count: 2),
            Self.port(.linkFlap, at: 0, until: 150, count: 2),
        ])
        #expect(journal.entries.map(\.event.count) == [2])
        #expect(journal.entries.first?.event.kind == .linkFlap)
        #expect(Self.count(journal, .linkDown) == 2)
    }

    @Test func `the kernel log of the same flap adds a source and nothing else`() throws {
        let told = [Self.port(.linkDown, at: 0), Self.port(.linkFlap, at: 0, until: 200)]
        let log = [
            Self.log(.linkDown, at: 3, record: 8), Self.log(.linkUp, at: 190, record: 9),
        ]
        // In every order that two pipes can bring it.
        for events in [
            told + log, log + told, [told[0], log[0], told[1], log[1]],
            [log[0], told[0], log[1], told[1]], [told[0], log[0], log[1], told[1]],
        ] {
            let journal = Self.journal(events)
            let entry = try #require(journal.entries.first)
            #expect(entry.event.kind == .linkFlap && entry.event.count == 1)
            #expect(entry.sources == [.kernelLog, .verbs] && entry.event.link == 1)
            #expect(entry.event.lastWallMilliseconds == Self.start + 200)
            #expect(Self.count(journal, .linkDown) == 1)
            // Where all of the log came first, its coming up is an event that stands.
            #expect(
                journal.entries.count == (events.first == log[0] && events[1] == log[1] ? 2 : 1))
        }
    }

    @Test func `a line of the log that is read twice is no second flap`() {
        let journal = Self.journal([
            Self.port(.linkDown, at: 0), Self.log(.linkDown, at: 3, record: 8),
            Self.port(.linkFlap, at: 0, until: 200), Self.log(.linkDown, at: 3, record: 8),
            Self.log(.linkUp, at: 190, record: 9), Self.log(.linkUp, at: 190, record: 9),
        ])
        #expect(journal.entries.count == 1 && journal.entries.first?.event.record == 8)
        #expect(Self.count(journal, .linkDown) == 1 && Self.count(journal, .linkUp) == nil)
    }

    @Test func `other ports, other times and other devices are other events`() {
        var elsewhere = Self.log(.linkDown, at: 0, record: 3)
        elsewhere.device = .pci(PCIAddress(domain: 0, bus: 0x3c, device: 0))
        let journal = Self.journal([
            Self.port(.linkDown, at: 0), Self.port(.linkDown, at: 0, port: 2),
            Self.port(.linkDown, at: 10_000), Self.log(.linkDown, at: 30_000, record: 2),
            elsewhere,
        ])
        #expect(journal.entries.map(\.id) == [1, 2, 3, 4, 5])
    }

    @Test func `what else a port tells is counted where it grows`() {
        let journal = Self.journal([
            Self.port(.gidChange, at: 0), Self.port(.gidChange, at: 0, until: 900, count: 7),
            Self.port(.lidChange, at: 0),
        ])
        #expect(journal.entries.map(\.event.count) == [7, 1])
        #expect(Self.count(journal, .gidChange) == 7)
    }

    @Test func `another boot tells of something else`() {
        var journal = Self.journal([Self.port(.linkDown, at: 0)])
        journal.note(Self.port(.linkFlap, at: 0, until: 200), bootID: "b", gpu: nil)
        #expect(journal.entries.map(\.event.kind) == [.linkDown, .linkFlap])
    }
}
