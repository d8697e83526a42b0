import Model

/// A pass as the codec sees it: flat, without text.
struct Frame: Equatable {
    /// Which series it has and what their columns are; the same for all rows of a group.
    var shape: FrameShape
    /// CLOCK_REALTIME of the pass, as it was collected.
    var wallMilliseconds: Int64
    /// CLOCK_BOOTTIME of the pass.
    var boottimeNanoseconds: UInt64
    /// One per series: whether the device was observed.
    var present: [Bool]
    /// One per series: when it was observed last; nil for never.
    var seen: [Seen?]
    /// One per cell.
    var statuses: [CellStatus]
    /// One per cell; zero where the status carries no value.
    var values: [UInt64]

    /// A frame of zeros, which a key frame is the difference from.
    ///
    /// `seen` has one entry per series, for those that a row does not say to be present.
    init(shape: FrameShape, seen: [Seen?]) {
        self.shape = shape
        wallMilliseconds = 0
        boottimeNanoseconds = 0
        present = Array(repeating: false, count: shape.parts.count)
        self.seen = seen
        statuses = Array(repeating: .value, count: shape.gauges.count)
        values = Array(repeating: 0, count: shape.gauges.count)
    }

    /// The cells of one series.
    func cells(ofPart index: Int) -> [Cell] {
        shape.parts[index].cells.map { statuses[$0].cell(values[$0]) }
    }
}

/// The series of a group of rows and where their cells are.
struct FrameShape: Equatable {
    /// One series.
    struct Part: Equatable {
        /// Its row in the table `device`.
        var device: Int64
        /// Its row in the table `layout`.
        var layout: Int64
        /// Its cells among all cells of the frame.
        var cells: Range<Int>
    }

    /// The series in the order of the record.
    private(set) var parts: [Part] = []
    /// One per cell: whether the value may fall.
    private(set) var gauges: [Bool] = []

    /// Adds a series behind the others; `columns` says for each column whether it is a gauge.
    mutating func append(device: Int64, layout: Int64, columns: [Bool]) {
        let cells = gauges.count..<gauges.count + columns.count
        parts.append(Part(device: device, layout: layout, cells: cells))
        gauges += columns
    }
}

/// A pass and its time.
struct Seen: Hashable {
    var pass: Int64
    var timeMilliseconds: Int64
}

/// What a cell says besides its value; the raw value is stored.
enum CellStatus: UInt8, Sendable {
    case value = 0
    case saturated = 1
    case unsupported = 2
    case missing = 3
    case missingNeverKnown = 4

    /// Whether a value belongs to it.
    var hasValue: Bool { self != .unsupported && self != .missingNeverKnown }

    /// The cell that this status and value stand for.
    func cell(_ value: UInt64) -> Cell {
        switch self {
        case .value: .value(value, saturated: false)
        case .saturated: .value(value, saturated: true)
        case .unsupported: .unsupported
        case .missing: .missing(last: value)
        case .missingNeverKnown: .missing(last: nil)
        }
    }

    /// The status and the value of a cell; zero where there is no value.
    static func split(_ cell: Cell) -> (CellStatus, UInt64) {
        switch cell {
        case .value(let value, let saturated): (saturated ? .saturated : .value, value)
        case .unsupported: (.unsupported, 0)
        case .missing(let last?): (.missing, last)
        case .missing(last: nil): (.missingNeverKnown, 0)
        }
    }
}
