// GPUs and NVLinks.
extension ConditionCatalog {
    static let gpus: [ConditionRow] = [
        ConditionRow(
            .gpuMissing, .gpu, "A GPU that the manifest expects is not there.", .critical,
            trigger: "the manifest has a GPU that the bus does not list",
            clearing: "there for {clear_after}", [clear(600, settled)],
            accused: [.gpu, .pciePath], ladder: Ladder(.drain),
            coverage: .partly("without a manifest nobody says which GPUs there should be"),
            source: manifest),
        ConditionRow(
            .gpuLost, .gpu, "The driver has lost a GPU that the node has.", .critical,
            trigger: "NVML says that it is lost, or the bus does not list it any more",
            clearing: "at once when it answers again", accused: [.gpu, .pciePath],
            ladder: Ladder(.reboot),
            source: "nvml.h NVML_ERROR_GPU_IS_LOST, NVML_ERROR_RESET_REQUIRED"),
        ConditionRow(
            .gpuUnresponsive, .gpu,
            "A call to a GPU's driver does not return, or the GPU is left alone because one did "
                + "not.", .unknown,
            trigger: "a call is over its deadline; CRITICAL after {critical_after}",
            clearing: "at once when it answers",
            [
                after(
                    "critical", 45,
                    "open-gpu-kernel-modules: a call waits up to 45 s for the GPU's GSP")
            ],
            accused: [.gpu, .driver], ladder: Ladder(.watch, .watch, .resetGPU),
            source: "open-gpu-kernel-modules: a call waits up to 45 s for the GPU's GSP"),
        ConditionRow(
            .gpuUnobservable, .gpu, "A GPU of this node cannot be read.", .unknown,
            trigger: "NVML does not open it, or it has not been read for too long",
            clearing: "at once when it is read", accused: [.gpu, .driver],
            ladder: Ladder(.mendHost), source: "absence is not health"),
        ConditionRow(
            .gpuXid, .gpu,
            "The driver reported an error of a GPU that is more than an application's affair, "
                + "within the last day.", .warning,
            trigger: "an Xid that tells of the hardware: 63, 92, 94, 137, 154, 157 and others; "
                + "CRITICAL when it asks for a reset, a reboot, an inspection or the vendor. The "
                + "first within 5 s stands for those that follow and are no worse; "
                + "{replace_count} critical ones in {replace_window}, {same_within} apart, ask "
                + "for a replacement",
            clearing: "a reset of the GPU, a reboot, or a day",
            [
                Threshold(
                    "same_within", 300, .seconds, "NVIDIA's Xid 119 comes every 45 s while it hangs"
                ),
                Threshold("replace_count", 2, .count, "once may be a particle, twice is a part"),
                Threshold(
                    "replace_window", 2_592_000, .seconds,
                    "30 days; repeat offenders fail five times as soon (SuperBench, ATC 2024)"),
            ],
            accused: [.gpu], ladder: Ladder(.watch, .watch, .resetGPU),
            source: "NVIDIA XID Errors; 5 s: Delta, arXiv 2503.11901"),
        ConditionRow(
            .gpuRecoveryNeeded, .gpu, "The driver asks for a reset, a reboot or a drain.",
            .critical,
            trigger: "the recovery action is not none", clearing: "at once when it is none",
            accused: [.gpu], ladder: Ladder(.resetGPU),
            source: "nvml.h NVML_FI_DEV_GET_GPU_RECOVERY_ACTION"),
        ConditionRow(
            .gpuMemoryDegraded, .gpu,
            "A GPU's memory has errors that were not corrected, or few spare rows.", .warning,
            trigger: "a remapping waits for a reset, or more than {remapped_rows} rows are "
                + "remapped; CRITICAL when a remapping failed, the SRAM threshold is exceeded, or "
                + "{critical_count} uncorrected error comes in {critical_window}",
            clearing: "at once for what the GPU says; none for {clear_after} for errors",
            [
                Threshold(
                    "remapped_rows", 10, .count,
                    "SuperBench, ATC 2024: 83 % of GPUs with more got slower, 6 % with fewer")
            ]
                + count("critical", 1, in: dayLong, "data was lost")
                + [clear(dayLong, "the window")],
            accused: [.gpu], ladder: Ladder(.watch, .resetGPU, .replacePart),
            source: "nvml.h nvmlDeviceGetRemappedRows, nvmlDeviceGetSramEccErrorStatus"),
        ConditionRow(
            .nvlinkDown, .gpu, "An NVLink that was active is not.", .warning,
            trigger: "the state of a link that was active is inactive; CRITICAL after "
                + "{critical_after}; asleep is not down. A GPU that is gone explains links that "
                + "lead to it, and those of unknown ends that go within {neighbour_within} of it",
            clearing: "active for {clear_after}",
            [
                after("critical", 30, "longer than a link trains"), clear(600, settled),
                Threshold(
                    "neighbour_within", 60, .seconds,
                    "NVSwitches tell of a lost GPU's links about 10 s after Xid 79"),
            ],
            accused: [.nvlink, .gpu], ladder: Ladder(.watch, .watch, .resetGPU),
            source: "nvml.h NVML_FI_DEV_NVLINK_GET_STATE; asleep is not down"),
        ConditionRow(
            .nvlinkErrors, .gpu, "An NVLink repeats transmissions or recovers from errors.",
            .warning,
            trigger: "CRC errors, replays, errors after FEC or blocks in which FEC corrected 12 "
                + "symbols and more: {warning_count} in each of {warning_of} of "
                + "{warning_periods} windows of {warning_window}; CRITICAL at {critical_count} "
                + "recovery that failed, or up to NVLink 4 one at all, in {critical_window}, or "
                + "at {critical_effective_count} errors after FEC in each of "
                + "{critical_effective_of} of {critical_effective_periods} windows of "
                + "{critical_effective_window}",
            clearing: "none for {clear_after}",
            count("warning", 1, in: 300, of: 3, periods: 6, "half of the windows, not one burst")
                + count("critical", 1, in: hour, "the link was lost for a moment")
                + count(
                    "critical_effective", 120, in: 300, of: 3, periods: 6,
                    "DCGM fails at 1e-12, that is 120 in 5 min at NVLink 5's 400 Gb/s")
                + [clear(dayLong)],
            accused: [.nvlink, .gpu], ladder: Ladder(.watch, .watch, .resetGPU),
            source: "nvml.h NVML_FI_DEV_NVLINK_ERROR_DL_*, NVML_FI_DEV_NVLINK_COUNT_*"),
        ConditionRow(
            .nvlinkFabricUnhealthy, .gpu,
            "A GPU is not registered with its NVSwitches, or that fabric is unwell.", .critical,
            trigger: "for {raise_after}: registration began and is not completed, it ended with "
                + "an error, or the health mask names a fault; a lower capacity alone is WARNING",
            clearing: "not so for {clear_after}",
            [
                raise(120, "the Fabric Manager needs its time at boot"), clear(600, settled),
            ],
            accused: [.nvswitch, .gpu], ladder: Ladder(.watch, .watch, .drain),
            source: "nvml.h nvmlGpuFabricInfoV_t; not supported is absent, not bad"),
    ]
}
