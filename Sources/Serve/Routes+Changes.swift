import FoundationEssentials
import Model
import Wire

// What setting and deleting have in common, whatever it is about.
extension Response {
    /// An answer, or the problem that stands in its place.
    init(_ answer: () throws(AnswerError) -> Response) {
        do throws(AnswerError) {
            self = try answer()
        } catch {
            self = Response(Problem(error))
        }
    }

    /// What was set: 201 where there was nothing before.
    static func set(_ document: some Encodable, isNew: Bool) -> Response {
        .document(document, status: isNew ? 201 : 200, gzip: false)
    }
}

/// The body of a request.
enum RequestBody {
    /// Reads one JSON object; `example` shows what one looks like.
    static func decode<Value: Decodable>(
        _ body: [UInt8], _ type: Value.Type = Value.self, example: String
    ) throws(Problem) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch DecodingError.keyNotFound(_, let context) {
            throw Problem(.badBody, context.debugDescription)
        } catch {
            let fault = (error as? DecodingError)?.fault ?? "not JSON"
            throw Problem(.badBody, "\(fault): send one JSON object, such as \(example)")
        }
    }

    /// What somebody notes, by its key.
    static func note(_ text: String?, of key: String) throws(Problem) -> Note {
        let text = text ?? ""
        guard let note = Note(text) else {
            let (length, max) = (text.utf8.count, Note.bytesMax)
            throw Problem(.badParameter, "\(key) has \(length) bytes, at most \(max) are kept")
        }
        return note
    }

    /// Who asks for the change.
    static func author(_ text: String?, _ example: String) throws(Problem) -> Author {
        guard let text, !text.isEmpty else {
            throw Problem(.badParameter, "author is missing: say who you are, such as \(example)")
        }
        guard let author = Author(text) else {
            throw Problem(.badParameter, "author is \(Author.expected), not \"\(text)\"")
        }
        return author
    }

    /// A time to come, or a duration; nil when absent.
    static func time(_ text: String?, of key: String) throws(Problem) -> ComingTime? {
        guard let text else { return nil }
        if let milliseconds = Timestamp.milliseconds(text) {
            return .wall(milliseconds: milliseconds)
        }
        if let milliseconds = Query.durationMilliseconds(text) {
            return .after(milliseconds: milliseconds)
        }
        throw Problem(
            .badParameter,
            "\(key) is \"\(text)\", but should be a duration such as 12h or 7d, or an RFC "
                + "3339 time such as 2026-02-03T04:05:06Z")
    }
}
