import Model
import Testing
import Wire

@testable import Collectors
@testable import Daemon

/// A GPU whose call hangs or crashes is named and left out, and tried alone; the others go on.
struct GPUWatchTests {
    private static let second: UInt64 = 1_000_000_000
    private static let gpus = (0..<8).map {
        PCIAddress(domain: 0, bus: UInt8(0x18 + $0), device: 0)
    }
    private static let sick = gpus[3]

    /// The watch, its scripted processes and what the kernel says of them.
    private final class Stage {
        var links: [ScriptedLink] = []
        var trials: [ScriptedLink] = []
        var endings: [Int32: ProbeSupervisor.Ending] = [:]
        var thread = ThreadState(letter: "S", waitChannel: "")
        var token: UInt64 = 1
        let board: SharedBoard
        private(set) lazy var watch = makeWatch()
        private var turn: UInt64 = 0

        static let patience = Patience(
            soft: 2 * second, hard: 10 * second, restartMinimum: second,
            restartMaximum: 60 * second)

        init() throws {
            board = try #require(SharedBoard())
            tick(0)
        }

        private func makeWatch() -> GPUWatch {
            GPUWatch(
                supervisor: supervisor("gpu") { [unowned self] in
                    links.append(ScriptedLink(pid: Int32(100 + links.count)))
                    return links[links.count - 1]
                },
                trial: supervisor("gpu-trial") { [unowned self] in
                    trials.append(ScriptedLink(pid: Int32(200 + trials.count)))
                    return trials[trials.count - 1]
                },
                boards: (board.board, nil), configuration: GPUConfiguration(),
                patience: Stage.patience,
                quarantine: Quarantine(delayMinimum: 30 * second, delayMaximum: 600 * second),
                kernel: GPUWatch.Kernel(
                    token: { [unowned self] _ in token },
                    thread: { [unowned self] _, _ in thread }))
        }

        private func supervisor(
            _ name: String, launch: @escaping () -> ScriptedLink
        ) -> ProbeSupervisor {
            ProbeSupervisor(
                name: name, configuration: .gpu(GPUConfiguration()), patience: Stage.patience,
                launch: { () throws(SpawnError) in launch() },
                reap: { [unowned self] in endings.removeValue(forKey: $0) })
        }

        @discardableResult
        func tick(_ now: UInt64) -> String? {
            watch.supervisor.tick(now: now)
            return watch.tick(now: now)
        }

        /// One turn in which the probe reports these states; the other GPUs are read.
        func turn(
            _ states: [PCIAddress: GPUState], now: UInt64, library: GPULibrary.State = .ready
        ) {
            turn += 1
            watch.supervisor.collect(turn: turn, now: now)
            links[links.count - 1].say(
                .report(turn: turn, .gpu(Self.report(gpus, states, library))))
            for heard in watch.supervisor.receive(now: now) {
                if case .report(.gpu(let report)) = heard { watch.take(report, now: now) }
            }
            tick(now)
        }

        static func report(
            _ gpus: [PCIAddress], _ states: [PCIAddress: GPUState],
            _ library: GPULibrary.State = .ready
        ) -> GPUReport {
            GPUReport(
                moment: .scripted(seconds: 0), durationNanoseconds: 1,
                library: GPULibrary(state: library),
                gpus: gpus.map { GPUDeviceReport(address: $0, state: states[$0] ?? .read) })
        }

        func end(_ link: ScriptedLink, status: Int32, at now: UInt64) -> String? {
            endings[link.pid] = ProbeSupervisor.Ending(status: status, cpuSeconds: 0)
            return tick(now)
        }

        /// What the running probe was last told to leave alone.
        var stopped: [PCIAddress: String] {
            guard
                case .configure(.gpu(let configuration)) = links.last?.commands.last(where: {
                    if case .configure = $0 { true } else { false }
                })
            else { return [:] }
            return configuration.stopped
        }
    }

    private static func busy(_ seconds: UInt64) -> [PCIAddress: GPUState] {
        [
            sick: .busy(
                GPUCall(
                    function: "nvmlDeviceGetFieldValues", family: .linkErrors,
                    nanoseconds: seconds * second, thread: 7))
        ]
    }

    private let second = GPUWatchTests.second
    private let sick = GPUWatchTests.sick

    @Test func libraryIsIntroducedOnce() throws {
        let stage = try Stage()
        for now in 1...3 as ClosedRange<UInt64> { stage.turn([:], now: now * second) }
        #expect(stage.watch.takeNews().map(\.text) == ["NVML , driver , 0/0 symbols"])
        stage.turn([:], now: 4 * second)
        #expect(stage.watch.takeNews().isEmpty)
    }

    @Test func slowCallIsCountedOnceAndForgotten() throws {
        let stage = try Stage()
        stage.turn(Self.busy(1), now: 1 * second)
        #expect(stage.watch.troubles.isEmpty && stage.watch.slowCalls.isEmpty)
        for now in 2...5 as ClosedRange<UInt64> { stage.turn(Self.busy(now), now: now * second) }
        #expect(stage.watch.slowCalls == [sick: 1])
        let trouble = try #require(stage.watch.troubles[sick])
        #expect(trouble.since == 0 && trouble.excluded == nil)
        #expect(trouble.call?.function == "nvmlDeviceGetFieldValues")
        stage.turn([:], now: 6 * second)
        #expect(stage.watch.troubles.isEmpty)
        #expect(!stage.links[0].wasKilled)
    }

    /// With long turns the board tells how long a call has lasted by now.
    @Test func deadlinesAreKeptBetweenReports() throws {
        let stage = try Stage()
        stage.board.board.begin(
            4,
            CallBoard.Call(
                address: sick, function: "nvmlDeviceGetFieldValues", family: .linkErrors,
                startNanoseconds: second, thread: 9))
        stage.turn(Self.busy(1), now: 2 * second)
        #expect(stage.watch.nextTick == 3 * second)
        stage.tick(3 * second)
        #expect(stage.watch.slowCalls == [sick: 1])
        #expect(stage.watch.nextTick == 11 * second)
        stage.tick(11 * second)
        #expect(stage.links[0].wasKilled)
    }

    @Test func callThatReturnedBetweenReportsIsForgiven() throws {
        let stage = try Stage()
        stage.board.board.begin(
            4,
            CallBoard.Call(
                address: sick, function: "nvmlDeviceGetFieldValues", family: .linkErrors,
                startNanoseconds: second, thread: 9))
        stage.turn(Self.busy(1), now: 2 * second)
        stage.board.board.end(4)
        #expect(stage.watch.nextTick == nil)
        stage.tick(50 * second)
        #expect(!stage.links[0].wasKilled && stage.watch.slowCalls.isEmpty)
    }

    @Test func hungGPUIsLeftOutAndTheOthersGoOn() throws {
        let stage = try Stage()
        for now in 1...10 as ClosedRange<UInt64> { stage.turn(Self.busy(now), now: now * second) }
        #expect(stage.links[0].wasKilled)
        // Not reaped: nobody else is started.
        stage.tick(12 * second)
        #expect(stage.links.count == 1)
        #expect(stage.watch.troubles[sick]?.excluded != nil)
        _ = stage.end(stage.links[0], status: 9, at: 13 * second)
        stage.tick(13 * second)
        #expect(stage.links.count == 2, "started at once, since the culprit is known")
        #expect(
            stage.stopped
                == [sick: "nvmlDeviceGetFieldValues (link_errors) did not return"])
        #expect(stage.watch.troubles[sick]?.since == 0, "since the call began")
    }

    @Test func threadThatNoSignalReachesIsLeftWhereItIs() throws {
        let stage = try Stage()
        stage.thread = ThreadState(letter: "D", waitChannel: "os_acquire_rwlock_write")
        for now in 1...40 as ClosedRange<UInt64> { stage.turn(Self.busy(now), now: now * second) }
        #expect(!stage.links[0].wasKilled, "the others are being read")
        #expect(stage.watch.troubles[sick]?.kernel == stage.thread)
        // Nothing is read any more: then there is nothing to lose.
        let all = Dictionary(
            uniqueKeysWithValues: Self.gpus.map { ($0, Self.busy(41)[Self.sick] ?? .read) })
        stage.turn(all, now: 41 * second)
        #expect(stage.links[0].wasKilled)
        for now in 42...100 as ClosedRange<UInt64> { stage.tick(now * second) }
        #expect(stage.links.count == 1 && stage.trials.isEmpty, "never beside an unreaped one")
    }

    /// Up to the trial of a GPU that hung.
    private func stageWithTrial() throws -> (Stage, ScriptedLink) {
        let stage = try Stage()
        for now in 1...10 as ClosedRange<UInt64> { stage.turn(Self.busy(now), now: now * second) }
        _ = stage.end(stage.links[0], status: 9, at: 11 * second)
        stage.tick(11 * second)
        stage.tick(39 * second)
        #expect(stage.trials.isEmpty)
        stage.tick(40 * second)
        return (stage, try #require(stage.trials.first))
    }

    @Test func hungGPUIsTriedAloneAndReadAgain() throws {
        let (stage, trial) = try stageWithTrial()
        guard case .configure(.gpu(let alone)) = trial.commands.first else {
            Issue.record("no configuration")
            return
        }
        #expect(alone.include == [sick.description] && alone.stopped.isEmpty)
        #expect(trial.commands.last == .collect(turn: 1))
        trial.say(.report(turn: 1, .gpu(Stage.report([sick], [:]))))
        stage.watch.receiveTrial(now: 41 * second)
        #expect(stage.watch.troubles.isEmpty && stage.stopped.isEmpty)
        #expect(trial.wasFinished)
    }

    @Test func trialThatHangsIsKilledAndComesLater() throws {
        let (stage, trial) = try stageWithTrial()
        trial.say(.report(turn: 1, .gpu(Stage.report([sick], Self.busy(1)))))
        stage.watch.receiveTrial(now: 41 * second)
        #expect(stage.watch.troubles[sick]?.excluded != nil && !trial.wasKilled)
        stage.tick(42 * second)
        trial.say(.report(turn: 2, .gpu(Stage.report([sick], Self.busy(10)))))
        stage.watch.receiveTrial(now: 50 * second)
        #expect(trial.wasKilled)
        // It hangs in the kernel: no further trial until it is gone.
        for now in 51...200 as ClosedRange<UInt64> { stage.tick(now * second) }
        #expect(stage.trials.count == 1)
        _ = stage.end(trial, status: 9, at: 201 * second)
        stage.tick(202 * second)
        #expect(stage.trials.count == 2)
        #expect(stage.links.count == 2, "the others were read all the time")
    }

    @Test func libraryThatHangsIsOpenedAgainLessAndLessOften() throws {
        let stage = try Stage()
        var now = second
        var pauses: [UInt64] = []
        for _ in 0..<4 {
            let link = try #require(stage.links.last)
            stage.board.board.begin(
                0,
                CallBoard.Call(
                    address: nil, function: "nvmlInit_v2", family: .library,
                    startNanoseconds: now, thread: 9))
            stage.turn(
                Dictionary(uniqueKeysWithValues: Self.gpus.map { ($0, .noLibrary) }), now: now,
                library: .hung)
            #expect(stage.watch.nextTick == now + 10 * second)
            now += 10 * second
            stage.tick(now)
            #expect(link.wasKilled)
            _ = stage.end(link, status: 9, at: now)
            let next = try #require(stage.watch.supervisor.nextTick)
            pauses.append((next - now) / second)
            now = next
            stage.tick(now)
        }
        #expect(pauses == [30, 60, 120, 240])
        #expect(stage.watch.takeNews().count == 1, "said once")
        #expect(stage.watch.troubles.isEmpty, "no GPU is to blame")
    }

    @Test func crashNamesItsGPU() throws {
        let stage = try Stage()
        stage.turn([:], now: second)
        stage.board.board.begin(
            4,
            CallBoard.Call(
                address: sick, function: "nvmlDeviceGetTotalEccErrors", family: .ecc,
                startNanoseconds: second, thread: 9))
        #expect(stage.end(stage.links[0], status: 11, at: 2 * second) == nil)
        stage.tick(2 * second)
        #expect(stage.links.count == 2)
        #expect(
            stage.stopped
                == [
                    sick: "nvmlDeviceGetTotalEccErrors (ecc) ended the probe with signal 11"
                ])
        #expect(stage.board.board.calls().isEmpty)
    }

    @Test func crashLoopEndsInAStatedState() throws {
        let stage = try Stage()
        var said: [String] = []
        var now = second
        while stage.links.count < 10, !stage.watch.supervisor.isDisabled {
            stage.board.board.begin(
                0,
                CallBoard.Call(
                    address: nil, function: "nvmlInit_v2", family: .library,
                    startNanoseconds: now, thread: 9))
            if let text = stage.end(stage.links[stage.links.count - 1], status: 6, at: now) {
                said.append(text)
            }
            now += 100 * second
            stage.tick(now)
        }
        #expect(stage.links.count == 3)
        #expect(
            said == [
                "probe gpu crashed 3 times in a row in nvmlInit_v2 and is disabled until the "
                    + "NVIDIA driver changes or the daemon is restarted"
            ])
        #expect(stage.watch.supervisor.state == "disabled")
        #expect(stage.watch.supervisor.trouble == said.first)
        stage.tick(now + 10_000 * second)
        #expect(stage.links.count == 3)
        stage.token = 2
        stage.watch.checkInstances(now: now + 10_001 * second)
        stage.tick(now + 10_001 * second)
        #expect(stage.links.count == 4)
    }

    @Test func whatTheHistoryRemembersIsTriedAloneFirst() throws {
        let stage = try Stage()
        let event = NodeEvent(
            kind: .xid, device: .pci(sick), number: 119, wallMilliseconds: 0, source: .kernelLog,
            record: 1, line: "")
        stage.watch.recall(sick, because: event, now: 0)
        #expect(stage.stopped == [sick: "the kernel reported Xid 119"])
        stage.tick(second)
        let trial = try #require(stage.trials.first)
        trial.say(.report(turn: 1, .gpu(Stage.report([sick], [:]))))
        stage.watch.receiveTrial(now: 2 * second)
        #expect(stage.stopped.isEmpty && stage.watch.troubles.isEmpty)
    }

    @Test func whatTheKernelSaysStopsCallsAtOnce() throws {
        let stage = try Stage()
        stage.turn([:], now: second)
        let event = NodeEvent(
            kind: .xid, device: .pci(sick), number: 79, wallMilliseconds: 0, source: .kernelLog,
            record: 1, line: "")
        stage.watch.stop(sick, because: event, now: 2 * second)
        #expect(stage.stopped == [sick: "the kernel reported Xid 79"])
        // A reset or a new driver shows as another instance.
        stage.token = 2
        stage.watch.checkInstances(now: 3 * second)
        stage.tick(3 * second)
        let trial = try #require(stage.trials.first)
        trial.say(.report(turn: 1, .gpu(Stage.report([sick], [:]))))
        stage.watch.receiveTrial(now: 4 * second)
        #expect(stage.stopped.isEmpty)
    }
}
