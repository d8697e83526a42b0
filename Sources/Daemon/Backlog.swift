import Model

/// Passes that could not be written yet, oldest first, in a bounded number.
struct Backlog {
    /// The most passes that wait: ten minutes at a pass every ten seconds, some megabytes on a
    /// large node.
    static let capacity = 60

    private var passes: [PassRecord] = []
    // What happened in passes that are gone, for the next one that is written.
    private var carried: [CounterEvent] = []

    var count: Int { passes.count }

    /// Whether one has to go.
    var isOverfull: Bool { passes.count > Self.capacity }

    /// Adds the newest pass.
    mutating func add(_ pass: PassRecord) { passes.append(pass) }

    /// The oldest pass, as it is to be written; nil when none waits.
    var next: PassRecord? {
        guard var pass = passes.first else { return nil }
        pass.events = events(of: pass)
        return pass
    }

    /// Takes the oldest pass out, since it is written.
    mutating func removeWritten() {
        carried = []
        passes.removeFirst()
    }

    /// Takes the oldest pass out, since it never will be; what happened in it is left to the next.
    mutating func drop() {
        guard let pass = next else { return }
        carried = pass.events
        passes.removeFirst()
    }

    // Without the events of a pass that was not kept, a window over it would call a cleared counter
    // exact. Of each kind one per counter is enough for that, and keeps them few.
    private func events(of pass: PassRecord) -> [CounterEvent] {
        guard !carried.isEmpty else { return pass.events }
        let known = Set(pass.series.map(\.key))
        var said: Set<EventKind> = []
        return (carried + pass.events).filter {
            known.contains($0.key) && said.insert(EventKind($0)).inserted
        }
    }
}

private struct EventKind: Hashable {
    var key: String
    var column: Int
    var kind: CounterEvent.Kind

    init(_ event: CounterEvent) {
        key = event.key
        column = event.column
        kind = event.kind
    }
}
