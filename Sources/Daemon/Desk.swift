import CPlaybooks
import Exposition
import Health
import Model
import Serve
import Synchronization
import Wire

/// Where questions are answered: from the latest picture, and from the history for the past.
final class Desk: Answers {
    private struct State {
        var picture: Picture?
        var pages: [TextFormat: RenderedMetrics] = [:]
    }

    let node: String
    let clock: any TimeSource
    private let archive: Archive?
    /// How changes reach the thread that makes them.
    let errands: Errands
    // What cursors belong to: the history, or this run where there is none.
    private let storeID: UInt64
    // How the node stands to its manifest before the first pass.
    private let expectations: Expectations
    private let state = Mutex(State())
    private let server = Mutex<(@Sendable () -> ServerSample)?>(nil)

    init(
        node: String, clock: any TimeSource, archive: Archive?,
        errands: Errands = Errands(patienceMilliseconds: 0),
        storeID: UInt64 = .random(in: .min ... .max), expectations: Expectations = .notConfigured
    ) {
        self.expectations = expectations
        self.storeID = storeID
        self.node = node
        self.clock = clock
        self.archive = archive
        self.errands = errands
    }

    /// Puts a new picture up.
    func show(_ picture: Picture) {
        state.withLock {
            $0.picture = picture
            $0.pages = [:]
        }
    }

    /// Says where the server's own figures come from; the server needs the desk first.
    func watch(server sample: @escaping @Sendable () -> ServerSample) {
        server.withLock { $0 = sample }
    }

    private var picture: Picture? { state.withLock { $0.picture } }

    /// The latest picture; throws before there is one.
    var known: Picture {
        get throws(AnswerError) {
            guard let picture else {
                throw .unavailable("The first pass is not complete yet; ask again shortly.")
            }
            return picture
        }
    }

    var isReady: Bool { picture?.isReady ?? false }

    func metrics(_ format: MetricsFormat) -> RenderedMetrics {
        let text = format.text
        let sample =
            server.withLock { $0?() } ?? ServerSample(requests: [], connections: 0, refused: 0)
        return state.withLock { state in
            if let page = state.pages[text] { return page }
            let generation = state.picture?.generation ?? 0
            let scrape = Scrape(state.picture, server: sample, now: clock.now())
            let page = RenderedMetrics(generation: generation, bytes: scrape.render(text))
            state.pages[text] = page
            return page
        }
    }

    func health() -> V1.Health {
        let now = clock.now()
        return picture?.health(node: node, now: now)
            ?? V1.Health(
                node: node, time: now.text, verdict: Severity.unknown.name,
                summary: "The first pass is not complete yet.",
                expectations: expectations.rawValue, conditions: [],
                observed: V1.Observed(ports: 0, active: 0, peers: 0), collectors: [])
    }

    func playbook(_ condition: String) -> String? {
        unsafe fw_playbook(condition).map { text in unsafe String(cString: text) }
    }

    func links() -> V1.Links {
        let now = clock.now()
        return picture?.links(node: node, now: now)
            ?? V1.Links(node: node, time: now.text, pass: nil, links: [])
    }

    func counters() -> V1.Counters {
        picture?.counters(node: node)
            ?? V1.Counters(node: node, time: clock.now().text, pass: nil, series: [])
    }

    func gpus() -> V1.GPUs {
        let now = clock.now()
        return picture?.gpus(node: node, now: now)
            ?? V1.GPUs(node: node, time: now.text, pass: nil, library: nil, gpus: [])
    }

    func gpu(_ address: String) -> V1.GPU? {
        picture?.gpu(address, node: node, now: clock.now())
    }

    func pcie() -> V1.PCIe {
        let now = clock.now()
        return picture?.pcie(node: node, now: now)
            ?? V1.PCIe(node: node, time: now.text, pass: nil, devices: [])
    }

    func inventory() -> V1.Inventory {
        if let picture { return picture.inventory(node: node) }
        return V1.Inventory(
            node: node, time: clock.now().text, pass: nil, expectations: expectations.rawValue)
    }

    func manifest() throws(AnswerError) -> String {
        guard let picture, picture.isReady else {
            throw .unavailable("The first pass is not complete yet; ask again shortly.")
        }
        return ManifestText.propose(picture.inventory, node: node, time: picture.now.text)
    }

    func events(
        after: EventsSince, limit: Int, of gpu: NamedGPU?
    ) throws(AnswerError) -> V1.Events {
        try known.events(
            after: after, limit: limit, of: gpu, node: node, storeID: storeID)
    }

    func deltas(since: Since, until: Since? = nil) throws(AnswerError) -> V1.Deltas {
        try past.deltas(
            since: since, until: until, node: node, places: picture?.partPlaces ?? PartPlaces(),
            now: clock.now())
    }

    func rangeSeries(names: [String]) throws(AnswerError) -> [V1.RangeSeries] {
        try past.rangeSeries(names: names, places: picture?.partPlaces ?? PartPlaces())
    }

    func range(
        _ question: RangeQuestion, of series: [V1.RangeSeries]
    ) throws(AnswerError) -> V1.Range {
        try past.range(question, of: series, node: node, now: clock.now())
    }

    /// Where the past is asked for; throws where nothing of it is kept.
    var past: Archive {
        get throws(AnswerError) {
            guard let archive else {
                throw .unavailable(
                    "The history is switched off (history.enabled), so nothing of the past is "
                        + "known.")
            }
            return archive
        }
    }
}

/// A place in the node where a part is plugged in, as answers name it.
struct Place: Hashable, Sendable {
    var device: String
    var port: UInt8
    var end: End
}

extension Picture {
    /// Where all parts are.
    var partPlaces: PartPlaces { PartPlaces(ports: places, gpus: gpuIndexes, pcie: pciePlaces) }

    /// The index of each GPU.
    var gpuIndexes: [GPUUUID: Int] {
        var indexes: [GPUUUID: Int] = [:]
        for gpu in gpus {
            if let uuid = gpu.report.identity?.uuid { indexes[uuid] = gpu.index }
        }
        return indexes
    }

    /// Where each part is, by its key in the history.
    var places: [String: Place] {
        var places: [String: Place] = [:]
        for cable in cables {
            let port = cable.report.key.port
            places[cable.report.key.description] = Place(
                device: cable.device, port: port, end: .local)
            if let peer = cable.peerIdentity {
                places[peer.key.description] = Place(device: cable.device, port: port, end: .peer)
            }
        }
        return places
    }
}

extension MetricsFormat {
    fileprivate var text: TextFormat {
        switch self {
        case .prometheus: .prometheus
        case .openMetrics: .openMetrics
        }
    }
}
