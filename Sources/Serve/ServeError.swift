import Glibc

/// Why the server does not listen.
package enum ServeError: Error, Hashable, Sendable {
    /// Neither a Unix socket nor a TCP port is configured.
    case nothingToListenOn
    /// `start` was called on a server that runs or has run.
    case alreadyStarted
    /// What is configured as TCP address is neither an IP address nor `localhost`.
    case notAnAddress(String)
    /// The socket's path is longer than a socket address can hold (107 bytes, unix(7)).
    case pathTooLong(String)
    /// Something other than a socket lies at the socket's path.
    case notASocket(String)
    /// Another process answers at the socket's path.
    case socketInUse(String)
    /// A system call failed: what was attempted, on what, `errno`.
    case failed(attempt: String, target: String, errno: Int32)
}

extension ServeError: CustomStringConvertible {
    /// One sentence for an operator, with the next step.
    package var description: String {
        switch self {
        case .nothingToListenOn:
            "no listener is configured: set a socket path or a TCP port"
        case .alreadyStarted:
            "this server was started before; make a new one"
        case .notAnAddress(let host):
            "cannot listen on \"\(host)\": write an IP address or localhost"
        case .pathTooLong(let path):
            "the socket path \(path) is longer than 107 bytes: choose a shorter one"
        case .notASocket(let path):
            "\(path) exists and is not a socket: move it away or configure another socket path"
        case .socketInUse(let path):
            "another process answers on \(path): stop it or configure another socket path"
        case .failed(let attempt, let target, let code):
            "cannot \(attempt) \(target): \(Self.text(code)) (errno \(code))\(Self.hint(code))"
        }
    }

    private static func text(_ code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "unknown error" }
        return unsafe String(cString: text)
    }

    private static func hint(_ code: Int32) -> String {
        switch code {
        case EADDRINUSE: "; stop the program that listens there or configure another port"
        case EADDRNOTAVAIL: "; this node has no such address"
        case EACCES: "; the daemon's user needs write permission there"
        case ENOENT: "; create the directory"
        default: ""
        }
    }
}
