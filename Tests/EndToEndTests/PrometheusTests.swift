import Foundation
import Testing
import Wire

extension EndToEndTests {
    @Test("A real Prometheus scrapes the daemon and answers queries over its counters")
    func prometheus() throws {
        try withDaemon { daemon, fabric in
            let prometheus = try PrometheusUnderTest(scraping: daemon)
            defer { prometheus.end() }
            try eventually("the target is healthy: \(prometheus.log)", within: 30) {
                try prometheus.query("up").map(\.value) == [1]
            }
            #expect(try prometheus.query("fabricwatch_up").map(\.value) == [1])

            let end = CableEnd(cable: daemon.cables[7], end: .peer)
            let selector = "{device=\"\(end.cable.device)\",end=\"peer\"}"
            let metric = "fabricwatch_infiniband_symbol_error_total\(selector)"
            try eventually("the counter is there") { try prometheus.query(metric).count == 1 }
            try fabric.set([end: ["symbol_error": 1234]])
            try eventually("Prometheus sees the injected errors", within: 30) {
                try prometheus.query("max_over_time(\(metric)[1m]) - min_over_time(\(metric)[1m])")
                    .map(\.value) == [1234]
            }
            #expect(
                try prometheus.query("increase(\(metric)[1m]) > 0").count == 1)
            let joined = try prometheus.query(
                "\(metric) * on(device, port) group_left(peer_guid, peer_port) "
                    + "fabricwatch_infiniband_peer_info")
            #expect(joined.map { $0.labels["peer_guid"] } == [end.cable.switchGUID])
            #expect(joined.map { $0.labels["peer_port"] } == ["\(end.cable.switchPort)"])
            #expect(joined.map(\.value) == [1234])
        }
    }
}

/// A Prometheus with the scrape configuration that is delivered, hurried and sent to the daemon
/// under test.
final class PrometheusUnderTest {
    struct Sample {
        var labels: [String: String]
        var value: Double
    }

    private struct Answer: Decodable {
        struct Body: Decodable {
            var result: [Series]
        }

        struct Series: Decodable {
            var metric: [String: String]
            var value: Pair
        }

        /// A time and a number as text.
        struct Pair: Decodable {
            var number: Double

            init(from decoder: any Decoder) throws {
                var pair = try decoder.unkeyedContainer()
                _ = try pair.decode(Double.self)
                number = Double(try pair.decode(String.self)) ?? .nan
            }
        }

        var data: Body
    }

    private let home: ScratchDirectory
    private let child: Child
    private let port: UInt16

    init(scraping daemon: DaemonUnderTest) throws {
        guard let program = Requirements.find("prometheus") else { throw Failure("no prometheus") }
        let home = try ScratchDirectory()
        try Data(Self.configuration(daemon.port).utf8).write(to: home.file("prometheus.yml"))
        let child = try Child(
            program,
            [
                "--config.file=\(home.file("prometheus.yml").path)",
                "--storage.tsdb.path=\(home.file("data").path)",
                "--web.listen-address=127.0.0.1:0",
            ], directory: home.url)
        (self.home, self.child) = (home, child)
        port = try eventually("Prometheus listens: \(child.errors)", within: 30) {
            let address = "msg=\"Listening on\" address=127.0.0.1:"
            guard let range = child.errors.range(of: address) else { return nil }
            return UInt16(child.errors[range.upperBound...].prefix { $0.isNumber })
        }
    }

    deinit { end() }

    var log: String { child.errors }

    func end() { child.end() }

    // The delivered example names the default port and takes its time.
    private static func configuration(_ port: UInt16) throws -> String {
        let example = Requirements.repository
            .appendingPathComponent("deploy/prometheus/prometheus.yml")
        var text = try String(contentsOf: example, encoding: .utf8)
        for (given, wanted) in [
            ("\"127.0.0.1:9797\"", "\"127.0.0.1:\(port)\""),
            ("  scrape_interval: 15s", "  scrape_interval: 1s"),
            ("  scrape_timeout: 10s", "  scrape_timeout: 1s"),
        ] {
            guard text.contains(given) else { throw Failure("\(example.path): no \(given)") }
            text = text.replacingOccurrences(of: given, with: wanted)
        }
        return text
    }

    func query(_ expression: String) throws -> [Sample] {
        let allowed = CharacterSet.alphanumerics
        let text = expression.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
        let answer = try HTTPClient(address: .loopback(port: port))
            .get("/api/v1/query?query=\(text)")
        guard answer.status == 200 else { throw Failure("\(expression): \(answer.text)") }
        return try JSONDecoder().decode(Answer.self, from: answer.body).data.result.map {
            Sample(labels: $0.metric, value: $0.value.number)
        }
    }
}
