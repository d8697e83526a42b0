/// Devices that a probe hung on: the next process leaves them alone for a while, so that the others
/// are read.
///
/// Each is then tried again among the others, less and less often: only asking shows whether it
/// answers.
struct HungDevices {
    private struct Entry {
        // Times that it hung, less the first.
        var repeats = 0
        // When it is to be tried again, or was; nil while the process has not ended.
        var trial: UInt64?
        var isLeftAlone = true
    }

    private static let delayMaximum: UInt64 = 600_000_000_000
    private static let delays = Quarantine(
        delayMinimum: 30_000_000_000, delayMaximum: delayMaximum)

    private var entries: [String: Entry] = [:]

    /// The devices to leave alone.
    var names: [String] { entries.filter(\.value.isLeftAlone).keys.sorted() }

    /// When the next one is to be tried again; nil when none is left alone.
    var nextTrial: UInt64? { entries.values.filter(\.isLeftAlone).compactMap(\.trial).min() }

    /// Puts a device in by what the probe was working on, such as `mlx5_0: statistics`; false when
    /// that was not one device.
    mutating func put(_ work: String?, now: UInt64) -> Bool {
        guard let work, let colon = work.firstIndex(of: ":") else { return false }
        let name = String(work[..<colon])
        guard name != "*" else { return false }
        var entry = Entry()
        // What was well for long does not hang for the second time.
        if let known = entries[name], now < (known.trial ?? now) + Self.delayMaximum {
            entry.repeats = known.repeats + 1
        }
        entries[name] = entry
        return true
    }

    /// Has the wait begin once the process, which may hang for long, is gone.
    mutating func begin(now: UInt64) {
        for (name, entry) in entries where entry.trial == nil {
            entries[name]?.trial = now + Self.delays.delay(after: entry.repeats)
        }
    }

    /// Has those tried again whose time has come; false when there is none.
    mutating func release(now: UInt64) -> Bool {
        let due = entries.filter { $0.value.isLeftAlone && $0.value.trial ?? .max <= now }.keys
        for name in due { entries[name]?.isLeftAlone = false }
        return !due.isEmpty
    }
}
