import FoundationEssentials
import Model
import Wire

// Named moments.
extension Routes {
    func marks(gzip: Bool) -> Response {
        do throws(AnswerError) {
            return .document(try answers.marks(), gzip: gzip)
        } catch {
            return Response(Problem(error))
        }
    }

    func mark(
        _ name: MarkName, _ request: Request, _ method: Request.Method
    ) throws(Problem) -> Outcome {
        switch method {
        case .get, .head: return .later(.past) { [self] in mark(name) }
        case .put:
            let change = try MarkChange(body: request.body)
            return .later(.change) { [self] in set(name, change) }
        case .delete: return .later(.change) { [self] in delete(name) }
        }
    }

    private func mark(_ name: MarkName) -> Response {
        do throws(AnswerError) {
            let marks = try answers.marks().marks
            guard let mark = marks.first(where: { $0.name == name.description }) else {
                throw .noSuchMark(name, among: marks.map(\.name))
            }
            return .document(mark, gzip: false)
        } catch {
            return Response(Problem(error))
        }
    }

    private func set(_ name: MarkName, _ change: MarkChange) -> Response {
        do throws(AnswerError) {
            let (mark, isNew) = try answers.setMark(name, change)
            return .document(mark, status: isNew ? 201 : 200, gzip: false)
        } catch {
            return Response(Problem(error))
        }
    }

    private func delete(_ name: MarkName) -> Response {
        do throws(AnswerError) {
            return .document(try answers.deleteMark(name), gzip: false)
        } catch {
            return Response(Problem(error))
        }
    }
}

extension MarkChange {
    /// Reads the body of a request to set a mark; none at all asks for nothing special.
    init(body: [UInt8]) throws(Problem) {
        let request = try body.isEmpty ? V1.MarkRequest() : Self.decode(body)
        self.init(mayMove: request.replace ?? false)
        if let at = request.at { self.at = try Query.moment(at, of: "at") }
        if let text = request.expires { expires = try Expiry(text) }
        let text = request.note ?? ""
        guard let note = MarkNote(text) else {
            let (length, max) = (text.utf8.count, MarkNote.bytesMax)
            throw Problem(.badParameter, "note has \(length) bytes, at most \(max) are kept")
        }
        self.note = note
    }

    private static func decode(_ body: [UInt8]) throws(Problem) -> V1.MarkRequest {
        do {
            return try JSONDecoder().decode(V1.MarkRequest.self, from: Data(body))
        } catch DecodingError.keyNotFound(_, let context) {
            throw Problem(.badBody, context.debugDescription)
        } catch {
            let fault = (error as? DecodingError)?.fault ?? "not JSON"
            throw Problem(
                .badBody, "\(fault): send one JSON object, such as {\"note\": \"rack 7\"}")
        }
    }
}

extension MarkChange.Expiry {
    /// Reads a time or a duration.
    fileprivate init(_ text: String) throws(Problem) {
        if let milliseconds = Timestamp.milliseconds(text) {
            self = .wall(milliseconds: milliseconds)
        } else if let milliseconds = Query.durationMilliseconds(text) {
            self = .after(milliseconds: milliseconds)
        } else {
            throw Problem(
                .badParameter,
                "expires is \"\(text)\", but should be a duration such as 12h or 7d, or an RFC "
                    + "3339 time such as 2026-02-03T04:05:06Z")
        }
    }
}
