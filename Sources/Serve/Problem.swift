import Wire

/// Every kind of error that the server answers with: one row per type of problem document.
enum ProblemKind: String, CaseIterable, Sendable {
    case malformed = "malformed-request"
    case badTarget = "bad-target"
    case badParameter = "bad-parameter"
    case badBody = "bad-body"
    case forbidden = "forbidden"
    case notFound = "not-found"
    case noSuchDevice = "no-such-device"
    case noSuchGPU = "no-such-gpu"
    case noSuchMark = "no-such-mark"
    case noSuchMaintenance = "no-such-maintenance"
    case noSuchIncident = "no-such-incident"
    case methodNotAllowed = "method-not-allowed"
    case headTimeout = "head-timeout"
    case conflict = "conflict"
    case gone = "gone"
    case bodyNotAccepted = "body-not-accepted"
    case bodyTooLarge = "body-too-large"
    case bodyNotJSON = "body-not-json"
    case wrongHost = "wrong-host"
    case headTooLarge = "head-too-large"
    case failed = "failed"
    case unavailable = "unavailable"
    case overloaded = "overloaded"
    case tooManyConnections = "too-many-connections"
    case timedOut = "timed-out"
    case versionNotSupported = "version-not-supported"

    /// The HTTP status (RFC 9110 section 15, RFC 6585) and the kind in words.
    private var row: (status: Int, title: String) {
        switch self {
        case .malformed: (400, "The request is not HTTP/1.1")
        case .badTarget: (400, "The request target cannot be understood")
        case .badParameter: (400, "A parameter is unknown, missing or wrong")
        case .badBody: (400, "The request's body cannot be understood")
        case .forbidden: (403, "Changes are not made this way")
        case .notFound: (404, "There is nothing at this path")
        case .noSuchDevice: (404, "No device has this label")
        case .noSuchGPU: (404, "There is no such GPU")
        case .noSuchMark: (404, "There is no such mark")
        case .noSuchMaintenance: (404, "There is no such maintenance")
        case .noSuchIncident: (404, "There is no such incident")
        case .methodNotAllowed: (405, "This path does not answer this method")
        case .headTimeout: (408, "The request was not complete in time")
        case .conflict: (409, "What is there stands against it")
        case .gone: (410, "What was asked for is no longer kept")
        case .bodyNotAccepted: (413, "This request carries no body")
        case .bodyTooLarge: (413, "The request's body is too large")
        case .bodyNotJSON: (415, "The request's body is not said to be JSON")
        case .wrongHost: (421, "The Host field names another server")
        case .headTooLarge: (431, "The request's head is too large")
        case .failed: (500, "The answer could not be written")
        case .unavailable: (503, "There is no answer for the moment")
        case .overloaded: (503, "Too many questions are waiting")
        case .tooManyConnections: (503, "Too many connections are open")
        case .timedOut: (503, "The answer was not ready in time")
        case .versionNotSupported: (505, "This version of HTTP is not spoken")
        }
    }

    var status: Int { row.status }
    var title: String { row.title }

    /// The problem's type, a reference relative to the server.
    var type: String { "/problems/\(rawValue)" }
}

/// A request that gets an error instead of what it asked for.
struct Problem: Error, Hashable, Sendable {
    var kind: ProblemKind
    /// What went wrong this time and what to do.
    var detail: String
    /// The methods that the path answers, where another was used.
    var allow: [Request.Method]?

    init(_ kind: ProblemKind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    /// That a path does not answer a method, and which it does.
    init(_ path: String, answers methods: [Request.Method]) {
        let names = methods.map(\.rawValue).joined(separator: ", ")
        self.init(.methodNotAllowed, "\(path) answers \(names)")
        allow = methods
    }

    /// The problem document (RFC 9457).
    var document: V1.Problem {
        V1.Problem(type: kind.type, title: kind.title, status: kind.status, detail: detail)
    }
}

extension Problem {
    init(_ error: AnswerError) {
        switch error {
        case .badRequest(let detail): self.init(.badParameter, detail)
        case .noSuchMark(let detail): self.init(.noSuchMark, detail)
        case .noSuchMaintenance(let detail): self.init(.noSuchMaintenance, detail)
        case .noSuchIncident(let detail): self.init(.noSuchIncident, detail)
        case .conflict(let detail): self.init(.conflict, detail)
        case .gone(let detail): self.init(.gone, detail)
        case .unavailable(let detail): self.init(.unavailable, detail)
        }
    }
}
