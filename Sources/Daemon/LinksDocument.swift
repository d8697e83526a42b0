import Model
import Wire

extension Picture {
    /// `/api/v1/links`.
    func links(node: String, now: Moment) -> V1.Links {
        V1.Links(
            node: node, time: self.now.text, pass: pass?.rawValue,
            links: cables.map { $0.document(now: now) })
    }

    /// `/api/v1/counters`.
    func counters(node: String) -> V1.Counters {
        V1.Counters(
            node: node, time: now.text, pass: pass?.rawValue,
            series: cables.flatMap(\.series) + gpuSeries + pcieSeries)
    }
}

extension CableView {
    fileprivate func document(now: Moment) -> V1.Link {
        V1.Link(
            device: device, port: Int(report.key.port), rail: rail, collector: collector,
            sampled: moment.text, ageSeconds: rounded(now.seconds(since: moment)),
            stale: isStale, linkLayer: report.layer.rawValue,
            role: report.identity.role.rawValue, local: localEnd, peerState: peerState,
            peerFailure: peerFailure?.rawValue, peer: peerEnd,
            counters: InfiniBandCounters.all.indices.compactMap(counter))
    }

    private var peerState: String {
        guard isInfiniBand else { return "not_infiniband" }
        return switch report.peer {
        case .absent: "absent"
        case .unobservable: "unobservable"
        case .observed: "observed"
        }
    }

    private var peerFailure: Failure? {
        switch report.peer {
        case .absent: nil
        case .unobservable(let failure): failure
        case .observed: peer?.failure
        }
    }

    private func counter(_ row: Int) -> V1.LinkCounter? {
        let near = local.value(row)
        let far = peer?.value(row)
        guard near != nil || far != nil else { return nil }
        let counter = InfiniBandCounters.all[row]
        return V1.LinkCounter(
            name: counter.name, unit: counter.unit.publishedName,
            accuses: counter.accuses.rawValue, local: near, peer: far)
    }

    private var localEnd: V1.LinkEnd {
        V1.LinkEnd(
            guid: report.key.node.description, port: Int(report.key.port),
            description: report.description.isEmpty ? nil : report.description, type: "hca",
            kernelDevice: report.device, firmware: report.firmware.isEmpty ? nil : report.firmware,
            model: report.model.isEmpty ? nil : report.model, lid: local.link?.lid,
            link: local.link,
            stale: !local.isLinkFresh, failure: local.failure, layer: report.layer)
    }

    private var peerEnd: V1.LinkEnd? {
        guard let peer, let identity = peerIdentity else { return nil }
        return V1.LinkEnd(
            guid: identity.key.node.description, port: Int(identity.key.port),
            description: identity.description.isEmpty ? nil : identity.description,
            type: identity.isSwitch ? "switch" : "hca", kernelDevice: nil, firmware: nil,
            model: nil, lid: identity.lid, link: peer.link, stale: !peer.isLinkFresh,
            failure: peerFailure)
    }

    fileprivate var series: [V1.CounterSeries] {
        [(End.local, local as EndView?), (.peer, peer)].compactMap { end, view in
            view.map {
                V1.CounterSeries(
                    class: CounterTable.infiniBandPort.layout.deviceClass,
                    place: V1.Place(
                        device: device, port: Int(report.key.port), end: end.rawValue),
                    key: $0.key.description, sampled: $0.seen?.text,
                    counters: InfiniBandCounters.all.indices.map($0.entry))
            }
        }
    }
}

extension V1.LinkEnd {
    fileprivate init(
        guid: String, port: Int, description: String?, type: String, kernelDevice: String?,
        firmware: String?, model: String?, lid: UInt16?, link: LinkInfo?, stale: Bool,
        failure: Failure?, layer: LinkLayer = .infiniBand
    ) {
        let up = link.flatMap { $0.isUp ? $0 : nil }
        self.init(
            guid: guid, port: port, description: description, type: type,
            kernelDevice: kernelDevice, firmware: firmware, model: model,
            lid: lid.flatMap { $0 == 0 ? nil : Int($0) }, state: link?.stateName,
            physicalState: link?.physicalStateName,
            widthLanes: up.flatMap { $0.widthLanes == 0 ? nil : Int($0.widthLanes) },
            speed: layer == .infiniBand
                ? up.flatMap { $0.speedName.isEmpty ? nil : $0.speedName } : nil,
            bitsPerSecond: up.flatMap { $0.bitsPerSecond == 0 ? nil : $0.bitsPerSecond },
            stale: stale, failure: failure?.rawValue)
    }
}

extension EndView {
    fileprivate func value(_ row: Int) -> V1.CounterValue? {
        V1.CounterValue(
            InfiniBandCounters.all[row], entries[row], published: published[row],
            isFresh: isFresh)
    }

    fileprivate func entry(_ row: Int) -> V1.CounterEntry {
        V1.CounterEntry(
            InfiniBandCounters.all[row], entries[row], published: published[row],
            isFresh: isFresh)
    }
}
