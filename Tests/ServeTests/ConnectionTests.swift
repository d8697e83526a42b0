import Foundation
import Serve
import Testing
import Wire

@Suite struct ConnectionTests {
    private let live: LiveServer

    init() throws {
        live = try LiveServer()
    }

    @Test func oneConnectionServesManyRequests() throws {
        let client = try live.tcp()
        for _ in 0..<50 {
            let reply = try client.get("/metrics")
            #expect(reply.text == "a_total 1\n")
            #expect(reply.fields["connection"] == nil)
        }
        #expect(live.server.statistics.connectionsAccepted == 1)
        #expect(eventually { live.server.statistics.answersSuccess == 50 })
    }

    @Test func headSaysWhatGetWouldAndSendsNoBody() throws {
        let client = try live.tcp()
        for target in ["/metrics", "/healthz", "/api/v1/deltas?since=5m", "/nowhere"] {
            let head = try client.get(target, method: "HEAD")
            let get = try client.get(target)
            #expect(head.status == get.status)
            #expect(head.fields == get.fields)
            #expect(head.fields["content-length"] == "\(get.body.count)")
        }
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() throws {
        let client = try live.tcp()
        let targets = [
            "/api/v1/deltas?since=5m", "/healthz", "/nowhere", "/metrics", "/api/v1/links?x=1",
            "/api/v1/deltas?since=1h", "/readyz",
        ]
        client.send(targets.map { "GET \($0) HTTP/1.1\r\nHost: localhost\r\n\r\n" }.joined())
        let statuses = try targets.map { _ in try client.reply().status }
        #expect(statuses == [200, 200, 404, 200, 400, 200, 200])
        #expect(
            live.answers.questions == [.ago(milliseconds: 300_000), .ago(milliseconds: 3_600_000)])
        #expect(try client.get("/healthz").status == 200)
    }

    @Test func tooManyPipelinedRequestsEndTheConnectionAfterThoseThatWereTaken() throws {
        let client = try live.tcp()
        client.send(String(repeating: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 100))
        var replies: [Reply] = []
        while let reply = try? client.reply() { replies.append(reply) }
        #expect(replies.count == 16)
        #expect(replies.allSatisfy { $0.status == 200 })
        #expect(replies.dropLast().allSatisfy { $0.fields["connection"] == nil })
        #expect(replies.last?.fields["connection"] == "close")
    }

    @Test func nothingIsReadWhileAnAnswerIsOnItsWay() throws {
        let (entered, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        live.answers.change {
            $0.deltas = { _ in
                entered.signal()
                release.wait()
                return .sample
            }
        }
        let client = try live.unix()
        client.send("GET /api/v1/deltas?since=5m HTTP/1.1\r\nHost: localhost\r\n\r\n")
        entered.expect()
        // More than the server keeps parsed, but read a few at a time: all are answered.
        let padding = String(repeating: "a", count: 1000)
        for _ in 0..<40 {
            client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: \(padding)\r\n\r\n")
            #expect(try live.tcp().get("/healthz").status == 200)
        }
        release.signal()
        for _ in 0...40 { #expect(try client.reply().status == 200) }
    }

    @Test func aRequestMayComeByteByByte() throws {
        let client = try live.tcp()
        for byte in Array("\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8) {
            client.send([byte])
        }
        #expect(try client.reply().status == 200)
    }

    @Test func http10ClosesUnlessAskedToStay() throws {
        let brief = try live.tcp()
        brief.send("GET /healthz HTTP/1.0\r\n\r\n")
        let reply = try brief.reply()
        #expect(reply.version == "HTTP/1.0")
        #expect(reply.status == 200)
        #expect(reply.fields["connection"] == "close")
        #expect(try brief.isAtEnd())
        let patient = try live.tcp()
        for _ in 0..<2 {
            patient.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try patient.reply().fields["connection"] == "keep-alive")
        }
    }

    @Test(arguments: ["Connection: close", "Connection: Upgrade\r\nUpgrade: h2c"])
    func aClientCanEndTheConnection(field: String) throws {
        let client = try live.tcp()
        client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\(field)\r\n\r\n")
        let reply = try client.reply()
        #expect(reply.status == 200)
        #expect(reply.fields["connection"] == "close")
        #expect(try client.isAtEnd())
    }

    @Test(arguments: ["/healthz", "/api/v1/deltas?since=5m"])
    func aClientThatClosesItsSideStillGetsItsAnswer(target: String) throws {
        let client = try live.unix()
        client.send("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.closeOutput()
        #expect(try client.reply().status == 200)
        #expect(try client.isAtEnd())
    }

    @Test func aBlockedHistoryDelaysNobodyElse() throws {
        let (entered, release) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        live.answers.change {
            $0.deltas = { _ in
                entered.signal()
                release.wait()
                return .sample
            }
        }
        let asking = try live.unix()
        asking.send("GET /api/v1/deltas?since=5m HTTP/1.1\r\nHost: localhost\r\n\r\n")
        entered.expect()
        for target in ["/healthz", "/metrics", "/api/v1/links"] {
            #expect(try live.tcp().get(target).status == 200)
        }
        release.signal()
        #expect(try asking.reply().status == 200)
    }

    @Test func statisticsAddUp() throws {
        let client = try live.tcp()
        let replies = try ["/healthz", "/nowhere", "/metrics"].map { try client.get($0) }
        live.answers.change { $0.isReady = false }
        _ = try client.get("/readyz")
        #expect(eventually { live.server.statistics.answersServerError == 1 })
        let statistics = live.server.statistics
        #expect(statistics.answersSuccess == 2)
        #expect(statistics.answersClientError == 1)
        #expect(statistics.connectionsOpen == 1)
        #expect(statistics.bytesSent > replies.reduce(0) { $0 + UInt64($1.body.count) })
        client.closeOutput()
        #expect(try client.isAtEnd())
        #expect(eventually { live.server.statistics.connectionsOpen == 0 })
    }
}
