import Model
import Testing
import Wire

@testable import Daemon

@Suite struct ProbeSupervisorTests {
    private static let second: UInt64 = 1_000_000_000

    /// A supervisor, its scripted processes and what the kernel says of them.
    private final class Stage {
        var links: [ScriptedLink] = []
        var endings: [Int32: ProbeSupervisor.Ending] = [:]
        var launchError: SpawnError?
        var configuration = ProbeConfiguration.infiniBand(
            InfiniBandConfiguration(include: ["mlx5_*"]))
        private(set) lazy var supervisor = ProbeSupervisor(
            name: "infiniband", configuration: configuration,
            patience: Patience(
                soft: 2 * second, hard: 10 * second, restartMinimum: second,
                restartMaximum: 8 * second),
            launch: { [unowned self] () throws(SpawnError) in try launch() },
            reap: { [unowned self] in endings.removeValue(forKey: $0) })

        private func launch() throws(SpawnError) -> any ProbeLink {
            if let launchError { throw launchError }
            let link = ScriptedLink(pid: Int32(100 + links.count))
            links.append(link)
            return link
        }

        func end(_ link: ScriptedLink, status: Int32, at now: UInt64) {
            endings[link.pid] = ProbeSupervisor.Ending(status: status, cpuSeconds: 0.5)
            supervisor.tick(now: now)
        }
    }

    private let second = ProbeSupervisorTests.second

    @Test func startsConfiguresAndCollects() throws {
        let stage = Stage()
        #expect(stage.supervisor.state == "starting")
        stage.supervisor.tick(now: 0)
        let link = try #require(stage.links.first)
        #expect(
            link.commands == [.configure(.infiniBand(InfiniBandConfiguration(include: ["mlx5_*"])))]
        )
        stage.supervisor.collect(turn: 1, now: 0)
        #expect(link.commands.last == .collect(turn: 1))
        #expect(stage.supervisor.isAwaited)
        link.say(.hello(version: Version.text))
        link.say(.working(on: "mlx5_0/PortCounters"))
        #expect(stage.supervisor.receive(now: 1).isEmpty)
        #expect(stage.supervisor.workingOn == "mlx5_0/PortCounters")
        link.say(turn: 1)
        #expect(stage.supervisor.receive(now: 2) == [.report(.infiniBand(.scripted()))])
        #expect(stage.supervisor.isCurrent && !stage.supervisor.isAwaited)
        #expect(stage.supervisor.workingOn == nil)
        #expect(stage.supervisor.state == "ok")
    }

    @Test func readerOfTheKernelLogGoesOnWhereItWas() throws {
        let stage = Stage()
        stage.configuration = .kernelLog(KernelLogConfiguration(path: "/k", afterRecord: 5))
        stage.supervisor.tick(now: 0)
        let first = try #require(stage.links.first)
        for (turn, record) in [(UInt64(1), UInt64?(9)), (2, nil)] {
            stage.supervisor.collect(turn: turn, now: 0)
            first.say(
                .report(
                    turn: turn,
                    .kernelLog(
                        KernelLogReport(
                            moment: .scripted(seconds: 0), state: .reading, lastRecord: record))))
            #expect(stage.supervisor.receive(now: 1).count == 1)
        }
        #expect(first.commands.count == 3, "a reader that runs knows where it is")
        stage.end(first, status: 11, at: second)
        stage.supervisor.tick(now: 2 * second)
        #expect(
            stage.links.last?.commands
                == [.configure(.kernelLog(KernelLogConfiguration(path: "/k", afterRecord: 9)))])
    }

    @Test func lateAnswerIsCountedOnceAndStillTaken() throws {
        let stage = Stage()
        stage.supervisor.tick(now: 0)
        let link = try #require(stage.links.first)
        stage.supervisor.collect(turn: 1, now: 0)
        #expect(stage.supervisor.nextTick == 2 * second)
        stage.supervisor.tick(now: 2 * second)
        stage.supervisor.tick(now: 3 * second)
        #expect(stage.supervisor.slowTurns == 1)
        #expect(stage.supervisor.state == "slow")
        #expect(!stage.supervisor.isAwaited && !stage.supervisor.isCurrent)
        #expect(stage.supervisor.nextTick == 10 * second)
        stage.supervisor.collect(turn: 2, now: 4 * second)
        #expect(stage.supervisor.skippedTurns == 1)
        link.say(turn: 1)
        #expect(stage.supervisor.receive(now: 5 * second).count == 1)
        #expect(stage.supervisor.isCurrent)
        #expect(stage.supervisor.trouble != nil, "a late answer does not make the trouble unsaid")
        stage.supervisor.collect(turn: 3, now: 6 * second)
        link.say(turn: 3)
        #expect(stage.supervisor.receive(now: 6 * second).count == 1)
        #expect(stage.supervisor.trouble == nil)
    }

    @Test func turnsThatTheDaemonMissedAreCounted() {
        let stage = Stage()
        stage.supervisor.tick(now: 0)
        stage.supervisor.miss(turns: 3)
        #expect(stage.supervisor.skippedTurns == 3)
        stage.supervisor.collect(turn: 4, now: 0)
        #expect(stage.supervisor.skippedTurns == 3)
    }

    @Test func hungProbeIsKilledAndNeverDoubled() throws {
        let stage = Stage()
        stage.supervisor.tick(now: 0)
        let link = try #require(stage.links.first)
        stage.supervisor.collect(turn: 1, now: 0)
        link.say(.working(on: "mlx5_3/PortInfo"))
        _ = stage.supervisor.receive(now: 1)
        stage.supervisor.tick(now: 2 * second)
        stage.supervisor.tick(now: 10 * second)
        #expect(link.wasKilled)
        #expect(stage.supervisor.state == "hung")
        #expect(
            stage.supervisor.trouble
                == "probe infiniband was killed after 10 s while working on mlx5_3/PortInfo")
        // In the kernel for another minute: nobody else may be started.
        for now in 11...70 as ClosedRange<UInt64> { stage.supervisor.tick(now: now * second) }
        stage.supervisor.collect(turn: 2, now: 70 * second)
        #expect(stage.links.count == 1)
        #expect(stage.supervisor.skippedTurns == 1)
        stage.end(link, status: 9, at: 71 * second)
        #expect(stage.supervisor.state == "restarting")
        stage.supervisor.tick(now: 72 * second)
        #expect(stage.links.count == 2)
        #expect(stage.supervisor.restarts == 1)
        #expect(stage.supervisor.endedCPUSeconds == 0.5)
    }

    @Test func restartsBackOffUntilAnAnswer() throws {
        let stage = Stage()
        var now: UInt64 = 0
        var waits: [UInt64] = []
        for _ in 0..<6 {
            stage.supervisor.tick(now: now)
            let link = try #require(stage.links.last)
            stage.end(link, status: 1 << 8, at: now)
            let next = try #require(stage.supervisor.nextTick)
            waits.append((next - now) / second)
            now = next
        }
        #expect(waits == [1, 2, 4, 8, 8, 8])
        #expect(stage.supervisor.trouble == "probe infiniband ended with exit status 1")
        // One that ends after its first answer has not lasted; one that answers again has.
        for (answers, wait) in [(1, 8), (2, 1)] as [(UInt64, UInt64)] {
            stage.supervisor.tick(now: now)
            let link = try #require(stage.links.last)
            for turn in 1...answers {
                stage.supervisor.collect(turn: turn, now: now)
                link.say(turn: turn)
                #expect(stage.supervisor.receive(now: now).count == 1)
            }
            stage.end(link, status: 11, at: now)
            #expect(stage.supervisor.nextTick == now + wait * second)
            #expect(stage.supervisor.trouble == "probe infiniband was ended by signal 11")
            now += wait * second
        }
    }

    @Test func processThatEndsByItselfIsNoMystery() throws {
        let stage = Stage()
        stage.supervisor.tick(now: 0)
        stage.end(try #require(stage.links.last), status: 0, at: 0)
        #expect(
            stage.supervisor.trouble == "probe infiniband ended by itself and is started anew")
        #expect(stage.supervisor.crashesInARow == 0)
    }

    @Test func closedPipeMeansTheEnd() throws {
        let stage = Stage()
        stage.supervisor.tick(now: 0)
        let link = try #require(stage.links.first)
        stage.supervisor.collect(turn: 1, now: 0)
        link.isAtEnd = true
        #expect(stage.supervisor.receive(now: 1).isEmpty)
        #expect(link.wasKilled)
        #expect(stage.supervisor.slowTurns == 1)
        #expect(stage.supervisor.descriptor == nil)
        stage.end(link, status: 3 << 8, at: 2)
        #expect(stage.supervisor.trouble == "probe infiniband ended with exit status 3")
    }

    @Test func garbageEndsTheProbe() throws {
        let stage = Stage()
        stage.supervisor.tick(now: 0)
        let link = try #require(stage.links.first)
        link.pending = [2, 0, 0, 0, 77, 77]
        #expect(stage.supervisor.receive(now: 1).isEmpty)
        #expect(link.wasKilled)
        #expect(stage.supervisor.trouble?.contains("not a frame") == true)
    }

    @Test func anotherVersionIsRefused() throws {
        let stage = Stage()
        stage.supervisor.tick(now: 0)
        let link = try #require(stage.links.first)
        link.say(.hello(version: "0.0.0"))
        _ = stage.supervisor.receive(now: 1)
        #expect(link.wasKilled)
        #expect(stage.supervisor.trouble?.contains("version 0.0.0") == true)
    }

    @Test func answerToAnotherTurnIsDropped() throws {
        let stage = Stage()
        stage.supervisor.tick(now: 0)
        let link = try #require(stage.links.first)
        stage.supervisor.collect(turn: 5, now: 0)
        link.say(turn: 4)
        #expect(stage.supervisor.receive(now: 1).isEmpty)
        #expect(stage.supervisor.isAwaited)
    }

    @Test func failureToStartIsTriedAgainLater() throws {
        let stage = Stage()
        stage.launchError = SpawnError(attempted: "posix_spawn", code: 12)
        stage.supervisor.tick(now: 0)
        #expect(stage.links.isEmpty)
        #expect(stage.supervisor.trouble?.contains("posix_spawn") == true)
        stage.launchError = nil
        stage.supervisor.tick(now: second - 1)
        #expect(stage.links.isEmpty)
        stage.supervisor.tick(now: second)
        #expect(stage.links.count == 1)
    }

    @Test(
        arguments: [
            ([.transport, .leftAlone], true), ([.leftAlone], false), ([], false),
            ([.transport, nil], false),
        ] as [([Failure?], Bool)])
    func whatIsLeftAloneMakesNoProbeUseful(failures: [Failure?], isUseless: Bool) {
        let ports = failures.map { failure in
            var port = ScriptedNode().port
            port.local.failure = failure
            return port
        }
        #expect(InfiniBandReport.scripted(ports: ports).isUseless == isUseless)
    }

    @Test func uselessProbeIsStartedAnewEverLessOften() throws {
        let stage = Stage()
        var port = ScriptedNode().port
        var turn: UInt64 = 0
        var turns: [UInt64] = []
        func live(_ failure: Failure?) throws {
            let link = try #require(stage.links.last)
            port.local.failure = failure
            turn += 1
            stage.supervisor.collect(turn: turn, now: turn * second)
            link.say(turn: turn, .scripted(ports: [port]))
            #expect(stage.supervisor.receive(now: turn * second).count == 1)
        }
        func liveUntilLeaving() throws {
            stage.supervisor.tick(now: turn * second)
            let link = try #require(stage.links.last)
            let first = turn
            while !link.wasFinished, turn < first + 1000 { try live(.transport) }
            turns.append(turn - first)
            #expect(!link.wasKilled)
            stage.end(link, status: 0, at: turn * second)
            #expect(stage.supervisor.trouble?.contains("none of its devices") == true)
            turn += 1
        }
        for _ in 0..<7 { try liveUntilLeaving() }
        #expect(turns == [3, 6, 12, 24, 48, 96, 96])
        stage.supervisor.tick(now: turn * second)
        for failure in [.transport, .transport, nil, .timeout, .noPermission] as [Failure?] {
            try live(failure)
        }
        #expect(stage.links.last?.wasFinished == false)
        turns = []
        try liveUntilLeaving()
        #expect(turns == [3])
    }

    // MARK: Devices that hang

    // A stage whose probe hangs for 10 s on one device, is killed and is gone at once.
    private func hang(_ stage: Stage, on work: String, at start: UInt64) throws {
        let link = try #require(stage.links.last)
        stage.supervisor.collect(turn: start, now: start * second)
        link.say(.working(on: work))
        _ = stage.supervisor.receive(now: start * second)
        stage.supervisor.tick(now: (start + 10) * second)
        #expect(link.wasKilled)
    }

    private func stopped(_ link: ScriptedLink?) -> [String]? {
        guard case .configure(.infiniBand(let configuration)) = link?.commands.last else {
            return nil
        }
        return configuration.stopped
    }

    @Test func aDeviceThatHangsIsLeftAloneEverLonger() throws {
        let stage = Stage()
        stage.supervisor.tick(now: 0)
        var start: UInt64 = 0
        for delay in [30, 60, 120, 240, 480, 600, 600] as [UInt64] {
            try hang(stage, on: "mlx5_3: statistics", at: start)
            // The wait begins once the process is gone.
            let end = start + 110
            stage.supervisor.tick(now: (end - 1) * second)
            stage.end(try #require(stage.links.last), status: 9, at: end * second)
            stage.supervisor.tick(now: (end + 8) * second)
            let link = try #require(stage.links.last)
            #expect(stopped(link) == ["mlx5_3"])
            stage.supervisor.collect(turn: 1, now: (end + 9) * second)
            link.say(turn: 1)
            _ = stage.supervisor.receive(now: (end + 9) * second)
            #expect(stage.supervisor.nextTick == (end + delay) * second)
            stage.supervisor.tick(now: (end + delay) * second - 1)
            #expect(link.commands.last == .collect(turn: 1))
            stage.supervisor.tick(now: (end + delay) * second)
            #expect(stopped(link) == [], "it is tried among the others")
            #expect(stage.supervisor.nextTick == nil)
            start = end + delay + 10
        }
        // Well for ten minutes, it is as if it had never hung.
        start += 600
        try hang(stage, on: "mlx5_3: open", at: start)
        stage.end(try #require(stage.links.last), status: 9, at: (start + 10) * second)
        stage.supervisor.tick(now: (start + 20) * second)
        #expect(stopped(stage.links.last) == ["mlx5_3"])
        stage.supervisor.tick(now: (start + 40) * second)
        #expect(stopped(stage.links.last) == [])
    }

    @Test(arguments: ["*: near_end", "*: devices", "something"])
    func whatIsNotOneDeviceIsNotLeftAlone(_ work: String) throws {
        let stage = Stage()
        stage.supervisor.tick(now: 0)
        try hang(stage, on: work, at: 0)
        stage.end(stage.links[0], status: 9, at: 11 * second)
        stage.supervisor.tick(now: 12 * second)
        #expect(stage.links.count == 2 && stopped(stage.links.last) == [])
    }
}
