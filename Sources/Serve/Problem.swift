import Wire

/// Every kind of error that the server answers with: one row per type of problem document.
enum ProblemKind: String, CaseIterable, Sendable {
    case malformed = "malformed-request"
    case badTarget = "bad-target"
    case badParameter = "bad-parameter"
    case notFound = "not-found"
    case noSuchDevice = "no-such-device"
    case noSuchGPU = "no-such-gpu"
    case methodNotAllowed = "method-not-allowed"
    case headTimeout = "head-timeout"
    case gone = "gone"
    case bodyNotAccepted = "body-not-accepted"
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
        case .badParameter: (400, "A query parameter is unknown, missing or wrong")
        case .notFound: (404, "There is nothing at this path")
        case .noSuchDevice: (404, "No device has this label")
        case .noSuchGPU: (404, "There is no such GPU")
        case .methodNotAllowed: (405, "This path only answers GET and HEAD")
        case .headTimeout: (408, "The request was not complete in time")
        case .gone: (410, "What was asked for is no longer kept")
        case .bodyNotAccepted: (413, "Requests carry no body")
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

    init(_ kind: ProblemKind, _ detail: String) {
        self.kind = kind
        self.detail = detail
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
        case .gone(let detail): self.init(.gone, detail)
        case .unavailable(let detail): self.init(.unavailable, detail)
        }
    }
}
