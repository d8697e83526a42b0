package import Model

/// Reads all GPUs of this node, one after the other, and answers in time whatever hangs.
///
/// It never calls NVML itself: each GPU has a worker, and the library has one. Calls that do not
/// return cost the readings of their GPU and leave a thread behind. Used from one thread.
package final class GPUCollector {
    /// The clocks that it reads.
    package struct Clocks: Sendable {
        /// CLOCK_BOOTTIME in nanoseconds.
        package var boottimeNanoseconds: @Sendable () -> UInt64
        /// CLOCK_REALTIME in milliseconds since 1970.
        package var wallMilliseconds: @Sendable () -> Int64

        /// Clocks to read.
        package init(
            boottimeNanoseconds: @escaping @Sendable () -> UInt64,
            wallMilliseconds: @escaping @Sendable () -> Int64
        ) {
            self.boottimeNanoseconds = boottimeNanoseconds
            self.wallMilliseconds = wallMilliseconds
        }
    }

    /// What is begun next in a turn.
    private enum Step {
        case library
        case gpu(PCIAddress)
        case done
    }

    private struct Turn {
        let startNanoseconds: UInt64
        let endNanoseconds: UInt64
        var step = Step.library
        /// When the step is left behind; nil when nothing is waited for.
        var patienceNanoseconds: UInt64?
        var hasLibraryStarted = false
        var span: ClosedRange<UInt64>?
        var queue: [PCIAddress] = []

        /// Takes in from when to when a worker called.
        mutating func note(_ other: ClosedRange<UInt64>?) {
            guard let other, let span else {
                span = span ?? other
                return
            }
            let first = min(span.lowerBound, other.lowerBound)
            self.span = first...max(span.upperBound, other.upperBound)
        }
    }

    let clocks: Clocks
    let bootID: String
    let libraryWitness: CallWitness
    private(set) var configuration: GPUConfiguration
    private(set) var members: [PCIAddress: GPUMember] = [:]
    private(set) var library: GPULibrary?
    private(set) var events: [NodeEvent] = []

    /// Whether only a fresh process can go on: the kernel module is another one than that which the
    /// library was opened with, and what is loaded stays loaded.
    ///
    /// The turn under way is answered first, which says what became of the library.
    package var isWornOut: Bool { turn == nil && isLibraryWornOut }
    private var isLibraryWornOut = false

    private let board: CallBoard?
    private let driver = GPUDriver()
    private let wake: WakePipe
    private let libraryWorker: Worker<GPULibraryKeeper.Job, GPULibraryKeeper.Outcome>
    // What the kernel keeps in memory is looked at by the coordinator: no call delays it.
    private var inventory: GPUInventory
    private var turn: Turn?

    /// A collector that has not begun; nil when the process has no descriptors left.
    ///
    /// - Parameters:
    ///   - configuration: What to read, and how patiently.
    ///   - board: Where every call is announced to the daemon.
    ///   - clocks: The clocks to read.
    ///   - bootID: The boot, for the moments of reports and for the epochs of GPUs.
    package init?(
        configuration: GPUConfiguration, board: CallBoard?, clocks: Clocks, bootID: String
    ) {
        guard let wake = WakePipe() else { return nil }
        self.configuration = configuration
        self.board = board
        self.clocks = clocks
        self.bootID = bootID
        self.wake = wake
        let witness = CallWitness(
            address: nil, board: board, slot: 0, boottime: clocks.boottimeNanoseconds)
        libraryWitness = witness
        let driver = driver
        let wall = clocks.wallMilliseconds
        let sysRoot = configuration.sysRoot
        inventory = GPUInventory(sysRoot: sysRoot, bootID: bootID)
        libraryWorker = Worker(wake: wake) {
            var keeper = GPULibraryKeeper(
                driver: driver, witness: witness, sysRoot: sysRoot, wall: wall)
            return { job in
                witness.beginSpan()
                return keeper.work(job)
            }
        }
    }

    /// Reads differently from now on.
    ///
    /// GPUs that are stopped get no further call, not even in the middle of a pass. Another
    /// `sysRoot`, or another library once one is open, takes a new collector.
    package func reconfigure(_ configuration: GPUConfiguration) {
        self.configuration = configuration
        for member in members.values { member.witness.stop(mustStop(member.address)) }
    }

    private func mustStop(_ address: PCIAddress) -> Bool {
        configuration.stopped[address] != nil || !configuration.mayTouch(address)
    }

    /// Ends the threads that do not hang, and makes no call any more; it waits for none.
    package func shutDown() {
        for member in members.values {
            member.witness.stop(true)
            member.worker.end()
        }
        libraryWitness.stop(true)
        libraryWorker.end()
        turn = nil
    }

    /// Whether a thread still runs, or waits in a call.
    package var hasThreads: Bool {
        libraryWorker.hasThread || members.values.contains { $0.worker.hasThread }
    }

    /// Whether the library's worker is at something.
    var isLibraryBusy: Bool { libraryWorker.isBusy }

    // MARK: A turn

    /// Readable when a worker has finished something, so that `advance` is to be called.
    package var wakeDescriptor: Int32 { wake.descriptor }

    /// When `advance` is to be called at the latest, on the boot clock; nil between turns.
    package var deadlineNanoseconds: UInt64? {
        guard let turn else { return nil }
        return turn.patienceNanoseconds
            ?? (isAnythingPending ? turn.endNanoseconds : turn.startNanoseconds)
    }

    /// Begins a turn, unless one is under way.
    package func begin(now: UInt64) {
        guard turn == nil else { return }
        collect(now: now)
        let (end, overflow) = now.addingReportingOverflow(configuration.budgetNanoseconds)
        turn = Turn(startNanoseconds: now, endNanoseconds: overflow ? .max : end)
        for address in members.keys { members[address]?.isStarted = false }
        inventory.look(now: now)
        for place in inventory.places where configuration.mayTouch(place.address) { take(place) }
        start(.library, now: now)
    }

    /// Goes on with the turn; gives its report once, when everything was read or the budget is used
    /// up.
    package func advance(now: UInt64) -> GPUReport? {
        wake.drain()
        collect(now: now)
        while let turn, !isDone(turn.step) {
            if let patience = turn.patienceNanoseconds, isBusy(turn.step), now < patience {
                return nil
            }
            // Whoever is not busy any more may have finished just now.
            collect(now: now)
            start(next(), now: now)
        }
        guard let turn, !isAnythingPending || now >= turn.endNanoseconds else { return nil }
        collect(now: now)
        defer { self.turn = nil }
        return report(self.turn ?? turn, now: now)
    }

    private func isDone(_ step: Step) -> Bool {
        if case .done = step { true } else { false }
    }

    private func isBusy(_ step: Step) -> Bool {
        switch step {
        case .library: libraryWorker.isBusy
        case .gpu(let address): members[address]?.worker.isBusy ?? false
        case .done: false
        }
    }

    /// Whether something that was begun in this turn has not finished.
    private var isAnythingPending: Bool {
        guard let turn else { return false }
        return turn.hasLibraryStarted && libraryWorker.isBusy
            || members.values.contains { $0.isStarted && $0.worker.isBusy }
    }

    private func next() -> Step {
        guard let turn else { return .done }
        switch turn.step {
        case .library, .gpu:
            if case .library = turn.step {
                self.turn?.queue = library?.state == .ready ? readable.reversed() : []
            }
            return self.turn?.queue.popLast().map(Step.gpu) ?? .done
        case .done: return .done
        }
    }

    /// The GPUs that are told of, by address.
    private var told: [PCIAddress] {
        inventory.places.map(\.address).filter(configuration.mayTouch)
    }

    /// The GPUs that may be read, by address.
    private var readable: [PCIAddress] {
        told.compactMap { members[$0] }.filter { $0.place.isListed && !$0.witness.isStopped }
            .map(\.address)
    }

    // A worker that is busy from an earlier turn is not waited for.
    private func start(_ step: Step, now: UInt64) {
        turn?.step = step
        turn?.patienceNanoseconds = nil
        let isStarted: Bool
        switch step {
        case .library:
            isStarted = libraryWorker.start(
                GPULibraryKeeper.Job(
                    now: now, library: configuration.library,
                    listed: inventory.places.count { $0.isListed }))
        case .gpu(let address):
            guard let member = members[address] else { return }
            isStarted = member.worker.start(GPUMember.Job(now: now, epoch: member.place.epoch))
            if isStarted { members[address]?.isStarted = true }
        case .done: return
        }
        guard isStarted, let turn else { return }
        switch step {
        case .library: self.turn?.hasLibraryStarted = true
        case .gpu, .done: break
        }
        self.turn?.patienceNanoseconds = patience(for: step, turn, now: now)
    }

    /// Until when a step is waited for: every GPU has to be begun within the budget, however many
    /// before it do not finish.
    private func patience(for step: Step, _ turn: Turn, now: UInt64) -> UInt64 {
        let left = turn.endNanoseconds - min(now, turn.endNanoseconds)
        let rest: Int
        switch step {
        case .library:
            // Without the library there is nothing else to do.
            guard library?.state == .ready else { return turn.endNanoseconds }
            rest = members.count
        case .gpu, .done: rest = turn.queue.count
        }
        return now + min(configuration.patienceNanoseconds, left / UInt64(rest + 1))
    }

    // MARK: Outcomes

    /// Takes in what workers have finished, and from when to when they called.
    private func collect(now: UInt64) {
        if let outcome = libraryWorker.takeOutcome() {
            library = outcome.library
            events += outcome.events
            isLibraryWornOut = outcome.isWornOut
            turn?.note(libraryWitness.span)
        }
        for address in members.keys {
            turn?.note(members[address]?.collect(now: now))
        }
    }

    private func take(_ place: GPUInventory.Place) {
        guard members[place.address] == nil else {
            members[place.address]?.place = place
            return
        }
        let witness = CallWitness(
            address: place.address, board: board, slot: members.count + 1,
            boottime: clocks.boottimeNanoseconds)
        witness.stop(mustStop(place.address))
        members[place.address] = GPUMember(
            place: place, witness: witness, driver: driver, wake: wake)
    }

    // MARK: Report

    private func report(_ turn: Turn, now: UInt64) -> GPUReport {
        let end = max(now, turn.startNanoseconds)
        // What was begun in an earlier turn does not date this one.
        let span =
            turn.span?.clamped(to: turn.startNanoseconds...end) ?? turn.startNanoseconds...end
        let duration = span.upperBound - span.lowerBound
        let middle = span.lowerBound + duration / 2
        var calls: [CallFamily: CallLatency] = [:]
        libraryWitness.addLatencies(to: &calls)
        for member in members.values { member.witness.addLatencies(to: &calls) }
        let isReady = library?.state == .ready
        let gpus = told.compactMap {
            members[$0]?.report(
                at: middle, now: now, reason: configuration.stopped[$0], isReady: isReady)
        }
        defer { events = [] }
        return GPUReport(
            moment: Moment(
                bootID: bootID, boottimeNanoseconds: middle,
                wallMilliseconds: clocks.wallMilliseconds() - Int64((end - middle) / 1_000_000)),
            durationNanoseconds: duration, library: libraryReport(now: now), gpus: gpus,
            foreign: inventory.foreign, calls: calls, events: events)
    }

    // A call that has been under way for longer than a whole turn may take hangs.
    private func libraryReport(now: UInt64) -> GPULibrary {
        var report = library ?? GPULibrary(state: .starting)
        guard libraryWorker.isBusy, let call = libraryWitness.current,
            now > call.startNanoseconds,
            now - call.startNanoseconds > configuration.budgetNanoseconds
        else { return report }
        report.state = .hung
        let seconds = (now - call.startNanoseconds) / 1_000_000_000
        report.detail = "\(call.function) has not returned for \(seconds) seconds."
        return report
    }
}
