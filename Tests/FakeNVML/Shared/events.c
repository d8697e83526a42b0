#include "fake.h"
#include <stdio.h>
#include <string.h>

enum { SETS_MAX = 64, QUEUE_MAX = 64 };

struct fw_nvml_event_set {
    bool is_used;
    uint64_t types[GPUS_MAX];
    struct fw_nvml_event_data queue[QUEUE_MAX];
    int length;
};

static struct fw_nvml_event_set sets[SETS_MAX];
static uint64_t last_sequence;

static void queue_event(const struct rule *rule, int gpu) {
    for (int i = 0; i < SETS_MAX; i++) {
        struct fw_nvml_event_set *set = &sets[i];
        bool is_wanted = set->is_used && (set->types[gpu] & rule->types) != 0;
        if (!is_wanted || set->length == QUEUE_MAX) continue;
        set->queue[set->length++] = (struct fw_nvml_event_data){
            .device = handle_of(gpu), .event_type = rule->types, .event_data = rule->data,
            .gpu_instance_id = rule->gpu_instance,
            .compute_instance_id = rule->compute_instance,
        };
    }
}

// Each number is told once, to the sets that wait for it by then.
void take_events(void) {
    for (size_t i = 0; i < current.rule_count; i++) {
        const struct rule *rule = &current.rules[i];
        if (rule->verb != EVENT || rule->sequence <= last_sequence) continue;
        last_sequence = rule->sequence;
        for (int gpu = 0; gpu < current.gpu_count; gpu++) {
            if (rule->gpu == ANY || rule->gpu == gpu) queue_event(rule, gpu);
        }
    }
}

static bool is_set(const struct fw_nvml_event_set *set) {
    return set >= sets && set < sets + SETS_MAX && set->is_used;
}

int nvmlEventSetCreate(fw_nvml_event_set *set) {
    struct call call;
    if (begin_call(&call, __func__)) {
        call.code = FW_NVML_INSUFFICIENT_RESOURCES;
        for (int i = 0; i < SETS_MAX && call.code != FW_NVML_SUCCESS; i++) {
            if (sets[i].is_used) continue;
            memset(&sets[i], 0, sizeof sets[i]);
            sets[i].is_used = true;
            *set = &sets[i];
            call.code = FW_NVML_SUCCESS;
        }
    }
    return end_call(&call);
}

int nvmlEventSetFree(fw_nvml_event_set set) {
    struct call call;
    if (begin_call(&call, __func__)) {
        if (is_set(set)) set->is_used = false;
        else call.code = FW_NVML_INVALID_ARGUMENT;
    }
    return end_call(&call);
}

int nvmlDeviceRegisterEvents(fw_nvml_device device, uint64_t types, fw_nvml_event_set set) {
    struct call call;
    bool begins = begin_device(&call, __func__, device);
    snprintf(call.arguments, sizeof call.arguments, "types=%#llx", (unsigned long long)types);
    if (begins) {
        // One type that the GPU does not have keeps all from being registered.
        if (types & ~call.gpu->scalars[EVENT_TYPES]) call.code = FW_NVML_NOT_SUPPORTED;
        else if (!is_set(set) || !types) call.code = FW_NVML_INVALID_ARGUMENT;
        else set->types[call.gpu_index] |= types;
    }
    return end_call(&call);
}

int nvmlEventSetWait_v2(fw_nvml_event_set set, struct fw_nvml_event_data *event,
                        uint32_t milliseconds) {
    struct call call;
    bool begins = begin_call(&call, __func__);
    snprintf(call.arguments, sizeof call.arguments, "ms=%u", milliseconds);
    if (begins && !is_set(set)) {
        begins = false;
        call.code = FW_NVML_INVALID_ARGUMENT;
    }
    int64_t deadline = monotonic_ns() + (int64_t)milliseconds * 1000000;
    while (begins && set->length == 0 && monotonic_ns() < deadline) {
        pthread_mutex_unlock(&lock);
        pause_ns(1000000);
        pthread_mutex_lock(&lock);
        refresh(false);
    }
    if (begins && set->length > 0) {
        *event = set->queue[0];
        set->length--;
        memmove(set->queue, set->queue + 1, (size_t)set->length * sizeof set->queue[0]);
    } else if (begins) {
        call.code = FW_NVML_TIMEOUT;
    }
    return end_call(&call);
}
