import Health

/// HCAs, PCIe, and the rest of what the node should have.
extension ScenarioTests {
    static let parts: [ScenarioRow] = [
        Row(
            .hcaMissing, "a card is gone, and comes back",
            "0s manifest\n10m hca lost\n20m hca back",
            until: "40m", "10m raised CRITICAL", "30m resolved CRITICAL"),
        Row(
            .hcaMissing, "a card whose link is down is there",
            "0s manifest\n10m link polling\n20m link up", until: "40m"),
        Row(
            .hcaMissing, "without a manifest nobody says which cards there should be",
            "10m hca lost\n20m hca back", until: "40m"),
        Row(
            .inventoryMismatch, "another firmware, until it is as expected again",
            "0s manifest\n10m firmware 28.40.1000\n20m firmware 28.39.1002", until: "40m",
            "10m raised WARNING", "20m resolved WARNING"),
        Row(
            .inventoryMismatch, "another firmware without a manifest", "10m firmware 28.40.1000",
            until: "20m"),
        Row(
            .inventoryMismatch, "a firmware that cannot be read is not another one",
            "0s manifest\n10m firmware unknown", until: "20m"),
        Row(
            .inventoryUnverified, "a firmware that cannot be read",
            "0s manifest\n10m firmware unknown\n20m firmware 28.39.1002", until: "40m",
            "10m raised INFO", "20m resolved INFO"),
        Row(
            .inventoryUnverified, "of a link that is down nobody knows the speed",
            "0s manifest\n10m link polling\n20m link up", until: "40m", "10m raised INFO",
            "20m resolved INFO"),
        Row(
            .inventoryUnverified, "what the manifest does not name is not missed",
            "0s firmware unknown\n0s manifest", until: "20m"),
        Row(
            .pcieDegraded, "half of the lanes", "10m width 8\n20m width 16", until: "40m",
            "12m raised CRITICAL", "30m resolved CRITICAL"),
        Row(
            .pcieDegraded, "a GPU that is idle", like: .idlePCIe, "10m idle", until: "30m"),
        Row(
            .pcieDegraded, "a GPU that works over a slow link",
            "0s gpu works 100\n10m speed 8000\n30m speed 32000", until: "50m",
            "15m raised CRITICAL", "40m resolved CRITICAL"),
        Row(
            .pcieDegraded, "that it is idle then proves nothing",
            "0s gpu works 100\n10m speed 8000\n30m idle", until: "3h", "15m raised CRITICAL"),
        Row(
            .pcieDegraded, "a GPU that wakes up", like: .idlePCIe,
            "0s idle\n10m gpu works 100\n12m speed 32000\n20m idle", until: "30m"),
        Row(.pcieDegraded, "a retrain", "10m width 8\n11m width 16", until: "30m"),
        Row(
            .pcieErrors, "corrected errors, then a storm, then quiet",
            "1h pci aer_correctable +1\n2h pci aer_correctable +20 every 1m until 125m",
            until: "27h", "1h raised INFO", "122m escalated WARNING",
            "1562m reminded WARNING", "1565m resolved WARNING"),
        Row(
            .pcieErrors, "a fatal one at the bridge, above two devices", "1h bridge aer_fatal +1",
            until: "2h", "1h raised CRITICAL", "1h raised CRITICAL"),
        Row(
            .pcieErrors, "historic", like: .firstPoll, "0s pci aer_correctable =99", until: "2h"),
    ]
}
