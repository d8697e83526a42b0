/// How one column of a chunk is written.
enum ColumnForm: Hashable {
    /// Zeros, in every row a value.
    case zero
    /// Not offered, in every row.
    case unsupported
    /// The same number in every row.
    case constant(UInt64)
    /// The first number, and what is left of the others once they were predicted.
    case residuals(Body)

    /// A column that changes.
    struct Body: Hashable {
        var first: UInt64
        var kind: ResidualKind
        var prediction: Prediction?
        var coder: ResidualCoder
        /// Where the residuals are in the chunk.
        var payload: Range<Int>
    }
}

/// The byte before a column, low bits first: three of the form, one of the kind, two of the
/// prediction, one for a pattern of statuses that is named, one for a column that is thinned.
struct ColumnTag {
    static let zero: UInt8 = 0
    static let constant: UInt8 = 1
    // 2 to 5: `ResidualCoder`
    static let unsupported: UInt8 = 7

    /// How a prediction is named.
    enum Leading: UInt8 {
        case none = 0
        case clock = 1
        case scaledColumn = 2
        case unitColumn = 3
    }

    var form: UInt8
    var kind = ResidualKind.steps
    var leading = Leading.none
    var hasPattern = false
    var isThinned = false

    init(form: UInt8) {
        self.form = form
    }

    init(byte: UInt8) {
        form = byte & 7
        kind = byte & 8 == 0 ? .steps : .rises
        leading = Leading(rawValue: byte >> 4 & 3) ?? .none
        hasPattern = byte & 0x40 != 0
        isThinned = byte & 0x80 != 0
    }

    var byte: UInt8 {
        form | kind.rawValue << 3 | leading.rawValue << 4 | (hasPattern ? 0x40 : 0)
            | (isThinned ? 0x80 : 0)
    }
}

/// One value of several, for so many rows at a time.
struct Runs<Value: Hashable & Sendable>: Hashable, Sendable {
    private(set) var runs: [(value: Value, count: Int)] = []

    /// The number of rows.
    private(set) var count = 0

    mutating func append(_ value: Value, count: Int = 1) {
        self.count += count
        if let last = runs.last, last.value == value {
            runs[runs.count - 1].count += count
        } else if count > 0 {
            runs.append((value, count))
        }
    }

    /// Nothing yet.
    init() {}

    /// One value for so many rows.
    init(_ value: Value, count: Int) {
        append(value, count: count)
    }

    /// The value in a row; nil beyond the last.
    subscript(row: Int) -> Value? {
        var rest = row
        for (value, count) in runs {
            if rest < count { return value }
            rest -= count
        }
        return nil
    }

    static func == (left: Runs, right: Runs) -> Bool {
        left.runs.elementsEqual(right.runs) { $0 == $1 }
    }

    func hash(into hasher: inout Hasher) {
        for run in runs { hasher.combine(run.value) }
    }
}
