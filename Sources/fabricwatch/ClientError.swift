import Glibc
import Wire

/// How the daemon is reached.
enum Endpoint: CustomStringConvertible {
    /// A Unix socket.
    case socket(path: String)
    /// An address without the path of a document.
    case url(String)

    var description: String {
        switch self {
        case .socket(let path): "the socket \(path)"
        case .url(let url): url
        }
    }
}

/// Why there is no answer that can be shown.
enum ClientError: Error, CustomStringConvertible {
    /// Nothing takes the connection; `errno` of connect(2), 0 when it is not known.
    case unreachable(Endpoint, errno: Int32)
    /// No complete answer in time.
    case timeout(Endpoint, seconds: Double)
    /// The transfer failed; in libcurl's words.
    case broken(Endpoint, String)
    /// The answer is larger than the client takes.
    case tooLarge(Endpoint)
    /// The daemon says what is wrong.
    case problem(V1.Problem)
    /// An HTTP error without a problem document.
    case status(Endpoint, Int)
    /// Something else than the document that was asked for.
    case notDocument(path: String, String)
    /// No such device in the daemon's answer.
    case noDevice(String, known: [String])
    /// The daemon's verdict has no such condition, or several.
    case noCondition(String, known: [String], isAmbiguous: Bool)
    /// Standard output takes no more.
    case output(errno: Int32)

    /// The exit status: 64 for what was asked wrongly, else 4.
    var exitStatus: Int32 {
        switch self {
        case .problem(let problem) where Self.isWrongQuestion(problem): 64
        case .noDevice, .noCondition: 64
        default: 4
        }
    }

    // What another argument would not have met, in the daemon's words.
    private static func isWrongQuestion(_ problem: V1.Problem) -> Bool {
        [400, 403, 409].contains(problem.status)
            || problem.type.hasPrefix("/problems/no-such-")
    }

    /// Whether the daemon knows no such GPU.
    var isNoSuchGPU: Bool {
        if case .problem(let problem) = self {
            problem.type == "/problems/no-such-gpu"
        } else {
            false
        }
    }

    /// Whether the same question may well be answered a little later.
    var isTransient: Bool {
        switch self {
        case .unreachable, .timeout, .broken: true
        case .problem(let problem): problem.status == 503
        default: false
        }
    }

    var description: String {
        switch self {
        case .unreachable(.socket(let path), let code): Self.unreachable(socket: path, code)
        case .unreachable(let endpoint, let code):
            "Cannot connect to \(endpoint)\(Self.reason(code)): is the daemon running, and does "
                + "it listen there?"
        case .timeout(let endpoint, let seconds):
            "No answer from \(endpoint) within \(seconds) s: look at the daemon's log, or wait "
                + "longer with --timeout."
        case .broken(let endpoint, let words):
            "The exchange with \(endpoint) failed (\(words)): is it the daemon that listens "
                + "there?"
        case .tooLarge(let endpoint):
            "The answer from \(endpoint) is larger than \(Client.answerBytesMax >> 20) MiB: ask "
                + "for a shorter window, or see whether it is the daemon that listens there."
        case .problem(let problem): Self.sentence(problem)
        case .status(let endpoint, let status):
            "\(endpoint) answered HTTP \(status) without saying why: is it the daemon that "
                + "listens there?"
        case .notDocument(let path, let fault):
            "The answer to \(path) cannot be used (\(fault)): is it the daemon that listens "
                + "there, and of the same version as this command?"
        case .noDevice(let name, let known): Self.noDevice(name, known)
        case .noCondition(let name, let known, let isAmbiguous):
            isAmbiguous
                ? "'\(name)' holds at several places, say which: \(Self.list(known))."
                : "No condition '\(name)' holds: "
                    + (known.isEmpty ? "none does." : "there is \(Self.list(known)).")
        case .output(let code): "Cannot write to standard output\(Self.reason(code))."
        }
    }

    private static func unreachable(socket path: String, _ code: Int32) -> String {
        switch code {
        case ENOENT:
            "There is no socket \(path): is the daemon running? See systemctl status "
                + "fabricwatchd, or name another place with --socket or --url."
        case ECONNREFUSED:
            "Nobody listens on the socket \(path): the daemon has stopped; see systemctl status "
                + "fabricwatchd."
        case EACCES, EPERM:
            "This user may not use the socket \(path): "
                + (group(of: path).map { "join its group \($0), or run as root." }
                    ?? "run as root.")
        default:
            "Cannot connect to the socket \(path)\(reason(code)): is the daemon running?"
        }
    }

    private static func sentence(_ problem: V1.Problem) -> String {
        let next = problem.status == 410 ? " Start anew from a time that is kept." : ""
        return "\(problem.title): \(problem.detail)\(next)"
    }

    private static func noDevice(_ name: String, _ known: [String]) -> String {
        known.isEmpty
            ? "There is no device '\(name)': the daemon knows none."
            : "There is no device '\(name)': there are \(known.joined(separator: ", "))."
    }

    private static func list(_ names: [String]) -> String {
        names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", …" : "")
    }

    private static func reason(_ code: Int32) -> String {
        code == 0 ? "" : unsafe " (\(String(cString: strerror(code))))"
    }

    // The group of the socket, or of its directory where even that may not be looked into.
    private static func group(of path: String) -> String? {
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        for candidate in [path, directory] {
            var facts = stat()
            guard unsafe stat(candidate, &facts) == 0 else { continue }
            return unsafe getgrgid(facts.st_gid).map { unsafe String(cString: $0.pointee.gr_name) }
                ?? String(facts.st_gid)
        }
        return nil
    }
}
