/// Writes integers and texts in the compact form of frames.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) {
        bytes.append(value)
    }

    // LEB128: seven bits a byte, low bits first.
    mutating func integer(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func signed(_ value: Int64) {
        integer(UInt64(bitPattern: value))
    }

    mutating func text(_ value: String) {
        integer(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    mutating func list<Element>(
        _ elements: [Element], _ write: (inout ByteWriter, Element) -> Void
    ) {
        integer(UInt64(elements.count))
        for element in elements { write(&self, element) }
    }
}

/// Reads what `ByteWriter` wrote; every length is checked before it is believed.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var isAtEnd: Bool { position == bytes.endIndex }

    mutating func byte() throws(FrameError) -> UInt8 {
        guard position < bytes.endIndex else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func integer() throws(FrameError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            guard shift < 63 || (shift == 63 && next <= 1) else { throw .malformed("integer") }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 { return value }
            shift += 7
        }
    }

    mutating func signed() throws(FrameError) -> Int64 {
        Int64(bitPattern: try integer())
    }

    mutating func small<Small: FixedWidthInteger>() throws(FrameError) -> Small {
        guard let value = Small(exactly: try integer()) else { throw .malformed("range") }
        return value
    }

    mutating func text() throws(FrameError) -> String {
        let count: Int = try small()
        guard count <= bytes.endIndex - position else { throw .truncated }
        defer { position += count }
        return String(decoding: bytes[position..<position + count], as: UTF8.self)
    }

    mutating func list<Element>(
        _ read: (inout ByteReader) throws(FrameError) -> Element
    ) throws(FrameError) -> [Element] {
        let count: Int = try small()
        // An element takes at least a byte, so a longer list cannot be there.
        guard count <= bytes.endIndex - position else { throw .truncated }
        // Nothing is reserved: a count that lies would claim many times the frame's length.
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try read(&self)) }
        return elements
    }
}
