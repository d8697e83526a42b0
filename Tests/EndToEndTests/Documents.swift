import Model
import Wire

extension V1.Counters {
    /// The counters of an end by name.
    func entries(_ end: CableEnd) throws -> [String: V1.CounterEntry] {
        let wanted = series.filter { $0.device == end.cable.device && $0.end == end.end.rawValue }
        guard wanted.count == 1 else { throw Failure("\(wanted.count) series of \(end)") }
        return Dictionary(uniqueKeysWithValues: wanted[0].counters.map { ($0.name, $0) })
    }
}

extension V1.Deltas {
    /// The series of an end.
    func series(_ end: CableEnd) throws -> V1.DeltaSeries {
        let wanted = series.filter { $0.device == end.cable.device && $0.end == end.end.rawValue }
        guard wanted.count == 1 else { throw Failure("\(wanted.count) series of \(end)") }
        return wanted[0]
    }

    /// The deltas of an end by name.
    func entries(_ end: CableEnd) throws -> [String: V1.CounterDelta] {
        Dictionary(uniqueKeysWithValues: try series(end).counters.map { ($0.name, $0) })
    }
}

extension MetricsText {
    /// The published total of a counter at an end.
    func total(_ counter: String, _ end: CableEnd) -> Double? {
        guard let row = InfiniBandCounters.index(of: counter) else { return nil }
        return value(
            "fabricwatch_infiniband_\(InfiniBandCounters.all[row].metric)",
            ["device": end.cable.device, "port": "1", "end": end.end.rawValue])
    }
}
