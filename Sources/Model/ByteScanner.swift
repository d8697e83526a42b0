/// Reads words and numbers from the front of a line of text, byte by byte.
///
/// Lines come from outside, so nothing here traps: what is not there is nil or false, and then
/// nothing was taken.
package struct ByteScanner: Sendable {
    /// What has not been taken yet.
    package private(set) var rest: ArraySlice<UInt8>

    /// A scanner at the start of some bytes.
    package init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// A scanner at the start of a text's UTF-8.
    package init(_ text: some StringProtocol) {
        rest = Array(text.utf8)[...]
    }

    /// Whether everything was taken.
    package var isAtEnd: Bool { rest.isEmpty }

    /// The byte that would be taken next.
    package var next: UInt8? { rest.first }

    /// Whether the rest begins with the text.
    package func starts(with text: String) -> Bool {
        rest.starts(with: text.utf8)
    }

    /// Takes the text if the rest begins with it.
    package mutating func take(_ text: String) -> Bool {
        guard starts(with: text) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }

    /// Takes everything up to the text and the text; gives what stood before it.
    package mutating func take(through text: String) -> ArraySlice<UInt8>? {
        guard let place = Self.find(text, in: rest) else { return nil }
        let before = rest[..<place]
        rest = rest[place...].dropFirst(text.utf8.count)
        return before
    }

    /// Whether the text stands anywhere in the rest.
    package func contains(_ text: String) -> Bool {
        Self.find(text, in: rest) != nil
    }

    /// Takes bytes as long as they are as wanted.
    package mutating func take(while isWanted: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let taken = rest.prefix(while: isWanted)
        rest = rest[taken.endIndex...]
        return taken
    }

    /// Takes that many bytes, or as many as there are.
    package mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        let taken = rest.prefix(count)
        rest = rest[taken.endIndex...]
        return taken
    }

    /// Takes all blanks.
    package mutating func skipBlanks() {
        _ = take { $0 == UInt8(ascii: " ") }
    }

    /// Takes bytes up to the next blank; may be empty.
    package mutating func word() -> ArraySlice<UInt8> {
        take { $0 != UInt8(ascii: " ") }
    }

    /// Takes a decimal number without sign; nil when there is none or it does not fit.
    package mutating func decimal<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
        var value: Number = 0
        let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard !digits.isEmpty else { return nil }
        for digit in digits {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Number(digit - UInt8(ascii: "0")))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        rest = rest[digits.endIndex...]
        return value
    }

    /// Takes `0x` and up to eight hexadecimal digits; nil when they are not there.
    package mutating func hexadecimal() -> UInt32? {
        guard starts(with: "0x") || starts(with: "0X") else { return nil }
        var value: UInt32 = 0
        let digits = rest.dropFirst(2).prefix { Self.digit($0) != nil }
        guard (1...8).contains(digits.count) else { return nil }
        for byte in digits { value = value << 4 | UInt32(Self.digit(byte) ?? 0) }
        rest = rest[digits.endIndex...]
        return value
    }

    /// The value of a hexadecimal digit; nil for any other byte.
    package static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Where the text stands first; nil when it does not.
    package static func find(_ text: String, in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = text.utf8.first else { return bytes.startIndex }
        var place = bytes.startIndex
        while let found = bytes[place...].firstIndex(of: first) {
            if bytes[found...].starts(with: text.utf8) { return found }
            place = found + 1
        }
        return nil
    }
}

extension String {
    /// The bytes as UTF-8 text of at most `limit` bytes, cut between characters' scalars.
    ///
    /// Control characters become blanks: the text is shown in terminals, and a process may be
    /// called anything.
    package init(decoding bytes: some Collection<UInt8>, limit: Int) {
        let decoded = String(decoding: bytes.prefix(limit), as: UTF8.self)
        let isControl: (Unicode.Scalar) -> Bool = { $0.value < 0x20 || 0x7f...0x9f ~= $0.value }
        let needsBlanks = decoded.unicodeScalars.contains(where: isControl)
        guard needsBlanks || decoded.utf8.count > limit else {
            self = decoded
            return
        }
        var kept = String.UnicodeScalarView()
        var length = 0
        for scalar in decoded.unicodeScalars {
            let shown = isControl(scalar) ? " " : scalar
            length += UTF8.width(shown)
            guard length <= limit else { break }
            kept.append(shown)
        }
        self.init(kept)
    }
}
