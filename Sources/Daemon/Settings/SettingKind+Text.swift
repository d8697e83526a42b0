extension SettingKind where Value == String {
    /// A name that is fit for a label: of a device, a probe.
    static var name: Self {
        Self(scalar: LabelName.expected, render: Scalar.rendered) { (scalar) throws(Refusal) in
            let text = try scalar.quotedText()
            guard LabelName.isValid(text) else { throw Refusal() }
            return text
        }
    }

    /// An absolute path within the kernel's PATH_MAX of 4096 with the final NUL (limits.h).
    static var path: Self {
        let expected = "an absolute path of at most 4095 bytes"
        return Self(scalar: expected, render: Scalar.rendered) { (scalar) throws(Refusal) in
            let text = try Scalar.visible(scalar.text, bytesMax: 4095)
            guard text.hasPrefix("/") else { throw Refusal() }
            return text
        }
    }
}

extension SettingKind where Value == String? {
    /// A name that may be left out of its mapping.
    static var optionalName: Self {
        Self(
            scalar: LabelName.expected, render: { $0.map(Scalar.rendered) ?? "none" }
        ) { (scalar) throws(Refusal) in
            let text = try scalar.quotedText()
            guard LabelName.isValid(text) else { throw Refusal() }
            return text
        }
    }

    /// A host name, or "" for the system's (RFC 1123, 2.1).
    static var hostName: Self {
        let expected = "\"\" or at most 253 of A-Z a-z 0-9 . _ -"
        return Self(
            scalar: expected, render: { Scalar.rendered($0 ?? "") }
        ) { (scalar) throws(Refusal) in
            let text = try scalar.quotedText()
            guard text.utf8.count <= 253, text.allSatisfy({ LabelName.isLetter($0, or: "._-") })
            else { throw Refusal() }
            return text.isEmpty ? nil : text
        }
    }

    /// An absolute path within PATH_MAX, or "".
    static var optionalPath: Self {
        let expected = "\"\" or an absolute path of at most 4095 bytes"
        return Self(
            scalar: expected, render: { Scalar.rendered($0 ?? "") }
        ) { (scalar) throws(Refusal) in
            let text = try Scalar.visible(scalar.text, bytesMax: 4095)
            guard text.isEmpty || text.hasPrefix("/") else { throw Refusal() }
            return text.isEmpty ? nil : text
        }
    }

    /// An absolute path that fits into `sockaddr_un` with its final NUL (unix(7)), or "".
    static var socketPath: Self {
        let expected = "\"\" or an absolute path of at most 107 bytes"
        return Self(
            scalar: expected, render: { Scalar.rendered($0 ?? "") }
        ) { (scalar) throws(Refusal) in
            let text = try Scalar.visible(scalar.text, bytesMax: 107)
            guard text.isEmpty || text.hasPrefix("/") else { throw Refusal() }
            return text.isEmpty ? nil : text
        }
    }
}

extension SettingKind where Value == Int? {
    /// A whole number that may be left out of its mapping.
    static func optionalInteger(_ range: ClosedRange<Int>) -> Self {
        let kind = SettingKind<Int>.integer(range)
        return Self(
            expected: kind.expected, render: { $0.map(kind.render) ?? "none" }
        ) { node, key, decoding in
            // The outer nil means refused; "left out" is never read.
            kind.read(node, key, &decoding).map(Optional.some)
        }
    }
}

extension SettingKind where Value == UInt64 {
    /// A GUID as sysfs and ibstat show it, but in one piece.
    static var guid: Self {
        let expected = "a GUID other than 0: 0x and 16 hexadecimal digits"
        return Self(scalar: expected, render: { "\"\(GUIDText.render($0))\"" }) {
            (scalar) throws(Refusal) in
            guard let guid = GUIDText.parse(scalar.text), guid != 0 else { throw Refusal() }
            return guid
        }
    }
}

/// The one place that knows how a GUID is written in settings.
enum GUIDText {
    static func parse(_ text: String) -> UInt64? {
        let digits = text.dropFirst(2)
        guard text.hasPrefix("0x"), digits.count == 16, digits.allSatisfy(\.isHexDigit) else {
            return nil
        }
        return UInt64(digits, radix: 16)
    }

    static func render(_ guid: UInt64) -> String {
        let digits = String(guid, radix: 16)
        return "0x" + String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// Names that are fit for a label.
enum LabelName {
    static let expected = "1 to 64 of A-Z a-z 0-9 _ . : -"

    static func isValid(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.allSatisfy { isLetter($0, or: "_.:-") }
    }

    static func isLetter(_ letter: Character, or others: String) -> Bool {
        guard let code = letter.asciiValue else { return false }
        switch code {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            return true
        default: return others.contains(letter)
        }
    }
}

extension SettingKind where Value == Settings.TCPAddress? {
    static var tcpAddress: Self {
        let expected = "\"\" or HOST:PORT with a port from 0 to 65535, an IPv6 host in brackets"
        return Self(
            scalar: expected, render: { Scalar.rendered($0?.text ?? "") }
        ) { (scalar) throws(Refusal) in
            guard !scalar.text.isEmpty else { return nil }
            guard let address = Settings.TCPAddress(text: scalar.text) else { throw Refusal() }
            return address
        }
    }
}

extension Settings.TCPAddress {
    /// `HOST:PORT`, `[IPv6]:PORT`; names are not looked up.
    init?(text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard let port = Int(digits), "\(port)" == digits, (0...65535).contains(port) else {
            return nil
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            let address = host.dropFirst().dropLast()
            let isAddress =
                address.contains(":")
                && address.allSatisfy { $0.isHexDigit && $0.isASCII || ":.".contains($0) }
            guard isAddress else { return nil }
            self.init(host: String(address), port: port)
        } else {
            guard (1...253).contains(host.utf8.count),
                host.allSatisfy({ LabelName.isLetter($0, or: ".-") })
            else { return nil }
            self.init(host: String(host), port: port)
        }
    }

    /// The address as it is written in settings and URLs.
    package var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Whether only this machine reaches it: 127.0.0.0/8 (RFC 1122, 3.2.1.3), ::1 (RFC 4291,
    /// 2.5.3) or localhost (RFC 6761, 6.3).
    package var isLoopback: Bool {
        guard host != "localhost", host != "::1" else { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { UInt8($0) }
        return parts.count == 4 && numbers.count == 4 && numbers.first == 127
    }
}
