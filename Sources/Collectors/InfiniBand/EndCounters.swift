import Model

/// The counters of one end of a cable in the pass under way.
struct EndCounters {
    private(set) var plan: CounterPlan?
    private(set) var readings: [Reading] = []
    // What went wrong first.
    private(set) var failure: Failure?
    // Whether any query of this pass was answered, if only with a refusal, and which were not.
    private(set) var hasAnswer = false
    private(set) var silent: [Attribute] = []

    mutating func begin() {
        readings = plan?.unanswered ?? Self.allFailed
        failure = nil
        hasAnswer = false
        silent.removeAll(keepingCapacity: true)
    }

    mutating func prepare(_ capabilities: EndCapabilities) {
        guard plan?.capabilities != capabilities else { return }
        plan = CounterPlan(capabilities)
        begin()
    }

    func ask(
        _ port: MADPort, _ route: MADRoute, selector: UInt8, _ purpose: (Int) -> Purpose,
        into batch: inout Batch
    ) {
        guard let plan else { return }
        for (index, query) in plan.queries.enumerated() {
            batch.append(
                MADQuestion(
                    port: port, route: route, attribute: query.attribute.rawValue,
                    selector: selector), purpose(index))
        }
    }

    // Takes the end of a query; returns the attribute when the end turned out not to have it.
    // An attribute that nobody promised and that stays silent counts as not offered as long as none
    // of its answers `proved` it.
    mutating func take(
        _ index: Int, _ outcome: MADOutcome, _ packet: MADPacket, port: UInt8,
        proved: Set<Attribute> = []
    ) -> Attribute? {
        guard let query = plan?.queries[index] else { return nil }
        switch outcome {
        case .answered:
            hasAnswer = true
            // An mlx5 HCA leaves PortSelect zero in its answer.
            let answered = packet.decode { $0.octet(1) }
            guard answered == port || answered == 0 else {
                failure = failure ?? .malformed
                return nil
            }
            query.read(packet, into: &readings)
        case .refused:
            hasAnswer = true
            guard outcome.isUnsupportedAttribute, query.attribute.isOptional else {
                failure = failure ?? .refused
                return nil
            }
            query.withdraw(from: &readings)
            return query.attribute
        case .pending, .failed:
            if outcome == .failed(.timeout) {
                silent.append(query.attribute)
                if query.attribute.isOptional, !proved.contains(query.attribute) {
                    query.withdraw(from: &readings)
                    break
                }
            }
            failure = failure ?? outcome.failure
        }
        return nil
    }

    private static let allFailed = Array(
        repeating: Reading.failed, count: InfiniBandCounters.count)
}

extension Attribute {
    /// Whether no capability bit promises it, so that only asking shows whether it is there.
    var isOptional: Bool {
        switch self {
        case .portRcvErrorDetails, .portXmitDiscardDetails, .portExtendedSpeedsCounters: true
        case .portCounters, .portCountersExtended: false
        }
    }
}
