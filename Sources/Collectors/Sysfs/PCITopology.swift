import Model

/// Which HCAs and GPUs the node has had since the probe was started, and the bridges above them.
///
/// An exclusion holds before anything of a device is looked at: a bridge that leads to excluded
/// devices alone is not in it either.
struct PCITopology {
    /// A function and what it is.
    struct Place: Hashable {
        var address: PCIAddress
        var role: PCIRole
        var names: [String] = []
        var parent: PCIAddress?
    }

    private struct Endpoint {
        var role: PCIRole
        var names: [String]
        // The bridges above it, the root port first.
        var bridges: [PCIAddress]
    }

    private let configuration: PCIConfiguration
    private var inventory: GPUInventory
    // A device that vanished stays, so that it is missed.
    private var endpoints: [PCIAddress: Endpoint] = [:]

    init(_ configuration: PCIConfiguration, bootID: String) {
        self.configuration = configuration
        inventory = GPUInventory(sysRoot: configuration.sysRoot, bootID: bootID)
    }

    /// The directory of a function.
    func directory(_ address: PCIAddress) -> String {
        "\(configuration.sysRoot)/bus/pci/devices/\(address)"
    }

    /// Looks for devices, and returns everything that is known, by address.
    mutating func look(now: UInt64) -> [Place] {
        lookForGPUs(now: now)
        lookForHCAs()
        var places: [PCIAddress: Place] = [:]
        for (address, endpoint) in endpoints {
            var parent: PCIAddress?
            for bridge in endpoint.bridges {
                places[bridge] = Place(
                    address: bridge, role: parent == nil ? .rootPort : .bridge, parent: parent)
                parent = bridge
            }
            places[address] = Place(
                address: address, role: endpoint.role, names: endpoint.names, parent: parent)
        }
        return places.values.sorted { $0.address < $1.address }
    }

    private mutating func lookForGPUs(now: UInt64) {
        guard let gpus = configuration.gpus else { return }
        inventory.look(now: now)
        for place in inventory.places where place.isListed && gpus.mayTouch(place.address) {
            guard let path = path(to: directory(place.address)), path.last == place.address
            else { continue }
            endpoints[place.address] = Endpoint(role: .gpu, names: [], bridges: path.dropLast())
        }
    }

    private mutating func lookForHCAs() {
        let root = "\(configuration.sysRoot)/class/infiniband"
        var found: [PCIAddress: (names: [String], bridges: [PCIAddress])] = [:]
        for name in KernelFacts.names(in: root).sorted(by: NaturalOrder.isBefore)
        where mayTouch(name, ports: KernelFacts.ports(devicePath: "\(root)/\(name)")) {
            // One that is not on a PCI bus has no address: soft RoCE.
            guard let path = path(to: "\(root)/\(name)/device"), let address = path.last else {
                continue
            }
            found[address, default: ([], path.dropLast())].names.append(name)
        }
        let names = Set(found.values.flatMap(\.names))
        for (address, endpoint) in endpoints where endpoint.role == .hca && found[address] == nil {
            // The kernel gives a name to another device once it is free.
            endpoints[address]?.names.removeAll { names.contains($0) }
        }
        for (address, device) in found {
            endpoints[address] = Endpoint(
                role: .hca, names: device.names, bridges: device.bridges)
        }
    }

    private func mayTouch(_ name: String, ports: [UInt8]) -> Bool {
        configuration.hcas.contains { $0.mayTouch(device: name, ports: ports) }
    }

    // The functions on the way to a directory, the topmost first; nil when it is not there or on
    // no PCI bus.
    private func path(to directory: String) -> [PCIAddress]? {
        guard let target = SysfsFile.target(directory) else { return nil }
        let addresses = target.split(separator: "/").compactMap { part in
            PCIAddress(part).flatMap { $0.description == part ? $0 : nil }
        }
        return addresses.isEmpty ? nil : addresses
    }
}
