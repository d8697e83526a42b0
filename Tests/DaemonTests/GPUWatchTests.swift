import Model
import Testing
import Wire

@testable import Collectors
@testable import Daemon

/// A GPU whose call hangs or crashes is named and left out, and tried alone; the others go on.
struct GPUWatchTests {
    private typealias Stage = GPUWatchStage

    private let second = Stage.second
    private let sick = Stage.sick

    @Test func libraryIsIntroducedOnce() throws {
        let stage = try Stage()
        for now in 1...3 as ClosedRange<UInt64> { stage.turn([:], now: now * second) }
        #expect(stage.watch.takeNews().map(\.text) == ["NVML , driver , 0/0 symbols"])
        stage.turn([:], now: 4 * second)
        #expect(stage.watch.takeNews().isEmpty)
    }

    @Test func slowCallIsCountedOnceAndForgotten() throws {
        let stage = try Stage()
        stage.turn(Stage.busy(1), now: 1 * second)
        #expect(stage.watch.troubles.isEmpty && stage.watch.slowCalls.isEmpty)
        for now in 2...5 as ClosedRange<UInt64> { stage.turn(Stage.busy(now), now: now * second) }
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
        stage.turn(Stage.busy(1), now: 2 * second)
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
        stage.turn(Stage.busy(1), now: 2 * second)
        stage.board.board.end(4)
        #expect(stage.watch.nextTick == nil)
        stage.tick(50 * second)
        #expect(!stage.links[0].wasKilled && stage.watch.slowCalls.isEmpty)
    }

    @Test func hungGPUIsLeftOutAndTheOthersGoOn() throws {
        let stage = try Stage()
        for now in 1...10 as ClosedRange<UInt64> { stage.turn(Stage.busy(now), now: now * second) }
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
        for now in 1...40 as ClosedRange<UInt64> { stage.turn(Stage.busy(now), now: now * second) }
        #expect(!stage.links[0].wasKilled, "the others are being read")
        #expect(stage.watch.troubles[sick]?.kernel == stage.thread)
        // Nothing is read any more: then there is nothing to lose.
        let all = Dictionary(
            uniqueKeysWithValues: Stage.gpus.map { ($0, Stage.busy(41)[Stage.sick] ?? .read) })
        stage.turn(all, now: 41 * second)
        #expect(stage.links[0].wasKilled)
        for now in 42...100 as ClosedRange<UInt64> { stage.tick(now * second) }
        #expect(stage.links.count == 1 && stage.trials.isEmpty, "never beside an unreaped one")
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
                Dictionary(uniqueKeysWithValues: Stage.gpus.map { ($0, .noLibrary) }), now: now,
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

    @Test func whatTheKernelSaysStopsCallsAtOnce() throws {
        let stage = try Stage()
        stage.turn([:], now: second)
        stage.watch.stop(sick, because: Self.xid(79), now: 2 * second)
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

    /// A trial that is under way ends when the kernel tells anew.
    @Test func whatTheKernelSaysAgainEndsTheTrial() throws {
        let stage = try Stage()
        stage.turn([:], now: second)
        stage.watch.stop(sick, because: Self.xid(119), now: 2 * second)
        stage.tick(602 * second)
        let trial = try #require(stage.trials.first)
        stage.watch.stop(sick, because: Self.xid(79), now: 603 * second)
        #expect(trial.wasKilled)
        #expect(stage.stopped == [sick: "the kernel reported Xid 79"])
        trial.say(.report(turn: 1, .gpu(Stage.report([sick], [:]))))
        stage.watch.receiveTrial(now: 604 * second)
        #expect(stage.watch.troubles[sick] != nil, "what it still says counts no more")
        // What is only remembered takes nothing back.
        stage.watch.recall(sick, because: Self.xid(119), now: 605 * second)
        #expect(stage.watch.nextTick.map { $0 > 1000 * second } != false)
    }

    /// A GPU that was handed to a virtual machine is missed by nobody.
    @Test func gpuOfAnotherDriverIsForgotten() throws {
        let stage = try Stage()
        stage.turn([:], now: second)
        stage.watch.stop(sick, because: Self.xid(119), now: 2 * second)
        stage.tick(602 * second)
        let trial = try #require(stage.trials.first)
        var report = Stage.report(Stage.gpus.filter { $0 != sick }, [:])
        report.foreign = [sick]
        stage.watch.take(report, now: 603 * second)
        #expect(stage.watch.troubles.isEmpty && stage.stopped.isEmpty)
        #expect(trial.wasKilled)
        let orders = stage.links[0].commands.count
        stage.watch.take(report, now: 604 * second)
        #expect(stage.links[0].commands.count == orders, "told once")
    }

    /// A call that cannot be ended is waited for only while there is something to lose.
    @Test func deadlineOfTheLastGPUIsKeptBetweenReports() throws {
        let stage = try Stage()
        stage.thread = ThreadState(letter: "D", waitChannel: "os_acquire_rwlock_write")
        let all = Dictionary(
            uniqueKeysWithValues: Stage.gpus.map { ($0, Stage.busy(3)[sick] ?? .read) })
        stage.board.board.begin(
            4,
            CallBoard.Call(
                address: sick, function: "nvmlDeviceGetFieldValues", family: .linkErrors,
                startNanoseconds: second, thread: 9))
        stage.turn(all, now: 4 * second)
        #expect(stage.watch.nextTick == 11 * second)
        stage.tick(11 * second)
        #expect(stage.links[0].wasKilled)
    }

    private static func xid(_ number: UInt32) -> NodeEvent {
        NodeEvent(
            kind: .xid, device: .pci(Stage.sick), number: number, wallMilliseconds: 0,
            source: .kernelLog, record: 1, line: "")
    }

    /// A call of the library that no signal reaches is left where it is while GPUs are read.
    @Test func libraryThatNoSignalReachesCostsNobodyElse() throws {
        let stage = try Stage()
        stage.thread = ThreadState(letter: "D", waitChannel: "os_acquire_rwlock_write")
        stage.board.board.begin(
            0,
            CallBoard.Call(
                address: nil, function: "nvmlDeviceGetCount_v2", family: .library,
                startNanoseconds: second, thread: 9))
        stage.turn([:], now: 2 * second, library: .hung)
        #expect(stage.watch.nextTick == 11 * second)
        stage.tick(11 * second)
        #expect(!stage.links[0].wasKilled && stage.watch.nextTick == nil)
        // Looked at again with each report.
        stage.thread = ThreadState(letter: "S", waitChannel: "")
        stage.turn([:], now: 12 * second, library: .hung)
        #expect(stage.links[0].wasKilled)
    }

    /// Ends that are no crash are not counted as such.
    @Test func endsByOtherHandsAreNoCrashLoop() throws {
        let stage = try Stage()
        var now = second
        for status in [0, 0, 9, 9, 0, 6] as [Int32] {
            _ = stage.end(stage.links[stage.links.count - 1], status: status, at: now)
            now += 100 * second
            stage.tick(now)
        }
        #expect(!stage.watch.supervisor.isDisabled && stage.links.count == 7)
    }
}
