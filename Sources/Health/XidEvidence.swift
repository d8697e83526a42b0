package import Model

/// An Xid that asks for something.
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
}

extension XidEvidence {
    // What asks for a reset or a reboot is shown this long where nothing else ends it.
    private static let seconds = 86_400.0
    // The driver says with it what it asks for from now on, nothing included.
    private static let recoveryAction: UInt32 = 154

    /// What of one GPU's events asks for something and has not been answered, by number.
    ///
    /// A reset of the GPU answers what was told before it, and another boot everything.
    package static func standing(
        in entries: [JournalEntry], bootID: String, now: Moment
    ) -> [XidEvidence] {
        var standing: [UInt32: XidEvidence] = [:]
        for entry in entries where entry.bootID == bootID && !entry.isAnswered {
            let event = entry.event
            let told = event.lastWallMilliseconds
            guard let number = event.xid, let remedy = entry.remedy,
                Double(now.wallMilliseconds - told) / 1e3 < seconds
            else { continue }
            guard remedy.asksForSomething else {
                // Without words, nobody knows what it asks for now.
                if number == recoveryAction, remedy != .decode { standing[number] = nil }
                continue
            }
            // The driver tells of a GPU off the bus in words, and with the number as well.
            let known = standing[number]?.count ?? 0
            let count = event.kind == .xid ? known + UInt64(event.count) : max(known, 1)
            standing[number] = XidEvidence(
                number: number, count: count, last: Timestamp.text(milliseconds: told),
                meaning: event.detail ?? XidCatalog.entry(number).meaning, remedy: remedy,
                line: event.line)
        }
        return standing.values.sorted { $0.number < $1.number }
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
