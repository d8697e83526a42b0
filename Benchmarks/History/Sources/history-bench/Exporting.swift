import Foundation
import Model
import NodeTrace

/// Writes the trace for other programs: `samples.om` for `promtool tsdb create-blocks-from
/// openmetrics`, `samples.jsonl` for `/api/v1/import` of VictoriaMetrics.
///
/// Both want a series in one piece, so a few hours are kept as columns and written together; the
/// files are written over with each window.
enum Exporting {
    static func run(_ options: Options) throws {
        try FileManager.default.createDirectory(
            atPath: options.directory, withIntermediateDirectories: true)
        var trace = options.trace
        let windowSeconds = options.windowHours * 3600
        var window = Window(trace, seconds: windowSeconds, isAligned: options.isAligned)
        var (samples, windows) = (0, 0)
        trace.next()
        while trace.second < options.seconds {
            if trace.second >= (windows + 1) * windowSeconds {
                try finish(&window, options)
                windows += 1
                continue
            }
            samples += trace.sampleCount
            window.take(trace)
            trace.next()
        }
        try finish(&window, options)
        report("samples", Double(samples))
    }

    private static func finish(_ window: inout Window, _ options: Options) throws {
        try window.writeOpenMetrics(to: options.directory + "/samples.om")
        try window.writeLines(to: options.directory + "/samples.jsonl")
        window.clear()
        guard let command = options.each else { return }
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-ec", command]
        shell.currentDirectoryURL = URL(fileURLWithPath: options.directory)
        try shell.run()
        shell.waitUntilExit()
        guard shell.terminationStatus == 0 else {
            throw Options.Failure(
                description: "'\(command)' ended with status \(shell.terminationStatus)")
        }
    }
}

/// Some hours of the trace, by column.
private struct Window {
    /// No value.
    private static let gap = UInt64.max

    private struct Column {
        let place: Trace.Sampled
        let family: String
        let key: String
        var values: [UInt64] = []
    }

    private var columns: [Column]
    private var times: [Int64] = []
    private let isAligned: Bool

    init(_ trace: Trace, seconds: Int, isAligned: Bool) {
        self.isAligned = isAligned
        columns = trace.sampled.map { place in
            let series = trace.record.series[place.series]
            return Column(
                place: place,
                family: "\(series.layout.deviceClass)_\(series.layout.columns[place.column].name)",
                key: series.key)
        }
        // A metric family has to be in one piece as well.
        columns.sort {
            ($0.family, $0.place.series) < ($1.family, $1.place.series)
        }
    }

    mutating func clear() {
        times.removeAll(keepingCapacity: true)
        for index in columns.indices { columns[index].values.removeAll(keepingCapacity: true) }
    }

    mutating func take(_ trace: Trace) {
        times.append(
            isAligned
                ? Trace.startMilliseconds + Int64(trace.second) * 1000
                : trace.record.moment.wallMilliseconds)
        for index in columns.indices {
            let place = columns[index].place
            if case .value(let value, _) = trace.record.series[place.series].cells[place.column] {
                columns[index].values.append(value)
            } else {
                columns[index].values.append(Self.gap)
            }
        }
    }

    func writeOpenMetrics(to path: String) throws {
        let stamps = times.map { time -> [UInt8] in
            let text = String(time)
            return Array(" \(text.dropLast(3)).\(text.suffix(3))\n".utf8)
        }
        try write(to: path) { column, previous, text in
            if column.family != previous?.family {
                text += Array("# TYPE \(column.family) gauge\n".utf8)
            }
            let head = Array("\(column.family){key=\"\(column.key)\"} ".utf8)
            for (value, stamp) in zip(column.values, stamps) where value != Self.gap {
                text += head
                text.append(decimal: value)
                text += stamp
            }
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.seekToEnd()
        try file.write(contentsOf: Data("# EOF\n".utf8))
        try file.close()
    }

    func writeLines(to path: String) throws {
        try write(to: path) { column, _, text in
            let labels = "\"__name__\":\"\(column.family)\",\"key\":\"\(column.key)\""
            text += Array("{\"metric\":{\(labels)},\"values\":[".utf8)
            var isFirst = true
            for value in column.values where value != Self.gap {
                if !isFirst { text.append(UInt8(ascii: ",")) }
                isFirst = false
                text.append(decimal: value)
            }
            text += Array("],\"timestamps\":[".utf8)
            isFirst = true
            for (value, time) in zip(column.values, times) where value != Self.gap {
                if !isFirst { text.append(UInt8(ascii: ",")) }
                isFirst = false
                text.append(decimal: UInt64(time))
            }
            text += Array("]}\n".utf8)
        }
    }

    private func write(
        to path: String, _ append: (Column, Column?, inout [UInt8]) -> Void
    ) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil) else {
            throw Options.Failure(description: "\(path) cannot be written")
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        var text: [UInt8] = []
        var previous: Column?
        for column in columns where column.values.contains(where: { $0 != Self.gap }) {
            append(column, previous, &text)
            previous = column
            guard text.count > 1 << 22 else { continue }
            try file.write(contentsOf: text)
            text.removeAll(keepingCapacity: true)
        }
        try file.write(contentsOf: text)
        try file.close()
    }
}

extension [UInt8] {
    fileprivate mutating func append(decimal value: UInt64) {
        let start = count
        var rest = value
        repeat {
            append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        self[start...].reverse()
    }
}
