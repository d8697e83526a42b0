import CNVML

/// A clock of the GPU.
package enum NVMLClock: UInt32, CaseIterable, Sendable {
    /// The graphics engine.
    case graphics = 0
    /// The streaming multiprocessors.
    case sm = 1
    /// The memory.
    case memory = 2
    /// The video engines.
    case video = 3
}

/// How busy the GPU was over the last second or less, in percent.
package struct NVMLUtilization: Hashable, Sendable {
    /// The time in which a kernel ran.
    package let gpu: UInt32
    /// The time in which memory was read or written.
    package let memory: UInt32
}

/// The GPU's memory, in bytes.
package struct NVMLMemory: Hashable, Sendable {
    /// All of it.
    package let total: UInt64
    /// What the driver keeps for itself.
    package let reserved: UInt64
    /// What nobody uses.
    package let free: UInt64
    /// What is allocated.
    package let used: UInt64
}

extension NVMLDevice {
    func clockEventReasons() throws(NVMLError) -> UInt64 {
        try number("nvmlDeviceGetCurrentClocksEventReasons") {
            unsafe table.nvmlDeviceGetCurrentClocksEventReasons?(handle, $0)
        }
    }

    func clockThrottleReasons() throws(NVMLError) -> UInt64 {
        try number("nvmlDeviceGetCurrentClocksThrottleReasons") {
            unsafe table.nvmlDeviceGetCurrentClocksThrottleReasons?(handle, $0)
        }
    }

    func temperatureNewer() throws(NVMLError) -> Int32 {
        var temperature = fw_nvml_temperature()
        temperature.version = FW_NVML_TEMPERATURE_V1
        try NVMLError.check(
            "nvmlDeviceGetTemperatureV",
            unsafe table.nvmlDeviceGetTemperatureV?(handle, &temperature))
        return temperature.celsius
    }

    func temperatureOlder() throws(NVMLError) -> Int32 {
        let bits: UInt32 = try number("nvmlDeviceGetTemperature") {
            unsafe table.nvmlDeviceGetTemperature?(handle, 0, $0)
        }
        return Int32(bitPattern: bits)
    }

    /// The power that the board draws, in milliwatts: over the last second, or on GA100 just now.
    package func powerMilliwatts() throws(NVMLError) -> UInt32 {
        try number("nvmlDeviceGetPowerUsage") { unsafe table.nvmlDeviceGetPowerUsage?(handle, $0) }
    }

    /// The lowest of all power limits, in milliwatts.
    package func powerLimitMilliwatts() throws(NVMLError) -> UInt32 {
        try number("nvmlDeviceGetEnforcedPowerLimit") {
            unsafe table.nvmlDeviceGetEnforcedPowerLimit?(handle, $0)
        }
    }

    /// How busy the GPU is; not supported while it is partitioned.
    package func utilization() throws(NVMLError) -> NVMLUtilization {
        var percent = fw_nvml_utilization()
        try NVMLError.check(
            "nvmlDeviceGetUtilizationRates",
            unsafe table.nvmlDeviceGetUtilizationRates?(handle, &percent))
        return NVMLUtilization(gpu: percent.gpu, memory: percent.memory)
    }

    /// How its memory is used.
    package func memory() throws(NVMLError) -> NVMLMemory {
        var memory = fw_nvml_memory_v2()
        memory.version = FW_NVML_MEMORY_V2
        try NVMLError.check(
            "nvmlDeviceGetMemoryInfo_v2",
            unsafe table.nvmlDeviceGetMemoryInfo_v2?(handle, &memory))
        return NVMLMemory(
            total: memory.total, reserved: memory.reserved, free: memory.free, used: memory.used)
    }

    /// A clock's present frequency in megahertz.
    package func clockMegahertz(_ clock: NVMLClock) throws(NVMLError) -> UInt32 {
        try number("nvmlDeviceGetClockInfo") {
            unsafe table.nvmlDeviceGetClockInfo?(handle, clock.rawValue, $0)
        }
    }

    /// Whether the driver keeps the GPU's state when nobody uses it.
    package func isPersistent() throws(NVMLError) -> Bool {
        try number("nvmlDeviceGetPersistenceMode") {
            unsafe table.nvmlDeviceGetPersistenceMode?(handle, $0)
        } != 0
    }

    /// Whether the GPU is partitioned.
    package func isPartitioned() throws(NVMLError) -> Bool {
        var current: UInt32 = 0
        var pending: UInt32 = 0
        try NVMLError.check(
            "nvmlDeviceGetMigMode", unsafe table.nvmlDeviceGetMigMode?(handle, &current, &pending))
        return current != 0
    }
}
