import History
import Model
import NodeTrace

/// What questions to a history that `write` has left take, with its pages in the page cache and
/// without.
///
/// Times are of the clock: what somebody waits who asks. Cold is a new connection to a file that
/// is not in the page cache.
struct Reading {
    let options: Options
    private let file: DatabaseFile
    private let bounds: HistoryBounds
    private var noise: Noise
    private static let coldRepetitions = 15

    static func run(_ options: Options) throws {
        var reading = try Reading(options)
        try reading.run()
    }

    private init(_ options: Options) throws {
        self.options = options
        file = DatabaseFile(directory: options.directory)
        noise = Noise(seed: options.seed, stream: 1 << 32)
        guard let bounds = try Reader(directory: options.directory).bounds() else {
            throw Options.Failure(description: "there is no pass in \(options.directory)")
        }
        self.bounds = bounds
    }

    private mutating func run() throws {
        let bounds = bounds
        let newest = bounds.newest.id
        try measure("last values") { reader, _ in
            guard let state = try reader.state(atOrBefore: newest) else { throw Self.gone }
            return state.series.count
        }
        try measure("all deltas") { reader, noise in
            try Self.deltas(reader, from: Self.random(bounds, &noise), to: newest)
        }
        try measure("all deltas within the past") { reader, noise in
            let (one, other) = (Self.random(bounds, &noise), Self.random(bounds, &noise))
            return try Self.deltas(reader, from: min(one, other), to: max(one, other))
        }
        try ranges()
    }

    private static let gone = Options.Failure(description: "a pass cannot be read")

    private static func random(_ bounds: HistoryBounds, _ noise: inout Noise) -> PassID {
        PassID(bounds.oldest.id.rawValue + UInt64(noise.index(Int(bounds.count))))
    }

    // Asks often, and reports what was typical.
    private mutating func measure(
        _ label: String, _ ask: (Reader, inout Noise) throws -> Int
    ) throws {
        let reader = Reader(directory: options.directory)
        _ = try ask(reader, &noise)
        var (warm, cpu, cold) = (Figures(), Figures(), Figures())
        var answers = 0
        for _ in 0..<options.repetitions {
            let (time, thread) = (Kernel.time, Kernel.threadTime)
            answers += try ask(reader, &noise)
            cpu.add(Kernel.threadTime - thread)
            warm.add(Kernel.time - time)
        }
        for _ in 0..<Self.coldRepetitions {
            file.forget()
            let time = Kernel.time
            _ = try ask(Reader(directory: options.directory), &noise)
            cold.add(Kernel.time - time)
        }
        guard answers > 0 else { throw Self.gone }
        report("\(label), warm", Double(warm.median) / 1e6, "ms")
        report("\(label), warm, p95", Double(warm.share(0.95)) / 1e6, "ms")
        report("\(label), warm, CPU", Double(cpu.median) / 1e6, "ms")
        report("\(label), cold", Double(cold.median) / 1e6, "ms")
    }

    // What the daemon does for a question about deltas, less its own document.
    private static func deltas(_ reader: Reader, from: PassID, to: PassID) throws -> Int {
        guard let start = try reader.state(atOrBefore: from),
            let end = try reader.state(atOrBefore: to)
        else { throw gone }
        let events = try reader.events(after: from, through: to, limit: 100_000)
        var kinds: [String: [Int: [CounterEvent.Kind]]] = [:]
        for stored in events.readable {
            kinds[stored.event.key, default: [:]][stored.event.column, default: []].append(
                stored.event.kind)
        }
        var count = 0
        for (first, last) in zip(start.series, end.series) {
            guard first.key == last.key else { throw gone }
            let events = kinds[last.key]
            for (index, column) in last.layout.columns.enumerated() where column.kind == .counter {
                let delta = WindowDelta.between(
                    start: first.cells[index], end: last.cells[index],
                    events: events?[index] ?? [])
                if delta != nil { count += 1 }
            }
        }
        return count
    }

    // MARK: One counter over all of the trace, which is 24 h as a rule

    private mutating func ranges() throws {
        guard let state = try Reader(directory: options.directory).state(atOrBefore: .init(1))
        else { throw Self.gone }
        let hours = Int(((options.hours ?? 24)).rounded())
        let oldest = PassID(bounds.oldest.id.rawValue - 1)
        let newest = bounds.newest.id
        let noisy = Self.question(state, "infiniband_port", "port_xmit_data")
        let questions = [
            ("one counter", noisy), ("one NVLink", Self.question(state, "nvlink", "tx_data")),
            ("one still counter", Self.question(state, "infiniband_port", "qp1_dropped")),
            ("one gauge", Self.question(state, "gpu", "power")),
        ]
        for (label, question) in questions {
            try measure("\(hours) h of \(label)") { reader, _ in
                try Adapter.range(
                    reader, key: question.key, column: question.column, after: oldest,
                    through: newest
                ).count
            }
        }
    }

    private static func question(
        _ state: StoredState, _ deviceClass: String, _ column: String
    ) -> (key: String, column: String) {
        // Some way into the class, as the first is the one that others refer to.
        let all = state.series.filter { $0.layout.deviceClass == deviceClass }
        return (all.isEmpty ? "" : all[all.count / 3].key, column)
    }
}
