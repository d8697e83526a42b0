/// One place that a counter can be read from.
package struct Field: Hashable, Sendable {
    /// The datagram, file, field id or call that carries it.
    package let source: Source
    /// The name in the library's header, libibmad's `enum MAD_FIELDS` or nvml.h, or in the kernel's
    /// list of statistics.
    package let symbol: String
    /// The width in bits: 4, 8, 16, 32 or 64.
    package let width: UInt8
    /// What happens at the end of the range.
    package let behaviour: Behaviour
    /// Who starts it anew, and when.
    package let reset: ResetDomain
    /// The first driver branch that offers it, such as 550; nil where drivers do not matter.
    package let firstDriver: UInt16?
    /// The defining section.
    package let reference: String

    /// A field of a management datagram.
    package init(
        _ attribute: Attribute, _ symbol: String, width: UInt8, _ behaviour: Behaviour,
        _ reference: String
    ) {
        source = .attribute(attribute)
        self.symbol = symbol
        self.width = width
        self.behaviour = behaviour
        reset = .attribute
        firstDriver = nil
        self.reference = reference
    }

    /// A counter in PortInfo, which stops at its maximum.
    package init(portInfo symbol: String, width: UInt8) {
        source = .portInfo
        self.symbol = symbol
        self.width = width
        behaviour = .sticks
        reset = .attribute
        firstDriver = nil
        reference = "IBTA vol 1, 14.2.5.6"
    }

    /// A statistic of the port's network interface, by the name that `ethtool -S` shows.
    package init(ethtool name: String, _ register: PortRegister, width: UInt8) {
        source = .ethtool(register)
        symbol = name
        self.width = width
        behaviour = width == 64 ? .wide : .sticks
        reset = register == .module ? .driver : .device
        firstDriver = nil
        reference = "kernel mlx5/counters.rst"
    }

    /// A file of the port's `hw_counters` in sysfs, by its name.
    package init(
        hwCounter name: String, width: UInt8, _ reference: String = "kernel hw/mlx5/counters.c"
    ) {
        source = .hwCounter
        symbol = name
        self.width = width
        behaviour = width == 64 ? .wide : .wraps
        reset = .driver
        firstDriver = nil
        self.reference = reference
    }

    /// A line of an AER file of a PCI function in sysfs, by the word before its number.
    package init(pciFile file: String, _ name: String) {
        source = .pciFile(file)
        symbol = name
        width = 64
        behaviour = .wide
        reset = .registration
        firstDriver = nil
        reference = "kernel pci/pcie/aer.c"
    }

    /// A 64-bit answer of NVML.
    package init(
        nvml source: Source, _ symbol: String, firstDriver: UInt16, reset: ResetDomain
    ) {
        self.source = source
        self.symbol = symbol
        width = 64
        behaviour = .wide
        self.reset = reset
        self.firstDriver = firstDriver
        reference = "nvml.h \(symbol)"
    }

    /// The largest value that the field can show.
    package var maximum: UInt64 {
        width >= 64 ? .max : (1 << UInt64(width)) - 1
    }

    /// The performance-management attribute that carries it; nil for what NVML answers.
    package var attribute: Attribute? {
        if case .attribute(let attribute) = source { attribute } else { nil }
    }

    /// What is cleared together with it; nil when nobody can clear it.
    package var clearGroup: ClearGroup? {
        switch (source, reset) {
        case (.attribute(let attribute), _): .attribute(attribute)
        case (.ethtool(let register), .device): .register(register)
        case (_, .linkErrors): .linkErrors
        default: nil
        }
    }
}

/// What carries a value.
package enum Source: Hashable, Sendable {
    /// A performance-management attribute.
    case attribute(Attribute)
    /// PortInfo, of subnet management.
    case portInfo
    /// A statistic of the port's network interface (SIOCETHTOOL, ETHTOOL_GSTATS).
    case ethtool(PortRegister)
    /// A file of the port's `hw_counters` in sysfs.
    case hwCounter
    /// A file of a PCI function in sysfs.
    case pciFile(String)
    /// A field id of nvmlDeviceGetFieldValues.
    case nvmlField(UInt32)
    /// A call of its own; `part` says which of its results, as in the header.
    case nvmlCall(String, part: String)

    /// The name in API documents.
    package var name: String {
        switch self {
        case .attribute(let attribute): attribute.name
        case .portInfo: "PortInfo"
        case .ethtool: "ethtool"
        case .hwCounter: "hw_counters"
        case .pciFile(let file): file
        case .nvmlField(let id): "NVML field \(id)"
        case .nvmlCall(let call, _): call
        }
    }
}

/// The register of an HCA that the driver reads a statistic from (kernel mlx5 en_stats.c).
package enum PortRegister: String, CaseIterable, Sendable {
    /// PPCNT group 0x12: the link as a whole.
    case physicalLayer
    /// PPCNT group 0x16: bits and their errors.
    case statistical
    /// MPCNT: the device's PCIe link.
    case pcie
    /// None: the driver counts events of the port's module itself.
    case module
}

/// Counters that one clear covers.
package enum ClearGroup: Hashable, Sendable {
    /// Those of one performance-management attribute.
    case attribute(Attribute)
    /// Those of one register.
    case register(PortRegister)
    /// The error counters of one NVLink (nvml.h nvmlDeviceResetNvLinkErrorCounters).
    case linkErrors
}

/// When a device starts a counter anew.
package enum ResetDomain: String, CaseIterable, Sendable {
    /// When somebody clears its attribute; a reboot or a driver reload may do it as well.
    case attribute
    /// With the GPU's state: reset, driver load, reboot, and the last client's leaving where
    /// persistence is off.
    case gpu
    /// As `gpu`, and when somebody clears the error counters of the link.
    case linkErrors = "link_errors"
    /// With the HCA's firmware, and when a vendor's tool clears the register; a driver reload may
    /// do it as well.
    case device
    /// With the device's driver.
    case driver
    /// With the kernel's record of the device: at boot, and when it is removed and found again.
    case registration
    /// Never: it is kept in the device's InfoROM.
    case lifetime
}

/// What a counter field does when it is full.
package enum Behaviour: String, Sendable {
    /// It stays at its maximum until somebody clears it: every narrow PMA counter.
    case sticks
    /// It starts again at zero: mlx5 `hw_counters`.
    case wraps
    /// It is 64 bits wide and full only in theory.
    case wide
}
/// The performance-management attribute that a field is read with (IBTA vol 1, 16.1.3).
package enum Attribute: UInt16, CaseIterable, Sendable {
    /// PortCounters: narrow error counters.
    case portCounters = 0x12
    /// PortRcvErrorDetails: why packets were counted as receive errors.
    case portRcvErrorDetails = 0x15
    /// PortXmitDiscardDetails: why packets were discarded on the way out.
    case portXmitDiscardDetails = 0x16
    /// PortCountersExtended: 64-bit traffic counters, and 64-bit errors where advertised.
    case portCountersExtended = 0x1D
    /// PortExtendedSpeedsCounters: block and FEC counters of 64b/66b links.
    case portExtendedSpeedsCounters = 0x1F

    /// The attribute's name in the specification.
    package var name: String {
        switch self {
        case .portCounters: "PortCounters"
        case .portRcvErrorDetails: "PortRcvErrorDetails"
        case .portXmitDiscardDetails: "PortXmitDiscardDetails"
        case .portCountersExtended: "PortCountersExtended"
        case .portExtendedSpeedsCounters: "PortExtendedSpeedsCounters"
        }
    }
}
