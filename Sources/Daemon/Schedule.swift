import Model

/// When turns begin: the first one at once, the others on a grid that the node's GUID shifts.
///
/// So the nodes of a fabric do not ask their switches all at the same moment.
struct Schedule: Sendable {
    let intervalNanoseconds: UInt64
    /// When the next turn begins, on the boot clock.
    private(set) var next: UInt64
    /// Turns that began too late to be told from their successor; never made up for.
    private(set) var skipped: UInt64 = 0

    init(intervalNanoseconds: UInt64, now: UInt64) {
        self.intervalNanoseconds = intervalNanoseconds
        next = now
    }

    /// Whether a turn is due; if so the next one is planned.
    mutating func isDue(now: UInt64) -> Bool {
        guard now >= next else { return false }
        next += intervalNanoseconds
        guard now >= next else { return true }
        let missed = (now - next) / intervalNanoseconds + 1
        skipped += missed
        next += missed * intervalNanoseconds
        return true
    }

    /// Moves the following turns to the grid of this GUID; the next one is between half an interval
    /// and one and a half away.
    mutating func align(to guid: GUID, now: UInt64) {
        let phase = Self.scatter(guid.rawValue) % intervalNanoseconds
        let earliest = now + intervalNanoseconds / 2
        let sinceGrid = (earliest + intervalNanoseconds - phase) % intervalNanoseconds
        next = earliest + (intervalNanoseconds - sinceGrid) % intervalNanoseconds
    }

    // The finaliser of SplitMix64: GUIDs of one batch differ in few bits, their phases must not.
    private static func scatter(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
