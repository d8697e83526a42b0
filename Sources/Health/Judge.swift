import Model

/// Everything that judging remembers: a plain value, saved and restored as text.
package struct Judge: Sendable {
    /// Most parts that a score is kept of.
    package static let offendersMax = 256

    /// The incidents.
    package var standing = Standing()
    /// Counters' recent past, and what was learnt of ports.
    package var recent = Recent()
    /// The numbers in force.
    package let thresholds: Thresholds
    /// How often each part offended, by its serial number or key.
    package internal(set) var offenders: [String: OffenderScore] = [:]
    /// Whether something has changed that a restart needs.
    package var isChanged: Bool { recent.isChanged || hasNews }
    /// Whether something has changed that may not be lost, whenever the daemon ends.
    package var hasNews: Bool { recent.hasNews || hasTransitions }
    private var hasTransitions = false

    /// Remembers nothing.
    package init(thresholds: Thresholds = .defaults) {
        self.thresholds = thresholds
        recent.faultFactor = thresholds.value(.fecMarginLow, "factor")
    }

    /// Judges the evidence of one moment and returns what holds, the worst first, and what changed.
    package mutating func judge(_ evidence: Evidence) -> ([Finding], [Transition]) {
        var evidence = evidence
        remember(evidence)
        evidence.recent = recent
        evidence.thresholds = thresholds
        var judgement = Rules.evaluate(evidence)
        Suppression.apply(to: &judgement, evidence, standing)
        let findings = standing.update(judgement, now: evidence.now, thresholds: thresholds)
        let transitions = standing.takeTransitions()
        for transition in transitions { score(transition) }
        if !transitions.isEmpty || !standing.ended.isEmpty { hasTransitions = true }
        return (findings, transitions)
    }

    /// Changes what somebody may change, and returns what came of it.
    package mutating func change<Outcome>(_ change: (inout Standing) -> Outcome) -> Outcome {
        hasTransitions = true
        return change(&standing)
    }

    /// Notes that what a restart needs was saved.
    package mutating func noteSaved() {
        hasTransitions = false
        recent.isChanged = false
        recent.hasNews = false
    }

    // A GPU that has critical Xids again and again is not mended by one more reset.
    private mutating func remember(_ evidence: Evidence) {
        for gpu in evidence.gpus?.gpus ?? [] {
            guard let uuid = gpu.uuid?.description else { continue }
            for xid in gpu.xids where xid.severity == .critical {
                recent.takeXid(
                    uuid, at: xid.wallMilliseconds,
                    gap: thresholds.value(.gpuXid, "same_within"),
                    reach: thresholds.value(.gpuXid, "replace_window"))
            }
        }
    }

    private mutating func score(_ transition: Transition) {
        guard let serial = transition.serial, !serial.isEmpty,
            transition.kind == .raised || transition.kind == .escalated,
            transition.severity == .warning || transition.severity == .critical
        else { return }
        var score = offenders[serial] ?? OffenderScore()
        // An incident counts once, also when work on the part hid how bad it is for a while.
        if transition.worst < .warning { score.incidents &+= 1 }
        if transition.severity == .critical, transition.worst < .critical {
            score.criticals &+= 1
        }
        score.lastWallMilliseconds = transition.moment.wallMilliseconds
        offenders[serial] = score
        guard offenders.count > Self.offendersMax else { return }
        // The mildest and oldest goes.
        let least = offenders.min {
            ($0.value.points, $0.value.lastWallMilliseconds, $0.key)
                < ($1.value.points, $1.value.lastWallMilliseconds, $1.key)
        }
        if let least { offenders[least.key] = nil }
    }
}

/// How often a part offended in its life, as far as this node remembers.
///
/// Parts that offended before do so again far sooner than others: 719 h to the first fault of a
/// node, 152 h to its later ones (SuperBench, ATC 2024).
package struct OffenderScore: Hashable, Sendable {
    /// Incidents at WARNING or worse.
    package var incidents: UInt32 = 0
    /// Those that were or became CRITICAL.
    package var criticals: UInt32 = 0
    /// When the latest was, in milliseconds since 1970.
    package var lastWallMilliseconds: Int64 = 0

    /// Nothing so far.
    package init() {}

    /// One for an incident, and four more for a critical one.
    package var points: UInt64 { UInt64(incidents) + 4 * UInt64(criticals) }
}
