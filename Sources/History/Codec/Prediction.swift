/// What a column is thought to do, given another one; what is left of it is written.
///
/// Two ends of a cable count the same packets, packets follow bytes, and code blocks follow the
/// clock: a column that follows another costs only what it does differently.
struct Prediction: Hashable {
    /// What a column follows.
    enum Leader: Hashable {
        /// The boot clock of the passes.
        case clock
        /// An earlier column of the chunk.
        case column(Int)
    }

    var leader: Leader
    /// The step for a step of the leader is `numerator / 2^shift`.
    var numerator: UInt64
    /// At most 63.
    var shift: UInt64

    /// Step for step.
    init(unit leader: Leader) {
        self.leader = leader
        numerator = 1
        shift = 0
    }

    /// A column as read: any numbers give some prediction.
    init(_ leader: Leader, numerator: UInt64, shift: UInt64) {
        self.leader = leader
        self.numerator = numerator
        self.shift = shift
    }

    /// A rise of `rise` while the leader rises by `leaderRise`; nil where that has no use.
    init?(_ leader: Leader, rise: UInt64, leaderRise: UInt64) {
        guard rise > 0, leaderRise > 0, rise >> 63 == 0, leaderRise >> 63 == 0 else { return nil }
        self.leader = leader
        // About 28 bits of the ratio, so that its error stays far below the noise.
        let bits = rise.leadingZeroBitCount - leaderRise.leadingZeroBitCount + 28
        guard (0...62).contains(bits) else { return nil }
        shift = UInt64(bits)
        let (high, low) = (rise >> (64 - shift), rise << shift)
        guard high < leaderRise else { return nil }
        numerator = leaderRise.dividingFullWidth((high, low)).quotient
        guard numerator > 0 else { return nil }
    }

    /// Whether a step of the leader is a step of the column.
    var isUnit: Bool { numerator == 1 && shift == 0 }

    /// What the column is thought to have risen by when the leader has risen by `rise`.
    func rise(_ rise: UInt64) -> UInt64 {
        guard !isUnit else { return rise }
        let (high, low) = rise.multipliedFullWidth(by: numerator)
        return shift == 0 ? low : low >> shift | high << (64 - shift)
    }
}

/// Which integers of a column are written.
enum ResidualKind: UInt8 {
    /// Each step less the predicted step.
    case steps = 0
    /// The rise since the first row less the predicted one.
    case rises = 1
}

extension Prediction? {
    /// Fills in what is left of a column; `values` and `leader` are of the same rows, and there is
    /// one residual less than rows.
    func residuals(
        of values: Span<UInt64>, leader: Span<UInt64>, _ kind: ResidualKind,
        into residuals: inout MutableSpan<Int64>
    ) {
        let first = values[0]
        let origin = leader.isEmpty ? 0 : leader[0]
        var before: UInt64 = 0
        for index in 0..<max(0, values.count - 1) {
            var rise = values[index + 1] &- first
            if let self { rise &-= self.rise(leader[index + 1] &- origin) }
            residuals[index] = Int64(bitPattern: kind == .rises ? rise : rise &- before)
            before = rise
        }
    }

    /// The inverse of `residuals`: the values that these are left of, in as many rows.
    func values(
        from first: UInt64, leader: Span<UInt64>, _ kind: ResidualKind, _ residuals: Span<Int64>,
        into values: inout MutableSpan<UInt64>
    ) {
        let origin = leader.isEmpty ? 0 : leader[0]
        var rise: UInt64 = 0
        values[0] = first
        for index in 0..<residuals.count {
            let residual = UInt64(bitPattern: residuals[index])
            rise = kind == .rises ? residual : rise &+ residual
            var value = first &+ rise
            if let self { value &+= self.rise(leader[index + 1] &- origin) }
            values[index + 1] = value
        }
    }

    /// The value of the row behind the last of these residuals; `leaderRise` is how much the leader
    /// has risen there since the first row.
    func value(
        from first: UInt64, leaderRise: UInt64, _ kind: ResidualKind, _ residuals: Span<Int64>
    ) -> UInt64 {
        guard residuals.count > 0 else { return first }
        var rise: UInt64 = 0
        if kind == .rises {
            rise = UInt64(bitPattern: residuals[residuals.count - 1])
        } else {
            for index in 0..<residuals.count { rise &+= UInt64(bitPattern: residuals[index]) }
        }
        if let self { rise &+= self.rise(leaderRise) }
        return first &+ rise
    }
}
