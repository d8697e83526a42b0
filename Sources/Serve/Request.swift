import NIOHTTP1

/// What matters of a request's head.
struct Request {
    enum Method {
        case get
        case head
        case other
    }

    var method = Method.get
    /// Path and query as sent.
    var target = "/"
    var format = MetricsFormat.prometheus
    var acceptsGzip = false
    var isHTTP10 = false
    /// Whether the connection can serve a further request after this one.
    var keepsAlive = false
    /// What is wrong with the head itself; such a request is answered with that alone.
    var problem: Problem?

    /// A request of which nothing is known but what is wrong with it; the connection ends with it.
    init(problem: Problem) {
        self.problem = problem
    }

    /// A request from its parsed head; `hosts` is nil where any `Host` will do.
    init(_ head: HTTPRequestHead, hosts: HostCheck?) {
        switch head.method {
        case .GET: method = .get
        case .HEAD: method = .head
        default: method = .other
        }
        target = head.uri
        format = Negotiation.metricsFormat(accept: head.headers["accept"])
        acceptsGzip = Negotiation.allowsGzip(acceptEncoding: head.headers["accept-encoding"])
        isHTTP10 = head.version == .http1_0
        problem = Self.problem(head, hosts)
        // After an upgrade offer the parser waits for another protocol for ever.
        let mayUpgrade = head.method == .CONNECT || head.headers.contains(name: "upgrade")
        keepsAlive = head.isKeepAlive && !mayUpgrade && problem == nil
    }

    private static func problem(_ head: HTTPRequestHead, _ hosts: HostCheck?) -> Problem? {
        let lengths = head.headers["content-length"]
        if head.headers.contains(name: "transfer-encoding")
            || lengths.contains(where: { $0 != "0" })
        {
            return Problem(.bodyNotAccepted, "send \(head.method) \(head.uri) without a body")
        }
        guard let hosts else { return nil }
        let named = head.headers["host"]
        if named.isEmpty, head.version == .http1_0 { return nil }
        guard let host = named.first, named.count == 1 else {
            return Problem(.malformed, "HTTP/1.1 asks for exactly one Host field")
        }
        guard !hosts.allows(host) else { return nil }
        return Problem(
            .wrongHost,
            "\"\(host)\" is not a name of this server; use an IP address or localhost, or add the "
                + "name to the configuration")
    }
}
