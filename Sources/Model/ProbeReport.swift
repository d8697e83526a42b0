/// What a probe saw in one pass.
package enum ProbeReport: Hashable, Sendable {
    /// Both ends of the node's cables.
    case infiniBand(InfiniBandReport)
    /// The GPUs and their NVLinks.
    case gpu(GPUReport)
    /// The kernel log's reader.
    case kernelLog(KernelLogReport)
    /// The PCI functions of HCAs and GPUs, and the bridges above them.
    case pcie(PCIReport)

    /// When it was collected.
    package var moment: Moment {
        switch self {
        case .infiniBand(let report): report.moment
        case .gpu(let report): report.moment
        case .kernelLog(let report): report.moment
        case .pcie(let report): report.moment
        }
    }

    /// How long collecting took.
    package var durationNanoseconds: UInt64 {
        switch self {
        case .infiniBand(let report): report.durationNanoseconds
        case .gpu(let report): report.durationNanoseconds
        case .kernelLog: 0
        case .pcie(let report): report.durationNanoseconds
        }
    }
}

/// How the kernel log's reader does; events come by themselves.
package struct KernelLogReport: Hashable, Sendable {
    /// Whether the log can be read, or why not.
    package enum State: String, CaseIterable, Sendable {
        /// It is read.
        case reading
        /// The daemon may not read it.
        case noPermission = "no_permission"
        /// There is none.
        case missing
        /// Reading ended with another error.
        case failed
    }

    /// When it said so.
    package var moment: Moment
    /// Whether the log can be read, or why not.
    package var state: State
    /// One sentence for an operator; empty when all is well.
    package var detail: String
    /// Records read since the probe started, those of programs and known ones included.
    package var records: UInt64
    /// Records that made an event or added to one.
    package var matched: UInt64
    /// Records that were overwritten before they were read.
    package var lost: UInt64
    /// Records that programs wrote, which are not believed.
    package var foreign: UInt64
    /// Records that could not be understood.
    package var malformed: UInt64
    /// Events that were left out because too many came at once.
    package var dropped: UInt64
    /// The number of the latest record; nil before the first.
    package var lastRecord: UInt64?

    /// How the reader does.
    package init(
        moment: Moment, state: State, detail: String = "", records: UInt64 = 0,
        matched: UInt64 = 0, lost: UInt64 = 0, foreign: UInt64 = 0, malformed: UInt64 = 0,
        dropped: UInt64 = 0, lastRecord: UInt64? = nil
    ) {
        self.moment = moment
        self.state = state
        self.detail = detail
        self.records = records
        self.matched = matched
        self.lost = lost
        self.foreign = foreign
        self.malformed = malformed
        self.dropped = dropped
        self.lastRecord = lastRecord
    }
}

/// A kind of probe: the word behind `fabricwatchd probe`, and the name of its collector unless the
/// configuration names several.
package enum ProbeKind: String, CaseIterable, Sendable {
    /// Reads InfiniBand ports.
    case infiniBand = "infiniband"
    /// Reads GPUs.
    case gpu
    /// Reads the kernel log.
    case kernelLog = "kernel-log"
    /// Reads PCI functions.
    case pcie

    /// The collector's name, in the API and in metrics.
    package var collector: String { rawValue }
}

/// What a probe is to do.
package enum ProbeConfiguration: Hashable, Sendable {
    /// Read InfiniBand ports.
    case infiniBand(InfiniBandConfiguration)
    /// Read GPUs.
    case gpu(GPUConfiguration)
    /// Read the kernel log.
    case kernelLog(KernelLogConfiguration)
    /// Read PCI functions.
    case pcie(PCIConfiguration)

    /// The kind of probe that this is for.
    package var kind: ProbeKind {
        switch self {
        case .infiniBand: .infiniBand
        case .gpu: .gpu
        case .kernelLog: .kernelLog
        case .pcie: .pcie
        }
    }

    /// The same for a reader of InfiniBand ports that leaves these devices alone.
    package func leavingAlone(_ devices: [String]) -> ProbeConfiguration {
        guard case .infiniBand(var ports) = self else { return self }
        ports.stopped = devices
        return .infiniBand(ports)
    }

    /// Lets a reader of the kernel log that is started anew go on behind a record; nil changes
    /// nothing.
    package mutating func goOn(behind record: UInt64?) {
        guard case .kernelLog(var log) = self, let record else { return }
        log.afterRecord = record
        self = .kernelLog(log)
    }
}

/// What the GPU probe is to read, and how patiently.
package struct GPUConfiguration: Hashable, Sendable {
    /// The library; empty means `libnvidia-ml.so.1` and the known places.
    package var library: String
    /// Stands for `/sys`.
    package var sysRoot: String
    /// Globs of PCI addresses that are read.
    package var include: [String]
    /// Globs of PCI addresses that are not even touched.
    package var exclude: [String]
    /// GPUs that are left alone for now, and why.
    package var stopped: [PCIAddress: String]
    /// Nanoseconds within which a pass answers, whatever hangs.
    package var budgetNanoseconds: UInt64
    /// Nanoseconds after which the next GPU is read beside one that has not answered.
    package var patienceNanoseconds: UInt64

    /// What to read, and how patiently.
    package init(
        library: String = "", sysRoot: String = "/sys", include: [String] = ["*"],
        exclude: [String] = [], stopped: [PCIAddress: String] = [:],
        budgetNanoseconds: UInt64 = 500_000_000, patienceNanoseconds: UInt64 = 100_000_000
    ) {
        self.library = library
        self.sysRoot = sysRoot
        self.include = include
        self.exclude = exclude
        self.stopped = stopped
        self.budgetNanoseconds = budgetNanoseconds
        self.patienceNanoseconds = patienceNanoseconds
    }

    /// Whether a GPU may be touched.
    package func mayTouch(_ address: PCIAddress) -> Bool {
        let covers = { (pattern: String) in
            Glob.matches(pattern: pattern, text: address.description)
        }
        return include.contains(where: covers) && !exclude.contains(where: covers)
    }
}

/// Where the kernel log is read, and from where on.
package struct KernelLogConfiguration: Hashable, Sendable {
    /// The device file.
    package var path: String
    /// The latest record of this boot that was read before; what is older is not told again.
    package var afterRecord: UInt64?

    /// Where to read.
    package init(path: String = "/dev/kmsg", afterRecord: UInt64? = nil) {
        self.path = path
        self.afterRecord = afterRecord
    }
}

/// How far the kernel log was read: a record of a boot, to go on behind after a restart.
package struct KernelLogPosition: Hashable, Sendable {
    /// The boot, `/proc/sys/kernel/random/boot_id`.
    package var bootID: String
    /// The number of the latest record that was read.
    package var record: UInt64

    /// A record of a boot.
    package init(bootID: String, record: UInt64) {
        self.bootID = bootID
        self.record = record
    }

    /// The record when it is one of this boot; nil otherwise, and when nobody knows the boot.
    package func record(in bootID: String) -> UInt64? {
        self.bootID == bootID && !bootID.isEmpty ? record : nil
    }
}
