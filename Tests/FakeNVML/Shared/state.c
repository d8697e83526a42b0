#include "fake.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { HANDLES_MAX = 4096, CHECK_INTERVAL_NS = 2000000 };

// What a device handle points at: the GPU as it was when the handle was given.
struct fw_nvml_device {
    int gpu;
    unsigned reload;
    uint64_t generation;
};

struct scenario current;
pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct fw_nvml_device handles[HANDLES_MAX];
static int handle_count;
static char path[4096];
static bool is_configured;
static struct stat last_seen;
static int64_t last_check_ns;

static int64_t nanoseconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t monotonic_ns(void) { return nanoseconds(CLOCK_MONOTONIC); }

int64_t wall_us(void) {
    if (current.has_clock) return 1700000000000000 + (int64_t)(current.clock * 1e6);
    return nanoseconds(CLOCK_REALTIME) / 1000;
}

double scenario_seconds(void) {
    return current.has_clock ? current.clock : (double)monotonic_ns() / 1e9;
}

void pause_ns(int64_t duration) {
    struct timespec left = {duration / 1000000000, duration % 1000000000};
    // Signals do not move the deadline, which the scenario gives.
    while (nanosleep(&left, &left) != 0 && errno == EINTR) continue;
}

static char *read_text(void) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &last_seen) != 0) refuse(0, "cannot be read", path);
    size_t size = (size_t)last_seen.st_size, length = 0;
    char *text = calloc(1, size + 1);
    for (ssize_t got; length < size && (got = read(file, text + length, size - length)) > 0;) {
        length += (size_t)got;
    }
    close(file);
    return text;
}

static bool is_changed(void) {
    struct stat now;
    if (stat(path, &now) != 0) return false;
    return now.st_ino != last_seen.st_ino || now.st_size != last_seen.st_size
        || now.st_mtim.tv_sec != last_seen.st_mtim.tv_sec
        || now.st_mtim.tv_nsec != last_seen.st_mtim.tv_nsec;
}

static void replace_scenario(char *text) {
    static struct scenario next;
    static int64_t boot_ns;
    if (boot_ns == 0) boot_ns = nanoseconds(CLOCK_REALTIME) - monotonic_ns();
    // Counters run from the change of the file, so that another process tells the same.
    int64_t change = (int64_t)last_seen.st_mtim.tv_sec * 1000000000 + last_seen.st_mtim.tv_nsec;
    double since = (double)(change - boot_ns) / 1e9;
    read_scenario(&next, text, since, current.seen, current.seen_count);
    free_scenario(&current);
    current = next;
    free(text);
    take_events();
}

void refresh(bool always) {
    int64_t now = monotonic_ns();
    bool is_first = !is_configured;
    if (is_first) {
        const char *named = getenv("FAKE_NVML_SCENARIO");
        snprintf(path, sizeof path, "%s", named ? named : "");
        is_configured = true;
    } else if (!always && (!*path || now - last_check_ns < CHECK_INTERVAL_NS)) {
        return;
    }
    last_check_ns = now;
    if (!*path) replace_scenario(calloc(1, 1));
    else if (is_first || always || is_changed()) replace_scenario(read_text());
}

// Plays another scenario in this copy of the library alone, or reads the same again at once.
void fake_nvml_scenario(const char *name);
void fake_nvml_scenario(const char *name) {
    pthread_mutex_lock(&lock);
    snprintf(path, sizeof path, "%s", name);
    is_configured = true;
    refresh(true);
    pthread_mutex_unlock(&lock);
}

fw_nvml_device handle_of(int gpu) {
    struct fw_nvml_device wanted = {gpu, current.reload, current.gpus[gpu].scalars[GENERATION]};
    for (int i = 0; i < handle_count; i++) {
        struct fw_nvml_device *handle = &handles[i];
        if (handle->gpu == gpu && handle->reload == wanted.reload
            && handle->generation == wanted.generation) {
            return handle;
        }
    }
    if (handle_count == HANDLES_MAX) refuse(0, "too many generations", path);
    handles[handle_count] = wanted;
    return &handles[handle_count++];
}

int gpu_of(fw_nvml_device device) {
    return device >= handles && device < handles + handle_count ? device->gpu : NONE;
}

int gpu_code(int gpu) {
    if (gpu < 0 || gpu >= current.gpu_count) return FW_NVML_GPU_IS_LOST;
    const uint64_t *scalars = current.gpus[gpu].scalars;
    return scalars[GONE] ? FW_NVML_GPU_IS_LOST : (int)scalars[LOST];
}

int handle_code(fw_nvml_device device) {
    int gpu = gpu_of(device);
    if (gpu == NONE) return FW_NVML_INVALID_ARGUMENT;
    if (device->reload != current.reload) return FW_NVML_UNINITIALIZED;
    if (gpu_code(gpu) != FW_NVML_SUCCESS) return gpu_code(gpu);
    const uint64_t *scalars = current.gpus[gpu].scalars;
    return device->generation == scalars[GENERATION] ? FW_NVML_SUCCESS : (int)scalars[STALE_CODE];
}
