import Model
import Testing
import Wire

@testable import Collectors
@testable import Daemon

/// A GPU that is left alone is tried in a process of its own.
struct GPUTrialTests {
    private typealias Stage = GPUWatchStage

    private let second = Stage.second
    private let sick = Stage.sick

    private func xid(_ number: UInt32) -> NodeEvent {
        NodeEvent(
            kind: .xid, device: .pci(sick), number: number, wallMilliseconds: 0,
            source: .kernelLog, record: 1, line: "")
    }

    /// Up to the trial of a GPU that hung.
    private func stageWithTrial() throws -> (Stage, ScriptedLink) {
        let stage = try Stage()
        for now in 1...10 as ClosedRange<UInt64> { stage.turn(Stage.busy(now), now: now * second) }
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
        trial.say(.report(turn: 1, .gpu(Stage.report([sick], Stage.busy(1)))))
        stage.watch.receiveTrial(now: 41 * second)
        #expect(stage.watch.troubles[sick]?.excluded != nil && !trial.wasKilled)
        stage.tick(42 * second)
        trial.say(.report(turn: 2, .gpu(Stage.report([sick], Stage.busy(10)))))
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

    @Test func whatTheHistoryRemembersIsTriedAloneFirst() throws {
        let stage = try Stage()
        stage.watch.recall(sick, because: xid(119), now: 0)
        #expect(stage.stopped == [sick: "the kernel reported Xid 119"])
        stage.tick(second)
        let trial = try #require(stage.trials.first)
        trial.say(.report(turn: 1, .gpu(Stage.report([sick], [:]))))
        stage.watch.receiveTrial(now: 2 * second)
        #expect(stage.stopped.isEmpty && stage.watch.troubles.isEmpty)
    }

    /// A device that was removed from the bus is not in the report: that is an outcome, too.
    @Test func gpuThatIsNotThereEndsItsTrial() throws {
        let (stage, trial) = try stageWithTrial()
        trial.say(.report(turn: 1, .gpu(Stage.report([], [:]))))
        stage.watch.receiveTrial(now: 41 * second)
        #expect(trial.wasKilled && stage.watch.troubles[sick] != nil)
        _ = stage.end(trial, status: 9, at: 42 * second)
        // A new device in its place is tried at once.
        stage.token = 2
        stage.watch.checkInstances(now: 43 * second)
        stage.tick(43 * second)
        let next = try #require(stage.trials.dropFirst().first)
        next.say(.report(turn: 1, .gpu(Stage.report([sick], [:]))))
        stage.watch.receiveTrial(now: 44 * second)
        #expect(stage.watch.troubles.isEmpty)
    }

    @Test func libraryMayTakeItsTimeToOpen() throws {
        let (stage, trial) = try stageWithTrial()
        for (turn, state) in [GPULibrary.State.starting, .hung, .hung].enumerated() {
            let now = 40 * second + UInt64(turn + 1) * second
            trial.say(
                .report(
                    turn: UInt64(turn + 1), .gpu(Stage.report([sick], [sick: .noLibrary], state))))
            stage.watch.receiveTrial(now: now)
            stage.tick(now + second / 2)
        }
        #expect(!trial.wasKilled)
        trial.say(.report(turn: 4, .gpu(Stage.report([sick], [:]))))
        stage.watch.receiveTrial(now: 44 * second)
        #expect(stage.watch.troubles.isEmpty && trial.wasFinished)
    }

    @Test func trialHasALimit() throws {
        let (stage, trial) = try stageWithTrial()
        for turn in 1...11 as ClosedRange<UInt64> {
            trial.say(
                .report(turn: turn, .gpu(Stage.report([sick], [sick: .noLibrary], .hung))))
            stage.watch.receiveTrial(now: (40 + turn) * second)
            stage.tick((40 + turn) * second + second / 2)
        }
        #expect(!trial.wasKilled)
        stage.tick(52 * second)
        #expect(trial.wasKilled && stage.watch.troubles[sick] != nil)
    }

    @Test func processThatDoesNotEndWhenAskedIsKilled() throws {
        let (stage, trial) = try stageWithTrial()
        trial.say(.report(turn: 1, .gpu(Stage.report([sick], [:]))))
        stage.watch.receiveTrial(now: 41 * second)
        #expect(trial.wasFinished && stage.watch.nextTick == 52 * second)
        stage.tick(52 * second)
        #expect(trial.wasKilled && stage.watch.nextTick == nil)
    }

    @Test func processThatCannotBeStartedIsStartedLater() throws {
        let stage = try Stage()
        stage.spawnTrouble = SpawnError(attempted: "start", code: 11)
        stage.watch.recall(sick, because: xid(119), now: 0)
        stage.tick(second)
        #expect(stage.trials.isEmpty)
        stage.spawnTrouble = nil
        for _ in 0..<20 where stage.trials.isEmpty {
            stage.tick(try #require(stage.watch.nextTick))
        }
        let trial = try #require(stage.trials.first)
        stage.tick(try #require(stage.watch.nextTick))
        #expect(trial.commands.last == .collect(turn: 1))
    }

    /// What is due while nothing may be started would keep the daemon from sleeping.
    @Test func nothingIsDueWhileNoTrialMayBegin() throws {
        let stage = try Stage()
        for now in 1...10 as ClosedRange<UInt64> {
            stage.turn(Stage.busy(now), now: now * second)
        }
        // Killed, and not reaped.
        #expect(stage.links[0].wasKilled)
        for now in 11...100 as ClosedRange<UInt64> {
            stage.tick(now * second)
            #expect(stage.watch.nextTick == nil)
        }
        _ = stage.end(stage.links[0], status: 9, at: 100 * second)
        stage.tick(100 * second)
        #expect(stage.trials.count == 1)
    }

    /// The thread that waits belongs to the probe of all GPUs.
    @Test func gpuThatHoldsAThreadIsNotAskedByAnother() throws {
        let stage = try Stage()
        stage.turn([:], now: second)
        stage.board.board.begin(
            4,
            CallBoard.Call(
                address: sick, function: "nvmlDeviceGetFieldValues", family: .linkErrors,
                startNanoseconds: second, thread: 9))
        stage.watch.stop(sick, because: xid(119), now: 2 * second)
        stage.tick(602 * second)
        #expect(stage.trials.isEmpty)
        stage.board.board.end(4)
        let due = try #require(stage.watch.nextTick)
        #expect(due > 602 * second)
        stage.tick(due)
        #expect(stage.trials.count == 1)
    }

    @Test func gpuThatIsNotWatchedIsNotTried() throws {
        let stage = try Stage(GPUConfiguration(exclude: [Stage.sick.description]))
        stage.watch.recall(sick, because: xid(119), now: 0)
        stage.watch.stop(sick, because: xid(79), now: 0)
        #expect(stage.watch.troubles.isEmpty && stage.stopped.isEmpty)
    }

    @Test func logTellsOfBothEnds() throws {
        let (stage, trial) = try stageWithTrial()
        let left =
            "GPU \(sick) is left alone: nvmlDeviceGetFieldValues (link_errors) did not return"
        #expect(stage.watch.takeNews().map(\.text).contains(left))
        #expect(stage.watch.takeNews().isEmpty)
        trial.say(.report(turn: 1, .gpu(Stage.report([sick], [:]))))
        stage.watch.receiveTrial(now: 41 * second)
        #expect(stage.watch.takeNews().map(\.text) == ["GPU \(sick) is read again"])
    }
}
