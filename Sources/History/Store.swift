package import Model

/// The history of one node: appends passes to `history.db` and drops the oldest ones.
///
/// Of all connections to the file only this one writes and checkpoints. Used by one thread at a
/// time.
package final class Store {
    /// How much is kept.
    package struct Limits: Hashable, Sendable {
        /// Passes older than this are dropped; milliseconds.
        package var maximumAgeMilliseconds: Int64
        /// The size that the file does not grow beyond, 4 MiB at least; the write-ahead log beside
        /// it takes about 4 MiB more.
        package var maximumBytes: Int64
        /// A slot is sealed after so many passes, 4096 at most.
        package var slotPasses = 600
        /// A slot is sealed after so long; milliseconds.
        package var slotMilliseconds: Int64 = 3_600_000
        /// Slots older than this keep one pass a minute of what tells nothing of errors; nil to
        /// keep all; milliseconds.
        package var thinAfterMilliseconds: Int64?
        /// The size of a file beside the database that is given up when the disk is full; zero for
        /// none.
        package var ballastBytes: Int64 = 0

        /// Limits; the oldest passes go first when either is reached.
        package init(maximumAgeMilliseconds: Int64, maximumBytes: Int64) {
            self.maximumAgeMilliseconds = maximumAgeMilliseconds
            self.maximumBytes = max(maximumBytes, 4 << 20)
        }
    }

    /// How opening went.
    package enum Outcome: Hashable, Sendable {
        /// There was no history yet.
        case created
        /// The history goes on.
        case opened
        /// The history was damaged and a new one was started; where the old file is now, and why.
        case movedAside(to: String, because: HistoryError)
    }

    /// How opening went.
    package let outcome: Outcome
    /// A random number that the file got when it was created; a cursor belongs to one history.
    package private(set) var storeID: UInt64
    /// What becomes of the file that was moved aside; nil when none was, or nothing can be read.
    package internal(set) var salvage: SalvageProgress?
    /// Why nothing of that file could be taken over; nil when something was, or nothing had to be.
    package private(set) var salvageFailure: HistoryError?

    let connection: Connection
    let limits: Limits
    /// What the next append builds on; nil after a failed one, when the file has to tell.
    var memory: Memory?
    /// The epoch of this run, once it is in the file.
    var epoch: Epoch?
    let insertRow: Statement
    var ballast: Ballast
    let file: HistoryFile
    private let lock: DirectoryLock
    private let begin: Statement
    private let commit: Statement

    /// Opens the history in a directory, which is created when only its last part is missing.
    ///
    /// Throws when another daemon works there, and when the file is of a newer version or of
    /// another program; nothing is changed then. `nowMilliseconds` is the wall clock.
    package init(
        directory: String, limits: Limits, nowMilliseconds: Int64
    ) throws(HistoryError) {
        file = HistoryFile(directory: directory)
        try file.createDirectory()
        lock = try DirectoryLock(path: file.lock)
        var ballast = Ballast(file, bytes: limits.ballastBytes)
        let opening: Opening
        do {
            opening = try Self.open(file, limits, nowMilliseconds, &ballast)
            outcome = opening.isNew ? .created : .opened
        } catch {
            guard error.cause == .damaged else { throw error }
            let aside = try file.moveAside(nowMilliseconds: nowMilliseconds)
            opening = try Self.open(file, limits, nowMilliseconds, &ballast)
            outcome = .movedAside(to: aside, because: error)
        }
        ballast.take()
        self.ballast = ballast
        self.limits = limits
        storeID = opening.storeID
        memory = opening.memory
        connection = opening.connection
        begin = try connection.prepare("BEGIN IMMEDIATE", to: "begin a pass")
        commit = try connection.prepare("COMMIT", to: "commit a pass")
        insertRow = try connection.prepare(
            "INSERT INTO head(cyc, t, key, epoch, d) VALUES(?, ?, ?, ?, ?)", to: "write a pass")
        if case .movedAside(let copy, _) = outcome {
            do {
                try takeOver(copy, nowMilliseconds: nowMilliseconds)
            } catch {
                // The new history stands on its own.
                salvageFailure = error
            }
            storeID = try Opening.storeID(connection)
        } else {
            try resumeSalvage()
        }
    }

    // Opening writes as well.
    private static func open(
        _ file: HistoryFile, _ limits: Limits, _ nowMilliseconds: Int64, _ ballast: inout Ballast
    ) throws(HistoryError) -> Opening {
        do {
            return try Opening(file, limits: limits, nowMilliseconds: nowMilliseconds)
        } catch {
            guard error.cause == .full, ballast.release() else { throw error }
            return try Opening(file, limits: limits, nowMilliseconds: nowMilliseconds)
        }
    }

    /// Keeps a pass; when it returns, the pass is on the disk.
    ///
    /// The bases in `published` take the place of those that their slots had; other slots keep
    /// theirs. Where a slot comes twice, the later part counts. Events take the place of those with
    /// their numbers, and what does not remain of older ones is dropped. A position of the kernel
    /// log takes the place of the one before. After an error nothing of the pass is kept, and the
    /// next one stands alone.
    package func append(
        _ pass: PassRecord, published: [PublishedBase] = [], events: [JournalEntry] = [],
        remains: EventJournal.Remains = EventJournal.Remains(),
        logPosition: KernelLogPosition? = nil
    ) throws(HistoryError) -> PassID {
        try refuseInvalid(pass)
        let id = try transaction { memory throws(HistoryError) in
            try write(pass, &memory)
            try replacePublished(published)
            try write(events)
            try drop(remains)
            if let logPosition { try write(logPosition) }
            return PassID(UInt64(bitPattern: memory.last.pass))
        }
        ballast.take()
        return id
    }

    /// Keeps what changed between two passes, as `append` does with a pass; when it returns, it is
    /// on the disk.
    package func keep(
        published: [PublishedBase], events: [JournalEntry]
    ) throws(HistoryError) {
        try transaction { _ throws(HistoryError) in
            try replacePublished(published)
            try write(events)
        }
        ballast.take()
    }

    /// Runs all of a body or nothing of it.
    func transaction<Result>(
        _ body: (inout Memory) throws(HistoryError) -> Result
    ) throws(HistoryError) -> Result {
        // Taken out, so that an error leaves nothing that the file does not say.
        var memory =
            if let kept = self.memory.take() { kept } else { try Memory(connection, epoch: epoch) }
        do {
            try begin.run()
            let result = try body(&memory)
            try commit.run()
            epoch = memory.epoch
            self.memory = memory
            return result
        } catch {
            connection.rollBack()
            if error.cause == .damaged { file.markDamaged() }
            throw error
        }
    }

    /// What a ledger needs to go on after a restart; nil when no pass is readable.
    package func restore() throws(HistoryError) -> RestoredHistory? {
        let layouts = try StateReader.layouts(connection)
        guard let row = try StateReader.newestRow(connection, upTo: .max, layouts: layouts) else {
            return nil
        }
        let state = try StateReader.state(
            connection, of: row, layouts: layouts, devices: try StateReader.devices(connection))
        let origins = try Memory.origins(connection)
        let series = zip(state.series, row.frame.shape.parts).map { series, slot in
            let kept = origins[slot.device]
            return RestoredSeries(
                series: series,
                origins: kept?.layout == slot.layout ? kept?.values ?? [] : [])
        }
        return RestoredHistory(pass: state.pass, moment: state.moment, series: series)
    }

    /// The bases that were handed to `append`, the latest of each slot.
    package func loadPublished() throws(HistoryError) -> [PublishedBase] {
        let statement = try connection.prepare(
            """
            SELECT slot, series, name, base FROM published
            WHERE \(Schema.Table.published.isSound) ORDER BY slot, name
            """, to: "read the published bases")
        var bases: [PublishedBase] = []
        while try statement.step() {
            bases.append(
                PublishedBase(
                    slot: statement.text(0), seriesKey: statement.text(1),
                    column: statement.text(2), base: statement.unsigned(3)))
        }
        return bases
    }

    private func replacePublished(_ bases: [PublishedBase]) throws(HistoryError) {
        guard !bases.isEmpty else { return }
        let purpose = "write the published bases"
        let clear = try connection.prepare("DELETE FROM published WHERE slot = ?", to: purpose)
        let insert = try connection.prepare(
            Schema.Table.published.insertion, to: purpose)
        var previous: PublishedBase?
        for base in bases {
            if base.slot != previous?.slot || base.seriesKey != previous?.seriesKey {
                try clear.bind(1, base.slot)
                try clear.run()
            }
            try insert.bind(1, base.slot)
            try insert.bind(2, base.column)
            try insert.bind(3, base.seriesKey)
            try insert.bind(4, base.base)
            try insert.run()
            previous = base
        }
    }
}
