import Model

@testable import Health

/// A seeded generator, so that a failure can be repeated from the seed in its message (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Some that are always tried, and one that never was.
    static let seeds: [UInt64] = [1, 2, 3, 4] + [.random(in: .min ... .max)]
}

/// A node on which all is well, to be spoilt by the tests.
enum Sample {
    static func moment(_ seconds: Double) -> Moment {
        Moment(
            bootID: "boot", boottimeNanoseconds: UInt64((seconds + 10_000) * 1e9),
            wallMilliseconds: 1_770_000_000_000 + Int64(seconds * 1e3))
    }

    static func link(
        _ state: UInt8 = PortState.active.rawValue,
        _ physical: UInt8 = PhysicalState.linkUp.rawValue
    ) -> LinkInfo {
        LinkInfo(
            state: state, physicalState: physical, widthLanes: 4,
            laneMegabitsPerSecond: 106_250, lid: 17, smLID: 1, capabilityMask: 0)
    }

    static func end(_ link: LinkInfo? = link(), failure: Failure? = nil) -> EndReport {
        EndReport(
            link: link,
            readings: Array(repeating: .value(0, field: 0), count: InfiniBandCounters.count),
            failure: failure)
    }

    static let peerIdentity = PeerIdentity(
        key: PortKey(node: GUID(0xB0), port: 5), isSwitch: true, systemImageGUID: GUID(0xB0),
        description: "leaf01", lid: 3)

    static func cable(
        port: UInt8 = 1, local: EndReport = end(),
        peer: PeerReport = .observed(peerIdentity, end()), isStale: Bool = false,
        saturated: [SaturatedCounter] = []
    ) -> CableEvidence {
        let report = PortReport(
            device: "mlx5_0", key: PortKey(node: GUID(0xA0), port: port), portGUID: GUID(0xA1),
            firmware: "28.39.1002", model: "MT4129", description: "node1 HCA-1", local: local,
            peer: peer)
        return CableEvidence(
            device: "rail0", report: report, isStale: isStale, saturated: saturated)
    }

    static func collector(
        _ name: String = "infiniband", age: Double? = 1, waiting: Double = 0,
        workingOn: String? = nil, trouble: String? = nil
    ) -> CollectorEvidence {
        CollectorEvidence(
            name: name, ageSeconds: age, limitSeconds: 30, waitingSeconds: waiting,
            workingOn: workingOn, trouble: trouble)
    }

    static func evidence(
        _ cables: [CableEvidence] = [cable()],
        collectors: [CollectorEvidence] = [collector()], historyTrouble: String? = nil
    ) -> Evidence {
        Evidence(
            now: moment(0), cables: cables, collectors: collectors, historyTrouble: historyTrouble)
    }

    static func judge(_ cable: CableEvidence) -> [Opinion] { Rules.judge(evidence([cable])) }

    static func opinion(
        _ id: ConditionID = .linkDown, port: UInt8 = 1, _ severity: Severity? = nil,
        isCapped: Bool = false, summary: String = "It holds."
    ) -> Opinion {
        Opinion(
            id: id, subject: Subject(device: "rail0", port: port),
            severity: severity ?? ConditionCatalog.row(id).severity, isCapped: isCapped,
            summary: summary, accused: [], grade: .localOnly, evidence: [], action: "Do it.")
    }
}
