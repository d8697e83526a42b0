import Model
import Testing
import Wire

@testable import Collectors
@testable import Daemon

/// The watch, its scripted processes and what the kernel says of them.
final class GPUWatchStage {
    static let second: UInt64 = 1_000_000_000
    static let gpus = (0..<8).map { PCIAddress(domain: 0, bus: UInt8(0x18 + $0), device: 0) }
    static let sick = gpus[3]

    var links: [ScriptedLink] = []
    var trials: [ScriptedLink] = []
    var endings: [Int32: ProbeSupervisor.Ending] = [:]
    var thread = ThreadState(letter: "S", waitChannel: "")
    var token: UInt64 = 1
    var hasGPUs: Bool
    private let configuration: GPUConfiguration
    // Why no process of a trial can be started.
    var spawnTrouble: SpawnError?
    let board: SharedBoard
    private(set) lazy var watch = makeWatch()
    private var turn: UInt64 = 0

    static let patience = Patience(
        soft: 2 * second, hard: 10 * second, restartMinimum: second,
        restartMaximum: 60 * second)

    /// A watch whose probe runs, or is not needed.
    init(
        _ configuration: GPUConfiguration = GPUConfiguration(), hasGPUs: Bool = true
    ) throws {
        self.configuration = configuration
        self.hasGPUs = hasGPUs
        board = try #require(SharedBoard())
        if hasGPUs { tick(0) }
    }

    private func makeWatch() -> GPUWatch {
        GPUWatch(
            supervisor: supervisor("gpu") { [unowned self] () throws(SpawnError) in
                links.append(ScriptedLink(pid: Int32(100 + links.count)))
                return links[links.count - 1]
            },
            trial: GPUTrial(
                supervisor: supervisor("gpu-trial") { [unowned self] () throws(SpawnError) in
                    if let trouble = spawnTrouble { throw trouble }
                    trials.append(ScriptedLink(pid: Int32(200 + trials.count)))
                    return trials[trials.count - 1]
                },
                patience: Self.patience),
            board: board.board, configuration: configuration, patience: Self.patience,
            quarantine: Quarantine(
                delayMinimum: 30 * Self.second, delayMaximum: 600 * Self.second),
            kernel: GPUWatch.Kernel(
                token: { [unowned self] _, _ in token },
                hasGPUs: { [unowned self] _ in hasGPUs },
                thread: { [unowned self] _, _ in thread }))
    }

    private func supervisor(
        _ name: String, launch: @escaping () throws(SpawnError) -> ScriptedLink
    ) -> ProbeSupervisor {
        ProbeSupervisor(
            name: name, configuration: .gpu(GPUConfiguration()), patience: Self.patience,
            launch: { () throws(SpawnError) in try launch() },
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
            .report(turn: turn, .gpu(Self.report(Self.gpus, states, library))))
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

    /// The report of a GPU whose call has been under way that long.
    static func busy(_ seconds: UInt64) -> [PCIAddress: GPUState] {
        [
            sick: .busy(
                GPUCall(
                    function: "nvmlDeviceGetFieldValues", family: .linkErrors,
                    nanoseconds: seconds * Self.second, thread: 7))
        ]
    }
}
