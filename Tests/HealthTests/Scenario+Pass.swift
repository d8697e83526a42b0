import Model

@testable import Health

/// One pass over the node of a scenario, as the daemon makes it: read, remember, judge.
extension Scenario {
    // Three intervals of ten seconds, as the daemon's probes have by default.
    private static let limit = 30.0

    mutating func pass() {
        let now = now
        judge.recent.advance(to: now)
        ledger.beginPass()
        for event in world.window.close(nowNanoseconds: UInt64(seconds * 1e9)) { note(event) }
        let reports = world.cables.indices.map(report)
        for index in world.cables.indices where isRead(index) {
            readPort(index, reports[index], now)
        }
        for index in world.gpus.indices { readGPU(index, now) }
        read(.pci(World.hcaAddress(0)), "pci", now)
        read(.pci(World.bridgeAddress), "bridge", now)
        let (findings, transitions) = judge.judge(evidence(reports, now))
        self.findings = findings
        for transition in transitions {
            changes.append(
                "\(Self.text(seconds)) \(transition.kind.rawValue) \(transition.id.rawValue) "
                    + transition.severity.name)
            reasons.append(transition.reason)
        }
    }

    private func isSilent(_ probe: String) -> Bool { world.probes[probe]?.silentSince != nil }

    // MARK: Ports

    private func isRead(_ index: Int) -> Bool {
        let cable = world.cables[index]
        return cable.isListed && cable.failure == nil && !isSilent("infiniband")
    }

    private func link(_ cable: World.Cable, _ end: String) -> LinkInfo {
        var link = LinkInfo(
            state: cable.link.state, physicalState: cable.link.physical, widthLanes: cable.lanes,
            laneMegabitsPerSecond: cable.laneRate, lid: cable.lid, smLID: cable.managerLID,
            capabilityMask: 0)
        let allowed = cable.allowed[end] ?? (4, "NDR")
        let widths = LinkAbility.widths.filter { $0.lanes <= allowed.lanes }.reduce(0) {
            $0 | $1.bit
        }
        let grade = LinkSpeed.all.firstIndex { $0.name == allowed.grade } ?? 0
        link.ability = LinkAbility(
            supportedWidths: 0x1f, enabledWidths: widths, supportedSpeeds: 0x7f,
            enabledSpeeds: UInt8((1 << (grade + 1)) - 1))
        return link
    }

    private static func name(_ end: String, _ index: Int) -> String {
        index == 0 ? end : "\(end)\(index + 1)"
    }

    private func readings(
        _ end: String, _ table: [Counter], isNarrow: Bool = false
    ) -> [Reading] {
        let values = values[end] ?? [:]
        return table.map { counter in
            let value = values[counter.name] ?? 0
            guard isNarrow, counter.fields.count > 1, counter.fields[1].width < 64 else {
                return .value(value, field: 0)
            }
            return .value(min(value, 1 << counter.fields[1].width - 1), field: 1)
        }
    }

    private func report(_ index: Int) -> PortReport {
        let cable = world.cables[index]
        func end(_ name: String) -> EndReport {
            EndReport(
                link: link(cable, name), fec: cable.fec,
                readings: readings(
                    Self.name(name, index), InfiniBandCounters.all,
                    isNarrow: cable.narrow.contains(name)),
                epoch: name == "peer" ? 0 : world.epoch)
        }
        var local = end("local")
        if cable.failure == .noAddress {
            local.failure = .noAddress
        } else if cable.failure != nil || !cable.isListed {
            local = .unread(.timeout)
        }
        var peer = PeerReport.absent
        if link(cable, "local").isUp {
            peer =
                cable.isPeerSeen
                ? .observed(world.peer(index), end("peer")) : .unobservable(.timeout)
        }
        return PortReport(
            device: "mlx5_\(index)", key: World.near(index), portGUID: GUID(0xA1), firmware: "28",
            model: "MT4129", description: "node1", local: local, peer: peer)
    }

    private mutating func readPort(_ index: Int, _ report: PortReport, _ now: Moment) {
        let near = World.near(index)
        let key = PartKey.port(near)
        let events = ledger.observe(key, report.local.observation, at: now)
        var neighbour: PortKey?
        if case .observed(let identity, _) = report.peer { neighbour = identity.key }
        let isSettling = judge.recent.takePort(
            near, report.local, peer: neighbour, at: now,
            grace: judge.thresholds.value(.linkDown, "boot_grace"))
        let rate = report.local.link.map { $0.isUp ? Double($0.bitsPerSecond) : 0 } ?? 0
        let isTraining = judge.recent.takeLink(
            key, isUp: report.local.link?.isUp == true, at: now)
        judge.recent.take(
            key, ledger[key]?.entries ?? [], events, at: now, isIgnored: isSettling,
            isTraining: isTraining, bitsPerSecond: rate)
        guard case .observed(let identity, let far) = report.peer else { return }
        let peer = PartKey.port(identity.key)
        let others = ledger.observe(peer, far.observation, at: now)
        judge.recent.take(
            peer, ledger[peer]?.entries ?? [], others, at: now, isIgnored: isSettling,
            isTraining: isTraining, bitsPerSecond: rate)
        judge.recent.takeBalance(
            near, identity.key, skew: 0.01, bitsPerSecond: rate,
            length: judge.thresholds.value(.silentDropSuspect, "window"))
    }

    private func cable(_ index: Int, _ report: PortReport) -> CableEvidence {
        let isStale = isStale("infiniband") || !world.cables[index].isListed
        let key = PartKey.port(report.key)
        let entries = [
            (End.local, ledger[key]?.entries ?? []),
            (End.peer, ledger[.port(world.peer(index).key)]?.entries ?? []),
        ]
        var cable = CableEvidence(
            device: "rail\(index)", report: report, isStale: isStale,
            saturated: entries.flatMap { end, entries in
                entries.indices.filter { entries[$0].isSaturated }.map {
                    SaturatedCounter(end: end, index: $0, value: entries[$0].raw)
                }
            })
        if case .observed = report.peer, !isStale { cable.isPeerFresh = true }
        cable.lastPeer = world.peer(index)
        cable.isExpected =
            world.manifest != nil || judge.recent.ports[report.key]?.wasActive == true
        return cable
    }

    // MARK: GPUs

    private mutating func readGPU(_ index: Int, _ now: Moment) {
        let gpu = world.gpus[index]
        if case .failed(let failure) = gpu.state, failure.lastsUntilRestart {
            world.gpus[index].read = now
        }
        guard isRead(gpu) else { return }
        if gpu.isBegun {
            world.journal.answer([
                World.gpuAddress(index): Restart(
                    after: gpu.read, read: now, isWell: gpu.asks == 0)
            ])
        }
        world.gpus[index].isBegun = false
        world.gpus[index].read = now
        world.gpus[index].seenLink = gpu.link
        if gpu.link == 1 { world.gpus[index].wasLinkActive = true }
        read(.gpu(World.uuid(index)), Self.name("gpu", index), now, epoch: gpu.epoch)
        read(.nvlink(World.uuid(index), 3), Self.name("nvlink", index), now, epoch: gpu.epoch)
    }

    private func isRead(_ gpu: World.GPU) -> Bool {
        !gpu.isAbsent && gpu.isListed && gpu.state == .read && !isSilent("gpu")
            && world.library == .ready
    }

    private mutating func read(
        _ key: PartKey, _ end: String, _ now: Moment, epoch: UInt64 = 0
    ) {
        let events = ledger.observe(
            key,
            Observation(
                readings: readings(end, key.table.counters), gauges: [],
                epoch: end == "bridge" ? 1 : world.epoch + epoch * 1000, isObserved: true),
            at: now)
        judge.recent.take(key, ledger[key]?.entries ?? [], events, at: now)
    }

    private func gpu(_ index: Int, _ now: Moment) -> GPUEvidence {
        let gpu = world.gpus[index]
        let address = World.gpuAddress(index)
        let isRead = isRead(gpu)
        let age = gpu.read.map { now.seconds(since: $0) } ?? .infinity
        var evidence = GPUEvidence(
            index: index, address: address, uuid: World.uuid(index),
            state: world.library == .ready ? gpu.state : .noLibrary, isListed: gpu.isListed,
            isFresh: isRead, isStale: !isRead && age > Self.limit,
            hang: gpu.hungSince.map {
                GPUHang(call: nil, seconds: seconds - $0, kernel: nil, excluded: nil)
            },
            recoveryAction: isRead ? gpu.asks : nil,
            xids: XidEvidence.standing(
                in: world.journal.entries.filter { $0.event.device == .pci(address) },
                bootID: world.bootID, now: now),
            linksDown: gpu.wasLinkActive && gpu.seenLink == 0 ? [3] : [],
            linksUp: gpu.seenLink == 0 ? 0 : 1)
        evidence.links = [3]
        evidence.remotes[3] = gpu.remote
        evidence.utilization = isRead ? gpu.utilization : nil
        if isRead { evidence.condition = gpu.condition }
        return evidence
    }

    // MARK: Evidence

    // Seconds since a probe's latest answer.
    private func age(_ probe: String) -> Double {
        world.probes[probe]?.silentSince.map { seconds - $0 + interval } ?? 1
    }

    private func isStale(_ probe: String) -> Bool { age(probe) > Self.limit }

    private func probe(_ name: String) -> CollectorEvidence {
        let probe = world.probes[name] ?? World.Probe()
        return CollectorEvidence(
            name: name, ageSeconds: age(name),
            limitSeconds: Self.limit, waitingSeconds: 0, workingOn: nil, trouble: nil,
            seesNothing: probe.isEmpty, readsPorts: name != "gpu")
    }

    private func evidence(_ reports: [PortReport], _ now: Moment) -> Evidence {
        let isEmpty = world.probes["infiniband"]?.isEmpty == true
        let gpus = world.gpus.indices.filter { !world.gpus[$0].isAbsent }
        var evidence = Evidence(
            now: now, cables: isEmpty ? [] : reports.indices.map { cable($0, reports[$0]) },
            collectors: world.probes.keys.sorted().map(probe),
            gpus: GPUsEvidence(
                library: GPULibrary(state: world.library), gpus: gpus.map { gpu($0, now) }),
            kernelLogTrouble: world.kernelLogTrouble, historyTrouble: world.historyTrouble,
            manifest: world.manifest.map { ManifestComparison($0, world.inventory) })
        evidence.pcie = functions
        evidence.events = world.told.map { time, event in
            var event = event
            event.ageSeconds = seconds - time
            return event
        }.filter { $0.ageSeconds < 86_400 }
        return evidence
    }

    private var functions: [PCIFunctionEvidence] {
        func function(_ address: PCIAddress, _ role: PCIRole, _ name: String? = nil)
            -> PCIFunctionEvidence
        {
            var function = PCIFunctionEvidence(
                address: address, role: role, name: name,
                parent: role.isEndpoint ? World.bridgeAddress : nil, isFresh: true)
            (function.width, function.maxWidth) = (role == .gpu ? 16 : world.lanes, 16)
            (function.speed, function.maxSpeed) = (32_000, 32_000)
            return function
        }
        return [
            function(World.bridgeAddress, .rootPort),
            function(World.hcaAddress(0), .hca, "rail0"),
        ]
            + world.gpus.indices.filter { world.gpus[$0].isListed && !world.gpus[$0].isAbsent }
            .map { index in
                var gpu = function(World.gpuAddress(index), .gpu, "GPU \(index)")
                gpu.gpuIndex = index
                gpu.speed = world.gpus[index].speed
                return gpu
            }
    }
}
