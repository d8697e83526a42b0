import Collectors
import Foundation
import Glibc
import Model
import Synchronization

/// A kernel log that gives what a test wrote down.
final class ScriptedLog: KernelLogSource {
    enum Step {
        case bytes([UInt8])
        case failure(Int32)
        case end
    }

    var steps: [Step] = []
    /// What `open` fails with, in turn; then it succeeds.
    var refusals: [Int32] = []
    /// Given once the steps are used up; nil for nothing there.
    var forever: Step?
    var shape = KernelLogShape.records
    private(set) var opens = 0
    private(set) var reads = 0
    private(set) var descriptor: Int32?

    func open(_ path: String) throws(CollectorError) -> KernelLogShape {
        opens += 1
        guard refusals.isEmpty else {
            throw CollectorError(.openKernelLog, path, code: refusals.removeFirst())
        }
        descriptor = 7
        return shape
    }

    func read(into buffer: inout [UInt8]) -> Int {
        reads += 1
        let step = steps.isEmpty ? forever ?? .failure(EAGAIN) : steps.removeFirst()
        switch step {
        case .bytes(let bytes):
            buffer.replaceSubrange(..<bytes.count, with: bytes)
            return bytes.count
        case .failure(let code): return -Int(code)
        case .end: return 0
        }
    }

    func close() { descriptor = nil }
}

/// A collector that an expectation can call, over a scripted log and clocks that stand still.
final class LogUnderTest {
    private final class Clocks: Sendable {
        let monotonic = Mutex<UInt64>(1_000_000_000_000)
        let wall = Mutex<Int64>(1_700_000_000_000)
    }

    let log = ScriptedLog()
    private let clocks = Clocks()
    private var collector: KernelLogCollector<ScriptedLog>

    init(after record: UInt64? = nil) {
        let clocks = clocks
        collector = KernelLogCollector(
            KernelLogConfiguration(afterRecord: record),
            clocks: KernelLogClocks(
                monotonicNanoseconds: { clocks.monotonic.withLock { $0 } },
                wallMilliseconds: { clocks.wall.withLock { $0 } }),
            source: log)
    }

    var now: UInt64 {
        get { clocks.monotonic.withLock { $0 } }
        set { clocks.monotonic.withLock { $0 = newValue } }
    }
    var wall: Int64 {
        get { clocks.wall.withLock { $0 } }
        set { clocks.wall.withLock { $0 = newValue } }
    }
    var report: KernelLogReport { collector.report(at: .asked) }
    var descriptor: Int32? { collector.descriptor }
    var deadline: UInt64? { collector.nextDeadlineNanoseconds }

    func read() -> [NodeEvent] { collector.read() }
    func tick() -> [NodeEvent] { collector.tick(nowNanoseconds: now) }
    func takeGrown() -> [NodeEvent] { collector.takeGrown() }

    /// Adds a record.
    func add(
        _ message: String, _ sequence: UInt64, microseconds: UInt64 = 0, priority: Int = 6
    ) {
        log.steps.append(
            .bytes(kmsg(message, sequence, microseconds: microseconds, priority: priority)))
    }
}

extension Moment {
    /// When a report is asked for.
    static let asked = Moment(bootID: "boot", boottimeNanoseconds: 7, wallMilliseconds: 8)
}
