#include "fake.h"
#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const char *text) {
    uint64_t hash = 0xcbf29ce484222325;
    for (; *text; text++) hash = (hash ^ (uint8_t)*text) * 0x100000001b3;
    return hash;
}

// A line that stood in the file before goes on from then; a new one begins with the file's change.
static size_t remember(struct scenario *scenario, uint64_t hash, double since,
                       const struct seen *before, size_t before_count) {
    struct seen seen = {.hash = hash, .since = since, .since_virtual = scenario->clock};
    for (size_t i = 0; i < before_count; i++) {
        if (before[i].hash == hash) seen = before[i];
    }
    scenario->seen =
        realloc(scenario->seen, (scenario->seen_count + 1) * sizeof *scenario->seen);
    scenario->seen[scenario->seen_count] = seen;
    return scenario->seen_count++;
}

static void add_rule(struct scenario *scenario, const struct rule *rule) {
    scenario->rules =
        realloc(scenario->rules, (scenario->rule_count + 1) * sizeof *scenario->rules);
    scenario->rules[scenario->rule_count++] = *rule;
}

// What all other lines build on has to be known before them, wherever it stands.
static bool is_ground(const char *line) {
    static const char *const words[] = {"profile", "gpus", "links", "clock", "driver"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if (!strncmp(line, words[i], length) && line[length] == ' ') return true;
    }
    return false;
}

static void read_lines(struct scenario *scenario, const char *text, bool ground, double since,
                       const struct seen *before, size_t before_count) {
    char line[1024];
    for (int number = 1; *text; number++) {
        size_t length = strcspn(text, "\n");
        if (length >= sizeof line) refuse(number, "too long", "line");
        memcpy(line, text, length);
        line[length] = 0;
        text += length + (text[length] == '\n');
        line[strcspn(line, "#")] = 0;
        if (line[strspn(line, " \t")] == 0 || is_ground(line) != ground) continue;
        uint64_t hash = hash_of(line);
        struct rule rule = {.gpu = ANY, .link = ANY, .field = ANY,
                            .gpu_instance = UINT32_MAX, .compute_instance = UINT32_MAX,
                            .verb = (enum verb)NONE};
        apply_line(scenario, &rule, line, number);
        if (rule.verb == (enum verb)NONE) continue;
        rule.seen = remember(scenario, hash, since, before, before_count);
        add_rule(scenario, &rule);
    }
}

void read_scenario(struct scenario *scenario, char *text, double since, const struct seen *before,
                   size_t before_count) {
    set_defaults(scenario);
    read_lines(scenario, text, true, since, before, before_count);
    bool has_links = scenario->profile != AMPERE_PCIE;
    if (scenario->link_count == ANY) scenario->link_count = has_links ? 18 : 0;
    for (int i = 0; i < GPUS_MAX; i++) {
        scenario->gpus[i].index = i;
        set_gpu_defaults(scenario, &scenario->gpus[i]);
    }
    read_lines(scenario, text, false, since, before, before_count);
}

void free_scenario(struct scenario *scenario) {
    free(scenario->rules);
    free(scenario->seen);
}
