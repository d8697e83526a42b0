import NIOHTTP1

/// What matters of a request.
struct Request {
    enum Method: String {
        case get = "GET"
        case head = "HEAD"
        case put = "PUT"
        case delete = "DELETE"

        /// Whether it asks for something to be changed.
        var isChange: Bool { self == .put || self == .delete }
    }

    /// Nil for one that no path answers.
    var method: Method? = .get
    /// Path and query as sent.
    var target = "/"
    var format = MetricsFormat.prometheus
    var acceptsGzip = false
    var isHTTP10 = false
    /// Whether the connection can serve a further request after this one.
    var keepsAlive = false
    /// What is wrong with the request itself; such a one is answered with that alone.
    var problem: Problem?
    /// What it carries.
    var body: [UInt8] = []
    /// The most bytes that it may carry; nil where it carries none.
    var bodyMax: Int?
    /// Whether the client waits for a word before it sends the body (RFC 9110 section 10.1.1).
    var expectsContinue = false

    /// A request of which nothing is known but what is wrong with it; the connection ends with it.
    init(problem: Problem) {
        self.problem = problem
    }

    /// A request from its parsed head.
    init(_ head: HTTPRequestHead, _ admission: Admission) {
        method = Method(rawValue: head.method.rawValue)
        target = head.uri
        format = Negotiation.metricsFormat(accept: head.headers["accept"])
        acceptsGzip = Negotiation.allowsGzip(acceptEncoding: head.headers["accept-encoding"])
        isHTTP10 = head.version == .http1_0
        let endpoint = Endpoint.find(path)?.endpoint
        bodyMax = head.announcesBody ? endpoint?.bodyMax(method) : nil
        problem =
            admission.problem(head, to: endpoint) ?? Self.bodyProblem(head, bodyMax: bodyMax)
        if problem != nil { bodyMax = nil }
        expectsContinue =
            bodyMax != nil && !isHTTP10
            && head.headers[canonicalForm: "expect"].contains { $0.lowercased() == "100-continue" }
        // After an upgrade offer the parser waits for another protocol for ever.
        let mayUpgrade = head.method == .CONNECT || head.headers.contains(name: "upgrade")
        keepsAlive = head.isKeepAlive && !mayUpgrade && problem == nil
    }

    /// The target up to its query.
    var path: String { String(target.prefix { $0 != "?" }) }

    /// What follows the `?`.
    var query: Substring { target.drop { $0 != "?" }.dropFirst() }

    /// What is wrong with the length and type of a body, as far as its head tells.
    private static func bodyProblem(_ head: HTTPRequestHead, bodyMax: Int?) -> Problem? {
        guard head.announcesBody else { return nil }
        guard let bodyMax else {
            return Problem(.bodyNotAccepted, "send \(head.method) \(head.uri) without a body")
        }
        let lengths = head.headers["content-length"].compactMap { Int($0) }
        if lengths.contains(where: { $0 > bodyMax }) { return .tooLarge(bodyMax) }
        let types = head.headers["content-type"].map {
            $0.prefix { $0 != ";" && $0 != " " }.lowercased()
        }
        guard types != ["application/json"] else { return nil }
        return Problem(
            .bodyNotJSON,
            "send the body as JSON, with the field Content-Type: application/json")
    }
}

extension Problem {
    /// That a body has more bytes than it may have.
    static func tooLarge(_ bodyMax: Int) -> Problem {
        Problem(.bodyTooLarge, "the body may have \(bodyMax) bytes; send less")
    }
}

extension HTTPRequestHead {
    /// Whether something follows the head.
    fileprivate var announcesBody: Bool {
        headers.contains(name: "transfer-encoding")
            || headers["content-length"].contains { $0 != "0" }
    }
}
