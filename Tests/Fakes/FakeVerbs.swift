import Collectors
import Glibc
import Synchronization

/// A played node with verbs devices, on a clock that stands still.
///
/// What is open can be waited for like the real thing, so that a thread may listen to it.
package final class FakeVerbs: VerbsSource, Sendable {
    private struct State {
        var devices: [VerbsDevice] = []
        var refusals: [String: Int32] = [:]
        var open: [Int32: (device: VerbsDevice, pipe: Int32)] = [:]
        var arrivals: [Int32: [VerbsArrival]] = [:]
        var news: [VerbsHotplug] = []
        var deeds: [String] = []
        var boottime: UInt64 = 1_000_000_000_000
        var wall: Int64 = 1_700_000_000_000
    }

    private let state = Mutex(State())
    private let hotplugEnds: (read: Int32, write: Int32)?
    private let onClose: @Sendable () -> Void

    /// A node without devices; `onClose` is called whenever one is closed.
    package init(tellsHotplug: Bool = true, onClose: @escaping @Sendable () -> Void = {}) {
        hotplugEnds = tellsHotplug ? Self.pipeEnds() : nil
        self.onClose = onClose
    }

    deinit {
        for end in [hotplugEnds?.read, hotplugEnds?.write].compactMap(\.self) { Glibc.close(end) }
        for (descriptor, place) in state.withLock({ $0.open }) {
            Glibc.close(descriptor)
            Glibc.close(place.pipe)
        }
    }

    private static func pipeEnds() -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        _ = pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        return (ends[0], ends[1])
    }

    private static func signal(_ end: Int32?) {
        var octet: UInt8 = 1
        if let end { _ = write(end, &octet, 1) }
    }

    private static func drain(_ end: Int32) {
        var octets = [UInt8](repeating: 0, count: 64)
        while read(end, &octets, octets.count) > 0 {}
    }

    // MARK: The play

    /// What was done, in order: `open mlx5_0`, `refuse mlx5_0`, `close mlx5_0`.
    package var deeds: [String] { state.withLock { $0.deeds } }

    /// The names of what is open.
    package var openNames: [String] {
        state.withLock { $0.open.values.map(\.device.name).sorted() }
    }

    /// Makes a device known to the kernel; `tells` with a word of it.
    @discardableResult
    package func plug(
        _ name: String, node: String = "uverbs0", instance: UInt64 = 1, ports: [UInt8] = [],
        tells: Bool = true
    ) -> VerbsDevice {
        let device = VerbsDevice(
            name: name, node: node, instance: instance, address: nil, ports: ports)
        state.withLock {
            $0.devices.append(device)
            if tells { $0.news.append(.changed(node: node)) }
        }
        if tells { Self.signal(hotplugEnds?.write) }
        return device
    }

    /// Makes the kernel take a device away; `tells` with a word of it.
    package func unplug(_ device: VerbsDevice, tells: Bool = true) {
        state.withLock {
            $0.devices.removeAll { $0 == device }
            if tells { $0.news.append(.removed(node: device.node)) }
        }
        if tells { Self.signal(hotplugEnds?.write) }
    }

    /// Lets a device be opened, or not.
    package func refuse(_ name: String, code: Int32?) {
        state.withLock { $0.refusals[name] = code }
    }

    /// Lets an open device say something.
    package func say(_ name: String, _ arrivals: VerbsArrival...) {
        let pipes = state.withLock { state -> [Int32] in
            state.open.filter { $0.value.device.name == name }.map { descriptor, place in
                state.arrivals[descriptor, default: []] += arrivals
                return place.pipe
            }
        }
        for pipe in pipes { Self.signal(pipe) }
    }

    /// Lets time pass.
    package func wait(milliseconds: Int64) {
        state.withLock {
            $0.wall += milliseconds
            $0.boottime += UInt64(milliseconds) * 1_000_000
        }
    }

    // MARK: The source

    package func boottimeNanoseconds() -> UInt64 { state.withLock { $0.boottime } }

    package func wallMilliseconds() -> Int64 { state.withLock { $0.wall } }

    package func devices() -> [VerbsDevice] { state.withLock { $0.devices } }

    package func open(_ device: VerbsDevice) throws(CollectorError) -> Int32 {
        let refusal = state.withLock { state in
            state.deeds.append(
                "\(state.refusals[device.name] == nil ? "open" : "refuse") \(device.name)")
            return state.refusals[device.name]
        }
        if let refusal { throw CollectorError(.openVerbs, device.name, code: refusal) }
        let ends = Self.pipeEnds()
        state.withLock { $0.open[ends.read] = (device, ends.write) }
        return ends.read
    }

    package func next(_ descriptor: Int32) -> VerbsArrival {
        state.withLock { state in
            guard state.arrivals[descriptor]?.isEmpty == false else {
                Self.drain(descriptor)
                return .nothing
            }
            return state.arrivals[descriptor]?.removeFirst() ?? .nothing
        }
    }

    package func close(_ descriptor: Int32) {
        state.withLock { state in
            guard let place = state.open.removeValue(forKey: descriptor) else { return }
            state.arrivals[descriptor] = nil
            state.deeds.append("close \(place.device.name)")
            Glibc.close(descriptor)
            Glibc.close(place.pipe)
        }
        onClose()
    }

    package var hotplugDescriptor: Int32? { hotplugEnds?.read }

    package func hotplug() -> [VerbsHotplug] {
        state.withLock { state in
            if let end = hotplugEnds?.read { Self.drain(end) }
            defer { state.news = [] }
            return state.news
        }
    }
}
