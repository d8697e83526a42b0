extension V1 {
    /// One way in which the node differs from its manifest.
    package struct Difference: Codable, Hashable, Sendable {
        /// In what way, such as `missing`, `miswired` or `firmware`.
        package var kind: String
        /// `hca`, `port` or `gpu`.
        package var part: String
        /// What it is about.
        package var subject: Subject
        /// One sentence for an operator.
        package var summary: String
        /// The facts that tell.
        package var facts: [ExpectedFact]

        /// A difference.
        package init(
            kind: String, part: String, subject: Subject, summary: String, facts: [ExpectedFact]
        ) {
            self.kind = kind
            self.part = part
            self.subject = subject
            self.summary = summary
            self.facts = facts
        }
    }

    /// A fact that is expected, beside what was seen.
    package struct ExpectedFact: Codable, Hashable, Sendable {
        /// The key in the manifest.
        package var fact: String
        /// The value in the manifest; absent for a part that it does not have.
        package var expected: String?
        /// The value that was seen; absent for a part that is not there.
        package var seen: String?

        /// A fact.
        package init(fact: String, expected: String?, seen: String?) {
            self.fact = fact
            self.expected = expected
            self.seen = seen
        }
    }

    /// What is expected of a part and unknown.
    package struct Unverified: Codable, Hashable, Sendable {
        /// What it is about.
        package var subject: Subject
        /// What people call it.
        package var place: String
        /// The keys in the manifest; `presence` when it is not known whether it is there.
        package var facts: [String]

        /// What is unknown of a part.
        package init(subject: Subject, place: String, facts: [String]) {
            self.subject = subject
            self.place = place
            self.facts = facts
        }
    }
}
