package import Model

/// Reads the state and the counters at both ends of every InfiniBand cable of this node.
///
/// It only ever asks (`Get`); nothing is set and nothing is cleared. It is used from one thread,
/// and a pass takes at most `InfiniBandConfiguration.passBudgetNanoseconds` of waiting.
package struct InfiniBandCollector<Transport: MADTransport> {
    private var configuration: InfiniBandConfiguration
    private let facts: KernelFacts
    private let announce: (String, String) -> Void
    private var exchange: MADExchange<Transport>
    private var statistics: any InterfaceStatistics
    private var inventory = PortInventory()
    private var batch = Batch()

    /// A collector over a transport.
    ///
    /// - Parameters:
    ///   - configuration: What may be touched, and how patiently.
    ///   - transport: What carries the datagrams.
    ///   - facts: Where the boot, the devices' instances and their `hw_counters` are read.
    ///   - statistics: Where the statistics of the ports' network interfaces are read.
    ///   - announce: Called before anything that may hang, with a device (`*` for all) and what is
    ///     about to be done.
    package init(
        configuration: InfiniBandConfiguration, transport: Transport,
        facts: KernelFacts = KernelFacts(), statistics: any InterfaceStatistics,
        announce: @escaping (String, String) -> Void = { _, _ in }
    ) {
        self.configuration = configuration
        self.facts = facts
        self.statistics = statistics
        self.announce = announce
        exchange = MADExchange(transport: transport, configuration: configuration)
    }

    /// Leaves these devices alone from now on, and no others.
    package mutating func leaveAlone(_ devices: [String]) {
        configuration.stopped = devices
        lookAgain()
    }

    /// Looks for devices in the next pass, however long ago the last time was.
    package mutating func lookAgain() { inventory.lookAgain() }

    /// One pass over all ports, in the order of device name and number.
    @specialized(where Transport == UMADTransport)
    package mutating func collect() -> InfiniBandReport {
        inventory.rescanIfDue(&exchange.transport, configuration, facts, announce)
        readHost()
        let start = exchange.transport.boottimeNanoseconds()
        let (sum, overflow) = start.addingReportingOverflow(configuration.passBudgetNanoseconds)
        exchange.beginPass()
        for index in inventory.ports.indices {
            let epoch = facts.epoch(devicePath: inventory.ports[index].devicePath)
            inventory.ports[index].begin(now: start, epoch: epoch)
        }
        for stage in Stage.allCases {
            run(stage, until: overflow ? .max : sum)
        }
        for port in exchange.lostPorts { inventory.lose(port) }
        return report(start: start)
    }

    // Before the pass begins, so that a slow driver leaves the datagrams their time.
    private mutating func readHost() {
        let now = exchange.transport.boottimeNanoseconds()
        inventory.identify(now: now, configuration, facts, announce)
        for index in inventory.ports.indices {
            announce(inventory.ports[index].device, "statistics")
            inventory.ports[index].readHost(
                now: now, interval: configuration.identityIntervalNanoseconds, facts, &statistics)
        }
    }

    private mutating func run(_ stage: Stage, until deadline: UInt64) {
        batch.removeAll()
        for index in inventory.ports.indices {
            batch.port = index
            inventory.ports[index].ask(stage, configuration, into: &batch)
        }
        if !batch.questions.isEmpty {
            announce("*", stage.rawValue)
            exchange.ask(batch.questions, until: deadline)
        }
        for (number, asker) in batch.askers.enumerated() {
            inventory.ports[asker.port].take(
                asker.purpose, exchange.outcomes[number], exchange.answers[number],
                interval: configuration.identityIntervalNanoseconds)
        }
        for index in inventory.ports.indices {
            inventory.ports[index].finish(stage)
        }
    }

    private func report(start: UInt64) -> InfiniBandReport {
        let now = exchange.transport.boottimeNanoseconds()
        let first = exchange.firstSentNanoseconds ?? start
        let last = max(first, exchange.lastReceivedNanoseconds ?? first)
        let middle = first + (last - first) / 2
        let wall = exchange.transport.wallMilliseconds()
        return InfiniBandReport(
            moment: Moment(
                bootID: facts.bootID, boottimeNanoseconds: middle,
                wallMilliseconds: wall - Int64((now - min(now, middle)) / 1_000_000)),
            durationNanoseconds: last - first,
            ports: inventory.ports.map { $0.report(at: middle) },
            transport: exchange.statistics, areDevicesListed: inventory.areDevicesListed)
    }
}
