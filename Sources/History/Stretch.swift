package import Model

/// Which series and columns a question is about.
package struct Selection: Hashable, Sendable {
    /// The series, by `SeriesRecord.key`; nil for all.
    package var keys: Set<String>?
    /// The columns by name; nil for all.
    package var columns: Set<String>?

    /// A selection; nil selects everything.
    package init(keys: Set<String>? = nil, columns: Set<String>? = nil) {
        self.keys = keys
        self.columns = columns
    }

    /// The columns of a layout that are selected, by their index.
    func indices(in layout: Layout) -> [Int] {
        layout.columns.indices.filter { columns?.contains(layout.columns[$0].name) ?? true }
    }
}

/// Passes that follow one another, with what was selected of them.
package struct Stretch: Sendable {
    /// The last pass that was looked at; what cannot be read up to there is not in `passes`.
    package var through: PassID
    /// The passes, which are what rows are counted in.
    package var passes: [StoredPass] = []
    /// The series that have a selected column and can be read, in the order of the record.
    package var series: [StretchSeries] = []
}

/// What was selected of one series.
package struct StretchSeries: Sendable {
    /// The part, as in `SeriesRecord.key`.
    package var key: String
    /// The columns that it has.
    package var layout: Layout
    /// The columns that were selected, in the order of the layout.
    package var columns: [StretchColumn]
}

/// One column in the passes of a stretch.
package struct StretchColumn: Sendable {
    /// The place of the column in the layout.
    package let index: Int
    var values: [UInt64] = []
    var statuses = Runs<CellStatus>()
    // Kept is every so manieth row of those that `rows` counts in.
    var stride = 1
    // The rows of the stretch.
    var rows = 0..<0

    /// Shows each cell that is kept, with its row in the stretch; thinned columns leave rows out.
    package func eachCell(_ body: (Int, Cell) throws -> Void) rethrows {
        var kept = 0
        for (status, count) in statuses.runs {
            for value in values[kept..<kept + count] {
                let row = kept * stride
                if rows.contains(row) { try body(row - rows.lowerBound, status.cell(value)) }
                kept += 1
            }
        }
    }
}
