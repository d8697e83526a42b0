import ArgumentParser
import Exposition
import Glibc
import History
import Model
import Wire

/// `fabricwatch history export`.
struct HistoryExportCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "export",
            abstract: "Writes what is kept as CSV, JSON lines or OpenMetrics.",
            discussion: """
                CSV and JSON lines have a line for each value: when, in which pass, of which part \
                and column, and its state: value, saturated (a lower bound), or missing (not \
                observed). What a part does not offer is left out. OpenMetrics has the names and \
                units of /metrics and can be taken into Prometheus with promtool tsdb \
                create-blocks-from openmetrics.
                """)
    }

    enum Format: String, CaseIterable, ExpressibleByArgument {
        case csv, json, openmetrics
    }

    @OptionGroup var place: HistoryPlace

    @Option(help: "csv, json (a document for each line) or openmetrics.")
    var format = Format.csv

    @Option(
        help: ArgumentHelp(
            "Where to start: a time such as 2026-02-03T04:05:06Z. (default: the oldest pass)",
            valueName: "time"))
    var since: String?

    @Option(
        help: ArgumentHelp("Where to end, likewise. (default: the newest pass)", valueName: "time"))
    var until: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Only these counters and gauges.", valueName: "names"))
    var name: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Only these parts, by the keys that /api/v1/counters shows.", valueName: "keys"))
    var part: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Labels for every metric, such as instance=gpu17:9797; for OpenMetrics.",
            valueName: "label=value"))
    var label: [String] = []

    private var labels: [(String, String)] {
        label.compactMap { text in
            let parts = text.split(separator: "=", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
    }

    func validate() throws {
        for text in [since, until] {
            guard text.map({ Timestamp.milliseconds($0) != nil }) != false else {
                throw ValidationError("--since and --until take a time as 2026-02-03T04:05:06Z.")
            }
        }
        guard labels.count == label.count, labels.allSatisfy({ Self.isLabel($0.0) }) else {
            throw ValidationError("--label takes label=value, such as instance=gpu17:9797.")
        }
        guard label.isEmpty || format == .openmetrics else {
            throw ValidationError("--label is for --format openmetrics.")
        }
    }

    private static func isLabel(_ name: String) -> Bool {
        name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte)
                || (0x61...0x7A).contains(byte | 0x20)
        } && name.utf8.first.map { !(0x30...0x39).contains($0) } == true
    }

    func run() throws {
        try place.use { reader in
            let parts = try reader.parts().filter { part.isEmpty || part.contains($0.key) }
            for key in part where !parts.contains(where: { $0.key == key }) {
                Console.complain("The history knows no part '\(key)'.")
                throw ExitCode(64)
            }
            for name in name
            where !parts.contains(where: { $0.layout.columns.map(\.name).contains(name) }) {
                Console.complain("The history knows no counter or gauge '\(name)' of these parts.")
                throw ExitCode(64)
            }
            guard let bounds = try reader.bounds() else {
                Console.complain("The history holds no pass yet.")
                throw ExitCode(4)
            }
            let start = try since.flatMap { Timestamp.milliseconds($0) }.flatMap {
                try reader.pass(notAfterWall: $0 - 1)
            }
            let end = try until.flatMap { Timestamp.milliseconds($0) }.map {
                try reader.pass(notAfterWall: $0) ?? PassID(0)
            }
            let export = HistoryExport(
                reader: reader, parts: parts, names: name.isEmpty ? nil : Set(name),
                after: start ?? PassID(0), through: min(end ?? bounds.newest.id, bounds.newest.id))
            switch format {
            case .csv: try export.writeLines(CSVLines())
            case .json: try export.writeLines(JSONLines())
            case .openmetrics: try export.writeOpenMetrics(labels: labels)
            }
        }
    }
}
