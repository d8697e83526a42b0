/// Folds what a device repeats, and names the event that the others follow from.
///
/// The first event of a device opens a window of 5 s and is its root. Within the window an event
/// that says the same again (kind, number, link, process, severity and detail) only counts; a
/// window that closes gives out the events whose counts grew. Events of the node itself fold as
/// well, but have no root, because they have nothing in common.
///
/// Everything is bounded: a window keeps `eventsMax` different events, with grave ones twice as
/// many, and counts what goes beyond; of more than `windowsMax` windows the oldest is closed early.
package struct EventWindow: Sendable {
    /// How long a window stays open after its first event.
    package static let lengthNanoseconds: UInt64 = 5_000_000_000
    /// How many windows are open at once.
    package static let windowsMax = 128
    /// How many different events a window keeps.
    package static let eventsMax = 64
    /// How many grown events wait to be given out.
    package static let finishedMax = 4096
    /// The longest detail that following lines can build, in UTF-8 bytes.
    package static let detailLimit = 512

    private struct Entry: Sendable {
        var event: NodeEvent
        // What it said first; following lines add to the detail of the event.
        let detail: String?
        var hasChanged = false

        func isRepeated(by other: NodeEvent) -> Bool {
            event.kind == other.kind && event.number == other.number && event.link == other.link
                && event.process == other.process && event.severity == other.severity
                && detail == other.detail
        }

        mutating func repeats(_ other: NodeEvent) {
            let (sum, overflow) = event.count.addingReportingOverflow(other.count)
            event.count = overflow ? .max : sum
            event.lastWallMilliseconds = max(event.lastWallMilliseconds, other.lastWallMilliseconds)
            hasChanged = true
        }

        mutating func attach(_ text: String) {
            let present = event.detail ?? ""
            guard !ByteScanner(present).contains(text) else { return }
            let joined = present.isEmpty ? text : "\(present) \(text)"
            guard joined.utf8.count <= EventWindow.detailLimit else { return }
            event.detail = joined
            hasChanged = true
        }
    }

    private struct Window: Sendable {
        let device: NodeEvent.Device?
        let openedNanoseconds: UInt64
        var entries: [Entry]

        func isDue(_ nowNanoseconds: UInt64) -> Bool {
            nowNanoseconds >= deadlineNanoseconds
        }

        var deadlineNanoseconds: UInt64 {
            let (sum, overflow) = openedNanoseconds.addingReportingOverflow(lengthNanoseconds)
            return overflow ? .max : sum
        }

        var changed: [NodeEvent] { entries.filter(\.hasChanged).map(\.event) }
    }

    // In the order in which they were opened.
    private var windows: [Window] = []
    private var finished: [NodeEvent] = []

    /// How many events were dropped, because their window or the queue of grown events was full.
    package private(set) var dropped: UInt64 = 0

    /// Without open windows.
    package init() {}

    /// Takes an event.
    ///
    /// - Parameters:
    ///   - event: What happened.
    ///   - nowNanoseconds: When, on the clock that `close` is called with.
    /// - Returns: The event when it is new and to be passed on at once.
    package mutating func take(_ event: NodeEvent, nowNanoseconds: UInt64) -> NodeEvent? {
        guard let place = openWindow(of: event.device, nowNanoseconds) else {
            open(event, nowNanoseconds)
            return event
        }
        if let index = windows[place].entries.firstIndex(where: { $0.isRepeated(by: event) }) {
            windows[place].entries[index].repeats(event)
            return nil
        }
        let limit = event.isGrave ? 2 * Self.eventsMax : Self.eventsMax
        guard windows[place].entries.count < limit else {
            dropped += 1
            return nil
        }
        var event = event
        event.root = event.device == nil ? nil : windows[place].entries.first?.event.record
        windows[place].entries.append(Entry(event: event, detail: event.detail))
        return event
    }

    /// Adds a following line to the detail of the device's latest event of the kind and number.
    ///
    /// - Parameters:
    ///   - text: What the line adds; what stands there already is not added again.
    ///   - device: The device that the line names.
    ///   - kind: What the line belongs to.
    ///   - number: The number that the line names; nil takes any.
    ///   - nowNanoseconds: When, as for `take`.
    /// - Returns: Whether there was such an event.
    @discardableResult
    package mutating func attach(
        _ text: String, to device: NodeEvent.Device?, kind: NodeEvent.Kind, number: UInt32?,
        nowNanoseconds: UInt64
    ) -> Bool {
        guard let place = openWindow(of: device, nowNanoseconds),
            let index = windows[place].entries.lastIndex(where: {
                $0.event.kind == kind && (number == nil || $0.event.number == number)
            })
        else { return false }
        windows[place].entries[index].attach(text)
        return true
    }

    /// Closes the windows that are due; gives the events whose counts or details grew.
    package mutating func close(nowNanoseconds: UInt64) -> [NodeEvent] {
        expire(nowNanoseconds)
        defer { finished.removeAll() }
        return finished
    }

    /// Gives the events whose counts or details grew, and leaves the windows open.
    package mutating func takeGrown() -> [NodeEvent] {
        var grown = finished
        finished = []
        for window in windows.indices {
            grown += windows[window].changed
            for entry in windows[window].entries.indices {
                windows[window].entries[entry].hasChanged = false
            }
        }
        return grown
    }

    /// When `close` has something to give, on the clock of `take`; nil while nothing grew.
    package var nextDeadlineNanoseconds: UInt64? {
        guard finished.isEmpty else { return 0 }
        return windows.lazy.filter { $0.entries.contains(where: \.hasChanged) }
            .map(\.deadlineNanoseconds).min()
    }

    private mutating func openWindow(
        of device: NodeEvent.Device?, _ nowNanoseconds: UInt64
    ) -> Int? {
        expire(nowNanoseconds)
        return windows.firstIndex { $0.device == device }
    }

    private mutating func open(_ event: NodeEvent, _ nowNanoseconds: UInt64) {
        if windows.count == Self.windowsMax { finish(windows.removeFirst()) }
        windows.append(
            Window(
                device: event.device, openedNanoseconds: nowNanoseconds,
                entries: [Entry(event: event, detail: event.detail)]))
    }

    private mutating func expire(_ nowNanoseconds: UInt64) {
        guard windows.contains(where: { $0.isDue(nowNanoseconds) }) else { return }
        for window in windows where window.isDue(nowNanoseconds) { finish(window) }
        windows.removeAll { $0.isDue(nowNanoseconds) }
    }

    private mutating func finish(_ window: Window) {
        for event in window.changed {
            guard finished.count < Self.finishedMax else {
                dropped += 1
                continue
            }
            finished.append(event)
        }
    }
}
