import Health
import Model
import Serve
import Wire

// Announced work: changed by the thread that judges, and shown before the answer goes out.
extension Desk {
    func maintenance() throws(AnswerError) -> V1.MaintenanceList {
        let now = clock.now()
        return V1.MaintenanceList(
            node: node, time: now.text,
            maintenance: try known.maintenance.documents(now: now) ?? [])
    }

    func setMaintenance(
        _ name: GivenName, _ change: MaintenanceChange
    ) throws(AnswerError) -> (work: V1.MaintenanceWindow, isNew: Bool) {
        let now = clock.now()
        var subjects: [Subject] = []
        for part in change.parts { subjects.append(try known.subject(part)) }
        let begins = try change.begins(now: now)
        let ends = try change.ends(after: begins ?? now.wallMilliseconds, now: now)
        let work = Maintenance(
            name: name.description, subjects: subjects, author: change.author.description,
            reason: change.reason.description,
            beginsWallMilliseconds: begins ?? now.wallMilliseconds, endsWallMilliseconds: ends)
        let outcome = try self.change(now: now) { standing in
            var work = work
            // Work that goes on is only prolonged.
            if begins == nil,
                let before = standing.maintenance.first(where: {
                    $0.name == work.name && $0.isActive(at: now)
                })
            {
                work.beginsWallMilliseconds = before.beginsWallMilliseconds
            }
            return standing.set(work)
        } event: { outcome in
            switch outcome {
            case .made(let work), .changed(let work): work.announced(now: now)
            case .same, .none, .tooMany: nil
            }
        }
        switch outcome {
        case .made(let work): return (V1.MaintenanceWindow(work, now: now), true)
        case .changed(let work), .same(let work):
            return (V1.MaintenanceWindow(work, now: now), false)
        case .none, .tooMany:
            throw .conflict(
                "\(Standing.maintenanceMax) times of work are announced, and may be no more: end "
                    + "one, or announce work on the whole node.")
        }
    }

    func endMaintenance(
        _ name: GivenName, by author: Author
    ) throws(AnswerError) -> V1.MaintenanceWindow {
        let now = clock.now()
        let (ended, others) = try change(now: now) { standing in
            (standing.endMaintenance(name.description), standing.maintenance.map(\.name))
        } event: {
            $0.0?.ended(by: author, now: now)
        }
        guard let ended else { throw .noSuchMaintenance(name, among: others) }
        return V1.MaintenanceWindow(ended, now: now)
    }

    // Has the main thread change something, and shows what came of it at once.
    private func change<Outcome: Sendable>(
        now: Moment, _ change: @escaping @Sendable (inout Standing) -> Outcome,
        event: @escaping @Sendable (Outcome) -> NodeEvent?
    ) throws(AnswerError) -> Outcome {
        try errands.run { [self] pipeline in
            let (outcome, picture) = pipeline.change(now: now, change, event: event)
            if let picture { show(picture) }
            return outcome
        }
    }
}

// Conditions that somebody has taken notice of.
extension Desk {
    func acknowledgements() throws(AnswerError) -> V1.Acknowledgements {
        V1.Acknowledgements(
            node: node, time: clock.now().text,
            acknowledgements: try known.findings.compactMap { finding in
                finding.acknowledgement.map {
                    V1.AcknowledgedIncident(finding.incident, finding.opinion, $0)
                }
            })
    }

    func acknowledge(
        _ incident: String, by author: Author, note: Note
    ) throws(AnswerError) -> (notice: V1.AcknowledgedIncident, isNew: Bool) {
        let now = clock.now()
        let outcome = try change(now: now) { standing in
            standing.acknowledge(
                incident, author: author.description, note: note.description,
                wallMilliseconds: now.wallMilliseconds)
        } event: { outcome in
            switch outcome {
            case .made(let incident), .changed(let incident):
                incident.acknowledged(by: author, note: note, now: now)
            case .same, .none, .tooMany: nil
            }
        }
        switch outcome {
        case .made(let found):
            return (try V1.AcknowledgedIncident(incident, found), true)
        case .changed(let found), .same(let found):
            return (try V1.AcknowledgedIncident(incident, found), false)
        case .none, .tooMany: throw .noIncident(incident)
        }
    }

    func withdraw(
        _ incident: String, by author: Author
    ) throws(AnswerError) -> V1.AcknowledgedIncident {
        let now = clock.now()
        let (before, isRaised) = try change(now: now) { standing in
            (standing.withdraw(incident), standing.incident(incident) != nil)
        } event: {
            $0.0?.withdrawn(by: author, now: now)
        }
        guard let before else {
            guard isRaised else { throw .noIncident(incident) }
            throw .noSuchIncident("nobody has taken notice of \"\(incident)\"")
        }
        return try V1.AcknowledgedIncident(incident, before)
    }
}

extension AnswerError {
    fileprivate static func noIncident(_ id: String) -> AnswerError {
        .noSuchIncident(
            "no condition holds with the incident \"\(id)\": take it from incident of a condition "
                + "in /api/v1/health; one that is over and comes again has another")
    }
}

// MARK: Times and parts

extension MaintenanceChange {
    // When it begins, where that is said.
    fileprivate func begins(now: Moment) throws(AnswerError) -> Int64? {
        guard let begins else { return nil }
        guard let time = begins.milliseconds(after: now.wallMilliseconds) else {
            throw .badRequest("begins is beyond the year 9999.")
        }
        return time
    }

    fileprivate func ends(after begins: Int64, now: Moment) throws(AnswerError) -> Int64 {
        guard let time = ends.milliseconds(after: begins), time > begins,
            time > now.wallMilliseconds
        else {
            throw .badRequest(
                "Work must end after it begins and after now (\(now.text)): see begins and ends.")
        }
        let days = Maintenance.daysMax
        guard time - now.wallMilliseconds <= days * 86_400_000 else {
            throw .badRequest(
                "Work may end at most \(days) days from now, not at "
                    + "\(Timestamp.text(milliseconds: time)): announce the rest when it comes.")
        }
        return time
    }
}

extension Picture {
    // A part by what stays with it when devices get other numbers.
    fileprivate func subject(_ part: MaintenanceChange.Part) throws(AnswerError) -> Subject {
        switch part {
        case .device(let label, let port):
            let cable = cables.first {
                $0.device == label && (port == nil || Int($0.report.key.port) == port)
            }
            guard let key = cable?.report.key else {
                throw .badRequest("\(label) is not there any more.")
            }
            if port != nil {
                return Subject(device: label, port: key.port, key: key.description)
            }
            return Subject(
                device: label, key: key.node.description,
                pciAddress: pcie.first { $0.device == label }?.report.address)
        case .gpu(let address):
            guard let gpu = gpus.first(where: { $0.address == address }) else {
                throw .badRequest("The GPU at \(address) is not there any more.")
            }
            return Subject(
                key: gpu.report.identity?.uuid.description, gpuIndex: gpu.index,
                pciAddress: address)
        }
    }
}

// MARK: Documents

extension [Maintenance] {
    /// What is going on or to come, the earliest first; nil where nothing is.
    func documents(now: Moment) -> [V1.MaintenanceWindow]? {
        let ahead = filter { now.wallMilliseconds < $0.endsWallMilliseconds }.sorted {
            ($0.beginsWallMilliseconds, $0.name) < ($1.beginsWallMilliseconds, $1.name)
        }
        return ahead.isEmpty ? nil : ahead.map { V1.MaintenanceWindow($0, now: now) }
    }
}

extension V1.MaintenanceWindow {
    fileprivate init(_ work: Maintenance, now: Moment) {
        self.init(
            name: work.name, author: work.author, reason: work.reason.nonEmpty,
            begins: Timestamp.text(milliseconds: work.beginsWallMilliseconds),
            ends: Timestamp.text(milliseconds: work.endsWallMilliseconds),
            active: work.isActive(at: now),
            subjects: work.subjects.isEmpty ? nil : work.subjects.map(V1.Subject.init))
    }
}

extension V1.Acknowledgement {
    init(_ notice: Acknowledgement) {
        self.init(
            author: notice.author, note: notice.note.nonEmpty, severity: notice.severity.name,
            time: Timestamp.text(milliseconds: notice.wallMilliseconds))
    }
}

extension V1.AcknowledgedIncident {
    fileprivate init(_ id: String, _ opinion: Opinion, _ notice: Acknowledgement) {
        self.init(
            incident: id, condition: opinion.id.rawValue, subject: V1.Subject(opinion.subject),
            acknowledgement: V1.Acknowledgement(notice))
    }

    fileprivate init(_ id: String, _ incident: Incident) throws(AnswerError) {
        guard let notice = incident.acknowledgement else {
            throw .noSuchIncident("nobody has taken notice of \"\(id)\"")
        }
        self.init(id, incident.opinion, notice)
    }
}

extension V1.Maintenance {
    init(_ work: Maintenance, _ found: Severity) {
        self.init(
            name: work.name, author: work.author, reason: work.reason.nonEmpty,
            ends: Timestamp.text(milliseconds: work.endsWallMilliseconds), severity: found.name)
    }
}

extension String {
    /// The text; nil for none.
    var nonEmpty: String? { isEmpty ? nil : self }
}
