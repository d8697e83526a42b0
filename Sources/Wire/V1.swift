/// The documents of the HTTP API, version 1.
///
/// Property names become snake_case keys. Times are RFC 3339 text in UTC with milliseconds. Counts
/// are JSON integers of up to 64 bits. A field that is not known is absent, never zero.
package enum V1 {
    /// `/api/v1/health`: what is wrong, which side is accused, on what evidence, what to do.
    package struct Health: Codable, Hashable, Sendable {
        /// The node's name.
        package var node: String
        /// When the verdict was formed.
        package var time: String
        /// `PASS`, `INFO`, `WARNING`, `CRITICAL` or `UNKNOWN`.
        package var verdict: String
        /// One sentence for an operator.
        package var summary: String
        /// How the node stands to its manifest: `not_configured`, `as_expected`, `unverified` or
        /// `differs`.
        package var expectations: String
        /// What holds now, the worst first.
        package var conditions: [Condition]
        /// How far the evidence reaches.
        package var observed: Observed
        /// The probes behind the evidence.
        package var collectors: [Collector]
        /// The verdict over each part that something was found of, by its key or PCI address;
        /// absent where nothing was.
        package var parts: [String: String]?
        /// Parts that offended, the worst first; absent where none did.
        package var offenders: [Offender]?
        /// The work that is announced, the earliest first; absent where none is.
        package var maintenance: [MaintenanceWindow]?
        /// What `verdict` would be without regard to maintenance; absent where none touches a
        /// condition.
        package var verdictWithoutMaintenance: String?
        /// The history on disk; absent when it is switched off, and before the first pass.
        package var history: HistoryState?

        /// A health document.
        package init(
            node: String, time: String, verdict: String, summary: String,
            expectations: String, conditions: [Condition], observed: Observed,
            collectors: [Collector], history: HistoryState? = nil
        ) {
            self.node = node
            self.time = time
            self.verdict = verdict
            self.summary = summary
            self.expectations = expectations
            self.conditions = conditions
            self.observed = observed
            self.collectors = collectors
            self.history = history
        }
    }

    /// One condition that holds.
    package struct Condition: Codable, Hashable, Sendable {
        /// The condition's name in the catalogue.
        package var id: String
        /// What the incident is called, from when it is raised until it is over.
        package var incident: String?
        /// `INFO`, `WARNING`, `CRITICAL` or `UNKNOWN`.
        package var severity: String
        /// Since when it holds.
        package var since: String
        /// What it is about.
        package var subject: Subject
        /// One sentence for an operator.
        package var summary: String
        /// The accused parts, the most likely first; empty when nothing is accused.
        package var accused: [String]
        /// `two_ended`, `local_only` or `peer_only`: how much was seen.
        package var evidenceGrade: String
        /// What was seen, one fact each.
        package var evidence: [String]
        /// The next step.
        package var action: String
        /// Where the steps are described.
        package var playbook: String
        /// Why the accused are accused, from the numbers; absent where the evidence says it.
        package var why: String?
        /// The next step as a word, such as `clean_and_reseat`.
        package var step: String?
        /// The condition that explains this one; absent when it stands for itself.
        package var explainedBy: String?
        /// For how many seconds it has not been so, watched until it is over; absent while it
        /// holds.
        package var clearingSeconds: Double?
        /// Who has taken notice; absent when nobody has.
        package var acknowledgement: Acknowledgement?
        /// The work on the part or node that makes it INFO; absent when there is none.
        package var maintenance: Maintenance?

        /// A condition.
        package init(
            id: String, severity: String, since: String, subject: Subject, summary: String,
            accused: [String], evidenceGrade: String, evidence: [String], action: String,
            playbook: String
        ) {
            self.id = id
            self.severity = severity
            self.since = since
            self.subject = subject
            self.summary = summary
            self.accused = accused
            self.evidenceGrade = evidenceGrade
            self.evidence = evidence
            self.action = action
            self.playbook = playbook
        }
    }

    /// That somebody has taken notice of a condition.
    package struct Acknowledgement: Codable, Hashable, Sendable {
        /// Who.
        package var author: String
        /// What they say of it; absent for nothing.
        package var note: String?
        /// How bad it was then; nobody has taken notice of what is worse.
        package var severity: String
        /// When.
        package var time: String

        /// A notice.
        package init(author: String, note: String?, severity: String, time: String) {
            self.author = author
            self.note = note
            self.severity = severity
            self.time = time
        }
    }

    /// The work that makes a condition INFO.
    package struct Maintenance: Codable, Hashable, Sendable {
        /// What it is called.
        package var name: String
        /// Who works.
        package var author: String
        /// Why; absent for nothing.
        package var reason: String?
        /// When it ends.
        package var ends: String
        /// How bad the condition is without regard to the work.
        package var severity: String

        /// Work on a part or the node.
        package init(
            name: String, author: String, reason: String?, ends: String, severity: String
        ) {
            self.name = name
            self.author = author
            self.reason = reason
            self.ends = ends
            self.severity = severity
        }
    }

    /// How often a part offended, as far as this node remembers.
    package struct Offender: Codable, Hashable, Sendable {
        /// The serial number or key.
        package var part: String
        /// One for each incident at WARNING or worse, and four more for each critical one.
        package var score: Int
        /// Incidents at WARNING or worse.
        package var incidents: Int
        /// Those that were or became CRITICAL.
        package var criticals: Int
        /// When the latest was.
        package var last: String

        /// A part that offended.
        package init(part: String, score: Int, incidents: Int, criticals: Int, last: String) {
            self.part = part
            self.score = score
            self.incidents = incidents
            self.criticals = criticals
            self.last = last
        }
    }

    /// What a condition is about; absent fields do not apply.
    package struct Subject: Codable, Hashable, Sendable {
        /// The device's label.
        package var device: String?
        /// The port's number.
        package var port: Int?
        /// `local` or `peer`.
        package var end: String?
        /// The part, such as GUID and port number.
        package var key: String?
        /// The collector.
        package var collector: String?
        /// The GPU's UUID.
        package var gpu: String?
        /// The GPU's index.
        package var gpuIndex: Int?
        /// The PCI address of the GPU or of another PCI function.
        package var pciAddress: String?
        /// The Xid.
        package var xid: Int?

        /// A subject.
        package init(
            device: String? = nil, port: Int? = nil, end: String? = nil, key: String? = nil,
            collector: String? = nil, gpu: String? = nil, gpuIndex: Int? = nil,
            pciAddress: String? = nil, xid: Int? = nil
        ) {
            self.device = device
            self.port = port
            self.end = end
            self.key = key
            self.collector = collector
            self.gpu = gpu
            self.gpuIndex = gpuIndex
            self.pciAddress = pciAddress
            self.xid = xid
        }
    }

    /// How far the evidence reaches.
    package struct Observed: Codable, Hashable, Sendable {
        /// InfiniBand ports of this node.
        package var ports: Int
        /// Those whose link is active.
        package var active: Int
        /// Those whose peer's counters were read in the latest pass.
        package var peers: Int
        /// GPUs of this node; absent where there are none.
        package var gpus: Int?
        /// Those that were read in the latest pass.
        package var gpusRead: Int?
        /// NVLinks of these GPUs that are active or asleep; absent where none was read.
        package var nvlinksActive: Int?

        /// The reach of the evidence.
        package init(
            ports: Int, active: Int, peers: Int, gpus: Int? = nil, gpusRead: Int? = nil,
            nvlinksActive: Int? = nil
        ) {
            self.ports = ports
            self.active = active
            self.peers = peers
            self.gpus = gpus
            self.gpusRead = gpusRead
            self.nvlinksActive = nvlinksActive
        }
    }

    /// One probe process and how fresh its answers are.
    package struct Collector: Codable, Hashable, Sendable {
        /// The probe's name in the configuration.
        package var name: String
        /// `ok`, `slow`, `hung`, `restarting`, `starting` or `disabled`.
        package var state: String
        /// When its latest answer was collected; absent before the first.
        package var lastSuccess: String?
        /// Seconds since then.
        package var ageSeconds: Double?
        /// What it last announced to be working on; absent when idle.
        package var workingOn: String?
        /// Times it was started again.
        package var restarts: Int
        /// The latest trouble in one sentence.
        package var detail: String?

        /// A probe.
        package init(
            name: String, state: String, lastSuccess: String?, ageSeconds: Double?,
            workingOn: String?, restarts: Int, detail: String?
        ) {
            self.name = name
            self.state = state
            self.lastSuccess = lastSuccess
            self.ageSeconds = ageSeconds
            self.workingOn = workingOn
            self.restarts = restarts
            self.detail = detail
        }
    }

    /// An error, as an RFC 9457 problem document.
    package struct Problem: Codable, Hashable, Sendable {
        /// What kind of problem: a relative reference that the documentation explains.
        package var type: String
        /// The kind in words.
        package var title: String
        /// The HTTP status.
        package var status: Int
        /// What went wrong this time and what to do.
        package var detail: String

        /// A problem.
        package init(type: String, title: String, status: Int, detail: String) {
            self.type = type
            self.title = title
            self.status = status
            self.detail = detail
        }
    }
}
