#include "rows.h"

#define GPU(first, last, type, source) {first, last, EVERY, false, false, type, source, 0, false}
#define LINK(first, last, profiles, type, source, rate) \
    {first, last, profiles, true, false, type, source, rate, false}
#define SUM(first, last, profiles, source, rate) \
    {first, last, profiles, true, true, FW_NVML_VALUE_U64, source, rate, false}

static const struct row rows[] = {
    GPU(1, 1, FW_NVML_VALUE_U32, ECC),
    GPU(2, 2, FW_NVML_VALUE_U32, ECC_PENDING),
    GPU(3, 4, FW_NVML_VALUE_U64, COUNTED),
    {5, 6, EVERY, false, false, FW_NVML_VALUE_U64, COUNTED, 0, true},
    GPU(7, 17, FW_NVML_VALUE_U64, COUNTED),
    {18, 28, EVERY, false, false, FW_NVML_VALUE_U64, COUNTED, 0, true},
    GPU(29, 29, FW_NVML_VALUE_U32, RETIRED_SINGLE),
    GPU(30, 30, FW_NVML_VALUE_U32, RETIRED_DOUBLE),
    GPU(31, 31, FW_NVML_VALUE_U32, RETIRED_PENDING),
    GPU(74, 81, FW_NVML_VALUE_U64, COUNTED),
    GPU(82, 82, FW_NVML_VALUE_U32, MEMORY_TEMPERATURE),
    {83, 83, EVERY, false, false, FW_NVML_VALUE_U64, COUNTED, 300000, false},
    {91, 91, NVLINK, false, false, FW_NVML_VALUE_U32, LINK_COUNT, 0, false},
    GPU(94, 95, FW_NVML_VALUE_U32, COUNTED),
    SUM(138, 141, NVLINK, COUNTED, 2000000),
    GPU(142, 142, FW_NVML_VALUE_U32, REMAP_CORRECTABLE),
    GPU(143, 143, FW_NVML_VALUE_U32, REMAP_UNCORRECTABLE),
    GPU(144, 144, FW_NVML_VALUE_U32, REMAP_PENDING),
    GPU(145, 145, FW_NVML_VALUE_U32, REMAP_FAILURE),
    LINK(146, 146, NVLINK, FW_NVML_VALUE_U32, REMOTE_LINK, 0),
    {147, 147, NVLINK, false, false, FW_NVML_VALUE_U32, LINK_COUNT, 0, false},
    LINK(161, 163, HOPPER, FW_NVML_VALUE_U64, COUNTED, 0),
    LINK(164, 164, NVLINK, FW_NVML_VALUE_U32, LINK_SPEED, 0),
    LINK(165, 165, NVLINK, FW_NVML_VALUE_U32, LINK_STATE, 0),
    LINK(166, 166, NVLINK, FW_NVML_VALUE_U32, LINK_VERSION, 0),
    LINK(167, 167, NVLINK, FW_NVML_VALUE_U32, COUNTED, 0),
    GPU(169, 169, FW_NVML_VALUE_U32, COUNTED),
    GPU(173, 183, FW_NVML_VALUE_U32, COUNTED),
    GPU(185, 186, FW_NVML_VALUE_U32, POWER),
    GPU(190, 190, FW_NVML_VALUE_U32, POWER_LIMIT),
    {197, 198, EVERY, false, false, FW_NVML_VALUE_U64, COUNTED, 1000000, false},
    SUM(201, 201, BLACKWELL, COUNTED, 500000),
    SUM(202, 202, BLACKWELL, COUNTED, 2048000000),
    SUM(203, 203, BLACKWELL, COUNTED, 500000),
    SUM(204, 204, BLACKWELL, COUNTED, 2048000000),
    SUM(206, 215, BLACKWELL, COUNTED, 0),
    SUM(219, 219, BLACKWELL, COUNTED, 0),
    SUM(220, 220, BLACKWELL, BIT_ERROR_RATIO, 0),
    SUM(221, 221, BLACKWELL, COUNTED, 0),
    SUM(222, 222, BLACKWELL, BIT_ERROR_RATIO, 0),
    GPU(230, 230, FW_NVML_VALUE_U32, RECOVERY),
    SUM(235, 235, BLACKWELL, COUNTED, 1000),
    SUM(236, 250, BLACKWELL, COUNTED, 0),
    LINK(289, 290, BLACKWELL, FW_NVML_VALUE_U64, COUNTED, 0),
    LINK(291, 293, BLACKWELL, FW_NVML_VALUE_U64, BIT_ERROR_RATIO, 0),
    LINK(294, 295, BLACKWELL, FW_NVML_VALUE_U64, COUNTED, 0),
    LINK(296, 296, BLACKWELL, FW_NVML_VALUE_U32, LINK_SPEED, 0),
    GPU(301, 301, FW_NVML_VALUE_U32, REMAP_CORRECTABLE_INACTIVE),
    GPU(302, 302, FW_NVML_VALUE_U32, REMAP_UNCORRECTABLE_INACTIVE),
};

const struct row *row_of(int field) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (field >= rows[i].first && field <= rows[i].last) return &rows[i];
    }
    return NULL;
}

uint64_t sourced_value(const struct row *row, const struct gpu *gpu, int link) {
    const struct link *of = &gpu->links[link < 0 ? 0 : link];
    switch (row->source) {
    case LINK_COUNT: return (uint64_t)current.link_count;
    case LINK_STATE: return of->state;
    case LINK_SPEED: return of->state ? of->speed : 0;
    case LINK_VERSION: return of->version;
    case REMOTE_LINK: return of->remote_link;
    // Mantissa 15 with an exponent out of reach: no error yet.
    case BIT_ERROR_RATIO: return 15 << 8 | (link == ALL_LINKS ? 238 : 255);
    default: return gpu->scalars[row->source];
    }
}
