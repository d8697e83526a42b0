import CCurl
import FoundationEssentials
import Glibc
import Wire

/// Asks the daemon; one connection, used again for every question.
@safe struct Client: ~Copyable {
    /// The most bytes of an answer that are taken.
    static let answerBytesMax = 64 << 20

    private let endpoint: Endpoint
    private let timeoutSeconds: Double
    private let handle: UnsafeMutableRawPointer
    private let headers: UnsafeMutablePointer<curl_slist>?
    private let bodyHeaders: UnsafeMutablePointer<curl_slist>?

    init(_ endpoint: Endpoint, timeoutSeconds: Double) throws(ClientError) {
        guard let handle = unsafe curl_easy_init() else {
            throw .broken(endpoint, "libcurl cannot start")
        }
        self.endpoint = endpoint
        self.timeoutSeconds = timeoutSeconds
        unsafe self.handle = handle
        unsafe headers = curl_slist_append(nil, "Accept: application/json")
        unsafe bodyHeaders = curl_slist_append(
            curl_slist_append(nil, "Accept: application/json"), "Content-Type: application/json")
    }

    deinit {
        unsafe curl_easy_cleanup(handle)
        unsafe curl_slist_free_all(headers)
        unsafe curl_slist_free_all(bodyHeaders)
    }

    /// The document at a path, decoded and as it came.
    borrowing func document<Document: Decodable>(
        _ type: Document.Type, at path: String
    ) throws(ClientError) -> (document: Document, bytes: [UInt8]) {
        try Self.document(type, try bytes(at: path), path)
    }

    /// Puts a document at a path; answers what is there now, decoded and as it came.
    borrowing func put<Document: Decodable>(
        _ request: some Encodable, _ type: Document.Type, at path: String
    ) throws(ClientError) -> (document: Document, bytes: [UInt8]) {
        guard let body = try? JSONEncoder().encode(request) else {
            throw .broken(endpoint, "the request cannot be written as JSON")
        }
        return try Self.document(type, try bytes(at: path, "PUT", Array(body)), path)
    }

    /// Deletes what is at a path; answers what it was, decoded and as it came.
    borrowing func delete<Document: Decodable>(
        _ type: Document.Type, at path: String
    ) throws(ClientError) -> (document: Document, bytes: [UInt8]) {
        try Self.document(type, try bytes(at: path, "DELETE"), path)
    }

    /// What is at a path, as it came; or what another method than GET answers there.
    borrowing func bytes(
        at path: String, _ method: String = "GET", _ body: [UInt8]? = nil
    ) throws(ClientError) -> [UInt8] {
        let (status, bytes) = try send(method, path, body)
        guard (200...201).contains(status) else {
            guard let problem = try? Self.decode(V1.Problem.self, bytes) else {
                throw .status(endpoint, status)
            }
            throw .problem(problem)
        }
        return bytes
    }

    // MARK: HTTP

    private borrowing func configure() throws(ClientError) {
        // Keeps the connection.
        unsafe curl_easy_reset(handle)
        let milliseconds = Int((timeoutSeconds * 1000).rounded(.up))
        try check(unsafe fw_curl_set_long(handle, CURLOPT_NOSIGNAL, 1))
        try check(unsafe fw_curl_set_long(handle, CURLOPT_TIMEOUT_MS, milliseconds))
        try check(unsafe fw_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds))
        try check(
            unsafe fw_curl_set_offset(
                handle, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(Self.answerBytesMax)))
        // The daemon of this node is never behind the proxy that the environment names.
        try check(unsafe fw_curl_set_text(handle, CURLOPT_PROXY, ""))
        try check(unsafe fw_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https"))
        try check(unsafe fw_curl_set_text(handle, CURLOPT_USERAGENT, "fabricwatch"))
        try check(unsafe fw_curl_set_list(handle, CURLOPT_HTTPHEADER, headers))
        if case .socket(let path) = endpoint {
            try check(unsafe fw_curl_set_text(handle, CURLOPT_UNIX_SOCKET_PATH, path))
        }
    }

    private borrowing func send(
        _ method: String, _ path: String, _ body: [UInt8]?
    ) throws(ClientError) -> (status: Int, bytes: [UInt8]) {
        let base =
            switch endpoint {
            case .socket: "http://localhost"
            case .url(let url): url
            }
        let answer = Body()
        try configure()
        if method != "GET" {
            try check(unsafe fw_curl_set_text(handle, CURLOPT_CUSTOMREQUEST, method))
        }
        if let body {
            try check(unsafe fw_curl_set_body(handle, body, body.count))
            try check(unsafe fw_curl_set_list(handle, CURLOPT_HTTPHEADER, bodyHeaders))
        }
        try check(unsafe fw_curl_set_text(handle, CURLOPT_URL, base + path))
        try check(
            unsafe fw_curl_set_writer(handle, take, Unmanaged.passUnretained(answer).toOpaque()))
        let code = withExtendedLifetime(answer) { unsafe curl_easy_perform(handle) }
        guard !answer.isTooLarge else { throw .tooLarge(endpoint) }
        try check(code)
        return (number(CURLINFO_RESPONSE_CODE), answer.bytes)
    }

    private borrowing func check(_ code: CURLcode) throws(ClientError) {
        switch code {
        case CURLE_OK: return
        case CURLE_COULDNT_CONNECT:
            throw .unreachable(endpoint, errno: Int32(clamping: number(CURLINFO_OS_ERRNO)))
        case CURLE_OPERATION_TIMEDOUT: throw .timeout(endpoint, seconds: timeoutSeconds)
        case CURLE_FILESIZE_EXCEEDED: throw .tooLarge(endpoint)
        default: throw .broken(endpoint, unsafe String(cString: curl_easy_strerror(code)))
        }
    }

    private borrowing func number(_ info: CURLINFO) -> Int {
        var value = 0
        _ = unsafe fw_curl_get_long(handle, info, &value)
        return value
    }

    // MARK: JSON

    private static func document<Document: Decodable>(
        _ type: Document.Type, _ bytes: [UInt8], _ path: String
    ) throws(ClientError) -> (document: Document, bytes: [UInt8]) {
        do {
            return (try decode(type, bytes), bytes)
        } catch {
            throw .notDocument(path: path, (error as? DecodingError)?.fault ?? "not JSON")
        }
    }

    private static func decode<Document: Decodable>(
        _ type: Document.Type, _ bytes: [UInt8]
    ) throws -> Document {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(type, from: Data(bytes))
    }
}

/// The bytes of an answer, as they come.
private final class Body {
    var bytes: [UInt8] = []
    var isTooLarge = false
}

// libcurl's CURLOPT_WRITEFUNCTION; taking fewer bytes than offered ends the transfer.
private func take(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let data = unsafe data, let context = unsafe context else { return 0 }
    let body = unsafe Unmanaged<Body>.fromOpaque(context).takeUnretainedValue()
    guard body.bytes.count + size * count <= Client.answerBytesMax else {
        body.isTooLarge = true
        return 0
    }
    unsafe body.bytes.append(
        contentsOf: UnsafeRawBufferPointer(start: data, count: size * count))
    return size * count
}
