import Model

/// One record of `/dev/kmsg`: `priority,sequence,microseconds,flags[,...];message` and lines of
/// properties, which are not kept (Linux, Documentation/ABI/testing/dev-kmsg).
///
/// The flags are not looked at: `c` marks what goes on with a line of another record, which the
/// kernel calls a hint that may be wrong; a line of interest is printed by one call, as one record.
package struct KernelRecord: Sendable {
    /// The longest message that is kept, in bytes; the kernel's own limit is lower.
    package static let messageLimit = 4096
    // Four numbers, a caller and what kernels may add.
    private static let headerLimit = 128

    /// Who wrote it: 0 is the kernel, anything else a program (syslog(3)).
    package let facility: UInt32
    /// The record's number, which counts up by one within a boot.
    package let sequence: UInt64
    /// When, in microseconds since the boot, on a clock that nothing keeps in step with others
    /// (Linux, kernel/printk/printk.c, local_clock).
    package let microseconds: UInt64
    /// The message, unescaped, as UTF-8 that may be broken.
    package let message: ArraySlice<UInt8>

    /// Reads what one read(2) of `/dev/kmsg` gives; nil when it is nothing of the kind.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard let end = bytes.prefix(Self.headerLimit).firstIndex(of: UInt8(ascii: ";"))
        else { return nil }
        var header = ByteScanner(bytes[..<end])
        guard let priority = header.decimal(UInt32.self), header.take(","),
            let sequence = header.decimal(UInt64.self), header.take(","),
            let microseconds = header.decimal(UInt64.self)
        else { return nil }
        facility = priority >> 3
        self.sequence = sequence
        self.microseconds = microseconds
        let text = bytes[(end + 1)...].prefix { $0 != UInt8(ascii: "\n") }
        message = Self.unescaped(text.prefix(Self.messageLimit))
    }

    // The kernel writes control characters, backslashes and everything beyond ASCII as \xNN.
    private static func unescaped(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard text.contains(UInt8(ascii: "\\")) else { return text }
        var plain: [UInt8] = []
        plain.reserveCapacity(text.count)
        var place = text.startIndex
        while place < text.endIndex {
            if let byte = escaped(text[place...]) {
                plain.append(byte)
                place += 4
            } else {
                plain.append(text[place])
                place += 1
            }
        }
        return plain[...]
    }

    private static func escaped(_ text: ArraySlice<UInt8>) -> UInt8? {
        let escape = text.prefix(4)
        guard escape.count == 4, escape.starts(with: #"\x"#.utf8),
            let high = ByteScanner.digit(escape[escape.startIndex + 2]),
            let low = ByteScanner.digit(escape[escape.startIndex + 3])
        else { return nil }
        return high << 4 | low
    }
}
