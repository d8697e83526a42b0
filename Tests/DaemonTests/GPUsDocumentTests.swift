import Exposition
import Model
import Testing
import Wire

@testable import Daemon

/// What `/api/v1/gpus` and its like say of GPUs.
struct GPUsDocumentTests {
    static let address = PCIAddress(domain: 0, bus: 0x18, device: 0)
    static let uuid = GPUUUID(high: 1, low: 0x18)

    /// A GPU of which everything is read as 1; `change` says what is otherwise.
    static func gpu(
        _ state: GPUState = .read, _ change: (inout GPUDeviceReport) -> Void = { _ in }
    ) -> GPUDeviceReport {
        var gpu = GPUDeviceReport(address: address, state: state)
        gpu.identity = GPUIdentity(uuid: uuid)
        gpu.readings = GPUCounters.all.map { _ in .value(1, field: 0) }
        gpu.gauges = GPUCounters.gauges.map { _ in .value(1, field: 0) }
        gpu.gauges[row("nvlinks")] = .value(2, field: 0)
        gpu.links = (0...1).map { link(UInt8($0)) }
        change(&gpu)
        return gpu
    }

    /// An active link without an error.
    static func link(_ number: UInt8) -> NVLinkReport {
        NVLinkReport(
            number: number, readings: NVLinkCounters.all.map { _ in .value(0, field: 0) },
            gauges: NVLinkCounters.gauges.map { _ in .value(1, field: 0) })
    }

    static func row(_ gauge: String) -> Int { GPUView.row(gauge: gauge) ?? -1 }

    static func pipeline() -> Pipeline {
        Pipeline(naming: Pipeline.Naming(), keeper: nil, past: Past(), bootID: "boot")
    }

    /// The picture after a pass of the GPU's probe, and of the kernel log's where it has one.
    static func picture(
        _ pipeline: Pipeline = pipeline(), _ gpu: GPUDeviceReport = gpu(),
        library: GPULibrary.State = .ready, isUp: Bool = true,
        log: KernelLogReport.State? = nil, logIsUp: Bool = true,
        watch: GPUWatch.View = GPUWatch.View(), at seconds: UInt64 = 1
    ) -> Picture {
        let moment = Moment.scripted(seconds: seconds)
        let report = GPUReport(
            moment: moment, durationNanoseconds: 1, library: GPULibrary(state: library),
            gpus: [gpu],
            calls: [.ecc: CallLatency(lastNanoseconds: 5, maximumNanoseconds: 7, calls: 9)])
        var answers = [Collected(collector: "gpu", report: .gpu(report))]
        var collectors = [CollectorView.scripted("gpu", seconds: seconds, isUp: isUp)]
        if let log {
            answers.append(
                Collected(
                    collector: "kernel-log",
                    report: .kernelLog(KernelLogReport(moment: moment, state: log))))
            collectors.append(.scripted("kernel-log", seconds: seconds, isUp: logIsUp))
        }
        return pipeline.pass(answers, collectors: collectors, watch: watch, now: moment)
    }

    private static func summary(_ picture: Picture) throws -> V1.GPUSummary {
        try #require(picture.gpus(node: "n", now: picture.now).gpus.first)
    }

    private static func document(_ picture: Picture) throws -> V1.GPU {
        try #require(picture.gpu(address.description, node: "n", now: picture.now))
    }

    /// A row that waits for a reset waits on while nobody reads it: in a turn without an answer,
    /// and where one gauge of the GPU could not be read.
    @Test func whatWasNotReadIsNotOver() {
        let pipeline = Self.pipeline()
        let pending = Self.row("remapped_rows_pending")
        let well = Self.gpu {
            $0.gauges = GPUCounters.gauges.map { _ in .value(0, field: 0) }
        }
        func holds(_ reading: Reading, isUp: Bool = true, at seconds: UInt64) -> Bool {
            var gpu = well
            gpu.gauges[pending] = reading
            return Self.picture(pipeline, gpu, isUp: isUp, at: seconds).findings.contains {
                $0.opinion.id == .gpuMemoryDegraded
            }
        }
        #expect(!holds(.value(0, field: 0), at: 1000))
        #expect(holds(.value(1, field: 0), at: 1010))
        #expect(holds(.value(1, field: 0), isUp: false, at: 1020))
        #expect(holds(.failed, at: 1030))
        #expect(holds(.held(1, field: 0), at: 1040))
        #expect(!holds(.value(0, field: 0), at: 1050))
    }

    /// Beside fresh values the last known one would pass for one of them.
    @Test func whatWasNotReadInTheLatestPassIsNotInItsHeadline() throws {
        let pipeline = Self.pipeline()
        let before = try Self.summary(Self.picture(pipeline))
        #expect(before.temperatureCelsius == 1 && before.recoveryAction == "GPU reset")
        #expect(before.eccUncorrected == 1)
        let failed = Self.gpu {
            $0.gauges = GPUCounters.gauges.map { _ in .failed }
            $0.readings = GPUCounters.all.map { _ in .failed }
            $0.links[0].gauges[NVLinkCounters.stateRow] = .failed
        }
        let picture = Self.picture(pipeline, failed, at: 2)
        let after = try Self.summary(picture)
        #expect(!after.stale)
        #expect(after.temperatureCelsius == nil && after.recoveryAction == nil)
        #expect(after.powerWatts == nil && after.utilization == nil && after.eccUncorrected == nil)
        #expect(try Self.document(picture).links.map(\.stale) == [true, false])
        // Of a stale GPU everything is the last known, and said to be.
        let lost = Self.gpu(.failed(GPUFailure(function: "f", code: 15, codeName: "LOST")))
        let last = try Self.summary(Self.picture(pipeline, lost, at: 3))
        #expect(last.stale && last.temperatureCelsius == 1 && last.eccUncorrected == 1)
    }

    /// What a probe said before it died is no answer.
    @Test func nothingIsUpWithoutItsProbe() throws {
        func shown(_ picture: Picture) -> [String] {
            let desk = Desk(node: "n", clock: SystemClock(), archive: nil)
            desk.show(picture)
            return String(decoding: desk.metrics(.prometheus).bytes, as: UTF8.self)
                .split(separator: "\n").map(String.init)
        }
        let alive = Self.picture(log: .reading)
        let dead = Self.picture(isUp: false, log: .reading, logIsUp: false)
        for name in ["fabricwatch_nvml_up", "fabricwatch_kernel_log_up"] {
            #expect(shown(alive).contains("\(name) 1"))
            #expect(shown(dead).contains("\(name) 0"))
        }
        #expect(alive.gpus(node: "n", now: alive.now).library?.stale == false)
        #expect(dead.gpus(node: "n", now: dead.now).library?.stale == true)
    }

    /// A GPU keeps its state when its probe stops answering, and says so.
    @Test func whatWasReadByAProbeThatDoesNotAnswerIsLastKnown() throws {
        let alive = try Self.summary(Self.picture())
        #expect(alive.state == "read" && !alive.stale && alive.reason == nil)
        let dead = try Self.summary(Self.picture(isUp: false))
        #expect(dead.state == "read" && dead.stale)
        #expect(dead.reason == "Its probe does not answer.")
    }

    /// A call is as old as whoever watches it says, or else as old as its report.
    @Test func howLongACallHasNotReturnedIsSaid() throws {
        let call = GPUCall(
            function: "nvmlX", family: .ecc, nanoseconds: 1_700_000_000, thread: 7)
        let busy = Self.gpu(.busy(call))
        let early = try Self.summary(Self.picture(Self.pipeline(), busy))
        #expect(early.reason == "nvmlX has not returned for 1 s." && early.call?.seconds == 1.7)
        var watch = GPUWatch.View()
        watch.troubles[Self.address] = GPUTrouble(call: call, since: 1_000_000_000)
        let late = try Self.summary(
            Self.picture(Self.pipeline(), busy, watch: watch, at: 13))
        #expect(late.reason == "nvmlX has not returned for 12 s." && late.call?.seconds == 12)
        #expect(late.call?.kernelState == nil && late.call?.wchan == nil)
        let waits = [("D", "os_acquire_rwlock_write"), ("R", "")] as [(Character, String)]
        for (letter, channel) in waits {
            watch.troubles[Self.address]?.kernel = ThreadState(
                letter: letter, waitChannel: channel)
            let stuck = try Self.summary(
                Self.picture(Self.pipeline(), busy, watch: watch, at: 13))
            #expect(stuck.call?.kernelState == String(letter))
            #expect(stuck.call?.wchan == (channel.isEmpty ? nil : channel))
        }
    }

    @Test func damageIsInTheHeadline() throws {
        func damage(_ gpu: GPUDeviceReport) throws -> [String]? {
            try Self.summary(Self.picture(Self.pipeline(), gpu)).damage
        }
        let whole = Self.gpu {
            $0.gauges = GPUCounters.gauges.map { _ in .value(0, field: 0) }
        }
        #expect(try damage(whole) == nil)
        var damaged = whole
        damaged.gauges[Self.row("remapped_rows_failure")] = .value(1, field: 0)
        damaged.gauges[Self.row("persistence_mode")] = .value(1, field: 0)
        #expect(try damage(damaged) == ["remapped_rows_failure"])
        damaged.gauges[Self.row("remapped_rows_failure")] = .failed
        #expect(try damage(damaged) == nil)
        #expect(
            try damage(Self.gpu()) == [
                "sram_threshold_exceeded", "retired_pages_pending", "remapped_rows_pending",
                "remapped_rows_failure",
            ])
    }

    private struct Links: Equatable {
        var total, active, withErrors, observed: Int?

        init(_ total: Int?, _ active: Int?, _ withErrors: Int?, _ observed: Int?) {
            (self.total, self.active, self.withErrors) = (total, active, withErrors)
            self.observed = observed
        }

        init(_ picture: Picture) throws {
            let gpu = try summary(picture)
            let health = picture.health(node: "n", now: picture.now)
            self.init(
                gpu.linksTotal, gpu.linksActive, gpu.linksWithErrors,
                health.observed.nvlinksActive)
        }
    }

    /// None, unknown and zero are three things.
    @Test func linksThatThereAreNoneOfOrThatNobodyKnows() throws {
        func links(_ change: (inout GPUDeviceReport) -> Void) throws -> Links {
            try Links(Self.picture(Self.pipeline(), Self.gpu(.read, change)))
        }
        #expect(try links { $0.links[1].readings[0] = .value(7, field: 0) } == Links(2, 2, 1, 2))
        for nvlinks in [Reading.value(0, field: 0), .unsupported] {
            let found = try links {
                $0.links = []
                $0.gauges[Self.row("nvlinks")] = nvlinks
            }
            #expect(found == Links(0, 0, 0, nil), "a PCIe board")
        }
        let unread = try links { $0.links = [] }
        #expect(unread == Links(2, nil, nil, nil), "the number alone is known")
        let silent = try links {
            for link in $0.links.indices {
                $0.links[link].readings = NVLinkCounters.all.map { _ in .noPermission }
                $0.links[link].gauges[NVLinkCounters.stateRow] = .failed
            }
        }
        #expect(silent == Links(2, nil, nil, nil))
        let half = try links {
            $0.links[1].readings[0] = .failed
            $0.links[1].gauges[NVLinkCounters.stateRow] = .failed
        }
        #expect(half == Links(2, nil, nil, 1), "one may have errors, or be down")
        let bad = try links {
            $0.links[0].readings[0] = .value(7, field: 0)
            $0.links[1].readings[0] = .failed
        }
        #expect(bad == Links(2, 2, 1, 2), "at least one has errors")
        let never = Self.picture(Self.pipeline(), Self.gpu(.noLibrary) { $0.links = [] })
        #expect(try Links(never) == Links(nil, nil, nil, nil))
        let pipeline = Self.pipeline()
        _ = Self.picture(pipeline)
        let dead = Self.picture(pipeline, isUp: false, at: 2)
        #expect(try Links(dead) == Links(2, 2, 0, nil), "the last known, but not as seen")
    }

    @Test func xidsOfABoardStayItsOwn() throws {
        let pipeline = Self.pipeline()
        pipeline.note([Self.xid(62)])
        _ = Self.picture(pipeline)
        pipeline.note([Self.xid(95)])
        let before = Self.picture(pipeline, at: 2)
        func accused(_ picture: Picture) -> [UInt32?] {
            picture.findings.filter { $0.opinion.id == .gpuXid }.map(\.opinion.subject.xid)
        }
        #expect(accused(before) == [62, 95])
        #expect(try Self.document(before).xids.map(\.number) == [62, 95])
        // Who it was is known of the second one alone.
        let other = Self.gpu { $0.identity = GPUIdentity(uuid: GPUUUID(high: 1, low: 0x19)) }
        let after = Self.picture(pipeline, other, at: 3)
        #expect(try Self.document(after).xids.map(\.number) == [62])
        #expect(try Self.summary(after).xids == 1 && accused(after) == [62])
        #expect(Self.xids(before)?.filter { $0.value > 0 } == [62: 1, 95: 1])
        #expect(Self.xids(after)?.filter { $0.value > 0 } == [62: 1], "as the API says")
        // While nobody knows who is there, all may be.
        let unknown = Self.gpu(.noLibrary) { $0.identity = nil }
        let restored = Pipeline(
            naming: Pipeline.Naming(), keeper: nil, past: Past(journal: after.journal))
        #expect(try Self.summary(Self.picture(restored, unknown)).xids == 2)
    }

    private static func xids(_ picture: Picture) -> [UInt32: UInt64]? {
        GPUsSample(picture)?.gpus.first?.xids
    }

    @Test(
        arguments: [
            (.ready, true, nil, true, false), (.ready, false, nil, true, false),
            (.hung, true, nil, true, false), (.hung, true, .reading, true, true),
            (.hung, true, .reading, false, false), (.hung, true, .noPermission, true, false),
        ] as [(GPULibrary.State, Bool, KernelLogReport.State?, Bool, Bool)])
    func noXidIsOnlySaidWhileSomebodyWouldTell(
        library: GPULibrary.State, isUp: Bool, log: KernelLogReport.State?, logIsUp: Bool,
        isTold: Bool
    ) throws {
        let pipeline = Self.pipeline()
        func picture(at seconds: UInt64) -> Picture {
            Self.picture(
                pipeline, library: library, isUp: isUp, log: log, logIsUp: logIsUp, at: seconds)
        }
        let first = picture(at: 1)
        #expect(Self.xids(first)?[79] == (isTold ? 0 : nil))
        #expect(try Self.summary(first).xids == (isTold ? 0 : nil))
        pipeline.note([Self.xid(63)])
        let second = picture(at: 2)
        #expect(Self.xids(second)?[63] == 1, "what was told stays")
        #expect(try Self.summary(second).xids == 1)
    }

    static func xid(_ number: UInt32) -> NodeEvent {
        NodeEvent(
            kind: .xid, device: .pci(address), number: number,
            wallMilliseconds: 1_700_000_000_000, source: .kernelLog, record: UInt64(number),
            line: "line")
    }
}
