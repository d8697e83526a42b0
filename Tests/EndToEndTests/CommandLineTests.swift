import Foundation
import Testing
import Wire

@Suite(.timeLimit(.minutes(5)))
struct CommandLineTests {
    // MARK: links

    @Test func `links shows both ends of every cable and is honest about what is not seen`() throws
    {
        let (outcome, asked) = try Command.run("links", against: [.document(Self.cables)])
        #expect(
            outcome.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z, pass 130

                DEVICE  PORT  RAIL  STATE             LINK       RATE  PEER                PORT  \
                ERRORS      AGE
                rail0      1     0  active/active     4xNDR  425 Gb/s  leaf-1                17  \
                none/none  2.0s
                rail1      1     1  active/active     4xNDR  425 Gb/s  leaf-1                17  \
                seen/seen  2.0s
                    symbol_error     local  ≥65535  peer  12  stale  events   accuses incoming_path
                    port_rcv_errors  local       3  peer   -         packets  accuses incoming_path
                rail2      1     2  down(polling)/-   -             -  absent                 -  \
                none/?     2.0s
                    last known peer: leaf-1 port 17
                rail3      1     -  down(disabled)/-  -             -  absent                 -  \
                none/?     2.0s
                rail4      1     4  active/?          4xNDR  425 Gb/s  hidden: timeout        -  \
                none/?     2.0s
                    last known peer: leaf-1 port 17
                rail5      1     5  active/?          4xNDR  425 Gb/s  hidden: refused        -  \
                none/?     2.0s
                rail6      1     6  active/active     4xNDR  425 Gb/s  0x0002c90300000009    17  \
                ?/?        2.0s
                    peer counters not read: refused
                rail7      1     7  active/active     4xNDR  425 Gb/s  leaf-1                17  \
                ?/?        1h6m  stale
                rail7b     1     7  active/active     4xNDR  425 Gb/s  leaf-1                17  \
                none/?     2.0s
                rail8      1     8  ?/active          -             -  leaf-1                17  \
                ?/?        2.0s
                    local end not read: no_permission
                    local end: last known values
                    peer end: last known values

                """)
        #expect(asked == ["/api/v1/links"])
    }

    @Test func `links shows on demand what is no error, and zeros`() throws {
        let (counted, _) = try Command.run(
            "links", "--counters", "--device", "rail1", against: [.document(Self.cables)])
        #expect(
            counted.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z, pass 130

                DEVICE  PORT  RAIL  STATE          LINK       RATE  PEER    PORT  ERRORS      AGE
                rail1      1     1  active/active  4xNDR  425 Gb/s  leaf-1    17  seen/seen  2.0s
                    symbol_error     local                ≥65535  peer                   12  \
                stale  events   accuses incoming_path
                    port_rcv_errors  local                     3  peer                    -       \
                  packets  accuses incoming_path
                    port_xmit_wait   local                     7  peer                    0       \
                  ticks    accuses downstream
                    port_xmit_data   local  18446744073709551615  peer  1152921504606846976       \
                  bytes

                """)
        let (all, _) = try Command.run(
            "links", "--all", "--device", "rail1", against: [.document(Self.cables)])
        #expect(
            all.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z, pass 130

                DEVICE  PORT  RAIL  STATE          LINK       RATE  PEER    PORT  ERRORS      AGE
                rail1      1     1  active/active  4xNDR  425 Gb/s  leaf-1    17  seen/seen  2.0s
                    symbol_error     local                ≥65535  peer                   12  \
                stale  events   accuses incoming_path
                    link_downed      local                     0  peer                    0       \
                  events   accuses incoming_path
                    port_rcv_errors  local                     3  peer                    -       \
                  packets  accuses incoming_path
                    port_xmit_wait   local                     7  peer                    0       \
                  ticks    accuses downstream
                    port_xmit_data   local  18446744073709551615  peer  1152921504606846976       \
                  bytes

                """)
    }

    // What speaks against who uses the link is listed, and is no error of the link.
    @Test func `links shows a RoCE port without a peer`() throws {
        let port = Documents.link(
            "roce0", rail: nil, peerState: "not_infiniband", peer: nil,
            counters: [
                Documents.counter("symbol_error", Documents.value(0), nil),
                Documents.counter(
                    "out_of_buffer", Documents.value(5), nil, unit: "packets", accuses: "host"),
                Documents.counter(
                    "tx_pci_signal_integrity", Documents.value(1), nil, accuses: "pcie_path"),
            ], linkLayer: "Ethernet")
        let (outcome, _) = try Command.run(
            "links", against: [.document(Documents.links([port]))])
        #expect(
            outcome.output == """
                gpu-017 at 2026-02-03T04:05:06.789Z, pass 130

                DEVICE  PORT  RAIL  STATE     LINK       RATE  PEER          PORT  ERRORS   AGE
                roce0      1     -  active/-  4xNDR  425 Gb/s  - (Ethernet)     -  none/-  2.0s
                    out_of_buffer            local  5  peer  -  packets  accuses host
                    tx_pci_signal_integrity  local  1  peer  -  events   accuses pcie_path

                """)
    }

    static let cables = Documents.links([
        Documents.link("rail0"),
        Documents.link(
            "rail1", rail: 1,
            counters: [
                Documents.counter(
                    "symbol_error", Documents.value(65535, saturated: true),
                    Documents.value(12, stale: true)),
                Documents.counter("link_downed", Documents.value(0), Documents.value(0)),
                Documents.counter(
                    "port_rcv_errors", Documents.value(3), nil, unit: "packets"),
                Documents.counter(
                    "port_xmit_wait", Documents.value(7), Documents.value(0), unit: "ticks",
                    accuses: "downstream"),
                Documents.counter(
                    "port_xmit_data", Documents.value(.max), Documents.value(1 << 60),
                    unit: "bytes", accuses: "nobody"),
            ]),
        Documents.link(
            "rail2", rail: 2, local: Documents.end("down", "polling"), peerState: "absent",
            peer: Documents.leaf(stale: true)),
        Documents.link(
            "rail3", rail: nil, local: Documents.end("down", "disabled"), peerState: "absent",
            peer: nil),
        Documents.link(
            "rail4", rail: 4, peerState: "unobservable",
            peer: Documents.leaf(stale: true, failure: "timeout")),
        Documents.link(
            "rail5", rail: 5, peerState: "unobservable", peer: nil, peerFailure: "refused"),
        Documents.link(
            "rail6", rail: 6, peer: Documents.leaf(nil, failure: "refused"), counters: []),
        Documents.link("rail7", rail: 7, age: 4000, stale: true),
        Documents.link(
            "rail7b", rail: 7,
            counters: [
                Documents.counter(
                    "symbol_error", Documents.value(0), Documents.value(0, stale: true))
            ]),
        Documents.link(
            "rail8", rail: 8,
            local: Documents.end(nil, nil, stale: true, failure: "no_permission"),
            peer: Documents.leaf(stale: true)),
    ])

    // MARK: deltas

    @Test func `deltas says how good each number is`() throws {
        let (outcome, asked) = try Command.run("deltas", against: [.document(Self.window)])
        #expect(
            outcome.output == """
                gpu-017 from 2026-02-03T04:01:00.000Z (pass 6) to 2026-02-03T04:01:50.000Z (pass \
                11), passes: 5
                The history begins here: it does not reach back as far as asked.
                rail1 port 1 peer end: counted from 2026-02-03T04:01:10.000Z
                0x0002c90300000009/17, no longer connected: not observed in the last pass, last \
                at 2026-02-03T04:01:20.000Z
                DEVICE                 PORT  END    COUNTER       DELTA  UNIT    REASON
                rail1                     1  local  symbol_error   ≥120  events  saturated,cleared
                rail1                     1  local  vl15_dropped     ≥0  events  restarted
                rail1                     1  peer   symbol_error      ?  events  source_changed
                0x0002c90300000009/17     -  gone   link_downed       1  events
                next p11-00000000000000ab

                """)
        #expect(asked == ["/api/v1/deltas?since=5m"])
        let (all, _) = try Command.run(
            "deltas", "--all", "--device", "rail1", against: [.document(Self.window)])
        #expect(
            all.output == """
                gpu-017 from 2026-02-03T04:01:00.000Z (pass 6) to 2026-02-03T04:01:50.000Z (pass \
                11), passes: 5
                The history begins here: it does not reach back as far as asked.
                rail1 port 1 peer end: counted from 2026-02-03T04:01:10.000Z
                DEVICE  PORT  END    COUNTER           DELTA  UNIT    REASON
                rail1      1  local  symbol_error       ≥120  events  saturated,cleared
                rail1      1  local  port_xmit_data  1234567  bytes
                rail1      1  local  port_xmit_wait       89  ticks
                rail1      1  local  link_downed           0  events
                rail1      1  local  vl15_dropped         ≥0  events  restarted
                rail1      1  peer   symbol_error          ?  events  source_changed
                rail1      1  peer   link_downed           0  events
                next p11-00000000000000ab

                """)
    }

    @Test func `deltas shows on demand what is no error`() throws {
        let (outcome, _) = try Command.run(
            "deltas", "--counters", "--device", "rail1", against: [.document(Self.window)])
        let rows = outcome.output.split(separator: "\n").filter { $0.hasPrefix("rail1      1") }
        let names = rows.map { $0.split(separator: " ")[3] }
        #expect(
            names == [
                "symbol_error", "port_xmit_data", "port_xmit_wait", "vl15_dropped",
                "symbol_error",
            ])
        let still = Documents.deltas(
            6, 11,
            [
                Documents.series(
                    "rail1", from: 6, to: 11,
                    [Documents.delta("port_xmit_data", 5, unit: "bytes", accuses: "nobody")])
            ])
        let (quiet, _) = try Command.run("deltas", against: [.document(still)])
        #expect(quiet.output.contains("\nNo error was counted.\nnext "))
    }

    static let window = Documents.deltas(
        6, 11, complete: false,
        [
            Documents.series(nil, from: 6, to: 8, stale: true, [Documents.delta("link_downed", 1)]),
            Documents.series(
                "rail1", "peer", from: 7, to: 11,
                [
                    Documents.delta("symbol_error", nil, "unknown", "source_changed"),
                    Documents.delta("link_downed", 0),
                ]),
            Documents.series(
                "rail1", from: 6, to: 11,
                [
                    Documents.delta("symbol_error", 120, "at_least", "saturated", "cleared"),
                    Documents.delta(
                        "port_xmit_data", 1_234_567, unit: "bytes", accuses: "nobody"),
                    Documents.delta(
                        "port_xmit_wait", 89, unit: "ticks", accuses: "downstream"),
                    Documents.delta("link_downed", 0),
                    Documents.delta("vl15_dropped", 0, "at_least", "restarted"),
                ]),
        ])
}
