import Foundation
import Testing
import Wire

@testable import Serve

@Suite struct LimitTests {
    private static let brief: Int64 = 100_000_000

    private func problem(_ client: Client) throws -> String {
        try client.reply().decode(V1.Problem.self).type
    }

    private func long(_ count: Int) -> String { String(repeating: "a", count: count) }

    @Test func aHeadThatIsTooLargeIsRefused() throws {
        let live = try LiveServer { $0.maxHeadBytes = 2048 }
        let client = try live.tcp()
        #expect(try client.get("/healthz", ["X": long(1500)]).status == 200)
        for head in [
            "GET /healthz HTTP/1.1\r\nX: \(long(4000))\r\n\r\n",
            "GET /\(long(4000)) HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\n\(String(repeating: "A: b\r\n", count: 200))\r\n",
        ] {
            let client = try live.tcp()
            client.send(head)
            let reply = try client.reply()
            #expect(reply.status == 431)
            #expect(reply.fields["connection"] == "close")
            client.closeOutput()
            #expect(try client.isAtEnd())
        }
    }

    @Test(arguments: [
        "hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\n : c\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}",
        "BREW / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ])
    func whatIsNotHTTPIsRefusedAndTheConnectionEnds(text: String) throws {
        let live = try LiveServer()
        let client = try live.tcp()
        client.send(text)
        #expect(try problem(client) == "/problems/malformed-request")
        client.closeOutput()
        #expect(try client.isAtEnd())
    }

    @Test func anErrorComesAfterTheAnswersBeforeIt() throws {
        let live = try LiveServer()
        let client = try live.tcp()
        client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n\u{1}\r\n\r\n")
        #expect(try client.reply().status == 200)
        #expect(try client.reply().status == 400)
        client.closeOutput()
        #expect(try client.isAtEnd())
    }

    @Test func anotherVersionIsNotSpoken() throws {
        let live = try LiveServer()
        let client = try live.tcp()
        client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        #expect([400, 505].contains(try client.reply().status))
    }

    @Test(arguments: ["Content-Length: 1000000000", "Transfer-Encoding: chunked"])
    func aBodyIsRefusedUnread(field: String) throws {
        let live = try LiveServer()
        let client = try live.tcp()
        client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n\r\n5\r\nhello\r\n")
        #expect(try problem(client) == "/problems/body-not-accepted")
        // The rest is thrown away for a while and then cut off.
        let flood = [UInt8](repeating: 0x61, count: 64_000_000)
        #expect(client.send(flood) < flood.count)
        #expect(try client.isAtEnd())
        #expect(eventually { live.server.statistics.connectionsOpen == 0 })
    }

    @Test func aRefusedClientThatStaysIsClosed() throws {
        let live = try LiveServer()
        let client = try live.tcp()
        client.send("\u{1}\r\n\r\n")
        #expect(try client.reply().status == 400)
        #expect(eventually { live.server.statistics.connectionsOpen == 0 })
        #expect(try client.isAtEnd())
    }

    @Test(arguments: ["GET /healthz HT", "\r\n"])
    func aHeadThatDoesNotCompleteTimesOut(text: String) throws {
        let live = try LiveServer { $0.headTimeout = Self.brief }
        let client = try live.tcp()
        client.send(text)
        #expect(try problem(client) == "/problems/head-timeout")
        client.closeOutput()
        #expect(try client.isAtEnd())
        #expect(live.server.statistics.connectionsTimedOut == 1)
    }

    @Test func trickledBytesDoNotExtendTheTimeOfAHead() throws {
        let live = try LiveServer { $0.headTimeout = Self.brief }
        let client = try live.tcp()
        client.send("GET / HTTP/1.1\r\nX: ")
        let trickled = eventually {
            client.send("a")
            return live.server.statistics.connectionsTimedOut == 1
        }
        #expect(trickled)
        #expect(try client.reply().status == 408)
    }

    @Test func silenceEndsAConnection() throws {
        let live = try LiveServer { $0.headTimeout = Self.brief }
        #expect(try live.tcp().isAtEnd())
        let idle = try LiveServer { $0.idleTimeout = Self.brief }
        let client = try idle.tcp()
        #expect(try client.get("/healthz").status == 200)
        #expect(try client.isAtEnd())
    }

    @Test(arguments: [true, false])
    func aClientThatDoesNotReadIsClosed(overTCP: Bool) throws {
        var script = ScriptedAnswers.Script()
        let page = [UInt8](repeating: 0x61, count: 32_000_000)
        script.pages[.prometheus] = RenderedMetrics(generation: 1, bytes: page)
        let live = try LiveServer(script) { $0.requestTimeout = 4 * Self.brief }
        let client =
            try overTCP ? Client(port: live.port, receiveBuffer: 4096) : live.unix()
        for _ in 0..<8 { client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n") }
        #expect(eventually { live.server.statistics.connectionsTimedOut == 1 })
        #expect(eventually { live.server.statistics.connectionsOpen == 0 })
        #expect(live.server.statistics.answersSuccess == 1)
        #expect(try client.readToEnd().count < page.count)
    }

    @Test func anAnswerThatIsNotReadyInTimeIsNotWaitedFor() throws {
        let release = DispatchSemaphore(value: 0)
        var script = ScriptedAnswers.Script()
        script.deltas = { _ in
            release.wait()
            return .sample
        }
        let live = try LiveServer(script) { $0.requestTimeout = Self.brief }
        defer { release.signal() }
        let client = try live.tcp()
        let reply = try client.get("/api/v1/deltas?since=5m")
        #expect(reply.status == 503)
        #expect(try reply.decode(V1.Problem.self).type == "/problems/timed-out")
        client.closeOutput()
        #expect(try client.isAtEnd())
    }

    @Test func aFullQueueRefuses() throws {
        let (entered, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        var script = ScriptedAnswers.Script()
        script.deltas = { _ in
            entered.signal()
            release.wait()
            return .sample
        }
        let live = try LiveServer(script) {
            $0.maxWaiting = 2
            $0.requestTimeout = 60_000_000_000
        }
        let request = "GET /api/v1/deltas?since=5m HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let first = try live.tcp()
        first.send(request)
        entered.expect()
        // The worker has one question; the server takes two more and answers the fourth itself.
        var waiting = try (0..<3).map { _ in try live.tcp() }
        for client in waiting.dropLast() {
            client.send(request)
            // Served on the same thread after the question, so that one is queued by then.
            #expect(try live.tcp().get("/healthz").status == 200)
        }
        let last = waiting.removeLast()
        last.send(request)
        #expect(try problem(last) == "/problems/overloaded")
        #expect(try last.get("/healthz").status == 200)
        release.signal()
        #expect(try first.reply().status == 200)
        entered.expect()
        release.signal()
        entered.expect()
        release.signal()
        for client in waiting { #expect(try client.reply().status == 200) }
        #expect(live.answers.questions.count == 3)
    }

    @Test func answersFromMemoryDoNotWaitForTheHistory() throws {
        let (entered, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        var script = ScriptedAnswers.Script()
        script.deltas = { _ in
            entered.signal()
            release.wait()
            return .sample
        }
        let live = try LiveServer(script) { $0.requestTimeout = 60_000_000_000 }
        let client = try live.tcp()
        client.send("GET /api/v1/deltas?since=5m HTTP/1.1\r\nHost: localhost\r\n\r\n")
        entered.expect()
        for path in ["/api/v1/events", "/api/v1/gpus/0", "/api/v1/counters"] {
            #expect(try live.tcp().get(path).status == 200)
        }
        release.signal()
        #expect(try client.reply().status == 200)
    }

    @Test func tcpCannotTakeTheSlotsOfTheUnixSocket() throws {
        let live = try LiveServer {
            $0.maxConnections = 4
            $0.reservedUnixConnections = 1
        }
        let taken = try (0..<3).map { _ in try live.tcp() }
        for client in taken { #expect(try client.get("/healthz").status == 200) }
        let refused = try live.tcp()
        #expect(try problem(refused) == "/problems/too-many-connections")
        #expect(try refused.isAtEnd())
        let operators = try live.unix()
        #expect(try operators.get("/api/v1/health").status == 200)
        let second = try live.unix()
        #expect(try problem(second) == "/problems/too-many-connections")
        let statistics = live.server.statistics
        #expect(statistics.connectionsRefused == 2)
        #expect(statistics.connectionsOpen == 4)
        taken[0].closeOutput()
        #expect(try taken[0].isAtEnd())
        #expect(eventually { live.server.statistics.connectionsOpen == 3 })
        #expect(try live.tcp().get("/healthz").status == 200)
    }

    @Test(arguments: [
        ("localhost", 200), ("LOCALHOST:9797", 200), ("127.0.0.1:1", 200), ("127.8.9.10", 200),
        ("[::1]:9797", 200), ("10.1.2.3", 200), ("node17", 200), ("node17.cluster:9797", 421),
        ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("localhost.evil.example", 421),
        ("[evil]", 421), ("", 421), ("256.1.1.1", 421),
    ])
    func onlyOwnNamesAreServedOverTCP(host: String, status: Int) throws {
        let live = try LiveServer { $0.hostNames = ["Node17"] }
        #expect(try live.tcp().get("/healthz", host: host).status == status)
        #expect(try live.unix().get("/healthz", host: host).status == 200)
    }

    @Test func anyNameIsServedWhereNoneIsAsked() throws {
        let live = try LiveServer { $0.hostNames = nil }
        #expect(try live.tcp().get("/healthz", host: "node17.cluster:9797").status == 200)
    }

    @Test func exactlyOneHostIsNeeded() throws {
        let live = try LiveServer()
        for fields in ["", "Host: localhost\r\nHost: localhost\r\n"] {
            let client = try live.tcp()
            client.send("GET /healthz HTTP/1.1\r\n\(fields)\r\n")
            #expect(try client.reply().status == 400)
        }
    }
}
