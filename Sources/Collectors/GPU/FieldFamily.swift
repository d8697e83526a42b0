import Model

/// Fields of NVML that are asked for in one call.
///
/// A call holds one family alone: with some drivers a mixed one fails in every entry. The driver
/// serves a family out of one request, so a longer call costs hardly more.
struct FieldFamily: Hashable, Sendable {
    let family: CallFamily
    /// Whether it is asked of every link rather than of the GPU.
    let isPerLink: Bool
    let ids: [UInt32]

    private init(_ family: CallFamily, _ ids: [UInt32]) {
        self.family = family
        isPerLink = false
        self.ids = ids
    }

    private init(perLink family: CallFamily, _ ids: [UInt32]) {
        self.family = family
        isPerLink = true
        self.ids = ids
    }

    /// The field that says how many links there are.
    static let linkCount: UInt32 = 91
    /// The field that says how warm the memory is.
    static let memoryTemperature: UInt32 = 82

    static let all = [
        FieldFamily(.health, [74, 76, memoryTemperature, 83, linkCount, 186, 230]),
        FieldFamily(perLink: .linkState, [164, 165]),
        FieldFamily(perLink: .linkRemote, [146, 166]),
        // NVLink up to 4, and from 5 on.
        FieldFamily(perLink: .linkErrors, [161, 162, 163]),
        FieldFamily(
            perLink: .linkErrors,
            Array(201...204) + Array(206...215) + Array(219...222)),
        FieldFamily(perLink: .linkTraffic, [138, 139, 140, 141]),
        FieldFamily(perLink: .linkFEC, Array(235...250)),
        FieldFamily(.ecc, [1, 3, 4, 5, 6]),
        // From Ampere on, and before.
        FieldFamily(.remap, [142, 143, 144, 145]),
        FieldFamily(.remap, [29, 30, 31]),
        FieldFamily(.pcie, [94, 95, 169] + Array(173...183) + [197, 198]),
    ]
}
