#include "rows.h"
#include <string.h>

// The first driver branch that knows a field.
static int first_driver(uint32_t field) {
    static const struct { uint16_t last, driver; } ranges[] = {
        {145, 450}, {146, 455}, {147, 460}, {160, 470}, {166, 520}, {169, 525}, {196, 535},
        {198, 555}, {199, 550}, {200, 555}, {229, 560}, {230, 570}, {234, 575}, {268, 570},
        {273, 575}, {288, 590}, {295, 595}, {300, 610}, {302, 595},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (field <= ranges[i].last) return ranges[i].driver;
    }
    return 9999;
}

static bool is_ecc(uint32_t field) { return field >= 3 && field <= 28; }

static bool is_link_statistic(uint32_t field) {
    return (field >= 201 && field <= 222) || (field >= 235 && field <= 250);
}

static int default_code(const struct gpu *gpu, const struct row *row, uint32_t field, int link) {
    if (!row || !(row->profiles & current.profile)) return FW_NVML_NOT_SUPPORTED;
    if (is_ecc(field) && !gpu->scalars[ECC]) return FW_NVML_NOT_SUPPORTED;
    if (field >= 29 && field <= 31 && !gpu->scalars[RETIRED]) return FW_NVML_NOT_SUPPORTED;
    bool is_idle = field >= 138 && field <= 141 && link >= 0 && !gpu->links[link].state;
    return is_idle ? FW_NVML_INVALID_ARGUMENT : FW_NVML_SUCCESS;
}

static void apply_rules(struct field_answer *answer, int gpu, int link, uint32_t field) {
    double now = scenario_seconds();
    for (size_t i = 0; i < current.rule_count; i++) {
        const struct rule *rule = &current.rules[i];
        bool applies = rule->verb == COUNTER && rule->field == (int)field
            && (rule->gpu == ANY || rule->gpu == gpu)
            && (rule->link == ANY || rule->link == link) && has_begun(rule, now);
        if (!applies) continue;
        if (rule->has_value || rule->has_real) answer->code = FW_NVML_SUCCESS;
        if (rule->has_type) answer->type = rule->type;
        if (rule->has_real) {
            answer->type = FW_NVML_VALUE_DOUBLE;
            memcpy(&answer->bits, &rule->real, sizeof answer->bits);
        }
        if (rule->has_code) answer->code = rule->code;
        if (rule->is_uninitialised) answer->is_untouched = true;
    }
}

struct field_answer field_answer(struct gpu *gpu, uint32_t scope, uint32_t field) {
    const struct row *row = row_of((int)field);
    bool is_per_link = row && row->is_per_link, is_sum = scope == FW_NVML_SCOPE_ALL_LINKS;
    if (FAKE_NVML_DRIVER < first_driver(field)) {
        return (struct field_answer){.code = FW_NVML_NOT_SUPPORTED};
    }
    int link = is_per_link ? (is_sum ? ALL_LINKS : (int)scope) : NONE;
    if (is_per_link && is_sum && !row->is_summed) {
        return (struct field_answer){.code = FW_NVML_INVALID_ARGUMENT};
    }
    if (link >= current.link_count) return (struct field_answer){.code = current.beyond_code};
    struct field_answer answer = {
        .code = default_code(gpu, row, field, link),
        .type = row ? row->type : FW_NVML_VALUE_U64,
        .bits = counter_value(gpu->index, link, (int)field),
    };
    if (answer.type == FW_NVML_VALUE_U32) answer.bits = (uint32_t)answer.bits;
    apply_rules(&answer, gpu->index, link, field);
    return answer;
}

// Some drivers fail the whole batch when it asks for ECC totals and link statistics together.
static bool is_poisoned(int count, const struct fw_nvml_field_value *values) {
    bool has_ecc = false, has_links = false;
    for (int i = 0; i < count; i++) {
        has_ecc |= values[i].field_id == 3;
        has_links |= is_link_statistic(values[i].field_id);
    }
    return current.poisons && has_ecc && has_links;
}

int nvmlDeviceGetFieldValues(fw_nvml_device device, int count, struct fw_nvml_field_value *values) {
    struct call call;
    if (begin_values(&call, device, count, values)) {
        bool is_bad = is_poisoned(count, values);
        for (int i = 0; i < count; i++) {
            struct fw_nvml_field_value *value = &values[i];
            struct field_answer answer = field_answer(call.gpu, value->scope_id, value->field_id);
            if (answer.is_untouched) continue;
            value->timestamp_us = wall_us();
            value->latency_us = (int64_t)call.gpu->scalars[LATENCY_US] + call.slept_us;
            value->code = is_bad ? FW_NVML_NOT_SUPPORTED : answer.code;
            if (value->code != FW_NVML_SUCCESS) continue;
            value->value_type = answer.type;
            value->value.u64 = answer.bits;
        }
    }
    return end_call(&call);
}
