import History
import Model
import Serve
import Wire

/// Answers questions about the past from the history's read-only side.
struct Archive: Sendable {
    /// Most events that one answer looks at.
    private static let eventLimit = 100_000

    let reader: Reader

    /// What was counted from one moment to another, which is the newest pass when it is nil.
    func deltas(
        since: Since, until: Since? = nil, node: String, places: PartPlaces, now: Moment
    ) throws(AnswerError) -> V1.Deltas {
        do {
            guard let bounds = try reader.bounds() else {
                throw AnswerError.nothingYet
            }
            let (start, isComplete) = try start(since, bounds, now: now)
            let end = try end(until, bounds, now: now)
            guard start.pass.id <= end.pass.id else {
                throw AnswerError.badRequest(
                    "The window would end (\(end.pass.time)) before it starts "
                        + "(\(start.pass.time)).")
            }
            let window = Window(start: start, end: end, places: places)
            let events = try events(after: start.pass.id, through: end.pass.id)
            let firsts = try firstStates(window)
            return V1.Deltas(
                node: node, from: start.pass.document, to: end.pass.document,
                complete: isComplete,
                passes: Int(try reader.passCount(after: start.pass.id, through: end.pass.id)),
                next: Cursor(pass: end.pass.id, storeID: bounds.storeID).text,
                series: window.series(events: events, firsts: firsts))
        } catch {
            throw AnswerError(error)
        }
    }

    /// The state that a window starts from, and whether it reaches back as far as was asked.
    func start(
        _ since: Since, _ bounds: HistoryBounds, now: Moment
    ) throws -> (StoredState, isComplete: Bool) {
        switch since {
        case .cursor(let text): return try start(at: try cursor(text, bounds), bounds)
        case .mark(let name): return try start(at: try pass(of: name, bounds, now: now), bounds)
        case .ago(let milliseconds):
            return try start(
                .wall(milliseconds: now.wallMilliseconds - milliseconds), bounds, now: now)
        case .wall(let milliseconds):
            if let state = try reader.state(atOrBeforeWall: milliseconds) { return (state, true) }
            guard let oldest = try reader.state(atOrBefore: bounds.oldest.id) else {
                throw AnswerError.gone("The oldest pass cannot be read. \(Self.kept(bounds))")
            }
            return (oldest, false)
        }
    }

    private func start(
        at pass: PassID, _ bounds: HistoryBounds
    ) throws -> (StoredState, isComplete: Bool) {
        guard let state = try reader.state(atOrBefore: pass) else {
            throw AnswerError.gone("Pass \(pass) cannot be read. \(Self.kept(bounds))")
        }
        return (state, state.pass.id == pass)
    }

    private func cursor(_ text: String, _ bounds: HistoryBounds) throws(AnswerError) -> PassID {
        guard let cursor = Cursor(text) else {
            throw .badRequest(
                "'\(text)' is not a cursor: take it from 'next' of an earlier answer.")
        }
        guard cursor.storeID == bounds.storeID else {
            throw .gone("The cursor belongs to another history. \(Self.kept(bounds))")
        }
        guard cursor.pass <= bounds.newest.id else {
            throw .badRequest("Pass \(cursor.pass) is not collected yet. \(Self.kept(bounds))")
        }
        guard cursor.pass >= bounds.oldest.id else {
            throw .gone("Pass \(cursor.pass) is no longer kept. \(Self.kept(bounds))")
        }
        return cursor.pass
    }

    /// What is kept, one sentence.
    static func kept(_ bounds: HistoryBounds) -> String {
        "Kept are passes \(bounds.oldest.id) (\(bounds.oldest.time)) to \(bounds.newest.id) "
            + "(\(bounds.newest.time))."
    }

    func events(
        after: PassID, through: PassID
    ) throws -> WindowEvents {
        let events = try reader.events(after: after, through: through, limit: Self.eventLimit)
        guard events.count < Self.eventLimit else {
            throw AnswerError.unavailable(
                "More than \(Self.eventLimit) counter events lie in the window: ask for less.")
        }
        return WindowEvents(events)
    }

    // A part that was first seen within the window starts from its first record.
    private func firstStates(_ window: Window) throws -> [String: StoredSeries] {
        var firsts: [String: StoredSeries] = [:]
        for pass in Set(window.newcomers.map(\.firstRecorded.id)) {
            for series in try reader.state(atOrBefore: pass)?.series ?? [] {
                firsts[series.key] = series
            }
        }
        return firsts
    }
}

extension AnswerError {
    static let nothingYet = AnswerError.unavailable(
        "The history holds no pass yet; ask again shortly.")

    /// What a question about the past failed with.
    init(_ error: any Error) {
        switch error {
        case let error as AnswerError: self = error
        case let error as HistoryError: self = .unavailable(error.description)
        default: self = .unavailable("\(error)")
        }
    }
}

/// A counter of a part, by name.
struct EventKey: Hashable {
    var series: String
    var column: String
}

/// What happened to counters in a window.
struct WindowEvents {
    /// By counter, in their order.
    private(set) var byCounter: [EventKey: [(pass: PassID, kind: CounterEvent.Kind)]] = [:]
    /// Whether some of them cannot be read.
    let isDamaged: Bool

    init(_ events: StoredEvents) {
        isDamaged = events.damagedCount > 0
        for stored in events.readable {
            let key = EventKey(series: stored.event.key, column: stored.columnName)
            byCounter[key, default: []].append((stored.pass.id, stored.event.kind))
        }
    }

    /// What happened to one counter.
    func kinds(_ series: String, _ column: String) -> [CounterEvent.Kind] {
        byCounter[EventKey(series: series, column: column)]?.map(\.kind) ?? []
    }
}

/// Names a pass of one history: `p17-0123456789abcdef`.
struct Cursor: Hashable {
    var pass: PassID
    var storeID: UInt64

    init(pass: PassID, storeID: UInt64) {
        self.pass = pass
        self.storeID = storeID
    }

    /// Reads what `text` writes; nil for anything else.
    init?(_ text: String) {
        let parts = text.dropFirst().split(separator: "-", omittingEmptySubsequences: false)
        guard text.hasPrefix("p"), parts.count == 2, let pass = UInt64(parts[0]),
            parts[1].utf8.count == 16, let storeID = UInt64(parts[1], radix: 16)
        else { return nil }
        self.init(pass: PassID(pass), storeID: storeID)
    }

    var text: String { "p\(pass)-\(Hexadecimal.padded(storeID, digits: 16))" }
}

/// Two states of the history and the places of the parts in them.
private struct Window {
    let start: StoredState
    let end: StoredState
    let places: PartPlaces
    private let before: [String: StoredSeries]

    init(start: StoredState, end: StoredState, places: PartPlaces) {
        self.start = start
        self.end = end
        self.places = places
        before = Dictionary(start.series.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
    }

    var newcomers: [StoredSeries] { end.series.filter { before[$0.key] == nil } }

    func series(
        events: WindowEvents, firsts: [String: StoredSeries]
    ) -> [V1.DeltaSeries] {
        end.series.map { last in
            let first = before[last.key] ?? firsts[last.key]
            return V1.DeltaSeries(
                class: last.layout.deviceClass, place: places.place(of: last.key), key: last.key,
                from: (first?.lastSeen ?? first?.firstRecorded ?? start.pass).time,
                to: (last.lastSeen ?? end.pass).time, stale: !last.isPresent,
                counters: Self.deltas(first, last, events))
        }
    }

    private static func deltas(
        _ first: StoredSeries?, _ last: StoredSeries, _ events: WindowEvents
    ) -> [V1.CounterDelta] {
        let sameLayout = first?.layout == last.layout
        let counters = PartKey(last.key)?.table.counters ?? []
        return last.layout.columns.enumerated().compactMap { index, column in
            guard column.kind == .counter else { return nil }
            let before = sameLayout ? index : first?.layout.columns.firstIndex(of: column)
            let delta = WindowDelta.between(
                start: before.flatMap { first?.cells[$0] }, end: last.cells[index],
                events: events.kinds(last.key, column.name), isDamaged: events.isDamaged)
            let accused = counters.first { $0.name == column.name }?.accuses
            return delta.map { $0.document(column, accused) }
        }
    }
}

extension WindowDelta {
    fileprivate func document(_ column: Column, _ accused: Accused?) -> V1.CounterDelta {
        let unit = Unit(rawValue: column.unit)
        return V1.CounterDelta(
            name: column.name, unit: unit?.publishedName ?? column.unit,
            accuses: accused?.rawValue,
            delta: quality == .unknown ? nil : increase.map { unit?.published($0) ?? $0 },
            quality: quality.name, reasons: reasons)
    }
}

extension StoredPass {
    /// Its time, as answers give it.
    var time: String { Timestamp.text(milliseconds: wallMilliseconds) }

    var document: V1.PassTime { V1.PassTime(pass: id.rawValue, time: time) }
}
