import Model
import Wire

// Work that is announced.
extension Routes {
    func maintenance(gzip: Bool) -> Response {
        Response { () throws(AnswerError) in .document(try answers.maintenance(), gzip: gzip) }
    }

    func work(
        _ name: GivenName, _ request: Request, _ method: Request.Method, _ query: Query
    ) throws(Problem) -> Outcome {
        switch method {
        case .get, .head:
            return .done(
                Response { () throws(AnswerError) in
                    let known = try answers.maintenance().maintenance
                    guard let work = known.first(where: { $0.name == name.description }) else {
                        throw .noSuchMaintenance(name, among: known.map(\.name))
                    }
                    return .document(work, gzip: false)
                })
        case .put:
            let sent = try RequestBody.decode(
                request.body, V1.MaintenanceRequest.self, example: Self.workExample)
            let change = try MaintenanceChange(sent)
            return .later(.change) { [self] in set(name, change, of: sent.subjects ?? []) }
        case .delete:
            let author = try query.author()
            return .later(.change) { [answers] in
                Response { () throws(AnswerError) in
                    .document(try answers.endMaintenance(name, by: author), gzip: false)
                }
            }
        }
    }

    fileprivate static let workExample =
        "{\"author\": \"ann\", \"ends\": \"2h\", \"reason\": \"new cables\"}"

    private func set(
        _ name: GivenName, _ change: MaintenanceChange, of parts: [V1.MaintenanceRequest.Part]
    ) -> Response {
        var change = change
        do throws(Problem) {
            for part in parts { change.parts.append(try self.part(part)) }
        } catch {
            return Response(error)
        }
        return Response { [change] () throws(AnswerError) in
            let (work, isNew) = try answers.setMaintenance(name, change)
            return .set(work, isNew: isNew)
        }
    }

    // A mistyped part must not be work on nothing.
    private func part(
        _ part: V1.MaintenanceRequest.Part
    ) throws(Problem) -> MaintenanceChange.Part {
        switch (part.device, part.port, part.gpu) {
        case (nil, nil, let gpu?):
            let choice = GPUChoice(gpu, among: answers.gpus().gpus)
            guard let address = choice.gpu.address else { throw choice.problem }
            return .gpu(address)
        case (let device?, let port, nil):
            let links = answers.links().links
            let ports = links.filter { $0.device == device }.map(\.port)
            guard !ports.isEmpty else {
                throw Problem(device: device, among: links.map(\.device))
            }
            if let port, !ports.contains(port) {
                let known = ports.map(String.init).joined(separator: ", ")
                throw Problem(
                    .badParameter, "\(device) has no port \(port); there is: \(known)")
            }
            return .device(device, port: port)
        default:
            throw Problem(
                .badParameter,
                "each of subjects has a device, perhaps with a port, or a gpu; leave subjects "
                    + "out for the whole node")
        }
    }
}

extension MaintenanceChange {
    // What is sent without its parts, which the node must know.
    fileprivate init(_ sent: V1.MaintenanceRequest) throws(Problem) {
        let author = try RequestBody.author(sent.author, "{\"author\": \"ann\"}")
        guard let ends = try RequestBody.time(sent.ends, of: "ends") else {
            throw Problem(
                .badParameter,
                "ends is missing: say until when, such as \(Routes.workExample)")
        }
        self.init(
            author: author, reason: try RequestBody.note(sent.reason, of: "reason"),
            begins: try RequestBody.time(sent.begins, of: "begins"), ends: ends)
        let count = sent.subjects?.count
        guard (1...Self.partsMax).contains(count ?? 1) else {
            throw Problem(
                .badParameter,
                "subjects has 1 to \(Self.partsMax) parts, not \(count ?? 0); leave it out for "
                    + "the whole node")
        }
    }
}

// Conditions that somebody has taken notice of.
extension Routes {
    func acknowledgements(gzip: Bool) -> Response {
        Response { () throws(AnswerError) in
            .document(try answers.acknowledgements(), gzip: gzip)
        }
    }

    func acknowledgement(
        _ incident: String, _ request: Request, _ method: Request.Method, _ query: Query
    ) throws(Problem) -> Outcome {
        switch method {
        case .get, .head:
            return .done(
                Response { () throws(AnswerError) in
                    let known = try answers.acknowledgements().acknowledgements
                    guard let notice = known.first(where: { $0.incident == incident }) else {
                        throw .noSuchIncident(
                            "no acknowledged incident is \"\(incident)\"; "
                                + "/api/v1/acknowledgements lists them")
                    }
                    return .document(notice, gzip: false)
                })
        case .put:
            let example = "{\"author\": \"ann\", \"note\": \"a cable is ordered\"}"
            let sent = try RequestBody.decode(
                request.body, V1.AcknowledgementRequest.self, example: example)
            let author = try RequestBody.author(sent.author, example)
            let note = try RequestBody.note(sent.note, of: "note")
            return .later(.change) { [answers] in
                Response { () throws(AnswerError) in
                    let (notice, isNew) = try answers.acknowledge(
                        incident, by: author, note: note)
                    return .set(notice, isNew: isNew)
                }
            }
        case .delete:
            let author = try query.author()
            return .later(.change) { [answers] in
                Response { () throws(AnswerError) in
                    .document(try answers.withdraw(incident, by: author), gzip: false)
                }
            }
        }
    }
}
