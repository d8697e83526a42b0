import Testing

/// SplitMix64, so that a failure can be run again from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct FuzzTests {
    private static let requests = reads + [change]

    private static let change = Array(
        [
            "PUT /api/v1/marks/T0 HTTP/1.1", "Host: localhost", "Content-Length: 34",
            "Content-Type: application/json", "Connection: keep-alive", "",
            #"{"note": "rack 7", "expires":"7d"}"#,
        ].joined(separator: "\r\n").utf8)

    private static let reads = [
        "/api/v1/deltas?since=5m&device=mlx5_0", "/api/v1/gpus/0000:18:00.0",
        "/api/v1/counters?gpu=GPU-00000000-0000-00a0-0000-000000000001",
        "/api/v1/events?after=e41-c0ffee&limit=20&gpu=0",
    ].map { target in
        Array(
            [
                "GET \(target) HTTP/1.1", "Host: localhost", "Accept: */*;q=0.1",
                "Accept-Encoding: gzip;q=0.5", "Connection: keep-alive", "", "",
            ].joined(separator: "\r\n").utf8)
    }

    @Test func damagedRequestsAreAnsweredOrClosed() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        let live = try LiveServer()
        for round in 0..<300 {
            let bytes = Self.damaged(round, &random)
            let client = try round.isMultiple(of: 2) ? live.tcp() : live.unix()
            client.send(bytes)
            client.closeOutput()
            let answer = try client.readToEnd()
            #expect(
                answer.isEmpty || answer.starts(with: "HTTP/1.".utf8),
                "seed \(seed), round \(round): \(bytes)")
        }
        #expect(try live.tcp().get("/healthz").status == 200, "seed \(seed)")
        #expect(eventually { live.server.statistics.connectionsOpen <= 1 }, "seed \(seed)")
    }

    private static func damaged(_ round: Int, _ random: inout SeededGenerator) -> [UInt8] {
        guard !round.isMultiple(of: 5) else {
            let count = Int.random(in: 1...3000, using: &random)
            return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        let request = requests[round % requests.count]
        var bytes = request + request
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
            }
        }
        return bytes
    }
}
