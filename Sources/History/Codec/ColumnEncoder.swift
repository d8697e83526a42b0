/// Finds the shortest form of each column of a chunk, in their order.
struct ColumnEncoder {
    /// How one column will be written.
    private struct Plan {
        var kind = ResidualKind.steps
        var prediction: Prediction?
        var residuals: ResidualPlan
        var size: Int
    }

    /// A column that others may follow.
    private struct Leader {
        var column: Int
        var isThinned: Bool
        var shape: SIMD16<Float>
    }

    /// How many of the likeliest leaders are tried.
    private static let trialCount = 3
    private let content: ChunkContent
    private let clocks: (full: [UInt64], thinned: [UInt64])
    private var leaders: [Leader] = []
    private var scratch: [Int64]

    init(_ content: ChunkContent, clock: SlotClock) {
        self.content = content
        clocks = (clock.leader(isThinned: false), clock.leader(isThinned: true))
        scratch = Array(repeating: 0, count: max(0, content.rows - 1))
    }

    /// Appends what the directory says of a column that changes, and its payload.
    mutating func append(
        _ index: Int, tag: inout ColumnTag, directory: inout [UInt8], payloads: inout [UInt8]
    ) {
        let values = content.columns[index].values
        let plan = plan(index)
        tag.form = plan.residuals.coder.rawValue
        tag.kind = plan.kind
        var description: [UInt8] = []
        description.appendVarint(values[0])
        if let prediction = plan.prediction {
            switch prediction.leader {
            case .clock: tag.leading = .clock
            case .column(let leader):
                tag.leading = prediction.isUnit ? .unitColumn : .scaledColumn
                description.appendVarint(UInt64(index - leader))
            }
            if tag.leading != .unitColumn {
                description.appendVarint(prediction.numerator)
                description.append(UInt8(prediction.shift))
            }
        }
        fill(index, plan.prediction, plan.kind, of: values)
        let start = payloads.count
        Residuals.append(
            scratch.span.extracting(first: values.count - 1), plan.residuals, to: &payloads)
        description.appendVarint(UInt64(payloads.count - start))
        directory += description
    }

    private mutating func plan(_ index: Int) -> Plan {
        let values = content.columns[index].values
        let count = values.count - 1
        fill(index, nil, .steps, of: values)
        var best = plan(.steps, nil, count: count, overhead: 0)
        guard best.residuals.coder == .packed || best.residuals.coder == .adaptive else {
            return best
        }
        let alone = Residuals.estimate(scratch.span.extracting(first: count))
        var followed: (prediction: Prediction?, estimate: Int) = (nil, alone)
        let shape = Self.shape(of: values)
        for prediction in predictions(index, shape) {
            fill(index, prediction, .steps, of: values)
            let estimate =
                Residuals.estimate(scratch.span.extracting(first: count)) + prediction.size
            if estimate < followed.estimate { followed = (prediction, estimate) }
        }
        var trials: [(Prediction?, ResidualKind)] = [(nil, .rises)]
        if let prediction = followed.prediction {
            trials += [(prediction, .steps), (prediction, .rises)]
        }
        for (prediction, kind) in trials {
            fill(index, prediction, kind, of: values)
            let plan = plan(kind, prediction, count: count, overhead: prediction?.size ?? 0)
            if plan.size < best.size { best = plan }
        }
        if let shape {
            leaders.append(
                Leader(
                    column: index, isThinned: content.columns[index].isThinned, shape: shape))
        }
        return best
    }

    private func plan(
        _ kind: ResidualKind, _ prediction: Prediction?, count: Int, overhead: Int
    ) -> Plan {
        let residuals = Residuals.plan(scratch.span.extracting(first: count))
        return Plan(
            kind: kind, prediction: prediction, residuals: residuals,
            size: residuals.size + overhead)
    }

    private mutating func fill(
        _ index: Int, _ prediction: Prediction?, _ kind: ResidualKind, of values: [UInt64]
    ) {
        let leader = leader(of: prediction, isThinned: content.columns[index].isThinned)
        var residuals = scratch.mutableSpan
        prediction.residuals(of: values.span, leader: leader.span, kind, into: &residuals)
    }

    private func leader(of prediction: Prediction?, isThinned: Bool) -> [UInt64] {
        switch prediction?.leader {
        case nil: []
        case .clock: isThinned ? clocks.thinned : clocks.full
        case .column(let column): content.columns[column].values
        }
    }

    // The clock, and the earlier columns that have a similar shape.
    private func predictions(_ index: Int, _ shape: SIMD16<Float>?) -> [Prediction] {
        guard let shape else { return [] }
        let column = content.columns[index]
        let rise = Self.rise(column.values)
        var found: [(distance: Float, prediction: Prediction)] = []
        for leader in leaders where leader.isThinned == column.isThinned {
            let distance = abs(leader.shape - shape)
            let sum = distance.sum()
            guard found.count < Self.trialCount || sum < found[found.count - 1].distance else {
                continue
            }
            let leaderRise = Self.rise(content.columns[leader.column].values)
            let isUnit = abs(Float(rise) / Float(leaderRise) - 1) < 0.01
            guard
                let prediction = isUnit
                    ? Prediction(unit: .column(leader.column))
                    : Prediction(.column(leader.column), rise: rise, leaderRise: leaderRise)
            else { continue }
            found.append((sum, prediction))
            found.sort { $0.distance < $1.distance }
            if found.count > Self.trialCount { found.removeLast() }
        }
        let clock = column.isThinned ? clocks.thinned : clocks.full
        let steady = Prediction(.clock, rise: rise, leaderRise: Self.rise(clock))
        return found.map(\.prediction) + (steady.map { [$0] } ?? [])
    }

    private static func rise(_ values: [UInt64]) -> UInt64 {
        guard let first = values.first, let last = values.last else { return 0 }
        return last &- first
    }

    // Steps here and there in relation to the mean one; nil for what does not rise.
    private static func shape(of values: [UInt64]) -> SIMD16<Float>? {
        let count = values.count - 1
        let rise = rise(values)
        guard count > 0, rise > 0, rise >> 63 == 0 else { return nil }
        let scale = Float(count) / Float(rise)
        var shape = SIMD16<Float>()
        for index in 0..<16 {
            let row = (2 * index + 1) * count / 32
            let step = Int64(bitPattern: values[row + 1] &- values[row])
            shape[index] = Float(step) * scale
        }
        return shape
    }
}

extension Prediction {
    /// About the bytes that it takes in the directory.
    fileprivate var size: Int { isUnit ? 2 : 7 }
}

private func abs(_ vector: SIMD16<Float>) -> SIMD16<Float> {
    vector.replacing(with: -vector, where: vector .< 0)
}
