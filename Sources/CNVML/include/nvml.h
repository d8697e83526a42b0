// The door to libnvidia-ml: every function of it that we call, for a library that is opened with
// dlopen(3) and never linked.
//
// Symbols carry their versioned names: an unversioned one is the oldest form, with other structs.
// What waits (PcieThroughput samples for 20 ms), walks all GPUs (HandleByUUID), reads flash
// (ValidateInforom), lists processes, or changes anything is not here and never will be.
#pragma once
#include "nvml_types.h"
#include "thread.h"

// X(the first driver branch that has it, its name, its result, its parameters)
#define FW_NVML_SYMBOLS(X) FW_NVML_SYSTEM(X) FW_NVML_IDENTITY(X) FW_NVML_LINKS(X) \
    FW_NVML_MEMORY_HEALTH(X) FW_NVML_CONDITION(X) FW_NVML_FABRIC(X) FW_NVML_EVENTS(X)

#define FW_NVML_SYSTEM(X) \
    X(450, nvmlInit_v2, int, (void)) \
    X(450, nvmlSystemGetDriverVersion, int, (char *text, uint32_t size)) \
    X(450, nvmlSystemGetNVMLVersion, int, (char *text, uint32_t size)) \
    X(450, nvmlDeviceGetCount_v2, int, (uint32_t *count)) \
    X(450, nvmlDeviceGetHandleByPciBusId_v2, int, (const char *address, fw_nvml_device *device))

#define FW_NVML_IDENTITY(X) \
    X(450, nvmlDeviceGetUUID, int, (fw_nvml_device device, char *text, uint32_t size)) \
    X(450, nvmlDeviceGetSerial, int, (fw_nvml_device device, char *text, uint32_t size)) \
    X(450, nvmlDeviceGetName, int, (fw_nvml_device device, char *text, uint32_t size)) \
    X(450, nvmlDeviceGetBoardPartNumber, int, (fw_nvml_device device, char *text, uint32_t size)) \
    X(450, nvmlDeviceGetVbiosVersion, int, (fw_nvml_device device, char *text, uint32_t size)) \
    X(450, nvmlDeviceGetInforomImageVersion, int, \
      (fw_nvml_device device, char *text, uint32_t size)) \
    X(510, nvmlDeviceGetGspFirmwareVersion, int, (fw_nvml_device device, char *text)) \
    X(450, nvmlDeviceGetMinorNumber, int, (fw_nvml_device device, uint32_t *minor)) \
    X(535, nvmlDeviceGetModuleId, int, (fw_nvml_device device, uint32_t *module))

#define FW_NVML_LINKS(X) \
    X(450, nvmlDeviceGetNvLinkState, int, \
      (fw_nvml_device device, uint32_t link, uint32_t *is_active)) \
    X(450, nvmlDeviceGetNvLinkVersion, int, \
      (fw_nvml_device device, uint32_t link, uint32_t *version)) \
    X(450, nvmlDeviceGetNvLinkRemotePciInfo_v2, int, \
      (fw_nvml_device device, uint32_t link, struct fw_nvml_pci_info *info)) \
    X(470, nvmlDeviceGetNvLinkRemoteDeviceType, int, \
      (fw_nvml_device device, uint32_t link, uint32_t *type)) \
    X(450, nvmlDeviceGetNvLinkErrorCounter, int, \
      (fw_nvml_device device, uint32_t link, uint32_t kind, uint64_t *count)) \
    X(450, nvmlDeviceGetFieldValues, int, \
      (fw_nvml_device device, int count, struct fw_nvml_field_value *values))

#define FW_NVML_MEMORY_HEALTH(X) \
    X(550, nvmlDeviceGetSramEccErrorStatus, int, \
      (fw_nvml_device device, struct fw_nvml_sram_ecc *status)) \
    X(455, nvmlDeviceGetRowRemapperHistogram, int, \
      (fw_nvml_device device, struct fw_nvml_row_remapper_histogram *banks))

#define FW_NVML_CONDITION(X) \
    X(535, nvmlDeviceGetCurrentClocksEventReasons, int, \
      (fw_nvml_device device, uint64_t *reasons)) \
    X(450, nvmlDeviceGetCurrentClocksThrottleReasons, int, \
      (fw_nvml_device device, uint64_t *reasons)) \
    X(450, nvmlDeviceGetTemperature, int, \
      (fw_nvml_device device, uint32_t sensor, uint32_t *celsius)) \
    X(570, nvmlDeviceGetTemperatureV, int, \
      (fw_nvml_device device, struct fw_nvml_temperature *temperature)) \
    X(450, nvmlDeviceGetPowerUsage, int, (fw_nvml_device device, uint32_t *milliwatts)) \
    X(450, nvmlDeviceGetEnforcedPowerLimit, int, (fw_nvml_device device, uint32_t *milliwatts)) \
    X(450, nvmlDeviceGetUtilizationRates, int, \
      (fw_nvml_device device, struct fw_nvml_utilization *percent)) \
    X(510, nvmlDeviceGetMemoryInfo_v2, int, \
      (fw_nvml_device device, struct fw_nvml_memory_v2 *memory)) \
    X(450, nvmlDeviceGetClockInfo, int, \
      (fw_nvml_device device, uint32_t domain, uint32_t *megahertz)) \
    X(450, nvmlDeviceGetPersistenceMode, int, (fw_nvml_device device, uint32_t *is_on)) \
    X(450, nvmlDeviceGetMigMode, int, \
      (fw_nvml_device device, uint32_t *current, uint32_t *pending))

#define FW_NVML_FABRIC(X) \
    X(550, nvmlDeviceGetGpuFabricInfoV, int, (fw_nvml_device device, void *info)) \
    X(525, nvmlDeviceGetGpuFabricInfo, int, \
      (fw_nvml_device device, struct fw_nvml_fabric_v1 *info))

#define FW_NVML_EVENTS(X) \
    X(450, nvmlEventSetCreate, int, (fw_nvml_event_set *set)) \
    X(450, nvmlDeviceGetSupportedEventTypes, int, (fw_nvml_device device, uint64_t *types)) \
    X(450, nvmlDeviceRegisterEvents, int, \
      (fw_nvml_device device, uint64_t types, fw_nvml_event_set set)) \
    X(450, nvmlEventSetWait_v2, int, \
      (fw_nvml_event_set set, struct fw_nvml_event_data *event, uint32_t milliseconds)) \
    X(450, nvmlEventSetFree, int, (fw_nvml_event_set set))

// The functions as the library has them; null where it is too old.
struct fw_nvml_table {
#define FW_NVML_MEMBER(driver, name, result, parameters) result (*name) parameters;
    FW_NVML_SYMBOLS(FW_NVML_MEMBER)
#undef FW_NVML_MEMBER
};

// How many functions the table has.
extern const size_t fw_nvml_symbol_count;

// The name of a function, by its place in the table.
const char *fw_nvml_symbol_name(size_t index);

// The first driver branch that has it: 450, 525, 610.
uint32_t fw_nvml_symbol_first_driver(size_t index);

// Whether the library has it.
bool fw_nvml_symbol_is_loaded(const struct fw_nvml_table *table, size_t index);

// Looks up every function in a library that dlopen(3) gave; returns how many it has.
size_t fw_nvml_load(void *library, struct fw_nvml_table *table);
