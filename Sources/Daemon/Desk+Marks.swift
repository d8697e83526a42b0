import History
import Model
import Serve
import Wire

// Named moments: read from the history, set by the thread that writes it.
extension Desk {
    func marks() throws(AnswerError) -> V1.Marks {
        let now = clock.now()
        let marks = try past.marks(now: now)
        return V1.Marks(node: node, time: now.text, marks: marks)
    }

    func setMark(
        _ name: GivenName, _ change: MarkChange
    ) throws(AnswerError) -> (mark: V1.Mark, isNew: Bool) {
        let archive = try past
        let now = clock.now()
        let new = NewMark(
            name: name,
            pass: try change.at.map { at throws(AnswerError) in
                try archive.pass(at, now: now)
            }, expiresMilliseconds: try change.expiry(now: now),
            note: change.note, mayMove: change.mayMove)
        let outcome = try errands.run { pipeline throws(AnswerError) in
            try pipeline.write { store throws(HistoryError) in
                try store.set(new, nowMilliseconds: now.wallMilliseconds)
            }
        }
        switch outcome {
        case .made(let mark): return (try archive.document(mark), true)
        case .changed(let mark): return (try archive.document(mark), false)
        case .taken(let mark):
            throw .conflict(
                "Mark \(name) names pass \(mark.pass.id) (\(mark.pass.time)) and was not moved: "
                    + "take another name, delete it first, or say \"replace\": true.")
        case .tooMany:
            throw .conflict(
                "There are \(Store.marksMax) marks, and may be no more: delete one, and give "
                    + "others an expiry.")
        case .noPass:
            throw .nothingYet
        }
    }

    func deleteMark(_ name: GivenName) throws(AnswerError) -> V1.Mark {
        let archive = try past
        let now = clock.now().wallMilliseconds
        let deleted = try errands.run { pipeline throws(AnswerError) in
            try pipeline.write { store throws(HistoryError) in
                try store.deleteMark(name, nowMilliseconds: now)
            }
        }
        guard let deleted else {
            throw .noSuchMark(name, among: try marks().marks.map(\.name))
        }
        return try archive.document(deleted)
    }
}

extension Pipeline {
    /// Has something written to the history between two passes.
    func write<Result>(
        _ work: (Store) throws(HistoryError) -> Result
    ) throws(AnswerError) -> Result {
        guard let store = keeper?.writable else {
            throw .unavailable(
                "The history cannot be written: \(keeper?.view.trouble ?? "it is not open.")")
        }
        do {
            return try work(store)
        } catch {
            throw .unavailable(error.description)
        }
    }
}

extension MarkChange {
    // When it expires, in milliseconds since 1970.
    fileprivate func expiry(now: Moment) throws(AnswerError) -> Int64? {
        guard let expires else { return nil }
        guard let time = expires.milliseconds(after: now.wallMilliseconds) else {
            throw .badRequest("A mark cannot expire that late: leave expires out.")
        }
        guard time > now.wallMilliseconds else {
            throw .badRequest(
                "The mark would expire at \(Timestamp.text(milliseconds: time)), which is not "
                    + "after now (\(now.text)).")
        }
        return time
    }
}
