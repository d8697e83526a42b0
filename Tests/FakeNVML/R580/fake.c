#define FAKE_NVML_DRIVER 580
#include "../Shared/every.h"
