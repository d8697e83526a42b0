// What a field of nvmlDeviceGetFieldValues tells when the scenario has no counter line for it.
#pragma once
#include "fake.h"

// Where a value comes from: one of a GPU's scalars, or one of these.
enum source {
    COUNTED = SCALAR_COUNT,
    LINK_COUNT,
    LINK_STATE,
    LINK_SPEED,
    LINK_VERSION,
    REMOTE_LINK,
    BIT_ERROR_RATIO,
};

struct row {
    uint16_t first, last;
    uint8_t profiles;
    bool is_per_link, is_summed;
    uint32_t type;
    int source;
    // Of a counter: what it gains in a second, and whether it outlives a reset of the GPU.
    double rate;
    bool lasts;
};

#pragma GCC visibility push(hidden)
const struct row *row_of(int field);
uint64_t sourced_value(const struct row *row, const struct gpu *gpu, int link);
#pragma GCC visibility pop
