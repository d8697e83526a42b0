/// Every counter and gauge of a GPU, one row each.
///
/// Field ids are those that never changed their meaning between drivers: 199, 200 and 251 to 273
/// did, and are not used (nvml.h, releases 450 to 610).
package enum GPUCounters {
    /// The counters; a counter's index here is its number in frames between daemon and probe.
    package static let all: [Counter] = memory + sram + pcie + power

    /// The gauges; likewise.
    package static let gauges: [Gauge] =
        temperatureAndPower + clocksAndLoad + memoryState + stateAndMode

    /// The row of the energy counter, which rises all the time and which nobody can clear: when it
    /// falls, the GPU has begun to count anew.
    package static let energyRow = all.firstIndex { $0.name == "energy" } ?? 0
    /// The row of the gauge that says what the driver asks for.
    package static let recoveryActionRow =
        gauges.firstIndex { $0.name == "recovery_action" } ?? 0
    /// The row of the gauge that says how many NVLinks the GPU has.
    package static let linkCountRow = gauges.firstIndex { $0.name == "nvlinks" } ?? 0

    // MARK: Memory errors

    private static func counter(
        _ name: String, unit: Unit = .events, _ accuses: Accused, _ id: UInt32,
        _ symbol: String, driver: UInt16 = 450, reset: ResetDomain = .gpu, _ help: String
    ) -> Counter {
        Counter(
            name, unit: unit, accuses: accuses, help: help,
            fields: [
                Field(
                    nvml: .nvmlField(id), "NVML_FI_DEV_\(symbol)", firstDriver: driver,
                    reset: reset)
            ])
    }

    private static let memory: [Counter] = [
        counter(
            "ecc_volatile_corrected_errors", .gpuMemory, 3, "ECC_SBE_VOL_TOTAL",
            "Memory errors corrected by ECC since the driver was loaded."),
        counter(
            "ecc_volatile_uncorrected_errors", .gpuMemory, 4, "ECC_DBE_VOL_TOTAL",
            "Memory errors that ECC could not correct since the driver was loaded."),
        counter(
            "ecc_aggregate_corrected_errors", .gpuMemory, 5, "ECC_SBE_AGG_TOTAL",
            reset: .lifetime,
            "Memory errors corrected by ECC in the life of the GPU."),
        counter(
            "ecc_aggregate_uncorrected_errors", .gpuMemory, 6, "ECC_DBE_AGG_TOTAL",
            reset: .lifetime,
            "Memory errors that ECC could not correct in the life of the GPU."),
        counter(
            "retired_pages_corrected", unit: .pages, .gpuMemory, 29, "RETIRED_SBE",
            reset: .lifetime,
            "Memory pages retired because of repeated corrected errors (before Ampere)."),
        counter(
            "retired_pages_uncorrected", unit: .pages, .gpuMemory, 30, "RETIRED_DBE",
            reset: .lifetime,
            "Memory pages retired because of an uncorrected error (before Ampere)."),
        counter(
            "remapped_rows_corrected", unit: .rows, .gpuMemory, 142, "REMAPPED_COR",
            reset: .lifetime,
            "Memory rows remapped because of corrected errors."),
        counter(
            "remapped_rows_uncorrected", unit: .rows, .gpuMemory, 143, "REMAPPED_UNC",
            reset: .lifetime,
            "Memory rows remapped because of uncorrected errors."),
    ]

    private static func sram(
        _ name: String, _ part: String, reset: ResetDomain, _ help: String
    ) -> Counter {
        let call = "nvmlDeviceGetSramEccErrorStatus"
        return Counter(
            name, unit: .events, accuses: .gpu, help: help,
            fields: [
                Field(nvml: .nvmlCall(call, part: part), call, firstDriver: 550, reset: reset)
            ])
    }

    // Only root may ask.
    private static let sram: [Counter] = [
        sram(
            "sram_volatile_corrected_errors", "volCor", reset: .gpu,
            "SRAM errors corrected since the driver was loaded."),
        sram(
            "sram_volatile_uncorrected_parity_errors", "volUncParity", reset: .gpu,
            "SRAM parity errors since the driver was loaded."),
        sram(
            "sram_volatile_uncorrected_secded_errors", "volUncSecDed", reset: .gpu,
            "SRAM errors that SECDED could not correct since the driver was loaded."),
        sram(
            "sram_aggregate_corrected_errors", "aggCor", reset: .lifetime,
            "SRAM errors corrected in the life of the GPU."),
        sram(
            "sram_aggregate_uncorrected_parity_errors", "aggUncParity", reset: .lifetime,
            "SRAM parity errors in the life of the GPU."),
        sram(
            "sram_aggregate_uncorrected_secded_errors", "aggUncSecDed", reset: .lifetime,
            "SRAM errors that SECDED could not correct in the life of the GPU."),
        sram(
            "sram_aggregate_uncorrected_l2_errors", "bucketL2", reset: .lifetime,
            "Uncorrected SRAM errors in the L2 cache in the life of the GPU."),
        sram(
            "sram_aggregate_uncorrected_sm_errors", "bucketSm", reset: .lifetime,
            "Uncorrected SRAM errors in the streaming multiprocessors in the life of the GPU."),
        sram(
            "sram_aggregate_uncorrected_pcie_errors", "bucketPcie", reset: .lifetime,
            "Uncorrected SRAM errors in the PCIe unit in the life of the GPU."),
        sram(
            "sram_aggregate_uncorrected_mcu_errors", "bucketMcu", reset: .lifetime,
            "Uncorrected SRAM errors in the microcontrollers in the life of the GPU."),
        sram(
            "sram_aggregate_uncorrected_other_errors", "bucketOther", reset: .lifetime,
            "Uncorrected SRAM errors elsewhere in the life of the GPU."),
    ]

    // MARK: PCIe

    private static func pcie(
        _ name: String, unit: Unit = .events, _ id: UInt32, _ symbol: String, _ driver: UInt16,
        _ help: String, accuses: Accused = .pciePath
    ) -> Counter {
        counter(name, unit: unit, accuses, id, symbol, driver: driver, help)
    }

    private static let pcie: [Counter] = [
        pcie(
            "pcie_replays", 94, "PCIE_REPLAY_COUNTER", 450,
            "PCIe transactions that were sent again."),
        pcie(
            "pcie_replay_rollovers", 95, "PCIE_REPLAY_ROLLOVER_COUNTER", 450,
            "Times the PCIe replay number rolled over, which makes the link retrain."),
        pcie(
            "pcie_l0_to_recovery", 169, "PCIE_L0_TO_RECOVERY_COUNTER", 525,
            "Times the PCIe link went from L0 to recovery."),
        pcie(
            "pcie_correctable_errors", 173, "PCIE_COUNT_CORRECTABLE_ERRORS", 535,
            "PCIe errors that were corrected."),
        pcie(
            "pcie_naks_received", 174, "PCIE_COUNT_NAKS_RECEIVED", 535,
            "PCIe negative acknowledgements received."),
        pcie(
            "pcie_receiver_errors", 175, "PCIE_COUNT_RECEIVER_ERROR", 535,
            "Errors of the GPU's PCIe receiver."),
        pcie(
            "pcie_bad_tlps", 176, "PCIE_COUNT_BAD_TLP", 535,
            "PCIe transaction packets received damaged."),
        pcie(
            "pcie_naks_sent", 177, "PCIE_COUNT_NAKS_SENT", 535,
            "PCIe negative acknowledgements sent."),
        pcie(
            "pcie_bad_dllps", 178, "PCIE_COUNT_BAD_DLLP", 535,
            "PCIe link packets received damaged."),
        pcie(
            "pcie_non_fatal_errors", 179, "PCIE_COUNT_NON_FATAL_ERROR", 535,
            "PCIe errors that were not corrected and not fatal."),
        pcie(
            "pcie_fatal_errors", 180, "PCIE_COUNT_FATAL_ERROR", 535, "Fatal PCIe errors."),
        pcie(
            "pcie_unsupported_requests", 181, "PCIE_COUNT_UNSUPPORTED_REQ", 535,
            "PCIe requests that the GPU does not support.", accuses: .gpu),
        pcie(
            "pcie_lcrc_errors", 182, "PCIE_COUNT_LCRC_ERROR", 535,
            "PCIe packets received with a wrong link CRC."),
        pcie(
            "pcie_lane_errors", 183, "PCIE_COUNT_LANE_ERROR", 535, "Errors of PCIe lanes."),
        pcie(
            "pcie_tx", unit: .bytes, 197, "PCIE_COUNT_TX_BYTES", 555, "Bytes sent over PCIe.",
            accuses: .nobody),
        pcie(
            "pcie_rx", unit: .bytes, 198, "PCIE_COUNT_RX_BYTES", 555, "Bytes received over PCIe.",
            accuses: .nobody),
    ]

    private static let power: [Counter] = [
        counter(
            "energy", unit: .millijoules, .nobody, 83, "TOTAL_ENERGY_CONSUMPTION",
            "Energy used since the driver was loaded."),
        counter(
            "throttled_power", unit: .nanoseconds, .nobody, 74, "PERF_POLICY_POWER",
            "Time with clocks held down by the power limit."),
        counter(
            "throttled_sync_boost", unit: .nanoseconds, .nobody, 76, "PERF_POLICY_SYNC_BOOST",
            "Time with clocks held down by another GPU of a sync boost group."),
    ]

    // MARK: Gauges

    private static func field(
        _ name: String, _ unit: GaugeUnit, _ id: UInt32, _ symbol: String,
        driver: UInt16 = 450, codes: GaugeCodes? = nil, _ help: String
    ) -> Gauge {
        Gauge(
            name, unit, help: help, codes: codes,
            sources: [GaugeSource(.nvmlField(id), "NVML_FI_DEV_\(symbol)", firstDriver: driver)])
    }

    // The first call is the newest.
    private static func call(
        _ name: String, _ unit: GaugeUnit, _ calls: [(String, UInt16)], part: String = "",
        codes: GaugeCodes? = nil, _ help: String
    ) -> Gauge {
        Gauge(
            name, unit, help: help, codes: codes,
            sources: calls.map {
                GaugeSource(.nvmlCall($0.0, part: part), $0.0, firstDriver: $0.1)
            })
    }

    private static let temperatureAndPower: [Gauge] = [
        call(
            "temperature", .celsius,
            [("nvmlDeviceGetTemperatureV", 570), ("nvmlDeviceGetTemperature", 450)],
            "Temperature of the GPU."),
        field(
            "memory_temperature", .celsius, 82, "MEMORY_TEMP", "Temperature of the GPU's memory."),
        call(
            "power", .milliwatts, [("nvmlDeviceGetPowerUsage", 450)],
            "Power drawn by the board, averaged over a second on most GPUs."),
        field(
            "power_instant", .milliwatts, 186, "POWER_INSTANT", driver: 535,
            "Power drawn by the board at the moment."),
        call(
            "power_limit", .milliwatts, [("nvmlDeviceGetEnforcedPowerLimit", 450)],
            "The power limit in force."),
    ]

    private static let clocksAndLoad: [Gauge] = [
        call(
            "utilization", .percent, [("nvmlDeviceGetUtilizationRates", 450)], part: "gpu",
            "Share of time in which a kernel was running; not offered with MIG."),
        call(
            "memory_utilization", .percent, [("nvmlDeviceGetUtilizationRates", 450)],
            part: "memory", "Share of time in which memory was read or written."),
        call(
            "sm_clock", .megahertz, [("nvmlDeviceGetClockInfo", 450)], part: "sm",
            "Clock of the streaming multiprocessors."),
        call(
            "memory_clock", .megahertz, [("nvmlDeviceGetClockInfo", 450)], part: "memory",
            "Clock of the memory."),
        call(
            "clocks_event_reasons", .code,
            [
                ("nvmlDeviceGetCurrentClocksEventReasons", 535),
                ("nvmlDeviceGetCurrentClocksThrottleReasons", 450),
            ],
            codes: .clocksEventReasons, "Why clocks are lower than they could be, as a mask."),
    ]

    private static let memoryState: [Gauge] = [
        call(
            "memory_total", .bytes, [("nvmlDeviceGetMemoryInfo_v2", 510)], part: "total",
            "Memory of the GPU."),
        call(
            "memory_used", .bytes, [("nvmlDeviceGetMemoryInfo_v2", 510)], part: "used",
            "Memory in use."),
        field("ecc_mode", .code, 1, "ECC_CURRENT", codes: .offOn, "Whether ECC is on."),
        call(
            "sram_threshold_exceeded", .code, [("nvmlDeviceGetSramEccErrorStatus", 550)],
            part: "thresholdExceeded", codes: .noYes,
            "Whether the GPU has had more uncorrected SRAM errors than its vendor accepts."),
        field(
            "retired_pages_pending", .code, 31, "RETIRED_PENDING", codes: .noYes,
            "Whether pages wait for a reset to be retired (before Ampere)."),
        field(
            "remapped_rows_pending", .code, 144, "REMAPPED_PENDING", codes: .noYes,
            "Whether rows wait for a reset to be remapped."),
        field(
            "remapped_rows_failure", .code, 145, "REMAPPED_FAILURE", codes: .noYes,
            "Whether a row could not be remapped."),
        histogram("max", "with all spare rows left"),
        histogram("high", "with many spare rows left"),
        histogram("partial", "with some spare rows left"),
        histogram("low", "with few spare rows left"),
        histogram("none", "with no spare row left"),
    ]

    private static func histogram(_ part: String, _ meaning: String) -> Gauge {
        call(
            "row_remapper_banks_\(part)", .count, [("nvmlDeviceGetRowRemapperHistogram", 455)],
            part: part, "Memory banks \(meaning).")
    }

    private static let fabricCalls: [(String, UInt16)] = [
        ("nvmlDeviceGetGpuFabricInfoV", 550), ("nvmlDeviceGetGpuFabricInfo", 525),
    ]

    private static let stateAndMode: [Gauge] = [
        field(
            "recovery_action", .code, 230, "GET_GPU_RECOVERY_ACTION", driver: 570,
            codes: .recoveryAction, "What the driver asks for."),
        call(
            "fabric_state", .code, fabricCalls, part: "state", codes: .fabricState,
            "Registration with the NVSwitch fabric."),
        call(
            "fabric_status", .code, fabricCalls, part: "status",
            "How the registration ended, as an NVML return code; only when it is completed."),
        call(
            "fabric_clique", .code, fabricCalls, part: "cliqueId",
            "The fabric clique that the GPU belongs to."),
        call(
            "fabric_health_mask", .code, [("nvmlDeviceGetGpuFabricInfoV", 550)],
            part: "healthMask", codes: .fabricHealthMask,
            "The health of the GPU's fabric, as a mask of nvml.h."),
        call(
            "fabric_health", .code, [("nvmlDeviceGetGpuFabricInfoV", 580)],
            part: "healthSummary", codes: .fabricHealth,
            "The health of the GPU's fabric."),
        call(
            "persistence_mode", .code, [("nvmlDeviceGetPersistenceMode", 450)], codes: .offOn,
            "Whether the driver keeps the GPU's state when nobody uses it."),
        call(
            "mig_mode", .code, [("nvmlDeviceGetMigMode", 450)], part: "current", codes: .offOn,
            "Whether the GPU is divided into instances."),
        field(
            "nvlinks", .count, 91, "NVLINK_LINK_COUNT", "NVLinks that the GPU has."),
    ]
}
