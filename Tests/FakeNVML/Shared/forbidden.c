// What FabricWatch must never call: here as in the real library, so that a call shows in the log.
#include "fake.h"

#define FORBIDDEN(name) \
    int name(fw_nvml_device device); \
    int name(fw_nvml_device device) { \
        struct call call; \
        if (begin_device(&call, __func__, device)) call.code = FW_NVML_NOT_SUPPORTED; \
        return end_call(&call); \
    }
FORBIDDEN(nvmlDeviceGetPcieThroughput)
FORBIDDEN(nvmlDeviceGetComputeRunningProcesses)
FORBIDDEN(nvmlDeviceGetComputeRunningProcesses_v2)
FORBIDDEN(nvmlDeviceGetComputeRunningProcesses_v3)
FORBIDDEN(nvmlDeviceGetGraphicsRunningProcesses)
FORBIDDEN(nvmlDeviceGetGraphicsRunningProcesses_v2)
FORBIDDEN(nvmlDeviceGetGraphicsRunningProcesses_v3)
FORBIDDEN(nvmlDeviceGetMPSComputeRunningProcesses_v3)
FORBIDDEN(nvmlDeviceValidateInforom)
FORBIDDEN(nvmlDeviceSetPersistenceMode)
FORBIDDEN(nvmlDeviceSetEccMode)
FORBIDDEN(nvmlDeviceSetComputeMode)
FORBIDDEN(nvmlDeviceSetPowerManagementLimit)
FORBIDDEN(nvmlDeviceSetGpuLockedClocks)
FORBIDDEN(nvmlDeviceSetMigMode)
FORBIDDEN(nvmlDeviceSetNvLinkUtilizationControl)
FORBIDDEN(nvmlDeviceResetNvLinkErrorCounters)
FORBIDDEN(nvmlDeviceResetNvLinkUtilizationCounter)
FORBIDDEN(nvmlDeviceFreezeNvLinkUtilizationCounter)
FORBIDDEN(nvmlDeviceClearEccErrorCounts)
FORBIDDEN(nvmlDeviceClearFieldValues)

// It walks all GPUs, and takes no handle.
int nvmlDeviceGetHandleByUUID(const char *uuid, fw_nvml_device *device);
int nvmlDeviceGetHandleByUUID(const char *uuid, fw_nvml_device *device) {
    struct call call;
    (void)uuid, (void)device;
    if (begin_call(&call, __func__)) call.code = FW_NVML_NOT_SUPPORTED;
    return end_call(&call);
}
