// Whether a link is there, and what it is.
extension ConditionCatalog {
    static let links: [ConditionRow] = [
        ConditionRow(
            .linkDown, .link, "An InfiniBand port that is watched is not active.", .warning,
            trigger: "PortState is not active; CRITICAL after {critical_after}. INFO only: a port "
                + "that was switched off, within {boot_grace} of a boot or a driver load, a "
                + "port that never was active where no manifest expects it, and within {flap_max} "
                + "of being seen to go",
            clearing: "active for {clear_after}",
            [
                after("critical", 30, "longer than a retrain takes"), clear(600, settled),
                Threshold(
                    "flap_max", 15, .seconds,
                    "three looks at the default interval; ib_link_flap counts what is shorter"),
                Threshold(
                    "boot_grace", 300, .seconds,
                    "an active cable's first link-up takes up to 2 min; subnet managers sweep "
                        + "every 10 s and configure fabrics in minutes"),
            ],
            accused: [.cable, .peerPort, .localPort], ladder: Ladder(.watch, .watch, .drain),
            source: "IBTA vol 1, 14.2.5.6 PortState"),
        ConditionRow(
            .linkFlap, .link, "A link went down and came back, again and again.", .warning,
            trigger: "the end that counted most went down {warning_count} times in "
                + "{warning_window}; CRITICAL at {critical_count} in {critical_window} or "
                + "{critical_day_count} in {critical_day_window}; what happens within boot_grace "
                + "of a boot or driver load does not count",
            clearing: "no further time for {clear_after}, seen at both ends",
            count("warning", 2, in: dayLong, "one may be a switch's reboot or a reseat")
                + count("critical", 3, in: hour, "OpenSM's health monitor: 5 in 30 sweeps")
                + count("critical_day", 5, in: dayLong, "Azure NHC: 5 lost carriers in 24 h")
                + [clear(dayLong)],
            accused: [.cable, .localPort, .peerPort],
            ladder: Ladder(.watch, .cleanAndReseat, .replacePart),
            source: "IBTA vol 1, 16.1.3.5 LinkDownedCounter; libibverbs IBV_EVENT_PORT_ERR"),
        ConditionRow(
            .linkRecovery, .link, "A link retrained without going down.", .info,
            trigger: "LinkErrorRecovery at either end: {info_count} in {info_window}; WARNING at "
                + "{warning_count} in {warning_window}, CRITICAL at {critical_count} in "
                + "{critical_window}",
            clearing: "none for {clear_after}",
            count("info", 1, in: dayLong, "a good link needs none")
                + count("warning", 3, in: hour, "more than one event, with its retries")
                + count("critical", 10, in: hour, "ibqueryerrors' sample file: 10")
                + [clear(dayLong)],
            accused: [.cable, .localPort, .peerPort],
            ladder: Ladder(.watch, .cleanAndReseat, .replacePart),
            source: "IBTA vol 1, 16.1.3.5 LinkErrorRecoveryCounter"),
        ConditionRow(
            .widthDegraded, .link, "A link has fewer lanes than it should have.", .warning,
            trigger: "the manifest expects more lanes; without a manifest, the link had more with "
                + "this neighbour before, or has one lane, and both ends support and enable more; "
                + "CRITICAL after {critical_after}",
            clearing: "not so for {clear_after}, read at both ends",
            [after("critical", 60, "outlasts a retrain"), clear(600, settled)],
            accused: [.cable, .localPort, .peerPort],
            ladder: Ladder(.watch, .cleanAndReseat, .drain),
            coverage: .partly(
                "a link that always had two lanes of four is taken for one of half the rate, as "
                    + "split ports are, where no manifest says more"),
            source: "\(manifest); IBTA vol 1, 14.2.5.6 LinkWidthSupported, LinkWidthEnabled, "
                + "LinkWidthActive; iblinkinfo's \"Could be\""),
        ConditionRow(
            .speedDegraded, .link,
            "The lanes of a link are slower than they should be, or its FEC is another.",
            .warning,
            trigger: "the manifest expects faster lanes or another FEC; without a manifest, the "
                + "lanes were faster with this neighbour before and both ends support and enable "
                + "that; CRITICAL after {critical_after}. WARNING only: another FEC than expected "
                + "or than at the other end, and without a manifest two grades less than both "
                + "ends enable",
            clearing: "not so for {clear_after}, read at both ends",
            [after("critical", 60, "outlasts a retrain"), clear(600, settled)],
            accused: [.cable, .peerPort, .localPort],
            ladder: Ladder(.watch, .cleanAndReseat, .drain),
            coverage: .partly(
                "what a cable is made for is not read: without a manifest a link that always was "
                    + "one grade slower is taken for one of such a cable or card; the FEC of HCAs "
                    + "is not read, nor are XDR's grades"),
            source: "\(manifest); IBTA vol 1, 14.2.5.6 LinkSpeedExtSupported, "
                + "LinkSpeedExtEnabled, LinkSpeedExtActive; iblinkinfo's \"Could be\""),
        ConditionRow(
            .miswired, .link, "A cable leads to another port than the manifest expects.", .info,
            trigger: "another neighbour than the manifest's; WARNING after {warning_after}",
            clearing: "at once when they agree",
            [after("warning", 60, "outlasts a cable that is being moved")],
            accused: [.administrator], ladder: Ladder(.watch, .correctConfiguration),
            source: "\(manifest); IBTA vol 1, 14.2.5.3 NodeInfo"),
        ConditionRow(
            .peerUnobservable, .link,
            "The link is active, and the counters of its other end cannot be read.", .info,
            trigger: "the other end does not answer or refuses; WARNING after {warning_after}",
            clearing: "at once when it answers",
            [after("warning", 1800, "a switch that reboots is back by then")],
            accused: [], ladder: Ladder(.watch, .pageFabricOwner),
            source: "IBTA vol 1, 14.2.4 M_Key and 16.1.3.1 PM_Key: keys hide a peer"),
        ConditionRow(
            .portUnobservable, .link, "A port of this node cannot be read.", .unknown,
            trigger: "reading the port fails, or it has not been read for too long",
            clearing: "at once when it is read",
            accused: [.host], ladder: Ladder(.mendHost),
            source: "umad(7): the device file decides who may ask"),
        ConditionRow(
            .peerSwitchEvent, .link,
            "Several links of this node to one switch went down together.", .warning,
            trigger: "{links} links of different HCAs to one switch went down within {within}; "
                + "CRITICAL after {critical_after}. It stands for their ib_link_down",
            clearing: "with the last of these links",
            [
                Threshold("links", 2, .count, "one link may be a cable"),
                Threshold(
                    "within", 10, .seconds, "a pass; ports of a switch that reboots go together"),
                after("critical", 30, "as ib_link_down"),
            ],
            accused: [.peerSwitch], ladder: Ladder(.watch, .pageFabricOwner),
            source: "several ports of one switch at once are the switch's"),
    ]

    static let manifest = "the manifest, inventory.manifest in the configuration"
}
