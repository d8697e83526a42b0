/// Folds facts into one number that is the same in every process: FNV-1a of 64 bits.
package struct FixedHash {
    /// The number by now.
    package private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    /// Of nothing.
    package init() {}

    /// Takes a text in, in UTF-8.
    package mutating func combine(_ text: String) {
        for octet in text.utf8 { combine(octet) }
    }

    /// Takes a number in, the lowest octet first.
    package mutating func combine(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            combine(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }

    private mutating func combine(_ octet: UInt8) {
        value = (value ^ UInt64(octet)) &* 0x100_0000_01b3
    }
}
