import Exposition
import History
import Model
import Wire

/// Writes a range of the history, part by part, in memory that does not depend on the range.
struct HistoryExport {
    let reader: Reader
    let parts: [StoredPart]
    /// The columns; nil for all.
    let names: Set<String>?
    let after: PassID
    let through: PassID

    // Most values that are held at a time: about 64 MB.
    private static let maximumValues = 1 << 22
    // Written are blocks of so many bytes.
    private static let blockBytes = 1 << 16

    // MARK: A line for each value

    /// Writes lines, ordered by part, pass and column.
    func writeLines(_ lines: some ExportLines) throws {
        var block = Array(lines.title.utf8)
        for part in parts {
            try eachStretch(of: Selection(keys: [part.key], columns: names)) { stretch in
                for series in stretch.series {
                    try append(series, of: stretch, lines, to: &block)
                }
            }
        }
        try Console.write(block)
    }

    private func append(
        _ series: StretchSeries, of stretch: Stretch, _ lines: some ExportLines,
        to block: inout [UInt8]
    ) throws {
        let columns = series.columns.map { column in
            (column.cells(stretch.passes.count), series.layout.columns[column.index])
        }
        for (row, pass) in stretch.passes.enumerated() {
            for (cells, column) in columns {
                guard let cell = cells[row], cell != .unsupported else { continue }
                lines.append(
                    ExportLine(
                        time: pass.text, pass: pass.id.rawValue,
                        deviceClass: series.layout.deviceClass, key: series.key, column: column,
                        cell: cell), to: &block)
            }
            guard block.count >= Self.blockBytes else { continue }
            try Console.write(block)
            block.removeAll(keepingCapacity: true)
        }
    }

    private func eachStretch(
        of selection: Selection, _ body: (Stretch) throws -> Void
    ) throws {
        var after = after
        while after < through,
            let stretch = try reader.stretch(after: after, through: through, of: selection)
        {
            try body(stretch)
            after = stretch.through
        }
    }

    // MARK: OpenMetrics

    private struct Metric: Hashable {
        var key: String
        var column: BackfillColumn
    }

    private struct Sample {
        var milliseconds: Int64
        var value: UInt64
    }

    /// Writes metrics one after the other, as the format wants them; as many at a time as fit.
    func writeOpenMetrics(labels: [(String, String)]) throws {
        var page = BackfillPage(labels: labels)
        let passes = Int(clamping: try reader.passCount(after: after, through: through))
        let batch = max(1, Self.maximumValues / max(1, passes))
        let metrics = metrics
        for start in stride(from: 0, to: metrics.count, by: batch) {
            let some = metrics[start..<min(start + batch, metrics.count)]
            let samples = try samples(of: Array(some))
            for metric in some {
                guard let samples = samples[metric], !samples.isEmpty else { continue }
                page.begin(metric.column, of: metric.key)
                var last = Int64.min
                // Prometheus takes a time once: what a clock that was set back repeats is left out.
                for sample in samples where sample.milliseconds > last {
                    page.sample(sample.value, milliseconds: sample.milliseconds)
                    last = sample.milliseconds
                }
                try Console.write(page.take())
            }
        }
        page.end()
        try Console.write(page.take())
    }

    private var metrics: [Metric] {
        var classes: [String] = []
        for part in parts where !classes.contains(part.layout.deviceClass) {
            classes.append(part.layout.deviceClass)
        }
        return classes.flatMap { deviceClass in
            BackfillColumn.all(ofClass: deviceClass)
                .filter { names?.contains($0.name) ?? true }
                .flatMap { column in
                    parts.filter { $0.layout.deviceClass == deviceClass }
                        .map { Metric(key: $0.key, column: column) }
                }
        }
    }

    private func samples(of metrics: [Metric]) throws -> [Metric: [Sample]] {
        var samples: [Metric: [Sample]] = [:]
        var wanted: [String: [String: Metric]] = [:]
        for metric in metrics { wanted[metric.key, default: [:]][metric.column.name] = metric }
        let selection = Selection(
            keys: Set(metrics.map(\.key)), columns: Set(metrics.map(\.column.name)))
        try eachStretch(of: selection) { stretch in
            for series in stretch.series {
                for column in series.columns {
                    let name = series.layout.columns[column.index].name
                    guard let metric = wanted[series.key]?[name] else { continue }
                    var found = samples.removeValue(forKey: metric) ?? []
                    column.eachCell { row, cell in
                        guard case .value(let value, _) = cell else { return }
                        found.append(
                            Sample(
                                milliseconds: stretch.passes[row].wallMilliseconds, value: value))
                    }
                    samples[metric] = found
                }
            }
        }
        return samples
    }
}

extension StretchColumn {
    // The cells by row; nil in rows that are not kept.
    fileprivate func cells(_ count: Int) -> [Cell?] {
        var cells = [Cell?](repeating: nil, count: count)
        eachCell { row, cell in cells[row] = cell }
        return cells
    }
}
