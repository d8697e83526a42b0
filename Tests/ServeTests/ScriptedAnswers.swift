import Foundation
import Model
import Serve
import Synchronization
import Wire

/// Answers as a test sets them.
final class ScriptedAnswers: Answers {
    struct Script: Sendable {
        var isReady = true
        var verdict = "PASS"
        var pages: [MetricsFormat: RenderedMetrics] = [
            .prometheus: RenderedMetrics(generation: 1, bytes: Array("a_total 1\n".utf8)),
            .openMetrics: RenderedMetrics(generation: 1, bytes: Array("a_total 1\n# EOF\n".utf8)),
        ]
        var gpus = V1.GPUs.sample
        var events: @Sendable (EventsSince, Int) throws(AnswerError) -> V1.Events = { _, _ in
            .sample
        }
        var deltas: @Sendable (Since) throws(AnswerError) -> V1.Deltas = { _ in .sample }
        var marks: [V1.Mark] = []
        var maintenance: [V1.MaintenanceWindow] = []
        var acknowledgements: [V1.AcknowledgedIncident] = []
        var change: @Sendable () throws(AnswerError) -> Void = {}
        var rangeSeries: [V1.RangeSeries] = []
    }

    private let script: Mutex<Script>
    private let asked = Mutex<[Since]>([])
    private let askedUntil = Mutex<[Since]>([])
    private let askedRanges = Mutex<[RangeQuestion]>([])
    private let askedEvents = Mutex<[EventsQuestion]>([])
    private let askedChanges = Mutex<[MarksChange]>([])
    private let askedNotices = Mutex<[NoticesChange]>([])

    struct MarksChange: Equatable {
        var name: String
        /// Nil to delete it.
        var change: MarkChange?

        init(_ name: String, _ change: MarkChange?) {
            self.name = name
            self.change = change
        }
    }

    /// A change of announced work, or of a notice of an incident.
    enum NoticesChange: Equatable {
        case set(String, MaintenanceChange)
        case end(String, Author)
        case acknowledge(String, Author, Note)
        case withdraw(String, Author)
    }

    struct EventsQuestion: Equatable {
        var after: EventsSince
        var limit: Int
        var gpu: NamedGPU?
    }

    init(_ script: Script = Script()) {
        self.script = Mutex(script)
    }

    func playbook(_ condition: String) -> String? {
        condition == "ib_link_down" ? "# ib_link_down\n" : nil
    }

    func change(_ change: (inout Script) -> Void) {
        script.withLock { change(&$0) }
    }

    /// The questions about the past, in order.
    var questions: [Since] { asked.withLock { $0 } }

    /// Where questions about the past shall end, in order.
    var ends: [Since] { askedUntil.withLock { $0 } }

    /// The changes that were asked for, in order.
    var changes: [MarksChange] { askedChanges.withLock { $0 } }

    /// The changes of work and notices that were asked for, in order.
    var noticeChanges: [NoticesChange] { askedNotices.withLock { $0 } }

    /// The questions about ranges, in order.
    var rangeQuestions: [RangeQuestion] { askedRanges.withLock { $0 } }

    /// The questions about events, in order.
    var eventsQuestions: [EventsQuestion] { askedEvents.withLock { $0 } }

    var isReady: Bool { script.withLock { $0.isReady } }

    func metrics(_ format: MetricsFormat) -> RenderedMetrics {
        script.withLock { $0.pages[format] ?? RenderedMetrics(generation: 0, bytes: []) }
    }

    func health() -> V1.Health { .sample(verdict: script.withLock { $0.verdict }) }

    func links() -> V1.Links { .sample }

    func counters() -> V1.Counters { .sample }

    func pcie() -> V1.PCIe {
        V1.PCIe(node: "n1", time: "2026-02-03T04:05:06.000Z", pass: 7, devices: [])
    }

    func inventory() -> V1.Inventory {
        V1.Inventory(
            node: "n1", time: "2026-02-03T04:05:06.000Z", pass: 7,
            expectations: "not_configured")
    }

    func manifest() throws(AnswerError) -> String { "gpus: []\n" }

    func gpus() -> V1.GPUs { script.withLock { $0.gpus } }

    func gpu(_ address: String) -> V1.GPU? {
        gpus().gpus.first { $0.address == address }.map(V1.GPU.sample)
    }

    func events(
        after: EventsSince, limit: Int, of gpu: NamedGPU?
    ) throws(AnswerError) -> V1.Events {
        askedEvents.withLock { $0.append(EventsQuestion(after: after, limit: limit, gpu: gpu)) }
        let events = script.withLock { $0.events }
        var document = try events(after, limit)
        if let gpu {
            let names = [gpu.uuid?.description, gpu.address?.description].compactMap(\.self)
            document.events.removeAll { event in
                !names.contains { $0 == event.gpuUuid ?? event.device }
            }
        }
        return document
    }

    func rangeSeries(names: [String]) throws(AnswerError) -> [V1.RangeSeries] {
        script.withLock { $0.rangeSeries }.filter { names.contains($0.name) }
    }

    func range(
        _ question: RangeQuestion, of series: [V1.RangeSeries]
    ) throws(AnswerError) -> V1.Range {
        askedRanges.withLock { $0.append(question) }
        let pass = V1.PassTime(pass: 7, time: "2026-02-03T04:05:06.000Z")
        return V1.Range(
            node: "n1", from: pass, to: pass, complete: true, function: question.function.rawValue,
            stepSeconds: question.stepMilliseconds.map { Double($0) / 1000 }, series: series)
    }

    func deltas(since: Since, until: Since?) throws(AnswerError) -> V1.Deltas {
        asked.withLock { $0.append(since) }
        if let until { askedUntil.withLock { $0.append(until) } }
        let deltas = script.withLock { $0.deltas }
        return try deltas(since)
    }

    func marks() throws(AnswerError) -> V1.Marks {
        V1.Marks(
            node: "n1", time: "2026-02-03T04:05:06.000Z", marks: script.withLock { $0.marks })
    }

    func setMark(
        _ name: GivenName, _ change: MarkChange
    ) throws(AnswerError) -> (mark: V1.Mark, isNew: Bool) {
        askedChanges.withLock { $0.append(MarksChange(name.description, change)) }
        try script.withLock { $0.change }()
        let mark = V1.Mark.sample(name.description)
        let isNew = script.withLock { script in
            defer { script.marks = script.marks.filter { $0.name != mark.name } + [mark] }
            return !script.marks.contains { $0.name == mark.name }
        }
        return (mark, isNew)
    }

    func deleteMark(_ name: GivenName) throws(AnswerError) -> V1.Mark {
        askedChanges.withLock { $0.append(MarksChange(name.description, nil)) }
        try script.withLock { $0.change }()
        let mark = V1.Mark.sample(name.description)
        let wasThere = script.withLock { script in
            defer { script.marks.removeAll { $0 == mark } }
            return script.marks.contains(mark)
        }
        guard wasThere else { throw .noSuchMark(name, among: []) }
        return mark
    }
}

// Announced work and notices.
extension ScriptedAnswers {
    private func note(_ change: NoticesChange) throws(AnswerError) {
        askedNotices.withLock { $0.append(change) }
        try script.withLock { $0.change }()
    }

    func maintenance() throws(AnswerError) -> V1.MaintenanceList {
        V1.MaintenanceList(
            node: "n1", time: "2026-02-03T04:05:06.000Z",
            maintenance: script.withLock { $0.maintenance })
    }

    func setMaintenance(
        _ name: GivenName, _ change: MaintenanceChange
    ) throws(AnswerError) -> (work: V1.MaintenanceWindow, isNew: Bool) {
        try note(.set(name.description, change))
        let work = V1.MaintenanceWindow.sample(name.description)
        let isNew = script.withLock { script in
            defer { script.maintenance = script.maintenance.filter { $0 != work } + [work] }
            return !script.maintenance.contains(work)
        }
        return (work, isNew)
    }

    func endMaintenance(
        _ name: GivenName, by author: Author
    ) throws(AnswerError) -> V1.MaintenanceWindow {
        try note(.end(name.description, author))
        let work = V1.MaintenanceWindow.sample(name.description)
        let others = script.withLock { script in
            defer { script.maintenance.removeAll { $0 == work } }
            return script.maintenance.contains(work) ? nil : script.maintenance.map(\.name)
        }
        if let others { throw .noSuchMaintenance(name, among: others) }
        return work
    }

    func acknowledgements() throws(AnswerError) -> V1.Acknowledgements {
        V1.Acknowledgements(
            node: "n1", time: "2026-02-03T04:05:06.000Z",
            acknowledgements: script.withLock { $0.acknowledgements })
    }

    func acknowledge(
        _ incident: String, by author: Author, note text: Note
    ) throws(AnswerError) -> (notice: V1.AcknowledgedIncident, isNew: Bool) {
        try note(.acknowledge(incident, author, text))
        let notice = V1.AcknowledgedIncident.sample(incident)
        let isNew = script.withLock { script in
            defer { script.acknowledgements = [notice] }
            return !script.acknowledgements.contains(notice)
        }
        return (notice, isNew)
    }

    func withdraw(
        _ incident: String, by author: Author
    ) throws(AnswerError) -> V1.AcknowledgedIncident {
        try note(.withdraw(incident, author))
        let notice = V1.AcknowledgedIncident.sample(incident)
        let wasThere = script.withLock { script in
            defer { script.acknowledgements = [] }
            return script.acknowledgements.contains(notice)
        }
        guard wasThere else { throw .noSuchIncident("nobody has taken notice of it") }
        return notice
    }
}

extension V1.MaintenanceWindow {
    static func sample(_ name: String) -> V1.MaintenanceWindow {
        V1.MaintenanceWindow(
            name: name, author: "ann", reason: nil, begins: "2026-02-03T04:05:06.000Z",
            ends: "2026-02-03T06:05:06.000Z", active: true, subjects: nil)
    }
}

extension V1.AcknowledgedIncident {
    static func sample(_ incident: String) -> V1.AcknowledgedIncident {
        V1.AcknowledgedIncident(
            incident: incident, condition: "ib_link_down",
            subject: V1.Subject(device: "mlx5_0", port: 1),
            acknowledgement: V1.Acknowledgement(
                author: "ann", note: nil, severity: "WARNING", time: "2026-02-03T04:05:06.000Z"))
    }
}

extension V1.Mark {
    static func sample(_ name: String) -> V1.Mark {
        V1.Mark(
            name: name, pass: 7, time: "2026-02-03T04:05:06.000Z", cursor: "p7-c0ffee",
            kept: true, made: "2026-02-03T04:05:16.000Z", expires: nil, note: nil)
    }
}

extension V1.Health {
    static func sample(verdict: String) -> V1.Health {
        V1.Health(
            node: "n1", time: "2026-02-03T04:05:06.000Z", verdict: verdict,
            summary: "8 cables, nothing to report", expectations: "not_configured",
            conditions: [],
            observed: V1.Observed(ports: 8, active: 8, peers: 8), collectors: [])
    }
}

extension V1.Links {
    static var sample: V1.Links {
        V1.Links(
            node: "n1", time: "2026-02-03T04:05:06.000Z", pass: 7,
            links: ["mlx5_0", "mlx5_1"].map(link))
    }

    private static func link(_ device: String) -> V1.Link {
        let end = V1.LinkEnd(
            guid: "0x0002c90300000001", port: 1, description: nil, type: "ca",
            kernelDevice: device, firmware: nil, model: nil, lid: 4, state: "active",
            physicalState: "link_up", widthLanes: 4, speed: "NDR",
            bitsPerSecond: 400_000_000_000, stale: false, failure: nil)
        return V1.Link(
            device: device, port: 1, rail: 0, collector: "infiniband",
            sampled: "2026-02-03T04:05:06.000Z", ageSeconds: 0.5, stale: false,
            linkLayer: "InfiniBand", role: "fabric", local: end, peerState: "absent",
            peerFailure: nil, peer: nil,
            counters: [])
    }
}

extension V1.Counters {
    static var sample: V1.Counters {
        let value = V1.CounterValue(
            total: .max, raw: 1, source: "PortCountersExtended", widthBits: 64, saturated: false,
            quality: "exact", stale: false)
        let entry = V1.CounterEntry(
            name: "receive_bytes", state: "value", unit: "bytes", accuses: "nobody", value: value)
        return V1.Counters(
            node: "n1", time: "2026-02-03T04:05:06.000Z", pass: 7,
            series: V1.Place.samples.map {
                V1.CounterSeries(
                    class: nil, place: $0, key: "0x1/1", sampled: nil,
                    counters: Array(repeating: entry, count: 20))
            })
    }
}

extension V1.Deltas {
    static var sample: V1.Deltas {
        V1.Deltas(
            node: "n1", from: V1.PassTime(pass: 1, time: "2026-02-03T04:05:06.000Z"),
            to: V1.PassTime(pass: 2, time: "2026-02-03T04:05:16.000Z"),
            complete: true, passes: 1, next: "p2-c0ffee",
            series: V1.Place.samples.map {
                V1.DeltaSeries(
                    class: nil, place: $0, key: "0x1/1",
                    from: "2026-02-03T04:05:06.000Z", to: "2026-02-03T04:05:16.000Z",
                    stale: false, counters: [])
            })
    }
}
