// What the functions of libnvidia-ml take and give: our own declarations, in LP64 with natural
// alignment, which x86-64 and aarch64 share.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FW_NVML_SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type)
#define FW_NVML_AT(type, member, offset) \
    _Static_assert(offsetof(struct type, member) == (offset), #type "." #member)
// A version word is the size of the struct and, from bit 24, the number of its layout.
#define FW_NVML_WORD(type, version, word) \
    _Static_assert((sizeof(struct type) | ((version) << 24)) == (word), #type)

// What a call or an entry returns (nvmlReturn_t).
enum fw_nvml_code {
    FW_NVML_SUCCESS = 0,
    FW_NVML_UNINITIALIZED = 1,
    FW_NVML_INVALID_ARGUMENT = 2,
    FW_NVML_NOT_SUPPORTED = 3,
    FW_NVML_NO_PERMISSION = 4,
    FW_NVML_ALREADY_INITIALIZED = 5,
    FW_NVML_NOT_FOUND = 6,
    FW_NVML_INSUFFICIENT_SIZE = 7,
    FW_NVML_INSUFFICIENT_POWER = 8,
    FW_NVML_DRIVER_NOT_LOADED = 9,
    FW_NVML_TIMEOUT = 10,
    FW_NVML_IRQ_ISSUE = 11,
    FW_NVML_LIBRARY_NOT_FOUND = 12,
    FW_NVML_FUNCTION_NOT_FOUND = 13,
    FW_NVML_CORRUPTED_INFOROM = 14,
    FW_NVML_GPU_IS_LOST = 15,
    FW_NVML_RESET_REQUIRED = 16,
    FW_NVML_OPERATING_SYSTEM = 17,
    FW_NVML_LIB_RM_VERSION_MISMATCH = 18,
    FW_NVML_IN_USE = 19,
    FW_NVML_MEMORY = 20,
    FW_NVML_NO_DATA = 21,
    FW_NVML_VGPU_ECC_NOT_SUPPORTED = 22,
    FW_NVML_INSUFFICIENT_RESOURCES = 23,
    FW_NVML_FREQ_NOT_SUPPORTED = 24,
    FW_NVML_ARGUMENT_VERSION_MISMATCH = 25,
    FW_NVML_DEPRECATED = 26,
    FW_NVML_NOT_READY = 27,
    FW_NVML_GPU_NOT_FOUND = 28,
    FW_NVML_INVALID_STATE = 29,
    FW_NVML_RESET_TYPE_NOT_SUPPORTED = 30,
    FW_NVML_UNKNOWN = 999,
};

// Buffer sizes that hold the longest text, its NUL included.
enum {
    FW_NVML_VERSION_TEXT = 80,
    FW_NVML_UUID_TEXT = 96,
    FW_NVML_SERIAL_TEXT = 30,
    FW_NVML_NAME_TEXT = 96,
    FW_NVML_PART_TEXT = 80,
    FW_NVML_VBIOS_TEXT = 32,
    FW_NVML_INFOROM_TEXT = 16,
    FW_NVML_GSP_TEXT = 64,
};

// The scope of a field that sums up all links of a GPU.
#define FW_NVML_SCOPE_ALL_LINKS 0xFFFFFFFFu

// Handles; valid until the library is shut down, the driver is reloaded or the GPU is reset.
typedef struct fw_nvml_device *fw_nvml_device;
typedef struct fw_nvml_event_set *fw_nvml_event_set;

struct fw_nvml_pci_info {
    char bus_id_legacy[16];
    uint32_t domain, bus, device;
    uint32_t pci_device_id;
    uint32_t pci_subsystem_id;
    char bus_id[32];
};
FW_NVML_SIZE(fw_nvml_pci_info, 68);
FW_NVML_AT(fw_nvml_pci_info, domain, 16);
FW_NVML_AT(fw_nvml_pci_info, bus, 20);
FW_NVML_AT(fw_nvml_pci_info, device, 24);
FW_NVML_AT(fw_nvml_pci_info, pci_device_id, 28);
FW_NVML_AT(fw_nvml_pci_info, pci_subsystem_id, 32);
FW_NVML_AT(fw_nvml_pci_info, bus_id, 36);

// Which member of a field's value holds it.
enum fw_nvml_value_type {
    FW_NVML_VALUE_DOUBLE = 0,
    FW_NVML_VALUE_U32 = 1,
    FW_NVML_VALUE_ULONG = 2,
    FW_NVML_VALUE_U64 = 3,
    FW_NVML_VALUE_I64 = 4,
    FW_NVML_VALUE_I32 = 5,
    FW_NVML_VALUE_U16 = 6,
};

union fw_nvml_value {
    double real;
    uint32_t u32;
    uint64_t u64;
    int64_t i64;
    int32_t i32;
    uint16_t u16;
};

// The caller fills in the first two members of each entry, the library the others.
struct fw_nvml_field_value {
    uint32_t field_id;
    uint32_t scope_id;
    int64_t timestamp_us;
    int64_t latency_us;
    uint32_t value_type;
    int32_t code;
    union fw_nvml_value value;
};
FW_NVML_SIZE(fw_nvml_field_value, 40);
FW_NVML_AT(fw_nvml_field_value, field_id, 0);
FW_NVML_AT(fw_nvml_field_value, scope_id, 4);
FW_NVML_AT(fw_nvml_field_value, timestamp_us, 8);
FW_NVML_AT(fw_nvml_field_value, latency_us, 16);
FW_NVML_AT(fw_nvml_field_value, value_type, 24);
FW_NVML_AT(fw_nvml_field_value, code, 28);
FW_NVML_AT(fw_nvml_field_value, value, 32);

struct fw_nvml_sram_ecc {
    uint32_t version;
    uint64_t aggregate_uncorrectable_parity;
    uint64_t aggregate_uncorrectable_secded;
    uint64_t aggregate_correctable;
    uint64_t volatile_uncorrectable_parity;
    uint64_t volatile_uncorrectable_secded;
    uint64_t volatile_correctable;
    uint64_t bucket_l2, bucket_sm, bucket_pcie, bucket_mcu, bucket_other;
    uint32_t threshold_exceeded;
};
#define FW_NVML_SRAM_ECC_V1 0x01000068u
FW_NVML_WORD(fw_nvml_sram_ecc, 1, FW_NVML_SRAM_ECC_V1);
FW_NVML_SIZE(fw_nvml_sram_ecc, 104);
FW_NVML_AT(fw_nvml_sram_ecc, aggregate_uncorrectable_parity, 8);
FW_NVML_AT(fw_nvml_sram_ecc, aggregate_uncorrectable_secded, 16);
FW_NVML_AT(fw_nvml_sram_ecc, aggregate_correctable, 24);
FW_NVML_AT(fw_nvml_sram_ecc, volatile_uncorrectable_parity, 32);
FW_NVML_AT(fw_nvml_sram_ecc, volatile_uncorrectable_secded, 40);
FW_NVML_AT(fw_nvml_sram_ecc, volatile_correctable, 48);
FW_NVML_AT(fw_nvml_sram_ecc, bucket_l2, 56);
FW_NVML_AT(fw_nvml_sram_ecc, bucket_sm, 64);
FW_NVML_AT(fw_nvml_sram_ecc, bucket_pcie, 72);
FW_NVML_AT(fw_nvml_sram_ecc, bucket_mcu, 80);
FW_NVML_AT(fw_nvml_sram_ecc, bucket_other, 88);
FW_NVML_AT(fw_nvml_sram_ecc, threshold_exceeded, 96);

// Memory banks by the spare rows that they have left.
struct fw_nvml_row_remapper_histogram {
    uint32_t max, high, partial, low, none;
};
FW_NVML_SIZE(fw_nvml_row_remapper_histogram, 20);
FW_NVML_AT(fw_nvml_row_remapper_histogram, high, 4);
FW_NVML_AT(fw_nvml_row_remapper_histogram, partial, 8);
FW_NVML_AT(fw_nvml_row_remapper_histogram, low, 12);
FW_NVML_AT(fw_nvml_row_remapper_histogram, none, 16);

struct fw_nvml_fabric_v1 {
    uint8_t cluster_uuid[16];
    uint32_t status;
    uint32_t clique_id;
    uint8_t state;
};
FW_NVML_SIZE(fw_nvml_fabric_v1, 28);
FW_NVML_AT(fw_nvml_fabric_v1, status, 16);
FW_NVML_AT(fw_nvml_fabric_v1, clique_id, 20);
FW_NVML_AT(fw_nvml_fabric_v1, state, 24);

struct fw_nvml_fabric_v2 {
    uint32_t version;
    uint8_t cluster_uuid[16];
    uint32_t status;
    uint32_t clique_id;
    uint8_t state;
    uint32_t health_mask;
};
#define FW_NVML_FABRIC_V2 0x02000024u
FW_NVML_WORD(fw_nvml_fabric_v2, 2, FW_NVML_FABRIC_V2);
FW_NVML_SIZE(fw_nvml_fabric_v2, 36);
FW_NVML_AT(fw_nvml_fabric_v2, cluster_uuid, 4);
FW_NVML_AT(fw_nvml_fabric_v2, status, 20);
FW_NVML_AT(fw_nvml_fabric_v2, clique_id, 24);
FW_NVML_AT(fw_nvml_fabric_v2, state, 28);
FW_NVML_AT(fw_nvml_fabric_v2, health_mask, 32);

struct fw_nvml_fabric_v3 {
    uint32_t version;
    uint8_t cluster_uuid[16];
    uint32_t status;
    uint32_t clique_id;
    uint8_t state;
    uint32_t health_mask;
    uint8_t health_summary;
};
#define FW_NVML_FABRIC_V3 0x03000028u
FW_NVML_WORD(fw_nvml_fabric_v3, 3, FW_NVML_FABRIC_V3);
FW_NVML_SIZE(fw_nvml_fabric_v3, 40);
FW_NVML_AT(fw_nvml_fabric_v3, cluster_uuid, 4);
FW_NVML_AT(fw_nvml_fabric_v3, status, 20);
FW_NVML_AT(fw_nvml_fabric_v3, clique_id, 24);
FW_NVML_AT(fw_nvml_fabric_v3, state, 28);
FW_NVML_AT(fw_nvml_fabric_v3, health_mask, 32);
FW_NVML_AT(fw_nvml_fabric_v3, health_summary, 36);

// What the second form of the wait fills in; the first one writes only 24 octets.
struct fw_nvml_event_data {
    fw_nvml_device device;
    uint64_t event_type;
    uint64_t event_data;
    uint32_t gpu_instance_id;
    uint32_t compute_instance_id;
};
FW_NVML_SIZE(fw_nvml_event_data, 32);
FW_NVML_AT(fw_nvml_event_data, event_type, 8);
FW_NVML_AT(fw_nvml_event_data, event_data, 16);
FW_NVML_AT(fw_nvml_event_data, gpu_instance_id, 24);
FW_NVML_AT(fw_nvml_event_data, compute_instance_id, 28);

struct fw_nvml_utilization {
    uint32_t gpu;
    uint32_t memory;
};
FW_NVML_SIZE(fw_nvml_utilization, 8);
FW_NVML_AT(fw_nvml_utilization, memory, 4);

struct fw_nvml_memory_v2 {
    uint32_t version;
    uint64_t total, reserved, free, used;
};
#define FW_NVML_MEMORY_V2 0x02000028u
FW_NVML_WORD(fw_nvml_memory_v2, 2, FW_NVML_MEMORY_V2);
FW_NVML_SIZE(fw_nvml_memory_v2, 40);
FW_NVML_AT(fw_nvml_memory_v2, total, 8);
FW_NVML_AT(fw_nvml_memory_v2, reserved, 16);
FW_NVML_AT(fw_nvml_memory_v2, free, 24);
FW_NVML_AT(fw_nvml_memory_v2, used, 32);

struct fw_nvml_temperature {
    uint32_t version;
    uint32_t sensor;
    int32_t celsius;
};
#define FW_NVML_TEMPERATURE_V1 0x0100000Cu
FW_NVML_WORD(fw_nvml_temperature, 1, FW_NVML_TEMPERATURE_V1);
FW_NVML_SIZE(fw_nvml_temperature, 12);
FW_NVML_AT(fw_nvml_temperature, sensor, 4);
FW_NVML_AT(fw_nvml_temperature, celsius, 8);
