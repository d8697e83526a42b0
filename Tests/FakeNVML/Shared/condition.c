#include "fake.h"

#define VALUE_FUNCTION(name, type, expression) \
    int name(fw_nvml_device device, type *value) { \
        struct call call; \
        if (begin_device(&call, __func__, device)) *value = (type)(expression); \
        return end_call(&call); \
    }
VALUE_FUNCTION(nvmlDeviceGetCurrentClocksThrottleReasons, uint64_t, call.gpu->scalars[THROTTLE])
#if FAKE_NVML_DRIVER >= 535
VALUE_FUNCTION(nvmlDeviceGetCurrentClocksEventReasons, uint64_t, call.gpu->scalars[THROTTLE])
#endif
VALUE_FUNCTION(nvmlDeviceGetPowerUsage, uint32_t, call.gpu->scalars[POWER])
VALUE_FUNCTION(nvmlDeviceGetEnforcedPowerLimit, uint32_t, call.gpu->scalars[POWER_LIMIT])
VALUE_FUNCTION(nvmlDeviceGetPersistenceMode, uint32_t, call.gpu->scalars[PERSISTENCE])
VALUE_FUNCTION(nvmlDeviceGetSupportedEventTypes, uint64_t, call.gpu->scalars[EVENT_TYPES])

int nvmlDeviceGetTemperature(fw_nvml_device device, uint32_t sensor, uint32_t *celsius) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        if (sensor != 0) call.code = FW_NVML_INVALID_ARGUMENT;
        else *celsius = (uint32_t)call.gpu->scalars[TEMPERATURE];
    }
    return end_call(&call);
}

#if FAKE_NVML_DRIVER >= 570
int nvmlDeviceGetTemperatureV(fw_nvml_device device, struct fw_nvml_temperature *temperature) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        if (temperature->version != FW_NVML_TEMPERATURE_V1) {
            call.code = FW_NVML_ARGUMENT_VERSION_MISMATCH;
        } else if (temperature->sensor != 0) call.code = FW_NVML_INVALID_ARGUMENT;
        else temperature->celsius = (int32_t)call.gpu->scalars[TEMPERATURE];
    }
    return end_call(&call);
}
#endif

int nvmlDeviceGetUtilizationRates(fw_nvml_device device, struct fw_nvml_utilization *percent) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        if (call.gpu->scalars[MIG]) call.code = FW_NVML_NOT_SUPPORTED;
        else {
            percent->gpu = (uint32_t)call.gpu->scalars[UTILIZATION];
            percent->memory = (uint32_t)call.gpu->scalars[MEMORY_UTILIZATION];
        }
    }
    return end_call(&call);
}

#if FAKE_NVML_DRIVER >= 510
int nvmlDeviceGetMemoryInfo_v2(fw_nvml_device device, struct fw_nvml_memory_v2 *memory) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        const uint64_t *scalars = call.gpu->scalars;
        if (memory->version != FW_NVML_MEMORY_V2) call.code = FW_NVML_ARGUMENT_VERSION_MISMATCH;
        else {
            memory->total = scalars[MEMORY_TOTAL];
            memory->reserved = scalars[MEMORY_RESERVED];
            memory->used = scalars[MEMORY_USED];
            memory->free = memory->total - memory->reserved - memory->used;
        }
    }
    return end_call(&call);
}
#endif

int nvmlDeviceGetClockInfo(fw_nvml_device device, uint32_t domain, uint32_t *megahertz) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        if (domain > 3) call.code = FW_NVML_INVALID_ARGUMENT;
        else *megahertz = (uint32_t)call.gpu->scalars[CLOCK_GRAPHICS + domain];
    }
    return end_call(&call);
}

int nvmlDeviceGetMigMode(fw_nvml_device device, uint32_t *now, uint32_t *pending) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        *now = *pending = (uint32_t)call.gpu->scalars[MIG];
    }
    return end_call(&call);
}
