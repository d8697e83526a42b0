import Foundation

/// An answer to a request.
struct HTTPAnswer {
    var status: Int
    /// Header fields by lower-case name.
    var fields: [String: String]
    var body: Data

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// Asks over a Unix socket or loopback TCP, one connection a request.
struct HTTPClient {
    enum Address {
        case socket(path: String)
        case loopback(port: UInt16)
    }

    var address: Address
    /// Longest wait for any part of an answer, in seconds.
    var patience = 10

    func get(_ target: String, fields: [String: String] = [:]) throws -> HTTPAnswer {
        try ask("GET", target, fields: fields)
    }

    func ask(
        _ method: String, _ target: String, fields: [String: String] = [:], body: String = ""
    ) throws -> HTTPAnswer {
        let connection = try connect()
        defer { close(connection) }
        var request = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        for (name, value) in fields { request += "\(name): \(value)\r\n" }
        if !body.isEmpty {
            request += "Content-Type: application/json\r\n"
            request += "Content-Length: \(body.utf8.count)\r\n"
        }
        try send(Array((request + "\r\n" + body).utf8), on: connection)
        return try Self.parse(try receive(from: connection), target)
    }

    private func connect() throws -> Int32 {
        var (family, bytes) = (AF_INET, [UInt8]())
        switch address {
        case .socket(let path):
            family = AF_UNIX
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
            bytes = withUnsafeBytes(of: name) { Array($0) }
        case .loopback(let port):
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = port.bigEndian
            name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            bytes = withUnsafeBytes(of: name) { Array($0) }
        }
        let connection = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard connection >= 0 else { throw Failure("socket: errno \(errno)") }
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(
                connection, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        let status = bytes.withUnsafeBytes {
            Glibc.connect(
                connection, $0.bindMemory(to: sockaddr.self).baseAddress,
                socklen_t(bytes.count))
        }
        guard status == 0 else {
            let code = errno
            close(connection)
            throw Failure("connect to \(address): errno \(code)")
        }
        return connection
    }

    private func send(_ bytes: [UInt8], on connection: Int32) throws {
        let count = Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        guard count == bytes.count else { throw Failure("send: errno \(errno)") }
    }

    private func receive(from connection: Int32) throws -> Data {
        var all = Data()
        var bytes = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = recv(connection, &bytes, bytes.count, 0)
            guard count >= 0 else { throw Failure("no answer: errno \(errno)") }
            guard count > 0 else { return all }
            all.append(contentsOf: bytes[..<count])
        }
    }

    private static func parse(_ bytes: Data, _ target: String) throws -> HTTPAnswer {
        guard let end = bytes.range(of: Data("\r\n\r\n".utf8)) else {
            throw Failure("GET \(target): the answer has no head: \(bytes.count) bytes")
        }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
            .components(separatedBy: "\r\n")
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { throw Failure("GET \(target): not a status line: \(lines[0])") }
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon].lowercased()] =
                line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        let body = bytes[end.upperBound...]
        if let length = fields["content-length"].flatMap({ Int($0) }), length != body.count {
            throw Failure("GET \(target): \(body.count) bytes instead of \(length)")
        }
        return HTTPAnswer(status: status, fields: fields, body: Data(body))
    }
}
