package import Model

/// An Xid that an operator should know of.
package struct XidEvidence: Hashable, Sendable {
    /// The number.
    package var number: UInt32
    /// How often it was told.
    package var count: UInt64
    /// When it was told last, RFC 3339.
    package var last: String
    /// What it means.
    package var meaning: String
    /// What helps.
    package var remedy: Remedy
    /// The original line.
    package var line: String
    /// When it was told last, in milliseconds since 1970.
    package var wallMilliseconds: Int64 = 0
    /// The NVLinks that it named.
    package var links: Set<UInt16> = []
    /// Those that followed it within the window of `EventWindow`, and are no worse.
    package var followers: [UInt32] = []

    /// An Xid.
    package init(
        number: UInt32, count: UInt64, last: String, meaning: String, remedy: Remedy, line: String
    ) {
        self.number = number
        self.count = count
        self.last = last
        self.meaning = meaning
        self.remedy = remedy
        self.line = line
    }

    /// How bad it is: CRITICAL where something has to be done at once, else WARNING.
    package var severity: Severity { Self.severity(number, remedy) ?? .warning }
}

extension XidEvidence {
    // What asks for a reset or a reboot is shown this long where nothing else ends it.
    private static let seconds = 86_400.0
    // The driver says with it what it asks for from now on, nothing included.
    private static let recoveryAction: UInt32 = 154

    // What the words ask for counts more than what the catalogue does; nil for an application's
    // affair and for notes.
    private static func severity(_ number: UInt32, _ remedy: Remedy) -> Severity? {
        let entry = XidCatalog.entry(number)
        if remedy.asksForSomething {
            return entry.isWarning && remedy == entry.remedy ? .warning : .critical
        }
        // Without words, nobody knows what it asks for.
        return entry.isWarning || remedy == .decode ? .warning : nil
    }

    /// What of one GPU's events an operator should know of and nothing has answered, by number.
    ///
    /// A reset of the GPU answers what was told before it, and another boot everything. What
    /// follows another one within the window is told with that, unless it asks for more.
    package static func standing(
        in entries: [JournalEntry], bootID: String, now: Moment
    ) -> [XidEvidence] {
        var standing: [UInt32: XidEvidence] = [:]
        var numbers: [UInt64: UInt32] = [:]
        for entry in entries where entry.bootID == bootID && !entry.isAnswered {
            guard let number = entry.event.xid, let remedy = entry.remedy,
                Double(now.wallMilliseconds - entry.event.lastWallMilliseconds) / 1e3 < seconds
            else { continue }
            if number == recoveryAction, remedy == .none {
                standing[number] = nil
                continue
            }
            guard let severity = severity(number, remedy) else { continue }
            if number == recoveryAction, remedy == .decode, standing[number] != nil { continue }
            if let first = entry.root.flatMap({ numbers[$0] }), first != number,
                standing[number] == nil, standing[first]?.explains(severity, remedy) == true
            {
                standing[first]?.followers.append(number)
                continue
            }
            numbers[entry.id] = number
            standing[number] = evidence(entry, number, remedy, known: standing[number])
        }
        return standing.values.sorted { $0.number < $1.number }
    }

    private func explains(_ severity: Severity, _ remedy: Remedy) -> Bool {
        severity < self.severity || severity == self.severity && remedy == self.remedy
    }

    private static func evidence(
        _ entry: JournalEntry, _ number: UInt32, _ remedy: Remedy, known: XidEvidence?
    ) -> XidEvidence {
        let event = entry.event
        // The driver tells of a GPU off the bus in words, and with the number as well.
        let before = known?.count ?? 0
        let count = event.kind == .xid ? before + UInt64(event.count) : max(before, 1)
        var evidence = XidEvidence(
            number: number, count: count,
            last: Timestamp.text(milliseconds: event.lastWallMilliseconds),
            meaning: event.detail ?? XidCatalog.entry(number).meaning, remedy: remedy,
            line: event.line)
        evidence.wallMilliseconds = event.lastWallMilliseconds
        evidence.followers = known?.followers ?? []
        evidence.links = known?.links ?? []
        if let link = event.link { evidence.links.insert(link) }
        return evidence
    }
}

extension NodeEvent {
    // A GPU that fell off the bus is one with Xid 79, whether the driver gave it the number or not.
    fileprivate var xid: UInt32? {
        switch kind {
        case .xid: number
        case .gpuFallenOffBus: 79
        default: nil
        }
    }
}
