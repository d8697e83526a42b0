import CZlib
import NIOCore

/// Compression of answers (RFC 1952) by zlib.
enum Gzip {
    /// zlib's fastest level.
    ///
    /// Metrics text shrinks to an eighth with it, to a twelfth with the default level in three
    /// times the time, and the reader is seldom far away.
    private static let level: Int32 = 1
    // 15 is the largest window; 16 more asks for a gzip frame instead of a zlib one (zlib.h).
    private static let windowBitsWithGzipFrame: Int32 = 15 + 16
    private static let defaultMemoryLevel: Int32 = 8

    /// The compressed bytes, or nil when zlib has no memory.
    static func compress(_ plain: ByteBuffer) -> ByteBuffer? {
        var stream = unsafe z_stream()
        let opened = unsafe deflateInit2_(
            &stream, level, Z_DEFLATED, windowBitsWithGzipFrame, defaultMemoryLevel,
            Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard opened == Z_OK else { return nil }
        defer { unsafe deflateEnd(&stream) }
        let bound = unsafe Int(deflateBound(&stream, UInt(plain.readableBytes)))
        var packed = ByteBuffer()
        let status = unsafe packed.writeWithUnsafeMutableBytes(minimumWritableBytes: bound) {
            room in
            let status = unsafe deflateOnce(&stream, plain, into: room)
            return unsafe status == Z_STREAM_END ? Int(stream.total_out) : 0
        }
        guard status > 0 else { return nil }
        // The bound is about the plain size; a cached page keeps only what it needs.
        return ByteBuffer(bytes: packed.readableBytesView)
    }

    /// One call is enough, because `room` holds whatever the input can become (`deflateBound`).
    private static func deflateOnce(
        _ stream: inout z_stream, _ plain: ByteBuffer, into room: UnsafeMutableRawBufferPointer
    ) -> Int32 {
        unsafe plain.withUnsafeReadableBytes { input in
            let bytes = unsafe input.assumingMemoryBound(to: UInt8.self)
            // zlib only reads through `next_in`, whose type lacks the const.
            unsafe stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
            unsafe stream.avail_in = UInt32(input.count)
            unsafe stream.next_out = room.assumingMemoryBound(to: UInt8.self).baseAddress
            unsafe stream.avail_out = UInt32(clamping: room.count)
            return unsafe deflate(&stream, Z_FINISH)
        }
    }
}
