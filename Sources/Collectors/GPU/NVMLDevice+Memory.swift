import CNVML

/// Whether ECC could correct an error.
package enum NVMLMemoryError: UInt32, CaseIterable, Sendable {
    /// It could.
    case corrected = 0
    /// It could not.
    case uncorrected = 1
}

/// How far back a memory error counter goes.
package enum NVMLMemoryEra: UInt32, CaseIterable, Sendable {
    /// To the start of the driver.
    case volatile = 0
    /// Over the life of the GPU.
    case aggregate = 1
}

/// Where memory errors are counted, of the places that mean something from Ampere on.
package enum NVMLMemoryPlace: UInt32, CaseIterable, Sendable {
    /// The GPU's memory.
    case dram = 2
    /// Its registers and caches.
    case sram = 7
}

/// Why pages were retired, before Ampere.
package enum NVMLRetirementCause: UInt32, CaseIterable, Sendable {
    /// Several corrected errors on a page.
    case correctedErrors = 0
    /// An error that could not be corrected.
    case uncorrectedError = 1
}

/// A mode that takes effect with the next reset.
package struct NVMLMode: Hashable, Sendable {
    /// Whether it is on.
    package let isOn: Bool
    /// Whether it will be on after the next reset.
    package let isPending: Bool
}

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

/// Rows of memory that spare ones stand in for (Ampere and later).
package struct NVMLRemappedRows: Hashable, Sendable {
    /// Rows by the errors that they were remapped for.
    package struct Rows: Hashable, Sendable {
        /// Errors that were corrected.
        package let corrected: UInt32
        /// Errors that were not corrected.
        package let uncorrected: UInt32
    }

    /// Those in effect.
    package let active: Rows
    /// Those not in effect yet; nil before driver 595.
    package let inactive: Rows?
    /// Whether a remapping waits for a reset of the GPU.
    package let isPending: Bool
    /// Whether a remapping has ever failed.
    package let hasFailed: Bool
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
    /// Whether ECC is on.
    package func eccMode() throws(NVMLError) -> NVMLMode {
        var current: UInt32 = 0
        var pending: UInt32 = 0
        try NVMLError.check(
            "nvmlDeviceGetEccMode", unsafe table.nvmlDeviceGetEccMode?(handle, &current, &pending))
        return NVMLMode(isOn: current != 0, isPending: pending != 0)
    }

    /// Memory errors in all places.
    package func memoryErrorCount(
        _ error: NVMLMemoryError, _ era: NVMLMemoryEra
    ) throws(NVMLError) -> UInt64 {
        try number("nvmlDeviceGetTotalEccErrors") {
            unsafe table.nvmlDeviceGetTotalEccErrors?(handle, error.rawValue, era.rawValue, $0)
        }
    }

    /// Memory errors in one place.
    package func memoryErrorCount(
        _ error: NVMLMemoryError, _ era: NVMLMemoryEra, in place: NVMLMemoryPlace
    ) throws(NVMLError) -> UInt64 {
        try number("nvmlDeviceGetMemoryErrorCounter") {
            unsafe table.nvmlDeviceGetMemoryErrorCounter?(
                handle, error.rawValue, era.rawValue, place.rawValue, $0)
        }
    }

    /// Errors of registers and caches, for root alone.
    package func sramStatus() throws(NVMLError) -> NVMLSRAMStatus {
        var status = fw_nvml_sram_ecc()
        status.version = FW_NVML_SRAM_ECC_V1
        try NVMLError.check(
            "nvmlDeviceGetSramEccErrorStatus",
            unsafe table.nvmlDeviceGetSramEccErrorStatus?(handle, &status))
        return NVMLSRAMStatus(status)
    }

    /// How many pages were retired, before Ampere.
    package func retiredPageCount(_ cause: NVMLRetirementCause) throws(NVMLError) -> UInt32 {
        // Without room for a page the call says how many there are.
        var count: UInt32 = 0
        let code = unsafe table.nvmlDeviceGetRetiredPages_v2?(
            handle, cause.rawValue, &count, nil, nil)
        guard code != NVMLCode.insufficientSize.rawValue else { return count }
        try NVMLError.check("nvmlDeviceGetRetiredPages_v2", code)
        return count
    }

    /// Whether pages wait for a reboot to be retired, before Ampere.
    package func isRetirementPending() throws(NVMLError) -> Bool {
        try number("nvmlDeviceGetRetiredPagesPendingStatus") {
            unsafe table.nvmlDeviceGetRetiredPagesPendingStatus?(handle, $0)
        } != 0
    }

    /// The remapped rows, by whichever form of the call there is.
    package func remappedRows() throws(NVMLError) -> NVMLRemappedRows {
        try newest(remappedRowsNewer, orElse: remappedRowsOlder)
    }

    private func remappedRowsNewer() throws(NVMLError) -> NVMLRemappedRows {
        var rows = fw_nvml_remapped_rows()
        try NVMLError.check(
            "nvmlDeviceGetRemappedRows_v2",
            unsafe table.nvmlDeviceGetRemappedRows_v2?(handle, &rows))
        return NVMLRemappedRows(
            active: .init(
                corrected: rows.correctable_active, uncorrected: rows.uncorrectable_active),
            inactive: .init(
                corrected: rows.correctable_inactive, uncorrected: rows.uncorrectable_inactive),
            isPending: rows.pending != 0, hasFailed: rows.failure != 0)
    }

    private func remappedRowsOlder() throws(NVMLError) -> NVMLRemappedRows {
        var (corrected, uncorrected, pending, failure) = (
            UInt32(0), UInt32(0), UInt32(0), UInt32(0)
        )
        try NVMLError.check(
            "nvmlDeviceGetRemappedRows",
            unsafe table.nvmlDeviceGetRemappedRows?(
                handle, &corrected, &uncorrected, &pending, &failure))
        return NVMLRemappedRows(
            active: .init(corrected: corrected, uncorrected: uncorrected), inactive: nil,
            isPending: pending != 0, hasFailed: failure != 0)
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
