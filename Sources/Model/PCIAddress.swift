/// Where a function sits on the PCI buses: domain, bus, device, function (PCI 3.0, 3.2.2.3).
///
/// The kernel, NVML and the kernel log write it differently; here it has one form.
package struct PCIAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The domain (segment), 0 to 0xffffffff.
    package let domain: UInt32
    /// The bus number.
    package let bus: UInt8
    /// The device number, 0 to 31.
    package let device: UInt8
    /// The function number, 0 to 7.
    package let function: UInt8

    /// An address from its parts.
    package init(domain: UInt32, bus: UInt8, device: UInt8, function: UInt8 = 0) {
        self.domain = domain
        self.bus = bus
        self.device = device
        self.function = function
    }

    /// Reads `0000:18:00.0` as sysfs writes it, `00000000:18:00.0` as NVML does and `0000:18:00` as
    /// the NVIDIA driver logs it, in either case; nil for anything else, NVML's all-ones sentinel
    /// included.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, (4...8).contains(parts[0].utf8.count),
            let domain = Self.number(parts[0], UInt32.self), let bus = Self.byte(parts[1])
        else { return nil }
        let end = parts[2].split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(end.count), let device = Self.byte(end[0]), device < 32 else {
            return nil
        }
        var function: UInt8 = 0
        if end.count == 2 {
            guard end[1].utf8.count == 1, let number = Self.number(end[1], UInt8.self), number < 8
            else { return nil }
            function = number
        }
        self.init(domain: domain, bus: bus, device: device, function: function)
    }

    private static func byte(_ text: some StringProtocol) -> UInt8? {
        text.utf8.count == 2 ? number(text, UInt8.self) : nil
    }

    // Digits alone: the integer initialiser would take a sign as well.
    private static func number<Number: FixedWidthInteger>(
        _ text: some StringProtocol, _ type: Number.Type
    ) -> Number? {
        guard text.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        return Number(text, radix: 16)
    }

    /// The form of sysfs, which people see most: `0000:18:00.0`.
    package var description: String {
        // By octets, as a page of metrics has one for every link.
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        let digits = (UInt32.bitWidth - domain.leadingZeroBitCount + 3) / 4
        Hexadecimal.append(domain, digits: max(4, digits), to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        Hexadecimal.append(UInt32(bus), digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        Hexadecimal.append(UInt32(device), digits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "."))
        bytes.append(contentsOf: function.description.utf8)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Orders as the buses are numbered.
    package static func < (left: PCIAddress, right: PCIAddress) -> Bool {
        (left.domain, left.bus, left.device, left.function)
            < (right.domain, right.bus, right.device, right.function)
    }
}
