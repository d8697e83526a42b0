/// The name of a condition in the API, in metrics and in the playbooks.
package enum ConditionID: String, CaseIterable, Sendable {
    /// A port that should be active is not.
    case linkDown = "ib_link_down"
    /// A link went down and came back, again and again.
    case linkFlap = "ib_link_flap"
    /// A link retrained without going down.
    case linkRecovery = "ib_link_recovery"
    /// A link has fewer lanes than it should have.
    case widthDegraded = "ib_width_degraded"
    /// A link is slower than it should be, or corrects errors in another way.
    case speedDegraded = "ib_speed_degraded"
    /// A cable leads to another port than the manifest expects.
    case miswired = "ib_miswired"
    /// The link is up and the other end cannot be read.
    case peerUnobservable = "ib_peer_unobservable"
    /// A port of this node cannot be read.
    case portUnobservable = "ib_port_unobservable"
    /// Several links to one switch went down together.
    case peerSwitchEvent = "ib_peer_switch_event"
    /// More symbol errors than a good link has.
    case symbolErrorsElevated = "ib_symbol_ber_elevated"
    /// More symbol errors than a link may have.
    case symbolErrorsHigh = "ib_symbol_ber_high"
    /// FEC blocks arrive that cannot be corrected.
    case fecUncorrectable = "ib_fec_uncorrectable"
    /// FEC has more to correct than it used to have.
    case fecMarginLow = "ib_fec_margin_low"
    /// Packets arrive damaged.
    case receiveErrors = "ib_rcv_errors"
    /// A receiver saw more errors than its threshold allows.
    case localIntegrity = "ib_local_integrity"
    /// A receiver ran out of buffers although credits forbid it.
    case bufferOverrun = "ib_buffer_overrun"
    /// A module is too hot, shorted or cannot be managed.
    case moduleAlarm = "ib_module_alarm"
    /// Packets arrive that an earlier hop has marked as bad.
    case remotePhysicalErrors = "ib_remote_phys_errors"
    /// A port throws packets away that it cannot send.
    case transmitDiscards = "ib_xmit_discards"
    /// A port waits far longer for credits than others do.
    case congestion = "ib_congestion"
    /// The host takes packets more slowly than the link brings them.
    case hostBackpressure = "host_backpressure"
    /// Packets are refused for their partition, or cannot be routed.
    case routingOrKey = "ib_routing_or_key"
    /// A port has no subnet manager.
    case subnetManagerLost = "ib_sm_lost"
    /// The subnet manager or the address of a port changed.
    case addressChanged = "ib_sm_or_lid_changed"
    /// Management packets are dropped.
    case managementDrops = "ib_mgmt_drops"
    /// Packets have to be sent again, or connections end for it.
    case retryStorm = "transport_retry_storm"
    /// Packets seem to vanish uncounted.
    case silentDropSuspect = "silent_drop_suspect"
    /// An HCA that the manifest expects is not there.
    case hcaMissing = "hca_missing"
    /// An HCA does not work any more.
    case hcaFatal = "hca_fatal"
    /// Something else differs from the manifest.
    case inventoryMismatch = "inventory_mismatch"
    /// Something that the manifest expects is unknown.
    case inventoryUnverified = "inventory_unverified"
    /// A PCIe link has fewer lanes, or slower ones, than both of its ends have.
    case pcieDegraded = "pcie_link_degraded"
    /// PCIe reports errors.
    case pcieErrors = "pcie_aer"
    /// A GPU that the manifest expects is not there.
    case gpuMissing = "gpu_missing"
    /// The driver has lost a GPU that the node has.
    case gpuLost = "gpu_lost"
    /// A call to a GPU's driver does not return.
    case gpuUnresponsive = "gpu_unresponsive"
    /// A GPU cannot be read.
    case gpuUnobservable = "gpu_unobservable"
    /// The driver reported an error that asks for more than a restart of the application.
    case gpuXid = "gpu_xid"
    /// The driver asks for a reset or a reboot.
    case gpuRecoveryNeeded = "gpu_recovery_needed"
    /// A GPU's memory has errors that were not corrected, or few spare rows.
    case gpuMemoryDegraded = "gpu_memory_degraded"
    /// An NVLink that was active is not.
    case nvlinkDown = "nvlink_down"
    /// An NVLink repeats transmissions or recovers from errors.
    case nvlinkErrors = "nvlink_errors"
    /// A GPU is not registered with its NVSwitches, or that fabric is unwell.
    case nvlinkFabricUnhealthy = "nvlink_fabric_unhealthy"
    /// A counter is full and counts no more.
    case counterBlind = "counter_blind"
    /// Somebody clears counters.
    case counterReset = "counter_reset_seen"
    /// A probe has not answered for too long.
    case probeStale = "probe_stale"
    /// There is nothing to judge, on the node or from one of its probes.
    case nothingObserved = "nothing_observed"
    /// The kernel log cannot be read.
    case kernelLogUnreadable = "kernel_log_unreadable"
    /// The history cannot be written.
    case historyUnavailable = "history_unavailable"
}
