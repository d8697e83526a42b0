#define FAKE_NVML_DRIVER 550
#include "../Shared/every.h"
