#define _GNU_SOURCE
#include "rows.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What a call has to go through before it may answer.
struct trouble {
    bool crashes, faults, hangs, is_locked, is_until_gone;
    double seconds;
    uint64_t line;
    int code;
};

int initialisations;

// Stands for the driver's own lock, which a locked hang holds: every other call waits for it.
static bool driver_is_locked;
static pthread_cond_t driver_is_free = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static bool log_is_known;
static int log_file = -1;

static void open_log(const char *path) {
    if (log_file >= 0) close(log_file);
    log_is_known = true;
    log_file = *path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
}

// Writes the calls of this copy of the library to that file.
void fake_nvml_call_log(const char *path);
void fake_nvml_call_log(const char *path) {
    pthread_mutex_lock(&log_lock);
    open_log(path);
    pthread_mutex_unlock(&log_lock);
}

// Without a log nothing is written down for it, so that a pass costs what its calls do.
static bool is_logged(void) {
    pthread_mutex_lock(&log_lock);
    if (!log_is_known) {
        const char *path = getenv("FAKE_NVML_CALLS");
        open_log(path ? path : "");
    }
    bool is_open = log_file >= 0;
    pthread_mutex_unlock(&log_lock);
    return is_open;
}

static void log_call(const struct call *call, const char *outcome) {
    if (!is_logged()) return;
    char line[sizeof call->arguments + 256], gpu[8] = "-";
    if (call->gpu_index >= 0) snprintf(gpu, sizeof gpu, "%d", call->gpu_index);
    pthread_mutex_lock(&log_lock);
    int length = log_file < 0 ? 0
        : snprintf(line, sizeof line, "%lld %d %s %s %s %s %lld\n", (long long)call->start_ns,
                   (int)gettid(), call->symbol, gpu, call->arguments, outcome,
                   (long long)(monotonic_ns() - call->start_ns));
    if (length > 0 && write(log_file, line, (size_t)length) != length) {
        fprintf(stderr, "fake NVML: the call log cannot be written\n");
    }
    pthread_mutex_unlock(&log_lock);
}

static bool is_named(const char *pattern, const char *symbol) {
    size_t length = strlen(pattern);
    if (length == 0) return true;
    bool is_prefix = pattern[length - 1] == '*';
    return is_prefix ? !strncmp(pattern, symbol, length - 1) : !strcmp(pattern, symbol);
}

// Whether a field that is asked for is the rule's, and of the rule's link.
static bool is_wanted(const struct rule *rule, const struct fw_nvml_field_value *value) {
    if (rule->field != ANY && rule->field != (int)value->field_id) return false;
    if (rule->link == ANY) return true;
    const struct row *row = row_of((int)value->field_id);
    bool is_sum = value->scope_id == FW_NVML_SCOPE_ALL_LINKS;
    return row && row->is_per_link && rule->link == (is_sum ? ALL_LINKS : (int)value->scope_id);
}

static bool asks_for(const struct call *call, const struct rule *rule, int link) {
    if (rule->field == ANY && (rule->link == ANY || rule->link == link)) return true;
    for (int i = 0; i < call->value_count; i++) {
        if (is_wanted(rule, &call->values[i])) return true;
    }
    return false;
}

static double chosen_seconds(const struct rule *rule, uint64_t hit) {
    // SplitMix64: the seed and the number of the call give the same delay in every run.
    uint64_t mixed = rule->seed + (hit + 1) * 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    double part = (double)((mixed ^ (mixed >> 31)) >> 11) / (double)(1ull << 53);
    return rule->seconds_min + part * (rule->seconds_max - rule->seconds_min);
}

static struct trouble find_trouble(const struct call *call, int link) {
    struct trouble trouble = {0};
    for (size_t i = 0; i < current.rule_count; i++) {
        const struct rule *rule = &current.rules[i];
        struct seen *seen = &current.seen[rule->seen];
        bool applies = rule->verb >= RETURN && rule->verb <= CRASH
            && (rule->gpu == ANY || rule->gpu == call->gpu_index)
            && is_named(rule->symbol, call->symbol) && asks_for(call, rule, link);
        if (!applies || (rule->times && seen->hits >= rule->times)) continue;
        uint64_t hit = seen->hits++;
        if (rule->verb == RETURN) trouble.code = rule->code;
        if (rule->verb == LATENCY) trouble.seconds += chosen_seconds(rule, hit);
        if (rule->verb == HANG || rule->verb == HANG_LOCKED) {
            trouble.hangs = true;
            trouble.is_locked |= rule->verb == HANG_LOCKED;
            trouble.seconds += rule->seconds_max;
            if (rule->is_until_gone) trouble.is_until_gone = true, trouble.line = seen->hash;
        }
        if (rule->verb == CRASH) trouble.crashes = true, trouble.faults = rule->faults;
    }
    return trouble;
}

static bool is_in_scenario(uint64_t line) {
    for (size_t i = 0; i < current.seen_count; i++) {
        if (current.seen[i].hash == line) return true;
    }
    return false;
}

// Returns without the lock being held in between.
static void pause_unlocked(int64_t nanoseconds) {
    pthread_mutex_unlock(&lock);
    pause_ns(nanoseconds);
    pthread_mutex_lock(&lock);
    refresh(false);
}

// A call that may not come back is logged before, too.
static void suffer(struct call *call, const struct trouble *trouble) {
    if (trouble->crashes) {
        log_call(call, "crash");
        if (trouble->faults) raise(SIGSEGV);
        abort();
    }
    // Once the hang stands in the log, the others do wait.
    if (trouble->is_locked) driver_is_locked = true;
    if (trouble->hangs) log_call(call, "hang");
    int64_t start = monotonic_ns();
    if (trouble->seconds > 0) pause_unlocked((int64_t)(trouble->seconds * 1e9));
    call->slept_us = (int64_t)(trouble->seconds * 1e6);
    while (trouble->is_until_gone && is_in_scenario(trouble->line)) {
        pause_unlocked(1000000);
        call->slept_us = (monotonic_ns() - start) / 1000;
    }
    if (!trouble->is_locked) return;
    driver_is_locked = false;
    pthread_cond_broadcast(&driver_is_free);
}

static void set_arguments(struct call *call, const char *text) {
    snprintf(call->arguments, sizeof call->arguments, "%s", text);
    call->values = NULL;
    call->value_count = 0;
}

static void begin(struct call *call, const char *symbol, int gpu, int link) {
    call->symbol = symbol;
    call->gpu_index = gpu;
    call->gpu = NULL;
    call->link = NULL;
    call->slept_us = 0;
    call->start_ns = monotonic_ns();
    pthread_mutex_lock(&lock);
    while (driver_is_locked) pthread_cond_wait(&driver_is_free, &lock);
    refresh(false);
    struct trouble trouble = find_trouble(call, link);
    suffer(call, &trouble);
    call->code = trouble.code;
}

static void check_initialised(struct call *call) {
    if (call->code == FW_NVML_SUCCESS && initialisations == 0) call->code = FW_NVML_UNINITIALIZED;
}

bool begin_call(struct call *call, const char *symbol) {
    set_arguments(call, "-");
    begin(call, symbol, NONE, NONE);
    // These answer before anything else does.
    bool is_first = !strncmp(symbol, "nvmlInit", 8) || !strcmp(symbol, "nvmlSystemGetNVMLVersion");
    if (!is_first) check_initialised(call);
    return call->code == FW_NVML_SUCCESS;
}

bool begin_gpu(struct call *call, const char *symbol, int gpu, const char *arguments) {
    set_arguments(call, arguments);
    begin(call, symbol, gpu, NONE);
    check_initialised(call);
    return call->code == FW_NVML_SUCCESS;
}

static bool begin_handle(struct call *call, const char *symbol, fw_nvml_device device, int link) {
    pthread_mutex_lock(&lock);
    int gpu = gpu_of(device);
    pthread_mutex_unlock(&lock);
    begin(call, symbol, gpu, link);
    check_initialised(call);
    if (call->code == FW_NVML_SUCCESS) call->code = handle_code(device);
    if (call->code != FW_NVML_SUCCESS) return false;
    call->gpu = &current.gpus[gpu];
    return true;
}

bool begin_device(struct call *call, const char *symbol, fw_nvml_device device) {
    set_arguments(call, "-");
    return begin_handle(call, symbol, device, NONE);
}

bool begin_link(struct call *call, const char *symbol, fw_nvml_device device, uint32_t link) {
    char arguments[32];
    snprintf(arguments, sizeof arguments, "link=%u", link);
    set_arguments(call, arguments);
    if (!begin_handle(call, symbol, device, (int)link)) return false;
    if (current.profile == AMPERE_PCIE) call->code = FW_NVML_NOT_SUPPORTED;
    else if (link >= (uint32_t)current.link_count) call->code = current.beyond_code;
    if (call->code != FW_NVML_SUCCESS) return false;
    call->link = &call->gpu->links[link];
    return true;
}

bool begin_values(struct call *call, fw_nvml_device device, int count,
                  const struct fw_nvml_field_value *values) {
    size_t length = 0, room = sizeof call->arguments;
    set_arguments(call, "-");
    call->values = values;
    call->value_count = count;
    bool is_told = is_logged();
    for (int i = 0; is_told && i < count && length + 32 < room; i++) {
        const char *separator = i ? "," : "";
        char *end = call->arguments + length;
        bool is_sum = values[i].scope_id == FW_NVML_SCOPE_ALL_LINKS;
        length += (size_t)(is_sum
            ? snprintf(end, room - length, "%s%u@*", separator, values[i].field_id)
            : snprintf(end, room - length, "%s%u@%u", separator, values[i].field_id,
                       values[i].scope_id));
    }
    return begin_handle(call, "nvmlDeviceGetFieldValues", device, NONE);
}

int end_call(struct call *call) {
    char outcome[16];
    snprintf(outcome, sizeof outcome, "%d", call->code);
    pthread_mutex_unlock(&lock);
    log_call(call, outcome);
    return call->code;
}
