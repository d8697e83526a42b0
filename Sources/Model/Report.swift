/// What one InfiniBand probe saw in one pass.
package struct InfiniBandReport: Hashable, Sendable {
    /// The middle between the first datagram sent and the last one received.
    package var moment: Moment
    /// Nanoseconds from the first datagram sent to the last one received.
    package var durationNanoseconds: UInt64
    /// The ports that the probe is responsible for, in the order of device name and number.
    package var ports: [PortReport]
    /// The transport's counts since the probe started.
    package var transport: MADStatistics
    /// The devices with a verbs node, and whether their events are heard.
    package var hearings: [EventHearing]
    /// Whether the kernel's list of devices could be read, so that what is not in it is not there.
    package var areDevicesListed: Bool

    /// One pass of one probe.
    package init(
        moment: Moment, durationNanoseconds: UInt64, ports: [PortReport],
        transport: MADStatistics, hearings: [EventHearing] = [], areDevicesListed: Bool = true
    ) {
        self.areDevicesListed = areDevicesListed
        self.moment = moment
        self.durationNanoseconds = durationNanoseconds
        self.ports = ports
        self.transport = transport
        self.hearings = hearings
    }
}

extension InfiniBandReport {
    /// Every device of the report, of which nothing is heard for one reason.
    package func unheard(_ reason: String) -> [EventHearing] {
        var hearings: [EventHearing] = []
        for port in ports where !hearings.contains(where: { $0.device == port.device }) {
            hearings.append(
                EventHearing(
                    device: port.device, isHeard: false,
                    trouble: "cannot listen to the events of \(port.device): \(reason)"))
        }
        return hearings
    }
}

/// Whether what a device tells by itself is heard (libibverbs, ibv_get_async_event(3)).
package struct EventHearing: Hashable, Sendable {
    /// The kernel's name of the device, such as `mlx5_0`.
    package var device: String
    /// Whether its events are read.
    package var isHeard: Bool
    /// Why they are not, one sentence for an operator; nil while they are, or before the first try.
    package var trouble: String?

    /// Whether a device is heard.
    package init(device: String, isHeard: Bool, trouble: String?) {
        self.device = device
        self.isHeard = isHeard
        self.trouble = trouble
    }
}

/// What the MAD transport did since its process started; every count only grows.
package struct MADStatistics: Hashable, Sendable {
    /// Datagrams handed to the device, repeats included.
    package var sent: UInt64 = 0
    /// Answers that were used.
    package var received: UInt64 = 0
    /// Datagrams sent again after no answer.
    package var retries: UInt64 = 0
    /// Questions given up after the last try.
    package var timeouts: UInt64 = 0
    /// Answers that came after their question was given up, or twice; dropped.
    package var late: UInt64 = 0
    /// Answers with an error status.
    package var refused: UInt64 = 0
    /// Datagrams that the device would not take.
    package var sendFailures: UInt64 = 0

    /// All zero.
    package init() {}

    /// The counts of two processes together.
    package func adding(_ other: MADStatistics) -> MADStatistics {
        var sum = self
        sum.sent &+= other.sent
        sum.received &+= other.received
        sum.retries &+= other.retries
        sum.timeouts &+= other.timeouts
        sum.late &+= other.late
        sum.refused &+= other.refused
        sum.sendFailures &+= other.sendFailures
        return sum
    }
}

/// What was seen of one HCA port and of the port at the other end of its cable.
package struct PortReport: Hashable, Sendable {
    /// The kernel's name of the device, such as `mlx5_0`.
    package var device: String
    /// The HCA that the port belongs to, and its number there.
    package var key: PortKey
    /// The GUID of the port itself; zero when unknown.
    package var portGUID: GUID
    /// What the port speaks; only InfiniBand is asked and graded as such.
    package var layer: LinkLayer
    /// The HCA's firmware version as the kernel prints it; empty when unknown.
    package var firmware: String
    /// The HCA's model as the kernel prints it, such as `MT4129`; empty when unknown.
    package var model: String
    /// What else is known of the HCA.
    package var identity: HCAIdentity
    /// Whether the kernel lists the HCA, as of the latest look; otherwise everything about it is
    /// from before.
    package var isListed: Bool
    /// The HCA's NodeDescription; empty when unknown.
    package var description: String
    /// The near end.
    package var local: EndReport
    /// The far end.
    package var peer: PeerReport

    /// One port of this node.
    package init(
        device: String, key: PortKey, portGUID: GUID, layer: LinkLayer = .infiniBand,
        firmware: String, model: String, identity: HCAIdentity = HCAIdentity(),
        isListed: Bool = true, description: String, local: EndReport, peer: PeerReport
    ) {
        self.device = device
        self.key = key
        self.portGUID = portGUID
        self.layer = layer
        self.firmware = firmware
        self.model = model
        self.identity = identity
        self.isListed = isListed
        self.description = description
        self.local = local
        self.peer = peer
    }
}

/// What an RDMA port speaks, in the kernel's words (`link_layer` in sysfs).
package enum LinkLayer: String, CaseIterable, Sendable {
    /// InfiniBand.
    case infiniBand = "InfiniBand"
    /// Ethernet: RoCE.
    case ethernet = "Ethernet"
    /// Neither, or the kernel does not say.
    case unknown = "Unknown"
}

/// What was seen at one end of a cable.
package struct EndReport: Hashable, Sendable {
    /// The decoded PortInfo, as old as `linkAgeNanoseconds`; nil when it could not be read.
    package var link: LinkInfo?
    /// How long before the report's moment the PortInfo was read; zero when read in this pass.
    package var linkAgeNanoseconds: UInt64
    /// The FEC in use; nil when the port does not say.
    package var fec: FECMode?
    /// One reading per row of `InfiniBandCounters.all`.
    package var readings: [Reading]
    /// One reading per row of `InfiniBandCounters.gauges`; the far end offers none.
    package var gauges: [Reading]
    /// What went wrong first when something did; nil when everything advertised was read.
    package var failure: Failure?
    /// Changes when the counters may have started anew: a reboot or a driver reload; zero where
    /// nothing tells.
    package var epoch: UInt64

    /// One end of a cable.
    package init(
        link: LinkInfo?, linkAgeNanoseconds: UInt64 = 0, fec: FECMode? = nil,
        readings: [Reading], gauges: [Reading] = unsupportedGauges, failure: Failure? = nil,
        epoch: UInt64 = 0
    ) {
        self.link = link
        self.linkAgeNanoseconds = linkAgeNanoseconds
        self.fec = fec
        self.readings = readings
        self.gauges = gauges
        self.failure = failure
        self.epoch = epoch
    }

    /// The gauges of an end that offers none.
    package static let unsupportedGauges = InfiniBandCounters.gauges.map { _ in
        Reading.unsupported
    }

    /// An end of which nothing could be read.
    package static func unread(_ failure: Failure, link: LinkInfo? = nil) -> EndReport {
        EndReport(
            link: link, readings: Array(repeating: .failed, count: InfiniBandCounters.count),
            gauges: InfiniBandCounters.gauges.map { _ in .failed }, failure: failure)
    }
}

/// What was seen of the other end of a cable.
package enum PeerReport: Hashable, Sendable {
    /// The local link is down, so there is nobody to ask.
    case absent
    /// The link is up and the peer does not say who it is.
    case unobservable(Failure)
    /// The peer is known; its counters are in the report, or the reason why not.
    case observed(PeerIdentity, EndReport)
}

/// Who is at the other end of a cable (IBTA vol 1, 14.2.5.3 NodeInfo).
package struct PeerIdentity: Hashable, Sendable {
    /// The node and the port that the cable is plugged into.
    package var key: PortKey
    /// Whether the peer is a switch; otherwise it is another HCA.
    package var isSwitch: Bool
    /// The GUID of the system that the node is part of; zero when unknown.
    package var systemImageGUID: GUID
    /// The peer's NodeDescription, for people; may be stale or a default.
    package var description: String
    /// The LID that the peer's counters are read from.
    package var lid: UInt16

    /// The port at the other end of a cable.
    package init(
        key: PortKey, isSwitch: Bool, systemImageGUID: GUID, description: String, lid: UInt16
    ) {
        self.key = key
        self.isSwitch = isSwitch
        self.systemImageGUID = systemImageGUID
        self.description = description
        self.lid = lid
    }
}
