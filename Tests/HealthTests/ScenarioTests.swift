import Model
import Testing

@testable import Health

/// Timelines of readings and events, and what they change: for each condition what raises it, what
/// looks like it and is innocent, and what ends it.
@Suite struct ScenarioTests {
    typealias Row = ScenarioRow

    static let all = links + signals + flows + parts + gpus + nvlinks + states + unseen + cables

    @Test(arguments: all)
    func changesAreThese(_ row: Row) {
        let changes = Scenario.changes(
            row.timeline, until: row.end, interval: row.interval, of: row.id)
        #expect(changes == row.changes)
    }

    /// Every condition has its three kinds of timelines.
    @Test(arguments: ConditionID.allCases)
    func everyConditionHasThree(_ id: ConditionID) {
        let rows = Self.all.filter { $0.id == id }
        #expect(rows.count >= 3)
        #expect(rows.contains { $0.isRaising }, "one that raises it")
        #expect(rows.contains { $0.isInnocent }, "an innocent one")
        #expect(rows.contains { $0.isClearing }, "one that clears")
        #expect(Set(rows.map(\.name)).count == rows.count, "two of the same name")
    }

    /// What looks like a fault raises no alarm, of this condition or of any other; that somebody
    /// clears counters is told as such.
    @Test(arguments: Innocent.allCases)
    func whatIsInnocentRaisesNoAlarm(_ innocent: Innocent) {
        let rows = Self.all.filter { $0.innocent == innocent }
        #expect(!rows.isEmpty)
        for row in rows {
            #expect(row.isInnocent)
            let alarms = Scenario.changes(row.timeline, until: row.end, interval: row.interval)
                .filter { !$0.hasSuffix(" INFO") && !$0.contains(" counter_reset_seen ") }
            #expect(alarms.isEmpty, "\(row.testDescription)")
        }
    }

    // MARK: Links

    static let links: [Row] = [
        Row(
            .linkDown, "a link goes down, and comes back", "10m link polling\n20m link up",
            until: "40m", "10m raised INFO", "11m escalated CRITICAL", "30m resolved CRITICAL"),
        Row(
            .linkDown, "it comes back and goes again within the time that is watched",
            "10m link polling\n12m link up\n15m link polling\n20m link up", until: "40m",
            "10m raised INFO", "11m escalated CRITICAL", "30m resolved CRITICAL"),
        Row(
            .linkDown, "a flap is over soon: INFO", "600s link polling\n615s link up",
            until: "40m", every: 10, "10m raised INFO", "1220s resolved INFO"),
        Row(
            .linkDown, "it is still down two looks later", "600s link polling\n640s link up",
            until: "40m", every: 10, "10m raised INFO", "620s escalated WARNING",
            "630s escalated CRITICAL", "1240s resolved CRITICAL"),
        Row(
            .linkDown, "nobody saw it go, and it should be there", "0s manifest\n0s link polling",
            until: "3m", every: 10, "0m raised WARNING", "30s escalated CRITICAL"),
        Row(
            .linkDown, "nobody saw it go, as nothing was read for ten minutes",
            "600s probe infiniband silent\n1200s link polling\n1200s probe infiniband back",
            until: "21m", every: 10, "20m raised WARNING", "1230s escalated CRITICAL"),
        Row(
            .linkDown, "a port that never was up hears nothing: INFO", like: .neverCabled,
            "0s link polling",
            until: "20m", "0m raised INFO"),
        Row(
            .linkDown, "after a reboot it is given five minutes", like: .warmReboot,
            "10m reboot\n10m link polling\n13m link up", until: "40m", "10m raised INFO",
            "23m resolved INFO"),
        Row(
            .linkDown, "a driver reload is the same", like: .driverReload,
            "10m reload\n10m link polling\n12m link up", until: "40m", "10m raised INFO",
            "22m resolved INFO"),
        Row(
            .linkDown, "after a reboot it does not come back",
            "10m reboot\n10m link polling", until: "20m", every: 10,
            "10m raised INFO", "15m escalated WARNING", "920s escalated CRITICAL"),
        Row(
            .linkDown, "switched off by somebody", "10m link polling\n20m link off",
            until: "30m", "10m raised INFO", "11m escalated CRITICAL", "20m eased INFO"),
        Row(
            .linkDown, "not read is not up", "10m link polling\n12m local lost\n40m local back",
            until: "45m", "10m raised INFO", "11m escalated CRITICAL"),
        Row(
            .linkFlap, "twice in a day, then a day of quiet",
            "1h local link_downed +1\n1h peer link_downed +1\n3h local link_downed +1\n"
                + "3h peer link_downed +1", until: "30h", every: 300, "3h raised WARNING",
            "27h resolved WARNING"),
        Row(
            .linkFlap, "a storm", "1h peer link_downed +1 every 5m until 2h", until: "3h",
            "65m raised WARNING", "70m escalated CRITICAL"),
        Row(
            .linkFlap, "the port tells of more than it counts",
            "1h told link_flap 1\n70m told link_flap 1", until: "2h", "70m raised WARNING"),
        Row(
            .linkFlap, "one first connect of an active cable", like: .firstConnect,
            "10m local link_downed +1\n10m peer link_downed +1", until: "2h"),
        Row(
            .linkFlap, "three reboots", like: .warmReboot,
            "1h reboot\n61m peer link_downed +2\n2h reboot\n121m peer link_downed +2",
            until: "4h"),
        Row(
            .linkFlap, "historic counts of the first poll", like: .firstPoll,
            "0s local link_downed =9\n0s peer link_downed =200", until: "2h"),
        Row(
            .linkFlap, "the wall clock steps",
            "1h peer link_downed +1\n2h wall +3d\n"
                + "3h peer link_downed +1", until: "4h", every: 300, "3h raised WARNING"),
        Row(
            .linkRecovery, "one, then three, then a day of quiet",
            "1h peer link_error_recovery +1\n2h peer link_error_recovery +3", until: "28h",
            every: 300, "1h raised INFO", "2h escalated WARNING", "26h resolved WARNING"),
        Row(
            .linkRecovery, "ten in an hour", "1h local link_error_recovery +2 every 5m until 2h",
            until: "90m", "1h raised INFO", "65m escalated WARNING", "80m escalated CRITICAL"),
        Row(
            .linkRecovery, "those of a driver reload", like: .driverReload,
            "1h reload\n62m local link_error_recovery +5",
            until: "2h"),
        Row(
            .subnetManagerLost, "nobody activates the port", "10m link init\n20m link up",
            until: "30m", "11m raised CRITICAL", "21m resolved CRITICAL"),
        Row(
            .subnetManagerLost, "a sweep comes within a minute", "10m link init\n660s link up",
            until: "30m", every: 30),
        Row(
            .subnetManagerLost, "an active port without a manager", "10m sm 0\n20m sm 2",
            until: "30m", "11m raised CRITICAL", "21m resolved CRITICAL"),
        Row(
            .subnetManagerLost, "a link that is down has no need of one", "10m link polling",
            until: "30m"),
        Row(
            .addressChanged, "a failover", "10m sm 5", until: "2h", "10m raised INFO",
            "70m resolved INFO"),
        Row(
            .addressChanged, "again and again", "10m sm 5\n20m sm 1\n30m lid 9", until: "40m",
            "10m raised INFO", "30m escalated WARNING"),
        Row(
            .addressChanged, "another address after a reboot", "10m reboot\n11m lid 9",
            until: "1h"),
    ]

    // MARK: Signals

    static let signals: [Row] = [
        Row(
            .symbolErrorsElevated, "three errors in two hours at NDR",
            "1h peer symbol_error +1 every 20m until 100m", until: "6h", "100m raised WARNING",
            "218m resolved WARNING"),
        Row(
            .symbolErrorsElevated, "seven errors at once", "1h local symbol_error +7",
            until: "70m", "1h raised WARNING"),
        Row(
            .symbolErrorsElevated, "two errors prove nothing",
            "1h peer symbol_error +1 every 30m until 90m", until: "3h"),
        Row(
            .symbolErrorsElevated, "historic errors of the first poll", like: .firstPoll,
            "0s peer symbol_error =60000\n0s local symbol_error =412", until: "2h"),
        Row(
            .symbolErrorsElevated, "errors of a reboot", like: .warmReboot,
            "1h reboot\n61m peer symbol_error +500",
            until: "2h"),
        Row(
            .symbolErrorsElevated, "errors of a flap that nobody saw, counted a moment later",
            "600s peer link_downed +1\n600s local link_downed +1\n610s peer symbol_error +20",
            until: "20m", every: 10),
        Row(
            .symbolErrorsElevated, "somebody clears, which only hides a pass each time",
            "1h peer symbol_error +4 every 2m until 64m\n"
                + "65m peer port_xmit_wait +9 every 6m until 8h\n2h peer clear every 30m until 8h",
            until: "8h", every: 120, "62m raised WARNING", "188m resolved WARNING"),
        Row(
            .symbolErrorsElevated, "the end that counted cannot be read, which ends nothing",
            "1h peer symbol_error +4 every 2m until 64m\n70m peer lost", until: "8h", every: 120,
            "62m raised WARNING"),
        Row(
            .symbolErrorsElevated, "a restart of the daemon ends nothing",
            "1h peer symbol_error +4 every 2m until 64m\n70m restart\n2h restart", until: "150m",
            every: 120, "62m raised WARNING"),
        Row(
            .symbolErrorsElevated, "without FEC single errors are normal",
            "0s rate 25781\n0s fec none\n1h peer symbol_error +2 every 5m until 3h", until: "3h"),
        Row(
            .symbolErrorsHigh, "beyond the limit of a link", "1h peer symbol_error +400",
            until: "6h", "1h raised CRITICAL", "296m resolved CRITICAL"),
        Row(
            .symbolErrorsHigh, "elevated for an hour",
            "1h peer symbol_error +4 every 5m until 3h", until: "2h", "105m raised CRITICAL"),
        Row(
            .symbolErrorsHigh, "nor is a burst a minute after the start",
            "1m peer symbol_error +40", until: "30m"),
        Row(
            .symbolErrorsHigh, "a link that trains has errors",
            "10m link polling\n12m link up\n12m peer symbol_error +5000\n"
                + "12m local symbol_error +900", until: "1h"),
        Row(
            .symbolErrorsHigh, "so has one that went down and came up between two passes",
            "10m peer link_downed +1\n10m peer symbol_error +5000", until: "1h"),
        Row(
            .symbolErrorsHigh, "one burst is not an hour", "1h peer symbol_error +40",
            until: "3h"),
        Row(
            .symbolErrorsHigh, "perfquery -R by somebody else raises nothing",
            like: .perfqueryClear,
            "0s peer symbol_error =60000\n1h peer clear\n2h peer clear", until: "3h"),
        Row(
            .fecUncorrectable, "three within two hours",
            "1h peer port_fec_uncorrectable +1\n70m peer port_fec_uncorrectable +2", until: "5h",
            "70m raised WARNING", "195m resolved WARNING"),
        Row(
            .fecUncorrectable, "packets are lost with it",
            "1h peer port_fec_uncorrectable +3\n1h peer port_rcv_errors +3", until: "2h",
            "1h raised CRITICAL"),
        Row(
            .fecUncorrectable, "two prove nothing",
            "1h peer port_fec_uncorrectable +1\n70m peer port_fec_uncorrectable +1", until: "5h"),
        Row(
            .fecUncorrectable, "one burst that retry made up for",
            "1h peer port_fec_uncorrectable +3", until: "4h"),
        Row(
            .receiveErrors, "three windows of an hour, then quiet",
            "1h peer port_rcv_errors +1 every 15m until 90m", until: "5h", "90m raised WARNING",
            "210m resolved WARNING"),
        Row(
            .receiveErrors, "ten, and more a minute later",
            "1h local port_rcv_errors +10\n61m local port_rcv_errors +1", until: "2h",
            "1h raised WARNING", "61m escalated CRITICAL"),
        Row(
            .receiveErrors, "ten at once and never again", "1h local port_rcv_errors +10",
            until: "4h", "1h raised WARNING", "3h resolved WARNING"),
        Row(.receiveErrors, "one burst", "1h peer port_rcv_errors +5", until: "3h"),
        Row(
            .receiveErrors, "flushes at the end of a job", like: .jobTeardown,
            "1h local req_cqe_flush_error +5000\n1h local resp_cqe_flush_error +5000",
            until: "2h"),
        Row(
            .localIntegrity, "one, and three",
            "1h local local_link_integrity_errors +1\n"
                + "80m local local_link_integrity_errors +2", until: "27h", every: 300,
            "1h raised WARNING", "80m escalated CRITICAL", "1520m resolved CRITICAL"),
        Row(
            .localIntegrity, "historic", "0s local local_link_integrity_errors =15",
            until: "2h"),
        Row(
            .localIntegrity, "those of a reboot",
            "1h reboot\n62m peer local_link_integrity_errors +1",
            until: "2h"),
        Row(
            .bufferOverrun, "one, and two",
            "1h peer excessive_buffer_overrun_errors +1\n"
                + "70m peer excessive_buffer_overrun_errors +1", until: "26h", every: 300,
            "1h raised WARNING", "70m escalated CRITICAL", "1510m resolved CRITICAL"),
        Row(
            .bufferOverrun, "historic", "0s peer excessive_buffer_overrun_errors =3",
            until: "2h"),
        Row(
            .bufferOverrun, "waiting for credits is none", "1h local port_xmit_wait +100000",
            until: "2h"),
        Row(
            .moduleAlarm, "too hot for a while", "1h local module_high_temp +1", until: "3h",
            "1h raised CRITICAL", "90m resolved CRITICAL"),
        Row(
            .moduleAlarm, "the kernel log tells", "1h told port_module 1", until: "3h",
            "1h raised CRITICAL", "90m resolved CRITICAL"),
        Row(.moduleAlarm, "pulled on purpose", "1h local module_unplug +1", until: "2h"),
    ]

    // MARK: Flow

    static let flows: [Row] = [
        Row(
            .remotePhysicalErrors, "an earlier hop marks packets",
            "1h local port_rcv_remote_physical_errors +1\n"
                + "70m local port_rcv_remote_physical_errors +100", until: "4h", "1h raised INFO",
            "70m escalated WARNING", "190m resolved WARNING"),
        Row(
            .remotePhysicalErrors, "historic", "0s local port_rcv_remote_physical_errors =99",
            until: "2h"),
        Row(
            .remotePhysicalErrors, "what the far end counts is not this link's",
            "1h peer port_rcv_remote_physical_errors +500", until: "2h"),
        Row(
            .transmitDiscards, "many, and far more",
            "1h peer port_xmit_discards +300\n"
                + "65m peer port_xmit_discards +1500 every 5m until 70m", until: "3h",
            "1h raised WARNING", "70m escalated CRITICAL", "105m resolved CRITICAL"),
        Row(
            .transmitDiscards, "a few at the end of each job", like: .jobTeardown,
            "1h peer port_xmit_discards +100 every 10m until 3h", until: "4h"),
        Row(
            .transmitDiscards, "those of a reboot", "1h reboot\n61m peer port_xmit_discards +9000",
            until: "2h"),
        Row(
            .hostBackpressure, "PCIe stalls while the switch waits",
            "1h local outbound_pci_stalled_wr_events +20 every 5m until 70m\n"
                + "1h peer port_xmit_wait +9000 every 5m until 70m", until: "3h",
            "65m raised WARNING", "105m resolved WARNING"),
        Row(
            .hostBackpressure, "the fabric alone waits",
            "1h peer port_xmit_wait +90000 every 5m until 2h", until: "3h"),
        Row(
            .hostBackpressure, "PCIe alone stalls",
            "1h local outbound_pci_stalled_wr_events +20 every 5m until 70m", until: "2h"),
        Row(
            .routingOrKey, "a packet of another partition", "1h peer port_rcv_constraint_errors +1",
            until: "26h", every: 300, "1h raised WARNING", "25h resolved WARNING"),
        Row(
            .routingOrKey, "many that cannot be routed",
            "1h peer port_rcv_switch_relay_errors +1500",
            until: "70m", "1h raised WARNING"),
        Row(
            .routingOrKey, "the few that multicast makes",
            "1h peer port_rcv_switch_relay_errors +50 every 5m until 3h", until: "3h"),
        Row(
            .managementDrops, "many", "1h peer vl15_dropped +60", until: "3h", "1h raised WARNING",
            "125m resolved WARNING"),
        Row(.managementDrops, "a few", "1h peer vl15_dropped +5 every 10m until 2h", until: "2h"),
        Row(
            .managementDrops, "a few do not hold it up",
            "1h peer vl15_dropped +60\n70m peer vl15_dropped +5 every 10m until 3h", until: "3h",
            "1h raised WARNING", "125m resolved WARNING"),
        Row(.managementDrops, "historic", "0s peer vl15_dropped =9000", until: "2h"),
        Row(
            .retryStorm, "many retries of few packets",
            "30m local port_xmit_packets +100000 every 5m until 3h\n"
                + "1h local packet_seq_err +200 every 5m until 70m", until: "3h",
            "65m raised WARNING", "105m resolved WARNING"),
        Row(
            .retryStorm, "a connection ends while the link has errors",
            "1h peer symbol_error +400\n1h local req_transport_retries_exceeded +1", until: "70m",
            "1h raised CRITICAL"),
        Row(
            .retryStorm, "a peer died while the link has what is only worth a look",
            "1h peer symbol_error +7\n1h local req_transport_retries_exceeded +1", until: "2h"),
        Row(
            .retryStorm, "a connection ends because the link was gone for a moment",
            "1h local link_downed +1\n1h peer link_downed +1\n"
                + "62m local req_transport_retries_exceeded +1", until: "70m",
            "62m raised CRITICAL"),
        Row(
            .retryStorm, "the same is seen at one look",
            "1h local link_downed +1\n1h peer link_downed +1\n"
                + "1h local req_transport_retries_exceeded +1", until: "70m",
            "1h raised CRITICAL"),
        Row(
            .retryStorm, "a peer died six minutes after the link was gone for a moment",
            "1h local link_downed +1\n1h peer link_downed +1\n"
                + "66m local req_transport_retries_exceeded +1", until: "2h"),
        Row(
            .retryStorm, "a peer died soon after one error such as good links have",
            "1h peer symbol_error +1\n1h peer port_rcv_errors +1\n"
                + "70m local req_transport_retries_exceeded +1", until: "2h"),
        Row(
            .retryStorm, "a connection ends because its peer died",
            "1h local req_transport_retries_exceeded +1", until: "2h"),
        Row(
            .retryStorm, "adaptive routing reorders", like: .adaptiveRouting,
            "1h local out_of_sequence +100000 every 5m until 2h", until: "2h"),
        Row(
            .counterReset, "once", "0s peer symbol_error =5\n1h peer clear", until: "26h",
            every: 300, "1h raised INFO", "25h resolved INFO"),
        Row(
            .counterReset, "perfmgr clears at 75 %",
            "0s peer symbol_error =50000\n10m peer clear\n20m peer symbol_error +49000\n"
                + "30m peer clear\n40m peer symbol_error +49000\n50m peer clear", until: "1h",
            "10m raised INFO", "50m escalated WARNING"),
        Row(
            .counterReset, "a reboot is none", "0s local symbol_error =5\n1h reboot",
            until: "2h"),
    ]
}
