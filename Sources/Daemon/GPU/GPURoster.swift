import Model

/// The GPUs that were reported since the daemon started.
///
/// A GPU that is not reported any more must not vanish from a node that then looks healthy: it
/// stays, marked, until the daemon is restarted.
struct GPURoster: Sendable {
    /// One GPU.
    struct Entry: Sendable {
        /// As the latest report that has it says.
        var report: GPUDeviceReport
        /// Whether the latest report has it.
        var isListed = true
        /// When its readings were taken; nil when there are none.
        var read: Moment?
        /// Links that were active at some time since the daemon started.
        var wereActive: Set<UInt8> = []
        /// The latest moment at which it is known to have counted on; nil when none is.
        var counted: Moment?
        /// The instance of driver and device whose energy was read last, and when it was still the
        /// same, whether the GPU could be read or not.
        var instance: (epoch: UInt64, lasted: Moment)?
    }

    /// The GPUs by address.
    private(set) var entries: [PCIAddress: Entry] = [:]
    /// The library as last reported; nil before the first report.
    private(set) var library: GPULibrary?
    /// How long calls took, as last reported.
    private(set) var calls: [CallFamily: CallLatency] = [:]
    // What the history knows of when energy was last read.
    private var counted: [GPUUUID: Moment]
    private var restarts: [PCIAddress: Restart] = [:]

    /// Without GPUs; `counted` says when the energy of some was last read.
    init(counted: [GPUUUID: Moment] = [:]) {
        self.counted = counted
    }

    /// The GPU at an address; nil when there is none or who it is is not known.
    func uuid(at device: NodeEvent.Device?) -> GPUUUID? {
        guard case .pci(let address) = device else { return nil }
        return entries[address]?.report.identity?.uuid
    }

    /// The GPUs that were seen to have begun counting anew, each told once.
    mutating func takeRestarts() -> [PCIAddress: Restart] {
        defer { restarts = [:] }
        return restarts
    }

    /// Takes a report in, and compares what was read with the ledger; returns what limits deltas.
    mutating func take(_ report: GPUReport, _ ledger: inout Ledger) -> [CounterEvent] {
        library = report.library
        calls = report.calls
        for address in report.foreign { entries[address] = nil }
        let listed = Set(report.gpus.map(\.address))
        for address in entries.keys where !listed.contains(address) {
            entries[address]?.isListed = false
        }
        var events: [CounterEvent] = []
        let start = report.moment.earlier(byNanoseconds: report.durationNanoseconds / 2)
        for gpu in report.gpus { events += take(gpu, from: start, at: report.moment, &ledger) }
        return events
    }

    private mutating func take(
        _ gpu: GPUDeviceReport, from start: Moment, at moment: Moment, _ ledger: inout Ledger
    ) -> [CounterEvent] {
        var entry = entries[gpu.address] ?? Entry(report: gpu)
        let identity = gpu.identity ?? entry.report.identity
        // Another board in the slot has its own past.
        if identity?.uuid != entry.report.identity?.uuid { entry = Entry(report: gpu) }
        let links = gpu.links.isEmpty && gpu.state != .read ? entry.report.links : gpu.links
        entry.report = gpu
        entry.report.identity = identity
        entry.report.links = links
        entry.isListed = gpu.isListed
        defer { entries[gpu.address] = entry }
        let read = moment.earlier(byNanoseconds: gpu.ageNanoseconds)
        guard gpu.state == .read else {
            entry.noteUnread(gpu, asked: read, looked: start)
            return []
        }
        entry.read = read
        for link in gpu.links where link.state == .active {
            entry.wereActive.insert(link.number)
        }
        guard let uuid = gpu.identity?.uuid else { return [] }
        let key = PartKey.gpu(uuid)
        let isRestarted = ledger.hasRestarted(key, gpu.readings)
        if gpu.hasEnergy {
            let before = counted.removeValue(forKey: uuid)
            if isRestarted { restarts[gpu.address] = entry.restart(gpu, at: read, before) }
            entry.counted = read
            entry.instance = (gpu.epoch, read)
        }
        var events = ledger.observe(key, gpu.observation(isRestarted: isRestarted), at: read)
        for link in gpu.links {
            events += ledger.observe(
                .nvlink(uuid, link.number),
                gpu.observation(of: link, isRestarted: isRestarted), at: read)
        }
        return events
    }
}

extension GPURoster.Entry {
    // A GPU that only a new start brings back has not had it yet: when it was asked, or when the
    // kernel's lists were looked at.
    fileprivate mutating func noteUnread(
        _ gpu: GPUDeviceReport, asked: Moment, looked: Moment
    ) {
        if instance?.epoch == gpu.epoch { instance?.lasted = looked }
        guard case .failed(let failure) = gpu.state, failure.lastsUntilRestart else { return }
        counted = Moment.later(counted, gpu.isListed ? asked : looked)
    }

    // A reset alone leaves driver and device the same; whatever makes them others is a new start,
    // and came after the latest look at the old ones.
    fileprivate func restart(
        _ gpu: GPUDeviceReport, at read: Moment, _ before: Moment?
    ) -> Restart {
        let lasted = instance.flatMap { $0.epoch == gpu.epoch ? nil : $0.lasted }
        return Restart(
            after: Moment.later(counted ?? before, lasted), read: read, isWell: gpu.asksForNothing)
    }

    /// A GPU that no report has had.
    init(neverReported address: PCIAddress, _ trouble: GPUTrouble?) {
        report = GPUDeviceReport(address: address, state: .excluded(trouble?.excluded ?? ""))
    }
}

extension GPUDeviceReport {
    fileprivate var hasEnergy: Bool {
        if case .value = readings[GPUCounters.energyRow] { true } else { false }
    }

    fileprivate var asksForNothing: Bool {
        if case .value(0, _) = gauges[GPUCounters.recoveryActionRow] { true } else { false }
    }

    // The inventory keeps a GPU that sysfs has ceased to list, and says so.
    fileprivate var isListed: Bool {
        if case .failed(let failure) = state { failure.function != "sysfs" } else { true }
    }
}

/// What a link does (nvml.h NVML_FI_DEV_NVLINK_GET_STATE).
enum NVLinkState: UInt64 {
    case inactive = 0
    case active = 1
    case asleep = 2

    /// Whether it can carry traffic.
    var isUp: Bool { self != .inactive }
}

extension NVLinkReport {
    /// What the link does; nil when it was not read.
    var state: NVLinkState? {
        guard case .value(let raw, _) = gauges[NVLinkCounters.stateRow] else { return nil }
        return NVLinkState(rawValue: raw)
    }
}

extension Moment {
    // Of the same boot.
    fileprivate static func later(_ left: Moment?, _ right: Moment?) -> Moment? {
        guard let left, let right else { return left ?? right }
        return left.boottimeNanoseconds < right.boottimeNanoseconds ? right : left
    }

    /// The moment this long before.
    func earlier(byNanoseconds nanoseconds: UInt64) -> Moment {
        guard nanoseconds > 0 else { return self }
        return Moment(
            bootID: bootID,
            boottimeNanoseconds: boottimeNanoseconds - min(boottimeNanoseconds, nanoseconds),
            wallMilliseconds: wallMilliseconds - Int64(clamping: nanoseconds / 1_000_000))
    }
}
