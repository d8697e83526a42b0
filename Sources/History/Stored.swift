package import Model

/// What a history holds: from the oldest pass to the newest one.
package struct HistoryBounds: Hashable, Sendable {
    /// A random number that the file got when it was created; a cursor belongs to one history.
    package var storeID: UInt64
    /// The oldest pass that is kept.
    package var oldest: StoredPass
    /// The newest pass.
    package var newest: StoredPass

    /// The number of passes; they are dense.
    package var count: UInt64 { newest.id.rawValue - oldest.id.rawValue + 1 }
}

/// A pass and its time.
package struct StoredPass: Hashable, Sendable {
    /// The pass.
    package var id: PassID
    /// Its time in milliseconds since 1970: the wall clock, except that time never repeats or goes
    /// back from pass to pass.
    package var wallMilliseconds: Int64

    /// A pass and its time.
    package init(id: PassID, wallMilliseconds: Int64) {
        self.id = id
        self.wallMilliseconds = wallMilliseconds
    }
}

/// All series as they stood at a pass.
package struct StoredState: Hashable, Sendable {
    /// The pass that the state is of, with its time.
    package var pass: StoredPass
    /// The clocks as they were collected.
    package var moment: Moment
    /// The series in the order of the record.
    package var series: [StoredSeries]
}

/// One series as it stood at a pass.
package struct StoredSeries: Hashable, Sendable {
    /// The part, as in `SeriesRecord.key`.
    package var key: String
    /// The columns that `cells` are in.
    package var layout: Layout
    /// Whether the device was observed in this pass.
    package var isPresent: Bool
    /// One per column.
    package var cells: [Cell]
    /// The pass that recorded the series first; it may be older than what is kept.
    package var firstRecorded: StoredPass
    /// The last pass, up to this one, in which the device was observed; it may be older than what
    /// is kept; nil for never.
    package var lastSeen: StoredPass?
}

/// A series as it is needed to go on after a restart.
package struct RestoredSeries: Hashable, Sendable {
    /// The series at the newest readable pass.
    ///
    /// Its layout is the one it was written with: columns are to be matched by name.
    package var series: StoredSeries
    /// One per column of that layout; empty when the newest rows are damaged and the layout has
    /// changed there.
    package var origins: [Origin]
}

/// Where to go on after a restart.
package struct RestoredHistory: Hashable, Sendable {
    /// The newest readable pass.
    package var pass: StoredPass
    /// Its clocks.
    package var moment: Moment
    /// All series of that pass.
    package var series: [RestoredSeries]
}

/// Something that happened to a counter, with the pass in which it was noticed.
package struct StoredEvent: Hashable, Sendable {
    /// The pass.
    package var pass: StoredPass
    /// What happened; its column is an index in the layout of that time.
    package var event: CounterEvent
    /// The name of that column.
    package var columnName: String
}

/// The events of some passes.
package struct StoredEvents: Hashable, Sendable {
    /// Those that can be read, in their order.
    package var readable: [StoredEvent] = []
    /// How many are there and cannot be read, so that nothing in these passes is known to be exact.
    package var damagedCount = 0

    /// How many there are.
    package var count: Int { readable.count + damagedCount }
}

/// What a published counter adds to the total behind it, so that a label that moves to another part
/// shows no step.
package struct PublishedBase: Hashable, Sendable {
    /// The place that people see, such as the labels of a cable's end.
    package var slot: String
    /// The series behind it, as in `SeriesRecord.key`.
    package var seriesKey: String
    /// The column's name.
    package var column: String
    /// Published value less total, modulo 2^64.
    package var base: UInt64

    /// A base.
    package init(slot: String, seriesKey: String, column: String, base: UInt64) {
        self.slot = slot
        self.seriesKey = seriesKey
        self.column = column
        self.base = base
    }
}
