/// What the words of Xid 144 to 150 mean on NVLink 5 (NVIDIA, "XID Errors", NVLink 5 errors).
///
/// A message names a unit and gives the words `intrInfo` and `errorStatus`. Drivers before R575
/// number the units otherwise than later ones, so the name decides and the numbers only help where
/// the name is new.
package enum NVLink5Catalog {
    /// What is to be done at once.
    package enum Action: Sendable {
        /// Nothing.
        case ignore
        /// What Xid 154 asks for if it comes along, else restart the application.
        case followRecoveryAction
        /// Drain and reset the GPU.
        case resetGPU
    }

    /// What is to be looked into.
    package enum Investigation: Sendable {
        case nothing
        case support
        /// A link that went down within 30 s before explains it.
        case linkFailureFirst
        /// Follows from a failure elsewhere; alone it is to be reported.
        case reportAlone
        /// To be reported when it comes more than once a day.
        case reportDaily
        case signal
        case signalAndCables
        case software
        case softwareAndSignal
        case peer
        case host
    }

    /// How grave it is when the text does not say.
    package enum Severity: Sendable {
        case nonFatal
        /// The link is lost: drain and reset are recommended, after draining required.
        case linkFatal
        case fatal
    }

    /// When an outcome holds.
    package enum Condition: Hashable, Sendable {
        case always
        /// One of these bits of `errorStatus`.
        case bits([UInt32])
        /// `errorStatus` as a whole.
        case status([UInt32])
        /// The reason, bits 25 to 20 of `intrInfo`.
        case reason([UInt32])
    }

    /// What follows when a condition holds.
    package struct Outcome: Sendable {
        /// When it holds.
        package let condition: Condition
        /// What is to be done at once.
        package let action: Action
        /// What is to be looked into.
        package let investigation: Investigation
        /// How grave it is when the text does not say.
        package let severity: Severity
        /// Whether a bit of `intrInfo` turns it into a reset (bit 10 before R575, 7 since).
        package let isPromotable: Bool

        fileprivate init(
            _ condition: Condition, _ action: Action, _ investigation: Investigation,
            _ severity: Severity, isPromotable: Bool = false
        ) {
            self.condition = condition
            self.action = action
            self.investigation = investigation
            self.severity = severity
            self.isPromotable = isPromotable
        }
    }

    /// A unit of the GPU's NVLink and what its errors mean.
    package struct Unit: Sendable {
        /// The Xid that it reports with.
        package let xid: UInt32
        /// Its names in messages, that of older drivers first.
        package let names: [String]
        /// Before R575: the unit, bits 4 to 0 of `intrInfo`, and the subcode, bits 9 to 5.
        package let older: (unit: UInt32, subcode: UInt32)
        /// Since R575: the subcode, bits 6 to 0 of `intrInfo`.
        package let newer: UInt32
        /// What can follow.
        package let outcomes: [Outcome]

        fileprivate init(
            _ xid: UInt32, _ names: [String], older: (UInt32, UInt32), newer: UInt32,
            _ outcomes: [Outcome]
        ) {
            self.xid = xid
            self.names = names
            self.older = older
            self.newer = newer
            self.outcomes = outcomes
        }
    }

    private static let note = Outcome(.bits([0x8000_0000]), .ignore, .support, .nonFatal)

    private static func reset(_ bits: [UInt32]) -> Outcome {
        Outcome(.bits(bits), .resetGPU, .support, .fatal)
    }

    private static func ignore(
        _ bits: [UInt32], _ investigation: Investigation = .nothing
    ) -> Outcome {
        Outcome(.bits(bits), .ignore, investigation, .nonFatal)
    }

    private static func follow(_ bits: [UInt32], _ investigation: Investigation) -> Outcome {
        Outcome(.bits(bits), .followRecoveryAction, investigation, .nonFatal)
    }

    private static func down(
        _ reasons: [UInt32], _ investigation: Investigation, _ action: Action = .resetGPU,
        _ severity: Severity = .linkFatal
    ) -> Outcome {
        Outcome(.reason(reasons), action, investigation, severity)
    }

    private static let transactions = [ignore([1]), ignore([2], .support), reset([4]), note]
    private static let always = Outcome(.always, .resetGPU, .support, .fatal)

    /// Every unit that is documented.
    package static let units: [Unit] = [
        Unit(
            144, ["SAW_MVB"], older: (1, 1), newer: 1,
            [ignore([1, 8], .support), reset([2, 0x10]), ignore([4, 0x20]), note]),
        Unit(145, ["RLW_CTRL"], older: (2, 3), newer: 3, [note]),
        Unit(
            145, ["RLW_REMAP"], older: (2, 4), newer: 4,
            [
                follow([1, 2], .support), follow([4, 8, 0x10, 0x20], .linkFailureFirst),
                reset([0x40, 0x80]), ignore([0x100, 0x200]), note,
            ]),
        Unit(
            145, ["RLW_RSPCOL"], older: (2, 5), newer: 5, [ignore([1]), reset([2]), note]),
        Unit(
            145, ["RLW_RXPIPE"], older: (2, 6), newer: 6,
            [
                Outcome(.bits([1, 2, 4]), .ignore, .support, .nonFatal, isPromotable: true),
                ignore([8], .support), note,
            ]),
        Unit(
            145, ["RLW_SRC_TRACK"], older: (2, 7), newer: 7,
            [reset([1, 0x10, 0x20]), ignore([2]), follow([4, 8], .nothing), note]),
        Unit(
            145, ["RLW_TAGSTATE"], older: (2, 8), newer: 8,
            [ignore([1, 0x10000]), reset([2, 0x20000, 0x100000]), note]),
        Unit(146, ["TLW_CTRL"], older: (3, 9), newer: 9, transactions),
        Unit(146, ["TLW_RX", "TLW_RX_PIPE0"], older: (3, 10), newer: 10, transactions),
        Unit(146, ["TLW_RX", "TLW_RX_PIPE1"], older: (3, 10), newer: 11, transactions),
        Unit(146, ["TLW_TX", "TLW_TX_PIPE0"], older: (3, 11), newer: 12, transactions),
        Unit(146, ["TLW_TX", "TLW_TX_PIPE1"], older: (3, 11), newer: 13, transactions),
        Unit(147, ["TREX"], older: (4, 12), newer: 14, [ignore([1], .support), note]),
        Unit(148, ["NVLPW_CTRL", "NVLPW"], older: (5, 0), newer: 15, [note]),
        Unit(
            149, ["NETIR", "NETIR_INT"], older: (6, 0), newer: 24,
            [Outcome(.always, .resetGPU, .reportAlone, .linkFatal)]),
        Unit(
            149, ["NETIR_BER_EVENT"], older: (6, 17), newer: 19,
            [Outcome(.always, .ignore, .signalAndCables, .nonFatal)]),
        Unit(
            149, ["NETIR_LINK_EVT", "NETIR_LINK_DOWN"], older: (6, 14), newer: 17,
            [
                down([0], .reportAlone), down([1], .reportDaily), down([2, 4, 10], .signal),
                down([15, 17, 22], .software), down([16, 18], .softwareAndSignal),
                down([21, 32, 33, 34, 35, 36, 37], .peer), down([38], .software, .ignore),
                down([40], .host, .ignore, .fatal), down([42, 43], .signalAndCables),
                // A reason that is not documented is a lost link all the same.
                Outcome(.always, .resetGPU, .support, .linkFatal),
            ]),
        Unit(
            149, ["NETIR_MFDE_EVENT"], older: (6, 18), newer: 20,
            [
                Outcome(.status([1, 4, 5, 7]), .resetGPU, .support, .fatal),
                Outcome(.status([3]), .ignore, .nothing, .nonFatal),
            ]),
        Unit(150, ["MSE_WATCHDOG"], older: (0, 0), newer: 0, [always]),
        Unit(150, ["MSE Degraded"], older: (0, 0), newer: 0, [always]),
    ]
}
