import Foundation
import Model
import Testing
import Wire

@testable import Serve

@Suite struct RouteTests {
    private let live: LiveServer

    init() throws {
        live = try LiveServer()
    }

    private func get(_ target: String) throws -> Reply {
        try live.unix().get(target)
    }

    private func problem(_ target: String, method: String = "GET") throws -> (Reply, V1.Problem) {
        let reply = try live.unix().get(target, method: method)
        #expect(reply.fields["content-type"] == "application/problem+json")
        let problem = try reply.decode(V1.Problem.self)
        #expect(problem.status == reply.status)
        #expect(!problem.detail.isEmpty)
        return (reply, problem)
    }

    @Test(arguments: [true, false])
    func indexNamesEveryEndpointWithACommandThatWorks(overTCP: Bool) throws {
        let client = try overTCP ? live.tcp() : live.unix()
        let reply = try client.get("/")
        #expect(reply.status == 200)
        #expect(reply.fields["content-type"] == "text/plain; charset=utf-8")
        let door = overTCP ? "http://127.0.0.1:\(live.port)" : "--unix-socket \(live.socketPath)"
        #expect(reply.text.contains("curl "))
        #expect(reply.text.contains(door))
        for endpoint in Endpoint.allCases {
            #expect(reply.text.contains(endpoint.rawValue))
        }
    }

    @Test func aliveIsSmallAndReadable() throws {
        let reply = try get("/healthz")
        #expect(reply.status == 200)
        #expect(reply.fields["content-type"] == "application/json")
        #expect(reply.fields["cache-control"] == "no-store")
        #expect(reply.text == "{\n  \"status\" : \"alive\"\n}\n")
    }

    @Test func readyOnlyAfterAFirstPass() throws {
        #expect(try get("/readyz").status == 200)
        live.answers.change { $0.isReady = false }
        let reply = try get("/readyz")
        #expect(reply.status == 503)
        #expect(reply.text.contains("starting"))
        #expect(try get("/healthz").status == 200)
    }

    @Test(arguments: [
        ("PASS", 200), ("INFO", 200), ("WARNING", 200), ("CRITICAL", 503), ("UNKNOWN", 503),
    ])
    func strictHealthSpeaksThroughTheStatus(verdict: String, status: Int) throws {
        live.answers.change { $0.verdict = verdict }
        let strict = try get("/api/v1/health?strict=1")
        #expect(strict.status == status)
        #expect(strict.fields["content-type"] == "application/json")
        #expect(try strict.decode(V1.Health.self) == .sample(verdict: verdict))
        #expect(try get("/api/v1/health").status == 200)
        #expect(try get("/api/v1/health?strict=0").status == 200)
    }

    @Test func playbooksAreThereByName() throws {
        let reply = try get("/playbooks/ib_link_down.md")
        #expect(reply.status == 200 && reply.text == "# ib_link_down\n")
        #expect(reply.fields["content-type"] == "text/markdown; charset=utf-8")
        #expect(try get("/playbooks/ib_link_down").text == reply.text)
        for path in ["/playbooks/", "/playbooks/x.md", "/playbooks/../ib_link_down.md"] {
            #expect(try problem(path).1.status == 404)
        }
    }

    @Test func documentsArriveWhole() throws {
        #expect(try get("/api/v1/links").decode(V1.Links.self) == .sample)
        #expect(try get("/api/v1/counters").decode(V1.Counters.self) == .sample)
        #expect(try get("/api/v1/deltas?since=5m").decode(V1.Deltas.self) == .sample)
        let text = try get("/api/v1/counters").text
        #expect(text.contains("\"width_bits\" : 64"))
        #expect(text.contains("\"total\" : 18446744073709551615"))
    }

    @Test func filtersKeepWhatIsAskedFor() throws {
        let links = try get("/api/v1/links?device=mlx5_1").decode(V1.Links.self)
        #expect(links.links.map(\.device) == ["mlx5_1"])
        let counters = try get("/api/v1/counters?device=mlx5_0&end=peer").decode(V1.Counters.self)
        #expect(counters.series.map(\.end) == ["peer"])
        let deltas = try get("/api/v1/deltas?since=1h&end=local").decode(V1.Deltas.self)
        #expect(deltas.series.map(\.device) == ["mlx5_0", "mlx5_1"])
        let one = try get("/api/v1/deltas?since=1h&device=mlx5_1").decode(V1.Deltas.self)
        #expect(one.series.map(\.device) == ["mlx5_1"])
    }

    @Test(arguments: ["links?", "counters?", "deltas?since=5m&"])
    func anUnknownDeviceIsNotAnEmptyAnswer(target: String) throws {
        let (reply, problem) = try problem("/api/v1/\(target)device=mlx5_9")
        #expect(reply.status == 404)
        #expect(problem.type == "/problems/no-such-device")
        #expect(problem.detail.contains("mlx5_0, mlx5_1"))
    }

    @Test(arguments: [
        ("p12-00c0ffee", Since.cursor("p12-00c0ffee")),
        ("90s", .ago(milliseconds: 90_000)),
        ("5m", .ago(milliseconds: 300_000)),
        ("1h", .ago(milliseconds: 3_600_000)),
        ("2d", .ago(milliseconds: 172_800_000)),
        ("1970-01-02T00:00:00Z", .wall(milliseconds: 86_400_000)),
        ("1970-01-02T01:00:00.5+01:00", .wall(milliseconds: 86_400_500)),
        ("1970-01-02T01%3A00%3A00%2B01%3A00", .wall(milliseconds: 86_400_000)),
    ])
    func sinceIsACursorATimeOrADuration(text: String, since: Since) throws {
        #expect(try get("/api/v1/deltas?since=\(text)").status == 200)
        #expect(live.answers.questions == [since])
        #expect(live.answers.ends.isEmpty)
        #expect(try get("/api/v1/deltas?until=\(text)&since=1s").status == 200)
        #expect(live.answers.ends == [since])
    }

    @Test func sinceMayBeAMark() throws {
        let name = try #require(GivenName("T0.1-a"))
        #expect(try get("/api/v1/deltas?since=mark:T0.1-a&until=mark%3AT0.1-a").status == 200)
        #expect(live.answers.questions == [.mark(name)] && live.answers.ends == [.mark(name)])
    }

    @Test(arguments: [
        "", "?since=", "?since=yesterday", "?since=5", "?since=m", "?since=-5m", "?since=5min",
        "?since=9223372036854775807d", "?since=5m&since=6m", "?since=2026-02-30T00:00:00Z",
        "?since=mark:", "?since=mark:a/b", "?since=5m&until=", "?since=5m&until=now", "?until=5m",
        "?since=5m&end=both", "?since=5m&foo=1", "?since=%zz", "?since=%ff",
    ])
    func aWrongQuestionIsExplained(query: String) throws {
        let (reply, problem) = try problem("/api/v1/deltas" + query)
        #expect(reply.status == 400)
        #expect(["/problems/bad-parameter", "/problems/bad-target"].contains(problem.type))
        #expect(live.answers.questions.isEmpty)
    }

    @Test(arguments: [
        (AnswerError.badRequest("no such cursor"), 400, "bad-parameter"),
        (.gone("the oldest is p5"), 410, "gone"),
        (.unavailable("no pass yet"), 503, "unavailable"),
    ])
    func theHistorysRefusalsReachTheClient(
        error: AnswerError, status: Int, kind: String
    ) throws {
        live.answers.change { $0.deltas = { _ throws(AnswerError) in throw error } }
        let (reply, problem) = try problem("/api/v1/deltas?since=p1-0")
        #expect(reply.status == status)
        #expect(problem.type == "/problems/" + kind)
        #expect("\(error)".contains(problem.detail))
    }

    @Test(arguments: ["/metric", "/metrics/", "//metrics", "/api/v2/health", "*", "/%6detrics"])
    func otherPathsAreNotFound(target: String) throws {
        let (reply, problem) = try problem(target)
        #expect(reply.status == 404)
        #expect(problem.type == "/problems/not-found")
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
    func onlyReadingIsAllowed(method: String) throws {
        let (reply, _) = try problem("/metrics", method: method)
        #expect(reply.status == 405)
        #expect(reply.fields["allow"] == "GET, HEAD")
        #expect(try live.unix().get("/nowhere", method: method).status == 404)
    }

    @Test(arguments: [
        "/?a=1", "/metrics?a=1", "/healthz?a", "/readyz?a=1", "/api/v1/health?stric=1",
        "/api/v1/health?strict=yes", "/api/v1/links?end=local", "/api/v1/counters?end=",
    ])
    func unknownParametersAreNotIgnored(target: String) throws {
        let (reply, problem) = try problem(target)
        #expect(reply.status == 400)
        #expect(problem.type == "/problems/bad-parameter")
    }

    @Test func everyKindOfProblemIsDistinct() {
        #expect(Set(ProblemKind.allCases.map(\.type)).count == ProblemKind.allCases.count)
        #expect(Set(ProblemKind.allCases.map(\.title)).count == ProblemKind.allCases.count)
        #expect(ProblemKind.allCases.allSatisfy { (400..<600).contains($0.status) })
    }
}
