#define FAKE_NVML_DRIVER 610
#include "../Shared/every.h"
