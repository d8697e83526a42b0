package import Model

/// A named moment of the history: it names a pass, and stays when that is dropped.
package struct StoredMark: Hashable, Sendable {
    /// The name.
    package var name: GivenName
    /// The pass, with the time that it has in the history.
    package var pass: StoredPass
    /// When it was put there, by the wall clock; milliseconds since 1970.
    package var madeMilliseconds: Int64
    /// From when on it is gone; nil for never; milliseconds since 1970.
    package var expiresMilliseconds: Int64?
    /// What people want to know about it.
    package var note: Note
}

/// A mark that is to be set.
package struct NewMark: Hashable, Sendable {
    /// The name.
    package var name: GivenName
    /// The pass; nil for the newest.
    package var pass: StoredPass?
    /// From when on it is gone; nil for never; milliseconds since 1970.
    package var expiresMilliseconds: Int64?
    /// What people want to know about it.
    package var note: Note
    /// Whether a mark of that name may be moved here from another pass.
    package var mayMove: Bool

    /// A mark to be set.
    package init(
        name: GivenName, pass: StoredPass? = nil, expiresMilliseconds: Int64? = nil,
        note: Note = Note(), mayMove: Bool = false
    ) {
        self.name = name
        self.pass = pass
        self.expiresMilliseconds = expiresMilliseconds
        self.note = note
        self.mayMove = mayMove
    }
}

/// What became of a mark that was to be set.
package enum MarkOutcome: Hashable, Sendable {
    /// There was none of that name, and now there is.
    case made(StoredMark)
    /// There was one of that name, and it was given what is new.
    case changed(StoredMark)
    /// There is one of that name at another pass, which stays as it is.
    case taken(StoredMark)
    /// There are as many as there may be.
    case tooMany
    /// The history holds no pass yet.
    case noPass
}

extension Store {
    /// The most marks that are kept at once.
    package static let marksMax = 1000

    /// Sets a mark; when it returns, the mark is on the disk.
    ///
    /// One of that name at the same pass gets the new note and expiry. One at another pass is only
    /// replaced if it may be moved. `nowMilliseconds` is the wall clock.
    package func set(
        _ new: NewMark, nowMilliseconds now: Int64
    ) throws(HistoryError) -> MarkOutcome {
        try transaction { memory throws(HistoryError) in
            guard memory.last.pass > 0 else { return .noPass }
            let pass = new.pass ?? StoredPass(memory.last)
            let kept = try StoredMark.read(connection, named: new.name, now: now).first
            if let kept, kept.pass.id != pass.id, !new.mayMove { return .taken(kept) }
            if kept == nil, try !hasRoomForMark(now: now) { return .tooMany }
            let mark = StoredMark(
                name: new.name, pass: pass,
                madeMilliseconds: kept?.pass.id == pass.id ? kept?.madeMilliseconds ?? now : now,
                expiresMilliseconds: new.expiresMilliseconds, note: new.note)
            try write(mark)
            return kept == nil ? .made(mark) : .changed(mark)
        }
    }

    /// Deletes a mark and answers what it was; nil where there is none of that name.
    package func deleteMark(
        _ name: GivenName, nowMilliseconds now: Int64
    ) throws(HistoryError) -> StoredMark? {
        try transaction { _ throws(HistoryError) in
            let kept = try StoredMark.read(connection, named: name, now: now).first
            let delete = try connection.prepare(
                "DELETE FROM mark WHERE name = ?", to: "delete a mark")
            try delete.bind(1, name.description)
            try delete.run()
            return kept
        }
    }

    /// Drops the marks that have expired by then.
    func dropExpiredMarks(now: Int64) throws(HistoryError) {
        let delete = try connection.prepare(
            "DELETE FROM mark WHERE expires <= ?", to: "drop expired marks")
        try delete.bind(1, now)
        try delete.run()
    }

    private func hasRoomForMark(now: Int64) throws(HistoryError) -> Bool {
        if try markCount() < Self.marksMax { return true }
        try dropExpiredMarks(now: now)
        return try markCount() < Self.marksMax
    }

    private func markCount() throws(HistoryError) -> Int {
        Int(try connection.integer("SELECT count(*) FROM mark", to: "count the marks") ?? 0)
    }

    private func write(_ mark: StoredMark) throws(HistoryError) {
        let insert = try connection.prepare(Schema.Table.mark.insertion, to: "write a mark")
        try insert.bind(1, mark.name.description)
        try insert.bind(2, mark.pass.id.rawValue)
        try insert.bind(3, mark.pass.wallMilliseconds)
        try insert.bind(4, mark.madeMilliseconds)
        try insert.bind(5, mark.expiresMilliseconds)
        try insert.bind(6, mark.note.description)
        try insert.run()
    }
}

extension StoredMark {
    /// The marks of a name, or all of them in the order of their passes, without those that have
    /// expired by then; what is damaged is left out.
    static func read(
        _ connection: borrowing Connection, named name: GivenName? = nil, now: Int64
    ) throws(HistoryError) -> [StoredMark] {
        let statement = try connection.prepare(
            """
            SELECT name, pass, t, made, expires, note FROM mark
            WHERE (?1 IS NULL OR name = ?1) AND (expires IS NULL OR expires > ?2)
                AND \(Schema.Table.mark.isSound)
            ORDER BY pass, name
            """, to: "read marks")
        try statement.bind(1, name?.description)
        try statement.bind(2, now)
        var marks: [StoredMark] = []
        while try statement.step() {
            guard let name = GivenName(statement.text(0)), let note = Note(statement.text(5))
            else { continue }
            marks.append(
                StoredMark(
                    name: name,
                    pass: StoredPass(
                        id: PassID(statement.unsigned(1)), wallMilliseconds: statement.integer(2)),
                    madeMilliseconds: statement.integer(3),
                    expiresMilliseconds: statement.isNull(4) ? nil : statement.integer(4),
                    note: note))
        }
        return marks
    }
}
