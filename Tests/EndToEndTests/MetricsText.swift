/// A page of metrics in the text format.
struct MetricsText {
    let text: String
    private var samples: [String: [(labels: [String: String], value: Double)]] = [:]

    init(_ text: String) {
        self.text = text
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "),
                let value = Double(line[line.index(after: space)...])
            else { continue }
            let series = line[..<space]
            let name = series.prefix { $0 != "{" }
            samples[String(name), default: []].append((Self.labels(series), value))
        }
    }

    /// The names of its samples.
    var names: Set<String> { Set(samples.keys) }

    /// The value of the one sample that has these labels among its own; nil when there is none.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let matching = all(name, labels)
        return matching.count == 1 ? matching[0].value : nil
    }

    /// The samples that have these labels among their own.
    func all(
        _ name: String, _ labels: [String: String] = [:]
    ) -> [(labels: [String: String], value: Double)] {
        (samples[name] ?? []).filter { sample in
            labels.allSatisfy { sample.labels[$0] == $1 }
        }
    }

    // None of the labels here holds a quote, a comma or a backslash.
    private static func labels(_ series: Substring) -> [String: String] {
        guard let brace = series.firstIndex(of: "{") else { return [:] }
        var labels: [String: String] = [:]
        for pair in series[series.index(after: brace)...].dropLast().split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            labels[String(parts[0])] = String(parts[1].dropFirst().dropLast())
        }
        return labels
    }
}
