// Makes the calls of a pass of the GPU probe, and nothing else.
//
//   nvml LIBRARY CALLS INTERVAL_MS PHASE_MS
//
// CALLS names a file with one call a line: symbol, GPU or -, arguments or -, as the fake library
// logs them. One thread makes them all, every INTERVAL_MS, at PHASE_MS past multiples of it. At
// SIGTERM it says what it did.

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "nvml.h"

enum { GPUS = 16, CALLS = 1024, FIELDS = 1024 };

// What a function takes after the GPU.
enum shape { FIELD_VALUES, OUT, OUT_OUT, NUMBER_OUT, VERSIONED, COUNT, WAIT };

struct function {
    const char *name;
    enum shape shape;
    uint32_t number; // a version, or what is asked for
};

static const struct function functions[] = {
    {"nvmlDeviceGetFieldValues", FIELD_VALUES, 0},
    {"nvmlDeviceGetTemperatureV", VERSIONED, FW_NVML_TEMPERATURE_V1},
    {"nvmlDeviceGetMemoryInfo_v2", VERSIONED, FW_NVML_MEMORY_V2},
    {"nvmlDeviceGetGpuFabricInfoV", VERSIONED, FW_NVML_FABRIC_V3},
    {"nvmlDeviceGetPowerUsage", OUT, 0},
    {"nvmlDeviceGetEnforcedPowerLimit", OUT, 0},
    {"nvmlDeviceGetPersistenceMode", OUT, 0},
    {"nvmlDeviceGetUtilizationRates", OUT, 0},
    {"nvmlDeviceGetCurrentClocksEventReasons", OUT, 0},
    {"nvmlDeviceGetMigMode", OUT_OUT, 0},
    {"nvmlDeviceGetClockInfo", NUMBER_OUT, 1},
    {"nvmlDeviceGetCount_v2", COUNT, 0},
    {"nvmlEventSetWait_v2", WAIT, 0},
};

struct call {
    enum shape shape;
    uint32_t number;
    void *symbol;
    fw_nvml_device device;
    int count;
    struct fw_nvml_field_value *fields;
};

static volatile sig_atomic_t stopped;
static struct fw_nvml_table nvml;
static fw_nvml_device devices[GPUS];
static fw_nvml_event_set events;
static struct call calls[CALLS];
static int call_count;
static uint64_t made, failures, sum;

static void stop(int signal) {
    (void)signal;
    stopped = 1;
}

static void fail(const char *what, const char *which) {
    fprintf(stderr, "nvml: %s %s\n", what, which);
    exit(1);
}

static void read_fields(struct call *call, char *text) {
    call->fields = calloc(FIELDS, sizeof *call->fields);
    char *rest = text;
    for (char *word; call->count < FIELDS && (word = strsep(&rest, ",")); call->count++) {
        const char *scope = strchr(word, '@');
        if (!scope) fail("a field without a scope:", word);
        call->fields[call->count].field_id = (uint32_t)atol(word);
        call->fields[call->count].scope_id =
            scope[1] == '*' ? FW_NVML_SCOPE_ALL_LINKS : (uint32_t)atol(scope + 1);
    }
}

static void read_calls(void *library, const char *path) {
    static char line[16384];
    FILE *file = fopen(path, "r");
    if (!file) fail("cannot read", path);
    while (fgets(line, sizeof line, file) && call_count < CALLS) {
        char *rest = line;
        char *name = strsep(&rest, " \n"), *gpu = strsep(&rest, " \n");
        char *arguments = strsep(&rest, " \n");
        if (!arguments) fail("not a call:", line);
        struct call *call = &calls[call_count++];
        size_t i = 0, known = sizeof functions / sizeof *functions;
        while (i < known && strcmp(functions[i].name, name)) i++;
        call->symbol = dlsym(library, name);
        if (i == known || !call->symbol) fail("do not know", name);
        call->shape = functions[i].shape;
        call->number = functions[i].number;
        if (*gpu != '-') call->device = devices[atoi(gpu) % GPUS];
        if (call->shape == FIELD_VALUES) read_fields(call, arguments);
    }
    fclose(file);
}

static void attach(void *library) {
    uint32_t count = 0;
    int (*handle)(uint32_t, fw_nvml_device *) =
        (int (*)(uint32_t, fw_nvml_device *))dlsym(library, "nvmlDeviceGetHandleByIndex_v2");
    if (nvml.nvmlInit_v2() || nvml.nvmlDeviceGetCount_v2(&count)) fail("cannot begin", "");
    nvml.nvmlEventSetCreate(&events);
    for (uint32_t i = 0; i < count && i < GPUS; i++) {
        if (!handle || handle(i, &devices[i])) fail("no GPU of that", "index");
    }
}

static int ask_fields(const struct call *call) {
    static struct fw_nvml_field_value values[FIELDS];
    memcpy(values, call->fields, (size_t)call->count * sizeof *values);
    int code = nvml.nvmlDeviceGetFieldValues(call->device, call->count, values);
    for (int i = 0; i < call->count; i++)
        if (values[i].code == FW_NVML_SUCCESS) sum += values[i].value.u64;
    return code;
}

static int ask(const struct call *call) {
    // Wider than any answer that a call of these gives.
    static uint64_t answer[512], second;
    void *symbol = call->symbol;
    uint32_t version = call->number;
    switch (call->shape) {
    case FIELD_VALUES: return ask_fields(call);
    case OUT: return ((int (*)(fw_nvml_device, void *))symbol)(call->device, answer);
    case OUT_OUT:
        return ((int (*)(fw_nvml_device, void *, void *))symbol)(call->device, answer, &second);
    case NUMBER_OUT:
        return ((int (*)(fw_nvml_device, uint32_t, void *))symbol)(
            call->device, call->number, answer);
    case VERSIONED:
        memcpy(answer, &version, sizeof version);
        return ((int (*)(fw_nvml_device, void *))symbol)(call->device, answer);
    case COUNT: return ((int (*)(void *))symbol)(answer);
    case WAIT: {
        int code = nvml.nvmlEventSetWait_v2(events, (void *)answer, 0);
        return code == FW_NVML_TIMEOUT ? FW_NVML_SUCCESS : code;
    }
    }
    return FW_NVML_UNKNOWN;
}

static void wait_for_grid(long interval_ms, long phase_ms) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    long ms = now.tv_sec * 1000 + now.tv_nsec / 1000000 - phase_ms;
    long next = (ms / interval_ms + 1) * interval_ms + phase_ms;
    struct timespec due = {next / 1000, next % 1000 * 1000000};
    clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &due, NULL);
}

int main(int argc, char **argv) {
    if (argc != 5) return 64;
    long interval_ms = atol(argv[3]), phase_ms = atol(argv[4]), passes = 0;
    void *library = dlopen(argv[1], RTLD_NOW);
    if (!library) fail("cannot open", dlerror());
#define LOAD(driver, name, result, parameters) \
    nvml.name = (result (*) parameters)dlsym(library, #name);
    FW_NVML_SYMBOLS(LOAD)
    attach(library);
    read_calls(library, argv[2]);
    signal(SIGTERM, stop);
    for (; !stopped; passes++) {
        for (int i = 0; i < call_count; i++) {
            made++;
            if (ask(&calls[i]) != FW_NVML_SUCCESS) failures++;
        }
        wait_for_grid(interval_ms, phase_ms);
    }
    printf("done %ld %llu %llu %llx\n", passes, (unsigned long long)made,
           (unsigned long long)failures, (unsigned long long)sum);
    return 0;
}
