package import Model

/// One way in which the node differs from its manifest.
package struct Difference: Hashable, Sendable {
    /// What is expected of a fact, and what was seen of it.
    package struct Fact: Hashable, Sendable {
        /// The key in the manifest.
        package var key: String
        /// The value in the manifest; nil for a part that it does not have.
        package var expected: String?
        /// The value that was seen; nil for a part that is not there.
        package var seen: String?
    }

    /// What can differ.
    package enum Part: String, Sendable {
        /// An HCA.
        case hca
        /// A port of one, with its cable.
        case port
        /// A GPU.
        case gpu
    }

    /// In what way.
    package var kind: DifferenceKind
    /// What kind of part it is about.
    package var part: Part
    /// Which one.
    package var subject: Subject
    /// What a port speaks; nil for anything but a port.
    package var layer: LinkLayer?
    /// The facts that tell.
    package var facts: [Fact]
    /// One sentence for an operator.
    package var summary: String

    /// Whether a number is lower than expected.
    var isLower: Bool {
        facts.contains { fact in
            guard let expected = fact.expected.flatMap({ Int($0) }),
                let seen = fact.seen.flatMap({ Int($0) })
            else { return false }
            return seen < expected
        }
    }
}

/// Facts of a part that are expected and of which nothing is known.
package struct Unverified: Hashable, Sendable {
    /// Which part, or which port of it.
    package var subject: Subject
    /// What people call it.
    package var place: String
    /// The keys in the manifest; `presence` when it is not even known whether it is there.
    package var facts: [String]
}

/// How a node stands to its manifest.
package enum Expectations: String, CaseIterable, Sendable {
    /// There is no manifest: nobody has said what the node should have.
    case notConfigured = "not_configured"
    /// All that is expected was seen.
    case asExpected = "as_expected"
    /// Nothing differs, and not all that is expected could be seen.
    case unverified
    /// Something differs.
    case differs
}
