/// One column of a series: a counter's total or a gauge.
package struct Column: Hashable, Sendable {
    /// Whether the value only grows.
    package enum Kind: String, Sendable {
        /// A monotone 64-bit total.
        case counter
        /// A value that may go anywhere.
        case gauge
    }

    /// The name in the API and in the history.
    package let name: String
    /// Total or gauge.
    package let kind: Kind
    /// The unit of a raw count, as stored; see `Unit.rawValue`; for gauges the unit in words.
    package let unit: String

    /// A column.
    package init(name: String, kind: Kind, unit: String) {
        self.name = name
        self.kind = kind
        self.unit = unit
    }
}

/// The columns of a class of devices, in order; stored once and referred to by hash.
package struct Layout: Hashable, Sendable {
    /// The class, such as `infiniband_port`.
    package let deviceClass: String
    /// The columns in the order of a record's cells.
    package let columns: [Column]

    /// A layout.
    package init(deviceClass: String, columns: [Column]) {
        self.deviceClass = deviceClass
        self.columns = columns
    }
}

/// One value of one column in one pass.
package enum Cell: Hashable, Sendable {
    /// A value; `saturated` when it is a lower bound because the hardware counter is full.
    case value(UInt64, saturated: Bool)
    /// The device does not offer it.
    case unsupported
    /// It was not observed in this pass; `last` is the latest known value, nil when there is none.
    case missing(last: UInt64?)

    /// The value, or the latest known one; nil when there never was one.
    package var latest: UInt64? {
        switch self {
        case .value(let value, _): value
        case .missing(let last): last
        case .unsupported: nil
        }
    }
}

/// One series in one pass.
package struct SeriesRecord: Hashable, Sendable {
    /// The part, as text: `PartKey.description`.
    package var key: String
    /// The columns that `cells` are in.
    package var layout: Layout
    /// What the history keeps the series together with, since it counts the same things.
    ///
    /// Any text that these have in common: a hint that changes the size of the file and nothing
    /// else.
    package var bundle: String
    /// Whether the device was observed at all in this pass.
    package var isPresent: Bool
    /// One cell per column.
    package var cells: [Cell]
    /// One per column: the total less the raw value (wrapping), and the field that the raw value
    /// came from; what a restart needs to go on without a jump.
    package var origins: [Origin]

    /// One series in one pass; without a bundle it is kept by itself.
    package init(
        key: String, layout: Layout, bundle: String? = nil, isPresent: Bool, cells: [Cell],
        origins: [Origin]
    ) {
        self.key = key
        self.layout = layout
        self.bundle = bundle ?? key
        self.isPresent = isPresent
        self.cells = cells
        self.origins = origins
    }
}

/// How a total hangs together with the hardware's raw value.
package struct Origin: Hashable, Sendable {
    /// Total less raw, modulo 2^64.
    package var offset: UInt64
    /// The index of the source in the counter's `fields`.
    package var field: UInt8

    /// Nothing added, first source.
    package static let none = Origin(offset: 0, field: 0)

    /// An origin.
    package init(offset: UInt64, field: UInt8) {
        self.offset = offset
        self.field = field
    }
}

/// The number of a pass: dense, ascending, never reused within one history.
package struct PassID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number; the first pass is 1.
    package let rawValue: UInt64

    /// A pass by its number.
    package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// The number in decimal.
    package var description: String { String(rawValue) }

    /// Orders by time of collection.
    package static func < (left: PassID, right: PassID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// One pass, ready to be kept.
package struct PassRecord: Hashable, Sendable {
    /// When the pass was collected.
    package var moment: Moment
    /// Every known series, present or not, ordered by key.
    package var series: [SeriesRecord]
    /// What happened to counters in this pass.
    package var events: [CounterEvent]

    /// A pass.
    package init(moment: Moment, series: [SeriesRecord], events: [CounterEvent]) {
        self.moment = moment
        self.series = series
        self.events = events
    }
}

/// Something that limits what a delta over its moment can promise.
package struct CounterEvent: Hashable, Sendable {
    /// What happened.
    package enum Kind: String, CaseIterable, Sendable {
        /// The counter went down within an epoch: somebody cleared it.
        case cleared
        /// Another counter of its attribute was cleared, and this one perhaps with it.
        case perhapsCleared = "perhaps_cleared"
        /// A reboot or driver reload: counting may have started anew.
        case restarted
        /// The counter reached its maximum; what follows is not counted.
        case saturated
        /// The value comes from another source than before; the step between is unknown.
        case sourceChanged = "source_changed"
        /// Another port is at the other end of the cable: what was counted before was of the old.
        case neighbourChanged = "neighbour_changed"

        /// The best quality that a delta over such an event can have.
        package var quality: Quality {
            switch self {
            case .cleared, .perhapsCleared, .restarted, .saturated: .atLeast
            case .sourceChanged: .unknown
            case .neighbourChanged: .exact
            }
        }
    }

    /// The series, as in `SeriesRecord.key`.
    package var key: String
    /// The column that it happened to.
    package var column: Int
    /// What happened.
    package var kind: Kind
    /// The raw value before, as far as known.
    package var before: UInt64
    /// The raw value after.
    package var after: UInt64

    /// An event at a counter.
    package init(key: String, column: Int, kind: Kind, before: UInt64, after: UInt64) {
        self.key = key
        self.column = column
        self.kind = kind
        self.before = before
        self.after = after
    }
}

/// What a delta promises.
package enum Quality: UInt8, Comparable, CaseIterable, Sendable {
    /// The true increase.
    case exact = 0
    /// The true increase is this or more. It may raise a condition and never clears one.
    case atLeast = 1
    /// Nothing can be said.
    case unknown = 2

    /// The word in the API.
    package var name: String {
        switch self {
        case .exact: "exact"
        case .atLeast: "at_least"
        case .unknown: "unknown"
        }
    }

    /// Orders from best to worst, so that `max` is the quality of a sum.
    package static func < (left: Quality, right: Quality) -> Bool {
        left.rawValue < right.rawValue
    }
}
