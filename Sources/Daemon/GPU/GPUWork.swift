import Collectors
import Model
import Wire

/// The GPU probe: a turn is begun, and its report goes out when the coordinator has it, whatever
/// hangs.
final class GPUWork: ProbeWork {
    private let output: ProbeOutput
    private let clock: any TimeSource
    private let board: CallBoard?
    private var collector: GPUCollector?
    private var turn: UInt64?

    init(_ output: ProbeOutput, board: CallBoard?, clock: any TimeSource) {
        self.output = output
        self.board = board
        self.clock = clock
    }

    func configure(_ configuration: ProbeConfiguration) -> Bool {
        guard case .gpu(let configuration) = configuration else { return false }
        if let collector {
            collector.reconfigure(configuration)
            return true
        }
        let clock = clock
        collector = GPUCollector(
            configuration: configuration, board: board,
            clocks: GPUCollector.Clocks(
                boottimeNanoseconds: { clock.now().boottimeNanoseconds },
                wallMilliseconds: { clock.now().wallMilliseconds }),
            bootID: clock.now().bootID)
        return collector != nil
    }

    func collect(turn: UInt64, now: UInt64) -> Bool {
        guard let collector else { return false }
        self.turn = turn
        collector.begin(now: now)
        return true
    }

    var descriptors: [Int32] { [collector?.wakeDescriptor].compactMap { $0 } }

    var deadline: UInt64? { collector?.deadlineNanoseconds }

    func advance(ready: Set<Int32>, now: UInt64) -> Bool {
        guard let collector else { return true }
        if let report = collector.advance(now: now), let turn {
            self.turn = nil
            guard output.send(.report(turn: turn, .gpu(report))) else { return false }
        }
        return !collector.isWornOut
    }
}
