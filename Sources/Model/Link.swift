/// The logical state of a port (IBTA vol 1, 14.2.5.6 PortInfo.PortState).
package enum PortState: UInt8, CaseIterable, Sendable {
    /// The physical link is not up.
    case down = 1
    /// The link is up; the subnet manager has not configured it.
    case initialize = 2
    /// Configured, not yet activated.
    case armed = 3
    /// Carrying traffic.
    case active = 4

    /// The word that ibstat uses, in lower case.
    package var name: String {
        switch self {
        case .down: "down"
        case .initialize: "init"
        case .armed: "armed"
        case .active: "active"
        }
    }
}

/// The physical state of a port (IBTA vol 1, 14.2.5.6 PortInfo.PortPhysicalState).
package enum PhysicalState: UInt8, CaseIterable, Sendable {
    /// Powered down.
    case sleep = 1
    /// Sending and hearing nothing back: no cable, no module, or the other side is off.
    case polling = 2
    /// Switched off by an administrator or the fabric manager.
    case disabled = 3
    /// Training; staying here points to a marginal cable or a speed mismatch.
    case training = 4
    /// Up.
    case linkUp = 5
    /// Recovering from errors.
    case linkErrorRecovery = 6
    /// In a test mode.
    case phyTest = 7

    /// The state in snake case, as in metrics and documents.
    package var name: String {
        switch self {
        case .sleep: "sleep"
        case .polling: "polling"
        case .disabled: "disabled"
        case .training: "training"
        case .linkUp: "link_up"
        case .linkErrorRecovery: "link_error_recovery"
        case .phyTest: "phy_test"
        }
    }
}

/// The FEC in use on a link (IBTA vol 1, 14.2.5.19 PortInfoExtended.FECModeActive).
package enum FECMode: UInt8, CaseIterable, Sendable {
    /// None.
    case none = 0
    /// Fire code.
    case fireCode = 1
    /// Reed-Solomon.
    case reedSolomon = 2
    /// Low-latency Reed-Solomon.
    case lowLatencyReedSolomon = 3

    /// The word in documents.
    package var name: String {
        switch self {
        case .none: "none"
        case .fireCode: "fire_code"
        case .reedSolomon: "reed_solomon"
        case .lowLatencyReedSolomon: "low_latency_reed_solomon"
        }
    }

    /// Whether PortExtendedSpeedsCounters may come in its RS-FEC layout.
    package var isReedSolomon: Bool { self == .reedSolomon || self == .lowLatencyReedSolomon }
}

/// What PortInfo says of one port, decoded.
package struct LinkInfo: Hashable, Sendable {
    /// The raw PortState; see `PortState`.
    package var state: UInt8
    /// The raw PortPhysicalState; see `PhysicalState`.
    package var physicalState: UInt8
    /// Lanes in use, 1 to 12; zero when unknown or down.
    package var widthLanes: UInt8
    /// Signalling rate of one lane in Mbit/s; zero when unknown or down.
    package var laneMegabitsPerSecond: UInt32
    /// The port's base LID; zero while the subnet manager has not assigned one.
    package var lid: UInt16
    /// The subnet manager's LID.
    package var smLID: UInt16
    /// The raw PortInfo.CapabilityMask.
    package var capabilityMask: UInt32
    /// What the port can and may do; nil where that is not told.
    package var ability: LinkAbility?

    /// A decoded PortInfo.
    package init(
        state: UInt8, physicalState: UInt8, widthLanes: UInt8, laneMegabitsPerSecond: UInt32,
        lid: UInt16, smLID: UInt16, capabilityMask: UInt32
    ) {
        self.state = state
        self.physicalState = physicalState
        self.widthLanes = widthLanes
        self.laneMegabitsPerSecond = laneMegabitsPerSecond
        self.lid = lid
        self.smLID = smLID
        self.capabilityMask = capabilityMask
    }

    /// Whether the port carries traffic.
    package var isActive: Bool { state == PortState.active.rawValue }

    /// Whether width and speed mean anything (IBTA vol 1, C14-24.2.1).
    package var isUp: Bool { state > PortState.down.rawValue }

    /// The signalling rate of the whole link in bits per second.
    package var bitsPerSecond: UInt64 {
        UInt64(widthLanes) * UInt64(laneMegabitsPerSecond) * 1_000_000
    }

    /// The logical state as ibstat names it; `state_N` for a number that the specification lacks.
    package var stateName: String { PortState(rawValue: state)?.name ?? "state_\(state)" }

    /// The physical state in snake case; `state_N` for a number that the specification lacks.
    package var physicalStateName: String {
        PhysicalState(rawValue: physicalState)?.name ?? "state_\(physicalState)"
    }

    /// The speed grade that the lane rate belongs to, such as `NDR`; empty when unknown.
    package var speedName: String {
        LinkSpeed.name(laneMegabitsPerSecond: laneMegabitsPerSecond) ?? ""
    }
}

/// The speed grades and their lane rates (IBTA vol 1, 14.2.5.6; rates as `ibstatus` and UFM name
/// them).
package struct LinkSpeed: Sendable {
    /// The field's name for the grade.
    package let name: String
    /// Signalling rate of one lane in Mbit/s.
    package let laneMegabitsPerSecond: UInt32
    /// The value in PortInfo.LinkSpeedActive; zero when the grade is an extended one.
    package let active: UInt8
    /// The value in PortInfo.LinkSpeedExtActive; zero when the grade is a basic one.
    package let extendedActive: UInt8

    /// The grade that a lane rate belongs to, such as `NDR`; nil for any other rate.
    package static func name(laneMegabitsPerSecond rate: UInt32) -> String? {
        all.first { $0.laneMegabitsPerSecond == rate }?.name
    }

    private init(_ name: String, _ rate: UInt32, active: UInt8, extended: UInt8) {
        self.name = name
        laneMegabitsPerSecond = rate
        self.active = active
        extendedActive = extended
    }

    /// All grades, slowest first.
    package static let all: [LinkSpeed] = [
        LinkSpeed("SDR", 2_500, active: 1, extended: 0),
        LinkSpeed("DDR", 5_000, active: 2, extended: 0),
        LinkSpeed("QDR", 10_000, active: 4, extended: 0),
        LinkSpeed("FDR", 14_063, active: 0, extended: 1),
        LinkSpeed("EDR", 25_781, active: 0, extended: 2),
        LinkSpeed("HDR", 53_125, active: 0, extended: 4),
        LinkSpeed("NDR", 106_250, active: 0, extended: 8),
    ]
}
