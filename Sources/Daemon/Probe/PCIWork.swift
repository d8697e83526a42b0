import Collectors
import Model
import Wire

/// The PCIe probe: a turn is one reading of files, or what was read a short while ago.
final class PCIWork: ProbeWork {
    private let output: ProbeOutput
    private let clock: any TimeSource
    private var collector: PCICollector?

    init(_ output: ProbeOutput, clock: any TimeSource) {
        self.output = output
        self.clock = clock
    }

    func configure(_ configuration: ProbeConfiguration) -> Bool {
        guard case .pcie(let configuration) = configuration else { return false }
        collector = PCICollector(
            configuration: configuration, facts: KernelFacts(sysRoot: configuration.sysRoot),
            clock: { [clock] in clock.now() },
            announce: { [output] function, what in
                _ = output.send(.working(on: "\(function): \(what)"))
            })
        return true
    }

    func collect(turn: UInt64, now: UInt64) -> Bool {
        guard let report = collector?.collect() else { return false }
        return output.send(.report(turn: turn, .pcie(report)))
    }

    var descriptors: [Int32] { [] }
    var deadline: UInt64? { nil }

    func advance(ready: Set<Int32>, now: UInt64) -> Bool { true }
}
