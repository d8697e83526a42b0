#include "fake.h"

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
