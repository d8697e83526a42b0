import Foundation

/// What a server answered.
struct Reply {
    var status: Int
    var version: String
    var fields: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    func decode<Document: Decodable>(_ type: Document.Type) throws -> Document {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(body))
    }
}

enum ClientError: Error {
    case system(String, Int32)
    /// The server closed before the answer was complete; with what had come.
    case closed([UInt8])
    case malformed(String)
}

/// A blocking HTTP client on a plain socket, which sees every byte and sends what it is told.
final class Client {
    private let descriptor: CInt
    private var received: [UInt8] = []

    /// Connects over TCP; `receiveBuffer` makes the system hold few bytes for a slow reader.
    init(port: Int, receiveBuffer: CInt? = nil) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        setTimeouts()
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        try connect(&address)
    }

    init(socketPath: String) throws {
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        setTimeouts()
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8) }
        try connect(&address)
    }

    deinit {
        close(descriptor)
    }

    private func connect<Address>(_ address: inout Address) throws {
        let size = socklen_t(MemoryLayout<Address>.size)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, size)
            }
        }
        guard result == 0 else { throw ClientError.system("connect", errno) }
    }

    // Only ends a test that would hang; no test waits for it.
    private func setTimeouts() {
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    /// Sends everything, or as much as a server that closes meanwhile takes.
    @discardableResult
    func send(_ bytes: some Collection<UInt8>) -> Int {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            rest.removeFirst(count)
        }
        return bytes.count - rest.count
    }

    func send(_ text: String) {
        send(text.utf8)
    }

    func closeOutput() {
        shutdown(descriptor, CInt(SHUT_WR))
    }

    /// False at the end.
    private func receive() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count >= 0 else {
            if errno == ECONNRESET { return false }
            throw ClientError.system("recv", errno)
        }
        received += chunk[..<count]
        return count > 0
    }

    /// All bytes until the server closes.
    func readToEnd() throws -> [UInt8] {
        while try receive() {}
        defer { received = [] }
        return received
    }

    /// The next reply, framed as that to a GET or, without a body, to a HEAD.
    func reply(hasBody: Bool = true) throws -> Reply {
        let end = Array("\r\n\r\n".utf8)
        var head = received.firstRange(of: end)
        while head == nil {
            guard try receive() else { throw ClientError.closed(received) }
            head = received.firstRange(of: end)
        }
        let headEnd = head?.lowerBound ?? 0
        var reply = try Self.parse(String(decoding: received[..<headEnd], as: UTF8.self))
        received.removeFirst(headEnd + end.count)
        guard hasBody else { return reply }
        guard let length = reply.fields["content-length"].flatMap({ Int($0) }) else {
            throw ClientError.malformed("no Content-Length")
        }
        while received.count < length {
            guard try receive() else { throw ClientError.closed(received) }
        }
        reply.body = Array(received[..<length])
        received.removeFirst(length)
        return reply
    }

    private static func parse(_ head: String) throws -> Reply {
        let lines = head.components(separatedBy: "\r\n")
        let start = lines[0].split(separator: " ", maxSplits: 2)
        guard start.count == 3, let status = Int(start[1]) else {
            throw ClientError.malformed(lines[0])
        }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw ClientError.malformed(line) }
            fields[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        return Reply(status: status, version: String(start[0]), fields: fields, body: [])
    }

    func get(
        _ target: String, _ fields: [String: String] = [:], method: String = "GET",
        host: String = "localhost"
    ) throws -> Reply {
        let lines = fields.map { "\($0.key): \($0.value)\r\n" }.joined()
        send("\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n\(lines)\r\n")
        return try reply(hasBody: method != "HEAD")
    }

    /// Whether the server has closed and nothing more comes.
    func isAtEnd() throws -> Bool {
        try readToEnd().isEmpty
    }
}
