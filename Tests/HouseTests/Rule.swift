/// A rule of the house: a name, the reason, and a pure function that finds its breaches in a file.
struct Rule: Sendable, CustomStringConvertible {
    /// One place where a file breaks a rule, and how.
    struct Breach: Sendable {
        let line: Int
        let what: String
    }

    let name: String
    let why: String
    let breaches: @Sendable (SourceFile) -> [Breach]

    var description: String { name }

    func findings(in file: SourceFile) -> [Finding] {
        breaches(file).map {
            Finding(path: file.path, line: $0.line, rule: name, why: "\($0.what): \(why)")
        }
    }

    static let all: [Rule] = limits + rooms + bans + documentation + words
}

/// A breach, said as `file:line: rule: why`.
struct Finding: Sendable, CustomStringConvertible {
    let path: String
    let line: Int
    let rule: String
    let why: String

    var description: String { "\(path):\(line): \(rule): \(why)" }
}
