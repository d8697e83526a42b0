import History
import Model
import Serve
import Wire

extension Archive {
    /// Most points that one answer may have, so that it stays within a few megabytes.
    private static let pointLimit: Int64 = 100_000
    /// Most series of one answer, whose passes of an hour are held at a time.
    private static let seriesLimit = 2000

    /// The counters and gauges of these names that the parts of the newest pass have.
    func rangeSeries(
        names: [String], places: PartPlaces
    ) throws(AnswerError) -> [V1.RangeSeries] {
        do {
            guard let bounds = try reader.bounds(),
                let newest = try reader.state(atOrBefore: bounds.newest.id)
            else { throw AnswerError.nothingYet }
            for name in names
            where !newest.series.contains(where: { $0.layout.columns.map(\.name).contains(name) }) {
                throw AnswerError.badRequest(
                    "No part has a counter or gauge \"\(name)\"; /api/v1/counters and "
                        + "/api/v1/gpus/<gpu> name them.")
            }
            return newest.series.flatMap { series in
                series.layout.columns.filter { names.contains($0.name) }.map { column in
                    V1.RangeSeries(
                        class: series.layout.deviceClass, place: places.place(of: series.key),
                        key: series.key, name: column.name, unit: column.publishedUnit,
                        accuses: column.accused(series.key))
                }
            }
        } catch {
            throw AnswerError(error)
        }
    }

    /// What became of series of `rangeSeries` step by step.
    func range(
        _ question: RangeQuestion, of series: [V1.RangeSeries], node: String, now: Moment
    ) throws(AnswerError) -> V1.Range {
        do {
            guard let bounds = try reader.bounds() else { throw AnswerError.nothingYet }
            let first = try firstStep(question, bounds, now: now)
            let start = first.pass
            let end =
                try question.until.map { try self.start($0, bounds, now: now).0.pass }
                ?? bounds.newest
            guard start.id <= end.id else {
                throw AnswerError.badRequest("until lies before since.")
            }
            try refuseTooMany(question, start, end, count: series.count)
            let events = try events(after: start.id, through: end.id)
            var sums = RangeSums(series, question, events)
            try sums.read(reader, from: start, to: end)
            return V1.Range(
                node: node, from: start.document, to: end.document, complete: first.isComplete,
                function: question.function.rawValue,
                stepSeconds: question.stepMilliseconds.map { Double($0) / 1000 },
                series: sums.finish(at: end, after: first.milliseconds))
        } catch {
            throw AnswerError(error)
        }
    }

    // The pass to start from, and the time that the first step follows: a start within a step
    // stands for that of the step.
    private func firstStep(
        _ question: RangeQuestion, _ bounds: HistoryBounds, now: Moment
    ) throws -> (pass: StoredPass, milliseconds: Int64, isComplete: Bool) {
        let asked: Int64? =
            switch question.since {
            case .wall(let milliseconds): milliseconds
            case .ago(let milliseconds): now.wallMilliseconds - milliseconds
            case .cursor, .mark: nil
            }
        guard let step = question.stepMilliseconds else {
            let (state, isComplete) = try start(question.since, bounds, now: now)
            return (state.pass, state.pass.wallMilliseconds, isComplete)
        }
        let begin = asked.map { $0 - $0 % step }
        let since = begin.map { Since.wall(milliseconds: $0) } ?? question.since
        let (state, isComplete) = try start(since, bounds, now: now)
        return (state.pass, begin ?? .min, isComplete)
    }

    private func refuseTooMany(
        _ question: RangeQuestion, _ start: StoredPass, _ end: StoredPass, count: Int
    ) throws {
        guard count <= Self.seriesLimit else {
            throw AnswerError.badRequest(
                "\(count) series are more than the \(Self.seriesLimit) that one answer may have: "
                    + "ask for fewer names or parts.")
        }
        let passes = Int64(clamping: try reader.passCount(after: start.id, through: end.id))
        let steps = question.stepMilliseconds.map {
            max(0, end.wallMilliseconds - start.wallMilliseconds) / $0 + 1
        }
        let points = min(passes, steps ?? passes)
        guard points * Int64(count) <= Self.pointLimit else {
            throw AnswerError.badRequest(
                "\(count) series of up to \(points) points are more than the \(Self.pointLimit) "
                    + "that one answer may have: ask for a longer step, a shorter time, or fewer.")
        }
    }
}

/// The sums of all series of a question.
private struct RangeSums {
    private var series: [V1.RangeSeries]
    private var sums: [Rollup?]
    private let question: RangeQuestion
    private let events: WindowEvents
    // Which sums are of a part.
    private let numbers: [String: [Int]]
    // What the sums are of, once it was read.
    private var columns: [Column?]

    init(
        _ series: [V1.RangeSeries], _ question: RangeQuestion, _ events: WindowEvents
    ) {
        self.series = series
        self.question = question
        self.events = events
        sums = Array(repeating: nil, count: series.count)
        columns = Array(repeating: nil, count: series.count)
        numbers = Dictionary(grouping: series.indices) { series[$0].key }
    }

    mutating func read(_ reader: Reader, from start: StoredPass, to end: StoredPass) throws {
        let selection = Selection(
            keys: Set(series.map(\.key)), columns: Set(series.map(\.name)))
        // The first pass is what the first step starts from.
        var after = PassID(start.id.rawValue - min(start.id.rawValue, 1))
        while after < end.id,
            let stretch = try reader.stretch(after: after, through: end.id, of: selection)
        {
            for part in stretch.series {
                for number in numbers[part.key] ?? [] {
                    try take(part, of: stretch, into: number)
                }
            }
            after = stretch.through
        }
    }

    private mutating func take(
        _ part: StretchSeries, of stretch: Stretch, into number: Int
    ) throws {
        let name = series[number].name
        guard let found = part.columns.first(where: { part.layout.columns[$0.index].name == name })
        else { return }
        let column = part.layout.columns[found.index]
        guard column.kind == .counter || !question.function.needsCounter else {
            throw AnswerError.badRequest(
                "\(name) is a gauge, of which there is no \(question.function.rawValue): "
                    + "ask for last, min or max.")
        }
        var sum =
            sums[number]
            ?? Rollup(
                question.function, stepMilliseconds: question.stepMilliseconds, of: column,
                events: events.byCounter[EventKey(series: part.key, column: name)] ?? [],
                isDamaged: events.isDamaged)
        sums[number] = nil
        found.eachCell { row, cell in
            let pass = stretch.passes[row]
            sum.take(cell, in: pass.id, at: pass.wallMilliseconds)
        }
        sums[number] = sum
        columns[number] = column
    }

    mutating func finish(at end: StoredPass, after milliseconds: Int64) -> [V1.RangeSeries] {
        for number in series.indices {
            guard var sum = sums[number], let column = columns[number] else { continue }
            sum.finish(at: end.wallMilliseconds)
            // Some steps were only read to start from.
            let points = sum.points.drop { $0.milliseconds <= milliseconds }
            series[number].points = points.map { column.document($0) }
        }
        return series
    }
}

extension Column {
    /// What a rising count of the part with a key speaks against; nil for a gauge.
    func accused(_ key: String) -> String? {
        PartKey(key)?.table.counters.first { $0.name == name }?.accuses.rawValue
    }

    fileprivate func document(_ point: RollupPoint) -> V1.RangePoint {
        V1.RangePoint(
            time: Timestamp.text(milliseconds: point.milliseconds),
            value: point.value.map(number), quality: kind == .counter ? point.quality.name : nil,
            reasons: point.reasons.isEmpty ? nil : point.reasons)
    }

    private func number(_ value: RollupPoint.Value) -> V1.Number {
        switch value {
        case .raw(let raw):
            switch published(raw) {
            case .integer(let value): return .integer(value)
            case .decimal(let value): return .decimal(value)
            }
        case .perSecond(let rate):
            return .decimal(rate * Double(Unit(rawValue: unit)?.factor ?? 1))
        }
    }
}
