#define FAKE_NVML_DRIVER 450
#include "../Shared/every.h"
