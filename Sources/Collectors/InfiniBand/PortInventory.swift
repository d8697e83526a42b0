import Glibc
import Model

/// The ports that the collector is responsible for, in the order of device name and number.
struct PortInventory {
    var ports: [PortMemory] = []
    private var identities: [String: IdentityReader] = [:]
    // Whether the latest look at the kernel's list of devices had an answer.
    private(set) var areDevicesListed = false
    // When to look for devices again.
    private var dueNanoseconds: UInt64 = 0

    // The port's device is gone; the next pass tries to find it again.
    mutating func lose(_ handle: MADPort) {
        for index in ports.indices where ports[index].handle == handle {
            ports[index].handle = nil
            ports[index].obstacle = .transport
            dueNanoseconds = 0
        }
    }

    // Has the next pass look for devices.
    mutating func lookAgain() { dueNanoseconds = 0 }

    mutating func rescanIfDue(
        _ transport: inout some MADTransport, _ configuration: InfiniBandConfiguration,
        _ facts: KernelFacts, _ announce: (String, String) -> Void
    ) {
        let now = transport.boottimeNanoseconds()
        guard now >= dueNanoseconds else { return }
        dueNanoseconds = now &+ configuration.identityIntervalNanoseconds
        announce("*", "devices")
        // Without a list nothing is known to have come or gone.
        let present = Self.devices(&transport)
        areDevicesListed = present != nil
        dropRenamed(present ?? [], &transport, facts)
        let known = ports.map(\.device)
        let selected = (present ?? []).filter {
            configuration.mayTouch(
                device: $0, ports: KernelFacts.ports(devicePath: facts.path(device: $0)))
        }
        let names = Set(selected + known)
        for name in configuration.stopped { keepUnread(name, configuration, facts, .leftAlone) }
        for name in names.sorted(by: NaturalOrder.isBefore)
        where !configuration.stopped.contains(name) && isIncomplete(name, facts) {
            announce(name, "open")
            attach(name, &transport, configuration, facts)
        }
        ports.sort {
            $0.device == $1.device
                ? $0.key.port < $1.key.port : NaturalOrder.isBefore($0.device, $1.device)
        }
        if let present {
            for index in ports.indices {
                ports[index].isListed = present.contains(ports[index].device)
            }
        }
        identities = identities.filter { names.contains($0.key) }
    }

    // Nil when the list cannot be read; a kernel without RDMA has none.
    private static func devices(_ transport: inout some MADTransport) -> [String]? {
        do throws(CollectorError) {
            return try transport.deviceNames()
        } catch {
            return error.code == ENOENT ? [] : nil
        }
    }

    // Reads who the devices are where that is new.
    mutating func identify(
        now: UInt64, _ configuration: InfiniBandConfiguration, _ facts: KernelFacts,
        _ announce: (String, String) -> Void
    ) {
        let interval = configuration.identityIntervalNanoseconds
        for index in ports.indices where !configuration.stopped.contains(ports[index].device) {
            let (device, path) = (ports[index].device, ports[index].devicePath)
            var reader = identities[device] ?? IdentityReader()
            reader.readIfDue(path, now: now, interval: interval, facts) {
                announce(device, "identity")
            }
            ports[index].identity = reader.identity
            identities[device] = reader
        }
    }

    // A device that udev has given another name is the one of that name from now on, with what may
    // be done to it. One whose GUID is nowhere is missed under the name that it had.
    private mutating func dropRenamed(
        _ present: [String], _ transport: inout some MADTransport, _ facts: KernelFacts
    ) {
        let nodes = Dictionary(
            grouping: present,
            by: { KernelFacts.nodeGUID(devicePath: facts.path(device: $0)) ?? GUID(0) })
        for port in ports where port.key.node.rawValue != 0 {
            guard let names = nodes[port.key.node], !names.contains(port.device) else { continue }
            if let handle = port.handle { transport.close(handle) }
            ports.removeAll { $0.device == port.device && $0.key == port.key }
        }
    }

    // Whether the device has yet to be described or one of its ports to be opened. A driver that is
    // loaded anew may find a port of the other link layer.
    private func isIncomplete(_ device: String, _ facts: KernelFacts) -> Bool {
        let own = ports.lazy.filter { $0.device == device }
        return own.isEmpty
            || own.contains {
                guard $0.handle == nil else { return false }
                return $0.layer != .ethernet
                    || $0.describedEpoch != facts.epoch(devicePath: $0.devicePath)
            }
    }

    private mutating func attach(
        _ device: String, _ transport: inout some MADTransport,
        _ configuration: InfiniBandConfiguration, _ facts: KernelFacts
    ) {
        let path = facts.path(device: device)
        // Before the description: of a device that is loaded anew meanwhile it is made again.
        let epoch = facts.epoch(devicePath: path)
        let description: DeviceDescription
        do throws(CollectorError) {
            description = try transport.describe(device: device)
        } catch {
            keepUnread(device, configuration, facts, error.failure)
            return
        }
        var fresh = description.ports
            .filter { configuration.selects(device: device, port: $0.number) }
            .map {
                PortMemory(
                    device: device, devicePath: path, epoch: epoch, description: description,
                    port: $0)
            }
        let kept = ports.filter { $0.device == device && $0.handle != nil }.map(\.key)
        fresh.removeAll { kept.contains($0.key) }
        for index in fresh.indices {
            let known = ports.first { $0.device == device && $0.key == fresh[index].key }
            if let known { fresh[index].goOn(from: known) }
        }
        for index in fresh.indices where fresh[index].layer == .infiniBand {
            do throws(CollectorError) {
                fresh[index].handle = try transport.open(
                    device: device, port: fresh[index].key.port)
            } catch {
                fresh[index].obstacle = error.failure
            }
        }
        ports.removeAll { $0.device == device && $0.handle == nil }
        ports += fresh
    }

    // A device that cannot be described is in the report all the same: as it was known, or else
    // with one port and no GUID.
    private mutating func keepUnread(
        _ device: String, _ configuration: InfiniBandConfiguration, _ facts: KernelFacts,
        _ failure: Failure
    ) {
        for index in ports.indices where ports[index].device == device && ports[index].handle == nil
        {
            ports[index].obstacle = failure
        }
        guard !ports.contains(where: { $0.device == device }) else { return }
        let path = facts.path(device: device)
        let first = KernelFacts.ports(devicePath: path).first {
            configuration.selects(device: device, port: $0)
        }
        let nothing = DeviceDescription(guid: GUID(0), firmware: "", model: "", ports: [])
        var port = PortMemory(
            device: device, devicePath: path, epoch: 0, description: nothing,
            port: DeviceDescription.Port(number: first ?? 1, guid: GUID(0)))
        port.obstacle = failure
        ports.append(port)
    }
}
