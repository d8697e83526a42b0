import Model
import Testing
import Wire

@testable import Serve

/// Announcing work and taking notice: what is sent, who may, and what is said.
@Suite struct NoticeRouteTests {
    private static let work = "/api/v1/maintenance/swap"
    private static let notice = "/api/v1/acknowledgements/ib_link_down-5f0c9a7e21d3b846"

    private static let longReason = String(repeating: "ä", count: 129)

    private static func put(_ body: String, _ target: String) -> String {
        let lines = [
            "PUT \(target) HTTP/1.1", "Host: localhost", "Content-Length: \(body.utf8.count)",
            "Content-Type: application/json", "", "",
        ]
        return lines.joined(separator: "\r\n") + body
    }

    private func problem(_ reply: Reply, _ status: Int, _ kind: String) throws -> String {
        #expect(reply.status == status)
        #expect(reply.fields["content-type"] == "application/problem+json")
        let problem = try reply.decode(V1.Problem.self)
        #expect(problem.type == "/problems/" + kind)
        return problem.detail
    }

    private func author(_ text: String) throws -> Author { try #require(Author(text)) }

    // MARK: Maintenance

    @Test func workIsAnnouncedReadAndEnded() throws {
        let live = try LiveServer()
        let client = try live.unix()
        let request = Self.put(#"{"author": "ann", "ends": "2h"}"#, Self.work)
        client.send(request)
        let made = try client.reply()
        #expect(made.status == 201)
        let work = V1.MaintenanceWindow.sample("swap")
        #expect(try made.decode(V1.MaintenanceWindow.self) == work)
        client.send(request)
        #expect(try client.reply().status == 200)
        let list = try client.get("/api/v1/maintenance").decode(V1.MaintenanceList.self)
        #expect(list.maintenance == [work])
        #expect(try client.get(Self.work).decode(V1.MaintenanceWindow.self) == work)
        let other = try problem(
            try client.get("/api/v1/maintenance/b"), 404, "no-such-maintenance")
        #expect(other == "no maintenance is named \"b\"; there is: swap")
        let target = Self.work + "?author=b%C3%B6b"
        #expect(try client.get(target, method: "DELETE").status == 200)
        _ = try problem(try client.get(target, method: "DELETE"), 404, "no-such-maintenance")
        let change = MaintenanceChange(
            author: try author("ann"), ends: .after(milliseconds: 7_200_000))
        let böb = try author("böb")
        #expect(
            live.answers.noticeChanges == [
                .set("swap", change), .set("swap", change), .end("swap", böb), .end("swap", böb),
            ])
    }

    @Test func aBodySaysWhoWhenWhyAndWhere() throws {
        let live = try LiveServer()
        let client = try live.unix()
        client.send(
            Self.put(
                """
                {"author": "ann", "reason": "é\\n\\u0000", "begins": "30m",
                 "ends": "1970-01-02T00:00:00Z", "subjects": [
                  {"device": "mlx5_0"}, {"device": "mlx5_1", "port": 1}, {"gpu": "0"}]}
                """, Self.work))
        #expect(try client.reply().status == 201)
        let address = try #require(V1.GPUs.sample.gpus.first.flatMap { PCIAddress($0.address) })
        let change = MaintenanceChange(
            author: try author("ann"), reason: "é\n\0",
            begins: .after(milliseconds: 1_800_000), ends: .wall(milliseconds: 86_400_000),
            parts: [.device("mlx5_0", port: nil), .device("mlx5_1", port: 1), .gpu(address)])
        #expect(live.answers.noticeChanges == [.set("swap", change)])
    }

    @Test(
        arguments: [
            ("", 400, "bad-body", "send one JSON object, such as {\"author\": \"ann\""),
            ("[]", 400, "bad-body", "send one JSON object"),
            (#"{"author": 1, "ends": "2h"}"#, 400, "bad-body", "author"),
            (
                #"{"author": "a", "ends": "2h", "subject": []}"#, 400, "bad-body",
                "there is no key \"subject\", but author, reason, begins, ends, subjects"
            ),
            (
                #"{"author": "a", "ends": "2h", "subjects": [{"devise": "x"}]}"#, 400, "bad-body",
                "there is no key \"devise\", but device, port, gpu"
            ),
            (#"{"ends": "2h"}"#, 400, "bad-parameter", "author is missing: say who you are"),
            (#"{"author": " ", "ends": "2h"}"#, 400, "bad-parameter", "not blank"),
            (#"{"author": "a"}"#, 400, "bad-parameter", "ends is missing: say until when"),
            (#"{"author": "a", "ends": "soon"}"#, 400, "bad-parameter", "ends is \"soon\""),
            (
                #"{"author": "a", "ends": "2h", "begins": "-1h"}"#, 400, "bad-parameter",
                "begins is \"-1h\""
            ),
            (
                #"{"author": "a", "ends": "2h", "reason": "\#(longReason)"}"#,
                400, "bad-parameter", "reason has 258 bytes, at most 256 are kept"
            ),
            (
                #"{"author": "a", "ends": "2h", "subjects": []}"#, 400, "bad-parameter",
                "leave it out for the whole node"
            ),
            (
                #"{"author": "a", "ends": "2h", "subjects": [{"port": 1}]}"#, 400, "bad-parameter",
                "each of subjects has a device"
            ),
            (
                #"{"author": "a", "ends": "2h", "subjects": [{"device": "mlx5_0", "gpu": "0"}]}"#,
                400, "bad-parameter", "each of subjects has a device"
            ),
            (
                #"{"author": "a", "ends": "2h", "subjects": [{"device": "mlx5_9"}]}"#, 404,
                "no-such-device", "mlx5_0, mlx5_1"
            ),
            (
                #"{"author": "a", "ends": "2h", "subjects": [{"device": "mlx5_0", "port": 2}]}"#,
                400,
                "bad-parameter", "mlx5_0 has no port 2; there is: 1"
            ),
            (
                #"{"author": "a", "ends": "2h", "subjects": [{"gpu": "99"}]}"#, 404, "no-such-gpu",
                "no GPU is \"99\""
            ),
        ] as [(String, Int, String, String)])
    func wrongWorkIsRefusedInWords(
        body: String, status: Int, kind: String, words: String
    ) throws {
        let live = try LiveServer()
        let client = try live.unix()
        client.send(Self.put(body, Self.work))
        let detail = try problem(try client.reply(), status, kind)
        #expect(detail.contains(words), "\(detail)")
        #expect(live.answers.noticeChanges.isEmpty)
    }

    @Test func tooManyPartsAreRefused() throws {
        let live = try LiveServer()
        let client = try live.unix()
        let parts = Array(repeating: #"{"gpu": "0"}"#, count: 17).joined(separator: ",")
        client.send(
            Self.put(#"{"author": "a", "ends": "2h", "subjects": [\#(parts)]}"#, Self.work))
        let detail = try problem(try client.reply(), 400, "bad-parameter")
        #expect(detail.hasPrefix("subjects has 1 to 16 parts, not 17"))
    }

    // MARK: Acknowledgement

    @Test func noticeIsTakenReadAndTakenBack() throws {
        let live = try LiveServer()
        let client = try live.unix()
        let id = "ib_link_down-5f0c9a7e21d3b846"
        let request = Self.put(#"{"author": "ann", "note": "ordered"}"#, Self.notice)
        client.send(request)
        let made = try client.reply()
        #expect(made.status == 201)
        let notice = V1.AcknowledgedIncident.sample(id)
        #expect(try made.decode(V1.AcknowledgedIncident.self) == notice)
        client.send(request)
        #expect(try client.reply().status == 200)
        let list = try client.get("/api/v1/acknowledgements").decode(V1.Acknowledgements.self)
        #expect(list.acknowledgements == [notice])
        #expect(try client.get(Self.notice).decode(V1.AcknowledgedIncident.self) == notice)
        let detail = try problem(
            try client.get("/api/v1/acknowledgements/b"), 404, "no-such-incident")
        #expect(detail.contains("\"b\""))
        let target = Self.notice + "?author=bob"
        #expect(try client.get(target, method: "DELETE").status == 200)
        _ = try problem(try client.get(target, method: "DELETE"), 404, "no-such-incident")
        let (ann, bob, note) = (
            try author("ann"), try author("bob"), "ordered" as Note
        )
        #expect(
            live.answers.noticeChanges == [
                .acknowledge(id, ann, note), .acknowledge(id, ann, note), .withdraw(id, bob),
                .withdraw(id, bob),
            ])
    }

    @Test(arguments: [
        ("{}", "bad-parameter", "author is missing"),
        (#"{"author": "a\nb"}"#, "bad-parameter", "in one line"),
        (#"{"author": "a", "comment": "b"}"#, "bad-body", "but author, note"),
        (
            #"{"author": "a", "note": "\#(String(repeating: "n", count: 257))"}"#,
            "bad-parameter", "note has 257 bytes"
        ),
    ])
    func aWrongNoticeIsRefusedInWords(body: String, kind: String, words: String) throws {
        let live = try LiveServer()
        let client = try live.unix()
        client.send(Self.put(body, Self.notice))
        let detail = try problem(try client.reply(), 400, kind)
        #expect(detail.contains(words), "\(detail)")
        #expect(live.answers.noticeChanges.isEmpty)
    }

    // MARK: Who may, and how

    @Test(arguments: [work, notice])
    func changesNeedTheSocketAnAuthorAndAMethod(target: String) throws {
        let live = try LiveServer()
        for request in [
            Self.put(#"{"author": "ann", "ends": "2h"}"#, target),
            "DELETE \(target)?author=ann HTTP/1.1\r\nHost: localhost\r\n\r\n",
        ] {
            let client = try live.tcp()
            client.send(request)
            let detail = try problem(try client.reply(), 403, "forbidden")
            #expect(detail.contains("--unix-socket \(live.socketPath)"))
        }
        let unsigned = try live.unix().get(target, method: "DELETE")
        let missing = try problem(unsigned, 400, "bad-parameter")
        #expect(missing.contains("?author=ann"))
        let stray = try live.unix().get(target + "?author=ann")
        #expect(try problem(stray, 400, "bad-parameter").contains("DELETE alone"))
        let post = try live.unix().get(target, method: "POST")
        _ = try problem(post, 405, "method-not-allowed")
        #expect(post.fields["allow"] == "GET, HEAD, PUT, DELETE")
        let list = String(target[..<(try #require(target.lastIndex(of: "/")))])
        let refused = try live.unix().get(list, method: "PUT")
        _ = try problem(refused, 405, "method-not-allowed")
        #expect(refused.fields["allow"] == "GET, HEAD")
        #expect(try live.tcp().get(list).status == 200)
        let client = try live.unix()
        let long = String(repeating: " ", count: 4097)
        client.send(Self.put(long, target))
        _ = try problem(try client.reply(), 413, "body-too-large")
        #expect(live.answers.noticeChanges.isEmpty)
    }

    @Test(arguments: [
        (AnswerError.conflict("too many"), 409, "conflict"),
        (.badRequest("too long"), 400, "bad-parameter"),
        (.noSuchIncident("it is over"), 404, "no-such-incident"),
        (.noSuchMaintenance("there is none"), 404, "no-such-maintenance"),
        (.unavailable("busy"), 503, "unavailable"),
    ])
    func whatStandsAgainstItReachesTheClient(
        error: AnswerError, status: Int, kind: String
    ) throws {
        let live = try LiveServer()
        live.answers.change { $0.change = { () throws(AnswerError) in throw error } }
        for target in [Self.work, Self.notice] {
            let client = try live.unix()
            client.send(
                Self.put(
                    target == Self.work
                        ? #"{"author": "ann", "ends": "2h"}"# : #"{"author": "ann"}"#, target))
            let detail = try problem(try client.reply(), status, kind)
            #expect("\(error)".contains(detail))
            let deleted = try client.get(target + "?author=ann", method: "DELETE")
            _ = try problem(deleted, status, kind)
        }
    }

    @Test(arguments: ["a%2Fb", "", ".", "a/b"])
    func aWrongNameIsRefused(name: String) throws {
        let live = try LiveServer()
        let reply = try live.unix().get("/api/v1/maintenance/" + name)
        let detail = try problem(reply, 400, "bad-parameter")
        #expect(detail.hasPrefix("the name of a maintenance is 1 to 64"))
    }
}
