import Foundation
import Model
import Testing
import Wire

@testable import Serve

/// Requests that change something: who may send them, what they carry, and how they end.
@Suite struct MarkRouteTests {
    private static let brief: Int64 = 100_000_000
    private static let path = "/api/v1/marks/T0"

    private static func put(
        _ body: String, _ fields: String..., target: String = path, hasLength: Bool = true
    ) -> String {
        let length = hasLength ? ["Content-Length: \(body.utf8.count)"] : []
        let type =
            fields.contains { $0.hasPrefix("Content-Type") }
            ? [] : ["Content-Type: application/json"]
        let lines = ["PUT \(target) HTTP/1.1", "Host: localhost"] + length + type + fields
        return (lines + ["", ""]).joined(separator: "\r\n") + body
    }

    private func problem(_ reply: Reply, _ status: Int, _ kind: String) throws -> String {
        #expect(reply.status == status)
        #expect(reply.fields["content-type"] == "application/problem+json")
        let problem = try reply.decode(V1.Problem.self)
        #expect(problem.type == "/problems/" + kind)
        return problem.detail
    }

    // MARK: Life of a mark

    @Test func aMarkIsSetReadAndDeleted() throws {
        let live = try LiveServer()
        let client = try live.unix()
        let mark = V1.Mark.sample("T0")
        let made = try client.get(Self.path, method: "PUT")
        #expect(made.status == 201)
        #expect(try made.decode(V1.Mark.self) == mark)
        #expect(try client.get(Self.path, method: "PUT").status == 200)
        #expect(try client.get("/api/v1/marks").decode(V1.Marks.self).marks == [mark])
        #expect(try client.get(Self.path).decode(V1.Mark.self) == mark)
        #expect(try client.get(Self.path, method: "HEAD").status == 200)
        let detail = try problem(try client.get("/api/v1/marks/T1"), 404, "no-such-mark")
        #expect(detail.contains("\"T1\"") && detail.contains("T0"))
        let deleted = try client.get(Self.path, method: "DELETE")
        #expect(deleted.status == 200)
        #expect(try deleted.decode(V1.Mark.self) == mark)
        _ = try problem(try client.get(Self.path, method: "DELETE"), 404, "no-such-mark")
        #expect(
            live.answers.changes == [
                .init("T0", MarkChange()), .init("T0", MarkChange()), .init("T0", nil),
                .init("T0", nil),
            ])
        #expect(live.server.statistics.connectionsAccepted == 1)
    }

    @Test(arguments: [
        ("", MarkChange()), ("{}", MarkChange()), (" { } \n", MarkChange()),
        (#"{"at": "p7-c0ffee"}"#, MarkChange(at: .cursor("p7-c0ffee"))),
        (
            #"{"at": "1970-01-02T00:00:00Z", "note": "é\n\u0000"}"#,
            MarkChange(at: .wall(milliseconds: 86_400_000), note: "é\n\0")
        ),
        (#"{"at": "5m"}"#, MarkChange(at: .ago(milliseconds: 300_000))),
        (
            #"{"expires": "7d", "replace": true, "note": null}"#,
            MarkChange(expires: .after(milliseconds: 604_800_000), mayMove: true)
        ),
        (
            #"{"expires": "1970-01-02T00:00:00Z", "replace": false}"#,
            MarkChange(expires: .wall(milliseconds: 86_400_000))
        ),
    ])
    func aBodySaysWhatIsToBecomeOfIt(body: String, change: MarkChange) throws {
        let live = try LiveServer()
        let client = try live.unix()
        client.send(Self.put(body))
        #expect(try client.reply().status == 201)
        #expect(live.answers.changes == [.init("T0", change)])
        #expect(try client.get("/healthz").status == 200)
    }

    @Test(arguments: [
        ("nothing", "bad-body"), ("[]", "bad-body"), ("{", "bad-body"), ("null", "bad-body"),
        (#"{"note": 1}"#, "bad-body"), (#"{"replace": "yes"}"#, "bad-body"),
        (#"{"expire": "7d"}"#, "bad-body"), (#"{"Note": "a"}"#, "bad-body"),
        ("\u{FF}", "bad-body"), (String(repeating: "[", count: 4000), "bad-body"),
        (#"{"expires": "soon"}"#, "bad-parameter"), (#"{"at": ""}"#, "bad-parameter"),
        (#"{"at": "mark:a/b"}"#, "bad-parameter"),
        (#"{"note": "\#(String(repeating: "ä", count: 129))"}"#, "bad-parameter"),
    ])
    func aWrongBodyChangesNothing(body: String, kind: String) throws {
        let live = try LiveServer()
        let client = try live.unix()
        client.send(Self.put(body))
        let detail = try problem(try client.reply(), 400, kind)
        #expect(!detail.isEmpty)
        #expect(live.answers.changes.isEmpty)
        #expect(try client.get("/healthz").status == 200)
    }

    @Test func aKeyThatThereIsNotIsNamed() throws {
        let live = try LiveServer()
        let client = try live.unix()
        client.send(Self.put(#"{"expire": "7d"}"#))
        let detail = try problem(try client.reply(), 400, "bad-body")
        #expect(detail == "there is no key \"expire\", but at, expires, note, replace")
    }

    @Test(arguments: ["/api/v1/marks/a%2Fb", "/api/v1/marks/", "/api/v1/marks/a/b"])
    func aWrongNameIsRefused(target: String) throws {
        let live = try LiveServer()
        for method in ["GET", "PUT", "DELETE"] {
            let reply = try live.unix().get(target, method: method)
            _ = try problem(reply, 400, "bad-parameter")
        }
        #expect(live.answers.changes.isEmpty)
    }

    @Test(arguments: [
        (AnswerError.conflict("T0 names pass 3"), 409, "conflict"),
        (.badRequest("later than now"), 400, "bad-parameter"),
        (.gone("the oldest is p5"), 410, "gone"),
        (.unavailable("the disk is full"), 503, "unavailable"),
    ])
    func whatStandsAgainstItReachesTheClient(
        error: AnswerError, status: Int, kind: String
    ) throws {
        let live = try LiveServer()
        live.answers.change { $0.change = { () throws(AnswerError) in throw error } }
        for method in ["PUT", "DELETE"] {
            let detail = try problem(
                try live.unix().get(Self.path, method: method), status, kind)
            #expect("\(error)".contains(detail))
        }
    }

    // MARK: Who may

    @Test func overTCPNothingIsChanged() throws {
        let live = try LiveServer()
        let client = try live.tcp()
        for request in [
            Self.put(""), Self.put("{}"), Self.put("{}", "Expect: 100-continue"),
            "DELETE \(Self.path) HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ] {
            let client = try live.tcp()
            client.send(request)
            let detail = try problem(try client.reply(), 403, "forbidden")
            #expect(detail.contains("--unix-socket \(live.socketPath)"))
        }
        #expect(live.answers.changes.isEmpty)
        #expect(try client.get("/api/v1/marks").status == 200)
        let other = try live.tcp()
        _ = try problem(try other.get("/healthz", method: "PUT"), 405, "method-not-allowed")
        // Who comes by another name is told only that.
        let stray = try live.tcp()
        let reply = try stray.get(Self.path, method: "DELETE", host: "evil.example")
        _ = try problem(reply, 421, "wrong-host")
    }

    @Test func withoutASocketItIsSaidHowToGetOne() throws {
        let live = try LiveServer { $0.socketPath = nil }
        let detail = try problem(
            try live.tcp().get(Self.path, method: "DELETE"), 403, "forbidden")
        #expect(detail.contains("serve.socket"))
    }

    @Test func thePathSaysWhichMethodsItAnswers() throws {
        let live = try LiveServer()
        for (target, method, allow) in [
            (Self.path, "POST", "GET, HEAD, PUT, DELETE"), (Self.path, "PATCH", nil),
            ("/api/v1/marks", "PUT", "GET, HEAD"), ("/metrics", "DELETE", "GET, HEAD"),
        ] {
            let reply = try live.unix().get(target, method: method)
            let detail = try problem(reply, 405, "method-not-allowed")
            let expected = allow ?? "GET, HEAD, PUT, DELETE"
            #expect(reply.fields["allow"] == expected)
            #expect(detail == "\(target) answers \(expected)")
        }
    }

    // MARK: What is carried

    @Test func aBodyMayBeAsLargeAsAllowedAndNoLarger() throws {
        let live = try LiveServer()
        let client = try live.unix()
        client.send(Self.put("{\(String(repeating: " ", count: 4094))}"))
        #expect(try client.reply().status == 201)
        let large = "{\(String(repeating: " ", count: 4095))}"
        for request in [
            Self.put(large), Self.put("", "Content-Length: 1000000000", hasLength: false),
            Self.put(
                "1001\r\n\(large)\r\n0\r\n\r\n", "Transfer-Encoding: chunked", hasLength: false),
        ] {
            let client = try live.unix()
            client.send(request)
            let detail = try problem(try client.reply(), 413, "body-too-large")
            #expect(detail.contains("4096 bytes"))
            client.closeOutput()
            #expect(try client.isAtEnd())
        }
        #expect(live.answers.changes.count == 1)
    }

    @Test(arguments: [
        "Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded",
        "Content-Type: application/jsonx", "Content-Type:",
    ])
    func aBodyOfAnotherTypeIsRefused(field: String) throws {
        let live = try LiveServer()
        let client = try live.unix()
        client.send(Self.put("{}", field))
        let detail = try problem(try client.reply(), 415, "body-not-json")
        #expect(detail.contains("Content-Type: application/json"))
        #expect(live.answers.changes.isEmpty)
    }

    @Test(arguments: [
        "Content-Type: application/json; charset=utf-8", "Content-Type: Application/JSON",
    ])
    func theTypeMayBeWrittenInItsWays(field: String) throws {
        let client = try LiveServer().unixKeeping()
        client.client.send(Self.put("{}", field))
        #expect(try client.client.reply().status == 201)
    }

    @Test(arguments: ["DELETE", "GET"])
    func whatCarriesNoBodyMayHaveNone(method: String) throws {
        let live = try LiveServer()
        let client = try live.unix()
        client.send("\(method) \(Self.path) HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}")
        _ = try problem(try client.reply(), 413, "body-not-accepted")
        #expect(live.answers.changes.isEmpty)
    }

    @Test func aBodyMayComeByteByByteAndInChunks() throws {
        let live = try LiveServer()
        let client = try live.unix()
        for byte in Self.put(#"{"note": "a"}"#).utf8 { client.send([byte]) }
        #expect(try client.reply().status == 201)
        client.send(
            Self.put(
                "3\r\n{\"n\r\n8\r\note\":\"b\"\r\n1\r\n}\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked", hasLength: false))
        #expect(try client.reply().status == 200)
        #expect(
            live.answers.changes == [
                .init("T0", MarkChange(note: "a")), .init("T0", MarkChange(note: "b")),
            ])
    }

    @Test func requestsWithBodiesAreAnsweredInOrder() throws {
        let live = try LiveServer()
        let client = try live.unix()
        let get = "GET /healthz HTTP/1.1\r\n\r\n"
        client.send(get + Self.put(#"{"note":"a"}"#) + get + Self.put("{") + Self.put("{}") + get)
        let statuses = try (0..<6).map { _ in try client.reply().status }
        #expect(statuses == [200, 201, 200, 400, 200, 200])
        #expect(live.answers.changes.map(\.change?.note) == ["a", ""] as [Note?])
    }

    @Test func aClientThatWaitsForAWordGetsIt() throws {
        let live = try LiveServer()
        let client = try live.unix()
        let request = Self.put("{}", "Expect: 100-continue")
        client.send(request.dropLast(2).description)
        #expect(try client.reply(hasBody: false).status == 100)
        client.send("{}")
        #expect(try client.reply().status == 201)
        // Who is refused is not asked for more.
        client.send(Self.put("{}", "Expect: 100-continue", "Content-Type: text/plain"))
        #expect(try client.reply().status == 415)
    }

    @Test func aBodyThatDoesNotCompleteTimesOut() throws {
        let live = try LiveServer { $0.headTimeout = Self.brief }
        let client = try live.unix()
        client.send(Self.put("{}").dropLast().description)
        _ = try problem(try client.reply(), 408, "head-timeout")
        client.closeOutput()
        #expect(try client.isAtEnd())
        #expect(live.answers.changes.isEmpty)
    }

    @Test func trickledBytesDoNotExtendTheTimeOfABody() throws {
        let live = try LiveServer { $0.headTimeout = Self.brief }
        let client = try live.unix()
        client.send(Self.put("", "Content-Length: 4096", hasLength: false))
        let trickled = eventually {
            client.send(" ")
            return live.server.statistics.connectionsTimedOut == 1
        }
        #expect(trickled)
        #expect(try client.reply().status == 408)
    }

    @Test func aClientThatLeavesWithinABodyChangesNothing() throws {
        let live = try LiveServer()
        let client = try live.unix()
        client.send(Self.put("{}").dropLast().description)
        client.closeOutput()
        _ = try client.readToEnd()
        #expect(eventually { live.server.statistics.connectionsOpen == 0 })
        #expect(live.answers.changes.isEmpty)
    }

    // MARK: Waiting

    @Test func aChangeThatWaitsDelaysNobody() throws {
        let (entered, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let live = try LiveServer { $0.requestTimeout = 60_000_000_000 }
        live.answers.change {
            $0.change = { () throws(AnswerError) in
                entered.signal()
                release.wait()
            }
        }
        let client = try live.unix()
        client.send(Self.put("{}"))
        entered.expect()
        for target in ["/healthz", "/metrics", "/api/v1/deltas?since=5m", "/api/v1/marks"] {
            #expect(try live.tcp().get(target).status == 200)
        }
        release.signal()
        #expect(try client.reply().status == 201)
    }

    @Test func aChangeThatIsNotMadeInTimeMayHaveBeenMade() throws {
        let release = DispatchSemaphore(value: 0)
        let live = try LiveServer { $0.requestTimeout = Self.brief }
        live.answers.change { $0.change = { () throws(AnswerError) in release.wait() } }
        defer { release.signal() }
        let detail = try problem(
            try live.unix().get(Self.path, method: "PUT"), 503, "timed-out")
        #expect(detail.contains("not known whether"))
    }
}

extension LiveServer {
    /// A client that keeps its server alive.
    fileprivate func unixKeeping() throws -> (live: LiveServer, client: Client) {
        (self, try unix())
    }
}

extension Note: ExpressibleByStringLiteral {
    /// The notes of these tests are short.
    public init(stringLiteral text: String) {
        self = Note(text) ?? Note()
    }
}
