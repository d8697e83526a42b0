/// Which GPU: NVML's UUID, which belongs to the board wherever it is plugged in
/// (nvml.h nvmlDeviceGetUUID).
package struct GPUUUID: Hashable, Comparable, Sendable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    /// Reads `GPU-` and 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12, as NVML writes it;
    /// nil for anything else.
    package init?(_ text: some StringProtocol) {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        guard groups.map(\.utf8.count) == [3, 8, 4, 4, 4, 12], groups[0] == "GPU",
            groups.dropFirst().joined().allSatisfy(\.isHexDigit),
            let high = UInt64(groups[1...3].joined(), radix: 16),
            let low = UInt64(groups[4...5].joined(), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// An identifier from its two halves.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The two halves.
    package var halves: (high: UInt64, low: UInt64) { (high, low) }

    /// The form of NVML, in lower case.
    package var description: String {
        let parts = [
            Hexadecimal.padded(high >> 32, digits: 8),
            Hexadecimal.padded(high >> 16 & 0xFFFF, digits: 4),
            Hexadecimal.padded(high & 0xFFFF, digits: 4),
            Hexadecimal.padded(low >> 48, digits: 4),
            Hexadecimal.padded(low & 0xFFFF_FFFF_FFFF, digits: 12),
        ]
        return "GPU-" + parts.joined(separator: "-")
    }

    /// Orders by value, so that listings are stable.
    package static func < (left: GPUUUID, right: GPUUUID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

/// Which part a series of counters belongs to.
package enum PartKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// An InfiniBand port of a node or switch.
    case port(PortKey)
    /// A GPU.
    case gpu(GPUUUID)
    /// One NVLink of a GPU.
    case nvlink(GPUUUID, UInt8)
    /// A PCI function: a device or a bridge, by its place.
    case pci(PCIAddress)

    /// Reads what `description` writes; nil for anything else.
    package init?(_ text: some StringProtocol) {
        if let port = PortKey(text) {
            self = .port(port)
            return
        }
        if let address = PCIAddress(text), address.description == text {
            self = .pci(address)
            return
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let uuid = parts.first.flatMap({ GPUUUID($0) }) else { return nil }
        if parts.count == 1 {
            self = .gpu(uuid)
            return
        }
        guard parts.count == 3, parts[1] == "nvlink", let link = UInt8(parts[2]),
            parts[2] == String(link)
        else { return nil }
        self = .nvlink(uuid, link)
    }

    /// `GUID/port`, the GPU's UUID, `UUID/nvlink/N`, or a PCI address.
    package var description: String {
        switch self {
        case .port(let port): port.description
        case .gpu(let uuid): uuid.description
        case .nvlink(let uuid, let link): "\(uuid)/nvlink/\(link)"
        case .pci(let address): address.description
        }
    }

    /// What is read of the part.
    package var table: CounterTable {
        switch self {
        case .port: .infiniBandPort
        case .gpu: .gpu
        case .nvlink: .nvlink
        case .pci: .pci
        }
    }
}
