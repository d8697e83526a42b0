extension V1 {
    /// `/api/v1/links`: every cable of the node, both ends side by side.
    package struct Links: Codable, Hashable, Sendable {
        /// The node's name.
        package var node: String
        /// When the picture was put together.
        package var time: String
        /// The latest pass that is in it; absent before the first.
        package var pass: UInt64?
        /// The cables in the order of device and port.
        package var links: [Link]

        /// A links document.
        package init(node: String, time: String, pass: UInt64?, links: [Link]) {
            self.node = node
            self.time = time
            self.pass = pass
            self.links = links
        }
    }

    /// One cable.
    package struct Link: Codable, Hashable, Sendable {
        /// The device's label.
        package var device: String
        /// The port's number at this node's HCA.
        package var port: Int
        /// The rail of the configuration.
        package var rail: Int?
        /// The collector that reads it.
        package var collector: String
        /// When it was sampled.
        package var sampled: String
        /// Seconds since then.
        package var ageSeconds: Double
        /// Whether the sample is older than it should be; its values are then the last known ones.
        package var stale: Bool
        /// `InfiniBand`; or `Ethernet`, a RoCE port, or `Unknown`, both of which are shown and not
        /// judged.
        package var linkLayer: String
        /// `fabric`, or `nvswitch_management`: the way to an NVSwitch, likewise not judged.
        package var role: String
        /// The near end.
        package var local: LinkEnd
        /// `observed`, `absent` (the link is down), `unobservable`, or `not_infiniband`.
        package var peerState: String
        /// Why the far end cannot be read; absent when it can, or when there is none.
        package var peerFailure: String?
        /// The far end; while it is absent or unobservable, the last known one marked stale.
        package var peer: LinkEnd?
        /// The counters of both ends side by side; only those that one end offers.
        package var counters: [LinkCounter]

        /// A cable.
        package init(
            device: String, port: Int, rail: Int?, collector: String, sampled: String,
            ageSeconds: Double, stale: Bool, linkLayer: String, role: String, local: LinkEnd,
            peerState: String, peerFailure: String?, peer: LinkEnd?, counters: [LinkCounter]
        ) {
            self.device = device
            self.port = port
            self.rail = rail
            self.collector = collector
            self.sampled = sampled
            self.ageSeconds = ageSeconds
            self.stale = stale
            self.linkLayer = linkLayer
            self.role = role
            self.local = local
            self.peerState = peerState
            self.peerFailure = peerFailure
            self.peer = peer
            self.counters = counters
        }
    }

    /// One end of a cable.
    package struct LinkEnd: Codable, Hashable, Sendable {
        /// The node's GUID.
        package var guid: String
        /// The port's number at that node.
        package var port: Int
        /// The NodeDescription.
        package var description: String?
        /// `hca` or `switch`.
        package var type: String
        /// The kernel's name of the device, at the near end.
        package var kernelDevice: String?
        /// The firmware version, at the near end.
        package var firmware: String?
        /// The model, at the near end.
        package var model: String?
        /// The port's base LID, or the switch's; absent while there is none.
        package var lid: Int?
        /// `down`, `init`, `armed` or `active`; absent when unknown.
        package var state: String?
        /// `polling`, `link_up` and so on; absent when unknown.
        package var physicalState: String?
        /// Lanes in use; absent while down.
        package var widthLanes: Int?
        /// The speed grade, such as `NDR`; absent while down.
        package var speed: String?
        /// The signalling rate of the link; absent while down.
        package var bitsPerSecond: UInt64?
        /// Whether the values are older than the sample.
        package var stale: Bool
        /// Why something could not be read; absent when all was.
        package var failure: String?

        /// One end.
        package init(
            guid: String, port: Int, description: String?, type: String, kernelDevice: String?,
            firmware: String?, model: String?, lid: Int?, state: String?,
            physicalState: String?, widthLanes: Int?, speed: String?, bitsPerSecond: UInt64?,
            stale: Bool, failure: String?
        ) {
            self.guid = guid
            self.port = port
            self.description = description
            self.type = type
            self.kernelDevice = kernelDevice
            self.firmware = firmware
            self.model = model
            self.lid = lid
            self.state = state
            self.physicalState = physicalState
            self.widthLanes = widthLanes
            self.speed = speed
            self.bitsPerSecond = bitsPerSecond
            self.stale = stale
            self.failure = failure
        }
    }

    /// One counter at both ends of a cable.
    package struct LinkCounter: Codable, Hashable, Sendable {
        /// The counter's name.
        package var name: String
        /// The unit of the totals.
        package var unit: String
        /// What a rising count speaks against.
        package var accuses: String
        /// The near end; absent where it is unsupported or was never read.
        package var local: CounterValue?
        /// The far end; likewise.
        package var peer: CounterValue?

        /// A counter of a cable.
        package init(
            name: String, unit: String, accuses: String, local: CounterValue?,
            peer: CounterValue?
        ) {
            self.name = name
            self.unit = unit
            self.accuses = accuses
            self.local = local
            self.peer = peer
        }
    }

    /// What a counter shows.
    package struct CounterValue: Codable, Hashable, Sendable {
        /// Our own monotone total in the published unit.
        package var total: UInt64
        /// The hardware's value as last read, in its own unit.
        package var raw: UInt64
        /// The attribute that it was read from.
        package var source: String
        /// The field's width in bits.
        package var widthBits: Int
        /// Whether the hardware counter is full, so that the total is a lower bound.
        package var saturated: Bool
        /// What the latest step of the total promises: `exact`, `at_least`, `unknown`.
        package var quality: String
        /// Whether it could not be read in the latest pass, so that this is the value before.
        package var stale: Bool

        /// A counter's value.
        package init(
            total: UInt64, raw: UInt64, source: String, widthBits: Int, saturated: Bool,
            quality: String, stale: Bool
        ) {
            self.total = total
            self.raw = raw
            self.source = source
            self.widthBits = widthBits
            self.saturated = saturated
            self.quality = quality
            self.stale = stale
        }
    }
}
