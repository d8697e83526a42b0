// Reads the same counters as a probe, one question at a time with libibmad.
//
//   sync INTERVAL_MS PHASE_MS IDENTITY_EVERY [TIMES]
//
// One process for one HCA, kept open; a pass each INTERVAL_MS, at PHASE_MS past multiples of it.
// Every IDENTITY_EVERY passes the peer is identified anew. TIMES repeats the reads of a pass, to
// tell what a datagram costs from what waking up costs. At SIGTERM it says what it did.

#include <infiniband/umad.h>
#include <infiniband/mad.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// The probe asks for no other attribute of an HCA, and for these two of a switch.
static const unsigned counters[] = {IB_GSI_PORT_COUNTERS, IB_GSI_PORT_COUNTERS_EXT};
static const unsigned details[] = {IB_GSI_PORT_RCV_ERROR_DETAILS, IB_GSI_PORT_XMIT_DISCARD_DETAILS};

static volatile sig_atomic_t stopped;
static struct ibmad_port *port;
static uint64_t mads, failures, sum;

static void stop(int signal) {
    (void)signal;
    stopped = 1;
}

static int count(const void *answer) {
    mads++;
    if (!answer) failures++;
    return answer != NULL;
}

// A directed route of no hop (this port) or of one hop (the other end of the cable).
static ib_portid_t route(int hops) {
    ib_portid_t id;
    memset(&id, 0, sizeof id);
    id.drpath.cnt = hops;
    id.drpath.p[1] = 1;
    return id;
}

static int smp(uint8_t *data, int hops, unsigned attribute, unsigned modifier) {
    ib_portid_t id = route(hops);
    memset(data, 0, IB_SMP_DATA_SIZE);
    return count(smp_query_via(data, &id, attribute, modifier, 0, port));
}

static int pma(uint8_t *data, int lid, int number, unsigned attribute) {
    ib_portid_t id;
    ib_portid_set(&id, lid, 0, 0);
    memset(data, 0, 1024);
    return count(pma_query_via(data, &id, number, 0, attribute, port));
}

// Every field is decoded, as a collector must.
static void decode(uint8_t *data, enum MAD_FIELDS first, enum MAD_FIELDS end) {
    for (enum MAD_FIELDS field = first; field < end; field++) {
        uint64_t value = 0;
        mad_decode_field(data, field, &value);
        sum += value;
    }
}

struct peer {
    int lid, number, is_switch;
};

// What is asked less often: who is at the other end, and where its counters are to be had.
static void identify(struct peer *peer) {
    uint8_t data[1024];
    smp(data, 0, IB_ATTR_NODE_DESC, 0);
    if (!smp(data, 1, IB_ATTR_NODE_INFO, 0)) return;
    peer->number = mad_get_field(data, 0, IB_NODE_LOCAL_PORT_F);
    peer->is_switch = mad_get_field(data, 0, IB_NODE_TYPE_F) == IB_NODE_SWITCH;
    smp(data, 1, IB_ATTR_NODE_DESC, 0);
    smp(data, 1, IB_ATTR_PORT_INFO, peer->number);
    if (peer->is_switch) smp(data, 1, IB_ATTR_PORT_INFO, 0);
    peer->lid = mad_get_field(data, 0, IB_PORT_LID_F);
}

static void read_end(int lid, int number, int is_switch) {
    uint8_t data[1024];
    for (int i = 0; i < 2; i++)
        if (pma(data, lid, number, counters[i]))
            decode(data, i ? IB_PC_EXT_XMT_BYTES_F : IB_PC_ERR_SYM_F,
                   i ? IB_PC_EXT_LAST_F : IB_PC_LAST_F);
    for (int i = 0; is_switch && i < 2; i++)
        if (pma(data, lid, number, details[i]))
            decode(data, i ? IB_PC_XMT_INACT_DISC_F : IB_PC_RCV_LOCAL_PHY_ERR_F,
                   i ? IB_PC_XMT_DISC_LAST_F : IB_PC_RCV_ERR_LAST_F);
}

static void pass(struct peer *peer, int is_first, int is_identity) {
    uint8_t data[1024];
    int lid = 0;
    if (smp(data, 0, IB_ATTR_PORT_INFO, 1)) lid = mad_get_field(data, 0, IB_PORT_LID_F);
    if (is_identity) identify(peer);
    if (is_first) {
        pma(data, lid, 1, CLASS_PORT_INFO);
        pma(data, peer->lid, peer->number, CLASS_PORT_INFO);
    }
    read_end(lid, 1, 0);
    read_end(peer->lid, peer->number, peer->is_switch);
}

static void wait_for_grid(long interval_ms, long phase_ms) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    long ms = now.tv_sec * 1000 + now.tv_nsec / 1000000 - phase_ms;
    long next = (ms / interval_ms + 1) * interval_ms + phase_ms;
    struct timespec due = {next / 1000, next % 1000 * 1000000};
    clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &due, NULL);
}

int main(int argc, char **argv) {
    if (argc < 4) return 64;
    long interval_ms = atol(argv[1]), phase_ms = atol(argv[2]), every = atol(argv[3]);
    int times = argc > 4 ? atoi(argv[4]) : 1;
    int classes[] = {IB_SMI_CLASS, IB_SMI_DIRECT_CLASS, IB_PERFORMANCE_CLASS};
    port = mad_rpc_open_port(NULL, 0, classes, 3);
    if (!port) return 1;
    signal(SIGTERM, stop);
    struct peer peer = {0, 0, 0};
    long passes = 0;
    for (; !stopped; passes++) {
        for (int i = 0; i < times; i++) pass(&peer, passes + i == 0, passes % every == 0);
        if (passes == 0) {
            printf("peer %d %d\n", peer.lid, peer.number);
            fflush(stdout);
        }
        wait_for_grid(interval_ms, phase_ms);
    }
    printf("done %ld %llu %llu %llx\n", passes, (unsigned long long)mads,
           (unsigned long long)failures, (unsigned long long)sum);
    mad_rpc_close_port(port);
    return 0;
}
