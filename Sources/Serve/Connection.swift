import NIOCore
import NIOHTTP1

/// One client: takes parsed heads, answers them one after the other, and ends what takes too long.
///
/// Nothing is read while an answer is on its way, and the next request is only begun when the
/// answer before it has been handed to the system: a client that sends without reading costs one
/// answer and a bounded number of parsed heads. Confined to the event loop.
final class Connection: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        /// For a request or the rest of one.
        case waiting
        /// For a worker; the answer is not there yet.
        case asking(Request, WorkQueue.Ticket)
        /// Until the system has taken the whole answer.
        case sending(isLast: Bool)
        /// The last answer is sent and our side closed: the rest of the client's bytes is thrown
        /// away, because closing on unread bytes would reset the connection and could take the
        /// answer with it (RFC 9112 section 9.6).
        case lingering
        case closed
    }

    /// Parsed heads that wait; a client that pipelines more is closed after these, and has to send
    /// the others again (RFC 9112 section 9.3.2).
    private static let queueMax = 16
    private static let lingerTimeout = TimeAmount.seconds(1)
    private static let lingerBytesMax = 64 * 1024

    let door: Door
    private let service: Service
    private var context: ChannelHandlerContext?
    private var phase = Phase.waiting
    private var queue = CircularBuffer<Request>(initialCapacity: 0)
    /// A request whose body is not complete.
    private var incoming: Request?
    /// Whether no request after the queued ones will be served.
    private var isFinishing = false
    private var inputIsClosed = false
    private var readIsHeld = false
    private var lingeredBytes = 0
    private var headDeadline: NIODeadline?
    private var idleDeadline: NIODeadline
    private let timer = DeadlineTimer()

    init(_ service: Service, door: Door) {
        self.service = service
        self.door = door
        // A new connection has come to ask; it gets no idle time before its first request.
        idleDeadline = Self.now + .nanoseconds(service.configuration.headTimeout)
    }

    func install(in pipeline: ChannelPipeline.SynchronousOperations) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = service.configuration.maxHeadBytes
        limits.maxHeaderListSize = service.configuration.maxHeadBytes
        limits.maxHeaderFieldCount = 100
        let decoder = HTTPRequestDecoder(limitConfiguration: limits)
        try pipeline.addHandlers([HeadWatch(self), ByteToMessageHandler(decoder), self])
    }

    // The clock of the time limits, monotonic.
    private static var now: NIODeadline { .now() }

    // MARK: Coming in

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        rearm()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        channelClosed()
        self.context = nil
    }

    /// Whether the parser should see bytes that have arrived.
    func wants(bytes: Int) -> Bool {
        switch phase {
        case .waiting, .asking, .sending:
            if headDeadline == nil {
                headDeadline = Self.now + .nanoseconds(service.configuration.headTimeout)
            }
            return !isFinishing
        case .lingering:
            lingeredBytes += bytes
            if lingeredBytes > Self.lingerBytesMax { close() }
            return false
        case .closed:
            return false
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(Request(head, service.admission(through: door)))
        case .body(let bytes): take(bytes)
        // The end of a request without a body says nothing.
        case .end:
            guard let request = incoming.take() else { return }
            headDeadline = nil
            enqueue(request)
        }
    }

    // Bodies that are not wanted are refused with their head.
    private func begin(_ request: Request) {
        guard request.bodyMax != nil, !isFinishing else {
            headDeadline = nil
            return enqueue(request)
        }
        incoming = request
        // A client that still waits for answers before this one sends its body unasked.
        guard request.expectsContinue, case .waiting = phase, queue.isEmpty, let context else {
            return
        }
        let word = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(word), promise: nil)
    }

    private func take(_ bytes: ByteBuffer) {
        guard let bodyMax = incoming?.bodyMax, let length = incoming?.body.count else { return }
        guard length + bytes.readableBytes <= bodyMax else {
            incoming = nil
            return enqueue(Request(problem: .tooLarge(bodyMax)))
        }
        incoming?.body += bytes.readableBytesView
    }

    private func enqueue(_ request: Request) {
        guard !isFinishing else { return }
        queue.append(request)
        isFinishing = !request.keepsAlive || queue.count >= Self.queueMax
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else {
            close()
            return
        }
        enqueue(Request(problem: Problem(error, service.configuration)))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        proceed()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed {
            // `nc` and `socat` close their side once they have sent, and still wait for the answer.
            isFinishing = true
            inputIsClosed = true
            if case .lingering = phase { close() }
            proceed()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        channelClosed()
        context.fireChannelInactive()
    }

    func read(context: ChannelHandlerContext) {
        switch phase {
        case .waiting, .lingering: context.read()
        case .asking, .sending: readIsHeld = true
        case .closed: break
        }
    }

    // MARK: Answering

    /// Begins the next request if none is being answered, or waits for one.
    private func proceed() {
        guard case .waiting = phase, let context else { return }
        guard let request = queue.popFirst() else {
            if isFinishing { return close() }
            rearm()
            if readIsHeld {
                readIsHeld = false
                context.read()
            }
            return
        }
        switch service.answer(request, through: door, local: context.localAddress) {
        case .done(let response): send(response, to: request)
        case .later(let work, let answer): ask(work, answer, for: request)
        }
    }

    private func ask(
        _ work: Routes.Work, _ answer: @escaping @Sendable () -> Response, for request: Request
    ) {
        let ticket = service.ask(work, answer) { [weak self] response in
            guard let self, case .asking = self.phase else { return }
            self.send(response, to: request)
        }
        guard let ticket else {
            let waiting = service.configuration.maxWaiting
            let detail = "\(waiting) questions are waiting; ask again in a moment"
            return send(Response(Problem(.overloaded, detail)), to: request)
        }
        phase = .asking(request, ticket)
        rearm()
    }

    private func send(_ response: Response, to request: Request, keepAlive: Bool = true) {
        guard let context else { return }
        let isLast =
            !request.keepsAlive || !keepAlive || service.isDraining
            || (isFinishing && queue.isEmpty)
        if isLast {
            isFinishing = true
            queue.removeAll()
        }
        let hasBody = request.method != .head
        var head = context.channel.allocator.buffer(capacity: 512)
        response.writeHead(into: &head, keepAlive: !isLast, isHTTP10: request.isHTTP10)
        let size = head.readableBytes + (hasBody ? response.body.readableBytes : 0)
        service.statistics.update { $0.countAnswer(status: response.status) }
        phase = .sending(isLast: isLast)
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenSuccess {
            self.sent(bytes: size)
        }
        if hasBody, response.body.readableBytes > 0 {
            context.write(wrapOutboundOut(head), promise: nil)
            context.writeAndFlush(wrapOutboundOut(response.body), promise: sent)
        } else {
            context.writeAndFlush(wrapOutboundOut(head), promise: sent)
        }
        if case .sending = phase { rearm() }
    }

    private func sent(bytes: Int) {
        service.statistics.update { $0.bytesSent += UInt64(bytes) }
        guard case .sending(let isLast) = phase, let context else { return }
        guard isLast else {
            phase = .waiting
            idleDeadline = Self.now + .nanoseconds(service.configuration.idleTimeout)
            return proceed()
        }
        guard !inputIsClosed, !service.isDraining else { return close() }
        phase = .lingering
        idleDeadline = Self.now + Self.lingerTimeout
        rearm()
        context.close(mode: .output, promise: nil)
        if readIsHeld { context.read() }
    }

    // MARK: Ending

    /// Ends the connection now if it is idle, else after the answer that is on its way.
    func finish() {
        isFinishing = true
        switch phase {
        case .waiting, .lingering: close()
        case .asking, .sending, .closed: queue.removeAll()
        }
    }

    private func close() {
        guard let context else { return }
        channelClosed()
        context.close(promise: nil)
    }

    private func channelClosed() {
        if case .asking(_, let ticket) = phase { ticket.abandon() }
        phase = .closed
        queue.removeAll()
        timer.cancel()
        service.left(self)
    }

    private func rearm() {
        guard let context else { return }
        let deadline: NIODeadline
        switch phase {
        case .waiting: deadline = headDeadline ?? idleDeadline
        case .lingering: deadline = idleDeadline
        case .asking, .sending:
            deadline = Self.now + .nanoseconds(service.configuration.requestTimeout)
        case .closed: return
        }
        timer.set(deadline, on: context.eventLoop) { [weak self] in self?.expire() }
    }

    private func expire() {
        switch phase {
        case .waiting where headDeadline != nil:
            service.statistics.update { $0.connectionsTimedOut += 1 }
            let problem = Problem(.headTimeout, "the request was not complete in time")
            incoming = nil
            enqueue(Request(problem: problem))
            proceed()
        case .asking(let request, let ticket):
            service.statistics.update { $0.connectionsTimedOut += 1 }
            ticket.abandon()
            let detail =
                request.method?.isChange == true
                ? "it is not known whether the change was made; look, or ask again"
                : "the history did not answer in time; ask for less"
            let problem = Problem(.timedOut, detail)
            send(Response(problem), to: request, keepAlive: false)
        case .sending:
            service.statistics.update { $0.connectionsTimedOut += 1 }
            close()
        case .waiting, .lingering: close()
        case .closed: break
        }
    }
}

extension Problem {
    fileprivate init(_ error: HTTPParserError, _ configuration: ServeConfiguration) {
        switch error {
        case .headerOverflow:
            self.init(
                .headTooLarge,
                "request line and fields may have \(configuration.maxHeadBytes) bytes in all")
        case .invalidVersion:
            self.init(.versionNotSupported, "speak HTTP/1.1 or HTTP/1.0")
        default:
            self.init(.malformed, "the request cannot be parsed: \(error)")
        }
    }
}

/// Sees a connection's bytes before the parser does, to start the time limit of a head with its
/// first byte and to keep the bytes of a connection that is ending away from the parser.
private final class HeadWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: Connection

    init(_ connection: Connection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard connection.wants(bytes: unwrapInboundIn(data).readableBytes) else { return }
        context.fireChannelRead(data)
    }
}
