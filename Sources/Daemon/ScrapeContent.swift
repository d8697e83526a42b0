import Exposition
import Health
import Model
import Wire

extension Scrape {
    /// The page of a picture; without one, of a daemon that knows nothing yet.
    init(_ picture: Picture?, server: ServerSample, now: Moment) {
        self.init(
            version: Version.text,
            verdict: (
                Severity.allCases.map(\.name), (picture?.verdict.severity ?? .unknown).name
            ),
            conditions: (picture?.findings ?? []).map(ConditionSample.init),
            maintenance: (picture?.maintenance ?? []).active(at: now),
            manifest: picture?.manifest.map {
                ManifestSample(
                    differences: $0.differences.map(\.kind), unverified: $0.unverifiedCount)
            },
            collectors: (picture?.collectors ?? []).map(CollectorSample.init),
            cables: (picture?.cables ?? []).map(CableSample.init),
            gpus: picture.flatMap(GPUsSample.init),
            pcie: (picture?.pcie ?? []).map(PCISample.init),
            events: picture.flatMap(EventsSample.init),
            history: picture?.history.map(HistorySample.init), server: server,
            process: .current(now: now))
    }
}

extension ConditionSample {
    fileprivate init(_ finding: Finding) {
        let subject = finding.opinion.subject
        self.init(
            labels: [
                finding.opinion.id.rawValue, finding.severity.name, subject.device ?? "",
                subject.port.map { "\($0)" } ?? "", subject.end ?? "", subject.collector ?? "",
                subject.gpuIndex.map { "\($0)" } ?? "",
                subject.gpuIndex == nil ? "" : subject.key ?? "",
                subject.xid.map { "\($0)" } ?? "",
            ], isAcknowledged: finding.isNoticed)
    }
}

extension [Maintenance] {
    fileprivate func active(at now: Moment) -> (node: Int, parts: Int) {
        let active = filter { $0.isActive(at: now) }
        return (active.count(where: \.subjects.isEmpty), active.count { !$0.subjects.isEmpty })
    }
}

extension CollectorSample {
    fileprivate init(_ view: CollectorView) {
        let use = view.pid.flatMap { ProcessUse.read("\($0)") }
        self.init(
            name: view.name, isUp: view.isUp, durationSeconds: view.durationSeconds,
            lastSuccessSeconds: view.lastMoment?.wallSeconds, restarts: view.restarts,
            slowTurns: view.slowTurns, skippedTurns: view.skippedTurns,
            cpuSeconds: view.endedCPUSeconds + (use?.cpuSeconds ?? 0),
            residentBytes: use?.residentBytes, transport: view.transport,
            hearings: view.hearings)
    }
}

extension CableSample {
    fileprivate init(_ view: CableView) {
        self.init(
            device: view.device, rail: view.rail, report: view.report,
            local: EndSample(view.local), peer: view.peer.map(EndSample.init))
    }
}

extension EndSample {
    // Only what the latest pass saw is shown: an old value would look like calm.
    fileprivate init(_ view: EndView) {
        self.init(
            link: view.isLinkFresh ? view.link : nil, isUp: view.isFresh && view.failure == nil,
            sampledSeconds: view.seen?.wallSeconds,
            totals: view.published.indices.map { view.isFresh($0) ? view.published[$0] : nil },
            entries: view.entries,
            gauges: view.gauges.map { view.isFresh && $0.status == .fresh ? $0.value : nil })
    }
}

extension HistorySample {
    fileprivate init(_ view: HistoryView) {
        self.init(
            sizeBytes: view.sizeBytes, failures: view.failures, waiting: UInt64(view.waiting),
            lost: view.lost, appendSeconds: view.appendSeconds)
    }
}

extension Moment {
    fileprivate var wallSeconds: Double { Double(wallMilliseconds) / 1e3 }
}
