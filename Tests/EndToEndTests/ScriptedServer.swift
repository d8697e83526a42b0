import Foundation
import Synchronization

/// Answers HTTP requests one after the other from a script, on a Unix socket or on loopback TCP.
final class ScriptedServer: Sendable {
    enum Reply {
        /// A status and a body with its length.
        case http(Int, [UInt8])
        /// Bytes without any claim of a length, then the end of the connection.
        case raw([UInt8])
        /// So many blanks without any claim of a length.
        case flood(Int)
        /// Nothing, until the client gives up.
        case silence
        /// The end of the connection.
        case hangUp

        static func document(_ document: some Encodable) -> Reply { .http(200, json(document)) }
    }

    let directory: URL
    /// The `--socket` or `--url` that leads here.
    let arguments: [String]
    /// Signalled for each request beyond the script, which is left without an answer.
    let exhausted = DispatchSemaphore(value: 0)
    private let listener: Int32
    private let requests = Mutex<[Request]>([])
    private let ended = DispatchSemaphore(value: 0)

    private struct Request {
        var method: String
        var target: String
        var body: [UInt8]
    }

    /// What was asked so far: `/api/v1/…` with its query.
    var asked: [String] { requests.withLock { $0.map(\.target) } }
    /// The methods of what was asked so far.
    var methods: [String] { requests.withLock { $0.map(\.method) } }
    /// The bodies of what was asked so far.
    var bodies: [[UInt8]] { requests.withLock { $0.map(\.body) } }

    init(_ replies: [Reply], overTCP: Bool = false) throws {
        directory = try TemporaryDirectory.make()
        let path = directory.appendingPathComponent("s").path
        listener = overTCP ? try listenOnLoopback() : try listen(onSocket: path)
        arguments =
            try overTCP
            ? ["--url", "http://127.0.0.1:\(port(of: listener))/"] : ["--socket", path]
        Thread { self.serve(replies) }.start()
    }

    /// Waits for the script's thread and leaves nothing behind.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        ended.wait()
        close(listener)
        try? FileManager.default.removeItem(at: directory)
    }

    private func serve(_ replies: [Reply]) {
        var script = replies[...]
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { break }
            while let request = Self.request(from: client) {
                requests.withLock { $0.append(request) }
                if script.isEmpty { exhausted.signal() }
                guard Self.send(script.popFirst() ?? .silence, to: client) else { break }
            }
            close(client)
        }
        ended.signal()
    }

    // A request; nil at the end of the connection.
    private static func request(from client: Int32) -> Request? {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard let byte = byte(from: client) else { return nil }
            head.append(byte)
        }
        let text = String(decoding: head, as: UTF8.self)
        let words = text.split(separator: " ")
        guard words.count > 1 else { return nil }
        var request = Request(method: String(words[0]), target: String(words[1]), body: [])
        let length = text.firstRange(of: "Content-Length: ").flatMap {
            Int(text[$0.upperBound...].prefix(while: \.isNumber))
        }
        for _ in 0..<(length ?? 0) {
            guard let byte = byte(from: client) else { return nil }
            request.body.append(byte)
        }
        return request
    }

    private static func byte(from client: Int32) -> UInt8? {
        var byte: UInt8 = 0
        return read(client, &byte, 1) == 1 ? byte : nil
    }

    // Whether the connection stays open for the next request.
    private static func send(_ reply: Reply, to client: Int32) -> Bool {
        switch reply {
        case .http(let status, let body):
            let head = "HTTP/1.1 \(status) x\r\nContent-Length: \(body.count)\r\n\r\n"
            return send(Array(head.utf8) + body, to: client)
        case .raw(let bytes):
            _ = send(bytes, to: client)
            return false
        case .flood(let count):
            _ = send(Array("HTTP/1.1 200 x\r\n\r\n".utf8), to: client)
            _ = send([UInt8](repeating: 32, count: count), to: client)
            return false
        case .silence:
            return true
        case .hangUp:
            return false
        }
    }

    private static func send(_ bytes: [UInt8], to client: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

/// A document as the daemon writes it.
func json(_ document: some Encodable) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return (try? encoder.encode(document)).map(Array.init) ?? []
}

/// Directories of their own for tests.
enum TemporaryDirectory {
    static func make() throws -> URL {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "fabricwatch-" + UUID().uuidString.prefix(8))
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return directory
    }
}

/// A listening Unix socket.
func listen(onSocket path: String) throws -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
    return try listen(AF_UNIX, &address)
}

private func listenOnLoopback() throws -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    return try listen(AF_INET, &address)
}

private func listen<Address>(_ family: Int32, _ address: inout Address) throws -> Int32 {
    let listener = socket(family, Int32(SOCK_STREAM.rawValue) | 0o2_000_000, 0)
    let bound = withUnsafeBytes(of: &address) {
        bind(
            listener, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    guard listener >= 0, bound == 0, Glibc.listen(listener, 8) == 0 else {
        throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }
    return listener
}

private func port(of listener: Int32) throws -> UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutableBytes(of: &address) {
        getsockname(listener, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
    }
    guard code == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    return UInt16(bigEndian: address.sin_port)
}
