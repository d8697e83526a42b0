import CInfiniBand
import Glibc
import Model

/// Management datagrams through libibumad (umad_open_port(3), umad_send(3), umad_recv(3)).
///
/// A port's file is opened once and kept until the kernel takes the device away or the process
/// ends: a simulated fabric crashes a client that closes one while an answer is on its way. Its
/// number is only ever given to `poll` and libibumad, because that fabric's numbers are none of the
/// kernel's.
package final class UMADTransport: MADTransport {
    private struct Handle {
        let device: String
        let port: UInt8
        var file: Int32
        var subnetAgent: Int32
        var performanceAgent: Int32
        var isReadable = false
        var isLost = false
    }

    private var handles: [Handle] = []
    private var polled: [pollfd] = []
    private var polledHandles: [Int] = []
    // A `struct ib_user_mad` of 64 octets and the datagram behind it.
    private var buffer = InlineArray<320, UInt8>(repeating: 0)

    /// A transport without open ports.
    package init() {}

    /// CLOCK_BOOTTIME.
    package func boottimeNanoseconds() -> UInt64 { KernelClock.boottimeNanoseconds }

    /// CLOCK_REALTIME.
    package func wallMilliseconds() -> Int64 { KernelClock.wallMilliseconds }

    // MARK: Datagrams

    /// Hands a datagram to the kernel, which gives it up after the time, rounded up to
    /// milliseconds.
    package func send(
        _ packet: MADPacket, by route: MADRoute, on port: MADPort,
        timeoutNanoseconds: UInt64
    ) throws(CollectorError) {
        let handle = handles[port.index]
        guard !handle.isLost else { throw failure(.send, handle, code: ENODEV) }
        let milliseconds = Int32(clamping: (timeoutNanoseconds + 999_999) / 1_000_000)
        let (result, code) = unsafe withUnsafeMutablePointer(to: &buffer) {
            let umad = UnsafeMutableRawPointer($0)
            unsafe memset(umad, 0, 64)
            let agent = unsafe address(umad, route, handle)
            _ = unsafe packet.withUnsafeReadableOctets {
                unsafe memcpy(umad_get_mad(umad), $0, MADPacket.size)
            }
            let result = unsafe umad_send(
                handle.file, agent, umad, Int32(MADPacket.size), milliseconds, 0)
            return (result, errno)
        }
        guard result < 0 else { return }
        let error = failure(.send, handle, code: code)
        if error.isLoss { lose(port.index) }
        throw error
    }

    // Writes the destination; returns the agent of the management class.
    private func address(
        _ umad: UnsafeMutableRawPointer, _ route: MADRoute, _ handle: Handle
    ) -> Int32 {
        switch route {
        case .toSelf, .acrossCable:
            unsafe umad_set_addr(umad, 0xffff, 0, 0, 0)
            return handle.subnetAgent
        case .lid(let lid, let serviceLevel):
            let key = Int32(bitPattern: UInt32(IB_DEFAULT_QP1_QKEY))
            unsafe umad_set_addr(umad, Int32(lid), 1, Int32(serviceLevel), key)
            return handle.performanceAgent
        }
    }

    /// Reads what is there, or else waits; poll(2) counts in milliseconds, rounded up.
    package func receive(
        into packet: inout MADPacket, waitNanoseconds: UInt64
    ) -> MADArrival {
        if let arrival = readOne(into: &packet) { return arrival }
        wait(milliseconds: Int32(clamping: (waitNanoseconds + 999_999) / 1_000_000))
        return readOne(into: &packet) ?? .nothing
    }

    private func wait(milliseconds: Int32) {
        polled.removeAll(keepingCapacity: true)
        polledHandles.removeAll(keepingCapacity: true)
        for (index, handle) in handles.enumerated() where !handle.isLost {
            polled.append(pollfd(fd: handle.file, events: Int16(POLLIN), revents: 0))
            polledHandles.append(index)
        }
        guard unsafe poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return }
        for (entry, index) in zip(polled, polledHandles) where entry.revents != 0 {
            // Without POLLIN there is an error, which reading brings to light.
            handles[index].isReadable = true
        }
    }

    private func readOne(into packet: inout MADPacket) -> MADArrival? {
        for index in handles.indices where handles[index].isReadable {
            if let arrival = read(index, into: &packet) { return arrival }
            handles[index].isReadable = false
        }
        return nil
    }

    private func read(_ index: Int, into packet: inout MADPacket) -> MADArrival? {
        var length = Int32(MADPacket.size)
        let (result, status) = unsafe withUnsafeMutablePointer(to: &buffer) {
            let umad = UnsafeMutableRawPointer($0)
            let result = unsafe umad_recv(handles[index].file, umad, &length, 0)
            guard result >= 0 else { return (result, Int32(0)) }
            unsafe packet.withUnsafeOctets {
                _ = unsafe memcpy($0, umad_get_mad(umad), MADPacket.size)
            }
            return (result, unsafe umad_status(umad))
        }
        let port = MADPort(index: index)
        guard result < 0 else {
            return status == 0
                ? .answer(port) : .undelivered(port, status: UInt32(bitPattern: status))
        }
        guard result != -EAGAIN, result != -EINTR else { return nil }
        lose(index)
        return .lost(port, code: -result)
    }

    private func lose(_ index: Int) {
        handles[index].isLost = true
        handles[index].isReadable = false
        umad_close_port(handles[index].file)
    }

    // MARK: Devices

    /// Every InfiniBand device of sysfs (umad_get_ca_device_list(3)).
    package func deviceNames() throws(CollectorError) -> [String] {
        errno = 0
        let list = unsafe umad_get_ca_device_list()
        let code = errno
        guard unsafe list != nil || code == 0 else {
            throw CollectorError(.listDevices, "below \(SYS_INFINIBAND)", code: code)
        }
        defer { unsafe umad_free_ca_device_list(list) }
        var names: [String] = []
        var node = unsafe list
        while let entry = unsafe node {
            unsafe names.append(String(cString: entry.pointee.ca_name))
            unsafe node = entry.pointee.next
        }
        return names
    }

    /// Reads a device's files in sysfs (umad_get_ca(3)).
    package func describe(device: String) throws(CollectorError) -> DeviceDescription {
        var ca = umad_ca_t()
        let result = unsafe umad_get_ca(device, &ca)
        guard result >= 0 else { throw CollectorError(.describeDevice, device, code: -result) }
        defer { unsafe umad_release_ca(&ca) }
        var ports: [DeviceDescription.Port] = []
        unsafe withUnsafeBytes(of: ca.ports) { raw in
            let all = unsafe raw.bindMemory(to: UnsafeMutablePointer<umad_port_t>?.self)
            for place in all.indices {
                guard let port = unsafe all[place]?.pointee, unsafe port.portnum > 0
                else { continue }
                unsafe ports.append(
                    DeviceDescription.Port(
                        number: UInt8(clamping: port.portnum),
                        guid: GUID(UInt64(bigEndian: port.port_guid)),
                        layer: Self.layer(Self.text(of: port.link_layer))))
            }
        }
        return DeviceDescription(
            guid: GUID(UInt64(bigEndian: ca.node_guid)), firmware: Self.text(of: ca.fw_ver),
            model: Self.text(of: ca.ca_type), ports: ports)
    }

    // What umad_get_ca(3) takes from sysfs; a simulated fabric says IB.
    static func layer(_ text: String) -> LinkLayer {
        text == "IB" ? .infiniBand : LinkLayer(rawValue: text) ?? .unknown
    }

    // The text in a C array of characters, which need not end with a zero.
    private static func text<Characters>(of characters: Characters) -> String {
        unsafe withUnsafeBytes(of: characters) {
            unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Opens the port's umad file and registers for subnet and performance management.
    package func open(device: String, port: UInt8) throws(CollectorError) -> MADPort {
        let place = handles.firstIndex { $0.device == device && $0.port == port }
        if let place, !handles[place].isLost { return MADPort(index: place) }
        errno = 0
        let file = unsafe umad_open_port(device, Int32(port))
        let code = errno
        var handle = Handle(
            device: device, port: port, file: file, subnetAgent: 0, performanceAgent: 0)
        guard file >= 0 else {
            // Only this result means that errno is of open(2).
            throw failure(.openPort, handle, code: file == -EIO && code != 0 ? code : -file)
        }
        handle.subnetAgent = try register(IB_SMI_DIRECT_CLASS, handle)
        handle.performanceAgent = try register(IB_PERFORMANCE_CLASS, handle)
        guard let place else {
            handles.append(handle)
            return MADPort(index: handles.count - 1)
        }
        handles[place] = handle
        return MADPort(index: place)
    }

    /// Closes the port's umad file.
    package func close(_ port: MADPort) {
        if !handles[port.index].isLost { lose(port.index) }
    }

    private func register(
        _ managementClass: MAD_CLASSES, _ handle: Handle
    ) throws(CollectorError) -> Int32 {
        let agent = umad_register(
            handle.file, Int32(managementClass.rawValue), 1, 0, nil)
        guard agent < 0 else { return agent }
        umad_close_port(handle.file)
        throw failure(.register, handle, code: -agent)
    }

    private func failure(
        _ operation: CollectorError.Operation, _ handle: Handle, code: Int32
    ) -> CollectorError {
        CollectorError(operation, "\(handle.device)/\(handle.port)", code: code)
    }
}
