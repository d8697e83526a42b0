// More timelines of cables and HCAs.
extension ScenarioTests {
    static let cables: [Row] = trained + received + adapters

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
}
