#include "fake.h"
#include "rows.h"

static double since(const struct rule *rule) {
    const struct seen *seen = &current.seen[rule->seen];
    if (!current.has_clock) return seen->since + rule->at;
    if (rule->has_at) return rule->at;
    // A counter that a virtual clock drives runs from zero of that clock.
    return rule->has_value || rule->rate != 0 ? 0 : seen->since_virtual;
}

bool has_begun(const struct rule *rule, double now) { return now >= since(rule); }

// All of it in a step: what is beyond 64 bits stays at their maximum.
static uint64_t gained(double rate, double from, double to) {
    double gain = to > from ? rate * (to - from) : 0;
    return gain < 0x1p64 ? (uint64_t)gain : UINT64_MAX;
}

static uint64_t value_after(size_t rules, int gpu, int link, int field, double now);

static uint64_t default_value(size_t rules, int gpu, int link, int field, double now) {
    const struct row *row = row_of(field);
    if (!row) return 0;
    if (row->source != COUNTED) return sourced_value(row, &current.gpus[gpu], link);
    if (link != ALL_LINKS) return gained(row->rate, 0, now);
    uint64_t sum = 0;
    for (int i = 0; i < current.link_count; i++) sum += value_after(rules, gpu, i, field, now);
    return sum;
}

// A new generation of the GPU or the driver takes counters to zero, but not what is stored.
static bool is_restarted(int field) {
    const struct row *row = row_of(field);
    return !row || (row->source == COUNTED && !row->lasts);
}

static bool concerns(const struct rule *rule, int gpu, int link, int field) {
    if (rule->gpu != ANY && rule->gpu != gpu) return false;
    // A sum follows the rules of its links, unless a rule is about the sum itself.
    if (rule->verb == RESTART) return link != ALL_LINKS && is_restarted(field);
    bool is_here = link == ALL_LINKS ? rule->link == ALL_LINKS
                                     : rule->link == ANY || rule->link == link;
    return rule->verb == COUNTER && rule->field == field && is_here;
}

static uint64_t value_after(size_t rules, int gpu, int link, int field, double now) {
    uint64_t value = default_value(rules, gpu, link, field, now);
    for (size_t i = 0; i < rules; i++) {
        const struct rule *rule = &current.rules[i];
        double start = since(rule);
        if (!concerns(rule, gpu, link, field) || now < start) continue;
        if (rule->has_value) value = rule->value;
        value += gained(rule->rate, start, now) + rule->add;
        value -= value < rule->subtract ? value : rule->subtract;
        if (rule->freezes) value = value_after(i, gpu, link, field, start);
        if (rule->resets || rule->verb == RESTART) {
            uint64_t then = value_after(i, gpu, link, field, start);
            value -= value < then ? value : then;
        }
        if (rule->saturates) value = UINT64_MAX;
    }
    return value;
}

uint64_t counter_value(int gpu, int link, int field) {
    return value_after(current.rule_count, gpu, link, field, scenario_seconds());
}
