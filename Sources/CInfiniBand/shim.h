// The door to libibumad and libibmad. umad.h comes first: both headers define ntohll.
#pragma once
#include <infiniband/umad.h>
#include <infiniband/mad.h>
