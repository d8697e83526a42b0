/// A 64-bit globally unique identifier of a node, a system image or a port (IBTA vol 1, 4.1).
package struct GUID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The identifier as a host-order integer; zero is never a valid GUID.
    package let rawValue: UInt64

    /// Takes the identifier as a host-order integer.
    package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Reads `0x` and 1 to 16 hexadecimal digits, as ibstat prints them; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix("0x"), (3...18).contains(text.utf8.count),
            text.dropFirst(2).allSatisfy(\.isHexDigit),
            let value = UInt64(text.dropFirst(2), radix: 16)
        else { return nil }
        rawValue = value
    }

    /// `0x` and sixteen lower-case hexadecimal digits.
    package var description: String {
        "0x" + Hexadecimal.padded(rawValue, digits: 16)
    }

    /// Orders by value, so that listings are stable.
    package static func < (left: GUID, right: GUID) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// Hexadecimal text without Foundation.
package enum Hexadecimal {
    /// The value in lower-case hexadecimal, padded with zeros to at least `digits` digits.
    package static func padded(_ value: some BinaryInteger, digits: Int) -> String {
        let text = String(value, radix: 16)
        let missing = digits - text.utf8.count
        return missing > 0 ? String(repeating: "0", count: missing) + text : text
    }

    /// Appends the lowest `digits` digits, in lower case.
    static func append(_ value: UInt32, digits: Int, to bytes: inout [UInt8]) {
        for place in (0..<digits).reversed() {
            let digit = UInt8(truncatingIfNeeded: value >> UInt32(4 * place) & 0xF)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}

/// Which part a series of counters belongs to: a port of a node, wherever it is plugged in.
///
/// Series are keyed by this and never by a kernel name such as `mlx5_3`, which renumbers when a
/// card is replaced (IBTA vol 1, 14.2.5.3 NodeInfo).
package struct PortKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The GUID of the HCA or switch.
    package let node: GUID
    /// The port number at that node; 1 to 254.
    package let port: UInt8

    /// A port of a node.
    package init(node: GUID, port: UInt8) {
        self.node = node
        self.port = port
    }

    /// Reads what `description` writes; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let node = GUID(parts[0]), let port = UInt8(parts[1]),
            parts[1] == String(port)
        else { return nil }
        self.init(node: node, port: port)
    }

    /// `GUID/port`.
    package var description: String { "\(node)/\(port)" }

    /// Orders by node, then by port.
    package static func < (left: PortKey, right: PortKey) -> Bool {
        (left.node, left.port) < (right.node, right.port)
    }
}

/// Which end of a cable of this node: the HCA port here, or the port at the other side.
package enum End: String, CaseIterable, Sendable {
    /// The port of this node's own HCA.
    case local
    /// The port that the cable leads to, normally a switch port.
    case peer
}
