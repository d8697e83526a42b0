import Health
import Model

// What somebody changes, and what ends by its time, as events of the node.
extension Maintenance {
    /// That it was announced or changed.
    func announced(now: Moment) -> NodeEvent {
        let begins = Timestamp.text(milliseconds: beginsWallMilliseconds)
        let ends = Timestamp.text(milliseconds: endsWallMilliseconds)
        return event(
            .maintenanceSet, source: .operator, now,
            "\(name) by \(author) from \(begins) until \(ends)"
                + (reason.isEmpty ? "" : ": \(reason)"))
    }

    /// That somebody ended it.
    func ended(by who: Author, now: Moment) -> NodeEvent {
        event(.maintenanceEnded, source: .operator, now, "\(name) was ended by \(who)")
    }

    /// That it is over by its time.
    func ended(now: Moment) -> NodeEvent {
        event(.maintenanceEnded, source: .health, now, "\(name) by \(author) is over by its time")
    }

    private func event(
        _ kind: NodeEvent.Kind, source: NodeEvent.Source, _ now: Moment, _ line: String
    ) -> NodeEvent {
        let parts = subjects.map(\.place).joined(separator: ", ")
        return NodeEvent(
            kind: kind, device: nil,
            detail: "It covers \(subjects.isEmpty ? "the whole node" : parts).",
            wallMilliseconds: now.wallMilliseconds, source: source, line: line)
    }
}

extension Incident {
    /// That somebody has taken notice of it.
    func acknowledged(by who: Author, note: Note, now: Moment) -> NodeEvent {
        let note = note.description
        return event(
            .conditionAcknowledged, now,
            "acknowledged by \(who)" + (note.isEmpty ? "" : ": \(note)"))
    }

    /// That a notice was taken back.
    func withdrawn(by who: Author, now: Moment) -> NodeEvent {
        let author = acknowledgement?.author ?? "somebody"
        return event(
            .conditionUnacknowledged, now, "the notice of \(author) was taken back by \(who)")
    }

    private func event(_ kind: NodeEvent.Kind, _ now: Moment, _ text: String) -> NodeEvent {
        NodeEvent(
            kind: kind, device: opinion.subject.eventDevice,
            link: opinion.subject.port.map(UInt16.init), severity: shown.name.lowercased(),
            wallMilliseconds: now.wallMilliseconds, source: .operator,
            line: "\(opinion.id.rawValue): \(text)")
    }
}

extension Subject {
    /// What an event about it happened to; nil for the node.
    var eventDevice: NodeEvent.Device? {
        if let pciAddress { return .pci(pciAddress) }
        return (device ?? collector ?? key).map { .named($0) }
    }

    /// `rail3 port 1`, `GPU 0`.
    fileprivate var place: String {
        if let gpuIndex { return "GPU \(gpuIndex)" }
        let name = device ?? key ?? pciAddress?.description ?? "node"
        return name + (port.map { " port \($0)" } ?? "")
    }
}
