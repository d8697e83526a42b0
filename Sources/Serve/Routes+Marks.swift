import Model
import Wire

// Named moments.
extension Routes {
    func marks(gzip: Bool) -> Response {
        Response { () throws(AnswerError) in .document(try answers.marks(), gzip: gzip) }
    }

    func mark(
        _ name: GivenName, _ request: Request, _ method: Request.Method
    ) throws(Problem) -> Outcome {
        switch method {
        case .get, .head:
            return .later(.past) { [answers] in
                Response { () throws(AnswerError) in
                    let marks = try answers.marks().marks
                    guard let mark = marks.first(where: { $0.name == name.description }) else {
                        throw .noSuchMark(name, among: marks.map(\.name))
                    }
                    return .document(mark, gzip: false)
                }
            }
        case .put:
            let change = try MarkChange(body: request.body)
            return .later(.change) { [answers] in
                Response { () throws(AnswerError) in
                    let (mark, isNew) = try answers.setMark(name, change)
                    return .set(mark, isNew: isNew)
                }
            }
        case .delete:
            return .later(.change) { [answers] in
                Response { () throws(AnswerError) in
                    .document(try answers.deleteMark(name), gzip: false)
                }
            }
        }
    }
}

extension MarkChange {
    /// Reads the body of a request to set a mark; none at all asks for nothing special.
    init(body: [UInt8]) throws(Problem) {
        let request =
            try body.isEmpty
            ? V1.MarkRequest() : RequestBody.decode(body, example: "{\"note\": \"rack 7\"}")
        self.init(mayMove: request.replace ?? false)
        if let at = request.at { self.at = try Query.moment(at, of: "at") }
        expires = try RequestBody.time(request.expires, of: "expires")
        note = try RequestBody.note(request.note, of: "note")
    }
}
