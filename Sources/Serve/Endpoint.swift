/// The paths of the API: one row each, consulted for dispatch, errors and the index page.
enum Endpoint: String, CaseIterable {
    case index = "/"
    case metrics = "/metrics"
    case healthz = "/healthz"
    case readyz = "/readyz"
    case health = "/api/v1/health"
    case links = "/api/v1/links"
    case gpus = "/api/v1/gpus"
    /// Followed by a GPU's index, UUID or PCI address.
    case gpu = "/api/v1/gpus/"
    case pcie = "/api/v1/pcie"
    case inventory = "/api/v1/inventory"
    case manifest = "/api/v1/inventory/manifest"
    case counters = "/api/v1/counters"
    case deltas = "/api/v1/deltas"
    case range = "/api/v1/range"
    case events = "/api/v1/events"
    case marks = "/api/v1/marks"
    /// Followed by a mark's name.
    case mark = "/api/v1/marks/"
    /// Followed by the name of a condition and `.md`.
    case playbook = "/playbooks/"
    case maintenance = "/api/v1/maintenance"
    /// Followed by what the work is called.
    case work = "/api/v1/maintenance/"
    case acknowledgements = "/api/v1/acknowledgements"
    /// Followed by an incident.
    case acknowledgement = "/api/v1/acknowledgements/"

    // Those that a name follows.
    private static let named = allCases.filter { $0 != .index && $0.rawValue.hasSuffix("/") }
    // Those where things are set and deleted.
    private var takesChanges: Bool { [.mark, .work, .acknowledgement].contains(self) }

    /// The endpoint of a path, and what the path has behind its name; nil where nothing is.
    static func find(_ path: String) -> (endpoint: Endpoint, rest: Substring)? {
        if let endpoint = Endpoint(rawValue: path) { return (endpoint, "") }
        for endpoint in named where path.hasPrefix(endpoint.rawValue) {
            return (endpoint, path.dropFirst(endpoint.rawValue.count))
        }
        return nil
    }

    /// The methods that it answers.
    var methods: [Request.Method] {
        takesChanges ? [.get, .head, .put, .delete] : [.get, .head]
    }

    /// The most bytes that a request with this method may carry; nil where it carries none.
    func bodyMax(_ method: Request.Method?) -> Int? {
        takesChanges && method == .put ? 4096 : nil
    }

    /// The query parameters that it understands, in the order in which they are explained.
    var parameters: [String] {
        switch self {
        case .index, .metrics, .healthz, .readyz, .gpus, .gpu, .pcie, .inventory, .manifest,
            .marks, .mark, .maintenance, .acknowledgements, .playbook:
            []
        case .work, .acknowledgement: ["author"]
        case .health: ["strict"]
        case .links: ["device"]
        case .counters: ["device", "end", "gpu"]
        case .deltas: ["since", "until", "device", "end", "gpu"]
        case .range: ["name", "since", "until", "step", "function", "device", "end", "gpu"]
        case .events: ["after", "limit", "gpu"]
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
        case .gpus: "every GPU: state, temperature, power, errors, links"
        case .gpu: "one GPU by index, UUID or PCI address: every counter and gauge, its NVLinks"
        case .pcie: "every HCA and GPU with its way to the root: width, speed, errors"
        case .inventory: "what the node is made of: HCAs, GPUs, serial numbers, versions, peers"
        case .manifest: "a manifest that expects what was seen, in YAML, to be reviewed"
        case .counters: "every counter of every part, also those that cannot be read"
        case .deltas: "what was counted since then, and how exact that is"
        case .range: "counters and gauges step by step: last, min, max, increase or rate"
        case .events: "what the kernel log, the GPUs' driver and the HCAs told, the oldest first"
        case .marks: "every mark, a named moment to count from"
        case .mark: "one mark by name; PUT sets it, DELETE deletes it"
        case .playbook: "what a condition means and what to do about it, in Markdown"
        case .maintenance: "every announced work, which makes what is found meanwhile INFO"
        case .work: "one work by name; PUT announces it, DELETE ends it"
        case .acknowledgements: "every condition that somebody has taken notice of"
        case .acknowledgement:
            "one by its incident; PUT takes notice, DELETE takes that back"
        }
    }

    /// What to append to the path for an example.
    private var example: String {
        switch self {
        case .health: "?strict=1"
        case .gpu: "0"
        case .deltas: "?since=5m"
        case .range: "?name=link_downed&since=1d&step=1h&function=increase"
        case .events: "?limit=20"
        case .mark: "T0"
        case .playbook: "ib_link_down.md"
        case .work: "swap-3"
        case .acknowledgement: "INCIDENT"
        default: ""
        }
    }

    /// The index page; `command` is curl with all that comes before the path.
    static func indexPage(command: String) -> String {
        let head = """
            FabricWatch: both ends of every cable of this node, its GPUs and their links.

            """
        let rows = allCases.map {
            "\n\($0.summary)\n    \(command)\($0.rawValue)\($0.example)'\n"
        }
        let tail = """

            since=    a duration (90s, 5m, 1h, 2d), an RFC 3339 time, an earlier answer's `next`,
                      or mark:NAME
            until=    likewise; the newest pass when absent
            name=     counters and gauges, with commas between
            step=     the length of a step; without it each pass is one
            function= what is said of a step: last (the default), min, max, increase or rate
            device=   only this device
            end=      local or peer
            gpu=      only this GPU: index, UUID or PCI address
            after=    the id of an event, 0 for the oldest, or an earlier answer's `next`
            limit=    at most so many events, 1 to 1000
            strict=1  503 unless the verdict is PASS, INFO or WARNING
            author=   who ends or takes back, with DELETE

            What can be set and deleted is so through the Unix socket alone.
            Errors are application/problem+json (RFC 9457). Times are UTC. Answers can be gzip.

            """
        return head + rows.joined() + tail
    }
}
