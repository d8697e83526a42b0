/// All conditions, one row each.
package enum ConditionCatalog {
    /// The rows in the order of `ConditionID`.
    package static let all: [ConditionRow] = {
        let rows = links + signal + fabric + parts + gpus + meta
        return ConditionID.allCases.compactMap { id in rows.first { $0.id == id } }
    }()

    /// The row of a condition.
    package static func row(_ id: ConditionID) -> ConditionRow { byID[id] ?? all[0] }

    private static let byID = Dictionary(all.map { ($0.id, $0) }) { first, _ in first }

    /// A number of counts within a window, for a severity: `warning_count` in `warning_window`.
    ///
    /// With `of`, so many in each of that many of the latest `periods` windows.
    static func count(
        _ prefix: String, _ value: Double, in window: Double, of: Double? = nil,
        periods: Double? = nil, _ source: String
    ) -> [Threshold] {
        var thresholds = [
            Threshold("\(prefix)_count", value, .count, source),
            Threshold("\(prefix)_window", window, .seconds, source),
        ]
        if let of, let periods {
            thresholds += [
                Threshold("\(prefix)_of", of, .count, source),
                Threshold("\(prefix)_periods", periods, .count, source),
            ]
        }
        return thresholds
    }

    /// After how long without a fault it ends.
    static func clear(_ seconds: Double, _ source: String = day) -> Threshold {
        Threshold("clear_after", seconds, .seconds, source)
    }

    /// After how long it is worse.
    static func after(_ severity: String, _ seconds: Double, _ source: String) -> Threshold {
        Threshold("\(severity)_after", seconds, .seconds, source)
    }

    /// For how long it has to hold before it is raised.
    static func raise(_ seconds: Double, _ source: String) -> Threshold {
        Threshold("raise_after", seconds, .seconds, source)
    }

    static let hour = 3600.0
    static let dayLong = 86_400.0
    static let twoOfThree = "2 of 3 windows, so that one burst raises nothing"
    static let day = "a marginal link may be quiet for hours: a day of load and temperature"
    static let settled = "ten minutes outlast a link that comes back only to go again"
}

extension ConditionRow {
    /// What it becomes with time; nil when time does not matter.
    package var escalation: (severity: Severity, afterSeconds: Double)? {
        escalation(.defaults)
    }

    /// What it becomes with time, by the numbers in force.
    package func escalation(
        _ thresholds: Thresholds
    ) -> (severity: Severity, afterSeconds: Double)? {
        for (name, severity) in [
            ("warning_after", Severity.warning), ("critical_after", .critical),
        ] {
            if let seconds = thresholds.known(id, name) { return (severity, seconds) }
        }
        return nil
    }
}
