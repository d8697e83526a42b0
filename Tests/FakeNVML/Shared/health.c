#include "fake.h"

int nvmlDeviceGetEccMode(fw_nvml_device device, uint32_t *now, uint32_t *pending) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        *now = (uint32_t)call.gpu->scalars[ECC];
        *pending = (uint32_t)call.gpu->scalars[ECC_PENDING];
    }
    return end_call(&call);
}

int nvmlDeviceGetTotalEccErrors(fw_nvml_device device, uint32_t error, uint32_t counter,
                                uint64_t *count) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        if (error > 1 || counter > 1) call.code = FW_NVML_INVALID_ARGUMENT;
        else if (!call.gpu->scalars[ECC]) call.code = FW_NVML_NOT_SUPPORTED;
        else *count = counter_value(call.gpu_index, NONE, (int)(3 + 2 * counter + error));
    }
    return end_call(&call);
}

static uint64_t sram_errors(const uint64_t *scalars, uint32_t error, uint32_t counter) {
    if (counter == 0) {
        return error ? scalars[SRAM_VOLATILE_PARITY] + scalars[SRAM_VOLATILE_SECDED]
                     : scalars[SRAM_VOLATILE_CORRECTABLE];
    }
    return error ? scalars[SRAM_AGGREGATE_PARITY] + scalars[SRAM_AGGREGATE_SECDED]
                 : scalars[SRAM_AGGREGATE_CORRECTABLE];
}

int nvmlDeviceGetMemoryErrorCounter(fw_nvml_device device, uint32_t error, uint32_t counter,
                                    uint32_t location, uint64_t *count) {
    enum { DRAM = 2, SRAM = 7 };
    struct call call;
    if (begin_device(&call, __func__, device)) {
        const uint64_t *scalars = call.gpu->scalars;
        bool is_told = location == DRAM || location == SRAM;
        int dram = (int)((counter ? 22 : 11) + error);
        if (error > 1 || counter > 1 || location > 7) call.code = FW_NVML_INVALID_ARGUMENT;
        else if (!is_told || !scalars[ECC]) call.code = FW_NVML_NOT_SUPPORTED;
        else if (location == SRAM) *count = sram_errors(scalars, error, counter);
        else *count = counter_value(call.gpu_index, NONE, dram);
    }
    return end_call(&call);
}

#if FAKE_NVML_DRIVER >= 550
int nvmlDeviceGetSramEccErrorStatus(fw_nvml_device device, struct fw_nvml_sram_ecc *status) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        const uint64_t *scalars = call.gpu->scalars;
        if (!current.is_root) call.code = FW_NVML_NO_PERMISSION;
        else if (status->version != FW_NVML_SRAM_ECC_V1) {
            call.code = FW_NVML_ARGUMENT_VERSION_MISMATCH;
        } else {
            status->aggregate_uncorrectable_parity = scalars[SRAM_AGGREGATE_PARITY];
            status->aggregate_uncorrectable_secded = scalars[SRAM_AGGREGATE_SECDED];
            status->aggregate_correctable = scalars[SRAM_AGGREGATE_CORRECTABLE];
            status->volatile_uncorrectable_parity = scalars[SRAM_VOLATILE_PARITY];
            status->volatile_uncorrectable_secded = scalars[SRAM_VOLATILE_SECDED];
            status->volatile_correctable = scalars[SRAM_VOLATILE_CORRECTABLE];
            status->bucket_l2 = scalars[SRAM_L2];
            status->bucket_sm = scalars[SRAM_SM];
            status->bucket_pcie = scalars[SRAM_PCIE];
            status->bucket_mcu = scalars[SRAM_MCU];
            status->bucket_other = scalars[SRAM_OTHER];
            status->threshold_exceeded = (uint32_t)scalars[SRAM_THRESHOLD];
        }
    }
    return end_call(&call);
}
#endif

int nvmlDeviceGetRetiredPages_v2(fw_nvml_device device, uint32_t cause, uint32_t *count,
                                 uint64_t *addresses, uint64_t *timestamps) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        const uint64_t *scalars = call.gpu->scalars;
        uint32_t room = *count;
        if (cause > 1) call.code = FW_NVML_INVALID_ARGUMENT;
        else if (!scalars[RETIRED]) call.code = FW_NVML_NOT_SUPPORTED;
        else {
            *count = (uint32_t)scalars[cause ? RETIRED_DOUBLE : RETIRED_SINGLE];
            if (room < *count) call.code = FW_NVML_INSUFFICIENT_SIZE;
        }
        for (uint32_t i = 0; call.code == FW_NVML_SUCCESS && i < *count; i++) {
            addresses[i] = i << 16;
            timestamps[i] = (uint64_t)wall_us();
        }
    }
    return end_call(&call);
}

int nvmlDeviceGetRetiredPagesPendingStatus(fw_nvml_device device, uint32_t *is_pending) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        if (!call.gpu->scalars[RETIRED]) call.code = FW_NVML_NOT_SUPPORTED;
        else *is_pending = (uint32_t)call.gpu->scalars[RETIRED_PENDING];
    }
    return end_call(&call);
}

int nvmlDeviceGetRemappedRows(fw_nvml_device device, uint32_t *correctable,
                              uint32_t *uncorrectable, uint32_t *is_pending, uint32_t *has_failed) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        *correctable = (uint32_t)call.gpu->scalars[REMAP_CORRECTABLE];
        *uncorrectable = (uint32_t)call.gpu->scalars[REMAP_UNCORRECTABLE];
        *is_pending = (uint32_t)call.gpu->scalars[REMAP_PENDING];
        *has_failed = (uint32_t)call.gpu->scalars[REMAP_FAILURE];
    }
    return end_call(&call);
}

#if FAKE_NVML_DRIVER >= 595
int nvmlDeviceGetRemappedRows_v2(fw_nvml_device device, struct fw_nvml_remapped_rows *rows) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        const uint64_t *scalars = call.gpu->scalars;
        rows->correctable_active = (uint32_t)scalars[REMAP_CORRECTABLE];
        rows->correctable_inactive = (uint32_t)scalars[REMAP_CORRECTABLE_INACTIVE];
        rows->uncorrectable_active = (uint32_t)scalars[REMAP_UNCORRECTABLE];
        rows->uncorrectable_inactive = (uint32_t)scalars[REMAP_UNCORRECTABLE_INACTIVE];
        rows->pending = (uint32_t)scalars[REMAP_PENDING];
        rows->failure = (uint32_t)scalars[REMAP_FAILURE];
    }
    return end_call(&call);
}
#endif

#if FAKE_NVML_DRIVER >= 455
int nvmlDeviceGetRowRemapperHistogram(fw_nvml_device device,
                                      struct fw_nvml_row_remapper_histogram *banks) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        const uint64_t *scalars = call.gpu->scalars;
        banks->max = (uint32_t)scalars[BANKS_MAX];
        banks->high = (uint32_t)scalars[BANKS_HIGH];
        banks->partial = (uint32_t)scalars[BANKS_PARTIAL];
        banks->low = (uint32_t)scalars[BANKS_LOW];
        banks->none = (uint32_t)scalars[BANKS_NONE];
    }
    return end_call(&call);
}
#endif
