// A target needs a source file; the declarations are in include/.
#include "nvml.h"
