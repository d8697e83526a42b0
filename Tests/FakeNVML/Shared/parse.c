#include "fake.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void refuse(int line, const char *what, const char *word) {
    fprintf(stderr, "fake NVML: scenario, line %d: %s: %s\n", line, what, word);
    abort();
}

static uint64_t whole(const char *text, int line) {
    char *end;
    errno = 0;
    uint64_t value = strtoull(text, &end, 0);
    if (*end || end == text || errno || *text == '-') refuse(line, "not a whole number", text);
    return value;
}

static double number(const char *text, int line) {
    char *end;
    double value = strtod(text, &end);
    if (*end || end == text || !isfinite(value)) refuse(line, "not a number", text);
    return value;
}

// A time or a rate: neither goes backwards.
static double amount(const char *text, int line) {
    double value = number(text, line);
    if (value < 0) refuse(line, "below zero", text);
    return value;
}

static int place(const char *text, int line, int limit) {
    if (!strcmp(text, "all")) return limit == LINKS_MAX ? ALL_LINKS : ANY;
    uint64_t value = whole(text, line);
    if (value >= (uint64_t)limit) refuse(line, "too large", text);
    return (int)value;
}

static void copy_text(char *to, const char *text, int line) {
    if (strlen(text) >= TEXT_SIZE) refuse(line, "too long", text);
    strcpy(to, text);
    // A value has no blanks of its own.
    for (; *to; to++) {
        if (*to == '_') *to = ' ';
    }
}

static uint32_t value_type(const char *text, int line) {
    static const char *const names[] = {"double", "u32", "ulong", "u64", "i64", "i32", "u16"};
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!strcmp(text, names[i])) return i;
    }
    return (uint32_t)whole(text, line);
}

static bool set_measure(struct rule *rule, const char *key, const char *text, int line) {
    if (!strcmp(key, "link")) rule->link = place(text, line, LINKS_MAX);
    else if (!strcmp(key, "field")) rule->field = (int)whole(text, line);
    else if (!strcmp(key, "code")) rule->has_code = true, rule->code = (int)whole(text, line);
    else if (!strcmp(key, "value")) rule->has_value = true, rule->value = whole(text, line);
    else if (!strcmp(key, "rate")) rule->rate = amount(text, line);
    else if (!strcmp(key, "add")) rule->add = whole(text, line);
    else if (!strcmp(key, "sub")) rule->subtract = whole(text, line);
    else if (!strcmp(key, "real")) rule->has_real = true, rule->real = number(text, line);
    else if (!strcmp(key, "type")) rule->has_type = true, rule->type = value_type(text, line);
    else if (!strcmp(key, "at")) rule->has_at = true, rule->at = amount(text, line);
    else if (!strcmp(key, "reset")) rule->resets = true;
    else if (!strcmp(key, "freeze")) rule->freezes = true;
    else if (!strcmp(key, "saturate")) rule->saturates = true;
    else if (!strcmp(key, "uninitialised")) rule->is_uninitialised = true;
    else return false;
    return true;
}

static bool set_event(struct rule *rule, const char *key, const char *text, int line) {
    if (!strcmp(key, "seq")) rule->sequence = whole(text, line);
    else if (!strcmp(key, "type")) rule->types = whole(text, line);
    else if (!strcmp(key, "data")) rule->data = whole(text, line);
    else if (!strcmp(key, "gi")) rule->gpu_instance = (uint32_t)whole(text, line);
    else if (!strcmp(key, "ci")) rule->compute_instance = (uint32_t)whole(text, line);
    else return false;
    return true;
}

static bool set_latency(struct rule *rule, const char *key, const char *text, int line) {
    if (!strcmp(key, "ms")) rule->seconds_min = rule->seconds_max = amount(text, line) / 1e3;
    else if (!strcmp(key, "min")) rule->seconds_min = amount(text, line) / 1e3;
    else if (!strcmp(key, "max")) rule->seconds_max = amount(text, line) / 1e3;
    else if (!strcmp(key, "seed")) rule->seed = whole(text, line);
    else return false;
    return true;
}

static bool set_hang(struct rule *rule, const char *key, const char *text, int line) {
    if (!strcmp(key, "seconds")) rule->seconds_max = amount(text, line);
    else if (strcmp(key, "until")) return false;
    else if (strcmp(text, "gone")) refuse(line, "not `gone`", text);
    else rule->is_until_gone = true;
    return true;
}

static bool set_crash(struct rule *rule, const char *key, const char *text, int line) {
    if (strcmp(key, "how")) return false;
    rule->faults = !strcmp(text, "segv");
    if (!rule->faults && strcmp(text, "abort")) refuse(line, "neither abort nor segv", text);
    return true;
}

// What happens to calls: which of them, and what.
static bool set_trouble(struct rule *rule, const char *key, const char *text, int line) {
    if (!strcmp(key, "link")) rule->link = place(text, line, LINKS_MAX);
    else if (!strcmp(key, "field")) rule->field = (int)whole(text, line);
    else if (!strcmp(key, "symbol")) snprintf(rule->symbol, TEXT_SIZE, "%s", text);
    else if (!strcmp(key, "times")) rule->times = whole(text, line);
    else if (rule->verb == LATENCY) return set_latency(rule, key, text, line);
    else if (rule->verb == CRASH) return set_crash(rule, key, text, line);
    else if (rule->verb != RETURN) return set_hang(rule, key, text, line);
    else if (!strcmp(key, "code")) rule->has_code = true, rule->code = (int)whole(text, line);
    else return false;
    return true;
}

static void set_rule(struct rule *rule, const char *key, const char *text, int line) {
    bool is_known = !strcmp(key, "gpu");
    if (is_known) rule->gpu = place(text, line, GPUS_MAX);
    else if (rule->verb == COUNTER) is_known = set_measure(rule, key, text, line);
    else if (rule->verb == EVENT) is_known = set_event(rule, key, text, line);
    else if (rule->verb != RESTART) is_known = set_trouble(rule, key, text, line);
    if (!is_known) refuse(line, "unknown key", key);
}

static void set_gpu(struct gpu *gpu, const char *key, const char *text, int line) {
    static const char *const scalar_keys[] = {
#define KEY(name, key) key,
        SCALARS(KEY)
    };
    static const char *const text_keys[] = {TEXTS(KEY)};
#undef KEY
    for (int i = 0; i < SCALAR_COUNT; i++) {
        if (strcmp(key, scalar_keys[i])) continue;
        // `lost` alone is the code that a lost GPU gives.
        bool is_bare = *text == 0;
        gpu->scalars[i] = is_bare ? (i == LOST ? FW_NVML_GPU_IS_LOST : 1) : whole(text, line);
        return;
    }
    for (int i = 0; i < TEXT_COUNT; i++) {
        if (!strcmp(key, text_keys[i])) return copy_text(gpu->texts[i], text, line);
    }
    refuse(line, "unknown key", key);
}

static void set_link(struct link *link, const char *key, const char *text, int line) {
    if (!strcmp(key, "state")) link->state = (uint32_t)whole(text, line);
    else if (!strcmp(key, "version")) link->version = (uint32_t)whole(text, line);
    else if (!strcmp(key, "speed")) link->speed = (uint32_t)whole(text, line);
    else if (!strcmp(key, "remote_link")) link->remote_link = (uint32_t)whole(text, line);
    else if (strcmp(key, "remote")) refuse(line, "unknown key", key);
    else if (!strcmp(text, "switch")) link->remote = REMOTE_SWITCH;
    else if (!strcmp(text, "sentinel")) link->remote = REMOTE_SENTINEL;
    else if (!strncmp(text, "gpu:", 4)) {
        link->remote = REMOTE_GPU;
        link->remote_gpu = place(text + 4, line, GPUS_MAX);
    } else {
        link->remote = REMOTE_ADDRESS;
        copy_text(link->remote_address, text, line);
    }
}

// One key of a `set` or `link` line, to every GPU and link that the line names.
static void set_parts(struct scenario *scenario, struct rule *rule, bool is_link, const char *key,
                      const char *text, int line) {
    for (int gpu = 0; gpu < GPUS_MAX; gpu++) {
        if (rule->gpu != ANY && rule->gpu != gpu) continue;
        if (!is_link) set_gpu(&scenario->gpus[gpu], key, text, line);
        for (int link = 0; is_link && link < LINKS_MAX; link++) {
            if (rule->link < 0 || rule->link == link) {
                set_link(&scenario->gpus[gpu].links[link], key, text, line);
            }
        }
    }
    // Its counters begin anew, like those of the lines above.
    if (!is_link && !strcmp(key, "generation")) rule->verb = RESTART;
}

static bool apply_setting(struct scenario *scenario, struct rule *rule, const char *word,
                          const char *text, int line) {
    if (!strcmp(word, "gpus")) {
        scenario->gpu_count = (int)whole(text, line);
        if (scenario->gpu_count > GPUS_MAX) refuse(line, "at most 16", text);
    } else if (!strcmp(word, "links")) {
        scenario->link_count = (int)whole(text, line);
        if (scenario->link_count > LINKS_MAX) refuse(line, "at most 36", text);
    } else if (!strcmp(word, "profile")) {
        scenario->profile = !strcmp(text, "hopper")        ? HOPPER
                            : !strcmp(text, "blackwell")   ? BLACKWELL
                            : !strcmp(text, "ampere-pcie") ? AMPERE_PCIE
                                                           : 0;
        if (!scenario->profile) refuse(line, "unknown profile", text);
    } else if (!strcmp(word, "driver")) copy_text(scenario->driver, text, line);
    else if (!strcmp(word, "nvml")) copy_text(scenario->version, text, line);
    else if (!strcmp(word, "count")) scenario->shown_count = (int)whole(text, line);
    else if (!strcmp(word, "beyond")) scenario->beyond_code = (int)whole(text, line);
    else if (!strcmp(word, "clock")) {
        scenario->has_clock = true;
        scenario->clock = number(text, line);
    } else if (!strcmp(word, "reload")) {
        scenario->reload = (unsigned)whole(text, line);
        rule->verb = RESTART;
    } else return false;
    return true;
}

static bool name_verb(struct rule *rule, const char *word) {
    static const char *const words[] = {"counter", "", "return", "latency",
                                        "hang", "hang-locked", "crash", "event"};
    for (int i = 0; i < (int)(sizeof words / sizeof *words); i++) {
        if (!strcmp(word, words[i])) return rule->verb = (enum verb)i, true;
    }
    return false;
}

// What a `set` or `link` line says, for the parts that it has named before.
static void apply_parts(struct scenario *scenario, struct rule *rule, bool is_link, char *rest,
                        int number) {
    bool has_said = false;
    for (char *key; (key = strtok_r(NULL, " \t", &rest));) {
        char *text = key + strcspn(key, "=");
        if (*text) *text++ = 0;
        bool is_gpu = !strcmp(key, "gpu"), is_place = is_gpu || (is_link && !strcmp(key, "link"));
        if (is_place && has_said) refuse(number, "stands behind what it is for", key);
        if (is_gpu) rule->gpu = place(text, number, GPUS_MAX);
        else if (is_place) rule->link = place(text, number, LINKS_MAX);
        else set_parts(scenario, rule, is_link, key, text, number);
        has_said = !is_place;
    }
}

static void check_line(const struct rule *rule, int number) {
    bool hangs = rule->verb == HANG || rule->verb == HANG_LOCKED;
    if (rule->verb == COUNTER && rule->field == ANY) refuse(number, "no field", "counter");
    if (rule->verb == RETURN && !rule->has_code) refuse(number, "no code", "return");
    if (hangs && rule->seconds_max <= 0 && !rule->is_until_gone) {
        refuse(number, "no seconds and no until", "hang");
    }
    if (rule->verb == EVENT && (!rule->sequence || !rule->types)) {
        refuse(number, "no seq or no type", "event");
    }
}

void apply_line(struct scenario *scenario, struct rule *rule, char *line, int number) {
    char *rest;
    const char *word = strtok_r(line, " \t", &rest);
    bool is_link = !strcmp(word, "link");
    if (is_link || !strcmp(word, "set")) {
        return apply_parts(scenario, rule, is_link, rest, number);
    }
    if (!strcmp(word, "root")) scenario->is_root = true;
    else if (!strcmp(word, "poison")) scenario->poisons = true;
    else if (!name_verb(rule, word)) {
        const char *text = strtok_r(NULL, " \t", &rest);
        if (!text || !apply_setting(scenario, rule, word, text, number)) {
            refuse(number, "unknown line", word);
        }
    }
    for (char *key; (key = strtok_r(NULL, " \t", &rest));) {
        char *text = key + strcspn(key, "=");
        if (*text) *text++ = 0;
        if (rule->verb == (enum verb)NONE) refuse(number, "unexpected", key);
        set_rule(rule, key, text, number);
    }
    check_line(rule, number);
}
