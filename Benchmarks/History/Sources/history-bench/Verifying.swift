import History
import Model
import NodeTrace

/// Compares all that a history tells with the trace that it was written from.
struct Verifying {
    /// A column of which every pass is compared with one answer for all of them.
    private struct Watched {
        let series: Int
        let column: Int
        let key: String
        let name: String
        var cells: [Cell] = []
    }

    private let options: Options
    private let reader: Reader
    private var trace: Trace
    private var watched: [Watched] = []
    private var events: [(pass: Int, event: CounterEvent)] = []
    private var comparedStates = 0
    private var comparedCells = 0
    private var comparedPoints = 0
    private var differences = 0

    static func run(_ options: Options) throws {
        var verifying = Verifying(options)
        try verifying.run()
    }

    private init(_ options: Options) {
        self.options = options
        reader = Reader(directory: options.directory, timeLimitMilliseconds: 60_000)
        trace = options.trace
    }

    private mutating func run() throws {
        trace.next()
        watch()
        while trace.second < options.seconds {
            for index in watched.indices {
                let (series, column) = (watched[index].series, watched[index].column)
                watched[index].cells.append(trace.record.series[series].cells[column])
            }
            for event in trace.record.events { events.append((trace.count, event)) }
            if trace.count % options.every == 0 || trace.start != .none { try compareState() }
            trace.next()
        }
        try compareBounds()
        try compareEvents()
        try compareRanges()
        report("states compared", Double(comparedStates))
        report("cells compared", Double(comparedCells))
        report("events compared", Double(events.count))
        report("points of ranges compared", Double(comparedPoints))
        report("differences", Double(differences))
        guard differences == 0 else {
            throw Options.Failure(description: "the history differs from the trace")
        }
    }

    // Every live column of three parts of each class.
    private mutating func watch() {
        var parts: [String: [Int]] = [:]
        for (index, series) in trace.record.series.enumerated() {
            parts[series.layout.deviceClass, default: []].append(index)
        }
        let chosen = Set(parts.values.flatMap { [$0[0], $0[$0.count / 3], $0[$0.count - 1]] })
        // The cable with errors, and the GPU that goes away.
        let special = Set([5, 13] + (parts["gpu"].map { [$0[3]] } ?? []))
        for place in trace.sampled where chosen.union(special).contains(place.series) {
            let series = trace.record.series[place.series]
            watched.append(
                Watched(
                    series: place.series, column: place.column, key: series.key,
                    name: series.layout.columns[place.column].name))
        }
    }

    private mutating func differ(_ what: String) {
        differences += 1
        if differences <= 10 { print("difference: \(what)") }
    }

    private mutating func compareState() throws {
        let record = trace.record
        guard let state = try reader.state(atOrBefore: PassID(UInt64(trace.count))),
            state.pass.id.rawValue == UInt64(trace.count)
        else { return differ("pass \(trace.count) is not there") }
        comparedStates += 1
        if state.moment != record.moment { differ("pass \(trace.count): \(state.moment)") }
        if state.series.count != record.series.count {
            return differ("pass \(trace.count) has \(state.series.count) series")
        }
        for (stored, series) in zip(state.series, record.series) {
            comparedCells += series.cells.count
            if stored.key != series.key || stored.isPresent != series.isPresent
                || stored.layout != series.layout || stored.cells != series.cells
            {
                differ("pass \(trace.count), \(series.key)")
            }
        }
    }

    private mutating func compareBounds() throws {
        let bounds = try reader.bounds()
        // The trace is one pass ahead, behind its end.
        if bounds?.oldest.id.rawValue != 1 || bounds?.newest.id.rawValue != UInt64(trace.count - 1)
        {
            differ("bounds")
        }
    }

    private mutating func compareEvents() throws {
        let stored = try reader.events(
            after: PassID(0), through: PassID(UInt64(trace.count)), limit: .max
        ).readable
        guard stored.count == events.count else {
            return differ("\(stored.count) events, not \(events.count)")
        }
        for (stored, expected) in zip(stored, events)
        where stored.pass.id.rawValue != UInt64(expected.pass) || stored.event != expected.event {
            differ("event \(stored)")
        }
    }

    private mutating func compareRanges() throws {
        for column in watched {
            let range = try Adapter.range(
                reader, key: column.key, column: column.name, after: PassID(0),
                through: PassID(UInt64(trace.count)))
            guard let range else { continue }
            comparedPoints += range.count
            guard range.count == column.cells.count else {
                differ("\(column.key) \(column.name): \(range.count) points")
                continue
            }
            for (index, point) in range.enumerated()
            where point.pass.rawValue != UInt64(index + 1) || point.cell != column.cells[index] {
                differ("\(column.key) \(column.name), pass \(point.pass): \(point.cell)")
            }
        }
    }
}
