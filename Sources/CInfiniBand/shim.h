// The door to libibverbs, libibumad and libibmad, and to where the kernel tells that a device went.
// umad.h comes before mad.h: both define ntohll.
#pragma once
#include <infiniband/verbs.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <infiniband/umad.h>
#include <infiniband/mad.h>

// A socket on which the kernel tells that devices come and go, which nobody waits on; netlink(7).
// The kinds of sockets are not visible to Swift wherever another header has them first.
static inline int fw_uevent_socket(void) {
    return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
}
