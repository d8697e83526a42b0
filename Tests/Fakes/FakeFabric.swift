import CInfiniBand
import Collectors
import Model

/// A datagram that the collector has sent into a played fabric.
package struct FakeRequest {
    /// The number of the request, from 0.
    package let number: Int
    /// The device and the port that it left by.
    package let device: String
    /// The port's number there.
    package let port: UInt8
    /// The method; anything but 1 is a Set.
    package let method: UInt32
    /// The management class.
    package let managementClass: UInt8
    /// The attribute.
    package let attribute: UInt16
    /// AttributeModifier of an SMP, PortSelect of a performance query.
    package let selector: UInt8
    /// The way that it took.
    package let route: MADRoute
    /// Who it reached; nil when nobody.
    package let target: GUID?
}

/// What befalls a request.
package enum FakeFault {
    /// Nothing.
    case none
    /// The request or its answer is lost.
    case lose
    /// The answer takes so many nanoseconds longer.
    case delay(UInt64)
    /// The answer arrives twice, the second time so many nanoseconds later.
    case duplicate(UInt64)
    /// The answer carries an error status and no data.
    case status(UInt32)
    /// The transport gives the request up at once with this status.
    case undelivered(UInt32)
    /// The device does not take the request: this errno.
    case sendFailure(Int32)
    /// The answer is about another attribute.
    case garbled
}

/// Switches, HCAs and cables in this process, with a clock of their own: it moves only when
/// somebody waits, so nothing in a test really waits.
package final class FakeFabric: MADTransport {
    /// CLOCK_BOOTTIME of the played node.
    package var clock: UInt64 = 1_000_000_000_000
    /// How long a request and its answer travel.
    package var latencyNanoseconds: UInt64 = 5_000
    /// Whether the transport says so when no answer came, as the kernel does and ibsim does not.
    package var givesUp = true
    /// What befalls each request.
    package var fault: (FakeRequest) -> FakeFault = { _ in .none }
    /// Called before each request is handled.
    package var onRequest: (FakeRequest) -> Void = { _ in }
    /// Everything that was sent.
    package private(set) var log: [FakeRequest] = []
    /// The most requests that were unanswered at a time.
    package private(set) var mostOutstanding = 0
    /// The devices of the played node.
    package var devices: [String: FakeNode] = [:]
    /// What a question for the list of devices ends with; nil for none.
    package var listError: Int32?
    /// Error numbers of describing a device, by its name.
    package var describeErrors: [String: Int32] = [:]
    /// Error numbers of opening a port, by `device/port`.
    package var openErrors: [String: Int32] = [:]
    /// Devices that were described, in order.
    package private(set) var described: [String] = []
    /// The devices of which a port was closed, in order.
    package private(set) var closed: [String] = []
    /// How often a wait was asked for.
    package private(set) var waits = 0

    private struct Delivery {
        let at: UInt64
        let arrival: MADArrival
        let packet: MADPacket
    }

    private var nodes: [FakeNode] = []
    private var handles: [(device: String, port: UInt8, isLost: Bool)] = []
    private var deliveries: [Delivery] = []
    private var outstanding: [UInt32: UInt64] = [:]

    /// A fabric without nodes.
    package init() {}

    /// The clock.
    package func boottimeNanoseconds() -> UInt64 { clock }

    /// The clock, as if the boot had been in 2020.
    package func wallMilliseconds() -> Int64 { 1_577_836_800_000 + Int64(clock / 1_000_000) }

    // MARK: Building

    /// Adds a node.
    package func addNode(_ guid: UInt64, isSwitch: Bool, _ description: String) -> FakeNode {
        let node = FakeNode(guid: GUID(guid), isSwitch: isSwitch, description: description)
        nodes.append(node)
        return node
    }

    /// Plugs a cable in; both ends come up at once.
    package func connect(
        _ left: FakeNode, _ leftPort: UInt8, _ right: FakeNode, _ rightPort: UInt8
    ) {
        left.port(leftPort).peer = (right, rightPort)
        right.port(rightPort).peer = (left, leftPort)
        setState(left, leftPort, 4)
    }

    /// Changes the state of both ends of a cable.
    package func setState(_ node: FakeNode, _ port: UInt8, _ state: UInt32) {
        var ends = [node.port(port)]
        if let peer = ends[0].peer { ends.append(peer.node.port(peer.port)) }
        for end in ends {
            end.state = state
            end.physicalState = state > 1 ? 5 : 2
        }
    }

    /// Takes a device away: what was open is lost.
    package func unplug(_ device: String) {
        devices[device] = nil
        for index in handles.indices where handles[index].device == device {
            handles[index].isLost = true
            let arrival = MADArrival.lost(MADPort(index: index), code: 19)
            deliver(arrival, MADPacket(), at: clock)
        }
    }

    /// Forgets what was sent.
    package func clearLog() {
        log.removeAll()
        mostOutstanding = 0
        waits = 0
    }

    // MARK: Devices

    /// The names in no useful order.
    package func deviceNames() throws(CollectorError) -> [String] {
        if let listError { throw CollectorError(.listDevices, "here", code: listError) }
        return devices.keys.sorted(by: >)
    }

    /// What was set up.
    package func describe(device: String) throws(CollectorError) -> DeviceDescription {
        described.append(device)
        if let code = describeErrors[device] {
            throw CollectorError(.describeDevice, device, code: code)
        }
        guard let node = devices[device] else {
            throw CollectorError(.describeDevice, device, code: 2)
        }
        let ports = node.ports.keys.sorted().map {
            DeviceDescription.Port(
                number: $0, guid: GUID(node.guid.rawValue + UInt64($0)), layer: node.layer)
        }
        return DeviceDescription(
            guid: node.guid, firmware: "28.39.1002", model: "MT4129", ports: ports)
    }

    /// Opens a port unless an error was set up.
    package func open(device: String, port: UInt8) throws(CollectorError) -> MADPort {
        let name = "\(device)/\(port)"
        if let code = openErrors[name] { throw CollectorError(.openPort, name, code: code) }
        guard devices[device] != nil else { throw CollectorError(.openPort, name, code: 2) }
        handles.append((device, port, false))
        return MADPort(index: handles.count - 1)
    }

    /// What is sent there from now on gets lost.
    package func close(_ port: MADPort) {
        handles[port.index].isLost = true
        closed.append(handles[port.index].device)
    }

    // MARK: Datagrams

    /// Takes a request and decides at once what comes of it.
    package func send(
        _ packet: MADPacket, by route: MADRoute, on port: MADPort, timeoutNanoseconds: UInt64
    ) throws(CollectorError) {
        let handle = handles[port.index]
        let target =
            handle.isLost ? nil : self.target(of: packet, route, handle.device, handle.port)
        let request = FakeRequest(
            number: log.count, device: handle.device, port: handle.port,
            method: packet.header(.method),
            managementClass: UInt8(packet.header(.managementClass)),
            attribute: UInt16(packet.header(.attribute)),
            selector: selector(of: packet, route), route: route, target: target?.node.guid)
        onRequest(request)
        log.append(request)
        guard !handle.isLost else { throw CollectorError(.send, handle.device, code: 19) }
        let fault = fault(request)
        if case .sendFailure(let code) = fault {
            throw CollectorError(.send, handle.device, code: code)
        }
        count(packet.transaction, until: clock + timeoutNanoseconds)
        carry(packet, request, target, fault, at: port, timeoutNanoseconds)
    }

    private func carry(
        _ packet: MADPacket, _ request: FakeRequest, _ target: (node: FakeNode, port: UInt8)?,
        _ fault: FakeFault, at port: MADPort, _ timeout: UInt64
    ) {
        let gone = clock + timeout
        if case .undelivered(let status) = fault {
            return deliver(.undelivered(port, status: status), packet, at: clock + 1_000)
        }
        guard let target, let answer = answer(packet, request, target, fault) else {
            if givesUp { deliver(.undelivered(port, status: 110), packet, at: gone) }
            return
        }
        var at = clock + latencyNanoseconds
        if case .delay(let time) = fault { at += time }
        deliver(.answer(port), answer, at: at)
        if case .duplicate(let time) = fault { deliver(.answer(port), answer, at: at + time) }
        if givesUp, at > gone { deliver(.undelivered(port, status: 110), packet, at: gone) }
    }

    /// Delivers what is due within the time, or lets the time pass.
    package func receive(into packet: inout MADPacket, waitNanoseconds: UInt64) -> MADArrival {
        waits += 1
        guard let next = deliveries.first, next.at <= clock + waitNanoseconds else {
            clock += waitNanoseconds
            return .nothing
        }
        deliveries.removeFirst()
        clock = max(clock, next.at)
        packet = next.packet
        outstanding[next.packet.transaction >> 4] = nil
        return next.arrival
    }

    private func deliver(_ arrival: MADArrival, _ packet: MADPacket, at time: UInt64) {
        let place = deliveries.firstIndex { $0.at > time } ?? deliveries.count
        deliveries.insert(Delivery(at: time, arrival: arrival, packet: packet), at: place)
    }

    private func count(_ transaction: UInt32, until time: UInt64) {
        outstanding = outstanding.filter { $0.value > clock }
        // The tries of one question differ in the lowest bits and count once.
        outstanding[transaction >> 4] = time
        mostOutstanding = max(mostOutstanding, outstanding.count)
    }
}

extension FakeFabric {
    private func selector(of packet: MADPacket, _ route: MADRoute) -> UInt8 {
        if case .lid = route { return packet.decode { $0.octet(1) } }
        return UInt8(
            truncatingIfNeeded: packet.header(MADField(rawValue: IB_MAD_ATTRMOD_F.rawValue)))
    }

    // Who gets it, and the port that it comes in by; nil when it gets lost.
    private func target(
        of packet: MADPacket, _ route: MADRoute, _ device: String, _ port: UInt8
    ) -> (node: FakeNode, port: UInt8)? {
        guard let node = devices[device], let own = node.ports[port] else { return nil }
        if case .lid(let lid, _) = route {
            if lid == own.lid { return (node, port) }
            guard own.state == 4 else { return nil }
            return owner(of: lid)
        }
        // The path is read from the datagram: hop count, then one port number per hop.
        let hops = packet.header(MADField(rawValue: IB_DRSMP_HOPCNT_F.rawValue))
        guard hops > 0 else { return (node, port) }
        let exit = packet.decode { $0.octet(64 + 1) }
        guard hops == 1, exit == port, own.state > 1, let peer = own.peer, !peer.node.hides else {
            return nil
        }
        return peer
    }

    private func owner(of lid: UInt16) -> (node: FakeNode, port: UInt8)? {
        for node in nodes {
            for (number, port) in node.ports where port.lid == lid {
                if node.isSwitch ? number == 0 : port.state == 4 { return (node, number) }
            }
        }
        return nil
    }

    private func answer(
        _ request: MADPacket, _ description: FakeRequest, _ target: (node: FakeNode, port: UInt8),
        _ fault: FakeFault
    ) -> MADPacket? {
        let isDirected = description.managementClass == 0x81
        if case .lose = fault { return nil }
        guard !target.node.ignored.contains(description.attribute) || isDirected else { return nil }
        if case .status(let status) = fault {
            return FakeAnswer(to: request, status: status, isDirected: isDirected).packet
        }
        let status = status(of: description, target.node)
        var answer = FakeAnswer(to: request, status: status, isDirected: isDirected)
        if status == 0 {
            let write = isDirected ? writeSubnet : writePerformance
            write(&answer, description, target)
        }
        if case .garbled = fault {
            answer.packet.withUnsafeOctets { mad_set_field($0, 0, IB_MAD_ATTRID_F, 0x7f) }
        }
        return answer.packet
    }

    private func status(of request: FakeRequest, _ node: FakeNode) -> UInt32 {
        guard request.managementClass == 4 else {
            let known: Set<UInt16> = [0x10, 0x11, 0x15]
            let isExtended = request.attribute == 0x33 && node.portMask2 & 2 != 0
            return known.contains(request.attribute) || isExtended ? 0 : 0x0c
        }
        guard !node.isMLX5, request.attribute != 1 else { return 0 }
        if node.refused.contains(request.attribute) { return 0x0c }
        if Attribute(rawValue: request.attribute) == nil { return 0x0c }
        return node.ports[request.selector] == nil || request.selector == 0 ? 0x1c : 0
    }

    private func writeSubnet(
        _ answer: inout FakeAnswer, _ request: FakeRequest,
        _ target: (node: FakeNode, port: UInt8)
    ) {
        switch request.attribute {
        case 0x10: answer.nodeDescription(target.node)
        case 0x11: answer.nodeInfo(target.node, arrivalPort: target.port)
        case 0x15: answer.portInfo(target.node, request.selector)
        default: answer.portInfoExtended(target.node.port(request.selector))
        }
    }

    private func writePerformance(
        _ answer: inout FakeAnswer, _ request: FakeRequest,
        _ target: (node: FakeNode, port: UInt8)
    ) {
        guard request.attribute != 1 else { return answer.classPortInfo(target.node) }
        var attribute = Attribute(rawValue: request.attribute) ?? .portCounters
        if target.node.isMLX5, attribute != .portCountersExtended { attribute = .portCounters }
        answer.counters(attribute, target.node, request.selector)
    }
}
