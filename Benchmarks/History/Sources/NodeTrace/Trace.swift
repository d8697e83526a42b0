package import Model

/// The passes of a synthetic node, one after the other: eight cables with both ends, eight GPUs of
/// eighteen NVLinks, eight optical modules; 2,520 series.
///
/// Everything follows from the seed. Days differ in jobs, errors and gaps; resets are at the same
/// time on each. The trace is stepped once a second whatever the interval of passes, so that a
/// trace with a pass every 10 s is the same node seen less often.
package struct Trace {
    /// Where a pass stands to the one before.
    package enum Start: Sendable {
        /// The daemon ran on.
        case none
        /// The daemon was restarted in between.
        case daemon
        /// The node was rebooted in between.
        case node
    }

    /// 2025-11-20T00:00:00Z, the first second, in milliseconds since 1970.
    package static let startMilliseconds: Int64 = 1_763_596_800_000
    /// The seed that published figures are of.
    package static let seed: UInt64 = 20_251_120
    private static let cables = 8
    private static let gpus = 8

    /// The latest pass.
    package private(set) var record: PassRecord
    /// Where it stands to the one before.
    package private(set) var start = Start.none
    /// How many passes there were.
    package private(set) var count = 0
    /// Seconds of the trace, whole days included, up to the latest pass.
    package private(set) var second = -1
    /// How many samples of the latest pass differ from the one before.
    package var changedCount: Int { registers.changedCount }

    private let interval: Int
    private let seed: UInt64
    private var noise: Noise
    private var registers = Registers()
    private var ports: [PortModel] = []
    private var gpus: [GPUModel] = []
    private var modules: [ModuleModel] = []
    private var schedule: Schedule
    private var nextErrors = 0
    private var now = 0.0
    private var boots = 0
    private var bootTime = -864_000.0
    private var nearFrom: Double?
    private var farParts: [Int] = []
    private var nearParts: [Int] = []
    private var gpuParts: [Int] = []
    private var pending = Start.none

    /// A trace from its beginning, with a pass every `interval` seconds.
    package init(interval: Int, seed: UInt64 = Trace.seed) {
        self.interval = interval
        self.seed = seed
        noise = Noise(seed: seed)
        schedule = Schedule(seed: seed, day: 0)
        record = PassRecord(
            moment: Moment(bootID: "", boottimeNanoseconds: 0, wallMilliseconds: 0), series: [],
            events: [])
        addPorts()
        addGPUs()
        addModules()
    }

    /// The next pass, in `record`.
    package mutating func next() {
        while true {
            second += 1
            let clock = second % Schedule.seconds
            if clock == 0, second > 0 {
                schedule = Schedule(seed: seed, day: second / Schedule.seconds)
                nextErrors = 0
            }
            let isPass = second % interval == 0 && !schedule.missed.contains(clock)
            step(clock, isPass: isPass)
            guard isPass else { continue }
            collect(clock)
            return
        }
    }
}

// MARK: The parts

extension Trace {
    private mutating func add(_ key: PartKey, _ partClass: PartClass, bundle: String) -> Int {
        let columns = partClass.layout.columns.count
        record.series.append(
            SeriesRecord(
                key: key.description, layout: partClass.layout,
                bundle: bundle, isPresent: false,
                cells: Array(repeating: .unsupported, count: columns),
                origins: Array(repeating: .none, count: columns)))
        let first = registers.add(partClass)
        if let token = partClass.live.last, !token.isSample {
            registers.counts[first + partClass.live.count - 1] = noise.next() >> 1
        }
        return first
    }

    // Each rail has a leaf switch of its own. Both ends of a cable are kept together, and so are a
    // GPU and its links, as the ledger does it.
    private mutating func addPorts() {
        let ends = (0..<Self.cables).map { cable in
            PartKey.port(
                PortKey(node: GUID(0x0c42_a103_0012_3400 + UInt64(cable) * 8), port: 1))
        }
        let near = ends.map { add($0, .port, bundle: $0.description) }
        let far = (0..<Self.cables).map { cable in
            let guid = GUID(0xfc6a_1c03_00aa_1100 + UInt64(cable) * 64)
            return add(.port(PortKey(node: guid, port: 17)), .port, bundle: ends[cable].description)
        }
        nearParts = Array(0..<Self.cables)
        farParts = Array(Self.cables..<2 * Self.cables)
        ports = (0..<Self.cables).map { cable in
            PortModel(
                near: near[cable], far: far[cable], isBad: cable == Schedule.badCable, &registers,
                &noise)
        }
    }

    private mutating func addGPUs() {
        let uuids = (0..<Self.gpus).map {
            GPUUUID(high: 0x1b5c_9d20_77aa_4f00 + UInt64($0), low: 0x9c11_0242_ac12_0002)
        }
        let first = record.series.count
        let places = uuids.map { add(.gpu($0), .gpu, bundle: $0.description) }
        gpuParts = Array(first..<record.series.count)
        gpus = uuids.indices.map { index in
            let links = (0..<UInt8(GPUModel.linkCount)).map {
                add(.nvlink(uuids[index], $0), .link, bundle: uuids[index].description)
            }
            return GPUModel(
                gpu: places[index], links: links, isThrottled: index == 2 || index == 5,
                &registers, &noise)
        }
    }

    private mutating func addModules() {
        modules = (0..<Self.cables).map { cable in
            let address = PCIAddress(domain: 0, bus: UInt8(0x18 + 16 * cable), device: 0)
            let module = add(.pci(address), .module, bundle: "pci")
            return ModuleModel(module: module, &registers, &noise)
        }
    }

    private func parts(ofGPU gpu: Int) -> [Int] {
        let links = gpuParts[0] + Self.gpus + gpu * GPUModel.linkCount
        return [gpuParts[gpu]] + Array(links..<links + GPUModel.linkCount)
    }
}

// MARK: Time

extension Trace {
    // What the node does in a second.
    private mutating func step(_ clock: Int, isPass: Bool) {
        let day = Double(second - clock)
        let before = now
        now = Double(second) + (isPass ? jitter() : 0)
        reset(clock, day)
        let start = before - day
        let end = now - day
        let job = schedule.jobs.first { $0.start < end && $0.end > start }
        let isUp = !Schedule.reboot.contains(clock)
        let isBusy = isUp && job.map { !$0.isPaused(at: end) } ?? false
        var load = PortModel.Load()
        if let job, isBusy {
            load = PortModel.Load(
                communication: max(
                    0, job.communication(until: end) - job.communication(until: start)),
                level: job.level, isActive: job.communicates(at: end))
        }
        let shared = isBusy ? noise.lognormal(0.1) : 1
        let isFlapping = schedule.flaps.contains { $0.contains(clock) }
        for cable in ports.indices {
            ports[cable].step(
                load, shared: shared, now: now, nearFrom: nearFrom,
                isDown: isFlapping && cable == Schedule.badCable, &registers, &noise)
        }
        nearFrom = nil
        guard isUp else { return }
        for gpu in gpus.indices {
            gpus[gpu].step(
                load, seconds: now - before, isBusy: isBusy && !isAway(gpu, clock),
                shared: shared, &registers, &noise)
        }
        addErrors(clock)
    }

    private func isAway(_ gpu: Int, _ clock: Int) -> Bool {
        gpu == 3 && Schedule.gpuAway.contains(clock)
    }

    // Milliseconds as a rule; now and then the daemon is late.
    private mutating func jitter() -> Double {
        noise.unit() < 0.004
            ? noise.uniform(0.05, 0.3) : 0.0005 + abs(0.003 * noise.normal())
    }

    private mutating func addErrors(_ clock: Int) {
        while nextErrors < schedule.errors.count, schedule.errors[nextErrors].second <= clock {
            let error = schedule.errors[nextErrors]
            let part = error.end / 2 + (error.end % 2) * Self.cables
            registers.counts[registers.parts[part].first + error.column] += error.count
            nextErrors += 1
        }
        let bad = registers.parts[Schedule.badCable].first
        for flap in schedule.flaps where flap.lowerBound == clock {
            registers.counts[bad + PortColumn.downed] += 1
            registers.counts[bad + PortColumn.recoveries] += 1
        }
    }

    private mutating func reset(_ clock: Int, _ day: Double) {
        switch clock {
        case Schedule.daemonRestart.upperBound:
            pending = .daemon
        case Schedule.queryReset:
            registers.clear(nearParts[1])
        case Schedule.reboot.upperBound:
            pending = .node
            boots += 1
            bootTime = day + Schedule.rebootIsUp - 30
            nearFrom = day + Schedule.rebootIsUp
            let token = noise.next() >> 1
            for part in nearParts { registers.restart(part, token: token) }
            for gpu in gpus.indices { restart(gpu) }
        case Schedule.gpuAway.lowerBound:
            for part in parts(ofGPU: 3) { registers.setAway(part, true) }
        case Schedule.gpuAway.upperBound:
            for part in parts(ofGPU: 3) { registers.setAway(part, false) }
            restart(3)
        default: break
        }
    }

    private mutating func restart(_ gpu: Int) {
        let token = noise.next() >> 1
        for part in parts(ofGPU: gpu) { registers.restart(part, token: token) }
    }

    // What the daemon sees.
    private mutating func collect(_ clock: Int) {
        let job = schedule.jobs.first { $0.start <= Double(clock) && Double(clock) < $0.end }
        for cable in ports.indices {
            ports[cable].ask(&registers)
            registers.setAway(farParts[cable], noise.unit() < 0.001)
        }
        for gpu in gpus.indices {
            gpus[gpu].look(memoryMegabytes: job?.memoryMegabytes, &registers, &noise)
        }
        for module in modules.indices { modules[module].look(now: now, &registers, &noise) }
        registers.observe(into: &record)
        record.moment = Moment(
            bootID: "5b0f4c1e-7d0a-4c55-9a9e-\(Hexadecimal.padded(boots, digits: 12))",
            boottimeNanoseconds: UInt64(((now - bootTime) * 1e9).rounded()),
            wallMilliseconds: Self.startMilliseconds + Int64((now * 1000).rounded(.down)))
        start = pending
        pending = .none
        count += 1
    }
}

// MARK: What was collected

extension Trace {
    /// A column that has samples.
    package struct Sampled: Sendable {
        /// The index of its series in the record.
        package let series: Int
        /// Its index in the series' layout.
        package let column: Int
    }

    /// All columns that have samples, in the order of the record.
    package var sampled: [Sampled] {
        registers.parts.enumerated().flatMap { index, part in
            part.partClass.live.filter(\.isSample).map {
                Sampled(series: index, column: $0.column)
            }
        }
    }

    /// How many samples the latest pass has: values, neither gaps nor what is not offered.
    package var sampleCount: Int {
        registers.parts.reduce(0) { sum, part in
            part.state.isAway ? sum : sum + part.partClass.live.count(where: \.isSample)
        }
    }
}
