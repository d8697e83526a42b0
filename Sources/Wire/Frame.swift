package import Model

/// Why bytes on the pipe between daemon and probe are not a frame.
package enum FrameError: Error, Hashable, Sendable {
    /// The bytes end before the frame does.
    case truncated
    /// The frame is longer than `FrameBuffer.limit`.
    case tooLong(Int)
    /// Something in it cannot be; the text names it.
    case malformed(String)
}

/// What the daemon tells a probe.
package enum Command: Hashable, Sendable {
    /// What to do; sent first, and again when it changes.
    case configure(ProbeConfiguration)
    /// Collect once and answer with this number.
    case collect(turn: UInt64)
}

/// What a probe tells the daemon.
package enum Answer: Hashable, Sendable {
    /// The probe runs; its version must be the daemon's.
    case hello(version: String)
    /// What the probe is about to do: device and kind of call, so that a hang has a name.
    case working(on: String)
    /// The answer to `collect`.
    case report(turn: UInt64, ProbeReport)
    /// What happened; comes by itself. An event that comes again, with the same record, has been
    /// seen more often.
    case events([NodeEvent])
}

/// Cuts a stream of bytes into frames: four bytes of length, low byte first, then the payload.
package struct FrameBuffer: Sendable {
    /// The longest payload that is accepted, in bytes.
    package static let limit = 4 << 20

    private var bytes: [UInt8] = []
    private var start = 0

    /// An empty buffer.
    package init() {}

    /// Takes bytes as they come.
    package mutating func append(_ more: some Sequence<UInt8>) {
        if start > 0 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next whole payload; nil until it is there.
    package mutating func next() throws(FrameError) -> ArraySlice<UInt8>? {
        guard bytes.count - start >= 4 else { return nil }
        let length = (0..<4).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
        guard length <= Self.limit else { throw .tooLong(length) }
        guard bytes.count - start >= 4 + length else { return nil }
        defer { start += 4 + length }
        return bytes[start + 4..<start + 4 + length]
    }
}

extension Command {
    /// The frame on the pipe, length included.
    package var frame: [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .configure(let configuration):
            writer.byte(1)
            writer.configuration(configuration)
        case .collect(let turn):
            writer.byte(2)
            writer.integer(turn)
        }
        return framed(writer.bytes)
    }

    /// Reads a payload.
    package init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
        var reader = ByteReader(payload)
        switch try reader.byte() {
        case 1: self = .configure(try reader.configuration())
        case 2: self = .collect(turn: try reader.integer())
        case let other: throw .malformed("command \(other)")
        }
        guard reader.isAtEnd else { throw .malformed("excess bytes") }
    }
}

extension Answer {
    /// The frame on the pipe, length included.
    package var frame: [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .hello(let version):
            writer.byte(1)
            writer.text(version)
        case .working(let what):
            writer.byte(2)
            writer.text(what)
        case .report(let turn, let report):
            writer.byte(3)
            writer.integer(turn)
            writer.report(report)
        case .events(let events):
            writer.byte(4)
            writer.list(events) { $0.event($1) }
        }
        return framed(writer.bytes)
    }

    /// Reads a payload.
    package init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
        var reader = ByteReader(payload)
        switch try reader.byte() {
        case 1: self = .hello(version: try reader.text())
        case 2: self = .working(on: try reader.text())
        case 3: self = .report(turn: try reader.integer(), try reader.report())
        case 4:
            self = .events(try reader.list { (reader) throws(FrameError) in try reader.event() })
        case let other: throw .malformed("answer \(other)")
        }
        guard reader.isAtEnd else { throw .malformed("excess bytes") }
    }
}

private func framed(_ payload: [UInt8]) -> [UInt8] {
    let length = UInt32(payload.count)
    return (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + payload
}
