import Model

extension Scrape {
    /// The page of `/metrics`.
    package func render(_ format: TextFormat) -> [UInt8] {
        // About 110 bytes a sample and a few hundred of help a family.
        let gpus = self.gpus?.gpus ?? []
        let capacity =
            cables.count * 12_288 + pcie.count * 6144
            + gpus.reduce(0) { $0 + 12_288 + $1.links.count * 6144 }
        var writer = MetricsWriter(format, capacity: 32_768 + capacity)
        daemon(&writer)
        probes(&writer)
        ends(&writer)
        accelerators(&writer)
        functions(&writer)
        happenings(&writer)
        housekeeping(&writer)
        writer.end()
        return writer.bytes
    }

    private func daemon(_ writer: inout MetricsWriter) {
        writer.family(MetricFamilies.up)
        // Without a probe nobody answered.
        writer.sample(nil, !collectors.isEmpty && collectors.allSatisfy(\.isUp))
        writer.family(MetricFamilies.build)
        writer.sample(LabelText([("version", version)]), true)
        writer.family(MetricFamilies.verdict)
        for name in verdict.all {
            writer.sample(LabelText([("verdict", name)]), name == verdict.current)
        }
        writer.family(MetricFamilies.condition)
        for condition in conditions { writer.sample(condition.text, true) }
        writer.familyIfUsed(MetricFamilies.acknowledged)
        for condition in conditions where condition.isAcknowledged {
            writer.sample(condition.text, true)
        }
        writer.family(MetricFamilies.maintenance)
        for (scope, count) in [("node", maintenance.node), ("part", maintenance.parts)] {
            writer.sample(LabelText([("scope", scope)]), UInt64(count))
        }
        guard let manifest else { return }
        writer.family(MetricFamilies.differences)
        for kind in DifferenceKind.allCases {
            let count = manifest.differences.count { $0 == kind }
            writer.sample(LabelText([("kind", kind.rawValue)]), UInt64(count))
        }
        writer.family(MetricFamilies.unverified)
        writer.sample(nil, UInt64(manifest.unverified))
    }

    private func probes(_ writer: inout MetricsWriter) {
        let labelled = collectors.map { ($0, LabelText([("collector", $0.name)])) }
        func each(
            _ family: MetricFamily,
            _ write: (inout MetricsWriter, CollectorSample, LabelText) -> Void
        ) {
            writer.family(family)
            for (collector, labels) in labelled { write(&writer, collector, labels) }
        }
        each(MetricFamilies.collectorUp) { $0.sample($2, $1.isUp) }
        each(MetricFamilies.collectorDuration) { writer, collector, labels in
            if let seconds = collector.durationSeconds { writer.sample(labels, seconds: seconds) }
        }
        each(MetricFamilies.collectorSuccess) { writer, collector, labels in
            if let at = collector.lastSuccessSeconds { writer.sample(labels, seconds: at) }
        }
        each(MetricFamilies.collectorRestarts) { $0.sample($2, $1.restarts) }
        each(MetricFamilies.collectorSlow) { $0.sample($2, $1.slowTurns) }
        each(MetricFamilies.collectorSkipped) { $0.sample($2, $1.skippedTurns) }
        writer.familyIfUsed(MetricFamilies.eventsUp)
        for collector in collectors {
            for hearing in collector.hearings {
                let labels = [("collector", collector.name), ("device", hearing.device)]
                writer.sample(LabelText(labels), collector.isUp && hearing.isHeard)
            }
        }
        each(MetricFamilies.probeCPU) { $0.sample($2, seconds: $1.cpuSeconds) }
        each(MetricFamilies.probeMemory) { writer, collector, labels in
            if let bytes = collector.residentBytes { writer.sample(labels, bytes) }
        }
        for (family, count) in MetricFamilies.transport {
            each(family) { $0.sample($2, count($1.transport)) }
        }
    }

    private func ends(_ writer: inout MetricsWriter) {
        writer.family(MetricFamilies.portInfo)
        for cable in cables { writer.sample(cable.portInfo, true) }
        writer.family(MetricFamilies.peerInfo)
        for cable in cables {
            if let labels = cable.peerInfo { writer.sample(labels, true) }
        }
        let ends = cables.flatMap(\.ends)
        func each(
            _ family: MetricFamily, _ write: (inout MetricsWriter, EndSample, LabelText) -> Void
        ) {
            writer.family(family)
            for (end, labels) in ends { write(&writer, end, labels) }
        }
        func link(_ family: MetricFamily, _ value: (LinkInfo) -> UInt64?) {
            each(family) { writer, end, labels in
                if let value = end.link.flatMap(value) { writer.sample(labels, value) }
            }
        }
        // Width and speed mean nothing while the link is down, and zero is unknown.
        func known(_ link: LinkInfo, _ value: UInt64) -> UInt64? {
            link.isUp && value > 0 ? value : nil
        }
        link(MetricFamilies.state) { UInt64($0.state) }
        link(MetricFamilies.physicalState) { UInt64($0.physicalState) }
        link(MetricFamilies.width) { known($0, UInt64($0.widthLanes)) }
        link(MetricFamilies.rate) { known($0, $0.bitsPerSecond / 8) }
        each(MetricFamilies.readable) { $0.sample($2, $1.isUp) }
        each(MetricFamilies.sampled) { writer, end, labels in
            if let at = end.sampledSeconds { writer.sample(labels, seconds: at) }
        }
        each(MetricFamilies.qualities) { writer, end, labels in
            var counts = QualityCounts()
            counts.add(end.entries, totals: end.totals)
            for (label, count) in counts.labelled {
                writer.sample(labels, label, count, decimals: 0)
            }
        }
        each(MetricFamilies.saturated) { writer, end, labels in
            let seen = end.entries.indices.filter(end.isSeen)
            guard !seen.isEmpty else { return }
            writer.sample(labels, UInt64(seen.count { end.entries[$0].isSaturated }))
        }
        // A family without a sample is left out: most switches have no lane counters.
        writer.counters(MetricFamilies.counters, ends.map { ($0.totals, $1) })
        writer.gauges(
            MetricFamilies.portGauges, InfiniBandCounters.gauges, ends.map { ($0.gauges, $1) })
    }

    private func housekeeping(_ writer: inout MetricsWriter) {
        if let history {
            writer.family(MetricFamilies.historyBytes)
            writer.sample(nil, history.sizeBytes)
            writer.family(MetricFamilies.historyFailures)
            writer.sample(nil, history.failures)
            writer.family(MetricFamilies.historyWaiting)
            writer.sample(nil, history.waiting)
            writer.family(MetricFamilies.historyLost)
            writer.sample(nil, history.lost)
            if let seconds = history.appendSeconds {
                writer.family(MetricFamilies.historyDuration)
                writer.sample(nil, seconds: seconds)
            }
        }
        writer.family(MetricFamilies.requests)
        for (statusClass, count) in server.requests {
            writer.sample(LabelText([("class", statusClass)]), count)
        }
        writer.family(MetricFamilies.connections)
        writer.sample(nil, server.connections)
        writer.family(MetricFamilies.refusedConnections)
        writer.sample(nil, server.refused)
        process.write(&writer)
    }
}

extension ProcessSample {
    fileprivate func write(_ writer: inout MetricsWriter) {
        for (family, seconds) in [
            (MetricFamilies.processCPU, cpuSeconds), (MetricFamilies.processStart, startSeconds),
        ] {
            guard let seconds else { continue }
            writer.family(family)
            writer.sample(nil, seconds: seconds)
        }
        for (family, value) in [
            (MetricFamilies.processResident, residentBytes),
            (MetricFamilies.processVirtual, virtualBytes),
            (MetricFamilies.processFiles, openFiles),
            (MetricFamilies.processFileLimit, fileLimit),
            (MetricFamilies.processThreads, threads),
        ] {
            guard let value else { continue }
            writer.family(family)
            writer.sample(nil, value)
        }
    }
}

extension CableSample {
    private var labels: LabelText {
        LabelText([("device", device), ("port", "\(report.key.port)")])
    }

    fileprivate var portInfo: LabelText {
        [
            ("guid", report.key.node.description), ("port_guid", report.portGUID.description),
            ("kernel_device", report.device), ("description", report.description),
            ("firmware", report.firmware), ("model", report.model),
            ("rail", rail.map { "\($0)" } ?? ""), ("link_layer", report.layer.rawValue),
            ("role", report.identity.role.rawValue),
        ].reduce(labels) { $0.adding($1.0, $1.1) }
    }

    fileprivate var peerInfo: LabelText? {
        guard case .observed(let peer, _) = report.peer else { return nil }
        return [
            ("peer_guid", peer.key.node.description), ("peer_port", "\(peer.key.port)"),
            ("peer_description", peer.description), ("peer_type", peer.isSwitch ? "switch" : "hca"),
        ].reduce(labels) { $0.adding($1.0, $1.1) }
    }

    fileprivate var ends: [(EndSample, LabelText)] {
        let local = (local, labels.adding("end", End.local.rawValue))
        guard let peer else { return [local] }
        return [local, (peer, labels.adding("end", End.peer.rawValue))]
    }
}

extension EndSample {
    fileprivate func isSeen(_ row: Int) -> Bool {
        entries[row].status == .fresh && row < totals.count && totals[row] != nil
    }
}

extension ConditionSample {
    fileprivate var text: LabelText {
        LabelText(Array(zip(MetricFamilies.condition.labels, labels)))
    }
}
