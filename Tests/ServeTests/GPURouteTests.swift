import Foundation
import Model
import Testing
import Wire

@testable import Serve

/// GPUs by any of their names, events by any point to follow.
@Suite struct GPURouteTests {
    private let live: LiveServer

    init() throws {
        live = try LiveServer()
    }

    private func get<Document: Decodable>(
        _ target: String, _ type: Document.Type = Document.self
    ) throws -> Document {
        let reply = try live.unix().get(target)
        #expect(reply.status == 200, "\(reply.text)")
        return try reply.decode(type)
    }

    private func problem(_ target: String) throws -> (status: Int, problem: V1.Problem) {
        let reply = try live.unix().get(target)
        return (reply.status, try reply.decode(V1.Problem.self))
    }

    private static let names = [
        "1", "GPU-00000000-0000-00a0-0000-000000000001",
        "GPU-00000000-0000-00A0-0000-000000000001", "0000:28:00.0", "00000000:28:00.0",
        "0000:28:00", "0000%3A28%3A00.0",
    ]

    // MARK: GPUs

    @Test func documentsArriveWhole() throws {
        #expect(try get("/api/v1/gpus") == V1.GPUs.sample)
        #expect(try get("/api/v1/events") == V1.Events.sample)
    }

    @Test(arguments: names)
    func aGPUIsFoundByEveryNameItHas(name: String) throws {
        #expect(try get("/api/v1/gpus/\(name)") == V1.GPU.sample(V1.GPUs.sample.gpus[1]))
        let counters = try get("/api/v1/counters?gpu=\(name)", V1.Counters.self)
        #expect(counters.series.map(\.gpuIndex) == [1, 1])
        #expect(counters.series.map(\.link) == [nil, 3])
        let deltas = try get("/api/v1/deltas?since=5m&gpu=\(name)", V1.Deltas.self)
        #expect(deltas.series.map(\.gpuIndex) == [1, 1])
    }

    private static let strangers = [
        "", "2", "-1", "+1", "01", "0000:38:00.0", "GPU-00000000-0000-00a0-0000-0000000000ff",
        "mlx5_0", "0/1", "%20",
    ]

    @Test(arguments: strangers)
    func anUnknownGPUIsNotAnEmptyAnswer(name: String) throws {
        for target in ["gpus/\(name)", "counters?gpu=\(name)", "events?gpu=\(name)"] {
            let (status, problem) = try problem("/api/v1/\(target)")
            #expect(status == 404)
            #expect(problem.type == "/problems/no-such-gpu")
            #expect(problem.detail.contains("there is: 0 (0000:18:00.0, GPU-"))
        }
        let (status, _) = try problem("/api/v1/deltas?since=5m&gpu=\(name)")
        #expect(status == 404)
    }

    @Test func aNodeWithoutGPUsSaysSo() throws {
        live.answers.change { $0.gpus.gpus = [] }
        #expect(try problem("/api/v1/gpus/0").problem.detail.hasSuffix("there is: none"))
    }

    /// Between the list and the document it may be pulled out.
    @Test func aGPUWithoutUUIDIsFoundByItsPlace() throws {
        live.answers.change { $0.gpus.gpus[1].uuid = nil }
        #expect(try get("/api/v1/gpus/1", V1.GPU.self).summary.address == "0000:28:00.0")
        #expect(try get("/api/v1/counters?gpu=1", V1.Counters.self).series.isEmpty)
        let events = try get("/api/v1/events?gpu=0", V1.Events.self)
        #expect(events.events.map(\.id) == [40, 41])
    }

    /// The past knows GPUs that the node has no more, by their UUID.
    @Test func aGPUThatIsGoneKeepsItsPast() throws {
        let gone = GPUUUID.samples[2].description
        let deltas = try get("/api/v1/deltas?since=5m&gpu=\(gone)", V1.Deltas.self)
        #expect(deltas.series.map(\.gpuUuid) == [gone])
        let events = try get("/api/v1/events?gpu=\(gone)", V1.Events.self)
        #expect(events.events.map(\.id) == [43])
        #expect(try problem("/api/v1/gpus/\(gone)").status == 404)
    }

    @Test(arguments: [
        "counters?gpu=0&device=mlx5_0", "counters?gpu=0&end=local",
        "deltas?since=5m&gpu=0&end=peer", "gpus?gpu=0", "gpus/0?gpu=0", "links?gpu=0",
        "gpus/%zz", "gpus/%ff",
    ])
    func aContradictionIsExplained(target: String) throws {
        let (status, problem) = try problem("/api/v1/\(target)")
        #expect(status == 400)
        #expect(!problem.detail.isEmpty)
    }

    /// A filter for cables leaves no GPU behind.
    @Test func cablesAreNotGPUs() throws {
        for end in ["local", "peer"] {
            let series = try get("/api/v1/counters?end=\(end)", V1.Counters.self).series
            #expect(!series.isEmpty && series.allSatisfy { $0.gpuUuid == nil })
        }
    }

    // MARK: Events

    @Test(arguments: [
        ("", EventsSince.latest, 100), ("?after=0", .id(0), 100), ("?after=41", .id(41), 100),
        ("?after=18446744073709551615", .id(.max), 100),
        ("?after=e41-c0ffee&limit=1", .cursor("e41-c0ffee"), 1), ("?limit=1000", .latest, 1000),
    ])
    func afterIsAnIDOrACursor(query: String, after: EventsSince, limit: Int) throws {
        #expect(try get("/api/v1/events\(query)") == V1.Events.sample)
        #expect(live.answers.eventsQuestions == [.init(after: after, limit: limit)])
    }

    @Test(arguments: [
        "after=", "after=-1", "after=+1", "after=18446744073709551616", "after=p1-0",
        "after=1.5", "after=yesterday", "limit=", "limit=0", "limit=1001", "limit=-5",
        "limit=ten", "limit=1&limit=2", "since=5m", "device=mlx5_0",
    ])
    func aWrongQuestionIsExplained(query: String) throws {
        let (status, problem) = try problem("/api/v1/events?\(query)")
        #expect(status == 400)
        #expect(problem.type == "/problems/bad-parameter")
        #expect(live.answers.eventsQuestions.isEmpty)
    }

    @Test(arguments: [
        (AnswerError.badRequest("no cursor"), 400, "bad-parameter"),
        (.gone("another history"), 410, "gone"), (.unavailable("not yet"), 503, "unavailable"),
    ])
    func refusalsReachTheClient(error: AnswerError, status: Int, kind: String) throws {
        live.answers.change { $0.events = { _, _ throws(AnswerError) in throw error } }
        for query in ["?after=e1-0", "?after=e1-0&gpu=0"] {
            let answer = try problem("/api/v1/events\(query)")
            #expect(answer.status == status)
            #expect(answer.problem.type == "/problems/" + kind)
        }
    }

    /// The GPU is asked for by all that is known of it, and the page is the daemon's.
    @Test func eventsOfAGPU() throws {
        let document = try get("/api/v1/events?gpu=0", V1.Events.self)
        #expect(document.events.map(\.id) == [40, 41])
        #expect(document.next == V1.Events.sample.next)
        _ = try get("/api/v1/events?gpu=1&limit=7&after=e1-0", V1.Events.self)
        let places = ["0000:18:00.0", "0000:28:00.0"].map { PCIAddress($0) }
        let gpus = zip(GPUUUID.samples, places).map { NamedGPU(uuid: $0, address: $1) }
        #expect(
            live.answers.eventsQuestions == [
                .init(after: .latest, limit: 100, gpu: gpus[0]),
                .init(after: .cursor("e1-0"), limit: 7, gpu: gpus[1]),
            ])
    }
}
