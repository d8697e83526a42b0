/// What is always true of a condition.
package struct ConditionRow: Sendable {
    /// The condition.
    package let id: ConditionID
    /// Which chapter of the catalogue it belongs to.
    package let group: ConditionGroup
    /// What it means, in one sentence.
    package let meaning: String
    /// The severity from the start.
    package let severity: Severity
    /// What raises it, in words; `{name}` stands for a threshold.
    package let trigger: String
    /// What ends it, in words; `{name}` stands for a threshold.
    package let clearing: String
    /// The numbers that it is judged by; each may be overridden in the configuration.
    package let thresholds: [Threshold]
    /// The parts that it speaks against when nothing tells more, the most likely first.
    package let accused: [Domain]
    /// What to do, by severity.
    package let ladder: Ladder
    /// Whether it is judged on this node.
    package let coverage: Coverage
    /// Where the rule comes from.
    package let source: String

    init(
        _ id: ConditionID, _ group: ConditionGroup, _ meaning: String, _ severity: Severity,
        trigger: String, clearing: String, _ thresholds: [Threshold] = [],
        accused: [Domain] = [], ladder: Ladder, coverage: Coverage = .judged, source: String
    ) {
        self.id = id
        self.group = group
        self.meaning = meaning
        self.severity = severity
        self.trigger = trigger
        self.clearing = clearing
        self.thresholds = thresholds
        self.accused = accused
        self.ladder = ladder
        self.coverage = coverage
        self.source = source
    }

    /// Where the daemon serves the playbook; its file has the same path below `docs`.
    package var playbook: String { "/playbooks/\(id.rawValue).md" }

    /// The default of a threshold; nil for a name that the condition does not have.
    package func threshold(_ name: String) -> Threshold? {
        thresholds.first { $0.name == name }
    }

    /// A text with its thresholds filled in.
    package func filled(_ text: String, _ thresholds: Thresholds = .defaults) -> String {
        self.thresholds.reduce(text) { text, threshold in
            text.split(separator: "{\(threshold.name)}", omittingEmptySubsequences: false)
                .joined(separator: threshold.unit.text(thresholds.value(id, threshold.name)))
        }
    }
}

/// The chapters of the catalogue.
package enum ConditionGroup: String, CaseIterable, Sendable {
    /// Whether a link is there, and what it is.
    case link = "Links"
    /// How well a link carries bits.
    case signal = "Signal quality"
    /// Packets, routing and transport.
    case fabric = "Fabric, flow and transport"
    /// HCAs and the rest of what the node should have.
    case node = "The node and its parts"
    /// GPUs and NVLinks.
    case gpu = "GPUs and NVLinks"
    /// The daemon itself, and what it cannot see.
    case daemon = "What cannot be seen"
}

/// Whether a condition is judged.
package enum Coverage: Hashable, Sendable {
    /// Everything that it needs is collected, where the hardware offers it.
    case judged
    /// It is judged by what is collected; this is not.
    case partly(String)
}

/// A number that a rule uses.
package struct Threshold: Hashable, Sendable {
    /// What the number counts.
    package enum Unit: String, Sendable {
        /// A number of things.
        case count
        /// Seconds; a duration in the configuration.
        case seconds
        /// Errors per bit or per packet.
        case ratio

        /// A value for people.
        package func text(_ value: Double) -> String {
            switch self {
            case .count: Plain.number(value)
            case .seconds: Plain.duration(value)
            case .ratio: Plain.ratio(value)
            }
        }
    }

    /// The name, unique within the condition.
    package let name: String
    /// The default.
    package let value: Double
    /// What it counts.
    package let unit: Unit
    /// Where the number comes from.
    package let source: String

    init(_ name: String, _ value: Double, _ unit: Unit, _ source: String) {
        self.name = name
        self.value = value
        self.unit = unit
        self.source = source
    }
}

/// The numbers that the rules go by: the catalogue's, and what an operator set in their place.
package struct Thresholds: Hashable, Sendable {
    /// The catalogue's numbers.
    package static let defaults = Thresholds()

    private var overrides: [ConditionID: [String: Double]] = [:]

    /// The catalogue's numbers.
    package init() {}

    /// Sets a number in the place of the catalogue's; false when the condition has none of that
    /// name.
    @discardableResult
    package mutating func override(_ id: ConditionID, _ name: String, _ value: Double) -> Bool {
        guard ConditionCatalog.row(id).threshold(name) != nil else { return false }
        overrides[id, default: [:]][name] = value
        return true
    }

    /// The number in force; 0 for a name that the condition does not have.
    package func value(_ id: ConditionID, _ name: String) -> Double {
        known(id, name) ?? 0
    }

    /// The number in force; nil for a name that the condition does not have.
    package func known(_ id: ConditionID, _ name: String) -> Double? {
        if !overrides.isEmpty, let value = overrides[id]?[name] { return value }
        return ConditionCatalog.row(id).threshold(name)?.value
    }
}

/// The next step, from the mildest; a person's words are in the condition's action.
package enum ActionStep: String, CaseIterable, Sendable {
    /// Nothing to do.
    case none
    /// Look again later; nothing is taken out of service.
    case watch
    /// Mend what the daemon needs: permissions, drivers, disk.
    case mendHost = "mend_host"
    /// Make node and expectation agree: cabling, manifest, configuration.
    case correctConfiguration = "correct_configuration"
    /// Clean and reseat both ends when no job runs.
    case cleanAndReseat = "clean_and_reseat"
    /// Take the node out of service after its job.
    case drain
    /// Drain, then reset the GPU.
    case resetGPU = "reset_gpu"
    /// Drain, then reboot.
    case reboot
    /// Drain, then replace the part that is accused first.
    case replacePart = "replace_part"
    /// Call the owner of the fabric with the switch's GUID and port.
    case pageFabricOwner = "page_fabric_owner"
}

/// What to do, by severity.
package struct Ladder: Hashable, Sendable {
    /// At INFO.
    package let info: ActionStep
    /// At WARNING and UNKNOWN.
    package let warning: ActionStep
    /// At CRITICAL.
    package let critical: ActionStep

    init(_ info: ActionStep, _ warning: ActionStep, _ critical: ActionStep? = nil) {
        self.info = info
        self.warning = warning
        self.critical = critical ?? warning
    }

    /// The same at every severity that asks for something.
    init(_ step: ActionStep) { self.init(.watch, step) }

    /// The step at a severity.
    package func step(_ severity: Severity) -> ActionStep {
        switch severity {
        case .pass: .none
        case .info: info
        case .warning, .unknown: warning
        case .critical: critical
        }
    }
}
