package import Model

/// That somebody has taken notice of an incident: it is shown as before, and not told again.
package struct Acknowledgement: Hashable, Sendable {
    /// Who.
    package var author: String
    /// What they say of it; empty for nothing.
    package var note: String
    /// When, in milliseconds since 1970.
    package var wallMilliseconds: Int64
    /// How bad it was; when it gets worse, nobody has taken notice of that.
    package var severity: Severity

    /// A notice.
    package init(author: String, note: String, wallMilliseconds: Int64, severity: Severity) {
        self.author = author
        self.note = note
        self.wallMilliseconds = wallMilliseconds
        self.severity = severity
    }
}

/// That somebody works on the node or on parts of it: what is found meanwhile is INFO.
package struct Maintenance: Hashable, Sendable {
    /// How far ahead it may end, in days: a part that is sent in comes back within weeks, and what
    /// is forgotten must not excuse a node for ever.
    package static let daysMax: Int64 = 30

    /// What it is called.
    package var name: String
    /// The parts, each by its key, PCI address or both; empty for the whole node.
    package var subjects: [Subject]
    /// Who.
    package var author: String
    /// Why; empty for nothing.
    package var reason: String
    /// When it begins, in milliseconds since 1970.
    package var beginsWallMilliseconds: Int64
    /// When it ends, in milliseconds since 1970.
    package var endsWallMilliseconds: Int64

    /// A time of work.
    package init(
        name: String, subjects: [Subject] = [], author: String, reason: String,
        beginsWallMilliseconds: Int64, endsWallMilliseconds: Int64
    ) {
        self.name = name
        self.subjects = subjects
        self.author = author
        self.reason = reason
        self.beginsWallMilliseconds = beginsWallMilliseconds
        self.endsWallMilliseconds = endsWallMilliseconds
    }

    /// Whether it is going on.
    ///
    /// A clock that was set back to before the beginning ends no fault and excuses none.
    package func isActive(at now: Moment) -> Bool {
        (beginsWallMilliseconds..<max(beginsWallMilliseconds, endsWallMilliseconds))
            .contains(now.wallMilliseconds)
    }

    /// Whether it is about a subject at a moment.
    package func covers(_ subject: Subject, at now: Moment) -> Bool {
        isActive(at: now) && (subjects.isEmpty || subjects.contains { $0.includes(subject) })
    }

    /// Who works until when, and why: how it begins in a sentence about what it excuses.
    package var sentence: String {
        "Maintenance \(name) by \(author) until "
            + Timestamp.text(milliseconds: endsWallMilliseconds)
            + (reason.isEmpty ? "" : " (\(reason))")
    }
}

extension Subject {
    // Whether another one is about the same part, or about one of its ports.
    fileprivate func includes(_ other: Subject) -> Bool {
        if let pciAddress, pciAddress == other.pciAddress { return true }
        guard let key, let part = other.key else { return false }
        return part == key || (port == nil && part.hasPrefix(key + "/"))
    }
}

/// What became of a change that somebody asked for.
package enum NoticeOutcome<Value: Hashable & Sendable>: Hashable, Sendable {
    /// There was none, and now there is.
    case made(Value)
    /// There was another, in whose place it is now.
    case changed(Value)
    /// It is there already, word for word.
    case same(Value)
    /// There is nothing that it could be about.
    case none
    /// There are as many as there may be.
    case tooMany
}

extension Standing {
    /// The most times of work that are announced at once: a node has 8 HCAs and 8 GPUs.
    package static let maintenanceMax = 16

    /// Announces work, in the place of what was announced under its name.
    package mutating func set(_ work: Maintenance) -> NoticeOutcome<Maintenance> {
        if let index = maintenance.firstIndex(where: { $0.name == work.name }) {
            guard maintenance[index] != work else { return .same(work) }
            maintenance[index] = work
            return .changed(work)
        }
        guard maintenance.count < Self.maintenanceMax else { return .tooMany }
        maintenance.append(work)
        return .made(work)
    }

    /// Ends work and returns it; nil where none of that name is announced.
    package mutating func endMaintenance(_ name: String) -> Maintenance? {
        guard let index = maintenance.firstIndex(where: { $0.name == name }) else { return nil }
        return maintenance.remove(at: index)
    }

    /// The incident with an id of `IncidentKey.id`, if it is raised.
    package func incident(_ id: String) -> Incident? { key(id).flatMap { incidents[$0] } }

    /// Notes that somebody has taken notice of an incident; `.none` when there is none.
    ///
    /// The same author with the same note at the same severity changes nothing, so that a request
    /// whose answer was lost can be sent again.
    package mutating func acknowledge(
        _ id: String, author: String, note: String, wallMilliseconds: Int64
    ) -> NoticeOutcome<Incident> {
        guard let key = key(id), var incident = incidents[key] else { return .none }
        let before = incident.acknowledgement
        if let before, before.author == author, before.note == note, incident.isNoticed {
            return .same(incident)
        }
        incident.acknowledgement = Acknowledgement(
            author: author, note: note, wallMilliseconds: wallMilliseconds,
            severity: incident.severity)
        incidents[key] = incident
        return before == nil ? .made(incident) : .changed(incident)
    }

    /// Takes a notice back, so that the incident is reminded of again, and returns that as it was;
    /// nil when nobody has taken notice of such an incident.
    package mutating func withdraw(_ id: String) -> Incident? {
        guard let key = key(id), let incident = incidents[key], incident.acknowledgement != nil
        else { return nil }
        incidents[key]?.acknowledgement = nil
        return incident
    }

    /// The findings of the latest judgement as they are with the work and the notices of now, the
    /// worst first.
    package func revised(_ findings: [Finding], now: Moment) -> [Finding] {
        Self.sorted(
            findings.map { finding in
                var finding = finding
                let opinion = finding.opinion
                let incident = incidents[IncidentKey(opinion.id, opinion.subject)]
                finding.acknowledgement = incident?.acknowledgement
                finding.isNoticed = incident?.isNoticed ?? false
                finding.maintenance = work(on: opinion.subject, at: now)
                finding.severity = Self.shown(finding.found, finding.maintenance)
                return finding
            })
    }

    /// The work that a subject falls into.
    func work(on subject: Subject, at now: Moment) -> Maintenance? {
        maintenance.first { $0.covers(subject, at: now) }
    }

    /// A severity as it is told within work, or without any.
    static func shown(_ severity: Severity, _ work: Maintenance?) -> Severity {
        work == nil ? severity : min(severity, .info)
    }

    private func key(_ id: String) -> IncidentKey? {
        incidents.first { $0.value.isRaised && $0.key.id(since: $0.value.since) == id }?.key
    }
}

extension IncidentKey {
    /// A name for the incident since a moment that a path can end with, the same after a restart:
    /// the condition and 16 hexadecimal digits.
    package func id(since: Moment) -> String {
        var hash = FixedHash()
        hash.combine(part)
        hash.combine(UInt64(bitPattern: since.wallMilliseconds))
        return "\(id.rawValue)-\(Hexadecimal.padded(hash.value, digits: 16))"
    }
}
