package import Model

/// What judging remembers, as text for the history: a restart and a reboot clear no condition.
///
/// One record a line, fields apart by tabs. A line that is not understood is left out, so that
/// another version's text loses what this one does not know, and no more.
package enum SavedHealth {
    private static let version = "1"

    /// Writes a judge down.
    package static func text(_ judge: Judge) -> String {
        var lines = [line(["health", version])]
        let recent = judge.recent
        if let moment = recent.clock.moment {
            lines.append(line(["clock", "\(recent.clock.seconds)"] + fields(moment)))
        }
        for (key, part) in recent.parts.sorted(by: { $0.key < $1.key }) {
            lines.append(
                line(["part", key.description, part.wasUp ? "1" : "0"] + fields(part.moment)))
            lines += rows(key, part) + baselines(key, part)
        }
        for (key, port) in recent.ports.sorted(by: { $0.key < $1.key }) {
            lines.append(
                line([
                    "port", key.description, port.wasActive ? "1" : "0", "\(port.settlesAt)",
                    text(port.epoch), text(port.lid), text(port.managerLID),
                    text(port.best?.peer), text(port.best?.lanes),
                    text(port.best?.laneMegabitsPerSecond), port.isActive ? "1" : "0",
                    text(port.wentDown),
                ]))
        }
        for (gpu, episodes) in recent.episodes.sorted(by: { $0.key < $1.key }) {
            let times = episodes.map { "\($0.begin):\($0.end)" }
            lines.append(line(["xids", gpu, times.joined(separator: ";")]))
        }
        let incidents = judge.standing.incidents.values.map(incident).sorted()
        lines += incidents
        for work in judge.standing.maintenance {
            lines.append(
                line(
                    [
                        "maintenance", work.name, work.author, work.reason,
                        "\(work.beginsWallMilliseconds)", "\(work.endsWallMilliseconds)",
                        "\(work.subjects.count)",
                    ] + work.subjects.flatMap(fields)))
        }
        for (serial, score) in judge.offenders.sorted(by: { $0.key < $1.key }) {
            lines.append(
                line([
                    "offender", serial, "\(score.incidents)", "\(score.criticals)",
                    "\(score.lastWallMilliseconds)",
                ]))
        }
        return lines.joined(separator: "\n")
    }

    // Counters that did not rise need no line: they begin where the ledger has them.
    private static func rows(_ key: PartKey, _ part: Recent.Part) -> [String] {
        part.rows.filter { !$0.value.steps.isEmpty }.sorted { $0.key < $1.key }.compactMap {
            row, history in
            guard let name = name(row, key), row != Recent.Extra.upMilliseconds.rawValue,
                !dense.contains(name)
            else { return nil }
            let steps = history.steps.map { "\($0.time):\($0.increase):\($0.passes)" }
            return line([
                "row", key.description, name, text(history.exactSince), text(history.latest),
                text(history.began), "\(history.total)", steps.joined(separator: ";"),
                "\(history.quietSeconds)",
            ])
        }
    }

    // The hour that is not over is lost.
    private static func baselines(_ key: PartKey, _ part: Recent.Part) -> [String] {
        part.baselines.sorted { $0.key.rawValue < $1.key.rawValue }.map { kind, baseline in
            let hours = baseline.hours.map { "\($0.number):\(Float($0.ratio))" }
            let quarters = baseline.quarters.map { "\(Float($0))" }
            return line([
                "baseline", key.description, kind.rawValue, hours.joined(separator: ";"),
                quarters.joined(separator: ";"),
            ])
        }
    }

    // What rises all the time says nothing by itself.
    private static let dense: Set<String> = [
        "rx_bits_phy", "rx_corrected_bits_phy", "port_fec_corrected", "port_xmit_packets",
        "port_rcv_packets", "port_xmit_data", "port_xmit_wait",
    ]

    private static func name(_ row: Int, _ key: PartKey) -> String? {
        if let extra = Recent.Extra(rawValue: row) { return extra.name }
        let counters = key.table.counters
        return counters.indices.contains(row) ? counters[row].name : nil
    }

    private static func incident(_ incident: Incident) -> String {
        let opinion = incident.opinion
        let notice = incident.acknowledgement
        return line(
            ["incident", opinion.id.rawValue] + fields(opinion.subject) + fields(incident.since)
                + fields(incident.counting) + fields(incident.seen) + fields(incident.told) + [
                    incident.isRaised ? "1" : "0", "\(incident.severity.rawValue)",
                    "\(opinion.severity.rawValue)", opinion.isCapped ? "1" : "0",
                    opinion.summary, opinion.accused.map(\.rawValue).joined(separator: ","),
                    opinion.grade.rawValue, opinion.evidence.joined(separator: "\n"),
                    opinion.action, opinion.why ?? "", opinion.step?.rawValue ?? "",
                    opinion.serial ?? "", opinion.explainedBy?.rawValue ?? "",
                    notice?.author ?? "", notice?.note ?? "", text(notice?.wallMilliseconds),
                    text(opinion.loadSeconds), text(notice?.severity.rawValue),
                    "\(incident.shown.rawValue)", "\(incident.worst.rawValue)",
                ])
    }

    // MARK: Fields

    private static func line(_ fields: [String]) -> String {
        fields.map(escaped).joined(separator: "\t")
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\t": escaped += "\\t"
            case "\n": escaped += "\\n"
            case "\r": escaped += "\\r"
            case "\0": escaped += "\\0"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    private static func text(_ value: (some CustomStringConvertible)?) -> String {
        value?.description ?? ""
    }

    private static func fields(_ moment: Moment?) -> [String] {
        guard let moment else { return ["", "", ""] }
        return [
            moment.bootID, "\(moment.boottimeNanoseconds)", "\(moment.wallMilliseconds)",
        ]
    }

    private static func fields(_ subject: Subject) -> [String] {
        [
            subject.device ?? "", text(subject.port), subject.end ?? "", subject.key ?? "",
            subject.collector ?? "", text(subject.gpuIndex), text(subject.pciAddress),
            text(subject.xid),
        ]
    }
}

extension SavedHealth {
    /// Reads what `text` wrote; nil when it is not that.
    package static func judge(from text: String, thresholds: Thresholds = .defaults) -> Judge? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first.map({ String($0) }) == line(["health", version]) else { return nil }
        var judge = Judge(thresholds: thresholds)
        for line in lines.dropFirst() {
            var fields = SavedFields(line)
            read(&fields, into: &judge)
        }
        return judge
    }

    private static func read(_ fields: inout SavedFields, into judge: inout Judge) {
        switch fields.next() {
        case "clock":
            if let seconds = fields.double(), let moment = fields.moment() {
                judge.recent.clock = SteadyClock(restoring: seconds, at: moment)
            }
        case "part":
            guard let key = PartKey(fields.next()) else { return }
            var part = judge.recent.parts[key] ?? Recent.Part()
            part.wasUp = fields.flag()
            part.moment = fields.moment()
            judge.recent.parts[key] = part
        case "row": row(&fields, &judge)
        case "baseline": baseline(&fields, &judge)
        case "port": port(&fields, &judge)
        case "xids": xids(&fields, &judge)
        case "incident":
            guard let incident = incident(&fields) else { return }
            let opinion = incident.opinion
            judge.standing.incidents[IncidentKey(opinion.id, opinion.subject)] = incident
        case "maintenance":
            guard let work = maintenance(&fields) else { return }
            judge.standing.maintenance.append(work)
        case "offender":
            let serial = fields.next()
            var score = OffenderScore()
            guard let incidents = UInt32(fields.next()), let criticals = UInt32(fields.next()),
                let last = Int64(fields.next()), !serial.isEmpty,
                judge.offenders.count < Judge.offendersMax
            else { return }
            score.incidents = incidents
            score.criticals = criticals
            score.lastWallMilliseconds = last
            judge.offenders[serial] = score
        default: break
        }
    }

    private static func maintenance(_ fields: inout SavedFields) -> Maintenance? {
        let (name, author, reason) = (fields.next(), fields.next(), fields.next())
        guard let begin = Int64(fields.next()), let end = Int64(fields.next()),
            let count = Int(fields.next())
        else { return nil }
        var work = Maintenance(
            name: name, author: author, reason: reason, beginsWallMilliseconds: begin,
            endsWallMilliseconds: end)
        while !fields.isAtEnd { work.subjects.append(fields.subject()) }
        // Work on parts that cannot be read is not work on the whole node.
        return work.subjects.count == count ? work : nil
    }

    private static func row(_ fields: inout SavedFields, _ judge: inout Judge) {
        guard let key = PartKey(fields.next()), judge.recent.parts[key] != nil else { return }
        let name = fields.next()
        let extra = Recent.Extra.allCases.first { $0.name == name }?.rawValue
        guard let row = extra ?? key.table.counters.firstIndex(where: { $0.name == name }) else {
            return
        }
        let (exactSince, latest, began) = (fields.double(), fields.double(), fields.double())
        guard let total = UInt64(fields.next()) else { return }
        let steps = fields.next().split(separator: ";").compactMap { step -> CountHistory.Step? in
            let parts = step.split(separator: ":")
            guard parts.count == 3, let time = Double(parts[0]), let increase = UInt64(parts[1]),
                let passes = UInt32(parts[2])
            else { return nil }
            return CountHistory.Step(time: time, increase: increase, passes: passes)
        }
        let quiet = fields.double() ?? 0
        judge.recent.parts[key]?.rows[row] = CountHistory(
            restoring: steps, exactSince: exactSince, latest: latest, began: began,
            quietSeconds: max(0, quiet), total: total)
    }

    private static func xids(_ fields: inout SavedFields, _ judge: inout Judge) {
        let gpu = fields.next()
        let episodes = fields.next().split(separator: ";").compactMap { text -> Recent.Episode? in
            let times = text.split(separator: ":").compactMap { Int64($0) }
            guard times.count == 2, times[0] <= times[1] else { return nil }
            return Recent.Episode(begin: times[0], end: times[1])
        }
        judge.recent.restore(episodes, of: gpu)
    }

    private static func baseline(_ fields: inout SavedFields, _ judge: inout Judge) {
        guard let key = PartKey(fields.next()), judge.recent.parts[key] != nil,
            let kind = Baseline.Kind(rawValue: fields.next())
        else { return }
        let hours = fields.next().split(separator: ";").compactMap { hour -> Baseline.Hour? in
            let parts = hour.split(separator: ":")
            guard parts.count == 2, let number = Int(parts[0]), let ratio = Double(parts[1]),
                ratio.isFinite
            else { return nil }
            return Baseline.Hour(number: number, ratio: ratio)
        }
        let quarters = fields.next().split(separator: ";").compactMap { Double($0) }
        judge.recent.parts[key]?.baselines[kind] = Baseline(
            restoring: hours, quarters: quarters.filter(\.isFinite))
    }

    private static func port(_ fields: inout SavedFields, _ judge: inout Judge) {
        guard let key = PortKey(fields.next()) else { return }
        var port = Recent.Port()
        port.wasActive = fields.flag()
        port.settlesAt = fields.double() ?? 0
        port.epoch = UInt64(fields.next())
        port.lid = UInt16(fields.next())
        port.managerLID = UInt16(fields.next())
        let best = (PortKey(fields.next()), UInt8(fields.next()), UInt32(fields.next()))
        if let peer = best.0, let lanes = best.1, let rate = best.2 {
            port.best = Recent.Trained(peer: peer, lanes: lanes, laneMegabitsPerSecond: rate)
        }
        port.isActive = fields.flag()
        port.wentDown = fields.double()
        judge.recent.ports[key] = port
    }

    private static func incident(_ fields: inout SavedFields) -> Incident? {
        guard let id = ConditionID(rawValue: fields.next()) else { return nil }
        let subject = fields.subject()
        guard let since = fields.moment(), let counting = fields.moment(),
            let seen = fields.moment(), let told = fields.moment()
        else { return nil }
        let isRaised = fields.flag()
        guard let severity = fields.severity(), let found = fields.severity() else { return nil }
        let isCapped = fields.flag()
        var opinion = Opinion(
            id: id, subject: subject, severity: found, isCapped: isCapped, summary: fields.next(),
            accused: fields.next().split(separator: ",").compactMap { Domain(rawValue: "\($0)") },
            grade: EvidenceGrade(rawValue: fields.next()) ?? .localOnly,
            evidence: fields.next().split(separator: "\n").map { "\($0)" }, action: fields.next())
        opinion.why = fields.optional()
        opinion.step = ActionStep(rawValue: fields.next())
        opinion.serial = fields.optional()
        opinion.explainedBy = ConditionID(rawValue: fields.next())
        let (author, note) = (fields.next(), fields.next())
        let noticed = Int64(fields.next())
        opinion.loadSeconds = fields.double()
        let noticedAs = fields.severity() ?? severity
        let shown = fields.severity() ?? severity
        let worst = fields.severity() ?? severity
        // That it was clean before a restart proves nothing of the time between.
        return Incident(
            opinion: opinion, since: since, isRaised: isRaised, severity: severity,
            counting: counting, cleanSince: nil, seen: seen,
            acknowledgement: noticed.map {
                Acknowledgement(
                    author: author, note: note, wallMilliseconds: $0, severity: noticedAs)
            }, told: told, shown: shown, worst: worst)
    }
}

/// Takes fields from the front of a line; those that are not there are empty.
private struct SavedFields {
    private var rest: [Substring]
    private var index = 0

    init(_ line: Substring) {
        rest = line.split(separator: "\t", omittingEmptySubsequences: false)
    }

    var isAtEnd: Bool { index >= rest.count }

    mutating func next() -> String {
        guard index < rest.count else { return "" }
        defer { index += 1 }
        var text = ""
        var isEscape = false
        for character in rest[index].unicodeScalars {
            if isEscape {
                isEscape = false
                switch character {
                case "t": text += "\t"
                case "n": text += "\n"
                case "r": text += "\r"
                case "0": text += "\0"
                default: text.unicodeScalars.append(character)
                }
            } else if character == "\\" {
                isEscape = true
            } else {
                text.unicodeScalars.append(character)
            }
        }
        return text
    }

    mutating func optional() -> String? {
        let text = next()
        return text.isEmpty ? nil : text
    }

    mutating func flag() -> Bool { next() == "1" }

    mutating func double() -> Double? {
        Double(next()).flatMap { $0.isFinite ? $0 : nil }
    }

    mutating func severity() -> Severity? { Int(next()).flatMap { Severity(rawValue: $0) } }

    mutating func moment() -> Moment? {
        let bootID = next()
        let (boottime, wall) = (next(), next())
        guard let boottime = UInt64(boottime), let wall = Int64(wall) else { return nil }
        return Moment(bootID: bootID, boottimeNanoseconds: boottime, wallMilliseconds: wall)
    }

    mutating func subject() -> Subject {
        var subject = Subject(device: optional())
        subject.port = UInt8(next())
        subject.end = optional()
        subject.key = optional()
        subject.collector = optional()
        subject.gpuIndex = Int(next())
        subject.pciAddress = PCIAddress(next())
        subject.xid = UInt32(next())
        return subject
    }
}

extension Recent {
    /// Takes up the totals of a part where the history left them, so that what was counted while
    /// nobody judged is not lost; to be called after a restart, for parts without rows.
    package mutating func resume(_ key: PartKey, _ entries: [Ledger.Entry]) {
        guard parts[key] != nil else { return }
        let now = now
        for row in Self.rows(of: key) where entries.indices.contains(row) && entries[row].hasValue {
            guard parts[key]?.rows[row] == nil else { continue }
            parts[key]?.rows[row] = CountHistory(
                restoring: [], exactSince: nil, latest: now, began: now, total: entries[row].total)
        }
    }
}
