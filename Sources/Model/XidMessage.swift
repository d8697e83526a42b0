/// What the NVIDIA driver logs of an Xid, taken apart:
/// `NVRM: Xid (PCI:0000:18:00[ GPU-I:01[ GPU-CI:02]]): 79, [pid=P, name=NAME, ]MESSAGE`.
package struct XidMessage: Sendable {
    // The kernel's names of processes have at most 15 bytes, but may hold anything.
    private static let nameLimit = 15
    private static let instancesLimit = 64

    /// The GPU.
    package let address: PCIAddress
    /// The GPU instance of MIG; nil where none is named.
    package let instance: UInt32?
    /// The compute instance within it; nil where none is named.
    package let computeInstance: UInt32?
    /// The Xid.
    package let number: UInt32
    /// The process, `name (pid)`; nil where none is named or known.
    package let process: String?
    /// The message without what stands before it, such as a process's name that looks like words.
    package let text: ByteScanner

    /// Takes a line apart, from its first byte; nil when it tells of no Xid.
    package init?(line: ByteScanner) {
        var rest = line
        guard rest.take("NVRM: Xid (") else { return nil }
        // Drivers before 2015 leave the word out.
        _ = rest.take("PCI:")
        guard let address = rest.pciAddress(), let instances = rest.take(through: "): "),
            instances.count <= Self.instancesLimit, let number = rest.decimal(UInt32.self)
        else { return nil }
        _ = rest.take(", ")
        self.address = address
        self.number = number
        var partition = ByteScanner(instances)
        instance = partition.take(" GPU-I:") ? partition.decimal(UInt32.self) : nil
        computeInstance = partition.take(" GPU-CI:") ? partition.decimal(UInt32.self) : nil
        process = Self.takeProcess(&rest)
        text = rest
    }

    // "pid=4711, name=python3, " or "pid='<unknown>', name=<unknown>, "
    private static func takeProcess(_ text: inout ByteScanner) -> String? {
        var ahead = text
        guard ahead.take("pid="), let pid = ahead.take(through: ", name=") else { return nil }
        let name = takeName(&ahead)
        text = ahead
        var digits = ByteScanner(pid)
        guard let number = digits.decimal(UInt32.self), digits.isAtEnd else { return nil }
        let shown = name.starts(with: "<".utf8) ? "unknown" : String(decoding: name, limit: 64)
        return "\(shown) (\(number))"
    }

    // A name may hold commas and blanks. The message begins with a capital letter nearly always, so
    // the name ends at the first comma, among its possible ones, that a capital letter follows.
    private static func takeName(_ text: inout ByteScanner) -> ArraySlice<UInt8> {
        var length: Int?
        var ahead = text
        while let piece = ahead.take(through: ", ") {
            let end = piece.endIndex - text.rest.startIndex
            guard length == nil || end <= nameLimit else { break }
            let isMessage = ahead.next.map { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 } ?? false
            if isMessage || length == nil { length = end }
            guard !isMessage else { break }
        }
        guard let length else { return text.take(text.rest.count) }
        let name = text.take(length)
        _ = text.take(", ")
        return name
    }
}

extension ByteScanner {
    /// Takes a PCI address; nil when there is none, and then nothing was taken.
    package mutating func pciAddress() -> PCIAddress? {
        var ahead = self
        var place = ahead.take {
            Self.digit($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
        }
        let trailing = place.reversed().prefix { $0 == UInt8(ascii: ":") }.count
        place = place.dropLast(trailing)
        guard place.count <= 16, let address = PCIAddress(String(decoding: place, limit: 16))
        else { return nil }
        _ = take(place.count)
        return address
    }
}
