import Model

/// A number of counts within a window, or in several windows, that raises a condition.
struct CountTrigger: Sendable {
    var severity: Severity
    var count: UInt64
    var window: Double
    var of = 1
    var periods = 1

    /// Whether it holds of the sum of some counters, as increases of windows, latest first.
    func holds(_ histories: [CountHistory], now: Double) -> Bool {
        guard periods > 1 else { return sum(histories, now: now) >= count }
        var sums = [UInt64](repeating: 0, count: periods)
        for history in histories {
            for (index, value) in history.windows(periods, of: window, now: now).enumerated() {
                sums[index] += min(value, .max - sums[index])
            }
        }
        return sums.count { $0 >= count } >= of
    }

    /// What was counted in the time that the trigger looks at.
    func sum(_ histories: [CountHistory], now: Double) -> UInt64 {
        histories.reduce(0) {
            let value = $1.count(since: now - seconds)
            return $0 + min(value, .max - $0)
        }
    }

    /// The time that it looks at.
    var seconds: Double { window * Double(periods) }
}

extension Thresholds {
    /// The triggers of a condition, the worst first, by the names of their thresholds.
    func triggers(
        _ id: ConditionID, _ prefixes: [String] = ["critical_day", "critical", "warning", "info"]
    ) -> [CountTrigger] {
        prefixes.compactMap { trigger(id, $0) }
    }

    /// One trigger by the prefix of its thresholds; its severity is the prefix's first word.
    func trigger(_ id: ConditionID, _ prefix: String) -> CountTrigger? {
        guard let count = known(id, "\(prefix)_count"), let window = known(id, "\(prefix)_window")
        else { return nil }
        let severity: Severity =
            prefix.hasPrefix("critical") ? .critical : prefix.hasPrefix("info") ? .info : .warning
        return CountTrigger(
            severity: severity, count: UInt64(max(1, min(count, 1e18))), window: max(1, window),
            of: Int(known(id, "\(prefix)_of") ?? 1),
            periods: Int(min(known(id, "\(prefix)_periods") ?? 1, 1000)))
    }

    /// After how long without a fault a condition ends.
    func clearSeconds(_ id: ConditionID) -> Double { value(id, "clear_after") }
}

/// What the rules find in the evidence of one moment.
package struct Judgement: Sendable {
    /// What holds.
    package var opinions: [Opinion] = []
    /// For how many seconds the counters behind a condition did not rise, every step exact, at
    /// every end that counts; a condition of counters that is not here cannot end now.
    package var quiet: [IncidentKey: Double] = [:]
    /// The parts whose state was seen in the latest pass, by key or PCI address.
    package var observed: Set<String> = []
    /// What could not be judged now although its part was seen: it cannot end.
    package var unjudged: Set<IncidentKey> = []
    /// What only load would show, of parts that have none now: it is neither so nor over.
    package var idle: Set<IncidentKey> = []
    /// The NVLinks that a condition of a GPU is about, by number.
    package var links: [IncidentKey: [UInt8]] = [:]

    /// What somebody found; by default nothing.
    package init(opinions: [Opinion] = []) {
        self.opinions = opinions
    }

    /// Whether the state of what a condition is about was seen.
    func observes(_ id: ConditionID, _ subject: Subject) -> Bool {
        if unjudged.contains(IncidentKey(id, subject)) { return false }
        // Beside a manifest absence itself was seen.
        if id == .hcaMissing || id == .gpuMissing { return true }
        // The kernel may read a GPU's PCIe link where the driver reads no GPU.
        guard let part = subject.key ?? subject.pciAddress?.description else { return true }
        return observed.contains(part)
    }
}

/// What tells one incident from another: the condition and the part, whatever it is called.
package struct IncidentKey: Hashable, Sendable {
    /// The condition.
    package let id: ConditionID
    /// The part; labels and numbers, which may change, only where there is no key.
    package let part: String

    /// The incident of a condition with a part.
    package init(_ id: ConditionID, _ subject: Subject) {
        self.id = id
        var words: [String] = []
        if let key = subject.key {
            words.append(key)
        } else if let address = subject.pciAddress {
            words.append(address.description)
        } else {
            words += [subject.device, subject.port.map { "\($0)" }].compactMap { $0 }
        }
        words += [subject.end, subject.collector, subject.xid.map { "xid \($0)" }]
            .compactMap { $0 }
        part = words.joined(separator: " ")
    }
}
