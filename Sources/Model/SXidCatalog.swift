/// What the NVSwitch driver's error numbers mean on NVSwitch 1 to 3 (NVIDIA, "Fabric Manager for
/// NVIDIA NVSwitch Systems", appendix D).
package enum SXidCatalog {
    /// How far an error reaches.
    package enum Reach: String, CaseIterable, Sendable {
        /// Nothing was lost.
        case nowhere
        /// A port, and the guest or the GPU behind it.
        case port
        /// The whole fabric of the node.
        case fabric
    }

    /// What one SXid means.
    package struct Entry: Sendable {
        /// The SXid.
        package let number: UInt32
        /// The part of the switch; nil when the number lies in no part's range.
        package let part: String?
        /// How far it reaches; nil when the number is not listed.
        package let reach: Reach?
        /// What it is, where there is more to say than its part.
        package let meaning: String?

        /// What helps; what the text says of itself (`fatal`, `non_fatal` or `correctable`) comes
        /// first, the table second.
        package func remedy(printed: String?) -> Remedy {
            switch (printed, reach) {
            case ("non_fatal", _), ("correctable", _): .none
            case (_, .fabric): .reboot
            case (_, .port): .rebootGuest
            case ("fatal", _): .rebootGuest
            case (_, .nowhere): .none
            case (_, nil): .support
            }
        }
    }

    /// What a number means; a number that is not listed gets an honest answer rather than none.
    package static func entry(_ number: UInt32) -> Entry {
        Entry(
            number: number, part: parts.first { $0.numbers.contains(number) }?.name,
            reach: reaches.first { $0.numbers.contains { $0.contains(number) } }?.reach,
            meaning: meanings[number])
    }

    /// The parts of the switch and their ranges.
    package static let parts: [(numbers: ClosedRange<UInt32>, name: String)] = [
        (10000...10999, "host interface"),
        (11000...11999, "ingress"),
        (12000...12999, "egress"),
        (14000...15999, "routing and tag state"),
        (19000...19999, "link transaction layer"),
        (20000...20999, "link data and physical layer"),
        (22000...22999, "link microcontroller"),
        (23000...23999, "crossbar"),
        (24000...24999, "source tracking"),
    ]

    /// The listed numbers by how far they reach.
    package static let reaches: [(reach: Reach, numbers: [ClosedRange<UInt32>])] = [
        (.fabric, [10003...10003, 12020...12020, 22003...22003, 22011...22011, 23001...23017]),
        (
            .port,
            [
                10001...10002, 11001...11002, 11009...11009, 11013...11013,
                11018...11020, 12001...12002, 12022...12022, 12024...12027, 12030...12032,
                14017...14017, 15001...15001, 15006...15006, 15009...15010, 15012...15013,
                19047...19048, 19054...19054, 19056...19056, 19058...19058, 19060...19061,
                19063...19064, 19066...19067, 19069...19070, 20034...20034, 22012...22012,
                24004...24007,
            ]
        ),
        (
            .nowhere,
            [
                10004...10005, 11004...11004, 11012...11012, 11021...11023, 12021...12021,
                12023...12023,
                12028...12028, 15008...15008, 15011...15011, 19049...19049, 19055...19055,
                19057...19057, 19059...19059, 19062...19062, 19065...19065, 19068...19068,
                19071...19071, 19084...19084, 20001...20001, 20009...20009, 20012...20012,
                22013...22013, 24001...24003,
            ]
        ),
    ]

    /// Numbers of which there is more to say than their part.
    package static let meanings: [UInt32: String] = [
        10004: "The switch is too hot and slows down.",
        10005: "The switch is no longer too hot.",
        20001: "The transmitter had to send again.",
        20009: "Errors came often within a short time.",
        20012: "A checksum of the link was wrong.",
        20034: "A link went down; a lost GPU makes every switch say so some seconds later.",
    ]
}
