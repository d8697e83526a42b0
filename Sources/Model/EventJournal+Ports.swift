// What a port tells itself, and the kernel log of its interface.
extension JournalEntry {
    // The log's line and the port's own event come from the same interrupt of the device.
    private static let portMilliseconds: Int64 = 5000
    // How long the port's own word that it is up may be waited for when the log has said so.
    private static let outageMilliseconds: Int64 = 60_000

    /// Whether an event of the same boot is this one, where a port itself told of one of them.
    func isSameOfPort(as other: NodeEvent) -> Bool {
        guard event.device == other.device else { return false }
        switch other.source {
        case .nvml, .infiniBand, .health, .operator: return false
        case .verbs where sources.contains(.verbs):
            return event.kind.counted == other.kind.counted && event.link == other.link
                && event.wallMilliseconds == other.wallMilliseconds
        case .verbs:
            return event.kind == other.kind.counted
                && isNear(other.wallMilliseconds, event.wallMilliseconds)
        case .kernelLog: return isConfirmed(by: other)
        }
    }

    private func isConfirmed(by line: NodeEvent) -> Bool {
        let time = line.wallMilliseconds
        switch (event.kind, line.kind) {
        case (.linkDown, .linkDown), (.linkFlap, .linkDown), (.linkUp, .linkUp):
            if sources.contains(.kernelLog) { return event.record == line.record }
            return isNear(time, event.wallMilliseconds)
        case (.linkFlap, .linkUp): return isNear(time, event.lastWallMilliseconds)
        case (.linkDown, .linkUp):
            return 0...Self.outageMilliseconds ~= time - event.wallMilliseconds
        default: return false
        }
    }

    private func isNear(_ left: Int64, _ right: Int64) -> Bool {
        abs(left - right) <= Self.portMilliseconds
    }

    /// Takes in more of this event, of which a port told or tells; the port counts, and the log
    /// confirms.
    mutating func addOfPort(_ other: NodeEvent) {
        var merged = event
        if other.source == .verbs {
            merged = other
            merged.record = event.record
            merged.root = event.root
            merged.count = max(event.count, other.count)
        } else if other.kind == event.kind.counted {
            merged.record = event.record ?? other.record
            merged.root = event.root ?? other.root
        }
        event = merged
    }
}

extension NodeEvent.Kind {
    /// The kind that it counts as: a link that flaps went down once.
    var counted: Self { self == .linkFlap ? .linkDown : self }
}
