import Glibc
import History
import Logging
import Model

/// What the history knew when the daemon started.
struct Past: Sendable {
    var ledger = Ledger()
    var publication = Publication()
    var journal = EventJournal()
    /// How far the kernel log was read; nil when it never was.
    var logPosition: KernelLogPosition?
    /// What judging remembered; nil when nothing is kept of it.
    var health: String?
    /// When the energy of GPUs was last read, as far as that is known.
    var counted: [GPUUUID: Moment] = [:]
}

/// Writes passes to the history, and goes on without it while it cannot.
final class Keeper {
    // Nil when the history could not be opened.
    private let store: Store?
    // The file that the store writes to.
    private let file: FileIdentity?
    private let log: Logger
    private let clock: any TimeSource
    private let databasePath: String
    private var failures: UInt64 = 0
    private var appendSeconds: Double?
    private var trouble: String?
    private let upkeep: Upkeep?
    private var backlog = Backlog()
    private var lost: UInt64 = 0
    private var troubleSince = Moment.never
    // Of this trouble: the passes that were written late, and those that never will be.
    private var waited = 0
    private var lostSince = 0
    // When room was made last, and why.
    private var room: (at: UInt64, why: String)?
    private static let roomShown: UInt64 = 600_000_000_000
    // The most passes that are written at once, and the most that is given up for each.
    private static let writesMax = 10
    private static let roomsMax = 4
    // What passes that could not be kept leave to the next one, each thing once.
    private var unsavedShelves: [String: Publication.Shelf] = [:]
    private var unsavedHealth: String?
    private var unsavedEntries: [UInt64: JournalEntry] = [:]
    // What the history was last told to drop.
    private var remains = EventJournal.Remains()
    // How far the history says that the kernel log was read.
    private var logPosition: KernelLogPosition?

    /// The history's number, which cursors belong to; nil when it could not be opened.
    var storeID: UInt64? { store?.storeID }

    /// What can be written to between two passes; nil while nothing can.
    var writable: Store? { file == FileIdentity(databasePath) ? store : nil }

    /// The latest pass that was kept; nil before the first.
    private(set) var latest: PassID?

    init(store: Store, directory: String, clock: any TimeSource, log: Logger) {
        self.store = store
        self.log = log
        self.clock = clock
        databasePath = "\(directory)/history.db"
        file = FileIdentity(databasePath)
        upkeep = Upkeep(store, clock: clock, log: log)
    }

    /// Stands in for a history that could not be opened: keeps nothing, and says so until the
    /// daemon is restarted.
    init(unopened error: HistoryError, directory: String, clock: any TimeSource, log: Logger) {
        store = nil
        file = nil
        upkeep = nil
        self.log = log
        self.clock = clock
        databasePath = "\(directory)/history.db"
        trouble = "\(error) Then restart the daemon."
    }

    /// Takes up where the latest pass left off.
    func past() throws(HistoryError) -> Past {
        var past = Past()
        guard let store else { return past }
        let latest = try store.latestEvent()
        past.journal = EventJournal(
            restoring: try store.loadEvents(), through: latest,
            runs: Self.begin(store, at: latest + 1))
        past.logPosition = try store.loadLogPosition()
        logPosition = past.logPosition
        let bases = try store.loadPublished()
        past.health = bases.first { $0.slot == Self.healthSlot }?.seriesKey
        guard let restored = try store.restore() else { return past }
        self.latest = restored.pass.id
        for entry in restored.series {
            guard let key = PartKey(entry.series.key) else { continue }
            past.ledger.restore(
                key: key, columns: entry.series.layout.columns.map(\.name),
                cells: entry.series.cells, origins: entry.origins)
            if case .gpu(let uuid) = key, entry.series.hasEnergy {
                past.counted[uuid] = restored.moment
            }
        }
        var shelves: [String: Publication.Shelf] = [:]
        for base in bases {
            guard let key = PortKey(base.seriesKey),
                let row = InfiniBandCounters.index(of: base.column)
            else { continue }
            let empty = [UInt64?](repeating: nil, count: InfiniBandCounters.count)
            var shelf = shelves[base.slot] ?? Publication.Shelf(key: key, bases: empty)
            shelf.bases[row] = base.base
            shelves[base.slot] = shelf
        }
        for (slot, shelf) in shelves {
            guard let series = past.ledger[.port(shelf.key)] else { continue }
            past.publication.restore(slot: slot, shelf: shelf, entries: series.entries)
        }
        return past
    }

    /// Appends a pass; a failure is counted, said once, and shown in health until it ends.
    func keep(
        _ pass: PassRecord, _ shelves: [(String, Publication.Shelf)],
        _ entries: [JournalEntry] = [],
        remains: EventJournal.Remains = EventJournal.Remains(),
        logPosition: KernelLogPosition? = nil, health: String? = nil
    ) {
        guard let store else {
            failures += 1
            return
        }
        let start = clock.now()
        unsavedShelves.merge(shelves) { $1 }
        unsavedHealth = health ?? unsavedHealth
        unsavedEntries.merge(entries.map { ($0.id, $0) }) { $1 }
        // What the journal has dropped since need not be kept any more.
        unsavedEntries = unsavedEntries.filter {
            $0.key > remains.through || remains.ids.contains($0.key)
        }
        backlog.add(pass)
        defer {
            if backlog.isOverfull { lose() }
            appendSeconds = clock.now().seconds(since: start)
        }
        // What is written to a file without a name is lost, and no error says so.
        guard file == FileIdentity(databasePath) else {
            return fail("\(databasePath) was removed or replaced while in use: restart the daemon.")
        }
        write(store, remains, logPosition)
        if backlog.count == 0 {
            upkeep?.turn { (write) throws(HistoryError) in try makingRoom(store, write) }
        }
    }

    /// Keeps at once what somebody changed between two passes; what cannot be written goes with the
    /// next pass that can.
    func keep(_ entries: [JournalEntry], health: String) {
        guard let store else { return }
        unsavedHealth = health
        unsavedEntries.merge(entries.map { ($0.id, $0) }) { $1 }
        // What judging remembers must not be ahead of passes that wait.
        guard backlog.count == 0, writable != nil else { return }
        do {
            try makingRoom(store) { () throws(HistoryError) in
                try store.keep(
                    published: [Self.base(health)],
                    events: unsavedEntries.values.sorted { $0.id < $1.id })
            }
            unsavedHealth = nil
            unsavedEntries = [:]
        } catch {
            fail(error.description)
        }
    }

    // Writes what waits, oldest first; of many a part, so that the next pass is not late.
    private func write(
        _ store: Store, _ remains: EventJournal.Remains, _ logPosition: KernelLogPosition?
    ) {
        for _ in 0..<Self.writesMax {
            guard let pass = backlog.next else { break }
            do {
                try makingRoom(store) { () throws(HistoryError) in
                    if backlog.count == 1 {
                        try append(pass, store, remains, logPosition)
                    } else {
                        latest = try store.append(pass)
                    }
                }
                backlog.removeWritten()
                waited += 1
            } catch {
                fail(error.description)
                // Every other error may pass.
                if error.cause == .invalidPass { lose() }
                return
            }
        }
        if backlog.count == 0 { recover() }
    }

    // What is only known as it is now goes with the newest pass.
    private func append(
        _ pass: PassRecord, _ store: Store, _ remains: EventJournal.Remains,
        _ logPosition: KernelLogPosition?
    ) throws(HistoryError) {
        latest = try store.append(
            pass,
            published: unsavedShelves.flatMap(Self.bases)
                + [unsavedHealth.map(Self.base)].compactMap { $0 },
            events: unsavedEntries.values.sorted { $0.id < $1.id },
            remains: remains == self.remains ? EventJournal.Remains() : remains,
            logPosition: logPosition == self.logPosition ? nil : logPosition)
        self.remains = remains
        self.logPosition = logPosition
        unsavedShelves = [:]
        unsavedHealth = nil
        unsavedEntries = [:]
    }

    // Tries again a few times while the disk is full and something can be given up for it.
    private func makingRoom(
        _ store: Store, _ write: () throws(HistoryError) -> Void
    ) throws(HistoryError) {
        for _ in 0..<Self.roomsMax {
            do {
                return try write()
            } catch {
                guard error.cause == .full, (try? store.makeRoom()) == true else { throw error }
                tellRoom(error)
            }
        }
        try write()
    }

    // Said once while it goes on, and shown for a while after it was done last.
    private func tellRoom(_ error: HistoryError) {
        if roomTrouble == nil { log.warning("making room for new passes: \(error)") }
        room = (clock.now().boottimeNanoseconds, error.description)
    }

    private var roomTrouble: String? {
        guard let room, clock.now().boottimeNanoseconds < room.at + Self.roomShown else {
            return nil
        }
        return "\(room.why) Until then the ballast and the oldest passes are given up for new ones."
    }

    /// Waits for what runs beside the passes, though not for long.
    func stop() {
        upkeep?.stop()
        if backlog.count > 0 {
            log.error("\(backlog.count) passes could not be written to the history and are lost")
        }
    }

    private func fail(_ reason: String) {
        failures += 1
        if trouble == nil {
            log.error("\(reason)")
            troubleSince = clock.now()
            (waited, lostSince) = (0, 0)
        }
        trouble = reason
    }

    private func lose() {
        backlog.drop()
        lost += 1
        lostSince += 1
    }

    private func recover() {
        guard trouble != nil else { return }
        log.notice(
            """
            the history is being written again: \(waited) passes were written late, \(lostSince) \
            are lost
            """)
        trouble = nil
    }

    /// How the history does.
    var view: HistoryView {
        HistoryView(
            sizeBytes: Self.size(databasePath) + Self.size(databasePath + "-wal"),
            failures: failures + (upkeep?.failures ?? 0), appendSeconds: appendSeconds,
            waiting: backlog.count, lost: lost,
            trouble: writeTrouble ?? upkeep?.trouble ?? roomTrouble,
            since: trouble == nil ? nil : troubleSince, check: upkeep?.check,
            salvage: upkeep?.salvage)
    }

    private var writeTrouble: String? {
        guard let trouble, store != nil else { return trouble }
        return """
            \(trouble) Since \(troubleSince.text) \(lostSince) passes are lost; \(backlog.count) \
            wait in memory, \(Backlog.capacity) at most.
            """
    }

    // On a full disk the past can be read all the same.
    private static func begin(_ store: Store, at first: UInt64) -> EventRuns {
        do {
            return try store.beginRun(at: first)
        } catch {
            return EventRuns(unkept: .random(in: .min ... .max))
        }
    }

    // What judging remembers is kept like the part in a place, in a place that no device has.
    private static let healthSlot = "/health"

    private static func base(_ health: String) -> PublishedBase {
        PublishedBase(slot: healthSlot, seriesKey: health, column: "memory", base: 0)
    }

    private static func bases(_ slot: String, _ shelf: Publication.Shelf) -> [PublishedBase] {
        shelf.bases.enumerated().compactMap { row, base in
            base.map {
                PublishedBase(
                    slot: slot, seriesKey: shelf.key.description,
                    column: InfiniBandCounters.all[row].name, base: $0)
            }
        }
    }

    private static func size(_ path: String) -> UInt64 {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return 0 }
        return UInt64(status.st_size)
    }
}

extension StoredSeries {
    // Whether the pass that it is of has read the energy.
    fileprivate var hasEnergy: Bool {
        let name = GPUCounters.all[GPUCounters.energyRow].name
        guard let column = layout.columns.firstIndex(where: { $0.name == name }),
            cells.indices.contains(column), case .value = cells[column]
        else { return false }
        return true
    }
}

/// Which file a path leads to.
private struct FileIdentity: Equatable {
    var device: dev_t
    var inode: ino_t

    init?(_ path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        device = status.st_dev
        inode = status.st_ino
    }
}
