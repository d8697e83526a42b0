import CNVML
package import Model
import Synchronization

/// Sees every call that one worker makes: says whether it may be made, and remembers how it went.
///
/// The worker writes, the coordinator reads at any time, also while a call does not return.
package final class CallWitness: Sendable {
    private struct State {
        var latest: CallBoard.Call?
        var isCalling = false
        var latencies = [CallLatency](repeating: CallLatency(), count: CallFamily.allCases.count)
        var span: ClosedRange<UInt64>?
    }

    private let address: PCIAddress?
    private let slot: Int
    private let board: CallBoard?
    private let boottime: @Sendable () -> UInt64
    private let state = Mutex(State())
    private let stop = Atomic(false)

    /// The witness of a GPU's calls, or of calls about the whole library.
    ///
    /// - Parameters:
    ///   - address: The GPU; nil for the library.
    ///   - board: Where calls are announced to the daemon.
    ///   - slot: The place on the board, which nobody else writes to.
    ///   - boottime: CLOCK_BOOTTIME in nanoseconds.
    package init(
        address: PCIAddress?, board: CallBoard?, slot: Int,
        boottime: @escaping @Sendable () -> UInt64
    ) {
        self.address = address
        self.board = board
        self.slot = slot
        self.boottime = boottime
    }

    /// Whether no further call may be made.
    package var isStopped: Bool { stop.load(ordering: .acquiring) }

    /// Forbids calls from now on, or allows them again.
    package func stop(_ isStopped: Bool) { stop.store(isStopped, ordering: .releasing) }

    // MARK: The worker's side

    /// Begins a new span of calls.
    func beginSpan() {
        state.withLock { $0.span = nil }
    }

    /// Announces a call; false when it must not be made.
    func willCall(_ function: String, _ family: CallFamily) -> Bool {
        guard !isStopped else { return false }
        let call = CallBoard.Call(
            address: address, function: function, family: family, startNanoseconds: boottime(),
            thread: UInt32(bitPattern: fw_nvml_thread()))
        state.withLock {
            $0.latest = call
            $0.isCalling = true
        }
        board?.begin(slot, call)
        return true
    }

    /// Says that the announced call has returned.
    func didCall(_ code: NVMLCode) {
        board?.end(slot)
        let now = boottime()
        state.withLock { state in
            guard let call = state.latest else { return }
            state.isCalling = false
            let start = min(call.startNanoseconds, now)
            state.latencies[Int(call.family.rawValue)].note(
                nanoseconds: now - start,
                isError: code.kind != .success && code.kind != .absentCapability, end: now)
            let first = min(state.span?.lowerBound ?? start, start)
            state.span = first...now
        }
    }

    // MARK: The coordinator's side

    /// The call under way; the latest one between two calls; nil before the first.
    package var latest: CallBoard.Call? { state.withLock { $0.latest } }

    /// The call under way; nil while there is none.
    package var current: CallBoard.Call? { state.withLock { $0.isCalling ? $0.latest : nil } }

    /// From the start of the span's first call to the end of its latest; nil before that.
    package var span: ClosedRange<UInt64>? { state.withLock { $0.span } }

    /// Adds how long calls took since the start, by family.
    package func addLatencies(to total: inout [CallFamily: CallLatency]) {
        let latencies = state.withLock { $0.latencies }
        for family in CallFamily.allCases where latencies[Int(family.rawValue)].calls > 0 {
            total[family, default: CallLatency()].merge(latencies[Int(family.rawValue)])
        }
    }
}
