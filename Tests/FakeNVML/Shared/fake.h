// What the parts of the fake libnvidia-ml share; README.md beside this folder has the grammar.
#pragma once
#include "nvml.h"
#include <pthread.h>

#ifndef FAKE_NVML_DRIVER
#error "a target defines the driver branch that it plays"
#endif

enum { GPUS_MAX = 16, LINKS_MAX = 36, TEXT_SIZE = 96 };

// In a rule: any GPU, link or field; all links taken together; a call that concerns no GPU.
enum { ANY = -1, ALL_LINKS = -2, NONE = -3 };

enum profile { AMPERE_PCIE = 1, HOPPER = 2, BLACKWELL = 4, NVLINK = 6, EVERY = 7 };

// Numbers of a GPU that `set` changes, with the key of each.
#define SCALARS(X) \
    X(MINOR, "minor") X(MODULE, "module") X(ARCHITECTURE, "architecture") \
    X(ECC, "ecc") X(ECC_PENDING, "ecc_pending") X(MIG, "mig") X(PERSISTENCE, "persistence") \
    X(TEMPERATURE, "temperature") X(MEMORY_TEMPERATURE, "memory_temperature") \
    X(POWER, "power_mw") X(POWER_LIMIT, "power_limit_mw") X(UTILIZATION, "utilization") \
    X(MEMORY_UTILIZATION, "memory_utilization") X(MEMORY_TOTAL, "memory_total") \
    X(MEMORY_USED, "memory_used") X(MEMORY_RESERVED, "memory_reserved") \
    X(CLOCK_GRAPHICS, "clock_graphics") X(CLOCK_SM, "clock_sm") X(CLOCK_MEMORY, "clock_memory") \
    X(CLOCK_VIDEO, "clock_video") X(THROTTLE, "throttle") X(RECOVERY, "recovery") \
    X(REMAP_CORRECTABLE, "remap_cor") X(REMAP_UNCORRECTABLE, "remap_unc") \
    X(REMAP_PENDING, "remap_pending") X(REMAP_FAILURE, "remap_failure") \
    X(REMAP_CORRECTABLE_INACTIVE, "remap_cor_inactive") \
    X(REMAP_UNCORRECTABLE_INACTIVE, "remap_unc_inactive") \
    X(BANKS_MAX, "banks_max") X(BANKS_HIGH, "banks_high") X(BANKS_PARTIAL, "banks_partial") \
    X(BANKS_LOW, "banks_low") X(BANKS_NONE, "banks_none") \
    X(RETIRED, "retired") X(RETIRED_SINGLE, "retired_sbe") X(RETIRED_DOUBLE, "retired_dbe") \
    X(RETIRED_PENDING, "retired_pending") \
    X(SRAM_AGGREGATE_PARITY, "sram_agg_parity") X(SRAM_AGGREGATE_SECDED, "sram_agg_secded") \
    X(SRAM_AGGREGATE_CORRECTABLE, "sram_agg_cor") X(SRAM_VOLATILE_PARITY, "sram_vol_parity") \
    X(SRAM_VOLATILE_SECDED, "sram_vol_secded") X(SRAM_VOLATILE_CORRECTABLE, "sram_vol_cor") \
    X(SRAM_L2, "sram_l2") X(SRAM_SM, "sram_sm") X(SRAM_PCIE, "sram_pcie") \
    X(SRAM_MCU, "sram_mcu") X(SRAM_OTHER, "sram_other") X(SRAM_THRESHOLD, "sram_threshold") \
    X(FABRIC_STATE, "fabric_state") X(FABRIC_STATUS, "fabric_status") \
    X(FABRIC_CLIQUE, "fabric_clique") X(FABRIC_HEALTH, "fabric_health") \
    X(FABRIC_SUMMARY, "fabric_summary") X(FABRIC_CLUSTER, "fabric_cluster") \
    X(FABRIC_VERSION, "fabric_version") X(EVENT_TYPES, "event_types") \
    X(SLOT, "slot") X(TRAY, "tray") X(LATENCY_US, "latency_us") \
    X(GENERATION, "generation") X(STALE_CODE, "stale") X(LOST, "lost") X(GONE, "gone")

enum scalar {
#define SCALAR_NAME(name, key) name,
    SCALARS(SCALAR_NAME)
#undef SCALAR_NAME
    SCALAR_COUNT
};

// Texts of a GPU that `set` changes.
#define TEXTS(X) \
    X(UUID, "uuid") X(SERIAL, "serial") X(BUS, "bus") X(NAME, "name") X(PART, "part") \
    X(VBIOS, "vbios") X(INFOROM, "inforom") X(GSP, "gsp")

enum text {
#define TEXT_NAME(name, key) TEXT_##name,
    TEXTS(TEXT_NAME)
#undef TEXT_NAME
    TEXT_COUNT
};

enum remote { REMOTE_SWITCH, REMOTE_SENTINEL, REMOTE_GPU, REMOTE_ADDRESS };

struct link {
    uint32_t state, version, speed, remote_link;
    enum remote remote;
    int remote_gpu;
    char remote_address[TEXT_SIZE];
};

struct gpu {
    int index;
    uint64_t scalars[SCALAR_COUNT];
    char texts[TEXT_COUNT][TEXT_SIZE];
    struct link links[LINKS_MAX];
};

enum verb { COUNTER, RESTART, RETURN, LATENCY, HANG, HANG_LOCKED, CRASH, EVENT };

// A line of the scenario that counters, calls or events are measured against.
struct rule {
    enum verb verb;
    int gpu, link, field;
    char symbol[TEXT_SIZE];
    int code;
    bool has_code, has_value, has_real, has_type, has_at;
    bool resets, freezes, saturates, is_uninitialised, faults, is_until_gone;
    uint64_t value, add, subtract, seed, types, data, sequence, times;
    uint32_t gpu_instance, compute_instance, type;
    double rate, real, at, seconds_min, seconds_max;
    size_t seen;
};

// What the process remembers of a line while the file keeps it, by its text.
struct seen {
    uint64_t hash, hits;
    double since, since_virtual;
};

struct scenario {
    enum profile profile;
    int gpu_count, link_count, shown_count, beyond_code;
    bool has_clock, is_root, poisons;
    double clock;
    unsigned reload;
    char driver[TEXT_SIZE], version[TEXT_SIZE];
    struct gpu gpus[GPUS_MAX];
    struct rule *rules;
    size_t rule_count;
    struct seen *seen;
    size_t seen_count;
};

// A call on its way; `lock` is held from a begin_... to its end_call.
struct call {
    const char *symbol;
    int gpu_index;
    int code;
    struct gpu *gpu;
    struct link *link;
    int64_t start_ns, slept_us;
    // What nvmlDeviceGetFieldValues is asked for.
    const struct fw_nvml_field_value *values;
    int value_count;
    char arguments[12000];
};

// What a counter's text, default or field resolves to.
struct field_answer {
    int code;
    uint32_t type;
    uint64_t bits;
    bool is_untouched;
};

// Only what the real library has, and the two functions for tests, can be seen from outside.
#pragma GCC visibility push(hidden)

extern struct scenario current;
extern pthread_mutex_t lock;

// scenario.c: reads a file over the defaults; aborts with a message where it is not understood.
void read_scenario(struct scenario *scenario, char *text, double since, const struct seen *before,
                   size_t before_count);
void free_scenario(struct scenario *scenario);
// parse.c
void apply_line(struct scenario *scenario, struct rule *rule, char *line, int number);
_Noreturn void refuse(int line, const char *what, const char *word);
// defaults.c
void set_defaults(struct scenario *scenario);
void set_gpu_defaults(struct scenario *scenario, struct gpu *gpu);
void set_link_defaults(const struct scenario *scenario, struct gpu *gpu);

// state.c
int64_t monotonic_ns(void);
int64_t wall_us(void);
double scenario_seconds(void);
void pause_ns(int64_t nanoseconds);
void refresh(bool always);
fw_nvml_device handle_of(int gpu);
int gpu_of(fw_nvml_device device);
int handle_code(fw_nvml_device device);
int gpu_code(int gpu);

// call.c: begin_... takes the lock and says whether the call may answer; end_call gives the code.
bool begin_call(struct call *call, const char *symbol);
bool begin_gpu(struct call *call, const char *symbol, int gpu, const char *arguments);
bool begin_device(struct call *call, const char *symbol, fw_nvml_device device);
bool begin_values(struct call *call, fw_nvml_device device, int count,
                  const struct fw_nvml_field_value *values);
bool begin_link(struct call *call, const char *symbol, fw_nvml_device device, uint32_t link);
int end_call(struct call *call);
extern int initialisations;

// counter.c, fields.c
bool has_begun(const struct rule *rule, double now);
uint64_t counter_value(int gpu, int link, int field);
struct field_answer field_answer(struct gpu *gpu, uint32_t scope, uint32_t field);

// events.c: hands out the events of a scenario that has just been read.
void take_events(void);

#pragma GCC visibility pop

// The compiler compares every definition with the declaration that the daemon calls.
#define PROTOTYPE(driver, name, result, parameters) result name parameters;
FW_NVML_SYMBOLS(PROTOTYPE)
#undef PROTOTYPE
