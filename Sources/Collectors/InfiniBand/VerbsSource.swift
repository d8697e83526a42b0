package import Model

/// What verbs events are read from: libibverbs in the product, a played node in tests.
///
/// Used on one thread. Opening and closing may take as long as the device's firmware does; nothing
/// else waits.
package protocol VerbsSource: SendableMetatype {
    /// CLOCK_BOOTTIME in nanoseconds.
    func boottimeNanoseconds() -> UInt64

    /// CLOCK_REALTIME in milliseconds since 1970-01-01T00:00:00Z.
    func wallMilliseconds() -> Int64

    /// The devices that have a verbs node, in any order, without touching one.
    mutating func devices() -> [VerbsDevice]

    /// Opens a device; gives what poll(2) can wait for, which also names it from now on.
    mutating func open(_ device: VerbsDevice) throws(CollectorError) -> Int32

    /// Takes one event of an open device, without waiting.
    mutating func next(_ descriptor: Int32) -> VerbsArrival

    /// Closes a device.
    mutating func close(_ descriptor: Int32)

    /// What poll(2) can wait for to learn that a device came or went; nil when nobody tells.
    var hotplugDescriptor: Int32? { get }

    /// What came and went since this was last asked, without waiting.
    mutating func hotplug() -> [VerbsHotplug]
}

/// A device with a verbs node.
package struct VerbsDevice: Hashable, Sendable {
    /// The kernel's name of the device, such as `mlx5_0`.
    package var name: String
    /// The name of its verbs node, such as `uverbs0`.
    package var node: String
    /// Another number when a device of the same name is registered anew.
    package var instance: UInt64
    /// Where it sits; nil for one that is not a PCI function.
    package var address: PCIAddress?
    /// The numbers of its ports; none when they are not known.
    package var ports: [UInt8]

    /// A device.
    package init(
        name: String, node: String, instance: UInt64, address: PCIAddress?, ports: [UInt8] = []
    ) {
        self.name = name
        self.node = node
        self.instance = instance
        self.address = address
        self.ports = ports
    }
}

/// What came out of asking an open device for an event.
package enum VerbsArrival: Hashable, Sendable {
    /// Nothing is there.
    case nothing
    /// The device tells something, of a port or, without one, of itself.
    case notice(VerbsNotice, port: UInt8?)
    /// The device tells something that is of no interest.
    case other
    /// The device is gone; nothing will come from there any more.
    case lost(code: Int32)
}

/// What the kernel tells of the nodes of verbs devices.
package enum VerbsHotplug: Hashable, Sendable {
    /// The node came, or changed.
    case changed(node: String)
    /// The node is being taken away, and whoever holds it keeps the driver from going.
    case removed(node: String)
    /// More was told than could be kept.
    case overflow
}

/// What an HCA tells on its own account: `enum ibv_event_type` of infiniband/verbs.h.
package enum VerbsNotice: UInt32, CaseIterable, Sendable {
    /// The device does not work any more.
    case deviceFatal = 8
    /// A port can carry traffic.
    case portActive = 9
    /// A port cannot carry traffic any more.
    case portError = 10
    /// A port has another LID.
    case lidChange = 11
    /// A port's table of partition keys changed.
    case partitionKeyChange = 12
    /// Another subnet manager is in charge of a port.
    case managerChange = 13
    /// The subnet manager asks all clients of a port to register with it again.
    case clientReregister = 17
    /// A port's table of GIDs changed.
    case gidChange = 18

    /// Its name in infiniband/verbs.h.
    package var name: String {
        switch self {
        case .deviceFatal: "IBV_EVENT_DEVICE_FATAL"
        case .portActive: "IBV_EVENT_PORT_ACTIVE"
        case .portError: "IBV_EVENT_PORT_ERR"
        case .lidChange: "IBV_EVENT_LID_CHANGE"
        case .partitionKeyChange: "IBV_EVENT_PKEY_CHANGE"
        case .managerChange: "IBV_EVENT_SM_CHANGE"
        case .clientReregister: "IBV_EVENT_CLIENT_REREGISTER"
        case .gidChange: "IBV_EVENT_GID_CHANGE"
        }
    }

    /// The kind of event that it makes.
    var kind: NodeEvent.Kind {
        switch self {
        case .deviceFatal: .hcaFatal
        case .portActive: .linkUp
        case .portError: .linkDown
        case .lidChange: .lidChange
        case .partitionKeyChange: .partitionKeyChange
        case .managerChange: .managerChange
        case .clientReregister: .clientReregister
        case .gidChange: .gidChange
        }
    }

    /// What it says of a device or port, one sentence without its subject.
    var predicate: String {
        switch self {
        case .deviceFatal: "does not work any more"
        case .portActive: "came up"
        case .portError: "went down"
        case .lidChange: "has another LID"
        case .partitionKeyChange: "has other partition keys"
        case .managerChange: "has another subnet manager"
        case .clientReregister: "is to be registered with its subnet manager anew"
        case .gidChange: "has other GIDs"
        }
    }
}
