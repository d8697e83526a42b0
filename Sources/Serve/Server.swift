import NIOCore
import NIOPosix
import Synchronization

/// Where the server can be reached.
package struct BoundAddresses: Hashable, Sendable {
    /// The Unix socket.
    package var socketPath: String?
    /// The TCP port, also when the system chose it.
    package var tcpPort: Int?
}

/// The HTTP/1.1 server: one event loop thread, and two more, started with the first need: one that
/// writes large documents, one for questions that read the history.
///
/// Safe to use from any thread but the server's own.
package final class Server: Sendable {
    private enum State {
        case fresh
        case running(Running)
        case stopped
    }

    private struct Running {
        var group: MultiThreadedEventLoopGroup
        var service: NIOLoopBound<Service>
        var listeners: [any Channel]
        var file: (socket: SocketFile, identity: [UInt64]?)?
    }

    private let configuration: ServeConfiguration
    private let answers: any Answers
    private let box = StatisticsBox()
    private let state = Mutex(State.fresh)

    /// A server that asks `answers`; it does nothing before `start`.
    package init(configuration: ServeConfiguration, answers: any Answers) {
        self.configuration = configuration
        self.answers = answers
    }

    /// What the server did until now.
    package var statistics: ServerStatistics { box.snapshot }

    /// Listens on everything that is configured, or on nothing when a part of it fails.
    ///
    /// Blocks until the listeners are up.
    package func start() throws(ServeError) -> BoundAddresses {
        try state.withLock { (state) throws(ServeError) in
            guard case .fresh = state else { throw .alreadyStarted }
            guard configuration.socketPath != nil || configuration.tcpPort != nil else {
                throw .nothingToListenOn
            }
            var running = try launch()
            do throws(ServeError) {
                let bound = try listen(&running)
                state = .running(running)
                return bound
            } catch {
                running.file?.socket.remove()
                shutDown(running)
                throw error
            }
        }
    }

    /// Finishes the answers that are on their way, for at most the configured time, then closes
    /// every connection and removes the socket file; blocks until that is done.
    ///
    /// - Parameter isProcessEnding: Leaves the thread to the end of the process. To end it before
    ///   takes threads of libdispatch, which write to standard error that they may not raise their
    ///   priority.
    package func stop(isProcessEnding: Bool = false) {
        let running = state.withLock { state -> Running? in
            defer { state = .stopped }
            guard case .running(let running) = state else { return nil }
            return running
        }
        guard let running else { return }
        // Removed before the listener closes, so that a client finds a listener or nothing; a file
        // that a successor has put there stays.
        if let file = running.file, file.identity == file.socket.identity() { file.socket.remove() }
        let loop = running.group.next()
        let drained = loop.flatSubmit { () -> EventLoopFuture<Void> in
            for listener in running.listeners { listener.close(promise: nil) }
            return running.service.value.drain()
        }
        try? drained.wait()
        if !isProcessEnding { shutDown(running) }
    }

    private func launch() throws(ServeError) -> Running {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let made = loop.submit { [configuration, answers, box] in
            let service = Service(configuration, answers: answers, statistics: box, loop: loop)
            return NIOLoopBound(service, eventLoop: loop)
        }
        do {
            return Running(group: group, service: try made.wait(), listeners: [])
        } catch {
            throw Self.failure(error, attempt: "start the event loop", target: "of the server")
        }
    }

    private func listen(_ running: inout Running) throws(ServeError) -> BoundAddresses {
        var bound = BoundAddresses()
        if let path = configuration.socketPath {
            let file = SocketFile(path: path, mode: configuration.socketMode)
            let descriptor = try ListeningSocket.unix(file).release()
            running.file = (file, file.identity())
            try serve(descriptor, through: .unix, path, &running)
            bound.socketPath = path
        }
        if let port = configuration.tcpPort {
            let host = configuration.tcpHost
            let descriptor = try ListeningSocket.tcp(host: host, port: port).release()
            let listener = try serve(descriptor, through: .tcp, "\(host) port \(port)", &running)
            bound.tcpPort = listener.localAddress?.port
        }
        return bound
    }

    @discardableResult
    private func serve(
        _ descriptor: CInt, through door: Door, _ target: String, _ running: inout Running
    ) throws(ServeError) -> any Channel {
        let service = running.service
        let bootstrap = ServerBootstrap(group: running.group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Without descriptors, accept(2) fails at once and would be called for ever.
                    try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // A head fits into one such read, and a client that pipelines gets no more parsed.
            .childChannelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096)
            )
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try service.value.receive(channel, through: door)
                }
            }
        do {
            let listener = try bootstrap.withBoundSocket(descriptor).wait()
            running.listeners.append(listener)
            return listener
        } catch {
            throw Self.failure(error, attempt: "accept connections on", target: target)
        }
    }

    private func shutDown(_ running: Running) {
        let loop = running.group.next()
        try? loop.submit { running.service.value.shutDown() }.wait()
        try? running.group.syncShutdownGracefully()
    }

    private static func failure(_ error: any Error, attempt: String, target: String) -> ServeError {
        .failed(attempt: attempt, target: target, errno: (error as? IOError)?.errnoCode ?? 0)
    }
}
