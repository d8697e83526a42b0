import NIOCore

/// The rendered metrics as they go on the wire, copied and compressed once per generation.
struct MetricsPages {
    private struct Page {
        var generation: UInt64
        var plain: ByteBuffer
        var packed: ByteBuffer?
    }

    private var pages: [MetricsFormat: Page] = [:]

    /// The answer to a scrape; its body shares the kept page's memory.
    mutating func response(
        _ format: MetricsFormat, gzip: Bool, from answers: any Answers
    ) -> Response {
        let rendered = answers.metrics(format)
        var page =
            pages[format].flatMap { $0.generation == rendered.generation ? $0 : nil }
            ?? Page(generation: rendered.generation, plain: ByteBuffer(bytes: rendered.bytes))
        if gzip, page.packed == nil { page.packed = Gzip.compress(page.plain) }
        pages[format] = page
        let isPacked = gzip && page.packed != nil
        var response = Response(
            200, format.contentType, isPacked ? page.packed ?? page.plain : page.plain)
        response.isGzip = isPacked
        response.vary = "Accept, Accept-Encoding"
        return response
    }
}

extension MetricsFormat {
    fileprivate var contentType: String {
        switch self {
        case .prometheus: Negotiation.prometheusType
        case .openMetrics: Negotiation.openMetricsType
        }
    }
}
