import History
import Model
import Serve
import Wire

// Named moments, as far as the past tells.
extension Archive {
    /// The marks that have not expired.
    func marks(now: Moment) throws(AnswerError) -> [V1.Mark] {
        try answering {
            guard let bounds = try reader.bounds() else { return [] }
            return try reader.marks(nowMilliseconds: now.wallMilliseconds)
                .map { V1.Mark($0, bounds) }
        }
    }

    /// What is said of a mark.
    func document(_ mark: StoredMark) throws(AnswerError) -> V1.Mark {
        try answering {
            guard let bounds = try reader.bounds() else {
                throw AnswerError.unavailable("The history holds no pass any more.")
            }
            return V1.Mark(mark, bounds)
        }
    }

    /// The pass at a moment; the newest readable one before where that one cannot be read.
    func pass(_ moment: Since, now: Moment) throws(AnswerError) -> StoredPass {
        if case .wall(let milliseconds) = moment, milliseconds > now.wallMilliseconds {
            throw .badRequest("at is a time to come; now it is \(now.text).")
        }
        return try answering {
            guard let bounds = try reader.bounds() else {
                throw AnswerError.nothingYet
            }
            return try end(moment, bounds, now: now).pass
        }
    }

    /// The state that a window ends with.
    func end(
        _ until: Since?, _ bounds: HistoryBounds, now: Moment
    ) throws -> StoredState {
        guard let until else {
            guard let newest = try reader.state(atOrBefore: bounds.newest.id) else {
                throw AnswerError.unavailable("The newest pass cannot be read.")
            }
            return newest
        }
        let (state, isReached) = try start(until, bounds, now: now)
        guard isReached || state.pass.id > bounds.oldest.id else {
            throw AnswerError.gone("That is before what is kept. \(Self.kept(bounds))")
        }
        return state
    }

    /// The pass of a mark, if it is still kept.
    func pass(
        of name: GivenName, _ bounds: HistoryBounds, now: Moment
    ) throws -> PassID {
        let marks = try reader.marks(nowMilliseconds: now.wallMilliseconds)
        guard let mark = marks.first(where: { $0.name == name }) else {
            throw AnswerError.noSuchMark(name, among: marks.map(\.name.description))
        }
        guard mark.isKept(bounds) else {
            throw AnswerError.gone(
                "Mark \(name) names pass \(mark.pass.id) (\(mark.pass.time)), which is no longer "
                    + "kept. \(Self.kept(bounds))")
        }
        return mark.pass.id
    }

    /// Asks the history, and says in an answer's words why that failed.
    func answering<Answer>(_ ask: () throws -> Answer) throws(AnswerError) -> Answer {
        do {
            return try ask()
        } catch {
            throw AnswerError(error)
        }
    }
}

extension StoredMark {
    fileprivate func isKept(_ bounds: HistoryBounds) -> Bool { pass.id >= bounds.oldest.id }
}

extension V1.Mark {
    fileprivate init(_ mark: StoredMark, _ bounds: HistoryBounds) {
        self.init(
            name: mark.name.description, pass: mark.pass.id.rawValue, time: mark.pass.time,
            cursor: Cursor(pass: mark.pass.id, storeID: bounds.storeID).text,
            kept: mark.isKept(bounds), made: Timestamp.text(milliseconds: mark.madeMilliseconds),
            expires: mark.expiresMilliseconds.map { Timestamp.text(milliseconds: $0) },
            note: mark.note == Note() ? nil : mark.note.description)
    }
}
