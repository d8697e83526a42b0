import CSQLite

/// A damaged history that was moved aside, read as far as it can be.
///
/// What counts is only what has a right checksum; the rest of the file may be anything.
struct OldCopy: ~Copyable {
    let connection: Connection
    private let deadline = Deadline()

    /// Opens the copy, for so long.
    init(path: String, timeLimitMilliseconds: Int64) throws(HistoryError) {
        HistoryFile.lengthen(path)
        let connection = try Connection(path: path, flags: SQLITE_OPEN_READONLY)
        try connection.addRowChecksum()
        try connection.execute(
            """
            PRAGMA busy_timeout=1000; PRAGMA cache_size=-512; PRAGMA cell_size_check=ON;
            PRAGMA trusted_schema=OFF
            """, to: Self.purpose)
        let version = try connection.integer("PRAGMA user_version", to: Self.purpose) ?? 0
        guard version == Schema.version else {
            throw HistoryError(
                attempted: Self.purpose, path: path, cause: .otherTables,
                message: "its schema is version \(version), only \(Schema.version) is salvaged")
        }
        deadline.start(milliseconds: timeLimitMilliseconds)
        connection.interrupt(after: deadline)
        self.connection = connection
    }

    private static let purpose = "salvage the damaged history"

    // MARK: Rows

    /// Shows the rows of a query as far as they can be read; false when some may be missing.
    ///
    /// From the front and, where a damaged page ends that, from the back; errors of the body are
    /// thrown.
    @discardableResult
    func eachRow(
        _ select: String, by key: String,
        _ body: (borrowing Statement) throws(HistoryError) -> Void
    ) throws(HistoryError) -> Bool {
        for order in ["", " DESC"] {
            guard
                let rows = try? connection.prepare(
                    "\(select) ORDER BY \(key)\(order)", to: Self.purpose)
            else { return false }
            while true {
                guard let isRow = try? rows.step() else { break }
                guard isRow else { return order.isEmpty }
                try body(rows)
            }
        }
        return false
    }

    // MARK: Slots

    /// The first passes of the slots before a pass, ascending, as far as they can be found.
    func slots(before limit: Int64) throws(HistoryError) -> [Int64] {
        var found: Set<Int64> = []
        for (select, key) in [
            ("SELECT first FROM slot", "first"),
            // Behind damaged pages of the one table the other may know more.
            ("SELECT id >> \(Schema.chunkBits) FROM chunk", "id"),
        ] {
            try eachRow(select, by: key) { (row) throws(HistoryError) in
                found.insert(row.integer(0))
            }
        }
        return found.filter { $0 < limit }.sorted()
    }

    /// A slot with those of its chunks that are right; nil when its passes, or all of its chunks,
    /// are lost.
    func slot(_ first: Int64) -> SealedSlot? {
        guard
            let row = try? connection.prepare(
                "SELECT first, last, t0, t1, epoch, d, tier FROM slot WHERE first = ?",
                to: Self.purpose),
            (try? row.bind(1, first)) != nil, (try? row.step()) == true,
            let slot = SlotReader.slot(row)
        else { return nil }
        var sealed = SealedSlot(slot, tier: row.integer(6) == 0 ? 0 : 1, chunks: [:])
        var chunks: [Int64: [UInt8]] = [:]
        for ordinal in 0..<slot.chunkCount {
            let key = ChunkKey(slot: first, ordinal: Int64(ordinal))
            chunks[key.id] = chunk(key)
        }
        guard !chunks.isEmpty || slot.chunkCount == 0 else { return nil }
        sealed.chunks = chunks
        return sealed
    }

    // The bytes of a chunk, when they are the ones that were written.
    private func chunk(_ key: ChunkKey) -> [UInt8]? {
        guard
            let row = try? connection.prepare(
                "SELECT d FROM chunk WHERE id = ?", to: Self.purpose),
            (try? row.bind(1, key.id)) != nil, (try? row.step()) == true
        else { return nil }
        return row.withBytes(0) { bytes in
            guard bytes.count >= ChunkCodec.bodyOffset, bytes[0] == ChunkCodec.version else {
                return nil
            }
            var stored: UInt32 = 0
            for index in 0..<4 { stored |= UInt32(bytes[1 + index]) << UInt32(8 * index) }
            guard stored == ChunkCodec.checksum(bytes, key: key) else { return nil }
            return bytes.copied
        }
    }
}

extension Span<UInt8> {
    fileprivate var copied: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        for index in indices { bytes.append(self[index]) }
        return bytes
    }
}
