/// What was seen of one part in one pass, in the rows of its table.
package struct Observation: Hashable, Sendable {
    /// One reading per counter.
    package var readings: [Reading]
    /// One reading per gauge.
    package var gauges: [Reading]
    /// Changes when counting may have started anew; zero where nothing tells.
    package var epoch: UInt64
    /// Whether counting started anew for another reason than the token tells.
    package var isRestarted: Bool
    /// Whether anything at all was read in this pass.
    package var isObserved: Bool

    /// What was seen of one part.
    package init(
        readings: [Reading], gauges: [Reading], epoch: UInt64, isRestarted: Bool = false,
        isObserved: Bool
    ) {
        self.readings = readings
        self.gauges = gauges
        self.epoch = epoch
        self.isRestarted = isRestarted
        self.isObserved = isObserved
    }

    /// Whether a counter was read.
    var hasValues: Bool { readings.contains(where: \.isValue) }

    /// Whether a counter was not asked for.
    func isHeld(_ row: Int) -> Bool {
        if readings.indices.contains(row), case .held = readings[row] { true } else { false }
    }
}

extension Reading {
    /// Whether it is a value that was read in this pass.
    package var isValue: Bool {
        if case .value = self { true } else { false }
    }
}

extension EndReport {
    /// What was seen of the port at this end.
    package var observation: Observation {
        let up = link.flatMap { $0.isUp ? $0 : nil }
        let numbers = [
            link.map { UInt64($0.state) }, link.map { UInt64($0.physicalState) },
            up.map { UInt64($0.widthLanes) }, up.map { UInt64($0.laneMegabitsPerSecond) },
        ]
        // A cached link is no observation.
        let isObserved =
            (link != nil && linkAgeNanoseconds == 0)
            || [readings, gauges].joined().contains(where: \.isValue)
        return Observation(
            readings: readings,
            gauges: numbers.map { $0.map { .value($0, field: 0) } ?? .failed } + gauges,
            epoch: epoch, isObserved: isObserved)
    }
}

extension GPUDeviceReport {
    /// What was seen of the GPU; `isRestarted` when its counters started anew.
    package func observation(isRestarted: Bool) -> Observation {
        Observation(
            readings: readings, gauges: gauges, epoch: epoch, isRestarted: isRestarted,
            isObserved: state == .read
                && [readings, gauges].joined().contains(where: \.isValue))
    }

    /// What was seen of one of its links.
    package func observation(of link: NVLinkReport, isRestarted: Bool) -> Observation {
        Observation(
            readings: link.readings, gauges: link.gauges, epoch: epoch, isRestarted: isRestarted,
            isObserved: state == .read
                && [link.readings, link.gauges].joined().contains(where: \.isValue))
    }
}
