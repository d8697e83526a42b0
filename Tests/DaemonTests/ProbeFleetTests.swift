import Model
import Testing
import Wire

@testable import Daemon

@Suite struct ProbeFleetTests {
    private static let second: UInt64 = 1_000_000_000

    /// A fleet of one probe whose processes a test plays.
    private final class Stage {
        var links: [ScriptedLink] = []
        var endings: [Int32: ProbeSupervisor.Ending] = [:]
        private(set) var fleet = ProbeFleet(
            [], started: .scripted(seconds: 0), intervalNanoseconds: 1, patience: Stage.patience)

        static let patience = Patience(
            soft: second, hard: 5 * second, restartMinimum: second, restartMaximum: 8 * second)

        init() {
            let supervisor = ProbeSupervisor(
                name: "infiniband",
                configuration: .infiniBand(InfiniBandConfiguration()),
                patience: Stage.patience,
                launch: { [unowned self] () throws(SpawnError) in
                    links.append(ScriptedLink(pid: Int32(100 + links.count)))
                    return links[links.count - 1]
                },
                reap: { [unowned self] in endings.removeValue(forKey: $0) })
            fleet = ProbeFleet(
                [supervisor], started: .scripted(seconds: 0),
                intervalNanoseconds: 10 * second, patience: Stage.patience)
        }

        /// One turn that is answered at once, with so many datagrams sent since the process began.
        func turn(_ number: UInt64, sent: UInt64, now: UInt64) {
            fleet.collect(turn: number, now: now)
            var report = InfiniBandReport.scripted(seconds: now / second)
            report.transport.sent = sent
            links[links.count - 1].say(turn: number, report)
            #expect(fleet.receive([99], now: now).reports.count == 1)
        }

        func crash(now: UInt64) -> [String] {
            let pid = links[links.count - 1].pid
            endings[pid] = ProbeSupervisor.Ending(status: 9, cpuSeconds: 0.5)
            return fleet.tick(now: now)
        }

        func view(_ seconds: UInt64) -> CollectorView {
            fleet.views(now: .scripted(seconds: seconds))[0]
        }
    }

    private var second: UInt64 { Self.second }

    @Test func `a device that may not be opened is said once`() {
        let stage = Stage()
        _ = stage.fleet.tick(now: 0)
        let trouble = "cannot listen to the events of mlx5_0: Permission denied (errno 13)"
        let hearings = [
            EventHearing(device: "mlx5_0", isHeard: false, trouble: trouble),
            EventHearing(device: "mlx5_1", isHeard: true, trouble: nil),
        ]
        var said: [String] = []
        for number in 1...4 as ClosedRange<UInt64> {
            let now = number * 10 * second
            stage.fleet.collect(turn: number, now: now)
            var report = InfiniBandReport.scripted(seconds: number * 10)
            report.hearings = number < 4 ? hearings : [hearings[1]]
            stage.links[0].say(turn: number, report)
            #expect(stage.fleet.receive([99], now: now).reports.count == 1)
            #expect(stage.view(number * 10).hearings == report.hearings)
            said += stage.fleet.tick(now: now)
        }
        #expect(said == [trouble])
    }

    @Test func `a probe that can listen to nobody names every device once`() {
        let second = PortKey(node: ScriptedNode.hca.node, port: 2)
        let ports = [
            ScriptedNode().port, ScriptedNode(key: second).port,
            ScriptedNode(device: "mlx5_1", key: PortKey(node: GUID(0x30), port: 1)).port,
        ]
        let report = InfiniBandReport.scripted(ports: ports)
        let hearings = report.unheard("no thread is left")
        #expect(hearings.map(\.device) == ["mlx5_0", "mlx5_1"])
        #expect(hearings.allSatisfy { !$0.isHeard })
        #expect(
            hearings[1].trouble
                == "cannot listen to the events of mlx5_1: no thread is left")
    }

    @Test func `events of the InfiniBand probe are taken without a turn`() {
        let stage = Stage()
        _ = stage.fleet.tick(now: 0)
        let event = NodeEvent(
            kind: .linkDown, device: .named("rxe0"), link: 1, wallMilliseconds: 1, source: .verbs,
            line: "rxe0/1: IBV_EVENT_PORT_ERR")
        stage.links[0].say(.events([event]))
        #expect(stage.fleet.receive([99], now: second).events == [event])
    }

    @Test func `what a probe told before it died is heard`() {
        let stage = Stage()
        _ = stage.fleet.tick(now: 0)
        let event = NodeEvent(
            kind: .hcaFatal, device: .named("mlx5_0"), wallMilliseconds: 1, source: .verbs,
            line: "mlx5_0: IBV_EVENT_DEVICE_FATAL")
        stage.links[0].say(.events([event]))
        stage.links[0].pending += [9, 0, 0]
        _ = stage.crash(now: second)
        #expect(stage.fleet.nextTick == 0, "at once")
        #expect(stage.fleet.receive([], now: second).events == [event])
        #expect(stage.fleet.receive([], now: second).events.isEmpty)
        #expect(stage.fleet.nextTick == 2 * second)
    }

    @Test(arguments: HCARole.allCases)
    func `a way to an NVSwitch is not what a probe is there for`(role: HCARole) {
        let stage = Stage()
        _ = stage.fleet.tick(now: 0)
        stage.fleet.collect(turn: 1, now: 0)
        var port = ScriptedNode().port
        port.identity.role = role
        stage.links[0].say(turn: 1, .scripted(ports: [port]))
        #expect(stage.fleet.receive([99], now: 0).reports.count == 1)
        #expect(stage.view(0).evidence.seesNothing == (role != .fabric))
    }

    @Test func statisticsGoOnOverRestarts() {
        let stage = Stage()
        #expect(stage.fleet.tick(now: 0).isEmpty)
        stage.turn(1, sent: 100, now: 0)
        stage.turn(2, sent: 130, now: 10 * second)
        #expect(stage.view(10).transport.sent == 130)
        #expect(stage.crash(now: 11 * second) == ["probe infiniband was ended by signal 9"])
        // Between two processes, and before the second has answered, nothing goes back.
        #expect(stage.view(11).transport.sent == 130)
        _ = stage.fleet.tick(now: 12 * second)
        #expect(stage.links.count == 2)
        #expect(stage.view(12).transport.sent == 130)
        stage.turn(3, sent: 7, now: 20 * second)
        #expect(stage.view(20).transport.sent == 137)
        _ = stage.crash(now: 21 * second)
        _ = stage.fleet.tick(now: 23 * second)
        _ = stage.crash(now: 24 * second)
        _ = stage.fleet.tick(now: 40 * second)
        // A process that never answered adds nothing, and nothing is added twice.
        #expect(stage.view(40).transport.sent == 137)
        stage.turn(4, sent: 1, now: 40 * second)
        let view = stage.view(40)
        #expect(view.transport.sent == 138)
        #expect(view.restarts == 3 && view.endedCPUSeconds == 1.5)
    }

    @Test func troubleIsToldWhenItChanges() {
        let stage = Stage()
        _ = stage.fleet.tick(now: 0)
        stage.fleet.collect(turn: 1, now: 0)
        #expect(stage.fleet.isAwaited)
        #expect(stage.fleet.nextTick == second)
        #expect(stage.fleet.tick(now: second) == ["probe infiniband has been busy for 1 s"])
        #expect(!stage.fleet.isAwaited)
        #expect(stage.fleet.tick(now: 2 * second).isEmpty)
        #expect(stage.fleet.tick(now: 5 * second) == ["probe infiniband was killed after 5 s"])
        #expect(stage.links[0].wasKilled)
        #expect(stage.fleet.tick(now: 6 * second).isEmpty)
        #expect(stage.view(6).evidence.trouble == "probe infiniband was killed after 5 s")
    }

    @Test func probeThatNeverAnswersBecomesStale() {
        let stage = Stage()
        _ = stage.fleet.tick(now: 0)
        #expect(!stage.view(31).evidence.isStale)
        #expect(stage.view(32).evidence.isStale, "three intervals and a soft deadline")
        #expect(stage.view(32).lastMoment == nil && !stage.view(32).isUp)
        stage.turn(1, sent: 0, now: 40 * second)
        #expect(!stage.view(71).evidence.isStale)
        #expect(stage.view(72).evidence.isStale)
    }

    @Test func gpusHaveAProbeOnceThereIsOne() throws {
        let node = try GPUWatchStage(hasGPUs: false)
        let fleet = ProbeFleet(
            [], gpu: node.watch, started: .scripted(seconds: 0),
            intervalNanoseconds: 10 * second, patience: Stage.patience)
        func pass(_ turn: UInt64, now: UInt64) {
            fleet.collect(turn: turn, now: now)
            #expect(fleet.tick(now: now).isEmpty)
        }
        pass(1, now: 0)
        pass(2, now: 10 * second)
        #expect(node.links.isEmpty && node.trials.isEmpty)
        #expect(fleet.views(now: .scripted(seconds: 10)).isEmpty && fleet.gpuView.hasNoGPUs)
        #expect(fleet.descriptors.isEmpty && fleet.nextTick == nil && !fleet.isAwaited)
        node.hasGPUs = true
        pass(3, now: 20 * second)
        #expect(node.links.count == 1)
        #expect(fleet.descriptors.count == 1)
        let views = fleet.views(now: .scripted(seconds: 25))
        #expect(views.map(\.name) == ["gpu"] && !fleet.gpuView.hasNoGPUs)
        // It is not late for the turns in which there was nothing to read.
        #expect(views[0].evidence.waitingSeconds == 5 && views[0].restarts == 0)
        // Once needed it stays: a GPU that is listed no more is to be missed.
        node.hasGPUs = false
        pass(4, now: 30 * second)
        #expect(node.links.count == 1)
        #expect(fleet.isAwaited && fleet.views(now: .scripted(seconds: 30)).count == 1)
    }

    @Test func stoppingClosesThePipesFirstAndKillsWhatStays() {
        let stage = Stage()
        _ = stage.fleet.tick(now: 0)
        stage.fleet.stop(deadline: 0, now: { 0 })
        #expect(stage.links[0].wasFinished && stage.links[0].wasKilled)
        let tidy = Stage()
        _ = tidy.fleet.tick(now: 0)
        tidy.endings[100] = ProbeSupervisor.Ending(status: 0, cpuSeconds: 0)
        tidy.fleet.stop(deadline: .max, now: { 0 })
        #expect(tidy.links[0].wasFinished && !tidy.links[0].wasKilled)
    }
}
