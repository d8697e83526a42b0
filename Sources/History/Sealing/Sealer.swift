import CSQLite
package import Model

/// A slot that is ready to take the place of the head rows that it was made of, or of itself.
package struct SealedSlot: Hashable, Sendable {
    /// The first and the last pass.
    package var passes: ClosedRange<PassID>
    /// The bytes of the slot and all of its chunks.
    package var size: Int { bytes.count + chunks.values.reduce(0) { $0 + $1.count } }

    let header: SlotHeader
    let tier: Int64
    let bytes: [UInt8]
    var chunks: [Int64: [UInt8]]
}

/// Makes chunks of head rows, and thinned slots of old ones, on a read-only connection of its own.
///
/// It is the expensive half of sealing and runs wherever it is called, so that no pass waits for
/// it; `Store.commit` is the other half.
package struct Sealer: Sendable {
    /// What is to be sealed.
    package struct Task: Hashable, Sendable {
        /// Passes before this one are not added to any more.
        var end: Int64
        /// Slots that end before are thinned; nil for none.
        var thinBefore: Int64?
    }

    /// What one task came to.
    package struct Work: Hashable, Sendable {
        /// In the order of their passes.
        package var slots: [SealedSlot] = []
        /// Head rows up to here are in the slots, or cannot be read.
        var sealedThrough: Int64 = 0
    }

    /// The most slots of one task, so that what it costs to put them in place stays bounded.
    static let maximumSlots = 4
    /// The most bytes of head rows that one slot is made of.
    static let maximumHeadBytes = 4 << 20
    /// The most values that are held at a time.
    static let maximumValues = 1 << 19

    private let path: String
    private let slotPasses: Int

    init(path: String, limits: Store.Limits) {
        self.path = path
        slotPasses = limits.slotPasses
    }

    /// Does a task; nothing in the file changes.
    package func prepare(_ task: Task) throws(HistoryError) -> Work {
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READONLY)
        try connection.addRowChecksum()
        try connection.execute(
            "PRAGMA busy_timeout=1000; PRAGMA cache_size=-512; BEGIN", to: "seal passes")
        let source = try SealSource(connection)
        var work = Work()
        var runs = try source.runs(before: task.end, maximumRows: slotPasses)
        runs = Array(runs.prefix(Self.maximumSlots))
        for run in runs {
            if let shape = run.shape, let slot = try source.slot(of: run, shape) {
                work.slots.append(slot)
            }
            work.sealedThrough = run.last
        }
        if let limit = task.thinBefore, let slot = try source.thinned(before: limit) {
            work.slots.append(slot)
        }
        return work
    }
}

/// Head rows that make a slot.
struct HeadRun {
    /// The key frames' passes.
    var keys: [Int64]
    var last: Int64
    var epoch: Int64
    var rows: Int
    var bytes: Int
    /// What the rows have in common; nil when they cannot be read.
    var shape: FrameShape?
}

/// The connection that passes are sealed from.
struct SealSource: ~Copyable {
    let connection: Connection
    let layouts: [Int64: Layout]
    /// For each layout which columns are gauges.
    let columns: [Int64: [Bool]]
    private let bundles: [Int64: String]

    init(_ connection: consuming Connection) throws(HistoryError) {
        let layouts = try StateReader.layouts(connection)
        bundles = try Self.bundles(connection)
        columns = layouts.mapValues { $0.columns.map { $0.kind == .gauge } }
        self.layouts = layouts
        self.connection = connection
    }

    private static func bundles(
        _ connection: borrowing Connection
    ) throws(HistoryError) -> [Int64: String] {
        var bundles: [Int64: String] = [:]
        let statement = try connection.prepare("SELECT dev, bundle FROM device", to: "seal passes")
        while try statement.step() { bundles[statement.integer(0)] = statement.text(1) }
        return bundles
    }

    // MARK: Which rows

    /// Groups of rows before a pass, put together as long as epoch and series are the same.
    func runs(before end: Int64, maximumRows: Int) throws(HistoryError) -> [HeadRun] {
        let groups = try connection.prepare(
            """
            SELECT key, max(cyc), epoch, count(*), sum(length(d)) FROM head WHERE cyc < ?
            GROUP BY key ORDER BY max(cyc)
            """, to: "seal passes")
        try groups.bind(1, end)
        var runs: [HeadRun] = []
        while try groups.step() {
            let key = groups.integer(0)
            var next = HeadRun(
                keys: [key], last: groups.integer(1), epoch: groups.integer(2),
                rows: Int(groups.integer(3)), bytes: Int(groups.integer(4)))
            next.shape = try shape(ofKey: key)
            if var run = runs.last, run.epoch == next.epoch, run.shape == next.shape,
                run.rows + next.rows <= min(maximumRows, ChunkCodec.maximumRows),
                run.bytes + next.bytes <= Sealer.maximumHeadBytes
            {
                run.keys += next.keys
                run.last = next.last
                run.rows += next.rows
                run.bytes += next.bytes
                runs[runs.count - 1] = run
            } else {
                runs.append(next)
            }
        }
        return runs
    }

    private func shape(ofKey key: Int64) throws(HistoryError) -> FrameShape? {
        var shape: FrameShape?
        try eachRow(ofGroup: key) { frame, _ in
            shape = frame.shape
            return false
        }
        return shape
    }

    // Shows the rows of a group up to the first that cannot be read, while the body wants more.
    private func eachRow(
        ofGroup key: Int64, _ body: (Frame, RowHeader) -> Bool
    ) throws(HistoryError) {
        let rows = try connection.prepare(
            "SELECT cyc, t, key, epoch, d FROM head WHERE cyc >= ? AND key = ? ORDER BY cyc",
            to: "seal passes")
        try rows.bind(1, key)
        try rows.bind(2, key)
        var latest: StateReader.Row?
        while try StateReader.takeNext(rows, into: &latest, columns: columns), let row = latest {
            guard body(row.frame, row.header) else { return }
        }
    }

    // MARK: Sealing

    /// The slot that a run makes; nil when none of its rows can be read.
    func slot(of run: HeadRun, _ shape: FrameShape) throws(HistoryError) -> SealedSlot? {
        var slot = Slot(epoch: run.epoch, clock: SlotClock(), series: series(of: shape))
        guard let survey = try survey(run) else { return nil }
        let members = slot.members
        var chunks: [Int64: [UInt8]] = [:]
        var next = 0
        // Once also for passes of no series.
        repeat {
            var builder = ChunkBuilder(survey)
            while next < members.count, builder.hasRoom(for: members[next]) {
                builder.add(members[next])
                next += 1
            }
            for key in run.keys {
                try eachRow(ofGroup: key) { frame, header in
                    builder.take(frame, header)
                    return true
                }
            }
            builder.finish()
            slot.clock = builder.clock
            let first = next - builder.chunks.count
            for (index, content) in builder.chunks.enumerated() {
                let key = ChunkKey(slot: slot.header.first, ordinal: Int64(first + index))
                chunks[key.id] = ChunkCodec.encode(content, clock: slot.clock, key: key)
            }
        } while next < members.count
        return SealedSlot(slot, tier: 0, chunks: chunks)
    }

    // Nil when no row can be read.
    private func survey(_ run: HeadRun) throws(HistoryError) -> RowSurvey? {
        var survey: RowSurvey?
        for key in run.keys {
            try eachRow(ofGroup: key) { frame, _ in
                if survey == nil { survey = RowSurvey(frame) }
                survey?.take(frame)
                return true
            }
        }
        return survey
    }

    private func series(of shape: FrameShape) -> [Slot.Series] {
        var numbers: [String: Int] = [:]
        let most = 1 << Int(Schema.chunkBits) - 1
        return shape.parts.map { part in
            let bundle = bundles[part.device] ?? "\(part.device)"
            let number = numbers[bundle] ?? min(numbers.count, most)
            numbers[bundle] = number
            return Slot.Series(device: part.device, layout: part.layout, chunk: number)
        }
    }
}

extension SealedSlot {
    init(_ slot: Slot, tier: Int64, chunks: [Int64: [UInt8]]) {
        header = slot.header
        self.tier = tier
        bytes = SlotCodec.encode(slot)
        self.chunks = chunks
        let (first, last) = (UInt64(bitPattern: header.first), UInt64(bitPattern: header.last))
        passes = PassID(first)...PassID(last)
    }
}
