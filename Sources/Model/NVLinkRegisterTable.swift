/// What the registers of Xid 74 mean (NVIDIA, "XID Errors", Xid 74): which bits of which of the
/// seven registers belong together, and whether it matters that they come again.
package enum NVLinkRegisterTable {
    /// What a set bit says, from the mildest to the gravest.
    package enum Finding: Int, CaseIterable, Comparable, Sendable {
        /// The catalogue says to ignore the bit.
        case ignored
        /// Corrected errors crossed a threshold; work goes on.
        case correctedThreshold
        /// The consequence of an error elsewhere; alone it is a defect of software.
        case secondary
        /// The consequence of an error elsewhere that only a reset of the whole fabric ends.
        case secondaryFabric
        /// The signal is marginal.
        case signalIntegrity
        /// ECC or parity of the link's hardware.
        case parity
        /// Nothing yet; a repeat is a case for the field diagnostics.
        case repeatDiagnoses
        /// Nothing yet; a repeat is a case for support.
        case repeatSupport
        /// Possibly hardware: seating first, then diagnostics.
        case hardware
        /// Never expected.
        case unexpected

        /// Orders by gravity.
        package static func < (left: Finding, right: Finding) -> Bool {
            left.rawValue < right.rawValue
        }

        /// What it means and whether repeats matter, without a full stop.
        package var phrase: String {
            switch self {
            case .ignored: "bits that mean nothing"
            case .correctedThreshold: "corrected errors crossed a threshold, repeats do not matter"
            case .secondary: "follows from another error, look for that one"
            case .secondaryFabric:
                "follows from another error and needs a reset of all GPUs and switches"
            case .signalIntegrity: "marginal signal, repeats point to the link's connection"
            case .parity: "ECC or parity in the link, more than twice on one link is for support"
            case .repeatDiagnoses: "once is harmless, a repeat asks for field diagnostics"
            case .repeatSupport: "once is harmless, a repeat is for support"
            case .hardware: "possibly hardware, check the seating and run diagnostics"
            case .unexpected: "should never happen, contact support"
            }
        }

        /// What helps at once.
        package var remedy: Remedy {
            switch self {
            case .ignored, .correctedThreshold, .secondary: .none
            case .secondaryFabric, .signalIntegrity, .parity, .repeatDiagnoses, .repeatSupport:
                .resetGPU
            case .hardware: .inspect
            case .unexpected: .support
            }
        }
    }

    /// Bits of one register that mean the same.
    package struct Row: Sendable {
        /// The register's place among the seven, from 0.
        package let register: Int
        /// The bits, from the least significant.
        package let bits: [UInt32]
        /// What any of them means.
        package let finding: Finding

        fileprivate init(_ register: Int, _ bits: [UInt32], _ finding: Finding) {
            self.register = register
            self.bits = bits
            self.finding = finding
        }
    }

    /// Every bit with a meaning.
    package static let rows: [Row] = [
        Row(0, [0, 23, 30], .ignored),
        Row(0, [1, 20], .secondary),
        Row(0, [4, 5], .parity),
        Row(0, [8, 9, 12, 16, 17, 24, 28], .hardware),
        Row(0, [21, 22], .signalIntegrity),
        Row(0, [27, 29], .repeatSupport),
        Row(2, [0, 1, 2, 6], .parity),
        Row(2, [13], .unexpected),
        Row(2, [16, 19], .repeatDiagnoses),
        Row(2, [17, 18], .repeatSupport),
        Row(3, [16, 17], .secondary),
        Row(3, [18], .secondaryFabric),
        Row(4, [18, 19, 21, 22, 24, 25, 27, 28], .parity),
        Row(4, [20, 23, 26, 29], .correctedThreshold),
    ]

    /// What the registers say, the gravest first; empty when no bit with a meaning is set.
    package static func findings(_ registers: [UInt32]) -> [Finding] {
        let found = rows.filter { row in
            registers.indices.contains(row.register)
                && row.bits.contains { registers[row.register] >> $0 & 1 == 1 }
        }
        return Set(found.map(\.finding)).sorted(by: >)
    }
}
