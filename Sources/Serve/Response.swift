import NIOCore
import NIOHTTP1

/// An answer before it is framed for one request.
struct Response: Sendable {
    var status: Int
    var contentType: String
    /// Whether `body` is gzip.
    var isGzip = false
    /// What the representation was chosen by, for caches between; nil when there was no choice.
    var vary: StaticString?
    /// The methods that the path answers, where that is to be said.
    var allow: [Request.Method]?
    var body: ByteBuffer

    init(_ status: Int, _ contentType: String, _ body: ByteBuffer) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    /// A problem document; without its text should even that fail to encode.
    init(_ problem: Problem) {
        let text = (try? JSON.text(problem.document)) ?? ByteBuffer()
        self.init(problem.kind.status, "application/problem+json", text)
        allow = problem.allow
    }

    /// A document of the API, compressed when the client takes that and it is worth a packet.
    static func document(
        _ document: some Encodable, status: Int = 200, gzip: Bool
    ) -> Response {
        guard let text = try? JSON.text(document) else {
            return Response(Problem(.failed, "the document could not be encoded as JSON"))
        }
        var response = Response(status, "application/json", text)
        response.vary = "Accept-Encoding"
        if gzip, text.readableBytes > 1400, let packed = Gzip.compress(text) {
            response.body = packed
            response.isGzip = true
        }
        return response
    }

    /// Writes the status line and the fields.
    func writeHead(into buffer: inout ByteBuffer, keepAlive: Bool, isHTTP10: Bool) {
        buffer.writeStaticString(isHTTP10 ? "HTTP/1.0 " : "HTTP/1.1 ")
        buffer.writeString(String(status))
        buffer.writeStaticString(" ")
        buffer.writeString(HTTPResponseStatus(statusCode: status).reasonPhrase)
        buffer.writeStaticString("\r\nContent-Type: ")
        buffer.writeString(contentType)
        buffer.writeStaticString("\r\nContent-Length: ")
        buffer.writeString(String(body.readableBytes))
        buffer.writeStaticString(
            "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n")
        if let vary {
            buffer.writeStaticString("Vary: ")
            buffer.writeStaticString(vary)
            buffer.writeStaticString("\r\n")
        }
        if isGzip { buffer.writeStaticString("Content-Encoding: gzip\r\n") }
        if let allow {
            let methods = allow.map(\.rawValue).joined(separator: ", ")
            buffer.writeString("Allow: \(methods)\r\n")
        }
        // Persistence is the default of HTTP/1.1 and has to be said in HTTP/1.0.
        if !keepAlive {
            buffer.writeStaticString("Connection: close\r\n")
        } else if isHTTP10 {
            buffer.writeStaticString("Connection: keep-alive\r\n")
        }
        buffer.writeStaticString("\r\n")
    }
}
