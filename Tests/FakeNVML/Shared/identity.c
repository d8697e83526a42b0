#include "fake.h"
#include <stdio.h>
#include <string.h>

int nvmlInit_v2(void) {
    struct call call;
    if (begin_call(&call, __func__)) initialisations++;
    return end_call(&call);
}

static int copy(const char *from, char *to, uint32_t size) {
    if (strlen(from) >= size) return FW_NVML_INSUFFICIENT_SIZE;
    strcpy(to, from);
    return FW_NVML_SUCCESS;
}

int nvmlSystemGetDriverVersion(char *text, uint32_t size) {
    struct call call;
    if (begin_call(&call, __func__)) call.code = copy(current.driver, text, size);
    return end_call(&call);
}

int nvmlSystemGetNVMLVersion(char *text, uint32_t size) {
    struct call call;
    if (begin_call(&call, __func__)) call.code = copy(current.version, text, size);
    return end_call(&call);
}

static bool is_present(int gpu) {
    return gpu < current.gpu_count && !current.gpus[gpu].scalars[GONE];
}

static uint32_t present_before(int gpu) {
    uint32_t present = 0;
    for (int i = 0; i < gpu; i++) present += is_present(i);
    return present;
}

int nvmlDeviceGetCount_v2(uint32_t *count) {
    struct call call;
    if (begin_call(&call, __func__)) {
        uint32_t present = present_before(current.gpu_count);
        *count = current.shown_count == ANY ? present : (uint32_t)current.shown_count;
    }
    return end_call(&call);
}

static int address_of(const char *text, unsigned parts[4]) {
    parts[0] = parts[3] = 0;
    if (sscanf(text, "%x:%x:%x.%x", &parts[0], &parts[1], &parts[2], &parts[3]) >= 3) return 0;
    parts[0] = 0;
    return sscanf(text, "%x:%x.%x", &parts[1], &parts[2], &parts[3]) >= 2 ? 0 : -1;
}

static int gpu_at(const char *address) {
    unsigned wanted[4], parts[4];
    if (address_of(address, wanted) != 0) return NONE;
    for (int i = 0; i < current.gpu_count; i++) {
        bool is_read = address_of(current.gpus[i].texts[TEXT_BUS], parts) == 0;
        if (is_present(i) && is_read && !memcmp(wanted, parts, sizeof parts)) return i;
    }
    return NONE;
}

static int give_handle(struct call *call, int gpu, int missing, fw_nvml_device *device) {
    if (call->code == FW_NVML_SUCCESS) call->code = gpu == NONE ? missing : gpu_code(gpu);
    if (call->code == FW_NVML_SUCCESS) *device = handle_of(gpu);
    return end_call(call);
}

int nvmlDeviceGetHandleByPciBusId_v2(const char *address, fw_nvml_device *device) {
    struct call call;
    pthread_mutex_lock(&lock);
    refresh(false);
    int gpu = gpu_at(address);
    pthread_mutex_unlock(&lock);
    begin_gpu(&call, __func__, gpu, address);
    return give_handle(&call, gpu, FW_NVML_NOT_FOUND, device);
}

// The daemon does not: a reboot or a lost GPU changes the order.
int nvmlDeviceGetHandleByIndex_v2(uint32_t index, fw_nvml_device *device);
int nvmlDeviceGetHandleByIndex_v2(uint32_t index, fw_nvml_device *device) {
    struct call call;
    int gpu = NONE;
    char argument[16];
    snprintf(argument, sizeof argument, "index=%u", index);
    pthread_mutex_lock(&lock);
    refresh(false);
    for (int i = 0; i < current.gpu_count; i++) {
        if (is_present(i) && present_before(i) == index) gpu = i;
    }
    bool is_hidden = current.shown_count != ANY && index >= (uint32_t)current.shown_count;
    pthread_mutex_unlock(&lock);
    begin_gpu(&call, __func__, gpu, argument);
    return give_handle(&call, is_hidden ? NONE : gpu, FW_NVML_INVALID_ARGUMENT, device);
}

#define TEXT_FUNCTION(name, text_index) \
    int name(fw_nvml_device device, char *text, uint32_t size) { \
        struct call call; \
        if (begin_device(&call, __func__, device)) { \
            call.code = copy(call.gpu->texts[text_index], text, size); \
        } \
        return end_call(&call); \
    }
TEXT_FUNCTION(nvmlDeviceGetUUID, TEXT_UUID)
TEXT_FUNCTION(nvmlDeviceGetSerial, TEXT_SERIAL)
TEXT_FUNCTION(nvmlDeviceGetName, TEXT_NAME)
TEXT_FUNCTION(nvmlDeviceGetBoardPartNumber, TEXT_PART)
TEXT_FUNCTION(nvmlDeviceGetVbiosVersion, TEXT_VBIOS)
TEXT_FUNCTION(nvmlDeviceGetInforomImageVersion, TEXT_INFOROM)

#define NUMBER_FUNCTION(name, expression) \
    int name(fw_nvml_device device, uint32_t *number) { \
        struct call call; \
        if (begin_device(&call, __func__, device)) *number = (uint32_t)(expression); \
        return end_call(&call); \
    }
NUMBER_FUNCTION(nvmlDeviceGetMinorNumber, call.gpu->scalars[MINOR])
#if FAKE_NVML_DRIVER >= 535
NUMBER_FUNCTION(nvmlDeviceGetModuleId, call.gpu->scalars[MODULE])
#endif

#if FAKE_NVML_DRIVER >= 510
int nvmlDeviceGetGspFirmwareVersion(fw_nvml_device device, char *text) {
    struct call call;
    if (begin_device(&call, __func__, device)) {
        call.code = copy(call.gpu->texts[TEXT_GSP], text, FW_NVML_GSP_TEXT);
    }
    return end_call(&call);
}
#endif

static void set_address(struct fw_nvml_pci_info *info, const char *address, uint32_t id) {
    unsigned parts[4] = {0};
    address_of(address, parts);
    *info = (struct fw_nvml_pci_info){.domain = parts[0], .bus = parts[1], .device = parts[2],
                                      .pci_device_id = id, .pci_subsystem_id = 0x16c110de};
    snprintf(info->bus_id_legacy, sizeof info->bus_id_legacy, "%04X:%02X:%02X.0",
             parts[0] & 0xffff, parts[1] & 0xff, parts[2] & 0xff);
    snprintf(info->bus_id, sizeof info->bus_id, "%08X:%02X:%02X.0", parts[0], parts[1] & 0xff,
             parts[2] & 0xff);
}

static uint32_t device_id(void) {
    return current.profile == HOPPER      ? 0x233010de
           : current.profile == BLACKWELL ? 0x290110de
                                          : 0x20f110de;
}

int nvmlDeviceGetNvLinkRemotePciInfo_v2(fw_nvml_device device, uint32_t link,
                                        struct fw_nvml_pci_info *info) {
    struct call call;
    if (begin_link(&call, __func__, device, link)) {
        char bridge[TEXT_SIZE];
        snprintf(bridge, sizeof bridge, "0000:%02x:00.0", 5 + link % 4);
        switch (call.link->remote) {
        case REMOTE_SWITCH: set_address(info, bridge, 0x22a310de); break;
        case REMOTE_SENTINEL: set_address(info, "ffffffff:ffffffff:ffffffff.0", UINT32_MAX); break;
        case REMOTE_ADDRESS: set_address(info, call.link->remote_address, 0x22a310de); break;
        case REMOTE_GPU:
            set_address(info, current.gpus[call.link->remote_gpu].texts[TEXT_BUS], device_id());
            break;
        }
    }
    return end_call(&call);
}
