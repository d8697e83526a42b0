import Health
import History
import Model
import Wire

extension Picture {
    /// `/api/v1/health`.
    func health(node: String, now: Moment) -> V1.Health {
        let cables = cables.filter(\.isJudged)
        var document = V1.Health(
            node: node, time: self.now.text, verdict: verdict.severity.name,
            summary: verdict.summary, expectations: expectations.rawValue,
            conditions: findings.map(V1.Condition.init),
            observed: V1.Observed(
                ports: cables.count,
                active: cables.count { !$0.isStale && $0.report.local.link?.isActive == true },
                peers: cables.count { $0.peer?.isFresh == true && $0.peer?.failure == nil },
                gpus: gpus.isEmpty ? nil : gpus.count,
                gpusRead: gpus.isEmpty ? nil : gpus.count(where: \.isFresh),
                nvlinksActive: activeLinks),
            collectors: collectors.map { $0.document(now: now) },
            history: history.map(V1.HistoryState.init))
        let parts = Verdict.byPart(findings).mapValues(\.name)
        document.parts = parts.isEmpty ? nil : parts
        document.maintenance = maintenance.documents(now: now)
        document.verdictWithoutMaintenance = verdict.unexcused?.name
        document.offenders = offenders.isEmpty ? nil : offenderDocuments
        return document
    }

    private var offenderDocuments: [V1.Offender] {
        offenders.sorted { ($1.value.points, $0.key) < ($0.value.points, $1.key) }.map {
            V1.Offender(
                part: $0, score: Int(clamping: $1.points), incidents: Int($1.incidents),
                criticals: Int($1.criticals),
                last: Timestamp.text(milliseconds: $1.lastWallMilliseconds))
        }
    }
}

extension V1.HistoryState {
    fileprivate init(_ view: HistoryView) {
        let check: String? =
            switch view.check {
            case nil: nil
            case .sound: "sound"
            case .damaged: "damaged"
            case .unfinished: "unfinished"
            }
        self.init(
            sqlite: SQLiteInfo.loaded.version, trouble: view.trouble, since: view.since?.text,
            passesWaiting: view.waiting, passesLost: Int(clamping: view.lost), check: check,
            salvage: view.salvage.map {
                V1.Salvage(
                    file: $0.path, done: $0.isDone, passesSalvaged: Int(clamping: $0.passes),
                    passesLost: Int(clamping: $0.lost))
            })
    }
}

extension Picture {
    // NVLinks that were read and are up; nil where none was read.
    private var activeLinks: Int? {
        let states = gpus.flatMap(\.links).filter(\.isFresh).compactMap(\.state)
        return states.isEmpty ? nil : states.count(where: \.isUp)
    }
}

extension V1.Subject {
    init(_ subject: Subject) {
        self.init(
            device: subject.device, port: subject.port.map { Int($0) }, end: subject.end,
            key: subject.key, collector: subject.collector,
            gpu: subject.gpuIndex == nil ? nil : subject.key, gpuIndex: subject.gpuIndex,
            pciAddress: subject.pciAddress?.description, xid: subject.xid.map { Int($0) })
    }
}

extension V1.Condition {
    fileprivate init(_ finding: Finding) {
        let opinion = finding.opinion
        self.init(
            id: opinion.id.rawValue, severity: finding.severity.name, since: finding.since.text,
            subject: V1.Subject(opinion.subject),
            summary: finding.summary, accused: opinion.accused.map(\.rawValue),
            evidenceGrade: opinion.grade.rawValue, evidence: opinion.evidence,
            action: opinion.action, playbook: ConditionCatalog.row(opinion.id).playbook)
        why = opinion.why
        step = finding.step.rawValue
        explainedBy = opinion.explainedBy?.rawValue
        clearingSeconds = finding.clearingSeconds.map(rounded)
        incident = finding.incident
        acknowledgement = finding.acknowledgement.map(V1.Acknowledgement.init)
        maintenance = finding.maintenance.map { V1.Maintenance($0, finding.found) }
    }
}

extension CollectorView {
    fileprivate func document(now: Moment) -> V1.Collector {
        V1.Collector(
            name: name, state: state, lastSuccess: lastMoment?.text,
            ageSeconds: lastMoment.map { rounded(now.seconds(since: $0)) },
            workingOn: evidence.workingOn, restarts: Int(clamping: restarts),
            detail: evidence.trouble)
    }
}

/// Seconds with milliseconds, which is what people and programs read of an age.
func rounded(_ seconds: Double) -> Double {
    (seconds * 1000).rounded() / 1000
}
