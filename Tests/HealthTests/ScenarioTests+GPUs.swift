import Health

/// GPUs and NVLinks.
extension ScenarioTests {
    static let gpus: [ScenarioRow] = [
        Row(
            .gpuMissing, "a GPU that never came up, until it is found",
            "0s manifest\n0s gpu2 absent\n20m gpu2 back", until: "40m", "0m raised CRITICAL",
            "30m resolved CRITICAL"),
        Row(
            .gpuMissing, "one that vanished while it was watched is lost",
            "0s manifest\n10m gpu2 lost", until: "20m"),
        Row(
            .gpuMissing, "without a manifest nobody says which GPUs there should be",
            "0s gpu2 absent", until: "20m"),
        Row(
            .gpuLost, "a GPU is gone", "10m gpu lost\n20m gpu back", until: "30m",
            "10m raised CRITICAL", "20m resolved CRITICAL"),
        Row(
            .gpuLost, "the driver asks for a reset of it", "10m gpu fails 16\n20m gpu reset",
            until: "30m", "10m raised CRITICAL", "20m resolved CRITICAL"),
        Row(
            .gpuLost, "an error that nobody knows is no loss", "10m gpu fails 999\n20m gpu back",
            until: "30m"),
        Row(
            .gpuLost, "nor is a probe that does not answer",
            "10m probe gpu silent\n20m probe gpu back", until: "30m"),
        Row(
            .gpuUnresponsive, "a call that does not return for two minutes",
            "10m gpu hang\n12m gpu back", until: "20m", every: 15, "10m raised UNKNOWN",
            "645s escalated CRITICAL", "12m resolved CRITICAL"),
        Row(
            .gpuUnresponsive, "a call that returns late", "10m gpu hang\n630s gpu back",
            until: "20m", every: 15, "10m raised UNKNOWN", "630s resolved UNKNOWN"),
        Row(
            .gpuUnresponsive, "a slow call within its deadline", "10m gpu busy\n615s gpu back",
            until: "20m", every: 15),
        Row(
            .gpuUnobservable, "NVML does not open it", "10m gpu fails 999\n20m gpu back",
            until: "30m", "10m raised UNKNOWN", "20m resolved UNKNOWN"),
        Row(
            .gpuUnobservable, "without the library one condition speaks for all",
            "0s gpu2 back\n10m library missing\n20m library back", until: "30m",
            "10m raised UNKNOWN", "20m resolved UNKNOWN"),
        Row(
            .gpuUnobservable, "its probe is silent, which is said of that",
            "10m probe gpu silent\n20m probe gpu back", until: "30m"),
        Row(
            .gpuUnobservable, "it hangs, which is said of that", "10m gpu hang\n20m gpu back",
            until: "30m"),
        Row(
            .gpuXid, "a reset answers what was told before it",
            "10m gpu xid 48\n20m gpu reset", until: "30m", "10m raised CRITICAL",
            "20m resolved CRITICAL"),
        Row(
            .gpuXid, "nobody knows whether the reset came after it",
            "570s gpu hang\n580s gpu xid 119\n20m gpu reset\n20m gpu back", until: "30m",
            "10m raised CRITICAL"),
        Row(
            .gpuXid, "the driver asks for nothing after the reset",
            "0s gpu asks 0\n570s gpu hang\n580s gpu xid 119\n20m gpu reset\n20m gpu back",
            until: "30m", "10m raised CRITICAL", "20m resolved CRITICAL"),
        Row(
            .gpuXid, "a reboot answers everything", "10m gpu xid 79\n20m reboot", until: "30m",
            "10m raised CRITICAL", "20m resolved CRITICAL"),
        Row(
            .gpuXid, "a day passes", "1h gpu xid 95", until: "26h", every: 300,
            "1h raised CRITICAL", "25h resolved CRITICAL"),
        Row(
            .gpuXid, "a note about the hardware is a warning", "10m gpu xid 63\n20m gpu reset",
            until: "30m", "10m raised WARNING", "20m resolved WARNING"),
        Row(
            .gpuXid, "so is a number that nobody knows", "10m gpu xid 9999", until: "20m",
            "10m raised WARNING"),
        Row(
            .gpuXid, "the first of five seconds stands for those that follow",
            "600s gpu xid 48\n601s gpu xid 63\n602s gpu xid 45\n604s gpu xid 95", until: "30m",
            "10m raised CRITICAL"),
        Row(
            .gpuXid, "what follows and is worse stands for itself",
            "600s gpu xid 63\n601s gpu xid 64", until: "30m", "10m raised WARNING",
            "11m raised CRITICAL"),
        Row(
            .gpuXid, "a call that times out every 45 s is one",
            "10m gpu xid 119 every 45s until 30m", until: "40m", "10m raised CRITICAL"),
        Row(
            .gpuXid, "the driver asks for a drain, and takes it back",
            "10m gpu xid 154 GPU recovery action changed from 0x0 (None) to 0x3 (Drain P2P)\n"
                + "20m gpu xid 154 GPU recovery action changed from 0x3 (Drain P2P) to 0x0 (None)",
            until: "30m", "10m raised WARNING", "20m resolved WARNING"),
        Row(
            .gpuXid, "an application's faults", like: .jobTeardown,
            "10m gpu xid 13\n10m gpu xid 31\n11m gpu xid 43\n11m gpu xid 45", until: "30m"),
        Row(
            .gpuRecoveryNeeded, "the driver asks for a reset, and gets it",
            "10m gpu asks 1\n20m gpu reset\n20m gpu asks 0", until: "30m", "10m raised CRITICAL",
            "20m resolved CRITICAL"),
        Row(
            .gpuRecoveryNeeded, "that it cannot be read ends nothing",
            "10m gpu asks 1\n20m gpu fails 999\n30m gpu back", until: "40m",
            "10m raised CRITICAL"),
        Row(
            .gpuRecoveryNeeded, "that it was not read for two passes ends nothing",
            "10m gpu asks 1\n1200s probe gpu silent\n1220s probe gpu back", until: "30m",
            every: 10, "10m raised CRITICAL"),
        Row(
            .gpuRecoveryNeeded, "it asks for nothing", "0s gpu asks 0\n10m gpu reset",
            until: "30m"),
        Row(
            .gpuMemoryDegraded, "a row waits for a reset", "1h remap pending\n2h remap none",
            until: "3h", "1h raised WARNING", "2h resolved WARNING"),
        Row(
            .gpuMemoryDegraded, "that it was not read for two passes ends nothing",
            "10m remap pending\n1200s probe gpu silent\n1220s probe gpu back", until: "30m",
            every: 10, "10m raised WARNING"),
        Row(
            .gpuMemoryDegraded, "the Xid of a row is told with it",
            "10m remap pending\n10m gpu xid 63", until: "20m", "10m raised WARNING"),
        Row(
            .gpuXid, "that of a row is told with what the memory says of it",
            "10m remap pending\n10m gpu xid 63", until: "20m"),
        Row(
            .gpuMemoryDegraded, "a row cannot be remapped", "1h remap failed", until: "2h",
            "1h raised CRITICAL"),
        Row(
            .gpuMemoryDegraded, "an error that was not corrected",
            "1h gpu ecc_volatile_uncorrected_errors +1", until: "26h", every: 300,
            "1h raised CRITICAL", "25h resolved CRITICAL"),
        Row(
            .gpuMemoryDegraded, "corrected errors", "1h gpu ecc_volatile_corrected_errors +500",
            until: "2h"),
        Row(.gpuMemoryDegraded, "ten rows in its life", "1h rows 10", until: "2h"),
        Row(.gpuMemoryDegraded, "eleven", "1h rows 11", until: "2h", "1h raised WARNING"),
    ]

    static let nvlinks: [ScenarioRow] = [
        Row(
            .nvlinkDown, "a link goes down, and comes back", "10m nvlink down\n20m nvlink up",
            until: "40m", "10m raised WARNING", "11m escalated CRITICAL", "30m resolved CRITICAL"),
        Row(
            .nvlinkDown, "an Xid has named the link, which is told instead",
            "600s gpu xid 74 link 3\n600s nvlink down", until: "20m"),
        Row(
            .nvlinkDown, "an Xid has named another link",
            "600s gpu xid 74 link 4\n600s nvlink down", until: "20m", "10m raised WARNING",
            "11m escalated CRITICAL"),
        Row(
            .nvlinkDown, "a link sleeps", like: .nvlinkSleep, "10m nvlink sleep\n20m nvlink up",
            until: "40m"),
        Row(
            .nvlinkDown, "a link that never was up is not missed", "0s nvlink down", until: "40m"),
        Row(
            .nvlinkDown, "a GPU that is not read shows no link that came back",
            "10m nvlink down\n15m gpu fails 999\n15m nvlink up\n40m gpu back", until: "60m",
            "10m raised WARNING", "11m escalated CRITICAL", "50m resolved CRITICAL"),
        Row(
            .nvlinkDown, "the GPU that it leads to is lost, which is told instead",
            "0s nvlink leads gpu2\n10m gpu2 lost\n10m nvlink down", until: "40m"),
        Row(
            .nvlinkDown, "nobody knows where it leads, and it went with another GPU",
            "10m gpu2 lost\n10m nvlink down", until: "40m"),
        Row(
            .nvlinkDown, "an hour later it stands for itself", "10m gpu2 lost\n70m nvlink down",
            until: "80m", "70m raised WARNING", "71m escalated CRITICAL"),
        Row(
            .nvlinkDown, "a switch stays when a GPU goes",
            "0s nvlink leads switch\n10m gpu2 lost\n10m nvlink down", until: "20m",
            "10m raised WARNING", "11m escalated CRITICAL"),
        Row(
            .nvlinkDown, "it does not come back with the GPU",
            "0s nvlink leads gpu2\n10m gpu2 lost\n10m nvlink down\n20m gpu2 back", until: "30m",
            "20m raised CRITICAL"),
        Row(
            .nvlinkErrors, "errors after FEC beyond what a vendor accepts",
            "1h nvlink effective_errors +200 every 5m until 75m", until: "80m",
            "70m raised CRITICAL"),
        Row(
            .nvlinkErrors, "blocks that FEC nearly lost",
            "1h nvlink fec_history_bin_13 +1 every 10m until 80m", until: "90m",
            "80m raised WARNING"),
        Row(
            .nvlinkErrors, "what FEC corrects with ease",
            "1h nvlink fec_history_bin_2 +100000 every 5m until 2h", until: "3h"),
        Row(
            .nvlinkErrors, "in half of the windows",
            "1h nvlink crc_errors +1 every 10m until 80m", until: "26h", every: 300,
            "80m raised WARNING", "1520m resolved WARNING"),
        Row(
            .nvlinkErrors, "a recovery that failed", "1h nvlink recovery_failed +1", until: "2h",
            "1h raised CRITICAL"),
        Row(.nvlinkErrors, "one burst", "1h nvlink crc_errors +50", until: "2h"),
        Row(
            .nvlinkErrors, "historic, and a reset", like: .firstPoll,
            "0s nvlink crc_errors =50\n1h reload", until: "2h"),
        Row(
            .nvlinkFabricUnhealthy, "registration does not end", "10m fabric 2\n20m fabric 3",
            until: "40m", "12m raised CRITICAL", "30m resolved CRITICAL"),
        Row(.nvlinkFabricUnhealthy, "without NVSwitches", "10m fabric 0", until: "30m"),
        Row(
            .nvlinkFabricUnhealthy, "a boot of the Fabric Manager", "10m fabric 2\n11m fabric 3",
            until: "30m"),
    ]
}
