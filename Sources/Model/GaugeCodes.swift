/// What the numbers of a gauge stand for.
package enum GaugeCodes: Sendable {
    /// One word for each number.
    case words([(code: UInt64, word: String)])
    /// One word for each bit; several may be set.
    case mask([(bit: UInt64, word: String)])
    /// Several small numbers side by side, of which zero says nothing.
    case fields([BitField])

    /// A small number within a larger one.
    package struct BitField: Sendable {
        let shift: UInt64
        let width: UInt64
        // The number that says that all is well.
        let good: UInt64
        // Those that mean trouble.
        let words: [(code: UInt64, word: String)]

        init(
            _ shift: UInt64, _ width: UInt64, good: UInt64, _ words: [(code: UInt64, word: String)]
        ) {
            self.shift = shift
            self.width = width
            self.good = good
            self.words = words
        }

        var mask: UInt64 { (1 << width - 1) << shift }
    }

    /// A flag.
    package static let noYes = words([(0, "no"), (1, "yes")])
    /// A switch.
    package static let offOn = words([(0, "off"), (1, "on")])

    /// What a number says; nil for one that is not known.
    package func meaning(of raw: UInt64) -> String? {
        switch self {
        case .words(let words): return words.first { $0.code == raw }?.word
        case .mask(let bits):
            guard raw != 0 else { return "none" }
            let words = bits.filter { raw & $0.bit != 0 }.map(\.word)
            let rest = bits.reduce(raw) { $0 & ~$1.bit }
            let unknown = rest == 0 ? [] : ["others (0x\(String(rest, radix: 16)))"]
            return (words + unknown).joined(separator: ", ")
        case .fields(let fields):
            guard raw != 0 else { return "not told" }
            return Self.meaning(of: raw, in: fields)
        }
    }

    // What a newer driver says in numbers that are not listed is not health.
    private static func meaning(of raw: UInt64, in fields: [BitField]) -> String {
        var words: [String] = []
        var unknown = fields.reduce(raw) { $0 & ~$1.mask }
        var isWhole = true
        for field in fields {
            let code = (raw & field.mask) >> field.shift
            if let known = field.words.first(where: { $0.code == code }) {
                words.append(known.word)
            } else if code == 0 {
                isWhole = false
            } else if code != field.good {
                unknown |= raw & field.mask
            }
        }
        if unknown != 0 { words.append("unknown (0x\(String(unknown, radix: 16)))") }
        guard words.isEmpty else { return words.joined(separator: ", ") }
        return isWhole ? "healthy" : "healthy as far as told"
    }

    /// The codes and their words as the end of a help text; nil for those too many to list.
    var list: String? {
        switch self {
        case .words(let words):
            words.map { "\($0.code) \($0.word)" }.joined(separator: ", ")
        case .mask(let bits):
            bits.map { "\($0.bit) \($0.word)" }.joined(separator: ", ")
        case .fields: nil
        }
    }
}

extension GaugeCodes {
    /// What holds clocks down (nvml.h nvmlClocksEventReason*).
    static let clocksEventReasons = mask([
        (1, "idle"), (2, "application clocks"), (4, "power limit"), (8, "hardware slowdown"),
        (16, "sync boost"), (32, "software thermal"), (64, "hardware thermal"),
        (128, "power brake"), (256, "display"),
    ])

    /// What the driver asks for (nvml.h nvmlDeviceGpuRecoveryAction_t).
    static let recoveryAction = words(RecoveryAction.all.map { (UInt64($0.code), $0.word) })

    /// Registration with the NVSwitch fabric (nvml.h NVML_GPU_FABRIC_STATE_*).
    package static let fabricState = words([
        (0, "not supported"), (1, "not started"), (2, "in progress"), (3, "completed"),
    ])

    /// How the fabric is (nvml.h NVML_GPU_FABRIC_HEALTH_SUMMARY_*).
    package static let fabricHealth = words([
        (0, "not told"), (1, "healthy"), (2, "unhealthy"), (3, "limited capacity"),
    ])

    /// What is wrong with the fabric (nvml.h NVML_GPU_FABRIC_HEALTH_MASK_*).
    package static let fabricHealthMask = fields([
        BitField(0, 2, good: 2, [(1, "degraded bandwidth")]),
        BitField(2, 2, good: 2, [(1, "route recovery in progress")]),
        BitField(4, 2, good: 2, [(1, "route unhealthy")]),
        BitField(6, 2, good: 2, [(1, "access timeout recovery")]),
        BitField(
            8, 4, good: 1,
            [
                (2, "wrong system GUID"), (3, "wrong chassis serial number"),
                (4, "no partition"), (5, "too few NVLinks"), (6, "incompatible GPU firmware"),
                (7, "invalid location"), (8, "invalid GPU state"),
            ]),
        BitField(12, 2, good: 1, [(2, "no partition assigned")]),
    ])

    /// The states of an NVLink (nvml.h NVML_NVLINK_STATE_*).
    static let linkState = words([(0, "inactive"), (1, "active"), (2, "asleep")])

    /// The generations of NVLink (nvml.h nvmlNvLinkVersion_t).
    static let linkVersion = words([
        (1, "NVLink 1.0"), (2, "NVLink 2.0"), (3, "NVLink 2.2"), (4, "NVLink 3.0"),
        (5, "NVLink 3.1"), (6, "NVLink 4.0"), (7, "NVLink 5.0"), (8, "NVLink 6.0"),
    ])
}
