import Collectors
import Model
import Wire

/// The InfiniBand probe: a turn is one call that comes back within its budget.
final class InfiniBandWork: ProbeWork {
    private let output: ProbeOutput
    private var collector: InfiniBandCollector<UMADTransport>?

    init(_ output: ProbeOutput) {
        self.output = output
    }

    func configure(_ configuration: ProbeConfiguration) -> Bool {
        guard case .infiniBand(let configuration) = configuration else { return false }
        collector = InfiniBandCollector(
            configuration: configuration, transport: UMADTransport(),
            statistics: EthtoolStatistics(),
            announce: { [output] device, what in
                _ = output.send(.working(on: "\(device): \(what)"))
            })
        return true
    }

    func collect(turn: UInt64, now: UInt64) -> Bool {
        guard let report = collector?.collect() else { return false }
        return output.send(.report(turn: turn, .infiniBand(report)))
    }

    var descriptors: [Int32] { [] }
    var deadline: UInt64? { nil }

    func advance(ready: Set<Int32>, now: UInt64) -> Bool { true }
}
