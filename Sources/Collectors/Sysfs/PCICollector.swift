package import Model

/// Reads what the kernel tells of the PCIe links and errors of HCAs, GPUs and the bridges above
/// them.
package struct PCICollector {
    private let configuration: PCIConfiguration
    private let facts: KernelFacts
    private let clock: () -> Moment
    private let announce: (String, String) -> Void
    private var topology: PCITopology
    private var readers: [PCIAddress: PCIFunctionReader] = [:]
    private var latest: PCIReport?
    private var dueNanoseconds: UInt64 = 0

    /// A collector that has read nothing yet; `announce` is told the function and what is about to
    /// be asked of it, and `clock` says the time.
    package init(
        configuration: PCIConfiguration, facts: KernelFacts, clock: @escaping () -> Moment,
        announce: @escaping (String, String) -> Void = { _, _ in }
    ) {
        self.configuration = configuration
        self.facts = facts
        self.clock = clock
        self.announce = announce
        topology = PCITopology(configuration, bootID: facts.bootID)
    }

    /// Everything as it is, or as it was read less than the interval ago.
    package mutating func collect() -> PCIReport {
        let now = clock()
        if var report = latest, now.boottimeNanoseconds < dueNanoseconds {
            let read = min(now.boottimeNanoseconds, report.moment.boottimeNanoseconds)
            report.ageNanoseconds = now.boottimeNanoseconds - read
            report.moment = now
            return report
        }
        // A turn that comes a little early is the one that is meant.
        let interval = configuration.intervalNanoseconds
        dueNanoseconds = now.boottimeNanoseconds &+ interval - interval / 20
        let functions = read(now.boottimeNanoseconds)
        let end = clock().boottimeNanoseconds
        let report = PCIReport(
            moment: now,
            durationNanoseconds: end - min(end, now.boottimeNanoseconds), functions: functions)
        latest = report
        return report
    }

    private mutating func read(_ now: UInt64) -> [PCIFunctionReport] {
        let places = topology.look(now: now)
        let known = Set(places.map(\.address))
        readers = readers.filter { known.contains($0.key) }
        let roots = Self.roots(places)
        let service = service()
        return places.map { place in
            let native = roots[place.address].map(service) ?? .unsupported
            return readers[place.address, default: PCIFunctionReader()].read(
                place, in: topology.directory(place.address), native: native, facts
            ) { [announce] in announce(place.address.description, $0) }
        }
    }

    // The root port above each function, itself included; none where there is no bridge.
    private static func roots(_ places: [PCITopology.Place]) -> [PCIAddress: PCIAddress] {
        let parents = Dictionary(
            places.map { ($0.address, $0.parent) }, uniquingKeysWith: { first, _ in first })
        var roots: [PCIAddress: PCIAddress] = [:]
        for place in places where place.role == .rootPort || place.parent != nil {
            var root = place.address
            while let parent = parents[root] ?? nil { root = parent }
            roots[place.address] = root
        }
        return roots
    }

    // Whether the kernel's AER driver has a root port: its service is `0000:00:01.0:pcie002`
    // (Linux, drivers/pci/pcie/portdrv.c).
    private func service() -> (PCIAddress) -> Reading {
        let drivers = "\(configuration.sysRoot)/bus/pci_express/drivers"
        guard KernelFacts.inode(of: drivers) != 0 else { return { _ in .unsupported } }
        let served = Set(
            KernelFacts.names(in: drivers + "/aer").compactMap { name in
                name.split(separator: ":").count == 4
                    ? PCIAddress(name.prefix(upTo: name.lastIndex(of: ":") ?? name.endIndex)) : nil
            })
        return { .value(served.contains($0) ? 1 : 0, field: 0) }
    }
}
