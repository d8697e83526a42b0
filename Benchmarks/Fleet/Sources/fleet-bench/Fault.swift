/// Who can be accused, as far as an accusation has a direction.
enum Side: Hashable {
    case local
    case peer
    case cable
    case host
    case other
}

/// The kinds of faults that are put in, with the parts that are truly to blame.
enum FaultKind: Int, CaseIterable {
    case marginalOut
    case marginalIn
    case dyingModuleLocal
    case dyingModulePeer
    case dirtyConnector
    case badSwitchPort
    case hostStall
    case flapStorm
    case hostFlaps
    case linkDead
    case gpuLost
    case memoryUncorrected
    case nvlinkFatal
    case remapFailed
    case nvlinkErrors
    case gspTimeout

    var isLink: Bool { rawValue < FaultKind.gpuLost.rawValue }

    var name: String {
        switch self {
        case .marginalOut: "marginal cable, HCA to switch"
        case .marginalIn: "marginal cable, switch to HCA"
        case .dyingModuleLocal: "dying laser at the HCA"
        case .dyingModulePeer: "dying laser at the switch"
        case .dirtyConnector: "dirty connector, both ways"
        case .badSwitchPort: "bad switch port"
        case .hostStall: "PCIe stalls the HCA"
        case .flapStorm: "flap storm of a cable"
        case .hostFlaps: "flap storm from the host"
        case .linkDead: "dead link"
        case .gpuLost: "GPU off the bus (Xid 79)"
        case .memoryUncorrected: "uncorrected memory error (Xid 48)"
        case .nvlinkFatal: "NVLink fatal error (Xid 74)"
        case .remapFailed: "row remapping failed (Xid 64)"
        case .nvlinkErrors: "NVLink errors without an Xid"
        case .gspTimeout: "GSP timeout (Xid 119)"
        }
    }

    /// Accusing any of these first is right; a one-way fault of a cable cannot be told from its
    /// transmitter by any counter.
    var blame: Set<Side> {
        switch self {
        case .marginalOut: [.local, .cable]
        case .marginalIn: [.peer, .cable]
        case .dyingModuleLocal: [.local]
        case .dyingModulePeer, .badSwitchPort: [.peer]
        case .dirtyConnector, .flapStorm: [.cable]
        case .hostStall: [.host]
        case .hostFlaps: [.host, .local]
        case .linkDead: [.cable]
        default: [.local]
        }
    }

    /// Whether both ends count what tells the direction: not of a link that is down for good, and
    /// not inside a GPU.
    var isTwoEnded: Bool { isLink && self != .linkDead }
}

/// A fault that was put in, with its label; times are passes of a minute.
struct Fault {
    let kind: FaultKind
    let node: Int
    /// The link or the GPU of the node, 0 to 7.
    let part: Int
    /// When it begins: alarms from here on are true.
    let begin: Int
    /// From when the delay counts: of a module that dies slowly, when it passes 1e-14.
    var counted: Int
    /// When the node is taken out for the repair.
    let repair: Int
    /// For what the kind leaves open.
    let seed: UInt64

    /// For how many passes the node is down for the repair.
    static let repairPasses = 20
    /// For how many passes after it alarms are not counted.
    static let settlePasses = 60

    var back: Int { repair + Self.repairPasses }
    var excusedUntil: Int { back + Self.settlePasses }
}

/// All faults of a run.
struct FaultPlan {
    private(set) var byNode: [Int: [Fault]] = [:]
    private(set) var count = 0

    init(_ options: Options) {
        var random = Random(options.seed, 1)
        let each = max(
            1,
            Int((Rates.faultsPerKind * Double(options.nodes * options.days) / 1000).rounded()))
        var taken: Set<Int> = []
        for kind in FaultKind.allCases {
            for _ in 0..<each {
                guard
                    let fault = Self.draw(kind, options, &random, &taken)
                else { continue }
                byNode[fault.node, default: []].append(fault)
                count += 1
            }
        }
    }

    // A part has one fault at most, and a fault has room before it and behind its repair.
    private static func draw(
        _ kind: FaultKind, _ options: Options, _ random: inout Random, _ taken: inout Set<Int>
    ) -> Fault? {
        for _ in 0..<100 {
            let node = random.int(0...(options.nodes - 1))
            let part = random.int(0...7)
            let place = node * 16 + part + (kind.isLink ? 0 : 8)
            let grows = kind == .dyingModuleLocal || kind == .dyingModulePeer
            let lasting = Int(grows ? random.between(1440, 4320) : random.between(1440, 2880))
            let latest = options.passes - lasting - 1000
            guard latest > 240 else { return nil }
            let begin = random.int(180...latest)
            guard taken.insert(place).inserted else { continue }
            return Fault(
                kind: kind, node: node, part: part, begin: begin, counted: begin,
                repair: begin + lasting, seed: random.next())
        }
        return nil
    }
}
