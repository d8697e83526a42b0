#include "playbooks.h"

#include <stddef.h>
#include <string.h>

struct playbook {
    const char *condition;
    const unsigned char *text;
};

// From C23, and so far told as such.
#pragma clang diagnostic ignored "-Wc23-extensions"

// A row for each file; C takes them in, which Swift cannot. A 0 ends each text.
static const struct playbook playbooks[] = {
    {"counter_blind", (const unsigned char[]){
#embed "../../docs/playbooks/counter_blind.md" suffix(, 0)
    }},
    {"counter_reset_seen", (const unsigned char[]){
#embed "../../docs/playbooks/counter_reset_seen.md" suffix(, 0)
    }},
    {"gpu_lost", (const unsigned char[]){
#embed "../../docs/playbooks/gpu_lost.md" suffix(, 0)
    }},
    {"gpu_memory_degraded", (const unsigned char[]){
#embed "../../docs/playbooks/gpu_memory_degraded.md" suffix(, 0)
    }},
    {"gpu_missing", (const unsigned char[]){
#embed "../../docs/playbooks/gpu_missing.md" suffix(, 0)
    }},
    {"gpu_recovery_needed", (const unsigned char[]){
#embed "../../docs/playbooks/gpu_recovery_needed.md" suffix(, 0)
    }},
    {"gpu_unobservable", (const unsigned char[]){
#embed "../../docs/playbooks/gpu_unobservable.md" suffix(, 0)
    }},
    {"gpu_unresponsive", (const unsigned char[]){
#embed "../../docs/playbooks/gpu_unresponsive.md" suffix(, 0)
    }},
    {"gpu_xid", (const unsigned char[]){
#embed "../../docs/playbooks/gpu_xid.md" suffix(, 0)
    }},
    {"hca_fatal", (const unsigned char[]){
#embed "../../docs/playbooks/hca_fatal.md" suffix(, 0)
    }},
    {"hca_missing", (const unsigned char[]){
#embed "../../docs/playbooks/hca_missing.md" suffix(, 0)
    }},
    {"history_unavailable", (const unsigned char[]){
#embed "../../docs/playbooks/history_unavailable.md" suffix(, 0)
    }},
    {"host_backpressure", (const unsigned char[]){
#embed "../../docs/playbooks/host_backpressure.md" suffix(, 0)
    }},
    {"ib_buffer_overrun", (const unsigned char[]){
#embed "../../docs/playbooks/ib_buffer_overrun.md" suffix(, 0)
    }},
    {"ib_congestion", (const unsigned char[]){
#embed "../../docs/playbooks/ib_congestion.md" suffix(, 0)
    }},
    {"ib_fec_margin_low", (const unsigned char[]){
#embed "../../docs/playbooks/ib_fec_margin_low.md" suffix(, 0)
    }},
    {"ib_fec_uncorrectable", (const unsigned char[]){
#embed "../../docs/playbooks/ib_fec_uncorrectable.md" suffix(, 0)
    }},
    {"ib_link_down", (const unsigned char[]){
#embed "../../docs/playbooks/ib_link_down.md" suffix(, 0)
    }},
    {"ib_link_flap", (const unsigned char[]){
#embed "../../docs/playbooks/ib_link_flap.md" suffix(, 0)
    }},
    {"ib_link_recovery", (const unsigned char[]){
#embed "../../docs/playbooks/ib_link_recovery.md" suffix(, 0)
    }},
    {"ib_local_integrity", (const unsigned char[]){
#embed "../../docs/playbooks/ib_local_integrity.md" suffix(, 0)
    }},
    {"ib_mgmt_drops", (const unsigned char[]){
#embed "../../docs/playbooks/ib_mgmt_drops.md" suffix(, 0)
    }},
    {"ib_miswired", (const unsigned char[]){
#embed "../../docs/playbooks/ib_miswired.md" suffix(, 0)
    }},
    {"ib_module_alarm", (const unsigned char[]){
#embed "../../docs/playbooks/ib_module_alarm.md" suffix(, 0)
    }},
    {"ib_peer_switch_event", (const unsigned char[]){
#embed "../../docs/playbooks/ib_peer_switch_event.md" suffix(, 0)
    }},
    {"ib_peer_unobservable", (const unsigned char[]){
#embed "../../docs/playbooks/ib_peer_unobservable.md" suffix(, 0)
    }},
    {"ib_port_unobservable", (const unsigned char[]){
#embed "../../docs/playbooks/ib_port_unobservable.md" suffix(, 0)
    }},
    {"ib_rcv_errors", (const unsigned char[]){
#embed "../../docs/playbooks/ib_rcv_errors.md" suffix(, 0)
    }},
    {"ib_remote_phys_errors", (const unsigned char[]){
#embed "../../docs/playbooks/ib_remote_phys_errors.md" suffix(, 0)
    }},
    {"ib_routing_or_key", (const unsigned char[]){
#embed "../../docs/playbooks/ib_routing_or_key.md" suffix(, 0)
    }},
    {"ib_sm_lost", (const unsigned char[]){
#embed "../../docs/playbooks/ib_sm_lost.md" suffix(, 0)
    }},
    {"ib_sm_or_lid_changed", (const unsigned char[]){
#embed "../../docs/playbooks/ib_sm_or_lid_changed.md" suffix(, 0)
    }},
    {"ib_speed_degraded", (const unsigned char[]){
#embed "../../docs/playbooks/ib_speed_degraded.md" suffix(, 0)
    }},
    {"ib_symbol_ber_elevated", (const unsigned char[]){
#embed "../../docs/playbooks/ib_symbol_ber_elevated.md" suffix(, 0)
    }},
    {"ib_symbol_ber_high", (const unsigned char[]){
#embed "../../docs/playbooks/ib_symbol_ber_high.md" suffix(, 0)
    }},
    {"ib_width_degraded", (const unsigned char[]){
#embed "../../docs/playbooks/ib_width_degraded.md" suffix(, 0)
    }},
    {"ib_xmit_discards", (const unsigned char[]){
#embed "../../docs/playbooks/ib_xmit_discards.md" suffix(, 0)
    }},
    {"inventory_mismatch", (const unsigned char[]){
#embed "../../docs/playbooks/inventory_mismatch.md" suffix(, 0)
    }},
    {"inventory_unverified", (const unsigned char[]){
#embed "../../docs/playbooks/inventory_unverified.md" suffix(, 0)
    }},
    {"kernel_log_unreadable", (const unsigned char[]){
#embed "../../docs/playbooks/kernel_log_unreadable.md" suffix(, 0)
    }},
    {"nothing_observed", (const unsigned char[]){
#embed "../../docs/playbooks/nothing_observed.md" suffix(, 0)
    }},
    {"nvlink_down", (const unsigned char[]){
#embed "../../docs/playbooks/nvlink_down.md" suffix(, 0)
    }},
    {"nvlink_errors", (const unsigned char[]){
#embed "../../docs/playbooks/nvlink_errors.md" suffix(, 0)
    }},
    {"nvlink_fabric_unhealthy", (const unsigned char[]){
#embed "../../docs/playbooks/nvlink_fabric_unhealthy.md" suffix(, 0)
    }},
    {"pcie_aer", (const unsigned char[]){
#embed "../../docs/playbooks/pcie_aer.md" suffix(, 0)
    }},
    {"pcie_link_degraded", (const unsigned char[]){
#embed "../../docs/playbooks/pcie_link_degraded.md" suffix(, 0)
    }},
    {"probe_stale", (const unsigned char[]){
#embed "../../docs/playbooks/probe_stale.md" suffix(, 0)
    }},
    {"silent_drop_suspect", (const unsigned char[]){
#embed "../../docs/playbooks/silent_drop_suspect.md" suffix(, 0)
    }},
    {"transport_retry_storm", (const unsigned char[]){
#embed "../../docs/playbooks/transport_retry_storm.md" suffix(, 0)
    }},
};

const char *fw_playbook(const char *condition) {
    for (size_t i = 0; i < sizeof playbooks / sizeof *playbooks; i++)
        if (strcmp(playbooks[i].condition, condition) == 0) return (const char *)playbooks[i].text;
    return NULL;
}
