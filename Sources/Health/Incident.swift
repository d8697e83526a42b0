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
}

/// That somebody has taken notice of an incident: it is shown as before, and not told again.
package struct Acknowledgement: Hashable, Sendable {
    /// Who.
    package var author: String
    /// What they say of it.
    package var comment: String
    /// When, in milliseconds since 1970.
    package var wallMilliseconds: Int64

    /// A notice.
    package init(author: String, comment: String, wallMilliseconds: Int64) {
        self.author = author
        self.comment = comment
        self.wallMilliseconds = wallMilliseconds
    }
}

/// That somebody works on the node or a part: what is found meanwhile is INFO.
package struct Maintenance: Hashable, Sendable {
    /// The part's key as in the subject of a condition; nil for the whole node.
    package var key: String?
    /// Who.
    package var author: String
    /// Why.
    package var reason: String
    /// When it ends, in milliseconds since 1970.
    package var endsWallMilliseconds: Int64

    /// A time of work.
    package init(key: String?, author: String, reason: String, endsWallMilliseconds: Int64) {
        self.key = key
        self.author = author
        self.reason = reason
        self.endsWallMilliseconds = endsWallMilliseconds
    }

    /// Whether it is about a subject at a moment.
    package func covers(_ subject: Subject, at now: Moment) -> Bool {
        guard now.wallMilliseconds < endsWallMilliseconds else { return false }
        return key == nil || key == subject.key || key == subject.pciAddress?.description
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
        /// It is capped now: it was switched off, or is given time.
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
    /// The severity from now on; of one that is over, what it had come to.
    package var severity: Severity
    /// When.
    package var moment: Moment
    /// Why, one sentence.
    package var reason: String
    /// The part's serial number, as the rule knows it.
    package var serial: String?
}
