import Collectors
import Model
import Wire

/// The InfiniBand probe: a turn is one call that comes back within its budget, and what the HCAs
/// tell in between is passed on by a thread of its own.
final class InfiniBandWork: ProbeWork {
    private let output: ProbeOutput
    private var collector: InfiniBandCollector<UMADTransport>?
    private var verbs: VerbsThread?

    init(_ output: ProbeOutput) {
        self.output = output
    }

    func configure(_ configuration: ProbeConfiguration) -> Bool {
        guard case .infiniBand(let configuration) = configuration else { return false }
        // A simulated fabric is joined at the first look at its devices, which two threads must not
        // take at once.
        let transport = UMADTransport()
        _ = try? transport.deviceNames()
        collector = InfiniBandCollector(
            configuration: configuration, transport: transport,
            facts: KernelFacts(sysRoot: configuration.sysRoot),
            statistics: EthtoolStatistics(),
            announce: { [output] device, what in
                _ = output.send(.working(on: "\(device): \(what)"))
            })
        verbs?.end()
        verbs = VerbsThread(
            configuration: configuration, makeSource: { VerbsKernel() },
            tell: { [output] events in _ = output.send(.events(events)) })
        guard verbs == nil else { return true }
        return output.send(.trouble("cannot hear the HCAs: no thread or no descriptor is left"))
    }

    func collect(turn: UInt64, now: UInt64) -> Bool {
        guard var report = collector?.collect() else { return false }
        report.hearings = verbs?.hearings ?? []
        return output.send(.report(turn: turn, .infiniBand(report)))
    }

    var descriptors: [Int32] { [] }
    var deadline: UInt64? { nil }

    func advance(ready: Set<Int32>, now: UInt64) -> Bool { true }
}
