import CInfiniBand
import Glibc
import Model

/// Verbs events through libibverbs (ibv_open_device(3), ibv_get_async_event(3)).
///
/// The devices are listed from sysfs, so that the library, which loads the drivers of all vendors,
/// is only called for a device that may be touched.
@safe
package final class VerbsKernel: VerbsSource {
    private let classDirectory: String
    private let facts: KernelFacts
    private let uevents: VerbsUevents?
    private var contexts: [Int32: UnsafeMutablePointer<ibv_context>] = unsafe [:]

    /// A source without open devices; `sysRoot` stands for `/sys` where devices are listed.
    package init(sysRoot: String = "/sys") {
        classDirectory = "\(sysRoot)/class/infiniband_verbs"
        facts = KernelFacts(sysRoot: sysRoot)
        uevents = VerbsUevents()
    }

    deinit {
        for descriptor in unsafe Array(contexts.keys) { close(descriptor) }
    }

    /// CLOCK_BOOTTIME.
    package func boottimeNanoseconds() -> UInt64 { KernelClock.boottimeNanoseconds }

    /// CLOCK_REALTIME.
    package func wallMilliseconds() -> Int64 { KernelClock.wallMilliseconds }

    /// The verbs nodes of sysfs; one that vanishes meanwhile is not among them.
    package func devices() -> [VerbsDevice] {
        KernelFacts.names(in: classDirectory).compactMap { node in
            let path = "\(classDirectory)/\(node)"
            let name = KernelFacts.word(of: path + "/ibdev")
            guard node.hasPrefix("uverbs"), !name.isEmpty else { return nil }
            return VerbsDevice(
                name: name, node: node, instance: KernelFacts.inode(of: path),
                address: PCIAddress(KernelFacts.end(ofLink: path + "/device")),
                ports: KernelFacts.ports(devicePath: facts.path(device: name)))
        }
    }

    /// Opens a device and makes its events not wait.
    package func open(_ device: VerbsDevice) throws(CollectorError) -> Int32 {
        var count: Int32 = 0
        errno = 0
        guard let list = unsafe ibv_get_device_list(&count) else {
            throw CollectorError(.findVerbs, device.name, code: errno)
        }
        defer { unsafe ibv_free_device_list(list) }
        for index in 0..<Int(max(count, 0)) {
            guard let entry = unsafe list[index],
                unsafe String(cString: ibv_get_device_name(entry)) == device.name
            else { continue }
            errno = 0
            guard let context = unsafe ibv_open_device(entry) else {
                throw CollectorError(.openVerbs, device.name, code: Self.cause(errno, device))
            }
            let descriptor = unsafe context.pointee.async_fd
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
            unsafe contexts[descriptor] = context
            return descriptor
        }
        throw CollectorError(.findVerbs, device.name, code: ENOENT)
    }

    // The library tries another path last, whose error says less than that of the node itself.
    private static func cause(_ code: Int32, _ device: VerbsDevice) -> Int32 {
        errno = 0
        guard unsafe access("/dev/infiniband/\(device.node)", R_OK | W_OK) != 0,
            errno == EACCES
        else { return code }
        return EACCES
    }

    /// Takes one event and acknowledges it.
    package func next(_ descriptor: Int32) -> VerbsArrival {
        guard let context = unsafe contexts[descriptor] else { return .lost(code: EBADF) }
        var event = unsafe ibv_async_event()
        errno = 0
        guard unsafe ibv_get_async_event(context, &event) == 0 else {
            let code = errno
            return code == EAGAIN || code == EINTR ? .nothing : .lost(code: code)
        }
        defer { unsafe ibv_ack_async_event(&event) }
        guard let notice = unsafe VerbsNotice(rawValue: UInt32(event.event_type.rawValue)) else {
            return .other
        }
        let port = unsafe notice == .deviceFatal ? nil : UInt8(exactly: event.element.port_num)
        return .notice(notice, port: port)
    }

    /// Closes the device, which lets its driver go.
    package func close(_ descriptor: Int32) {
        guard let context = unsafe contexts.removeValue(forKey: descriptor) else { return }
        unsafe ibv_close_device(context)
    }

    /// The socket on which the kernel tells what comes and goes; nil when it may not be opened.
    package var hotplugDescriptor: Int32? { uevents?.descriptor }

    /// What the kernel has told since.
    package func hotplug() -> [VerbsHotplug] { uevents?.read() ?? [] }
}
