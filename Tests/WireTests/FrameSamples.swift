import Model
import Testing
import Wire

/// Random contents of frames from a seed, so that a failure can be repeated (SplitMix64).
struct FrameRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    /// Some that are always tried, and one that never was.
    static let seeds: [UInt64] = [1, 2, 3, 4] + [.random(in: .min ... .max)]

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int { .random(in: 0..<limit, using: &self) }

    /// Every length of an integer on the wire, the smallest and the largest included.
    mutating func number() -> UInt64 {
        [0, 127, 128, UInt64.max].randomElement(using: &self).flatMap { below(4) == 0 ? $0 : nil }
            ?? next() >> UInt64(below(64))
    }

    mutating func small<Small: FixedWidthInteger & UnsignedInteger>() -> Small {
        Small(truncatingIfNeeded: number())
    }

    mutating func text() -> String {
        let parts = [
            "", "mlx5_0", "é", "🔌", "\u{0}", "\n", "\"", String(repeating: "x", count: 200),
        ]
        return (0..<below(4)).compactMap { _ in parts.randomElement(using: &self) }.joined()
    }

    mutating func texts() -> [String] { (0..<below(4)).map { _ in text() } }

    // MARK: Commands and answers

    mutating func command() -> Command {
        guard below(2) == 0 else { return .collect(turn: number()) }
        return .configure(configuration())
    }

    mutating func answer() -> Answer {
        switch below(7) {
        case 0: .hello(version: text())
        case 1: .working(on: text())
        case 2: .events((0..<below(4)).map { _ in event() })
        case 3: .report(turn: number(), .gpu(gpuReport()))
        case 4: .report(turn: number(), .kernelLog(kernelLogReport()))
        case 5: .report(turn: number(), .pcie(pciReport()))
        default: .report(turn: number(), .infiniBand(report()))
        }
    }

    mutating func report() -> InfiniBandReport {
        var transport = MADStatistics()
        transport.sent = number()
        transport.received = number()
        transport.retries = number()
        transport.timeouts = number()
        transport.late = number()
        transport.refused = number()
        transport.sendFailures = number()
        return InfiniBandReport(
            moment: moment(), durationNanoseconds: number(),
            ports: (0..<below(4)).map { _ in port() },
            transport: transport,
            hearings: (0..<below(3)).map { _ in
                EventHearing(
                    device: text(), isHeard: below(2) == 0, trouble: below(2) == 0 ? nil : text())
            }, areDevicesListed: below(2) == 0)
    }

    private mutating func port() -> PortReport {
        PortReport(
            device: text(), key: key(), portGUID: GUID(number()),
            layer: LinkLayer.allCases[below(LinkLayer.allCases.count)], firmware: text(),
            model: text(), identity: identity(), isListed: below(2) == 0, description: text(),
            local: end(), peer: peer())
    }

    private mutating func identity() -> HCAIdentity {
        var identity = HCAIdentity()
        if below(2) == 0 { identity.address = address() }
        identity.role = HCARole.allCases.randomElement(using: &self) ?? .fabric
        for field in [\HCAIdentity.boardID, \.part, \.serial, \.driver] where below(2) == 0 {
            identity[keyPath: field] = text()
        }
        return identity
    }

    private mutating func key() -> PortKey { PortKey(node: GUID(number()), port: small()) }

    private mutating func failure() -> Failure {
        Failure.allCases.randomElement(using: &self) ?? .timeout
    }

    private mutating func peer() -> PeerReport {
        switch below(3) {
        case 0: .absent
        case 1: .unobservable(failure())
        default:
            .observed(
                PeerIdentity(
                    key: key(), isSwitch: below(2) == 0, systemImageGUID: GUID(number()),
                    description: text(), lid: small()),
                end())
        }
    }

    private mutating func end() -> EndReport {
        EndReport(
            link: below(4) == 0 ? nil : link(),
            linkAgeNanoseconds: number(),
            fec: below(2) == 0 ? nil : FECMode.allCases.randomElement(using: &self),
            readings: (0..<InfiniBandCounters.count).map { _ in reading() },
            gauges: InfiniBandCounters.gauges.map { _ in reading() },
            failure: below(2) == 0 ? nil : failure(), epoch: number())
    }

    private mutating func link() -> LinkInfo {
        var link = LinkInfo(
            state: small(), physicalState: small(), widthLanes: small(),
            laneMegabitsPerSecond: small(), lid: small(), smLID: small(), capabilityMask: small())
        if below(2) == 0 {
            link.ability = LinkAbility(
                supportedWidths: small(), enabledWidths: small(), supportedSpeeds: small(),
                enabledSpeeds: small())
        }
        return link
    }

    mutating func reading() -> Reading {
        switch below(6) {
        case 0: .unsupported
        case 1: .failed
        case 2: .noPermission
        case 3: .held(number(), field: UInt8(below(252)))
        default: .value(number(), field: UInt8(below(252)))
        }
    }
}

/// Answers that tests cut, swell and falsify.
struct AnswerSample: CustomTestStringConvertible {
    let testDescription: String
    let answer: Answer

    /// One of each kind with something in every list, short enough to try every cut through it.
    static let short = [
        AnswerSample(
            testDescription: "one port",
            answer: .report(turn: 300, .infiniBand(FrameRandom.shortReport))),
        AnswerSample(
            testDescription: "one GPU",
            answer: .report(turn: 300, .gpu(FrameRandom.shortGPUReport))),
        AnswerSample(
            testDescription: "events", answer: .events(FrameRandom.shortGPUReport.events)),
    ]

    /// The largest nodes that are thought of, with integers of ten bytes each in all readings.
    static let large: [AnswerSample] = {
        let value = Reading.value(.max, field: 251)
        func full(_ values: [Reading]) -> [Reading] { values.map { _ in value } }
        var ports = FrameRandom.shortReport
        ports.ports = Array(repeating: ports.ports[0], count: 64)
        var gpus = FrameRandom.shortGPUReport
        var gpu = gpus.gpus[0]
        gpu.readings = full(gpu.readings)
        gpu.gauges = full(gpu.gauges)
        gpu.links = (0..<36).map {
            NVLinkReport(
                number: $0, remote: gpu.links[0].remote, readings: full(gpu.links[0].readings),
                gauges: full(gpu.links[0].gauges))
        }
        gpus.gpus = Array(repeating: gpu, count: 16)
        let events = (0..<256).flatMap { _ in FrameRandom.shortGPUReport.events }
        return [
            AnswerSample(
                testDescription: "64 ports", answer: .report(turn: .max, .infiniBand(ports))),
            AnswerSample(
                testDescription: "16 GPUs with 36 links each",
                answer: .report(turn: .max, .gpu(gpus))),
            AnswerSample(testDescription: "events", answer: .events(events)),
        ]
    }()
}

extension FrameRandom {
    /// A short report, so that every cut through it can be tried.
    static let shortReport: InfiniBandReport = {
        var random = FrameRandom(7)
        while true {
            let report = random.report()
            if report.ports.count == 1, case .observed = report.ports[0].peer { return report }
        }
    }()

    /// The same of a GPU: all that may be there is there.
    static let shortGPUReport: GPUReport = {
        var random = FrameRandom(7)
        while true {
            let report = random.gpuReport()
            guard report.gpus.count == 1, let gpu = report.gpus.first, case .busy = gpu.state,
                gpu.identity != nil, gpu.links.count == 1, gpu.links[0].remote?.address != nil,
                !report.calls.isEmpty, !report.events.isEmpty
            else { continue }
            return report
        }
    }()
}
