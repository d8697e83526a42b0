#include "fake.h"

#define LINK_FUNCTION(name, expression) \
    int name(fw_nvml_device device, uint32_t link, uint32_t *number) { \
        struct call call; \
        if (begin_link(&call, __func__, device, link)) *number = (uint32_t)(expression); \
        return end_call(&call); \
    }
LINK_FUNCTION(nvmlDeviceGetNvLinkState, call.link->state != 0)
LINK_FUNCTION(nvmlDeviceGetNvLinkVersion, call.link->version)
#if FAKE_NVML_DRIVER >= 470
LINK_FUNCTION(nvmlDeviceGetNvLinkRemoteDeviceType, call.link->remote == REMOTE_GPU ? 0 : 2)
#endif

int nvmlDeviceGetNvLinkErrorCounter(fw_nvml_device device, uint32_t link, uint32_t kind,
                                    uint64_t *count) {
    struct call call;
    if (begin_link(&call, __func__, device, link)) {
        if (current.profile == BLACKWELL) call.code = FW_NVML_NOT_SUPPORTED;
        else if (kind > 4) call.code = FW_NVML_INVALID_ARGUMENT;
        else if (kind == 4 && !current.is_root) call.code = FW_NVML_NO_PERMISSION;
        else *count = kind < 3 ? counter_value(call.gpu_index, (int)link, 161 + (int)kind) : 0;
    }
    return end_call(&call);
}

#if FAKE_NVML_DRIVER >= 525
static void set_cluster(uint8_t *uuid, uint64_t number) {
    for (int i = 0; i < 16; i++) uuid[i] = i < 8 ? 0 : (uint8_t)(number >> (8 * (15 - i)));
}

int nvmlDeviceGetGpuFabricInfo(fw_nvml_device device, struct fw_nvml_fabric_v1 *info) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        const uint64_t *scalars = call.gpu->scalars;
        if (!scalars[FABRIC_VERSION]) call.code = FW_NVML_NOT_SUPPORTED;
        else {
            set_cluster(info->cluster_uuid, scalars[FABRIC_CLUSTER]);
            info->status = (uint32_t)scalars[FABRIC_STATUS];
            info->clique_id = (uint32_t)scalars[FABRIC_CLIQUE];
            info->state = (uint8_t)scalars[FABRIC_STATE];
        }
    }
    return end_call(&call);
}
#endif

#if FAKE_NVML_DRIVER >= 550
int nvmlDeviceGetGpuFabricInfoV(fw_nvml_device device, void *info) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        const uint64_t *scalars = call.gpu->scalars;
        struct fw_nvml_fabric_v2 *second = info;
        struct fw_nvml_fabric_v3 *third = info;
        bool is_second = second->version == FW_NVML_FABRIC_V2 && scalars[FABRIC_VERSION] >= 2;
        bool is_third = second->version == FW_NVML_FABRIC_V3 && scalars[FABRIC_VERSION] >= 3;
        if (!scalars[FABRIC_VERSION]) call.code = FW_NVML_NOT_SUPPORTED;
        else if (!is_second && !is_third) call.code = FW_NVML_ARGUMENT_VERSION_MISMATCH;
        else {
            // The third layout goes on where the second one ends.
            set_cluster(second->cluster_uuid, scalars[FABRIC_CLUSTER]);
            second->status = (uint32_t)scalars[FABRIC_STATUS];
            second->clique_id = (uint32_t)scalars[FABRIC_CLIQUE];
            second->state = (uint8_t)scalars[FABRIC_STATE];
            second->health_mask = (uint32_t)scalars[FABRIC_HEALTH];
            if (is_third) third->health_summary = (uint8_t)scalars[FABRIC_SUMMARY];
        }
    }
    return end_call(&call);
}
#endif
