// The thread that waits in a call of the library.
#pragma once

// glibc declares it for _GNU_SOURCE only.
extern int gettid(void);

// The kernel's number of the calling thread, under which it is found in /proc; gettid(2).
static inline int fw_nvml_thread(void) { return gettid(); }
