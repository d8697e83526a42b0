import Model
import Wire

extension Picture {
    /// `/api/v1/gpus`.
    func gpus(node: String, now: Moment) -> V1.GPUs {
        V1.GPUs(
            node: node, time: self.now.text, pass: pass?.rawValue,
            library: gpuLibrary.map { V1.GPULibrary($0, stale: !isUp(ProbeKind.gpu.collector)) },
            gpus: gpus.map { $0.summary(self, now: now) })
    }

    /// `/api/v1/gpus/<gpu>`; nil when there is none at the address.
    func gpu(_ address: String, node: String, now: Moment) -> V1.GPU? {
        gpus.first { $0.address.description == address }.map { view in
            V1.GPU(
                node: node, time: self.now.text, pass: pass?.rawValue,
                summary: view.summary(self, now: now),
                identity: view.report.identity.map {
                    V1.GPUIdentity($0, driver: gpuLibrary?.driver ?? "")
                },
                counters: view.counters, gauges: view.gaugeEntries, xids: xidCounts(view),
                links: view.links.map(\.document))
        }
    }

    // Those that are kept, by number.
    private func xidCounts(_ gpu: GPUView) -> [V1.XidCount] {
        var counts: [UInt32: V1.XidCount] = [:]
        for entry in xids(of: gpu) {
            guard let number = entry.event.number else { continue }
            counts[number] = V1.XidCount(
                number: Int(number),
                count: (counts[number]?.count ?? 0) + UInt64(entry.event.count),
                last: Timestamp.text(milliseconds: entry.event.lastWallMilliseconds),
                meaning: XidCatalog.entry(number).meaning)
        }
        return counts.values.sorted { $0.number < $1.number }
    }

    /// The counters of the GPUs and their links.
    var gpuSeries: [V1.CounterSeries] {
        gpus.flatMap { view -> [V1.CounterSeries] in
            guard let uuid = view.report.identity?.uuid else { return [] }
            let own = V1.CounterSeries(
                class: CounterTable.gpu.layout.deviceClass,
                place: V1.Place(gpu: uuid, index: view.index), key: uuid.description,
                sampled: view.read?.text, counters: view.counters)
            return [own]
                + view.links.map { link in
                    V1.CounterSeries(
                        class: CounterTable.nvlink.layout.deviceClass,
                        place: V1.Place(gpu: uuid, index: view.index, link: link.number),
                        key: PartKey.nvlink(uuid, link.number).description,
                        sampled: view.read?.text, counters: link.counters)
                }
        }
    }

    // A board that was in the same place before has had its own.
    private func xids(of gpu: GPUView) -> some Sequence<JournalEntry> {
        journal.entries.lazy.filter {
            $0.event.kind == .xid && $0.isOf(gpu.report.identity?.uuid, at: gpu.address)
        }
    }

    /// The Xids of a GPU that are kept, repeats included.
    fileprivate func xidCount(_ gpu: GPUView) -> UInt64 {
        xids(of: gpu).reduce(0) { $0 + UInt64($1.event.count) }
    }
}

extension GPUView {
    fileprivate func summary(_ picture: Picture, now: Moment) -> V1.GPUSummary {
        var summary = V1.GPUSummary(
            index: index, address: address.description, state: stateName, stale: !isFresh)
        summary.uuid = report.identity?.uuid.description
        summary.name = report.identity.flatMap { $0.name.isEmpty ? nil : $0.name }
        summary.reason = reason
        summary.call = call
        summary.sampled = read?.text
        summary.ageSeconds = read.map { rounded(now.seconds(since: $0)) }
        summary.temperatureCelsius = number("temperature")
        summary.powerWatts = number("power")
        summary.utilization = number("utilization")
        summary.eccUncorrected = total("ecc_volatile_uncorrected_errors")
        summary.linksTotal = linksTotal
        summary.linksActive = linksActive
        let faulty = links.count { $0.hasErrors == true }
        summary.linksWithErrors = faulty > 0 ? faulty : links(where: \.hasErrors)
        summary.recoveryAction = lastGauge("recovery_action").flatMap { raw in
            GPUCounters.gauges[raw.row].codes?.meaning(of: raw.value) ?? "\(raw.value)"
        }
        let damage = GPUCounters.gauges.map(\.name).filter { name in
            lastGauge(name).map { GPUCounters.gauges[$0.row].saysDamage($0.value) } ?? false
        }
        summary.damage = damage.isEmpty ? nil : damage
        let xids = picture.xidCount(self)
        summary.xids = xids > 0 || picture.areXidsTold ? xids : nil
        return summary
    }

    /// The NVLinks that are up, asleep included; nil unless that is known of each.
    var linksActive: Int? { links(where: { $0.state?.isUp }) }

    /// The NVLinks that the GPU has; nil when unknown.
    ///
    /// The driver answers a PCIe board's question for its NVLinks with 0, or does not know it.
    var linksTotal: Int? {
        guard links.isEmpty else { return links.count }
        guard let row = Self.row(gauge: "nvlinks"), gauges.indices.contains(row) else { return nil }
        if gauges[row].status == .unsupported { return 0 }
        return lastGauge("nvlinks").flatMap { Int(exactly: $0.value) }
    }

    // How many links something is true of; nil unless that is known of each.
    private func links(where answer: (NVLinkView) -> Bool?) -> Int? {
        guard links.count == linksTotal else { return nil }
        let answers = links.compactMap(answer)
        return answers.count == links.count ? answers.count(where: \.self) : nil
    }

    private var stateName: String { isListed ? report.state.name : "missing" }

    private var reason: String? {
        guard isListed else { return "The PCI bus does not list it any more." }
        if let excluded = trouble?.excluded { return "It is left alone: \(excluded)." }
        switch report.state {
        case .noLibrary: return nil
        case .read: return isFresh ? nil : "Its probe does not answer."
        case .busy(let call):
            return "\(call.function) has not returned for \(Int(seconds(in: call))) s."
        case .excluded(let text): return "It is left alone: \(text)."
        case .failed(let failure):
            return "\(failure.function) answered \(failure.codeName) (\(failure.code))."
        }
    }

    private func seconds(in call: GPUCall) -> Double {
        hangSeconds ?? Double(call.nanoseconds) / 1e9
    }

    private var call: V1.GPUCall? {
        let pending: GPUCall
        if let known = trouble?.call {
            pending = known
        } else if case .busy(let call) = report.state {
            pending = call
        } else {
            return nil
        }
        let kernel = trouble?.kernel
        return V1.GPUCall(
            function: pending.function, family: pending.family.name,
            seconds: rounded(seconds(in: pending)),
            kernelState: kernel.map { String($0.letter) },
            wchan: kernel.flatMap { $0.waitChannel.isEmpty ? nil : $0.waitChannel })
    }

    // The document is stale as a whole: beside values of the latest pass no older one may stand.
    private func isShown(_ status: Ledger.Entry.Status) -> Bool {
        status.isShown(besideFresh: isFresh)
    }

    private func lastGauge(_ name: String) -> (row: Int, value: UInt64)? {
        guard let row = Self.row(gauge: name), gauges.indices.contains(row),
            isShown(gauges[row].status), let value = gauges[row].value
        else { return nil }
        return (row, value)
    }

    private func number(_ name: String) -> Double? {
        lastGauge(name).map { GPUCounters.gauges[$0.row].unit.published($0.value).double }
    }

    private func total(_ name: String) -> UInt64? {
        guard let row = CounterTable.gpu.row(of: name), entries.indices.contains(row),
            isShown(entries[row].status)
        else { return nil }
        return entries[row].published
    }

    fileprivate var counters: [V1.CounterEntry] {
        GPUCounters.all.enumerated().map { row, counter in
            let entry = entries.indices.contains(row) ? entries[row] : Ledger.Entry()
            return V1.CounterEntry(
                counter, entry, published: entry.published, isFresh: isFresh)
        }
    }

    fileprivate var gaugeEntries: [V1.GaugeEntry] {
        GPUCounters.gauges.enumerated().map { row, gauge in
            let entry = gauges.indices.contains(row) ? gauges[row] : Ledger.GaugeEntry()
            return V1.GaugeEntry(gauge, entry, isFresh: isFresh)
        }
    }
}

extension NVLinkView {
    fileprivate var counters: [V1.CounterEntry] {
        NVLinkCounters.all.enumerated().map { row, counter in
            let entry = entries.indices.contains(row) ? entries[row] : Ledger.Entry()
            return V1.CounterEntry(
                counter, entry, published: entry.published, isFresh: isFresh)
        }
    }

    fileprivate var document: V1.NVLink {
        V1.NVLink(
            link: number, remote: remote, stale: !isFresh, counters: counters,
            gauges: NVLinkCounters.gauges.enumerated().map { row, gauge in
                let entry = gauges.indices.contains(row) ? gauges[row] : Ledger.GaugeEntry()
                return V1.GaugeEntry(gauge, entry, isFresh: isFresh)
            })
    }

    /// Whether a counter that speaks against something is above zero; nil where it cannot be said
    /// of each that the link has.
    fileprivate var hasErrors: Bool? {
        let accusing = zip(NVLinkCounters.all, entries)
            .filter { $0.0.accuses != .nobody }.map(\.1)
        let shown = accusing.filter { $0.status.isShown(besideFresh: isFresh) }
        if shown.contains(where: { ($0.published ?? 0) > 0 }) { return true }
        let isKnown = accusing.allSatisfy {
            $0.status == .unsupported
                || $0.status.isShown(besideFresh: isFresh) && $0.published != nil
        }
        return isKnown && !entries.isEmpty ? false : nil
    }
}

extension Ledger.Entry.Status {
    /// Whether a value may stand in a document whose others are of the latest pass, or else are the
    /// last known.
    fileprivate func isShown(besideFresh isFresh: Bool) -> Bool {
        isFresh ? self == .fresh : self != .unsupported
    }
}

extension Ledger.Entry {
    /// The raw total that is published; nil where there never was a value.
    ///
    /// Who it is stands in the labels, so nothing has to be shifted when a part moves.
    var published: UInt64? { hasValue ? total : nil }
}
