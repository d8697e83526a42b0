// The door to Linux calls that Swift cannot import: they take variable arguments, or glibc declares
// them for _GNU_SOURCE only.
#pragma once
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

extern int pipe2(int ends[2], int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int from);

// Asks the kernel to kill this process when the thread that started it ends; prctl(2).
static inline int fw_die_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); }

// Sets the name that ps(1) and the kernel's log show, at most 15 octets; prctl(2).
static inline int fw_name_process(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

// Makes a pipe whose ends are closed on exec; pipe(2).
static inline int fw_pipe(int ends[2]) { return pipe2(ends, 02000000 /* O_CLOEXEC */); }

extern int memfd_create(const char *name, unsigned int flags);

// Anonymous memory behind a descriptor that is closed on exec; memfd_create(2).
static inline int fw_memory(const char *name) { return memfd_create(name, 1 /* MFD_CLOEXEC */); }

extern int eventfd(unsigned int count, int flags);

// A descriptor that becomes readable when it is written to, closed on exec; eventfd(2).
static inline int fw_event(void) {
    return eventfd(0, 02000000 | 04000 /* EFD_CLOEXEC | EFD_NONBLOCK */);
}

// Closes every descriptor from `from` on in the child; posix_spawn_file_actions_addclosefrom_np(3).
static inline int fw_close_from(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

// A descriptor that becomes readable when one of the signals is pending; signalfd(2).
static inline int fw_signal_descriptor(const sigset_t *signals) {
    return signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

// Gives a network interface one command of ethtool(8); returns 0 or the errno. netdevice(7).
static inline int fw_ethtool(int socket, const char *interface, void *command) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    request.ifr_data = (char *)command;
    return ioctl(socket, SIOCETHTOOL, &request) < 0 ? errno : 0;
}
