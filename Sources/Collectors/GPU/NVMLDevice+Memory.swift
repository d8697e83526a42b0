import CNVML

/// Errors of registers and caches (nvmlEccSramErrorStatus_v1_t).
package struct NVMLSRAMStatus: Hashable, Sendable {
    /// Errors since the driver started, or over the life of the GPU.
    package struct Errors: Hashable, Sendable {
        /// Not corrected, found by parity.
        package let uncorrectedParity: UInt64
        /// Not corrected, found by a code that corrects single bits.
        package let uncorrectedSECDED: UInt64
        /// Corrected.
        package let corrected: UInt64
    }

    /// Over the life of the GPU.
    package let aggregate: Errors
    /// Since the driver started.
    package let volatile: Errors
    /// Errors over the life of the GPU by unit: L2, SM, PCIe, microcontrollers, others.
    package let units: [UInt64]
    /// Whether there are more than the vendor allows: the field diagnostic has to be run.
    package let isThresholdExceeded: Bool

    init(_ native: fw_nvml_sram_ecc) {
        aggregate = Errors(
            uncorrectedParity: native.aggregate_uncorrectable_parity,
            uncorrectedSECDED: native.aggregate_uncorrectable_secded,
            corrected: native.aggregate_correctable)
        volatile = Errors(
            uncorrectedParity: native.volatile_uncorrectable_parity,
            uncorrectedSECDED: native.volatile_uncorrectable_secded,
            corrected: native.volatile_correctable)
        units = [
            native.bucket_l2, native.bucket_sm, native.bucket_pcie, native.bucket_mcu,
            native.bucket_other,
        ]
        isThresholdExceeded = native.threshold_exceeded != 0
    }
}

/// How many banks of memory have how many spare rows left (nvmlRowRemapperHistogramValues_t).
package struct NVMLSpareRows: Hashable, Sendable {
    /// All of them.
    package let max: UInt32
    /// Nearly all.
    package let high: UInt32
    /// Some.
    package let partial: UInt32
    /// Few.
    package let low: UInt32
    /// No more.
    package let none: UInt32
}

extension NVMLDevice {
    /// Errors of registers and caches, for root alone.
    package func sramStatus() throws(NVMLError) -> NVMLSRAMStatus {
        var status = fw_nvml_sram_ecc()
        status.version = FW_NVML_SRAM_ECC_V1
        try NVMLError.check(
            "nvmlDeviceGetSramEccErrorStatus",
            unsafe table.nvmlDeviceGetSramEccErrorStatus?(handle, &status))
        return NVMLSRAMStatus(status)
    }

    /// How many banks have spare rows left.
    package func spareRows() throws(NVMLError) -> NVMLSpareRows {
        var banks = fw_nvml_row_remapper_histogram()
        try NVMLError.check(
            "nvmlDeviceGetRowRemapperHistogram",
            unsafe table.nvmlDeviceGetRowRemapperHistogram?(handle, &banks))
        return NVMLSpareRows(
            max: banks.max, high: banks.high, partial: banks.partial, low: banks.low,
            none: banks.none)
    }
}
