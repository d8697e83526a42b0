/// An alarm at WARNING or CRITICAL, from any rule set.
struct Alarm {
    /// The rule's or the condition's name.
    let rule: String
    let pass: Int
    let isCritical: Bool
    /// The first that is accused; nil when nobody is.
    let accused: Side?
    /// Whether both ends were seen before somebody was accused.
    var isTwoEnded = false
    /// When it ended.
    var until = Int.max

    /// What tells it from others of the same part.
    var key: String { "\(rule) \(pass) \(isCritical)" }
}

/// The rule sets that are compared.
enum RuleSet: Int, CaseIterable {
    case ours
    case gpud
    case nvsentinel
    case ibqueryerrors
    case ibqueryerrorsSample
    case prometheus

    var name: String {
        switch self {
        case .ours: "FabricWatch"
        case .gpud: "gpud"
        case .nvsentinel: "NVSentinel"
        case .ibqueryerrors: "ibqueryerrors"
        case .ibqueryerrorsSample: "ibqueryerrors, sample file"
        case .prometheus: "Prometheus alerts"
        }
    }

    /// Whether it tells warnings from what is worse.
    var hasLevels: Bool { self != .ibqueryerrors && self != .ibqueryerrorsSample }

    /// Whether it looks at GPUs at all.
    var seesGPUs: Bool { self == .ours || self == .gpud || self == .nvsentinel }
}
