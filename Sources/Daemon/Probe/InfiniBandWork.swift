import Collectors
import Model
import Wire

/// The InfiniBand probe: a turn is one call that comes back within its budget, and what the HCAs
/// tell in between is passed on by a thread of its own.
final class InfiniBandWork: ProbeWork {
    private let output: ProbeOutput
    private var configuration: InfiniBandConfiguration?
    private var collector: InfiniBandCollector<UMADTransport>?
    private var verbs: VerbsThread?
    // Of the kernel's news of devices, how many the collector has looked after.
    private var hotplugs: UInt64 = 0

    init(_ output: ProbeOutput) {
        self.output = output
    }

    func configure(_ configuration: ProbeConfiguration) -> Bool {
        guard case .infiniBand(let configuration) = configuration else { return false }
        defer { hear(configuration) }
        // What is open stays so: only the devices that are left alone change.
        if collector != nil {
            collector?.leaveAlone(configuration.stopped)
            return true
        }
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
        return true
    }

    private func hear(_ configuration: InfiniBandConfiguration) {
        self.configuration = configuration
        verbs?.end()
        verbs = nil
        listen()
    }

    private func listen() {
        guard verbs == nil, let configuration else { return }
        hotplugs = 0
        verbs = VerbsThread(
            configuration: configuration,
            makeSource: { VerbsKernel(sysRoot: configuration.sysRoot) },
            tell: { [output] events in _ = output.send(.events(events)) })
    }

    func collect(turn: UInt64, now: UInt64) -> Bool {
        // There may be a thread and a descriptor left by now.
        listen()
        if let news = verbs?.hotplugs, news != hotplugs {
            hotplugs = news
            collector?.lookAgain()
        }
        guard var report = collector?.collect() else { return false }
        report.hearings =
            verbs?.hearings(now: now)
            ?? report.unheard("no thread or no descriptor is left to listen with")
        return output.send(.report(turn: turn, .infiniBand(report)))
    }

    var descriptors: [Int32] { [] }
    var deadline: UInt64? { nil }

    func advance(ready: Set<Int32>, now: UInt64) -> Bool { true }
}
