import Foundation
import Health
import History
import Logging
import Model
import Serve
import Testing
import Wire

@testable import Daemon

/// A node of one HCA port and its switch port, whose counters a test sets.
struct ScriptedNode {
    static let hca = PortKey(node: GUID(0x10), port: 1)
    static let leaf = PortKey(node: GUID(0x20), port: 7)

    var device = "mlx5_0"
    var key = ScriptedNode.hca
    var peer = PeerIdentity(
        key: ScriptedNode.leaf, isSwitch: true, systemImageGUID: GUID(0x20), description: "leaf01",
        lid: 3)
    var local: [String: UInt64] = [:]
    var far: [String: UInt64] = [:]
    var isActive = true
    var peerFailure: Failure?

    func report(_ seconds: UInt64) -> InfiniBandReport {
        .scripted(seconds: seconds, ports: [port])
    }

    var port: PortReport {
        PortReport(
            device: device, key: key, portGUID: GUID(0x11), firmware: "28.1", model: "MT4129",
            description: "node", local: EndReport(link: link, readings: readings(local), epoch: 5),
            peer: peerReport)
    }

    private var peerReport: PeerReport {
        guard isActive else { return .absent }
        if let peerFailure { return .unobservable(peerFailure) }
        return .observed(peer, EndReport(link: link, readings: readings(far)))
    }

    private var link: LinkInfo {
        LinkInfo(
            state: isActive ? 4 : 1, physicalState: isActive ? 5 : 2, widthLanes: 4,
            laneMegabitsPerSecond: 53_125, lid: 2, smLID: 1, capabilityMask: 0)
    }

    private func readings(_ values: [String: UInt64]) -> [Reading] {
        InfiniBandCounters.all.map { counter in
            guard let value = values[counter.name] else { return .unsupported }
            let narrow = counter.fields.firstIndex { $0.attribute == .portCounters } ?? 0
            return .value(value, field: UInt8(narrow))
        }
    }
}

extension CollectorView {
    static func scripted(
        _ name: String = "infiniband", seconds: UInt64, isUp: Bool = true
    ) -> Self {
        CollectorView(
            name: name, state: "ok", isUp: isUp, lastMoment: .scripted(seconds: seconds),
            durationSeconds: 0.001,
            evidence: CollectorEvidence(
                name: name, ageSeconds: 0, limitSeconds: 30, waitingSeconds: 0, workingOn: nil,
                trouble: nil),
            restarts: 0, slowTurns: 0, skippedTurns: 0, endedCPUSeconds: 0, pid: nil,
            transport: MADStatistics())
    }
}

@Suite struct PipelineTests {
    private static let symbol = InfiniBandCounters.index(of: "symbol_error") ?? -1

    /// A directory that is gone after the test.
    final class Scratch {
        let path = FileManager.default.temporaryDirectory.path + "/fabricwatch-\(UUID().uuidString)"

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func keeper() throws -> Keeper {
            let store = try Store(
                directory: path,
                limits: Store.Limits(maximumAgeMilliseconds: .max / 2, maximumBytes: 64 << 20),
                nowMilliseconds: 1_700_000_000_000)
            return Keeper(
                store: store, directory: path, clock: SystemClock(), log: Logger(label: "test"))
        }

        func desk() -> Desk {
            Desk(
                node: "n1", clock: SystemClock(),
                archive: Archive(reader: Reader(directory: path)))
        }
    }

    private func pass(
        _ pipeline: Pipeline, _ node: ScriptedNode, _ seconds: UInt64, isUp: Bool = true
    ) -> Picture {
        pipeline.pass(
            [Collected(collector: "infiniband", report: .infiniBand(node.report(seconds)))],
            collectors: [.scripted(seconds: seconds, isUp: isUp)], now: .scripted(seconds: seconds))
    }

    private func pipeline(_ keeper: Keeper? = nil, names: [GUID: String] = [:]) throws -> Pipeline {
        Pipeline(
            naming: Pipeline.Naming(names: names), keeper: keeper,
            past: try keeper?.past() ?? Past())
    }

    @Test func healthyNodePasses() throws {
        let node = ScriptedNode(local: ["symbol_error": 0], far: ["symbol_error": 0])
        let picture = pass(try pipeline(), node, 0)
        #expect(picture.verdict.severity == .pass)
        #expect(picture.isReady)
        let links = picture.links(node: "n1", now: .scripted(seconds: 0))
        #expect(links.links.first?.peer?.description == "leaf01")
        #expect(links.links.first?.counters.map(\.name) == ["symbol_error"])
    }

    @Test func kernelLogIsReadOnBehindTheLatestRecordThatWasRead() throws {
        let scratch = Scratch()
        do {
            let pipeline = Pipeline(
                naming: .init(), keeper: try scratch.keeper(), past: Past(), bootID: "boot-1")
            // No event: what counts is what was read.
            for (seconds, record) in [(UInt64(0), UInt64(40)), (10, 977)] {
                let report = KernelLogReport(
                    moment: .scripted(seconds: seconds), state: .reading, lastRecord: record)
                _ = pipeline.pass(
                    [Collected(collector: "kernel-log", report: .kernelLog(report))],
                    collectors: [.scripted("kernel-log", seconds: seconds)],
                    now: .scripted(seconds: seconds))
            }
        }
        let past = try scratch.keeper().past()
        #expect(past.logPosition == KernelLogPosition(bootID: "boot-1", record: 977))
    }

    @Test func deltasGoOnOverARestart() throws {
        let scratch = Scratch()
        var node = ScriptedNode(local: ["symbol_error": 5], far: ["symbol_error": 100])
        do {
            let pipeline = try pipeline(scratch.keeper())
            _ = pass(pipeline, node, 0)
            node.far["symbol_error"] = 130
            _ = pass(pipeline, node, 10)
        }
        let start = try scratch.desk().deltas(since: .wall(milliseconds: 0))
        #expect(!start.complete)
        #expect(start.passes == 1)
        // Counted while the daemon was away, and once more after it came back.
        node.far["symbol_error"] = 134
        let again = try pipeline(scratch.keeper())
        _ = pass(again, node, 60)
        node.far["symbol_error"] = 135
        let picture = pass(again, node, 70)
        #expect(picture.cables.first?.peer?.published[Self.symbol] == 135)
        let deltas = try scratch.desk().deltas(since: .cursor(start.next))
        #expect(deltas.complete)
        #expect(deltas.passes == 2)
        let far = deltas.series.first { $0.key == ScriptedNode.leaf.description }
        let delta = far?.counters.first { $0.name == "symbol_error" }
        #expect(delta?.delta == 5)
        #expect(delta?.quality == "exact")
        #expect(delta?.unit == "events")
    }

    @Test func windowsChainWithoutGapOrOverlap() throws {
        let scratch = Scratch()
        let pipeline = try pipeline(scratch.keeper())
        var node = ScriptedNode(local: ["symbol_error": 0], far: ["port_xmit_data": 0])
        _ = pass(pipeline, node, 0)
        var cursor = try scratch.desk().deltas(since: .wall(milliseconds: 0)).next
        var counted: UInt64 = 0
        for step in 1...20 as ClosedRange<UInt64> {
            node.far["port_xmit_data"] = step * step
            _ = pass(pipeline, node, step * 10)
            guard step % 3 == 0 || step == 20 else { continue }
            let deltas = try scratch.desk().deltas(since: .cursor(cursor))
            cursor = deltas.next
            let far = deltas.series.first { $0.key == ScriptedNode.leaf.description }
            counted += far?.counters.first { $0.name == "port_xmit_data" }?.delta ?? 0
        }
        #expect(counted == 4 * 400, "words of four octets are told as bytes")
    }

    @Test func saturationAndClearingAreSaid() throws {
        let scratch = Scratch()
        let pipeline = try pipeline(scratch.keeper())
        var node = ScriptedNode(local: ["link_downed": 250], far: ["symbol_error": 40])
        _ = pass(pipeline, node, 0)
        let cursor = try scratch.desk().deltas(since: .wall(milliseconds: 0)).next
        node.local["link_downed"] = 255
        node.far["symbol_error"] = 3
        let picture = pass(pipeline, node, 10)
        #expect(picture.findings.map(\.opinion.id) == [.counterBlind, .counterReset])
        let deltas = try scratch.desk().deltas(since: .cursor(cursor))
        let counters = deltas.series.flatMap(\.counters)
        let downed = counters.first { $0.name == "link_downed" }
        #expect(downed?.delta == 5 && downed?.quality == "at_least")
        #expect(downed?.reasons == ["saturated"])
        let symbols = counters.first { $0.name == "symbol_error" }
        #expect(symbols?.delta == 3 && symbols?.reasons == ["cleared"])
    }

    private func pass(
        _ pipeline: Pipeline, energy: UInt64, at seconds: UInt64
    ) -> [ConditionID] {
        var gpu = GPUDeviceReport(
            address: PCIAddress(domain: 0, bus: 0x18, device: 0), state: .read)
        gpu.identity = GPUIdentity(uuid: GPUUUID(high: 1, low: 2))
        gpu.readings[GPUCounters.energyRow] = .value(energy, field: 0)
        let report = GPUReport(
            moment: .scripted(seconds: seconds), durationNanoseconds: 1,
            library: GPULibrary(state: .ready), gpus: [gpu])
        let picture = pipeline.pass(
            [Collected(collector: "gpu", report: .gpu(report))],
            collectors: [.scripted("gpu", seconds: seconds)], now: .scripted(seconds: seconds))
        return picture.findings.map(\.opinion.id).filter { $0 == .gpuXid }
    }

    /// A reset that was seen answers an Xid for good.
    @Test func answeredXidStaysAnsweredOverARestart() throws {
        let scratch = Scratch()
        let start = Moment.scripted(seconds: 0)
        var xid = NodeEvent(
            kind: .xid, device: .pci(PCIAddress(domain: 0, bus: 0x18, device: 0)), number: 79,
            wallMilliseconds: start.wallMilliseconds + 5000, source: .kernelLog, record: 7,
            line: "NVRM: Xid (PCI:0000:18:00): 79, GPU has fallen off the bus.")
        func restarted() throws -> Pipeline {
            let keeper = try scratch.keeper()
            return Pipeline(
                naming: .init(), keeper: keeper, past: try keeper.past(), bootID: start.bootID)
        }
        do {
            let pipeline = try restarted()
            #expect(pass(pipeline, energy: 1000, at: 0) == [])
            pipeline.note([xid])
            #expect(pass(pipeline, energy: 1000, at: 10) == [.gpuXid])
        }
        do {
            let pipeline = try restarted()
            #expect(pass(pipeline, energy: 1001, at: 20) == [.gpuXid])
            #expect(pass(pipeline, energy: 5, at: 30) == [])
        }
        let past = try scratch.keeper().past()
        #expect(past.journal.stops(bootID: start.bootID).isEmpty)
        let pipeline = try restarted()
        #expect(pass(pipeline, energy: 6, at: 40) == [])
        xid.record = 8
        xid.wallMilliseconds += 60_000
        xid.lastWallMilliseconds = xid.wallMilliseconds
        pipeline.note([xid])
        #expect(pass(pipeline, energy: 7, at: 70) == [.gpuXid])
    }

    /// Numbers of events that a crash took are given again, but not to whoever has a cursor.
    @Test func cursorOfALostEventIsGone() throws {
        let scratch = Scratch()
        let node = ScriptedNode(local: ["symbol_error": 0])
        func ask(_ picture: Picture, _ storeID: UInt64, _ after: EventsSince) throws -> V1.Events {
            try picture.events(after: after, limit: 9, of: nil, node: "n", storeID: storeID)
        }
        var cursors: [String] = []
        do {
            let keeper = try scratch.keeper()
            let pipeline = try pipeline(keeper)
            let storeID = try #require(keeper.storeID)
            pipeline.note([GPUsDocumentTests.xid(62)])
            cursors.append(try ask(pass(pipeline, node, 0), storeID, .latest).next)
            // Shown, and not kept before the crash.
            pipeline.note([GPUsDocumentTests.xid(63)])
            let picture = pipeline.pass([], collectors: [], now: .scripted(seconds: 1))
            cursors.append(try ask(picture, storeID, .latest).next)
        }
        let keeper = try scratch.keeper()
        let pipeline = try pipeline(keeper)
        let storeID = try #require(keeper.storeID)
        for number in UInt32(64)...65 { pipeline.note([GPUsDocumentTests.xid(number)]) }
        let picture = pass(pipeline, node, 60)
        #expect(try ask(picture, storeID, .cursor(cursors[0])).events.map(\.number) == [64, 65])
        let error = #expect(throws: AnswerError.self) {
            try ask(picture, storeID, .cursor(cursors[1]))
        }
        guard case .gone = error else { throw Missing() }
    }

    @Test func silentProbeLeavesNothingFresh() throws {
        let pipeline = try pipeline()
        let node = ScriptedNode(local: ["symbol_error": 1], far: ["symbol_error": 2])
        _ = pass(pipeline, node, 0)
        let picture = pipeline.pass(
            [], collectors: [.scripted(seconds: 0, isUp: false)], now: .scripted(seconds: 20))
        let desk = Desk(node: "n1", clock: SystemClock(), archive: nil)
        desk.show(picture)
        let page = String(decoding: desk.metrics(.prometheus).bytes, as: UTF8.self)
        #expect(!page.contains("fabricwatch_infiniband_symbol_error_total"))
        #expect(page.contains("fabricwatch_collector_up{collector=\"infiniband\"} 0\n"))
        let link = picture.links(node: "n1", now: .scripted(seconds: 20)).links.first
        #expect(link?.counters.first?.local?.total == 1)
        #expect(link?.counters.first?.local?.stale == true)
        #expect(link?.ageSeconds == 20)
    }

    @Test func movedCableDoesNotLeapInMetrics() throws {
        let pipeline = try pipeline()
        var node = ScriptedNode(local: ["symbol_error": 1], far: ["symbol_error": 2])
        _ = pass(pipeline, node, 0)
        node.peer.key = PortKey(node: GUID(0x21), port: 9)
        node.far["symbol_error"] = 5000
        let picture = pass(pipeline, node, 10)
        #expect(picture.cables.first?.peer?.published[Self.symbol] == 2)
        node.far["symbol_error"] = 5003
        #expect(pass(pipeline, node, 20).cables.first?.peer?.published[Self.symbol] == 5)
    }

    @Test func portOfTwoProbesIsShownOnce() throws {
        let node = ScriptedNode(local: ["symbol_error": 1])
        let picture = try pipeline().pass(
            ["a", "b"].map { Collected(collector: $0, report: .infiniBand(node.report(0))) },
            collectors: [.scripted("a", seconds: 0), .scripted("b", seconds: 0)],
            now: .scripted(seconds: 0))
        #expect(picture.cables.map(\.collector) == ["a"])
    }

    @Test func devicesThatShareANameAreToldApart() throws {
        var other = ScriptedNode(local: ["symbol_error": 1])
        other.key = PortKey(node: GUID(0x30), port: 1)
        let node = ScriptedNode(local: ["symbol_error": 1])
        let answers = [("a", node), ("b", other)].map {
            Collected(collector: $0.0, report: .infiniBand($0.1.report(0)))
        }
        let views = [CollectorView.scripted("a", seconds: 0), .scripted("b", seconds: 0)]
        let now = Moment.scripted(seconds: 0)
        #expect(
            try pipeline().pass(answers, collectors: views, now: now).cables.map(\.device)
                == ["mlx5_0-0000000000000010", "mlx5_0-0000000000000030"])
        let named = try pipeline(names: [GUID(0x30): "rail1"])
        #expect(
            named.pass(answers, collectors: views, now: now).cables.map(\.device)
                == ["mlx5_0", "rail1"])
    }

    @Test func questionsAboutThePastThatHaveNoAnswer() throws {
        let scratch = Scratch()
        let desk = scratch.desk()
        #expect(throws: AnswerError.self) { try desk.deltas(since: .cursor("p1-0")) }
        let pipeline = try pipeline(scratch.keeper())
        _ = pass(pipeline, ScriptedNode(local: ["symbol_error": 0]), 0)
        func refusal(_ since: Since) -> AnswerError? {
            do throws(AnswerError) {
                _ = try desk.deltas(since: since)
                return nil
            } catch {
                return error
            }
        }
        let next = try desk.deltas(since: .wall(milliseconds: 0)).next
        guard case .badRequest = refusal(.cursor("p1")) else { throw Missing() }
        guard case .gone = refusal(.cursor("p1-0000000000000000")) else { throw Missing() }
        let later = next.replacing("p1-", with: "p9-", maxReplacements: 1)
        guard case .badRequest = refusal(.cursor(later)) else { throw Missing() }
    }

    private struct Missing: Error {}

    /// What is left alone since before the daemon was started is shown, though nobody reports it.
    @Test func gpuThatNobodyReportsIsMissed() throws {
        let gpu = PCIAddress(domain: 0, bus: 0x18, device: 0)
        let watch = GPUWatch.View(troubles: [
            gpu: GPUTrouble(since: 0, excluded: "the kernel reported Xid 79")
        ])
        let picture = try pipeline().pass(
            [], collectors: [], watch: watch, now: .scripted(seconds: 10))
        #expect(picture.gpus.map(\.address) == [gpu] && picture.gpus[0].isStale)
        #expect(picture.findings.map(\.opinion.id) == [.gpuUnresponsive])
        #expect(picture.verdict.severity == .unknown)
    }
}
