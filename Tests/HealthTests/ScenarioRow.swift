import Health
import Testing

/// One timeline, and what it changes of one condition.
struct ScenarioRow: Sendable, CustomTestStringConvertible {
    let id: ConditionID
    let name: String
    /// The innocent event that it shows; nil for any other timeline.
    let innocent: Innocent?
    let timeline: String
    let end: String
    let interval: Double
    let changes: [String]

    init(
        _ id: ConditionID, _ name: String, like innocent: Innocent? = nil, _ timeline: String,
        until end: String, every interval: Double = 60, _ changes: String...
    ) {
        self.id = id
        self.name = name
        self.innocent = innocent
        self.timeline = timeline
        self.end = end
        self.interval = interval
        self.changes = changes.map {
            let words = $0.split(separator: " ")
            return "\(words[0]) \(words[1]) \(id.rawValue) \(words[2])"
        }
    }

    var testDescription: String { "\(id.rawValue): \(name)" }

    /// Whether it changes nothing, or says no more than that it is good to know.
    var isInnocent: Bool {
        changes.isEmpty
            || ConditionCatalog.row(id).severity > .info
                && changes.allSatisfy { $0.hasSuffix(" INFO") }
    }

    /// Whether it ends with the condition over.
    var isClearing: Bool { changes.contains { $0.contains(" resolved ") } }

    /// Whether it raises the condition as badly as it begins, or worse.
    var isRaising: Bool { changes.contains { $0.contains(" raised ") } && !isInnocent }
}

/// What looks like a fault and is none: each is shown by a row that raises no alarm.
enum Innocent: String, CaseIterable, Sendable {
    case perfqueryClear = "perfquery -R by somebody else"
    case perfManagerClear = "OpenSM's perfmgr clears at 75 %"
    case driverReload = "a driver reload"
    case warmReboot = "a warm reboot"
    case firstPoll = "historic values at the first poll"
    case jobTeardown = "flush errors at the end of a job"
    case adaptiveRouting = "adaptive routing reorders packets"
    case idlePCIe = "PCIe slows down when idle"
    case nvlinkSleep = "an NVLink sleeps"
    case firstConnect = "the first connect of an HDR cable counts LinkDowned"
    case roceZeros = "RoCE's counters stay 0"
    case neverCabled = "a port that was never cabled"
    case twinPort = "the twin port of a module toggles"
    case wallClock = "the wall clock steps"
}
