import Health

/// What links are, and what cannot be seen.
extension ScenarioTests {
    static let states: [ScenarioRow] = [
        Row(
            .linkFlap, "the twin port of its module toggles", like: .twinPort,
            "10m local link_downed +1\n10m peer link_downed +1\n10m peer symbol_error +900",
            until: "2h"),
        Row(
            .linkFlap, "a clock that steps makes no hour of two days", like: .wallClock,
            "1h peer link_downed +1\n2h wall +3d\n3h wall -3d", until: "4h", every: 300),
        Row(
            .symbolErrorsHigh, "OpenSM's perfmgr clears at 75 %", like: .perfManagerClear,
            "0s peer narrow\n0s peer symbol_error =49152\n"
                + "5m peer port_xmit_wait +100000 every 10m until 2h\n"
                + "10m peer clear every 20m until 2h",
            until: "3h"),
        Row(
            .retryStorm, "RoCE's counters stay 0 on InfiniBand", like: .roceZeros,
            "0s local roce_slow_restart =0\n1h local roce_adp_retrans +0", until: "2h"),
        Row(
            .widthDegraded, "half of the lanes", "0s manifest\n10m lanes 2\n20m lanes 4",
            until: "40m", "10m raised WARNING", "11m escalated CRITICAL", "30m resolved CRITICAL"),
        Row(
            .widthDegraded, "a port that is split has two by design", "0s lanes 2\n0s manifest",
            until: "20m"),
        Row(
            .widthDegraded, "a link that is down has no width",
            "0s manifest\n10m link polling\n20m link up", until: "40m"),
        Row(
            .speedDegraded, "half of the speed", "0s manifest\n10m rate 53125\n20m rate 106250",
            until: "40m", "10m raised WARNING", "11m escalated CRITICAL", "30m resolved CRITICAL"),
        Row(
            .speedDegraded, "another FEC alone stays a warning",
            "0s manifest\n10m fec none\n20m fec rs", until: "40m", "10m raised WARNING",
            "30m resolved WARNING"),
        Row(
            .speedDegraded, "a link that is slower by design", "0s rate 53125\n0s manifest",
            until: "20m"),
        Row(
            .miswired, "a cable in another port", "0s manifest\n10m cable 9\n20m cable 5",
            until: "40m", "10m raised INFO", "11m escalated WARNING", "20m resolved WARNING"),
        Row(
            .miswired, "two cables in each other's place carry all traffic",
            "0s manifest\n10m cable 6\n10m cable2 5\n20m cable 5\n20m cable2 6", until: "40m",
            "10m raised INFO", "20m resolved INFO"),
        Row(
            .miswired, "a cable that is out leads nowhere else",
            "0s manifest\n10m link polling\n20m link up", until: "40m"),
        Row(
            .peerUnobservable, "a far end that stays silent", "10m peer lost\n50m peer back",
            until: "60m", "10m raised INFO", "40m escalated WARNING", "50m resolved WARNING"),
        Row(
            .peerUnobservable, "a switch that reboots its processor",
            "10m peer lost\n15m peer back", until: "60m", "10m raised INFO", "15m resolved INFO"),
        Row(
            .peerUnobservable, "a link that is down has no far end",
            "10m link polling\n20m link up", until: "40m"),
        Row(
            .portUnobservable, "a port that cannot be read", "10m local lost\n20m local back",
            until: "40m", "10m raised UNKNOWN", "20m resolved UNKNOWN"),
        Row(
            .portUnobservable, "a port without a LID has no counters to read",
            "10m link init\n10m local nolid\n20m link up\n20m local back", until: "40m"),
        Row(
            .portUnobservable, "its probe is silent, which is said of that",
            "10m probe infiniband silent\n20m probe infiniband back", until: "40m"),
        Row(
            .peerSwitchEvent, "two links to one switch, until they are back",
            "10m link polling\n10m link2 polling\n20m link up\n20m link2 up", until: "40m",
            "10m raised WARNING", "11m escalated CRITICAL", "20m resolved CRITICAL"),
        Row(
            .peerSwitchEvent, "two links an hour apart", "10m link polling\n70m link2 polling",
            until: "2h"),
        Row(.peerSwitchEvent, "one of two links", "10m link polling\n10m link2 up", until: "20m"),
    ]

    static let unseen: [ScenarioRow] = [
        Row(
            .counterBlind, "a counter of errors is full, until somebody clears it",
            "0s peer narrow\n10m peer symbol_error =65535\n20m peer clear", until: "30m",
            "10m raised WARNING", "20m resolved WARNING"),
        Row(
            .counterBlind, "one of congestion hides no error",
            "0s peer narrow\n10m peer port_xmit_wait =4294967295", until: "30m",
            "10m raised INFO"),
        Row(
            .counterBlind, "a wide one goes far beyond", "10m peer symbol_error =65535",
            until: "30m"),
        Row(
            .probeStale, "a probe does not answer",
            "10m probe infiniband silent\n"
                + "20m probe infiniband back", until: "30m", "10m raised UNKNOWN",
            "20m resolved UNKNOWN"),
        Row(
            .probeStale, "that of the GPUs", "10m probe gpu silent\n20m probe gpu back",
            until: "30m", "10m raised UNKNOWN", "20m resolved UNKNOWN"),
        Row(
            .probeStale, "two passes are missed",
            "10m probe infiniband silent\n620s probe infiniband back", until: "20m", every: 10),
        Row(
            .nothingObserved, "no port is seen from the start",
            "0s probe infiniband empty\n10m probe infiniband back", until: "20m",
            "0m raised UNKNOWN", "10m resolved UNKNOWN"),
        Row(
            .nothingObserved, "a port that is down is seen", "0s link polling", until: "20m"),
        Row(
            .nothingObserved, "a port that cannot be read is known", "10m local lost",
            until: "20m"),
        Row(
            .kernelLogUnreadable, "it cannot be read, until somebody gives leave",
            "0s log lost\n10m log back", until: "20m", "0m raised WARNING",
            "10m resolved WARNING"),
        Row(
            .kernelLogUnreadable, "records that were overwritten are an event",
            "10m told kernel_log_gap 100", until: "20m"),
        Row(.kernelLogUnreadable, "a log without news", "10m miss 5m", until: "20m"),
        Row(
            .historyUnavailable, "the disk is full, until somebody makes room",
            "10m history full\n20m history back", until: "30m", "10m raised WARNING",
            "20m resolved WARNING"),
        Row(.historyUnavailable, "a restart of the daemon", "10m restart", until: "20m"),
        Row(.historyUnavailable, "passes that were missed", "10m miss 10m", until: "30m"),
    ]
}
