import Glibc
import Health
import Model

/// All probes of the daemon.
///
/// Used on the main thread only.
final class ProbeFleet {
    /// One probe and what its latest answer said of itself.
    private final class Member {
        let supervisor: ProbeSupervisor
        var latest: ProbeReport?
        // Of the running process, and of those before it.
        var transport = MADStatistics()
        var ended = MADStatistics()
        var loggedTrouble: String?
        // When it was first to be asked, on the boot clock.
        var admitted: UInt64

        init(_ supervisor: ProbeSupervisor, admitted: UInt64) {
            self.supervisor = supervisor
            self.admitted = admitted
        }

        func note(_ report: ProbeReport) {
            latest = report
            if case .infiniBand(let report) = report { transport = report.transport }
        }

        /// Whether its latest answer had no device in it that is judged.
        var seesNothing: Bool {
            switch latest {
            case .infiniBand(let report): !report.ports.contains(where: \.isJudged)
            case .gpu, .kernelLog, .pcie, nil: false
            }
        }
    }

    /// What the probes have told.
    struct Harvest {
        var reports: [Collected] = []
        var events: [NodeEvent] = []
    }

    private var members: [Member]
    /// The watch over the GPU probe; nil without one.
    let gpu: GPUWatch?
    // Joins the members once the node has a GPU.
    private var waiting: Member?
    private let limitSeconds: Double

    /// A probe is stale when it has not answered for three intervals and a soft deadline.
    init(
        _ supervisors: [ProbeSupervisor], gpu: GPUWatch? = nil, started: Moment,
        intervalNanoseconds: UInt64, patience: Patience
    ) {
        let now = started.boottimeNanoseconds
        members = supervisors.map { Member($0, admitted: now) }
        self.gpu = gpu
        waiting = gpu.map { Member($0.supervisor, admitted: now) }
        limitSeconds = Double(3 * intervalNanoseconds + patience.softNanoseconds) / 1e9
        admitGPUs(now: now)
    }

    private func admitGPUs(now: UInt64) {
        guard let gpu else { return }
        if waiting != nil, gpu.isNeeded(now: now), let member = waiting.take() {
            member.admitted = now
            members.append(member)
        }
        if waiting == nil { gpu.checkInstances(now: now) }
    }

    /// The descriptors to wait on.
    var descriptors: [Int32] {
        members.compactMap(\.supervisor.descriptor) + [gpu?.descriptor].compactMap { $0 }
    }

    /// When `tick` has something to do next; nil when nothing is pending.
    var nextTick: UInt64? {
        (members.map(\.supervisor.nextTick) + [gpu?.nextTick]).compactMap { $0 }.min()
    }

    /// Whether an answer is still expected in time.
    var isAwaited: Bool { members.contains { $0.supervisor.isAwaited } }

    /// Asks all probes for a pass.
    func collect(turn: UInt64, now: UInt64) {
        admitGPUs(now: now)
        for member in members { member.supervisor.collect(turn: turn, now: now) }
    }

    /// Counts turns that the daemon itself was too late for.
    func miss(turns: UInt64) {
        for member in members { member.supervisor.miss(turns: turns) }
    }

    /// Reads what has arrived on the given descriptors.
    func receive(_ ready: Set<Int32>, now: UInt64) -> Harvest {
        var harvest = Harvest()
        for member in members {
            harvest.events += member.supervisor.takeLastWords()
            guard let descriptor = member.supervisor.descriptor, ready.contains(descriptor) else {
                continue
            }
            for heard in member.supervisor.receive(now: now) {
                switch heard {
                case .events(let events): harvest.events += events
                case .report(let report):
                    member.note(report)
                    if case .gpu(let report) = report { gpu?.take(report, now: now) }
                    harvest.reports.append(
                        Collected(collector: member.supervisor.name, report: report))
                }
            }
        }
        if let trial = gpu?.descriptor, ready.contains(trial) { gpu?.receiveTrial(now: now) }
        return harvest
    }

    /// Starts, kills and reaps what is due, and returns the troubles that are new.
    func tick(now: UInt64) -> [String] {
        let troubles = members.compactMap { member -> String? in
            let restarts = member.supervisor.restarts
            member.supervisor.tick(now: now)
            if member.supervisor.restarts > restarts {
                member.ended = member.ended.adding(member.transport)
                member.transport = MADStatistics()
            }
            let trouble = member.supervisor.trouble ?? member.latest?.trouble
            defer { member.loggedTrouble = trouble }
            return trouble == member.loggedTrouble ? nil : trouble
        }
        guard waiting == nil else { return troubles }
        return troubles + [gpu?.tick(now: now)].compactMap { $0 }
    }

    /// Ends all probes: first by closing their pipes, so that they can tidy up, then by force.
    func stop(deadline: UInt64, now: () -> UInt64) {
        for member in members { member.supervisor.finish() }
        gpu?.stop()
        while !members.allSatisfy({ $0.supervisor.isGone }) || gpu?.isGone == false,
            now() < deadline
        {
            _ = poll(nil, 0, 10)
        }
        for member in members { member.supervisor.stop() }
    }

    /// What is known of GPUs beyond what their probe reports.
    var gpuView: GPUWatch.View {
        var view = gpu?.view ?? GPUWatch.View()
        view.hasNoGPUs = waiting != nil
        return view
    }

    /// The probes as pictures show them.
    func views(now: Moment) -> [CollectorView] {
        members.map { member in
            let supervisor = member.supervisor
            let moment = member.latest?.moment
            return CollectorView(
                name: supervisor.name, state: supervisor.state, isUp: supervisor.isCurrent,
                lastMoment: moment,
                durationSeconds: member.latest.map { Double($0.durationNanoseconds) / 1e9 },
                evidence: CollectorEvidence(
                    name: supervisor.name, ageSeconds: moment.map { now.seconds(since: $0) },
                    limitSeconds: limitSeconds,
                    waitingSeconds: now.seconds(sinceBoottime: member.admitted),
                    workingOn: supervisor.workingOn, trouble: supervisor.trouble,
                    seesNothing: member.seesNothing,
                    readsPorts: supervisor.configuration.readsPorts),
                restarts: supervisor.restarts, slowTurns: supervisor.slowTurns,
                skippedTurns: supervisor.skippedTurns,
                endedCPUSeconds: supervisor.endedCPUSeconds
                    + (supervisor === gpu?.supervisor ? gpu?.trialCPUSeconds ?? 0 : 0),
                pid: supervisor.pid,
                transport: member.ended.adding(member.transport),
                hearings: member.latest?.hearings ?? [],
                listsDevices: member.latest?.listsDevices ?? false)
        }
    }
}

extension ProbeReport {
    // What keeps a probe that answers from its work, where nobody else logs it.
    fileprivate var trouble: String? {
        if case .kernelLog(let report) = self, report.state != .reading { return report.detail }
        let troubles = hearings.compactMap(\.trouble)
        return troubles.isEmpty ? nil : troubles.joined(separator: "; ")
    }

    fileprivate var listsDevices: Bool {
        if case .infiniBand(let report) = self { report.areDevicesListed } else { true }
    }

    fileprivate var hearings: [EventHearing] {
        if case .infiniBand(let report) = self { report.hearings } else { [] }
    }
}

extension ProbeConfiguration {
    fileprivate var readsPorts: Bool {
        if case .infiniBand = self { true } else { false }
    }
}
