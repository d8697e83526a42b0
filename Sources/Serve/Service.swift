import NIOCore
import NIOPosix

/// Which of the two doors a connection came through.
enum Door: Sendable {
    case unix
    case tcp
}

/// What all connections share: the routes, the slots and the statistics.
///
/// Confined to the event loop.
final class Service {
    let configuration: ServeConfiguration
    let statistics: StatisticsBox
    private let workers: [Routes.Work: WorkQueue]
    private var routes: Routes
    private let hosts: HostCheck?
    private let loop: any EventLoop
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var tcpConnections = 0
    private var drained: EventLoopPromise<Void>?

    init(
        _ configuration: ServeConfiguration, answers: any Answers, statistics: StatisticsBox,
        loop: any EventLoop
    ) {
        self.configuration = configuration
        self.statistics = statistics
        self.loop = loop
        routes = Routes(answers: answers)
        hosts = configuration.hostNames.map { HostCheck(names: $0 + [configuration.tcpHost]) }
        workers = Dictionary(
            uniqueKeysWithValues: Routes.Work.allCases.map {
                ($0, WorkQueue(loop: loop, waitingMax: configuration.maxWaiting))
            })
    }

    var isDraining: Bool { drained != nil }

    /// A connection's handlers, or those that turn it away.
    func receive(_ channel: any Channel, through door: Door) throws {
        try channel.closeOnExec()
        let pipeline = channel.pipeline.syncOperations
        guard hasSlot(door) else {
            statistics.update { $0.connectionsRefused += 1 }
            try pipeline.addHandler(Turnaway())
            return
        }
        let connection = Connection(self, door: door)
        connections[ObjectIdentifier(connection)] = connection
        if door == .tcp { tcpConnections += 1 }
        statistics.update {
            $0.connectionsAccepted += 1
            $0.connectionsOpen += 1
        }
        try connection.install(in: pipeline)
    }

    private func hasSlot(_ door: Door) -> Bool {
        guard !isDraining, connections.count < configuration.maxConnections else { return false }
        let tcpMax = configuration.maxConnections - configuration.reservedUnixConnections
        return door == .unix || configuration.socketPath == nil || tcpConnections < tcpMax
    }

    func left(_ connection: Connection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        if connection.door == .tcp { tcpConnections -= 1 }
        statistics.update { $0.connectionsOpen -= 1 }
        if connections.isEmpty { drained?.succeed() }
    }

    func admission(through door: Door) -> Admission {
        switch door {
        case .unix: Admission()
        case .tcp: Admission(hosts: hosts, changes: tcpChanges)
        }
    }

    private var tcpChanges: Problem {
        let way =
            configuration.socketPath.map { "use the Unix socket, as in curl --unix-socket \($0)" }
            ?? "switch the Unix socket on (serve.socket) and use it"
        return Problem(.forbidden, "over TCP nothing is changed: \(way)")
    }

    /// The answer to a request that came to `local`, the server's own address.
    func answer(
        _ request: Request, through door: Door, local: @autoclosure () -> SocketAddress?
    ) -> Routes.Outcome {
        routes.answer(request, command: command(for: door, local()))
    }

    /// Has work done on its thread: see `WorkQueue.ask`.
    func ask(
        _ work: Routes.Work, _ answer: @escaping @Sendable () -> Response,
        then: @escaping (Response) -> Void
    ) -> WorkQueue.Ticket? {
        workers[work]?.ask(answer, then: then)
    }

    /// Ends the worker threads.
    func shutDown() {
        for worker in workers.values { worker.shutDown() }
    }

    /// curl with all that comes before a path, up to the closing quote.
    private func command(for door: Door, _ local: SocketAddress?) -> String {
        switch door {
        case .unix:
            return "curl --unix-socket \(configuration.socketPath ?? "") 'http://localhost"
        case .tcp:
            let ip = local?.ipAddress ?? configuration.tcpHost
            let host = ip.contains(":") ? "[\(ip)]" : ip
            return "curl 'http://\(host):\(local?.port ?? 0)"
        }
    }

    /// Ends idle connections now and the others after their answer; done when all are gone or the
    /// time for stopping is over.
    func drain() -> EventLoopFuture<Void> {
        if let drained { return drained.futureResult }
        let promise = loop.makePromise(of: Void.self)
        drained = promise
        let timer = loop.scheduleTask(in: .nanoseconds(configuration.stopTimeout)) {
            promise.succeed()
        }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        for connection in connections.values { connection.finish() }
        if connections.isEmpty { promise.succeed() }
        return promise.futureResult
    }
}

/// Tells a client that it is one too many and closes, without reading what it wants.
private final class Turnaway: ChannelInboundHandler {
    typealias InboundIn = Never
    typealias OutboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        let response = Response(
            Problem(.tooManyConnections, "close idle connections, or come back in a moment"))
        var head = context.channel.allocator.buffer(capacity: 512)
        response.writeHead(into: &head, keepAlive: false, isHTTP10: false)
        context.write(wrapOutboundOut(head), promise: nil)
        context.writeAndFlush(wrapOutboundOut(response.body), promise: nil)
        context.close(promise: nil)
    }
}
