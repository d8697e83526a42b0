/// Every counter and gauge of a PCI function, one row each: what the kernel keeps of its link and
/// of the errors that it reported (AER).
///
/// The kernel counts each error under the severity that the device reported it with. Errors are
/// listed by name under the severity that PCIe gives them by default (PCIe 6.0, table 6-5); the
/// totals have the others as well.
package enum PCICounters {
    /// The counters; a counter's index here is its number in frames between daemon and probe.
    package static let all: [Counter] = totals + correctable + nonFatal + fatal

    /// The gauges; likewise.
    package static let gauges: [Gauge] = presence + link

    /// The word that stands before a file's total, by the file's name.
    package static let totalSymbols = [
        "aer_dev_correctable": "TOTAL_ERR_COR", "aer_dev_nonfatal": "TOTAL_ERR_NONFATAL",
        "aer_dev_fatal": "TOTAL_ERR_FATAL",
    ]

    /// The row of the gauge that says whether the configuration space answers.
    package static let presentRow = row(gauge: "present")

    /// The row of a gauge, 0 for an unknown name.
    package static func row(gauge name: String) -> Int {
        gauges.firstIndex { $0.name == name } ?? 0
    }

    // MARK: Counters

    private static func row(
        _ name: String, _ file: String, _ symbol: String, _ accuses: Accused, _ help: String
    ) -> Counter {
        Counter(
            name, unit: .events, accuses: accuses, help: help,
            fields: [Field(pciFile: "aer_dev_\(file)", symbol)])
    }

    private static let totals: [Counter] = [
        row(
            "aer_correctable", "correctable", "TOTAL_ERR_COR", .pciePath,
            "PCIe errors that were corrected."),
        row(
            "aer_nonfatal", "nonfatal", "TOTAL_ERR_NONFATAL", .pciePath,
            "PCIe errors that were not corrected and left the link usable."),
        row(
            "aer_fatal", "fatal", "TOTAL_ERR_FATAL", .pciePath,
            "PCIe errors that made the link unusable."),
    ]

    private static func correctable(
        _ name: String, _ symbol: String, _ accuses: Accused, _ help: String
    ) -> Counter {
        row("aer_correctable_\(name)", "correctable", symbol, accuses, help)
    }

    private static let correctable: [Counter] = [
        correctable("receiver", "RxErr", .pciePath, "Errors of the PCIe receiver, corrected."),
        correctable(
            "bad_tlp", "BadTLP", .pciePath,
            "PCIe transaction packets received damaged, and sent again."),
        correctable("bad_dllp", "BadDLLP", .pciePath, "PCIe link packets received damaged."),
        correctable(
            "rollover", "Rollover", .pciePath,
            "Times the PCIe replay number rolled over, which makes the link retrain."),
        correctable(
            "replay_timeout", "Timeout", .pciePath,
            "Times a PCIe packet was sent again because no acknowledgement came in time."),
        correctable(
            "advisory", "NonFatalErr", .nobody,
            "PCIe errors that were not corrected and are told to be of no consequence."),
        correctable(
            "internal", "CorrIntErr", .pciFunction, "Errors within the function, corrected."),
        correctable(
            "header_log_overflow", "HeaderOF", .nobody,
            "PCIe errors of which the header could not be logged."),
    ]

    private static func nonFatal(
        _ name: String, _ symbol: String, _ accuses: Accused, _ help: String
    ) -> Counter {
        row("aer_nonfatal_\(name)", "nonfatal", symbol, accuses, help)
    }

    private static let nonFatal: [Counter] = [
        nonFatal(
            "poisoned_tlp", "TLP", .upstream,
            "PCIe packets received whose sender marked the data as damaged."),
        nonFatal(
            "completion_timeout", "CmpltTO", .pciePath, "PCIe requests that nobody answered."),
        nonFatal(
            "completer_abort", "CmpltAbrt", .pciFunction,
            "PCIe requests that the function gave up."),
        nonFatal(
            "unexpected_completion", "UnxCmplt", .pciePath,
            "PCIe answers to what was not asked."),
        nonFatal(
            "ecrc", "ECRC", .pciePath, "PCIe packets received with a wrong end-to-end CRC."),
        nonFatal(
            "unsupported_request", "UnsupReq", .host,
            "PCIe requests that the function does not support."),
        nonFatal(
            "acs_violation", "ACSViol", .host, "PCIe requests that access control (ACS) forbids."),
    ]

    private static func fatal(
        _ name: String, _ symbol: String, _ accuses: Accused, _ help: String
    ) -> Counter {
        row("aer_fatal_\(name)", "fatal", symbol, accuses, help)
    }

    private static let fatal: [Counter] = [
        fatal("link_protocol", "DLP", .pciePath, "Errors of the PCIe link protocol."),
        fatal(
            "surprise_down", "SDES", .pciePath,
            "Times the PCIe link went down without notice."),
        fatal("flow_control", "FCP", .pciePath, "Errors of the PCIe flow control."),
        fatal(
            "receiver_overflow", "RxOF", .pciePath,
            "Times more PCIe packets came than there were credits for."),
        fatal("malformed_tlp", "MalfTLP", .pciePath, "PCIe packets received that make no sense."),
        fatal(
            "internal", "UncorrIntErr", .pciFunction,
            "Errors within the function that were not corrected."),
    ]

    // MARK: Gauges

    private static func gauge(
        _ name: String, _ unit: GaugeUnit, codes: GaugeCodes? = nil, file: String? = nil,
        _ help: String
    ) -> Gauge {
        let file = file ?? name
        return Gauge(
            name, unit, help: help, codes: codes, sources: [GaugeSource(.pciFile(file), file)])
    }

    private static let presence: [Gauge] = [
        gauge(
            "present", .code, codes: .noYes, file: "config",
            "Whether the function's configuration space answers; one that is gone from the bus "
                + "reads as all ones."),
        gauge(
            "aer_native", .code, codes: .noYes, file: "drivers/aer",
            "Whether the kernel receives the errors below the root port; where the firmware keeps "
                + "them, counts may stay at 0 whatever happens."),
    ]

    private static let link: [Gauge] = [
        gauge("current_link_width", .lanes, "PCIe lanes in use."),
        gauge("max_link_width", .lanes, "PCIe lanes that the function has."),
        gauge("current_link_speed", .megatransfers, "PCIe signalling rate per lane in use."),
        gauge("max_link_speed", .megatransfers, "PCIe signalling rate that the function has."),
    ]
}
