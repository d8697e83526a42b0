// HCAs, PCIe and the rest of what the node should have; and what cannot be seen.
extension ConditionCatalog {
    static let parts: [ConditionRow] = [
        ConditionRow(
            .hcaMissing, .node, "An HCA that the manifest expects is not there.", .critical,
            trigger: "the manifest has an HCA that the kernel does not list",
            clearing: "there for {clear_after}", [clear(600, settled)],
            accused: [.host, .localPort], ladder: Ladder(.drain),
            coverage: .partly("without a manifest nobody says which HCAs there should be"),
            source: manifest),
        ConditionRow(
            .hcaFatal, .node, "An HCA does not work any more.", .critical,
            trigger: "the driver or the firmware reported a fatal error of the HCA within "
                + "{told_within}, or did within a day and the HCA does not answer since. The "
                + "event of libibverbs alone counts after {unconfirmed_after}, and not when the "
                + "driver was unloaded or loaded with it",
            clearing: "it answers for {clear_after}",
            [
                Threshold(
                    "told_within", 300, .seconds, "the driver recovers a device within minutes"),
                Threshold(
                    "unconfirmed_after", 60, .seconds,
                    "a driver that was unloaded is gone by the next pass"),
                clear(600, settled),
            ],
            accused: [.localPort, .pciePath, .host], ladder: Ladder(.drain),
            source: "libibverbs IBV_EVENT_DEVICE_FATAL; kernel mlx5/core/health.c"),
        ConditionRow(
            .inventoryMismatch, .node,
            "A part or a fact of the node is not what the manifest expects.", .warning,
            trigger: "any difference that no other condition has", clearing: "at once",
            accused: [.administrator], ladder: Ladder(.correctConfiguration), source: manifest),
        ConditionRow(
            .inventoryUnverified, .node, "Something that the manifest expects is unknown.", .info,
            trigger: "a fact of the manifest cannot be read", clearing: "at once",
            ladder: Ladder(.watch, .watch), source: "absence is not health"),
        ConditionRow(
            .pcieDegraded, .node,
            "A PCIe link has fewer lanes, or slower ones, than both of its ends have.", .critical,
            trigger: "for {raise_after}, fewer lanes than the lesser of both ends, or on the way "
                + "to an HCA slower ones; of a GPU slower ones for {busy_after} in which it is "
                + "busy in at least {busy} of the time: idle ones lower their speed",
            clearing:
                "not so for {clear_after}, of a GPU's speed while it is busy or at full speed",
            [
                raise(120, "outlasts a retrain and a power state"), clear(600, settled),
                Threshold(
                    "busy", 0.5, .ratio, "nvml.h utilization: a kernel runs, so clocks are up"),
                Threshold("busy_after", 300, .seconds, "outlasts the start of a job"),
            ],
            accused: [.pciePath, .localPort, .gpu], ladder: Ladder(.drain),
            coverage: .partly(
                "with MIG no load of a GPU is told, so that its speed is not judged; nor are "
                    + "bridges above GPUs"),
            source: "PCIe 6.0, 7.5.3.6 to 7.5.3.8: Link Capabilities and Status; sysfs"),
        ConditionRow(
            .pcieErrors, .node, "PCIe reports errors.", .info,
            trigger: "{info_count} corrected error in {info_window}; WARNING at {warning_count} in "
                + "each of {warning_of} of {warning_periods} windows of {warning_window}; CRITICAL "
                + "at {critical_nonfatal_count} non-fatal errors in {critical_nonfatal_window} or "
                + "{critical_fatal_count} fatal one in {critical_fatal_window}",
            clearing: "none for {clear_after}",
            count("info", 1, in: dayLong, "good links correct none for days")
                + count(
                    "warning", 11, in: 60, of: 3, periods: 5, "more than 10 a minute, and lasting")
                + count(
                    "critical_nonfatal", 2, in: dayLong, "one may be a request that was refused")
                + count(
                    "critical_fatal", 1, in: dayLong,
                    "the link was lost; precedes Xid 79 in half of all cases (Meta 2024)")
                + [clear(dayLong)],
            accused: [.pciePath], ladder: Ladder(.watch, .cleanAndReseat, .drain),
            source: "PCIe 6.0, 6.2 Error Signaling; kernel pci/pcie/aer.c"),
    ]

    static let meta: [ConditionRow] = [
        ConditionRow(
            .counterBlind, .daemon, "A counter is at its maximum and counts no more.", .warning,
            trigger: "a counter's value is its maximum; INFO when it counts no errors",
            clearing: "at once when it is below; until then nothing that it counts can clear",
            ladder: Ladder(.none, .watch),
            source: "IBTA vol 1, 16.1.3.5: PortCounters stop at their maximum"),
        ConditionRow(
            .counterReset, .daemon, "Somebody clears counters.", .info,
            trigger: "a part's counters were cleared {info_count} time in {info_window}; WARNING "
                + "at {warning_count} in {warning_window}",
            clearing: "none for {clear_after}",
            count("info", 1, in: dayLong, "what was counted before is lost to others")
                + count("warning", 3, in: dayLong, "a program does it: OpenSM at 75 %, UFM, cron")
                + [clear(dayLong, "the window")],
            accused: [.administrator, .subnetManager], ladder: Ladder(.none, .watch),
            source: "a counter went down while its device went on"),
        ConditionRow(
            .probeStale, .daemon, "A probe has not answered for three intervals.", .unknown,
            trigger: "no answer for three intervals", clearing: "at once",
            accused: [.host, .daemon], ladder: Ladder(.mendHost),
            source: "this daemon's schedule"),
        ConditionRow(
            .nothingObserved, .daemon,
            "No InfiniBand port has been observed, or none by one of the probes.", .unknown,
            trigger: "no port is seen", clearing: "at once", ladder: Ladder(.mendHost),
            source: "absence is not health"),
        ConditionRow(
            .kernelLogUnreadable, .daemon,
            "The kernel log cannot be read, so that most errors of GPUs go unseen.", .warning,
            trigger: "opening or reading it fails", clearing: "at once",
            accused: [.host], ladder: Ladder(.mendHost),
            source: "dmesg_restrict, capabilities(7) CAP_SYSLOG"),
        ConditionRow(
            .historyUnavailable, .daemon,
            "The history cannot be written or sealed, or is damaged.", .warning,
            trigger: "a pass could not be kept or sealed, or a check found damage",
            clearing: "at once when it is not so",
            accused: [.host], ladder: Ladder(.mendHost), source: "sqlite.org/rescode.html"),
    ]
}
