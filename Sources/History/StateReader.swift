import Model

/// Reads states from the rows of a connection.
enum StateReader {
    /// One readable row.
    struct Row {
        var header: RowHeader
        var frame: Frame
        /// Series of which nothing can be said, since their chunk is damaged.
        var unreadable: Set<Int> = []
    }

    /// How many groups without a readable row are passed over before giving up.
    private static let maximumDamagedGroups = 64

    /// All layouts by number.
    static func layouts(_ connection: borrowing Connection) throws(HistoryError) -> [Int64: Layout]
    {
        let purpose = "read the history's columns"
        // Without its last columns a layout would give values to the wrong ones.
        guard try connection.isWhole(.field) else {
            throw HistoryError(
                attempted: purpose, path: connection.path, cause: .damaged,
                message: "rows of the table field are lost")
        }
        var columns: [Int64: [Column]] = [:]
        let fields = try connection.prepare(
            """
            SELECT layout, name, kind, unit, ctr, \(Schema.Table.field.isSound) FROM field
            ORDER BY layout, ctr
            """, to: purpose)
        var damaged: Set<Int64> = []
        while try fields.step() {
            let column = Column(
                name: fields.text(1), kind: Column.Kind(rawValue: fields.text(2)) ?? .gauge,
                unit: fields.text(3))
            let id = fields.integer(0)
            if fields.integer(5) == 0 || fields.integer(4) != columns[id]?.count ?? 0 {
                damaged.insert(id)
            }
            columns[id, default: []].append(column)
        }
        var layouts: [Int64: Layout] = [:]
        let classes = try connection.prepare(
            "SELECT layout, class FROM layout WHERE \(Schema.Table.layout.isSound)", to: purpose)
        while try classes.step() {
            let id = classes.integer(0)
            guard !damaged.contains(id) else { continue }
            layouts[id] = Layout(deviceClass: classes.text(1), columns: columns[id] ?? [])
        }
        return layouts
    }

    /// The newest readable row up to a pass.
    ///
    /// A row that is damaged, and those of its group behind it, are gaps.
    static func newestRow(
        _ connection: borrowing Connection, upTo pass: Int64, layouts: [Int64: Layout]
    ) throws(HistoryError) -> Row? {
        let columns = layouts.mapValues { $0.columns.map { $0.kind == .gauge } }
        var limit = pass
        for _ in 0..<maximumDamagedGroups {
            guard let last = try lastRow(connection, upTo: limit) else { break }
            let found = try row(connection, from: last.key, to: last.pass, columns: columns)
            if let found { return found }
            limit = min(last.key, last.pass) - 1
        }
        return try SlotReader.newestRow(connection, upTo: pass, columns: columns)
    }

    private static func lastRow(
        _ connection: borrowing Connection, upTo pass: Int64
    ) throws(HistoryError) -> (pass: Int64, key: Int64)? {
        let statement = try connection.prepare(
            "SELECT cyc, key FROM head WHERE cyc <= ? ORDER BY cyc DESC LIMIT 1",
            to: "find a pass")
        try statement.bind(1, pass)
        return try statement.step() ? (statement.integer(0), statement.integer(1)) : nil
    }

    // The last readable row of a group up to a pass; the group's rows build on each other.
    private static func row(
        _ connection: borrowing Connection, from key: Int64, to pass: Int64,
        columns: [Int64: [Bool]]
    ) throws(HistoryError) -> Row? {
        let statement = try connection.prepare(
            "SELECT cyc, t, key, epoch, d FROM head WHERE cyc BETWEEN ? AND ? ORDER BY cyc",
            to: "read a pass")
        try statement.bind(1, key)
        try statement.bind(2, pass)
        var row: Row?
        while try takeNext(statement, into: &row, columns: columns) {}
        return row
    }

    /// Takes the next row of a group in, from a statement of `cyc, t, key, epoch, d`; false behind
    /// the last and for one that cannot be read, which leaves the row before.
    static func takeNext(
        _ statement: borrowing Statement, into row: inout Row?, columns: [Int64: [Bool]]
    ) throws(HistoryError) -> Bool {
        guard try statement.step() else { return false }
        let header = header(statement)
        let taken: Void? = try? statement.withBytes(4) { (bytes) throws(Damage) in
            try take(bytes, header: header, into: &row, columns: columns)
        }
        return taken != nil
    }

    /// What a row of `cyc, t, key, epoch, d` says itself; nil when it is damaged.
    static func soundHeader(_ row: borrowing Statement) -> RowHeader? {
        let header = header(row)
        return row.withBytes(4) { RowCodec.isSound($0, header: header) } ? header : nil
    }

    private static func header(_ row: borrowing Statement) -> RowHeader {
        RowHeader(
            pass: row.integer(0), timeMilliseconds: row.integer(1), key: row.integer(2),
            epoch: row.integer(3))
    }

    private static func take(
        _ bytes: Span<UInt8>, header: RowHeader, into row: inout Row?, columns: [Int64: [Bool]]
    ) throws(Damage) {
        guard row != nil else {
            let frame = try RowCodec.decodeKey(bytes, header: header, columns: columns)
            row = Row(header: header, frame: frame)
            return
        }
        do {
            try row?.take(bytes, header: header)
        } catch {
            // Right by its checksum and wrong all the same: what was begun cannot be undone.
            if error == .malformed { row = nil }
            throw error
        }
    }
}

extension StateReader.Row {
    fileprivate mutating func take(_ bytes: Span<UInt8>, header: RowHeader) throws(Damage) {
        guard header.key == self.header.key, header.pass == self.header.pass + 1 else {
            throw .chainBroken
        }
        try RowCodec.apply(bytes, header: header, to: &frame)
        self.header = header
    }
}

// MARK: From numbers to names

extension StateReader {
    /// The state that a row stands for.
    static func state(
        _ connection: borrowing Connection, of row: Row, layouts: [Int64: Layout],
        devices: [Int64: Device]
    ) throws(HistoryError) -> StoredState {
        let bootID = try bootID(connection, epoch: row.header.epoch)
        // Whose name is lost is left out: nobody could say what its numbers mean.
        let series = row.frame.shape.parts.indices.compactMap { index -> StoredSeries? in
            let part = row.frame.shape.parts[index]
            guard let device = devices[part.device], let layout = layouts[part.layout] else {
                return nil
            }
            let isReadable = !row.unreadable.contains(index)
            return StoredSeries(
                key: device.key, layout: layout,
                isPresent: isReadable && row.frame.present[index],
                cells: isReadable
                    ? row.frame.cells(ofPart: index)
                    : layout.columns.map { _ in .missing(last: nil) },
                firstRecorded: device.first,
                lastSeen: isReadable ? row.frame.seen[index].map(StoredPass.init) : nil)
        }
        return StoredState(
            pass: StoredPass(row.header.seen),
            moment: Moment(
                bootID: bootID, boottimeNanoseconds: row.frame.boottimeNanoseconds,
                wallMilliseconds: row.frame.wallMilliseconds),
            series: series)
    }

    /// What the number of a device means.
    struct Device {
        var key: String
        /// The pass that recorded it first.
        var first: StoredPass
    }

    /// All devices by number.
    static func devices(
        _ connection: borrowing Connection
    ) throws(HistoryError) -> [Int64: Device] {
        var devices: [Int64: Device] = [:]
        let statement = try connection.prepare(
            """
            SELECT dev, key, first, first_t FROM device WHERE \(Schema.Table.device.isSound)
            """, to: "read the history's devices")
        while try statement.step() {
            let first = Seen(pass: statement.integer(2), timeMilliseconds: statement.integer(3))
            devices[statement.integer(0)] = Device(key: statement.text(1), first: StoredPass(first))
        }
        return devices
    }

    private static func bootID(
        _ connection: borrowing Connection, epoch: Int64
    ) throws(HistoryError) -> String {
        let statement = try connection.prepare(
            "SELECT boot_id FROM epoch WHERE epoch = ? AND \(Schema.Table.epoch.isSound)",
            to: "read the history's epochs")
        try statement.bind(1, epoch)
        return try statement.step() ? statement.text(0) : ""
    }
}

extension StoredPass {
    /// The pass that the codec means.
    init(_ seen: Seen) {
        self.init(
            id: PassID(UInt64(bitPattern: seen.pass)), wallMilliseconds: seen.timeMilliseconds)
    }
}
