import Model

/// What was sent at one end of a cable and received at the other, window by window.
///
/// Only steps that are exact at both ends count; anything else begins anew. Times are seconds of
/// `SteadyClock`.
package struct Balance: Hashable, Sendable {
    /// One direction of one window.
    package struct Way: Hashable, Sendable {
        /// Packets sent that were neither received nor counted as errors; below 0 when more arrived
        /// than were sent.
        package var excess: Double
        /// Packets sent.
        package var packets: Double
        /// What two readings that are not of one instant may make of it.
        package var underway: Double

        // Whether it is more than a limit, and whether less than its negative.
        func isAbove(_ limit: Double) -> Bool { excess > max(limit, underway) }
        func isBelow(_ limit: Double) -> Bool { -excess > max(limit, underway) }
    }

    /// One window.
    package struct Window: Hashable, Sendable {
        /// When it ended.
        package var time: Double
        /// From this node to its neighbour.
        package var toPeer: Way
        /// From the neighbour to this node.
        package var toHere: Way
    }

    /// Totals of one end at one moment.
    struct Totals: Hashable {
        var sent: UInt64
        var received: UInt64
        var words: UInt64
        // Packets that arrived and were dropped, counted as such.
        var errors: UInt64
    }

    /// Both ends as one pass read them.
    struct Reading: Hashable {
        var time: Double
        var peer: PortKey
        var here: Totals
        var there: Totals
        // By how many seconds the ends' readings may be apart.
        var skew: Double
        var bitsPerSecond: Double
    }

    /// Most windows that are remembered.
    package static let windowsMax = 3
    // The smallest packet: LRH, BTH, ICRC and VCRC (IBTA vol 1, 5.2).
    private static let bytesMin = 26.0
    // How much faster than a full link packets of the usual size may come: nothing is, but the
    // usual size is only an average.
    private static let margin = 2.0

    /// The latest windows, oldest first.
    package private(set) var windows: [Window] = []
    private var start: Reading?

    /// Since when the present window has been counting; nil while it is not.
    var began: Double? { start?.time }

    /// Begins anew.
    mutating func reset() {
        windows = []
        start = nil
    }

    /// Takes both ends in; `length` is that of a window in seconds.
    mutating func take(_ reading: Reading, length: Double) {
        if let start, start.peer != reading.peer { reset() }
        guard let start, reading.time > start.time else {
            start = start ?? reading
            return
        }
        guard reading.time - start.time >= length else { return }
        self.start = reading
        guard
            let toPeer = Self.way(
                start, reading, sent: \.here.sent, words: \.here.words, received: \.there.received,
                errors: \.there.errors),
            let toHere = Self.way(
                start, reading, sent: \.there.sent, words: \.there.words,
                received: \.here.received, errors: \.here.errors)
        else { return windows = [] }
        windows.append(Window(time: reading.time, toPeer: toPeer, toHere: toHere))
        if windows.count > Self.windowsMax { windows.removeFirst() }
    }

    private static func way(
        _ start: Reading, _ end: Reading, sent: KeyPath<Reading, UInt64>,
        words: KeyPath<Reading, UInt64>, received: KeyPath<Reading, UInt64>,
        errors: KeyPath<Reading, UInt64>
    ) -> Way? {
        func rise(_ path: KeyPath<Reading, UInt64>) -> Double? {
            let (before, after) = (start[keyPath: path], end[keyPath: path])
            return after >= before ? Double(after - before) : nil
        }
        guard let sent = rise(sent), let words = rise(words), let received = rise(received),
            let errors = rise(errors)
        else { return nil }
        let bytes = sent > 0 ? max(bytesMin, words * 4 / sent) : bytesMin
        let perSecond = max(start.bitsPerSecond, end.bitsPerSecond) / 8 / bytes
        return Way(
            excess: sent - received - (received < sent ? min(errors, sent - received) : 0),
            packets: sent, underway: margin * (start.skew + end.skew) * perSecond)
    }
}
