/// What a port can do and what it may do (IBTA vol 1, 14.2.5.6 PortInfo).
package struct LinkAbility: Hashable, Sendable {
    /// LinkWidthSupported, raw: a bit for each of `widths`.
    package var supportedWidths: UInt8
    /// LinkWidthEnabled, raw.
    package var enabledWidths: UInt8
    /// LinkSpeedSupported and LinkSpeedExtSupported: a bit for each row of `LinkSpeed.all`.
    package var supportedSpeeds: UInt8
    /// LinkSpeedEnabled and LinkSpeedExtEnabled: a bit for each row of `LinkSpeed.all`.
    package var enabledSpeeds: UInt8

    /// What a port can and may do.
    package init(
        supportedWidths: UInt8, enabledWidths: UInt8, supportedSpeeds: UInt8, enabledSpeeds: UInt8
    ) {
        self.supportedWidths = supportedWidths
        self.enabledWidths = enabledWidths
        self.supportedSpeeds = supportedSpeeds
        self.enabledSpeeds = enabledSpeeds
    }

    /// The bits of the widths, and the lanes that each has.
    package static let widths: [(bit: UInt8, lanes: UInt8)] = [
        (1, 1), (16, 2), (2, 4), (4, 8), (8, 12),
    ]

    /// What both ends of a cable can and may do.
    package func common(with other: LinkAbility) -> LinkAbility {
        LinkAbility(
            supportedWidths: supportedWidths & other.supportedWidths,
            enabledWidths: enabledWidths & other.enabledWidths,
            supportedSpeeds: supportedSpeeds & other.supportedSpeeds,
            enabledSpeeds: enabledSpeeds & other.enabledSpeeds)
    }

    /// The most lanes that it can and may use; nil where it says nothing that is known.
    package var mostLanes: UInt8? {
        let usable = supportedWidths & enabledWidths
        return Self.widths.last { usable & $0.bit != 0 }?.lanes
    }

    /// The fastest grade that it can and may run, as a row of `LinkSpeed.all`; nil where it says
    /// nothing that is known.
    package var fastestGrade: Int? {
        let usable = supportedSpeeds & enabledSpeeds
        return LinkSpeed.all.indices.last { usable & 1 << UInt8($0) != 0 }
    }

    /// The widths that are enabled, as ibportstate names them: `1X or 4X`.
    package var enabledWidthNames: String {
        let names = Self.widths.filter { enabledWidths & supportedWidths & $0.bit != 0 }
            .map { "\($0.lanes)X" }
        return names.isEmpty ? "none" : names.joined(separator: " or ")
    }

    /// The fastest grade that is enabled, such as `NDR`.
    package var fastestName: String {
        fastestGrade.map { LinkSpeed.all[$0].name } ?? "none"
    }
}
