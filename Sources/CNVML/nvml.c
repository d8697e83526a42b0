#include "nvml.h"
#include <dlfcn.h>
#include <string.h>

struct symbol {
    const char *name;
    uint32_t first_driver;
    size_t offset;
};

static const struct symbol symbols[] = {
#define ROW(driver, name, result, parameters) \
    {#name, driver, offsetof(struct fw_nvml_table, name)},
    FW_NVML_SYMBOLS(ROW)
#undef ROW
};

const size_t fw_nvml_symbol_count = sizeof symbols / sizeof symbols[0];

// fw_nvml_load fills the table as a row of pointers.
_Static_assert(sizeof(struct fw_nvml_table) == sizeof symbols / sizeof symbols[0] * sizeof(void *),
               "fw_nvml_table");

const char *fw_nvml_symbol_name(size_t index) { return symbols[index].name; }

uint32_t fw_nvml_symbol_first_driver(size_t index) { return symbols[index].first_driver; }

bool fw_nvml_symbol_is_loaded(const struct fw_nvml_table *table, size_t index) {
    void *address;
    memcpy(&address, (const char *)table + symbols[index].offset, sizeof address);
    return address != NULL;
}

size_t fw_nvml_load(void *library, struct fw_nvml_table *table) {
    size_t loaded = 0;
    for (size_t index = 0; index < fw_nvml_symbol_count; index++) {
        void *address = dlsym(library, symbols[index].name);
        // POSIX lets a function's address pass through a void pointer; C has no cast for it.
        memcpy((char *)table + symbols[index].offset, &address, sizeof address);
        loaded += address != NULL;
    }
    return loaded;
}
