import Model

/// The counters of a cable's ends that anything is made of.
enum LinkCounter: Int, CaseIterable {
    case symbol
    case recovery
    case downed
    case damaged
    case remotePhysical
    case relay
    case discards
    case integrity
    case overrun
    case vl15
    case uncorrectable
    case sequence
    case ackTimeout
    case notReady
    case exceeded
    case stall

    static let count = LinkCounter.allCases.count

    /// The name in `InfiniBandCounters`.
    var name: String {
        switch self {
        case .symbol: "symbol_error"
        case .recovery: "link_error_recovery"
        case .downed: "link_downed"
        case .damaged: "port_rcv_errors"
        case .remotePhysical: "port_rcv_remote_physical_errors"
        case .relay: "port_rcv_switch_relay_errors"
        case .discards: "port_xmit_discards"
        case .integrity: "local_link_integrity_errors"
        case .overrun: "excessive_buffer_overrun_errors"
        case .vl15: "vl15_dropped"
        case .uncorrectable: "port_fec_uncorrectable"
        case .sequence: "packet_seq_err"
        case .ackTimeout: "local_ack_timeout_err"
        case .notReady: "rnr_nak_retry_err"
        case .exceeded: "req_transport_retries_exceeded"
        case .stall: "outbound_pci_stalled_wr_events"
        }
    }

    /// Where PortCounters sticks, as sysfs and perfquery without -x show it; nil where it has none.
    var narrowMaximum: UInt64? {
        switch self {
        case .integrity, .overrun: 15
        case .recovery, .downed: 255
        case .symbol, .damaged, .remotePhysical, .relay, .discards, .vl15: 65_535
        default: nil
        }
    }

    /// Whether the node's end has it beside management datagrams, where nobody clears it.
    var isHost: Bool { rawValue >= LinkCounter.sequence.rawValue }
    /// Whether the far end has it.
    var isAtPeer: Bool { !isHost }

    /// The index of the source that our daemon reads at the node's end; nil where it has none:
    /// interface statistics for two of them, PortCounters for the others, since an mlx5 HCA has no
    /// 64-bit errors.
    var localField: UInt8? {
        switch self {
        case .symbol, .downed: 2
        case .uncorrectable: nil
        default: isHost ? 0 : 1
        }
    }

    /// Whether the source at the node's end is one that `perfquery -R` does not clear.
    var isStatistic: Bool { self == .symbol || self == .downed || isHost }

    var row: Int { InfiniBandCounters.index(of: name) ?? 0 }

    static let rows = allCases.map(\.row)
    static let narrow = allCases.map(\.narrowMaximum)
}

/// What a port tells of its link.
enum LinkState: UInt8 {
    case active
    case polling
}

/// Something that happens to a link, seen from a pass on.
struct LinkChange {
    enum What {
        case count(End, LinkCounter, UInt64)
        /// Somebody clears what PortCounters and its 64-bit twin hold.
        case clear(End)
        /// The driver starts anew; `isCold` zeroes all that the HCA counts.
        case reload(isCold: Bool)
        case boot
        case goesDown
        case comesUp
        case peerLost
        case peerBack
        case manager(UInt16)
        case corrected(UInt64)
        /// XmitWait at the node's end is full.
        case waitFull
    }

    var pass: Int
    var what: What

    /// Whether the pass after it matters as well: a step may not have been exact.
    var isLoud: Bool {
        switch what {
        // What was counted while a link trained is left out.
        case .count(_, let counter, _): counter == .downed
        case .corrected: false
        default: true
        }
    }
}

/// A time in which a link is down, in seconds.
struct Down {
    enum Cause {
        case flap
        case boot
        case reload
        case switchReboot
        case fault
    }

    var from: Double
    var to: Double
    var cause: Cause
    /// How often each end counts it.
    var here: UInt64 = 1
    var there: UInt64 = 1

    /// The first pass at or after it began.
    var firstPass: Int { Int((from / 60).rounded(.up)) }
    /// The first pass at which it is over.
    var upPass: Int { Int((to / 60).rounded(.up)) }
}
