import Model

/// Makes the probes that the settings ask for.
struct Probes {
    let settings: Settings
    let bootID: String
    /// The latest record of the kernel log that was read in this boot.
    let afterRecord: UInt64?

    // Beside a GPU that does not answer the next one is begun after this long.
    private static let patienceNanoseconds: UInt64 = 100_000_000

    private var patience: Patience {
        Patience(
            soft: settings.probe.softDeadline.nanoseconds,
            hard: settings.probe.hardDeadline.nanoseconds,
            restartMinimum: settings.probe.restartDelayMin.nanoseconds,
            restartMaximum: settings.probe.restartDelayMax.nanoseconds)
    }

    /// All probes; that of the GPUs joins once the node has one.
    func fleet(started: Moment) -> ProbeFleet {
        ProbeFleet(
            infiniBand + [kernelLog, pcie].compactMap { $0 }, gpu: gpuWatch, started: started,
            intervalNanoseconds: settings.interval.nanoseconds, patience: patience)
    }

    private func supervisor(
        _ name: String, _ configuration: ProbeConfiguration, _ environment: [String: String],
        board: SharedBoard? = nil
    ) -> ProbeSupervisor {
        ProbeSupervisor(
            name: name, configuration: configuration, patience: patience,
            launch: { () throws(SpawnError) in
                try ProbeProcess(
                    kind: configuration.kind,
                    environment: ProbeProcess.environment(environment),
                    board: board?.descriptor)
            },
            reap: ProbeProcess.reap)
    }

    private var infiniBand: [ProbeSupervisor] {
        let configurations = settings.infiniband.configurations(sysRoot: settings.paths.sys)
        return zip(settings.infiniband.probeInstances, configurations).map {
            supervisor($0.name, .infiniBand($1), $0.environment)
        }
    }

    private var kernelLog: ProbeSupervisor? {
        guard settings.kernelLog.isEnabled else { return nil }
        return supervisor(
            ProbeKind.kernelLog.collector,
            .kernelLog(
                KernelLogConfiguration(path: settings.kernelLog.path, afterRecord: afterRecord)),
            [:])
    }

    // What is not to be read at all is not read in this way either.
    private var pcie: ProbeSupervisor? {
        guard settings.pcie.isEnabled else { return nil }
        return supervisor(
            ProbeKind.pcie.collector,
            .pcie(
                PCIConfiguration(
                    sysRoot: settings.paths.sys,
                    hcas: settings.infiniband.configurations(sysRoot: settings.paths.sys),
                    gpus: settings.gpu.isEnabled ? gpuConfiguration : nil,
                    intervalNanoseconds: settings.pcie.interval.nanoseconds)), [:])
    }

    private var gpuConfiguration: GPUConfiguration {
        let turn = min(settings.interval.nanoseconds, patience.softNanoseconds) / 2
        return GPUConfiguration(
            library: settings.gpu.library ?? "", sysRoot: settings.paths.sys,
            include: settings.gpu.include, exclude: settings.gpu.exclude,
            budgetNanoseconds: turn,
            patienceNanoseconds: min(Self.patienceNanoseconds, turn / 2))
    }

    private var gpuWatch: GPUWatch? {
        guard settings.gpu.isEnabled else { return nil }
        let configuration = gpuConfiguration
        let board = SharedBoard()
        let instances = GPUInstances(
            sysRoot: settings.paths.sys, bootID: bootID, isWatched: configuration.mayTouch)
        return GPUWatch(
            supervisor: supervisor(
                ProbeKind.gpu.collector, .gpu(configuration), settings.gpu.environment,
                board: board),
            trial: GPUTrial(
                supervisor: supervisor(
                    "gpu-trial", .gpu(configuration), settings.gpu.environment),
                patience: patience),
            board: board?.board, configuration: configuration, patience: patience,
            quarantine: Quarantine(
                delayMinimum: settings.gpu.retryDelayMin.nanoseconds,
                delayMaximum: settings.gpu.retryDelayMax.nanoseconds),
            kernel: GPUWatch.Kernel(
                token: instances.token, hasGPUs: instances.hasGPUs, thread: ThreadState.read))
    }
}
