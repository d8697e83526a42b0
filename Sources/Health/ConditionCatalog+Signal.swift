// How well a link carries bits.
extension ConditionCatalog {
    static let signal: [ConditionRow] = [
        ConditionRow(
            .symbolErrorsElevated, .signal, "More symbol errors than a good link has.", .warning,
            trigger: "one direction's error ratio is above {ratio} ({ratio_no_fec} without FEC) "
                + "with 95 % confidence over {window}; or with FEC {long_count} errors in "
                + "{long_passes} or more passes within the time in which {long_ratio} makes "
                + "{long_count}: 500, 250, 125, 63 min at EDR, HDR, NDR, XDR",
            clearing: "no error in that direction for that time",
            [
                Threshold(
                    "ratio", 1e-14, .ratio,
                    "UFM's link validation: 1e-14 over 12 min; mlxlink's "
                        + "corner limit"),
                Threshold(
                    "ratio_no_fec", 1e-12, .ratio, "IBTA vol 2: 1e-12 at the receiver"),
                Threshold("window", 720, .seconds, "UFM's link validation: 12 min"),
                Threshold(
                    "long_ratio", 1e-15, .ratio, "NVIDIA's cable test level, effective BER"),
                Threshold(
                    "long_count", 3, .count,
                    "three expected errors, none seen: 95 % (exp(-3) = 0.05)"),
                Threshold("long_passes", 2, .count, "one burst is not a ratio"),
            ],
            accused: [.cable, .peerPort, .localPort], ladder: Ladder(.watch, .cleanAndReseat),
            source: "IBTA vol 1, 16.1.3.5 SymbolErrorCounter; Poisson bounds, Garwood 1936"),
        ConditionRow(
            .symbolErrorsHigh, .signal, "More symbol errors than a link may have.", .critical,
            trigger: "one direction's error ratio is above {ratio} ({ratio_no_fec} without FEC) "
                + "with 95 % confidence over {window}; or it was elevated in {elevated_of} of the "
                + "latest {elevated_periods} such windows",
            clearing: "no error in that direction for twice the time that ends "
                + "ib_symbol_ber_elevated",
            [
                Threshold("ratio", 1e-12, .ratio, "IBTA vol 2: the limit of a link"),
                Threshold("ratio_no_fec", 1e-11, .ratio, "ten times the limit of a link"),
                Threshold("window", 720, .seconds, "UFM's link validation: 12 min"),
                Threshold("elevated_of", 4, .count, "an hour and more, not a burst"),
                Threshold("elevated_periods", 6, .count, "an hour and more, not a burst"),
            ],
            accused: [.cable, .peerPort, .localPort], ladder: Ladder(.watch, .drain, .replacePart),
            source: "IBTA vol 1, 16.1.3.5 SymbolErrorCounter; Poisson bounds, Garwood 1936"),
        ConditionRow(
            .fecUncorrectable, .signal, "FEC blocks arrive that cannot be corrected.", .warning,
            trigger: "{warning_count} in {warning_passes} or more passes within {warning_window}; "
                + "CRITICAL at {critical_count} in {critical_window} while PortRcvErrors rise",
            clearing: "none for {clear_after}",
            count("warning", 3, in: 7500, "NVIDIA's 1e-15 makes 3 errors in 125 min at NDR")
                + [Threshold("warning_passes", 2, .count, "one burst is not a ratio")]
                + count(
                    "critical", 3, in: hour,
                    "link-level retry recovers blocks: packets must be lost as well")
                + [clear(7500, "125 min at NDR prove 1e-15 with 95 % confidence")],
            accused: [.peerPort, .cable, .localPort],
            ladder: Ladder(.watch, .cleanAndReseat, .replacePart),
            coverage: .partly("HCAs do not tell; the far end tells of the way from this node"),
            source: "IBTA vol 1, 16.1.4.12 PortFECUncorrectableBlockCounter"),
        ConditionRow(
            .fecMarginLow, .signal, "FEC has more to correct than it used to have.", .info,
            trigger: "at either end FEC corrected more than {factor} times what is usual there, "
                + "the median of its latest week, and more than {ratio} of the bits, in each of "
                + "the latest {hours} hours",
            clearing: "at most {clear_factor} times the usual, or {ratio}, in every hour of "
                + "{clear_after}",
            [
                Threshold("ratio", 1e-6, .ratio, "good links have less before FEC"),
                Threshold("factor", 10, .count, "models differ, so a port is its own measure"),
                Threshold("hours", 3, .count, "a warm afternoon is shorter"),
                Threshold("clear_factor", 2, .count, "a cable is as warm as its load"),
                clear(dayLong),
            ],
            accused: [.cable, .peerPort, .localPort], ladder: Ladder(.watch, .cleanAndReseat),
            coverage: .partly(
                "nothing is usual before a day was watched; a switch's counter of 32 bits is full "
                    + "within hours (1e-6 at NDR: 3 h), so that mostly the node's own end tells; "
                    + "histograms are not read"),
            source: "mlx5 rx_corrected_bits_phy over rx_bits_phy; IBTA vol 1, 16.1.4.12 "
                + "PortFECCorrectedSymbolCounter"),
        ConditionRow(
            .receiveErrors, .signal, "Packets arrive damaged.", .warning,
            trigger: "PortRcvErrors at either end: {warning_count} in each of {warning_of} of "
                + "{warning_periods} windows of {warning_window}; CRITICAL at {critical_count} in "
                + "{critical_window}, or at {critical_ratio_count} in {critical_ratio_window} "
                + "that are more than {critical_ratio} of the packets with 95 % confidence, in "
                + "{critical_passes} or more passes; WARNING where one pass had them all",
            clearing: "none for {clear_after}",
            count(
                "warning", 1, in: 300, of: 3, periods: 12,
                "UFM event 113 warns at 5; three windows outlast a burst")
                + count("critical", 10, in: 300, "ibqueryerrors' sample file: 10")
                + count(
                    "critical_ratio", 10, in: hour,
                    "10 in an hour at NDR prove more than 3e-15 of the bits")
                + [
                    Threshold(
                        "critical_ratio", 1e-12, .ratio, "UFM's link validation: PDR above 1e-12"),
                    Threshold("critical_passes", 2, .count, "one burst is no part that fails"),
                ]
                + [clear(2 * hour, "twice the window of the warning")],
            accused: [.cable, .peerPort, .localPort],
            ladder: Ladder(.watch, .cleanAndReseat, .replacePart),
            source: "IBTA vol 1, 16.1.3.5 PortRcvErrors, 16.1.4.1 PortRcvErrorDetails"),
        ConditionRow(
            .localIntegrity, .signal, "A receiver saw more errors than its threshold allows.",
            .warning,
            trigger: "LocalLinkIntegrityErrors at either end: {warning_count} in "
                + "{warning_window}; CRITICAL at {critical_count} in {critical_window}",
            clearing: "none for {clear_after}",
            count("warning", 1, in: hour, "each stands for LocalPhyErrors errors at once")
                + count("critical", 3, in: hour, "UFM event 119 warns at 5 without a time")
                + [clear(dayLong)],
            accused: [.cable, .peerPort, .localPort],
            ladder: Ladder(.watch, .cleanAndReseat, .replacePart),
            source: "IBTA vol 1, 16.1.3.5 LocalLinkIntegrityErrors, 14.2.5.6 LocalPhyErrors"),
        ConditionRow(
            .bufferOverrun, .signal, "A receiver ran out of buffers although credits forbid it.",
            .warning,
            trigger: "ExcessiveBufferOverrunErrors at either end: {warning_count} in "
                + "{warning_window}; CRITICAL at {critical_count} in {critical_window}",
            clearing: "none for {clear_after}",
            count("warning", 1, in: hour, "credits make it impossible")
                + count("critical", 2, in: hour, "once may be a burst of errors on the link")
                + [clear(dayLong)],
            accused: [.peerPort, .localPort], ladder: Ladder(.watch, .watch, .drain),
            source: "IBTA vol 1, 16.1.3.5 ExcessiveBufferOverrunErrors"),
        ConditionRow(
            .moduleAlarm, .signal, "A module is too hot, shorted or cannot be managed.",
            .critical,
            trigger: "the driver counts or logs {critical_count} alarm in {critical_window}",
            clearing: "none for {clear_after}",
            count("critical", 1, in: 1800, "the module or the driver itself gives alarm")
                + [clear(1800, "a hot module needs time to cool")],
            accused: [.localPort, .host], ladder: Ladder(.watch, .drain),
            coverage: .partly("temperatures of modules are not read, of the far module nothing is"),
            source: "kernel mlx5 ethtool module_*; SFF-8636 alarms in the kernel log"),
    ]
}
