/// How often what happens in the fleet, and where that is from.
///
/// "assumed" is a figure that nobody publishes; it is chosen to burden the rules rather than to
/// spare them.
struct Rate {
    let what: String
    let value: Double
    let unit: String
    let source: String
}

/// The rates, one row each; the simulation reads its numbers here.
enum Rates {
    static let healthyBER = Rate(
        what: "post-FEC bit error ratio of a good link", value: 1e-17, unit: "per direction",
        source: "what UFM's link validation takes for granted: 3 errors in 125 min are a fault")
    static let worseBER = Rate(
        what: "the same of a worse and innocent link", value: 1e-16, unit: "per direction",
        source: "assumed; cables are accepted at 1e-15 (NVIDIA cable test level)")
    static let worseShare = Rate(
        what: "links that are worse and innocent", value: 0.01, unit: "of all", source: "assumed")
    static let flap = Rate(
        what: "single flap, 2 to 25 s", value: 0.01, unit: "per link and day",
        source: "Alibaba HPN: 5K-60K a day, fleet not told: 5K on 500,000 links; 25 x Fire-Flyer's "
            + "89 in 6 months on 1,250 nodes")
    static let linkFailure = Rate(
        what: "link failure, for comparison with the faults", value: 0.00057,
        unit: "per link and month", source: "Alibaba HPN: 0.057 % of NIC-ToR links a month")
    static let switchCrash = Rate(
        what: "leaf switch crashes", value: 0.00051, unit: "per switch and month",
        source: "Alibaba HPN: 0.051 % of ToR a month")
    static let switchReboot = Rate(
        what: "leaf switch is rebooted for an upgrade, 4 to 8 min", value: 0.3,
        unit: "per switch and month", source: "assumed")
    static let nodeReboot = Rate(
        what: "node reboots, 4 to 8 min", value: 0.05, unit: "per node and day",
        source: "assumed; Meta RSC: 0.0023 to 0.0065 failures per node and day, the rest planned")
    static let driverReload = Rate(
        what: "driver is reloaded", value: 0.01, unit: "per node and day", source: "assumed")
    static let daemonGap = Rate(
        what: "readings stop for 2 to 30 min", value: 0.02, unit: "per node and day",
        source: "assumed")
    static let peerMissed = Rate(
        what: "far end does not answer for one pass", value: 0.02, unit: "per link and day",
        source: "assumed")
    static let cronClearDays = Rate(
        what: "somebody clears the whole fabric (ibqueryerrors -k)", value: 7, unit: "days between",
        source: "assumed; LLNL runs ibqueryerrors from cron")
    static let localClear = Rate(
        what: "nodes where somebody runs perfquery -R on the HCA every day", value: 0.01,
        unit: "of all", source: "assumed")
    static let perfmgrFull = Rate(
        what: "OpenSM's perfmgr clears a port", value: 0.75, unit: "of a counter's range",
        source: "OpenSM, osm_perfmgr.c")
    static let managerFailover = Rate(
        what: "subnet manager fails over", value: 2, unit: "per fleet and month",
        source: "assumed")
    static let jobEnd = Rate(
        what: "job ends: flushes, and retries at a fifth of them", value: 2,
        unit: "per node and day", source: "assumed")
    static let deadPeer = Rate(
        what: "job ends because another node died: queue pairs end", value: 0.02,
        unit: "of job ends", source: "assumed; Meta RSC: large jobs fail every few hours")
    static let notReady = Rate(
        what: "receiver-not-ready NAKs at the start of a job", value: 0.1, unit: "of job ends",
        source: "assumed; what is counted are NAKs received, not connections lost")
    static let managementDrop = Rate(
        what: "VL15 drops, 1 to 5", value: 0.1, unit: "per end and day",
        source: "assumed; UFM event 121 warns at 50 in 5 min")
    static let discard = Rate(
        what: "burst of discards at the switch, median 8, at the HCA a sixth as often",
        value: 0.3, unit: "per link and day", source: "assumed; congestion, ends of jobs")
    static let relay = Rate(
        what: "switch relay errors of multicast, 1 to 10", value: 0.2, unit: "per link and day",
        source: "assumed; ibqueryerrors -c leaves them out as common")
    static let remotePhysical = Rate(
        what: "packets marked bad elsewhere, 1 to 5", value: 0.02, unit: "per link and day",
        source: "assumed")
    static let recovery = Rate(
        what: "one retrain without going down", value: 0.003, unit: "per link and day",
        source: "assumed, a third of the flaps")
    static let damaged = Rate(
        what: "one damaged packet", value: 0.005, unit: "per link and day", source: "assumed")
    static let pcieStall = Rate(
        what: "a second or two in which PCIe stalls the HCA", value: 0.05,
        unit: "per link and day", source: "assumed")
    static let applicationXid = Rate(
        what: "Xid 13, 31, 43 or 45 of an application", value: 0.02, unit: "per GPU and day",
        source: "assumed")
    static let corrected = Rate(
        what: "corrected PCIe errors, 1 to 3", value: 0.01, unit: "per function and day",
        source: "assumed")
    static let nvlinkReplay = Rate(
        what: "burst of 1 to 5 NVLink replays", value: 0.005, unit: "per GPU and day",
        source: "assumed; Delta: 1,922 NVLink errors on A100 in 2.5 years")
    static let memoryCorrected = Rate(
        what: "corrected memory errors", value: 0.05, unit: "per GPU and day", source: "assumed")

    static let all = [
        healthyBER, worseBER, worseShare, flap, linkFailure, switchCrash, switchReboot,
        nodeReboot, driverReload, daemonGap, peerMissed, cronClearDays, localClear, perfmgrFull,
        managerFailover, jobEnd, deadPeer, notReady, managementDrop, discard, relay,
        remotePhysical, recovery, damaged, pcieStall, applicationXid, corrected, nvlinkReplay,
        memoryCorrected,
    ]

    /// Nodes with HDR; the others have NDR.
    static let hdrShare = 0.3
    /// Faults of each kind per 1,000 node-days: far more than in the field, so that there are
    /// enough to measure.
    static let faultsPerKind = 2.0
}
