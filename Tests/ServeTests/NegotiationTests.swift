import Foundation
import NIOCore
import Testing

@testable import Serve

@Suite struct NegotiationTests {
    private static let prometheus2 = """
        application/openmetrics-text;version=1.0.0,\
        application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1
        """
    private static let prometheus3 = """
        application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
        application/openmetrics-text;version=0.0.1;q=0.4,\
        text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1
        """

    @Test(arguments: [
        ([], MetricsFormat.prometheus),
        ([""], .prometheus),
        (["*/*"], .prometheus),
        (["text/html,application/xhtml+xml,*/*;q=0.8"], .prometheus),
        (["image/png"], .prometheus),
        (["application/*"], .prometheus),
        (["text/plain"], .prometheus),
        (["application/openmetrics-text"], .openMetrics),
        (["Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8"], .openMetrics),
        (["application/openmetrics-text;version=0.0.1"], .prometheus),
        (["application/openmetrics-text;version=2.0.0"], .prometheus),
        (["application/openmetrics-text;q=0"], .prometheus),
        (["application/openmetrics-text;q=nan"], .prometheus),
        (["application/openmetrics-text;q=0.5,text/plain;q=0.6"], .prometheus),
        (["application/openmetrics-text;q=0.6,text/plain;q=0.5"], .openMetrics),
        (["application/openmetrics-text,text/plain"], .prometheus),
        (["application/openmetrics-text;q=0.6, */*;q=0.9, text/plain;q=0.1"], .openMetrics),
        (["text/plain;q=0.5", "application/openmetrics-text;q=0.9"], .openMetrics),
        (
            ["text/plain;version=0.0.4;q=0.2,text/*,application/openmetrics-text;q=0.3"],
            .openMetrics
        ),
        ([prometheus2], .openMetrics),
        ([prometheus3], .openMetrics),
        ([",;,;=,q=,;q=1,=;;"], .prometheus),
    ])
    func acceptChoosesTheFormat(accept: [String], format: MetricsFormat) {
        #expect(Negotiation.metricsFormat(accept: accept) == format)
    }

    @Test(arguments: [
        ([], false), ([""], false), (["identity"], false), (["gzip"], true), (["GZIP"], true),
        (["x-gzip"], true), (["deflate, gzip;q=1.0, *;q=0.5"], true), (["gzip;q=0"], false),
        (["gzip; q=0.000, *"], false), (["*"], true), (["*;q=0"], false),
        (["br", "gzip;q=0.1"], true), (["gzipped"], false), (["gzip;q=x"], false),
    ])
    func acceptEncodingAllowsGzip(values: [String], allowed: Bool) {
        #expect(Negotiation.allowsGzip(acceptEncoding: values) == allowed)
    }

    @Test func metricsSayWhatTheyAre() throws {
        let live = try LiveServer()
        let text = try live.tcp().get("/metrics")
        #expect(text.status == 200)
        #expect(text.text == "a_total 1\n")
        #expect(text.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(text.fields["vary"] == "Accept, Accept-Encoding")
        #expect(text.fields["content-encoding"] == nil)
        let open = try live.tcp().get("/metrics", ["Accept": Self.prometheus3])
        #expect(open.text == "a_total 1\n# EOF\n")
        #expect(
            open.fields["content-type"]
                == "application/openmetrics-text; version=1.0.0; charset=utf-8")
    }

    @Test func gzipComesBackTheSame() throws {
        let live = try LiveServer()
        let page = (0..<4000).map { "fabricwatch_x_total{port=\"\($0)\"} \($0 &* 7919)\n" }.joined()
        for generation in [UInt64(2), 3] {
            let bytes = Array("\(page)# \(generation)\n".utf8)
            live.answers.change {
                $0.pages[.prometheus] = RenderedMetrics(generation: generation, bytes: bytes)
            }
            let reply = try live.tcp().get("/metrics", ["Accept-Encoding": "gzip"])
            #expect(reply.fields["content-encoding"] == "gzip")
            #expect(reply.body.count < bytes.count / 4)
            #expect(try gunzip(reply.body, in: live.directory) == bytes)
            #expect(try live.tcp().get("/metrics").body == bytes)
        }
        let counters = try live.tcp().get("/api/v1/counters", ["Accept-Encoding": "gzip"])
        #expect(counters.fields["content-encoding"] == "gzip")
        #expect(counters.fields["vary"] == "Accept-Encoding")
        let plain = try live.tcp().get("/api/v1/counters")
        #expect(try gunzip(counters.body, in: live.directory) == plain.body)
        let small = try live.tcp().get("/healthz", ["Accept-Encoding": "gzip"])
        #expect(small.fields["content-encoding"] == nil)
    }

    @Test func aPageIsCompressedOncePerGeneration() {
        let answers = ScriptedAnswers()
        var pages = MetricsPages()
        func address(gzip: Bool) -> UnsafeRawPointer? {
            pages.response(.prometheus, gzip: gzip, from: answers).body
                .withUnsafeReadableBytes { $0.baseAddress }
        }
        let first = (address(gzip: false), address(gzip: true))
        #expect(address(gzip: false) == first.0)
        #expect(address(gzip: true) == first.1)
        #expect(first.0 != first.1)
        answers.change {
            $0.pages[.prometheus] = RenderedMetrics(generation: 2, bytes: Array("b 2\n".utf8))
        }
        let next = pages.response(.prometheus, gzip: false, from: answers)
        #expect(String(buffer: next.body) == "b 2\n")
    }

    /// What `gzip` makes of it, which shares no code with the server's settings of zlib.
    private func gunzip(_ bytes: [UInt8], in directory: TemporaryDirectory) throws -> [UInt8] {
        let file = directory.file("page.gz")
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        let gzip = Process()
        gzip.executableURL = URL(fileURLWithPath: "/bin/gzip")
        gzip.arguments = ["-dc", file]
        let output = Pipe()
        gzip.standardOutput = output
        try gzip.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        gzip.waitUntilExit()
        #expect(gzip.terminationStatus == 0)
        return Array(data)
    }
}
