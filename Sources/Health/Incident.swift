package import Model

/// A condition with one part, from when it was first seen to when it is over.
package struct Incident: Hashable, Sendable {
    /// What the rule found last.
    package var opinion: Opinion
    /// Since when it is there without being over.
    package var since: Moment
    /// Whether it has held for long enough to be raised.
    package var isRaised: Bool
    /// The severity by now; it only rises while the incident lasts, unless it is capped.
    package var severity: Severity
    // From when its time to a higher severity runs.
    var counting: Moment
    /// Since when its part was seen without it; nil while it holds, or the part is not seen.
    package var cleanSince: Moment?
    /// When it or its part was last seen.
    package var seen: Moment
    /// Who has taken notice; nil when nobody has.
    package var acknowledgement: Acknowledgement?
    // When it was last told of.
    var told: Moment
    /// The severity that was last told: INFO within work that somebody announced.
    package internal(set) var shown: Severity
    // The worst of WARNING and CRITICAL that was ever told, PASS while neither was.
    var worst: Severity

    /// Whether somebody has taken notice of it as bad as it is by now.
    package var isNoticed: Bool {
        acknowledgement.map { $0.severity >= severity } ?? false
    }
}

/// A change of an incident.
package struct Transition: Hashable, Sendable {
    /// What changed.
    package enum Kind: String, CaseIterable, Sendable {
        /// It was raised.
        case raised
        /// It got worse.
        case escalated
        /// It is excused now: switched off, given time, or worked on.
        case eased
        /// It is over.
        case resolved
        /// It still holds, a day after it was told of last, and nobody has taken notice.
        case reminded
    }

    /// What changed.
    package var kind: Kind
    /// The condition.
    package var id: ConditionID
    /// What it is about.
    package var subject: Subject
    /// The severity from now on, INFO within work; of one that is over, what it had come to.
    package var severity: Severity
    /// The worst of WARNING and CRITICAL that was told of it before, PASS while neither was.
    package var worst: Severity
    /// When.
    package var moment: Moment
    /// Why, one sentence.
    package var reason: String
    /// The part's serial number, as the rule knows it.
    package var serial: String?
}
