import NIOCore
import Wire

/// From a request to its answer.
struct Routes {
    /// What a request leads to.
    enum Outcome {
        case done(Response)
        /// Work for a thread of its own.
        case later(Work, @Sendable () -> Response)
    }

    /// What takes too long for the event loop.
    ///
    /// Each has a thread, so that no answer from memory waits for a disk that hangs.
    enum Work: Hashable, CaseIterable {
        /// Writing a large document from memory.
        case writing
        /// Asking the history, which may block.
        case past
        /// Waiting for the thread that makes changes.
        case change
    }

    let answers: any Answers
    private var metrics = MetricsPages()

    init(answers: any Answers) {
        self.answers = answers
    }

    /// The answer; `command` is curl with all that comes before a path, for the index page.
    mutating func answer(_ request: Request, command: @autoclosure () -> String) -> Outcome {
        do {
            return try dispatch(request, command: command)
        } catch {
            return .done(Response(error))
        }
    }

    private mutating func dispatch(
        _ request: Request, command: () -> String
    ) throws(Problem) -> Outcome {
        if let problem = request.problem { throw problem }
        let path = request.path
        guard let (endpoint, rest) = Endpoint.find(path) else {
            throw Problem(.notFound, "nothing is at \(path); / lists what there is")
        }
        guard let method = request.method, endpoint.methods.contains(method) else {
            throw Problem(path, answers: endpoint.methods)
        }
        let query = try Query(request.query, of: endpoint)
        try query.refuseAuthor(method)
        let gzip = request.acceptsGzip
        switch endpoint {
        case .index: return .done(.text(Endpoint.indexPage(command: command())))
        case .metrics:
            return .done(metrics.response(request.format, gzip: gzip, from: answers))
        case .healthz: return .done(.document(Status(status: "alive"), gzip: false))
        case .readyz: return .done(ready())
        case .health: return .done(health(strict: try query.strict(), gzip: gzip))
        case .links: return .done(.document(try links(query), gzip: gzip))
        case .gpus: return .done(.document(answers.gpus(), gzip: gzip))
        case .gpu: return .later(.writing, try gpu(rest, gzip: gzip))
        case .pcie: return .later(.writing) { [answers] in .document(answers.pcie(), gzip: gzip) }
        case .inventory: return .done(.document(answers.inventory(), gzip: gzip))
        case .manifest: return .done(try manifest())
        case .counters: return .later(.writing, try counters(query, gzip: gzip))
        case .events: return .later(.writing, try events(query, gzip: gzip))
        case .deltas: return .later(.past, try deltas(query, gzip: gzip))
        case .range: return .later(.past, try range(query, gzip: gzip))
        case .marks: return .later(.past) { [self] in marks(gzip: gzip) }
        case .mark: return try mark(try Query.markName(rest), request, method)
        case .playbook: return .done(try playbook(rest))
        case .maintenance: return .done(maintenance(gzip: gzip))
        case .work:
            let name = try Query.name(rest, of: "a maintenance")
            return try work(name, request, method, query)
        case .acknowledgements: return .done(acknowledgements(gzip: gzip))
        case .acknowledgement:
            return try acknowledgement(try Query.decode(rest), request, method, query)
        }
    }

    private struct Status: Encodable {
        var status: String
    }

    private func ready() -> Response {
        answers.isReady
            ? .document(Status(status: "ready"), gzip: false)
            : .document(Status(status: "starting"), status: 503, gzip: false)
    }

    private func health(strict: Bool, gzip: Bool) -> Response {
        let health = answers.health()
        let isFine = ["PASS", "INFO", "WARNING"].contains(health.verdict)
        return .document(health, status: strict && !isFine ? 503 : 200, gzip: gzip)
    }

    private func manifest() throws(Problem) -> Response {
        do throws(AnswerError) {
            // RFC 9512.
            return Response(200, "application/yaml", ByteBuffer(string: try answers.manifest()))
        } catch {
            throw Problem(error)
        }
    }

    private func playbook(_ file: Substring) throws(Problem) -> Response {
        let name = file.hasSuffix(".md") ? file.dropLast(3) : file
        guard let text = answers.playbook(String(name)) else {
            throw Problem(
                .notFound,
                "no condition has a playbook /playbooks/\(file); each condition of /api/v1/health "
                    + "names its own")
        }
        // RFC 7763.
        return Response(200, "text/markdown; charset=utf-8", ByteBuffer(string: text))
    }

    private func links(_ query: Query) throws(Problem) -> V1.Links {
        var document = answers.links()
        if let device = query.device {
            let known = document.links.map(\.device)
            guard known.contains(device) else { throw Problem(device: device, among: known) }
            document.links.removeAll { $0.device != device }
        }
        return document
    }

    // Documents of thousands of counters take longer to write than scrapes should wait.
    private func gpu(
        _ text: Substring, gzip: Bool
    ) throws(Problem) -> @Sendable () -> Response {
        let name = try Query.decode(text)
        return { [answers] in
            let choice = GPUChoice(name, among: answers.gpus().gpus)
            guard let document = choice.summary.flatMap({ answers.gpu($0.address) }) else {
                return Response(choice.problem)
            }
            return .document(document, gzip: gzip)
        }
    }

    private func counters(_ query: Query, gzip: Bool) throws(Problem) -> @Sendable () -> Response {
        let filter = try PartFilter(query)
        return { [answers] in
            do throws(Problem) {
                var document = answers.counters()
                try filter.apply(to: &document.series, from: answers)
                return .document(document, gzip: gzip)
            } catch {
                return Response(error)
            }
        }
    }

    private func deltas(_ query: Query, gzip: Bool) throws(Problem) -> @Sendable () -> Response {
        let (since, until) = (try query.since(), try query.until())
        let filter = try PartFilter(query)
        return { [answers] in
            do throws(AnswerError) {
                var document = try answers.deltas(since: since, until: until)
                do throws(Problem) {
                    try filter.apply(to: &document.series, from: answers)
                } catch {
                    return Response(error)
                }
                return .document(document, gzip: gzip)
            } catch {
                return Response(Problem(error))
            }
        }
    }

    private func range(_ query: Query, gzip: Bool) throws(Problem) -> @Sendable () -> Response {
        let question = RangeQuestion(
            since: try query.since(), until: try query.until(),
            stepMilliseconds: try query.stepMilliseconds(), function: try query.function())
        let (names, filter) = (try query.names(), try PartFilter(query))
        return { [answers] in
            do throws(AnswerError) {
                var series = try answers.rangeSeries(names: names)
                do throws(Problem) {
                    try filter.apply(to: &series, from: answers)
                } catch {
                    return Response(error)
                }
                return .document(try answers.range(question, of: series), gzip: gzip)
            } catch {
                return Response(Problem(error))
            }
        }
    }

    private func events(_ query: Query, gzip: Bool) throws(Problem) -> @Sendable () -> Response {
        let (after, limit, gpu) = (try query.after(), try query.limit(), query.gpu)
        return { [self] in
            do throws(Problem) {
                return .document(try events(after, limit, gpu), gzip: gzip)
            } catch {
                return Response(error)
            }
        }
    }

    private func events(
        _ after: EventsSince, _ limit: Int, _ gpu: String?
    ) throws(Problem) -> V1.Events {
        let choice = gpu.map { GPUChoice($0, among: answers.gpus().gpus) }
        let document: V1.Events
        do throws(AnswerError) {
            document = try answers.events(after: after, limit: limit, of: choice?.gpu)
        } catch {
            throw Problem(error)
        }
        if let choice, choice.summary == nil, document.events.isEmpty { throw choice.problem }
        return document
    }
}

extension Response {
    fileprivate static func text(_ page: String) -> Response {
        Response(200, "text/plain; charset=utf-8", ByteBuffer(string: page))
    }
}
