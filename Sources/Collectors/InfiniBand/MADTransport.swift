package import Model

/// What carries management datagrams: libibumad in the product, a played fabric in tests.
///
/// It knows nothing of deadlines, repeats and meaning; it has its own clocks, so that a played
/// fabric needs no real waiting.
package protocol MADTransport {
    /// CLOCK_BOOTTIME in nanoseconds.
    func boottimeNanoseconds() -> UInt64

    /// CLOCK_REALTIME in milliseconds since 1970-01-01T00:00:00Z.
    func wallMilliseconds() -> Int64

    /// The names of the InfiniBand devices, in any order, without touching a device.
    mutating func deviceNames() throws(CollectorError) -> [String]

    /// What the kernel says of a device and its ports.
    mutating func describe(device: String) throws(CollectorError) -> DeviceDescription

    /// Opens a port for good, or takes up again one that was lost.
    mutating func open(device: String, port: UInt8) throws(CollectorError) -> MADPort

    /// Lets go of a port, whose device is another's business now.
    mutating func close(_ port: MADPort)

    /// Hands one datagram to the port; an answer may arrive within the time given or not at all.
    mutating func send(
        _ packet: MADPacket, by route: MADRoute, on port: MADPort,
        timeoutNanoseconds: UInt64
    ) throws(CollectorError)

    /// Waits for one datagram at any open port, at most about the time given.
    mutating func receive(
        into packet: inout MADPacket, waitNanoseconds: UInt64
    ) -> MADArrival
}

/// An open port of a transport.
package struct MADPort: Hashable, Sendable {
    /// The transport's number for it.
    package let index: Int

    /// A port by its transport's number.
    package init(index: Int) {
        self.index = index
    }
}

/// How a datagram finds its way.
package enum MADRoute: Hashable, Sendable {
    /// A subnet management packet to the sending port itself (directed route of length 0).
    case toSelf
    /// A subnet management packet out of the local port of that number to whoever is at the other
    /// end of its cable (directed route `0,<port>`, IBTA vol 1, 14.2.2).
    case acrossCable(localPort: UInt8)
    /// A performance management packet to a LID, with a service level.
    case lid(UInt16, serviceLevel: UInt8)
}

/// What came out of a wait for datagrams.
package enum MADArrival: Hashable, Sendable {
    /// Nothing within the time.
    case nothing
    /// A datagram is in the packet.
    case answer(MADPort)
    /// The transport gave a sent datagram up; it is in the packet. 110 (ETIMEDOUT) is what the
    /// kernel says when no answer came, see `ib_umad` in the kernel's user_mad documentation.
    case undelivered(MADPort, status: UInt32)
    /// The port is gone; nothing will arrive there any more.
    case lost(MADPort, code: Int32)
}

/// What the kernel says of a device.
package struct DeviceDescription: Sendable {
    /// The node GUID.
    package var guid: GUID
    /// The firmware version as the kernel prints it; empty when unknown.
    package var firmware: String
    /// The model as the kernel prints it, such as `MT4129`; empty when unknown.
    package var model: String
    /// One port.
    package struct Port: Sendable {
        /// Its number.
        package var number: UInt8
        /// Its GUID; zero when it has none.
        package var guid: GUID
        /// What it speaks.
        package var layer: LinkLayer

        /// A port.
        package init(number: UInt8, guid: GUID, layer: LinkLayer = .infiniBand) {
            self.number = number
            self.guid = guid
            self.layer = layer
        }
    }

    /// Its ports.
    package var ports: [Port]

    /// A device and its ports.
    package init(
        guid: GUID, firmware: String, model: String, ports: [Port]
    ) {
        self.guid = guid
        self.firmware = firmware
        self.model = model
        self.ports = ports
    }
}
