/// The paths of the API: one row each, consulted for dispatch, errors and the index page.
enum Endpoint: String, CaseIterable {
    case index = "/"
    case metrics = "/metrics"
    case healthz = "/healthz"
    case readyz = "/readyz"
    case health = "/api/v1/health"
    case links = "/api/v1/links"
    case counters = "/api/v1/counters"
    case deltas = "/api/v1/deltas"

    /// The query parameters that it understands, in the order in which they are explained.
    var parameters: [String] {
        switch self {
        case .index, .metrics, .healthz, .readyz: []
        case .health: ["strict"]
        case .links: ["device"]
        case .counters: ["device", "end"]
        case .deltas: ["since", "device", "end"]
        }
    }

    private var summary: String {
        switch self {
        case .index: "this page"
        case .metrics: "everything for Prometheus: text 0.0.4, or OpenMetrics 1.0 by Accept"
        case .healthz: "200 while the daemon is alive"
        case .readyz: "200 once a first pass is complete, 503 before"
        case .health: "the verdict: conditions, evidence, accused part, next step"
        case .links: "every cable, both ends side by side"
        case .counters: "every counter of every end, also those that cannot be read"
        case .deltas: "what was counted since then, and how exact that is"
        }
    }

    /// What to append to the path for an example that shows the parameters.
    private var exampleQuery: String {
        switch self {
        case .health: "?strict=1"
        case .deltas: "?since=5m"
        default: ""
        }
    }

    /// The index page; `command` is curl with all that comes before the path.
    static func indexPage(command: String) -> String {
        let head = """
            FabricWatch: both ends of every cable of this node.

            """
        let rows = allCases.map {
            "\n\($0.summary)\n    \(command)\($0.rawValue)\($0.exampleQuery)'\n"
        }
        let tail = """

            since=    a duration (90s, 5m, 1h, 2d), an RFC 3339 time, or an earlier answer's `next`
            device=   only this device
            end=      local or peer
            strict=1  503 unless the verdict is PASS, INFO or WARNING

            Errors are application/problem+json (RFC 9457). Times are UTC. Answers can be gzip.

            """
        return head + rows.joined() + tail
    }
}
