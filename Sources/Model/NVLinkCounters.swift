/// Every counter and gauge of one NVLink, as its GPU counts them; one row each.
package enum NVLinkCounters {
    /// The counters; a counter's index here is its number in frames between daemon and probe.
    package static let all: [Counter] = dataLink + traffic + generation5 + fecHistory

    /// The gauges; likewise.
    package static let gauges: [Gauge] = [
        Gauge(
            "state", .code, help: "State of the link.", codes: .linkState,
            sources: [
                GaugeSource(
                    .nvmlField(165), "NVML_FI_DEV_NVLINK_GET_STATE", firstDriver: 520),
                GaugeSource(
                    .nvmlCall("nvmlDeviceGetNvLinkState", part: ""), "nvmlDeviceGetNvLinkState",
                    firstDriver: 450),
            ]),
        Gauge(
            "version", .code, help: "Generation of the link.", codes: .linkVersion,
            sources: [
                GaugeSource(
                    .nvmlField(166), "NVML_FI_DEV_NVLINK_GET_VERSION", firstDriver: 520),
                GaugeSource(
                    .nvmlCall("nvmlDeviceGetNvLinkVersion", part: ""),
                    "nvmlDeviceGetNvLinkVersion", firstDriver: 450),
            ]),
        Gauge(
            "speed", .megabytesPerSecond, help: "Speed of the link in one direction.",
            sources: [
                GaugeSource(.nvmlField(164), "NVML_FI_DEV_NVLINK_GET_SPEED", firstDriver: 520)
            ]),
        Gauge(
            "remote_link", .code, help: "The number of the link at its other end.",
            sources: [
                GaugeSource(
                    .nvmlField(146), "NVML_FI_DEV_NVLINK_REMOTE_NVLINK_ID", firstDriver: 455)
            ]),
        Gauge(
            "effective_ber", .bitErrorRatio,
            help: "Bit error ratio after FEC since the link came up or was cleared.",
            sources: [
                GaugeSource(
                    .nvmlField(220), "NVML_FI_DEV_NVLINK_COUNT_EFFECTIVE_BER", firstDriver: 560)
            ]),
        Gauge(
            "symbol_ber", .bitErrorRatio,
            help: "Symbol error ratio after FEC since the link came up or was cleared.",
            sources: [
                GaugeSource(
                    .nvmlField(222), "NVML_FI_DEV_NVLINK_COUNT_SYMBOL_BER", firstDriver: 560)
            ]),
    ]

    /// The row of the gauge that says whether the link is active.
    package static let stateRow = 0

    // MARK: Up to NVLink 4

    // Kinds of nvmlNvLinkErrorCounter_t, for drivers without the field.
    private static func dataLink(
        _ name: String, _ id: UInt32, _ symbol: String, kind: String, _ help: String
    ) -> Counter {
        let call = "nvmlDeviceGetNvLinkErrorCounter"
        return Counter(
            name, unit: .events, accuses: .link, help: help,
            fields: [
                Field(
                    nvml: .nvmlField(id), "NVML_FI_DEV_NVLINK_ERROR_\(symbol)", firstDriver: 520,
                    reset: .linkErrors),
                Field(
                    nvml: .nvmlCall(call, part: kind), call, firstDriver: 450,
                    reset: .linkErrors),
            ])
    }

    private static let dataLink: [Counter] = [
        dataLink(
            "replay_errors", 161, "DL_REPLAY", kind: "DL_REPLAY",
            "Transmissions repeated because of an error on the link (up to NVLink 4)."),
        dataLink(
            "recovery_errors", 162, "DL_RECOVERY", kind: "DL_RECOVERY",
            "Times the link recovered after errors (up to NVLink 4)."),
        dataLink(
            "crc_errors", 163, "DL_CRC", kind: "DL_CRC_FLIT",
            "Flits received with a CRC error (up to NVLink 4)."),
    ]

    // MARK: Traffic

    private static func traffic(
        _ name: String, _ id: UInt32, _ symbol: String, _ help: String
    ) -> Counter {
        Counter(
            name, unit: .kibibytes, accuses: .nobody, help: help,
            fields: [
                Field(
                    nvml: .nvmlField(id), "NVML_FI_DEV_NVLINK_THROUGHPUT_\(symbol)",
                    firstDriver: 450, reset: .gpu)
            ])
    }

    private static let traffic: [Counter] = [
        traffic("tx_data", 138, "DATA_TX", "Payload sent."),
        traffic("rx_data", 139, "DATA_RX", "Payload received."),
        traffic("tx_raw", 140, "RAW_TX", "Data sent, protocol included."),
        traffic("rx_raw", 141, "RAW_RX", "Data received, protocol included."),
    ]

    // MARK: From NVLink 5

    private static func count(
        _ name: String, unit: Unit = .events, _ accuses: Accused, _ id: UInt32,
        _ symbol: String, reset: ResetDomain = .linkErrors, _ help: String
    ) -> Counter {
        Counter(
            name, unit: unit, accuses: accuses, help: help,
            fields: [
                Field(
                    nvml: .nvmlField(id), "NVML_FI_DEV_NVLINK_COUNT_\(symbol)", firstDriver: 560,
                    reset: reset)
            ])
    }

    private static let generation5: [Counter] = [
        count(
            "tx_packets", unit: .packets, .nobody, 201, "XMIT_PACKETS", reset: .gpu, "Packets sent."
        ),
        count("tx", unit: .bytes, .nobody, 202, "XMIT_BYTES", reset: .gpu, "Bytes sent."),
        count(
            "rx_packets", unit: .packets, .nobody, 203, "RCV_PACKETS", reset: .gpu,
            "Packets received."),
        count("rx", unit: .bytes, .nobody, 204, "RCV_BYTES", reset: .gpu, "Bytes received."),
        count(
            "malformed_packet_errors", unit: .packets, .incomingPath, 206,
            "MALFORMED_PACKET_ERRORS",
            "Packets received that break a rule of the format."),
        count(
            "buffer_overrun_errors", unit: .packets, .credits, 207, "BUFFER_OVERRUN_ERRORS",
            "Packets received that found no buffer."),
        count(
            "receive_errors", unit: .packets, .incomingPath, 208, "RCV_ERRORS",
            "Packets received with an error."),
        count(
            "receive_remote_errors", unit: .packets, .upstream, 209, "RCV_REMOTE_ERRORS",
            "Packets received that an earlier hop had marked as bad."),
        count(
            "receive_general_errors", unit: .packets, .incomingPath, 210, "RCV_GENERAL_ERRORS",
            "Packets received whose header does not match."),
        count(
            "local_link_integrity_errors", .incomingPath, 211, "LOCAL_LINK_INTEGRITY_ERRORS",
            "Times the link's integrity fell below its threshold."),
        count(
            "transmit_discards", unit: .packets, .downstream, 212, "XMIT_DISCARDS",
            "Packets discarded on the way out."),
        count(
            "recovery_successful", .link, 213, "LINK_RECOVERY_SUCCESSFUL_EVENTS",
            "Times the link recovered without going down."),
        count(
            "recovery_failed", .link, 214, "LINK_RECOVERY_FAILED_EVENTS",
            "Times recovery failed and the link was declared down."),
        count(
            "recovery", .link, 215, "LINK_RECOVERY_EVENTS", "Times the link began to recover."),
        count(
            "effective_errors", .incomingPath, 219, "EFFECTIVE_ERRORS",
            "Errors left after FEC."),
        count(
            "symbol_errors", unit: .symbols, .incomingPath, 221, "SYMBOL_ERRORS",
            "Symbols received in error and left after FEC."),
    ]

    private static let fecHistory: [Counter] = (0...15).map { (bin: UInt8) in
        Counter(
            "fec_history_bin_\(bin)", index: Counter.Index("bin", bin), unit: .blocks,
            accuses: .nobody, help: "FEC blocks received with this many symbols corrected.",
            fields: [
                Field(
                    nvml: .nvmlField(235 + UInt32(bin)),
                    "NVML_FI_DEV_NVLINK_COUNT_FEC_HISTORY_\(bin)", firstDriver: 570,
                    reset: .linkErrors)
            ])
    }
}
