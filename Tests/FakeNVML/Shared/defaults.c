#include "fake.h"
#include <stdio.h>
#include <string.h>

// A node of eight GPUs on one baseboard; twice as many come with eight more in between.
static const uint8_t buses[GPUS_MAX] = {0x18, 0x2a, 0x3a, 0x5d, 0x9a, 0xab, 0xba, 0xdb,
                                        0x1b, 0x2d, 0x3d, 0x5f, 0x9d, 0xad, 0xbd, 0xdd};

void set_defaults(struct scenario *scenario) {
    memset(scenario, 0, sizeof *scenario);
    scenario->profile = HOPPER;
    scenario->gpu_count = 8;
    scenario->link_count = ANY;
    scenario->shown_count = ANY;
    scenario->beyond_code = FW_NVML_NOT_SUPPORTED;
    const char *driver = FAKE_NVML_DRIVER >= 610   ? "610.43.02"
                         : FAKE_NVML_DRIVER >= 580 ? "580.95.05"
                         : FAKE_NVML_DRIVER >= 550 ? "550.54.15"
                                                   : "450.80.02";
    snprintf(scenario->driver, TEXT_SIZE, "%s", driver);
    snprintf(scenario->version, TEXT_SIZE, "%d.%s",
             FAKE_NVML_DRIVER >= 580   ? 13
             : FAKE_NVML_DRIVER >= 525 ? 12
                                       : 11,
             driver);
}

static uint64_t health_mask(void) {
    uint64_t mask = 2 | 2 << 2 | 2 << 4;
    if (FAKE_NVML_DRIVER >= 570) mask |= 2 << 6;
    if (FAKE_NVML_DRIVER >= 580) mask |= 1 << 8;
    if (FAKE_NVML_DRIVER >= 595) mask |= 1 << 12;
    return mask;
}

static void set_texts(const struct scenario *scenario, struct gpu *gpu) {
    bool is_hopper = scenario->profile == HOPPER, is_blackwell = scenario->profile == BLACKWELL;
    int i = gpu->index;
    snprintf(gpu->texts[TEXT_UUID], TEXT_SIZE, "GPU-%08x-0000-4000-8000-00000000%04x",
             0x5afe0000 + i, i);
    snprintf(gpu->texts[TEXT_SERIAL], TEXT_SIZE, "16501230045%02d", i);
    snprintf(gpu->texts[TEXT_BUS], TEXT_SIZE, "0000:%02x:00.0", buses[i]);
    snprintf(gpu->texts[TEXT_NAME], TEXT_SIZE, "%s",
             is_hopper      ? "NVIDIA H100 80GB HBM3"
             : is_blackwell ? "NVIDIA B200"
                            : "NVIDIA A100-PCIE-40GB");
    snprintf(gpu->texts[TEXT_PART], TEXT_SIZE, "900-00000-0000-000");
    snprintf(gpu->texts[TEXT_VBIOS], TEXT_SIZE, "96.00.74.00.01");
    snprintf(gpu->texts[TEXT_INFOROM], TEXT_SIZE, "G520.0200.00.05");
    snprintf(gpu->texts[TEXT_GSP], TEXT_SIZE, "%s", scenario->driver);
}

static void set_conditions(uint64_t *scalars) {
    scalars[ECC] = scalars[ECC_PENDING] = 1;
    scalars[PERSISTENCE] = 1;
    scalars[TEMPERATURE] = 41;
    scalars[MEMORY_TEMPERATURE] = 47;
    scalars[POWER] = 300000;
    scalars[POWER_LIMIT] = 700000;
    scalars[UTILIZATION] = 88;
    scalars[MEMORY_UTILIZATION] = 35;
    scalars[MEMORY_TOTAL] = 80ull << 30;
    scalars[MEMORY_USED] = 60ull << 30;
    scalars[MEMORY_RESERVED] = 600ull << 20;
    scalars[CLOCK_GRAPHICS] = scalars[CLOCK_SM] = 1980;
    scalars[CLOCK_MEMORY] = 2619;
    scalars[CLOCK_VIDEO] = 1545;
    scalars[BANKS_MAX] = 2560;
    scalars[LATENCY_US] = 120;
    scalars[STALE_CODE] = FW_NVML_GPU_IS_LOST;
}

void set_gpu_defaults(struct scenario *scenario, struct gpu *gpu) {
    uint64_t *scalars = gpu->scalars;
    set_texts(scenario, gpu);
    set_conditions(scalars);
    scalars[MINOR] = (uint64_t)gpu->index;
    // Baseboard slots do not follow the bus numbers.
    scalars[MODULE] = (uint64_t)(gpu->index ^ 1) + 1;
    scalars[ARCHITECTURE] = scenario->profile == HOPPER      ? 9
                            : scenario->profile == BLACKWELL ? 10
                                                             : 7;
    if (scenario->profile != AMPERE_PCIE) {
        scalars[FABRIC_STATE] = 3;
        scalars[FABRIC_HEALTH] = health_mask();
        scalars[FABRIC_SUMMARY] = scenario->profile == BLACKWELL;
        scalars[FABRIC_VERSION] = FAKE_NVML_DRIVER >= 580 ? 3 : 2;
    }
    scalars[EVENT_TYPES] = 0xf1f;
    if (FAKE_NVML_DRIVER >= 560) scalars[EVENT_TYPES] |= 0x3000;
    if (FAKE_NVML_DRIVER >= 570) scalars[EVENT_TYPES] |= 0xc000;
    set_link_defaults(scenario, gpu);
}

void set_link_defaults(const struct scenario *scenario, struct gpu *gpu) {
    bool is_blackwell = scenario->profile == BLACKWELL;
    for (uint32_t i = 0; i < LINKS_MAX; i++) {
        gpu->links[i] = (struct link){
            .state = 1,
            .version = is_blackwell ? 7 : 6,
            .speed = is_blackwell ? 53125 : 26562,
            .remote_link = (uint32_t)gpu->index * 4 + i / 4,
            .remote = is_blackwell ? REMOTE_SENTINEL : REMOTE_SWITCH,
        };
    }
}
