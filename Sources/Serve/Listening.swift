import Glibc
import NIOCore
import NIOPosix

/// A bound and listening socket that is closed unless somebody takes it over.
struct ListeningSocket: ~Copyable {
    private static let backlog: Int32 = 128

    private let descriptor: CInt

    private init(family: CInt, target: String) throws(ServeError) {
        // Close-on-exec, because a probe process that inherits a socket keeps it open.
        let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        descriptor = socket(family, type, 0)
        guard descriptor >= 0 else {
            throw .failed(attempt: "make a socket for", target: target, errno: errno)
        }
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Gives the descriptor to a new owner.
    consuming func release() -> CInt {
        let taken = descriptor
        discard self
        return taken
    }

    private func listen(_ target: String) throws(ServeError) {
        guard Glibc.listen(descriptor, Self.backlog) == 0 else {
            throw .failed(attempt: "listen on", target: target, errno: errno)
        }
    }

    /// A TCP socket; port 0 lets the system choose.
    static func tcp(host: String, port: Int) throws(ServeError) -> ListeningSocket {
        let ip = host == "localhost" ? "127.0.0.1" : host
        guard let address = try? SocketAddress(ipAddress: ip, port: port) else {
            throw .notAnAddress(host)
        }
        let target = "\(host) port \(port)"
        let family = address.protocol == .inet6 ? AF_INET6 : AF_INET
        let socket = try ListeningSocket(family: family, target: target)
        var yes: CInt = 1
        // A daemon that is started again must not wait for the connections of the one before.
        unsafe setsockopt(
            socket.descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        try socket.bind(to: address, target)
        try socket.listen(target)
        return socket
    }

    /// A Unix socket at `file`, which takes the place of the socket file of a dead daemon.
    static func unix(_ file: SocketFile) throws(ServeError) -> ListeningSocket {
        guard let address = try? SocketAddress(unixDomainSocketPath: file.path) else {
            throw .pathTooLong(file.path)
        }
        try file.makeRoom(for: address)
        let socket = try ListeningSocket(family: AF_UNIX, target: file.path)
        try socket.bind(to: address, file.path)
        do {
            // Nobody can connect before listen(2), so the file never has a wider mode than this.
            try file.setMode()
            try socket.listen(file.path)
        } catch {
            file.remove()
            throw error
        }
        return socket
    }

    /// Whether somebody accepts connections at the address.
    fileprivate static func answers(at address: SocketAddress, _ path: String) throws(ServeError)
        -> Bool
    {
        let probe = try ListeningSocket(family: AF_UNIX, target: path)
        let result = unsafe address.withSockAddr { pointer, size in
            unsafe connect(probe.descriptor, pointer, socklen_t(size))
        }
        // EAGAIN is a listener whose queue is full.
        return result == 0 || errno == EAGAIN || errno == EINPROGRESS
    }

    private func bind(to address: SocketAddress, _ target: String) throws(ServeError) {
        let result = unsafe address.withSockAddr { pointer, size in
            unsafe Glibc.bind(descriptor, pointer, socklen_t(size))
        }
        guard result == 0 else {
            throw .failed(attempt: "bind", target: target, errno: errno)
        }
    }
}

/// The file of a Unix socket.
struct SocketFile: Sendable {
    let path: String
    let mode: UInt32

    /// Removes what a dead daemon left; anything else at the path is refused.
    fileprivate func makeRoom(for address: SocketAddress) throws(ServeError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else {
            guard errno == ENOENT else {
                throw .failed(attempt: "look at", target: path, errno: errno)
            }
            return
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
        guard try !ListeningSocket.answers(at: address, path) else { throw .socketInUse(path) }
        guard unsafe unlink(path) == 0 || errno == ENOENT else {
            throw .failed(attempt: "remove the stale socket", target: path, errno: errno)
        }
    }

    fileprivate func setMode() throws(ServeError) {
        guard unsafe chmod(path, mode) == 0 else {
            throw .failed(attempt: "set the mode of", target: path, errno: errno)
        }
    }

    func remove() {
        unsafe unlink(path)
    }

    /// What tells this file from another that takes its place.
    func identity() -> [UInt64]? {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return nil }
        return [UInt64(status.st_dev), UInt64(status.st_ino)]
    }
}

extension Channel {
    /// Keeps an accepted socket out of the processes that the daemon starts.
    func closeOnExec() throws {
        try pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            _ = fcntl($0, F_SETFD, FD_CLOEXEC)
        }
    }
}
