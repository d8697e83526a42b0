// More timelines of cables and HCAs.
extension ScenarioTests {
    static let cables: [Row] = trained + received + keys + adapters + usual + balanced

    private static let trained: [Row] = [
        Row(
            .widthDegraded, "a lane dies, and comes back", "10m lanes 2\n30m lanes 4",
            until: "1h", "10m raised WARNING", "11m escalated CRITICAL", "40m resolved CRITICAL"),
        Row(
            .widthDegraded, "one lane from the start", "0s lanes 1", until: "10m",
            "0m raised WARNING", "1m escalated CRITICAL"),
        Row(.widthDegraded, "a split port has two", "0s lanes 2\n0s allow peer 2 NDR", until: "1h"),
        Row(.widthDegraded, "a card of half the rate has two", "0s lanes 2", until: "1h"),
        Row(
            .widthDegraded, "somebody allows two only", "10m lanes 2\n10m allow local 2 NDR",
            until: "1h"),
        Row(
            .widthDegraded, "a restart and a far end that is hidden end nothing",
            "10m lanes 2\n12m restart\n20m peer lost\n21m lanes 4\n1h peer back",
            until: "2h", "10m raised WARNING", "11m escalated CRITICAL", "70m resolved CRITICAL"),
        Row(
            .widthDegraded, "down is not narrow",
            "10m link polling\n10m lanes 0\n20m link up\n"
                + "20m lanes 4", until: "1h"),
        Row(
            .speedDegraded, "it trains to less than before", "10m rate 53125\n30m rate 106250",
            until: "1h", "10m raised WARNING", "11m escalated CRITICAL", "40m resolved CRITICAL"),
        Row(
            .speedDegraded, "a cable that is made for less: one grade, and two",
            "0s rate 53125", until: "1h"),
        Row(
            .speedDegraded, "two grades less than both ends allow", "0s rate 25781", until: "1h",
            "0m raised WARNING"),
        Row(
            .speedDegraded, "somebody allows less", "10m rate 53125\n10m allow peer 4 HDR",
            until: "1h"),
        Row(
            .speedDegraded, "a card of half the rate trades lanes for speed",
            "0s rate 53125\n0s lanes 2\n10m rate 25781\n10m lanes 4\n"
                + "0s allow peer 4 HDR", until: "1h"),
    ]

    private static let received: [Row] = [
        Row(
            .receiveErrors, "ten in an hour of little traffic",
            "30m peer port_rcv_packets +1000000 every 5m until 4h\n"
                + "1h peer port_rcv_errors +5\n70m peer port_rcv_errors +5", until: "4h",
            "70m raised CRITICAL", "190m resolved CRITICAL"),
        Row(
            .receiveErrors, "ten in an hour of very many packets",
            "30m peer port_rcv_packets +9000000000000 every 5m until 4h\n"
                + "1h peer port_rcv_errors +5\n70m peer port_rcv_errors +5", until: "4h"),
        Row(
            .receiveErrors, "ten in an hour, and nobody counts packets",
            "1h peer port_rcv_errors +5\n70m peer port_rcv_errors +5", until: "4h"),
    ]

    private static let keys: [Row] = [
        Row(
            .routingOrKey, "somebody of another partition knocks",
            "1h local pkey_violations +3", until: "26h", every: 300, "1h raised WARNING",
            "25h resolved WARNING"),
        Row(
            .routingOrKey, "bad keys of long ago", like: .firstPoll,
            "0s local qkey_violations =4711\n0s local mkey_violations =2", until: "2h"),
        Row(
            .routingOrKey, "bad keys of a driver's load", like: .driverReload,
            "1h reload\n61m local pkey_violations +5", until: "2h"),
    ]

    private static let adapters: [Row] = [
        Row(
            .hcaFatal, "the firmware is unwell, and recovers", "10m told hca_health 1",
            until: "1h", "10m raised CRITICAL", "25m resolved CRITICAL"),
        Row(
            .hcaFatal, "it does not answer since",
            "10m told hca_health 1\n11m local lost\n2h local back", until: "3h",
            "10m raised CRITICAL", "130m resolved CRITICAL"),
        Row(
            .hcaFatal, "the device gives up, and the driver stays", "10m told hca_fatal 1",
            until: "1h", "11m raised CRITICAL", "25m resolved CRITICAL"),
        Row(
            .hcaFatal, "a driver is loaded anew", like: .driverReload,
            "10m told hca_fatal 1\n10m reload",
            until: "1h"),
        Row(.hcaFatal, "too hot is not dead", "10m told hca_health 1 16", until: "1h"),
    ]

    // 425 Gbit/s for a quarter of an hour, and 1e-8 of it corrected.
    private static func corrected(until end: String) -> String {
        "0s local rx_bits_phy +382500000000000 every 15m until \(end)\n"
            + "0s local rx_corrected_bits_phy +3825000 every 15m until \(end)\n"
    }
    // Two rails that send a tenth of their rate, and wait a little.
    private static let waiting = ["peer", "peer2"].map {
        "0s \($0) port_xmit_data +400000000000 every 5m until 33h\n"
            + "0s \($0) port_xmit_wait +1000000 every 5m until 33h\n"
    }.joined()

    private static let usual: [Row] = [
        Row(
            .fecMarginLow, "three hours of far more than usual, then a day as usual",
            corrected(until: "60h")
                + "30h local rx_corrected_bits_phy +6000000000 every 15m until 2025m",
            until: "60h", every: 900, "33h raised INFO", "58h resolved INFO"),
        Row(
            .fecMarginLow, "a restart in between forgets nothing",
            corrected(until: "34h")
                + "30h local rx_corrected_bits_phy +6000000000 every 15m until 34h\n"
                + "27h restart", until: "34h", every: 900, "33h raised INFO"),
        Row(
            .fecMarginLow, "an hour and a half",
            corrected(until: "38h")
                + "30h local rx_corrected_bits_phy +6000000000 every 15m until 1875m",
            until: "38h", every: 900),
        Row(
            .fecMarginLow, "thirty times very little",
            corrected(until: "36h")
                + "30h local rx_corrected_bits_phy +114000000 every 15m until 36h",
            until: "36h", every: 900),
        Row(
            .fecMarginLow, "much from the start is usual",
            "0s local rx_bits_phy +382500000000000 every 15m until 36h\n"
                + "0s local rx_corrected_bits_phy +6000000000 every 15m until 36h",
            until: "36h", every: 900),
        Row(
            .congestion, "one rail waits",
            waiting
                + "30h peer port_xmit_wait +10000000 every 5m until 31h", until: "33h",
            every: 300, "1805m raised INFO", "1900m resolved INFO"),
        Row(
            .congestion, "all rails wait, as a new job's do",
            waiting
                + "30h peer port_xmit_wait +10000000 every 5m until 31h\n"
                + "30h peer2 port_xmit_wait +9000000 every 5m until 31h", until: "33h",
            every: 300),
        Row(
            .congestion, "nothing is usual in the first day",
            waiting
                + "10h peer port_xmit_wait +10000000 every 5m until 12h", until: "15h",
            every: 300),
    ]

    // Packets of 4 KiB in a minute, at both ends and both ways; what is missing, is missing there.
    private static func packets(
        _ missing: [String: Int], until end: String, from start: String = "1m"
    ) -> String {
        ["local", "peer"].flatMap { end_ in
            ["port_xmit_packets", "port_rcv_packets"].map { counter in
                let count = 600_000_000 - (missing["\(end_) \(counter)"] ?? 0)
                return "\(start) \(end_) \(counter) +\(count) every 1m until \(end)\n"
            } + ["\(start) \(end_) port_xmit_data +614400000000 every 1m until \(end)\n"]
        }.joined()
    }

    private static let balanced: [Row] = [
        Row(
            .silentDropSuspect, "one packet of 600 vanishes on the way to the switch",
            packets(["peer port_rcv_packets": 1_000_000], until: "45m")
                + packets([:], until: "2h", from: "46m"), until: "2h", "45m raised WARNING",
            "90m resolved WARNING"),
        Row(
            .silentDropSuspect, "the other way, and somebody clears, which ends nothing",
            packets(["local port_rcv_packets": 1_000_000], until: "45m")
                + packets([:], until: "2h", from: "46m")
                + "50m peer clear every 10m until 2h", until: "2h", "45m raised WARNING"),
        Row(
            .silentDropSuspect, "traffic that stays inside the HCA",
            packets(
                ["peer port_rcv_packets": 1_000_000, "peer port_xmit_packets": 1_000_000],
                until: "2h"), until: "2h"),
        Row(
            .silentDropSuspect, "traffic of virtual functions",
            packets(
                ["local port_rcv_packets": 9_000_000, "local port_xmit_packets": 1_000_000],
                until: "2h"), until: "2h"),
        Row(
            .silentDropSuspect, "what was under way",
            packets(["peer port_rcv_packets": 30_000], until: "2h"), until: "2h"),
        Row(
            .silentDropSuspect, "what was counted as errors",
            packets(["peer port_rcv_packets": 1_000_000], until: "2h")
                + "1m peer port_rcv_errors +1000000 every 1m until 2h", until: "2h"),
        Row(
            .silentDropSuspect, "a link that goes down loses packets",
            packets(["peer port_rcv_packets": 1_000_000], until: "2h")
                + "10m local link_downed +1 every 10m until 2h", until: "2h"),
        Row(
            .silentDropSuspect, "packets are changed", "10m local rx_icrc_encapsulated +1",
            until: "20m", "10m raised CRITICAL"),
    ]
}
