import Model

extension Store {
    /// What the next seal would be of; nil when nothing is due.
    ///
    /// Head rows are due once a slot's worth of them is complete, so that a daemon that is started
    /// again and again does not make a slot each time.
    package var dueSeal: Sealer.Task? {
        guard let memory, let end = memory.runStart, memory.head.count > 0,
            memory.head.first < end
        else { return nil }
        let span = memory.last.timeMilliseconds &- memory.head.firstTime
        guard
            memory.head.count >= limits.slotPasses || span >= limits.slotMilliseconds
                || span < 0 || memory.head.bytes >= Sealer.maximumHeadBytes
        else { return nil }
        return Sealer.Task(
            end: end,
            thinBefore: limits.thinAfterMilliseconds.map {
                retentionTime(memory.last.timeMilliseconds, memory) &- $0
            })
    }

    /// What makes slots of head rows.
    package var sealer: Sealer { Sealer(path: connection.path, limits: limits) }

    /// Puts slots in place of the head rows that they were made of.
    ///
    /// Drops what is too old or too much, too. After an error nothing has changed; neither has it
    /// when some of what the work was made of is gone meanwhile, and what is left is due again.
    package func commit(_ work: Sealer.Work) throws(HistoryError) {
        try transaction { memory throws(HistoryError) in
            for slot in work.slots {
                guard try isThere(slot) else { return }
            }
            for slot in work.slots { try write(slot) }
            try removeHead(through: work.sealedThrough)
            memory.head = try HeadExtent(connection)
            memory.endGroup(ifSealedThrough: work.sealedThrough)
            if let slot = work.slots.last(where: { $0.tier == 0 }) {
                memory.sealedTime = slot.header.firstTime
            }
            try dropOldest(now: retentionTime(memory.last.timeMilliseconds, memory))
        }
    }

    // Whether a slot's head rows, or the slot that was thinned, are still in the file: numbers of
    // devices in it may mean others by now.
    private func isThere(_ slot: SealedSlot) throws(HistoryError) -> Bool {
        let find = try connection.prepare(
            slot.tier == 0
                ? "SELECT 1 FROM head WHERE cyc = ?" : "SELECT 1 FROM slot WHERE first = ?",
            to: "seal passes")
        try find.bind(1, slot.header.first)
        return try find.step()
    }

    /// Seals all that is due, here and now.
    package func seal() throws(HistoryError) {
        while let task = dueSeal {
            let work = try sealer.prepare(task)
            guard work.sealedThrough > 0 else { return }
            try commit(work)
        }
    }

    /// Writes a slot and its chunks, in place of the one with its number.
    func write(_ slot: SealedSlot) throws(HistoryError) {
        let purpose = "seal passes"
        let insertSlot = try connection.prepare(
            """
            INSERT OR REPLACE INTO slot(first, last, t0, t1, epoch, tier, d)
            VALUES(?, ?, ?, ?, ?, ?, ?)
            """, to: purpose)
        let header = slot.header
        let integers = [
            header.first, header.last, header.firstTime, header.lastTime, header.epoch, slot.tier,
        ]
        for (index, integer) in integers.enumerated() {
            try insertSlot.bind(Int32(index + 1), integer)
        }
        try insertSlot.bind(7, slot.bytes)
        try insertSlot.run()
        let insertChunk = try connection.prepare(
            "INSERT OR REPLACE INTO chunk(id, d) VALUES(?, ?)", to: purpose)
        for (id, bytes) in slot.chunks.sorted(by: { $0.key < $1.key }) {
            try insertChunk.bind(1, id)
            try insertChunk.bind(2, bytes)
            try insertChunk.run()
        }
    }

    private func removeHead(through pass: Int64) throws(HistoryError) {
        let delete = try connection.prepare("DELETE FROM head WHERE cyc <= ?", to: "seal passes")
        try delete.bind(1, pass)
        try delete.run()
    }
}

/// How much is not sealed.
struct HeadExtent: Hashable {
    var first: Int64 = 0
    var firstTime: Int64 = 0
    var count = 0
    var bytes = 0

    /// Nothing.
    init() {}

    /// Reads the file.
    init(_ connection: borrowing Connection) throws(HistoryError) {
        let statement = try connection.prepare(
            """
            SELECT min(cyc), count(*), sum(length(d)),
                (SELECT t FROM head ORDER BY cyc LIMIT 1) FROM head
            """, to: "read the newest passes")
        guard try statement.step() else { return }
        first = statement.integer(0)
        count = Int(statement.integer(1))
        bytes = Int(statement.integer(2))
        firstTime = statement.integer(3)
    }

    /// Adds a row.
    mutating func add(_ now: Seen, bytes: Int) {
        if count == 0 {
            first = now.pass
            firstTime = now.timeMilliseconds
        }
        count += 1
        self.bytes += bytes
    }
}
