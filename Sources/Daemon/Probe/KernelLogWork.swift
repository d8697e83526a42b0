import Collectors
import Model
import Wire

/// The kernel-log probe: tells events as they come, and how it does when it is asked.
final class KernelLogWork: ProbeWork {
    private static let eventsPerFrame = 1024

    private let output: ProbeOutput
    private let clock: any TimeSource
    private let clocks = KernelLogClocks.system
    private var collector: KernelLogCollector<KernelLogFile>?

    init(_ output: ProbeOutput, clock: any TimeSource) {
        self.output = output
        self.clock = clock
    }

    func configure(_ configuration: ProbeConfiguration) -> Bool {
        guard case .kernelLog(let configuration) = configuration else { return false }
        collector = KernelLogCollector(configuration, clocks: clocks, source: KernelLogFile())
        return true
    }

    func collect(turn: UInt64, now: UInt64) -> Bool {
        guard advance(ready: [], now: now), tell(collector?.takeGrown() ?? []), let collector
        else { return false }
        return output.send(
            .report(turn: turn, .kernelLog(collector.report(at: clock.now()))))
    }

    var descriptors: [Int32] { [collector?.descriptor].compactMap { $0 } }

    // The collector goes by the monotonic clock.
    var deadline: UInt64? {
        guard let due = collector?.nextDeadlineNanoseconds else { return nil }
        let now = clocks.monotonicNanoseconds()
        return clock.now().boottimeNanoseconds + (due - min(due, now))
    }

    func advance(ready: Set<Int32>, now: UInt64) -> Bool {
        guard collector != nil else { return true }
        var events = collector?.read() ?? []
        events += collector?.tick(nowNanoseconds: clocks.monotonicNanoseconds()) ?? []
        return tell(events)
    }

    // What a storm has left makes more than a frame takes.
    private func tell(_ events: [NodeEvent]) -> Bool {
        var rest = events[...]
        while !rest.isEmpty {
            guard output.send(.events(Array(rest.prefix(Self.eventsPerFrame)))) else {
                return false
            }
            rest = rest.dropFirst(Self.eventsPerFrame)
        }
        return true
    }
}
