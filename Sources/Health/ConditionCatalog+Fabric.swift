// Packets, routing and transport.
extension ConditionCatalog {
    static let fabric: [ConditionRow] = [
        ConditionRow(
            .remotePhysicalErrors, .fabric,
            "Packets arrive that an earlier hop has marked as bad; this link is not to blame.",
            .info,
            trigger: "PortRcvRemotePhysicalErrors at this node: {info_count} in {info_window}; "
                + "WARNING at {warning_count} in {warning_window}",
            clearing: "none for {clear_after}",
            count("info", 1, in: hour, "some hop loses packets")
                + count("warning", 100, in: hour, "ibqueryerrors' sample file: 100")
                + [clear(2 * hour, "twice the window")],
            accused: [.fabric], ladder: Ladder(.watch, .pageFabricOwner),
            source: "IBTA vol 1, 16.1.3.5 PortRcvRemotePhysicalErrors"),
        ConditionRow(
            .transmitDiscards, .fabric, "A port throws packets away that it cannot send.",
            .warning,
            trigger: "PortXmitDiscards at either end: {warning_count} in {warning_window}; "
                + "CRITICAL at {critical_count} in each of {critical_of} of {critical_periods} "
                + "windows while the link is active",
            clearing: "fewer for {clear_after}",
            count("warning", 201, in: 300, "UFM event 116: more than 200 in 300 s")
                + count(
                    "critical", 1001, in: 300, of: 2, periods: 3,
                    "five times the warning, and \(twoOfThree)")
                + [clear(1800, "six windows")],
            accused: [.host, .peerPort], ladder: Ladder(.watch, .watch, .drain),
            source: "IBTA vol 1, 16.1.3.5 PortXmitDiscards, 16.1.4.2 PortXmitDiscardDetails"),
        ConditionRow(
            .congestion, .fabric, "A port waits far longer for credits than it used to.", .info,
            trigger: "over {window}, PortXmitWait by PortXmitData of one end is more than {factor} "
                + "times what is usual there, the median of its latest week, and in that more than "
                + "{rails_factor} times every other rail of the same model; where at least {busy} "
                + "of the rate was sent",
            clearing: "not so for {clear_after}",
            [
                Threshold("window", 900, .seconds, "longer than one step of a job"),
                Threshold(
                    "factor", 5, .count, "ticks differ by model, so a port is its own measure"),
                Threshold(
                    "rails_factor", 2, .count, "what all rails do is the job's, and no port's"),
                Threshold("busy", 0.01, .ratio, "of a few packets a ratio says nothing"),
                clear(1800, "two windows"),
            ],
            accused: [.host, .fabric], ladder: Ladder(.watch, .watch),
            coverage: .partly(
                "other nodes of the rail are not known here, nor is anything usual before a day "
                    + "was watched; mlx5 HCAs do not tell for how long they wait"),
            source: "IBTA vol 1, 16.1.4.11 PortXmitWait, PortXmitData"),
        ConditionRow(
            .hostBackpressure, .fabric,
            "The host takes packets more slowly than the link brings them.", .warning,
            trigger: "the HCA waited for PCIe in {warning_count} or more seconds of "
                + "{warning_window}, or dropped a packet for it, while the far end discarded "
                + "or waited, in {warning_of} of {warning_periods} windows",
            clearing: "not so for {clear_after}",
            count(
                "warning", 3, in: 300, of: 2, periods: 3,
                "1 % of the time, each second counted where 30 % of it was stalled")
                + [clear(1800, "six windows")],
            accused: [.host, .pciePath], ladder: Ladder(.watch, .drain),
            source: "kernel mlx5 counters.rst outbound_pci_stalled_*, "
                + "outbound_pci_buffer_overflow"),
        ConditionRow(
            .routingOrKey, .fabric,
            "Packets are refused for their partition, or cannot be routed.", .warning,
            trigger: "constraint errors at either end: {warning_count} in {warning_window}; or "
                + "packets with a bad M_Key, P_Key or Q_Key at this node: {key_count} in "
                + "{key_window}; or PortRcvSwitchRelayErrors: {relay_count} in {relay_window}",
            clearing: "none of the first two for {clear_after}, and fewer of the last",
            count("warning", 1, in: hour, "partitions are enforced: somebody is not in his")
                + count("key", 1, in: hour, "SM traps 256 to 258 tell of each")
                + count(
                    "relay", 1000, in: 300,
                    "UFM event 115: more than 999 in 300 s; multicast makes some")
                + [clear(dayLong, "a rogue sender may come once a day")],
            accused: [.subnetManager, .fabric], ladder: Ladder(.watch, .pageFabricOwner),
            source: "IBTA vol 1, 16.1.3.5 PortXmitConstraintErrors, PortRcvConstraintErrors, "
                + "PortRcvSwitchRelayErrors; 14.2.5.6 M_KeyViolations, P_KeyViolations, "
                + "Q_KeyViolations"),
        ConditionRow(
            .subnetManagerLost, .fabric, "A port has no subnet manager.", .critical,
            trigger: "the link is up and PortState stays init or armed, or the manager's LID is 0 "
                + "or 0xFFFF on an active port, for {raise_after}",
            clearing: "active with a manager for {clear_after}",
            [
                raise(60, "OpenSM sweeps every 10 s"),
                clear(60, "a manager that starts sweeps more than once"),
            ],
            accused: [.subnetManager], ladder: Ladder(.watch, .pageFabricOwner),
            source: "IBTA vol 1, 14.2.5.6 PortState, MasterSMLID"),
        ConditionRow(
            .addressChanged, .fabric, "The subnet manager or the address of a port changed.",
            .info,
            trigger: "{info_count} change of LID or manager in {info_window}; WARNING at "
                + "{warning_count} in {warning_window}",
            clearing: "none for {clear_after}",
            count("info", 1, in: hour, "jobs lose connections over it")
                + count("warning", 3, in: hour, "a failover is one or two")
                + [clear(hour, "the window")],
            accused: [.subnetManager], ladder: Ladder(.none, .pageFabricOwner),
            source: "IBTA vol 1, 14.2.5.6 LID, MasterSMLID; libibverbs IBV_EVENT_SM_CHANGE"),
        ConditionRow(
            .managementDrops, .fabric, "Management packets are dropped.", .warning,
            trigger: "VL15Dropped or QP1Dropped at either end: {warning_count} in "
                + "{warning_window}",
            clearing: "fewer for {clear_after}",
            count("warning", 50, in: 300, "UFM event 121: 50 in 300 s")
                + [clear(hour, "twelve windows")],
            accused: [.daemon, .fabric], ladder: Ladder(.watch, .watch),
            source: "IBTA vol 1, 16.1.3.5 VL15Dropped"),
        ConditionRow(
            .retryStorm, .fabric,
            "Packets have to be sent again, or connections end because nothing is acknowledged.",
            .warning,
            trigger: "{warning_count} retries, and {ratio} of the packets sent, in each of "
                + "{warning_of} of {warning_periods} windows of {warning_window}; CRITICAL when "
                + "{critical_count} queue pair ended within {critical_window} and, from "
                + "{cause_before} before to {cause_behind} behind, the link itself went down or "
                + "retrained, or had errors while a condition of its signal is CRITICAL",
            clearing: "not so for {clear_after}",
            count("warning", 100, in: 300, of: 2, periods: 3, twoOfThree)
                + [
                    Threshold(
                        "ratio", 1e-6, .ratio, "a link within its limit loses far fewer packets")
                ]
                + count("critical", 1, in: 420, "as long as a cause may come before or behind")
                + [
                    Threshold(
                        "cause_before", 300, .seconds,
                        "8 tries of up to four times 2^20 x 4.096 us (NCCL's timeout; IBTA vol 1, "
                            + "9.7.6.1.3) are 137 s: twice that"),
                    Threshold(
                        "cause_behind", 120, .seconds,
                        "the other end is read again when the link is back"),
                ]
                + [clear(1800, "six windows")],
            accused: [.fabric, .remoteNode, .cable], ladder: Ladder(.watch, .watch, .drain),
            source: "kernel mlx5 hw_counters; NCCL error 12 is a retry that ran out"),
        ConditionRow(
            .silentDropSuspect, .fabric, "Packets seem to vanish uncounted, or to be changed.",
            .warning,
            trigger: "in each of the latest {windows} windows of {window}, in one direction, one "
                + "end sent more packets than the other received or counted as errors: more than "
                + "{ratio} of them, than {management_count}, and than can be under way between "
                + "two readings; every step exact, no retrain, and not fewer sent than received "
                + "in the other direction. CRITICAL at {critical_count} packet with a bad "
                + "invariant CRC in {critical_window}",
            clearing: "not so in {windows} windows",
            [
                Threshold("ratio", 1e-7, .ratio, "links within their limit lose far fewer"),
                Threshold("window", 900, .seconds, "the moment of reading counts but at its edges"),
                Threshold("windows", 3, .count, "a moment of reading cannot err thrice one way"),
                Threshold(
                    "management_count", 5000, .count,
                    "an end may leave out VL15: a dozen packets a pass, and sweeps"),
            ]
                + count("critical", 1, in: hour, "no link damages a packet and mends its VCRC")
                + [clear(2700, "three windows")],
            accused: [.peerSwitch, .localPort], ladder: Ladder(.watch, .watch, .drain),
            coverage: .partly(
                "mlx5 counts packets of a function: beside traffic inside the HCA, or of virtual "
                    + "functions, the ends cannot be compared, and are not; what is lost must be "
                    + "more than a pass's length of a full link may hide"),
            source: "IBTA vol 1, 16.1.4.11 PortXmitPkts, PortRcvPkts; kernel mlx5 mad.c; "
                + "rx_icrc_encapsulated"),
    ]
}
