import Model

/// A column that the node offers; all others of its layout are `unsupported`.
struct LiveColumn: Sendable {
    /// What the hardware's register does.
    enum Register: Sendable {
        /// 64 bits wide.
        case wide
        /// Stays at a maximum.
        case sticks(UInt64)
        /// Starts again behind a maximum.
        case wraps(UInt64)
        /// Is no counter.
        case gauge
    }

    /// Its place in the layout.
    var column: Int
    var register: Register
    /// The index of its source in the counter's `fields`.
    var field: UInt8 = 0
    /// Whether `perfquery -R` clears it.
    var isClearedByQuery = false
    /// Whether its values count as samples; the epoch's token does not.
    var isSample = true
}

/// A class of devices with the columns that the node offers.
struct PartClass: Sendable {
    let layout: Layout
    /// In the order of the names that the class was made from, then the epoch's token.
    let live: [LiveColumn]

    /// The columns of a table by name, those in `narrow` with a register of 32 bits that wraps and
    /// those in `wide` with one of 64 bits.
    init(_ table: CounterTable, _ names: [String], narrow: [String] = [], wide: [String] = []) {
        layout = table.layout
        live = (names + ["epoch"]).map { name in
            guard let column = table.row(of: name) else { preconditionFailure("no \(name)") }
            guard table.counters.indices.contains(column) else {
                return LiveColumn(column: column, register: .gauge, isSample: name != "epoch")
            }
            let fields = table.counters[column].fields
            if narrow.contains(name) {
                return LiveColumn(column: column, register: .wraps(UInt64(UInt32.max)))
            }
            // The narrow source, as older hardware has it.
            let sticking = wide.contains(name) ? nil : fields.firstIndex { $0.behaviour == .sticks }
            let index = sticking ?? 0
            let register: LiveColumn.Register =
                switch fields[index].behaviour {
                case .sticks: .sticks(fields[index].maximum)
                case .wraps: .wraps(fields[index].maximum)
                case .wide: .wide
                }
            let attribute = fields[index].attribute
            return LiveColumn(
                column: column, register: register, field: UInt8(index),
                isClearedByQuery: attribute == .portCounters || attribute == .portCountersExtended)
        }
    }

    /// A class that the product does not have, all of gauges.
    init(deviceClass: String, gauges: [(String, String)]) {
        layout = Layout(
            deviceClass: deviceClass,
            columns: gauges.map { Column(name: $0.0, kind: .gauge, unit: $0.1) })
        live = gauges.indices.map { LiveColumn(column: $0, register: .gauge) }
    }
}

private func lanes(_ prefix: String) -> [String] { (0...3).map { "\(prefix)_\($0)" } }

extension PartClass {
    // Both ends offer the same 70 columns. `rx_bits_phy`, which follows the clock, and the errors
    // of lanes stand for what a switch tells by the vendor's own datagrams.
    static let port = PartClass(
        .infiniBandPort,
        [
            "port_xmit_data", "port_rcv_data", "port_xmit_packets", "port_rcv_packets",
            "unicast_xmit_packets", "unicast_rcv_packets", "multicast_xmit_packets",
            "multicast_rcv_packets", "port_xmit_wait", "rx_bits_phy", "rx_corrected_bits_phy",
        ] + lanes("rx_err_phy_lane") + ["port_fec_correctable", "port_fec_corrected"]
            + lanes("fec_corrected_lane") + [
                "rx_write_requests", "symbol_error", "link_error_recovery", "link_downed",
                "port_rcv_errors", "local_link_integrity_errors", "port_local_physical_errors",
            ] + lanes("error_detection_lane") + ["port_fec_uncorrectable"]
            + lanes("fec_correctable_lane") + [
                "port_rcv_remote_physical_errors", "port_rcv_switch_relay_errors",
                "port_xmit_discards", "port_xmit_constraint_errors", "port_rcv_constraint_errors",
                "excessive_buffer_overrun_errors", "qp1_dropped", "vl15_dropped",
                "port_malformed_packet_errors", "port_buffer_overrun_errors",
                "port_dlid_mapping_errors", "port_vl_mapping_errors", "port_looping_errors",
                "port_inactive_discards", "port_neighbor_mtu_discards",
                "port_switch_lifetime_limit_discards", "port_switch_hoq_lifetime_limit_discards",
                "sync_header_errors", "unknown_block_errors",
            ] + lanes("fec_uncorrectable_lane") + [
                "out_of_sequence", "packet_seq_err", "local_ack_timeout_err", "duplicate_request",
                "out_of_buffer", "rnr_nak_retry_err", "state", "physical_state", "width",
                "lane_rate",
            ], wide: ["port_xmit_wait"])

    static let gpu = PartClass(
        .gpu,
        [
            "energy", "pcie_tx", "pcie_rx", "throttled_power", "ecc_volatile_corrected_errors",
            "ecc_volatile_uncorrected_errors", "ecc_aggregate_corrected_errors",
            "ecc_aggregate_uncorrected_errors", "remapped_rows_corrected",
            "remapped_rows_uncorrected", "sram_volatile_corrected_errors",
            "sram_volatile_uncorrected_parity_errors", "sram_volatile_uncorrected_secded_errors",
            "sram_aggregate_corrected_errors", "sram_aggregate_uncorrected_parity_errors",
            "pcie_replays", "pcie_replay_rollovers", "pcie_l0_to_recovery", "pcie_naks_received",
            "pcie_receiver_errors", "pcie_bad_tlps", "pcie_bad_dllps",
            "temperature", "memory_temperature", "power", "power_instant", "utilization",
            "memory_utilization", "sm_clock", "memory_used", "clocks_event_reasons",
            "power_limit", "memory_clock", "memory_total", "ecc_mode", "remapped_rows_pending",
            "remapped_rows_failure", "row_remapper_banks_max", "row_remapper_banks_none",
            "recovery_action", "fabric_state", "persistence_mode", "nvlinks",
        ], narrow: ["pcie_tx", "pcie_rx"])

    static let link = PartClass(
        .nvlink,
        [
            "tx_data", "rx_data", "replay_errors", "recovery_errors", "crc_errors",
            "effective_errors",
        ])

    // What the optical module of an HCA measures; noisy, unlike what PCIe functions count.
    static let module = PartClass(
        deviceClass: "hca_module",
        gauges: lanes("rx_power").map { ($0, "tenth_microwatts") }
            + lanes("tx_power").map { ($0, "tenth_microwatts") }
            + lanes("tx_bias").map { ($0, "microamperes") }
            + [("temperature", "celsius"), ("voltage", "millivolts")]
            + lanes("rx_loss").map { ($0, "code") } + lanes("tx_fault").map { ($0, "code") }
            + [("data_path_state", "code"), ("alarms", "code")])
}

/// The noisy columns of a port, by their place in its live columns.
enum PortColumn {
    static let xmitData = 0
    static let rcvData = 1
    static let xmitPackets = 2
    static let rcvPackets = 3
    static let unicastXmit = 4
    static let unicastRcv = 5
    static let multicastXmit = 6
    static let multicastRcv = 7
    static let wait = 8
    static let blocks = 9
    static let corrected = 10
    static let laneErrors = 11
    static let fecCorrectable = 15
    static let fecCorrected = 16
    static let fecLanes = 17
    static let writes = 21
    static let symbolErrors = 22
    static let recoveries = 23
    static let downed = 24
    static let receiveErrors = 25
    static let integrity = 26
    static let physicalErrors = 27
    static let blockErrors = 28
    static let uncorrectable = 32
    static let fecCorrectableLanes = 33
    static let discards = 39
    static let vl15Dropped = 44
    /// `out_of_sequence` and the five behind it.
    static let transport = 60
    static let state = 66
    static let physicalState = 67
    static let width = 68
    static let laneRate = 69
}

/// The columns of an NVLink that change, by their place in its live columns.
enum LinkColumn {
    static let sent = 0
    static let received = 1
    static let replays = 2
    static let recoveries = 3
    static let flitErrors = 4
}

/// The columns of a GPU that change, by their place in its live columns.
enum GPUColumn {
    static let energy = 0
    static let pcieSent = 1
    static let pcieReceived = 2
    static let throttled = 3
    static let corrected = 4
    /// `pcie_replays` and the six behind it.
    static let pcieErrors = 15
    static let temperature = 22
    static let memoryTemperature = 23
    static let power = 24
    static let powerInstant = 25
    static let utilization = 26
    static let memoryUtilization = 27
    static let clock = 28
    static let memoryUsed = 29
    static let reasons = 30
    static let constants = 31
}
