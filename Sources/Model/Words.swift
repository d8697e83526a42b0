/// The name that somebody gives a mark or a time of work: 1 to 64 of `A-Z a-z 0-9 . _ -`.
///
/// It is neither `.` nor `..`, which no path can end with (RFC 3986 section 5.2.4).
package struct GivenName: Hashable, Sendable, CustomStringConvertible {
    /// What a name may be, for people.
    package static let expected = "1 to 64 of A-Z a-z 0-9 . _ -, and neither \".\" nor \"..\""
    private static let lengths = 1...64

    /// The name as text.
    package let description: String

    /// Reads a name; nil for anything else.
    package init?(_ text: String) {
        guard Self.lengths.contains(text.utf8.count), text != ".", text != "..",
            text.utf8.allSatisfy(Self.allows)
        else { return nil }
        description = text
    }

    private static func allows(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

/// What somebody notes of a mark, of work or of an incident: at most 256 bytes of UTF-8.
package struct Note: Hashable, Sendable, CustomStringConvertible {
    /// The most bytes.
    package static let bytesMax = 256

    /// The note as text; empty for nothing.
    package let description: String

    /// Nothing.
    package init() {
        description = ""
    }

    /// Reads a note; nil for one that is too long.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.bytesMax else { return nil }
        description = text
    }
}

/// Who changes something, as they call themselves: 1 to 64 bytes of UTF-8 in one line, not blank.
package struct Author: Hashable, Sendable, CustomStringConvertible {
    /// What an author may be, for people.
    package static let expected = "1 to 64 bytes in one line, and not blank"
    private static let lengths = 1...64

    /// The author as text.
    package let description: String

    /// Reads an author; nil for anything else.
    package init?(_ text: String) {
        guard Self.lengths.contains(text.utf8.count),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }),
            text.contains(where: { !$0.isWhitespace })
        else { return nil }
        description = text
    }
}
