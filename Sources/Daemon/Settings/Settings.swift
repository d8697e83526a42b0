import Model

/// What the operator decided, read once at start from a YAML file.
///
/// Ranges, reasons and the text of the file are in `SettingsTable`; the initial values here are the
/// defaults, said nowhere else. Every value has passed its checks, so users need none of their own.
package struct Settings: Sendable, Equatable {
    /// The settings of an empty file.
    package static let defaults = Settings()

    /// What this node is called.
    package internal(set) var node = Node()
    /// The time from the start of one pass to the start of the next.
    package internal(set) var interval = Duration.seconds(10)
    /// What is read from InfiniBand, and how hard.
    package internal(set) var infiniband = InfiniBand()
    /// What is read from GPUs.
    package internal(set) var gpu = GPU()
    /// What is read of PCIe links.
    package internal(set) var pcie = PCIe()
    /// Where the kernel log is read.
    package internal(set) var kernelLog = KernelLog()
    /// What the node is expected to have.
    package internal(set) var inventory = Inventory()
    /// Numbers in the place of the catalogue's, in the order of the file.
    package internal(set) var conditions: [ConditionOverride] = []
    /// Where the kernel's file systems are.
    package internal(set) var paths = Paths()
    /// How the processes that touch the hardware are watched.
    package internal(set) var probe = Probe()
    /// What is kept on disk.
    package internal(set) var history = History()
    /// Where answers are given, and their bounds.
    package internal(set) var serve = Serve()
    /// What is written to the log.
    package internal(set) var log = Log()

    /// `node`: what this node is called.
    package struct Node: Sendable, Equatable {
        /// The name in answers and metrics; nil means the host name.
        package internal(set) var name: String?
    }

    /// `infiniband`: what is read, and how hard.
    package struct InfiniBand: Sendable, Equatable {
        /// Whether InfiniBand is read at all.
        package internal(set) var isEnabled = true
        /// The time after which identities are read again, in the first pass after it.
        package internal(set) var identityInterval = Duration.seconds(60)
        /// Patterns (`Model.Glob`) of DEVICE or DEVICE/PORT; at least one.
        package internal(set) var include = ["*"]
        /// Patterns of what is left out although included.
        package internal(set) var exclude: [String] = []
        /// The service level of performance queries, 0 to 15.
        package internal(set) var serviceLevel = 0
        /// How many MADs may be under way at once, 1 to 128.
        package internal(set) var outstandingMADs = 32
        /// How long one MAD is waited for, per try.
        package internal(set) var madTimeout = Duration.milliseconds(300)
        /// How often a MAD is sent again, 0 to 5.
        package internal(set) var madRetries = 1
        /// Names and rails by GUID; no GUID and no name twice.
        package internal(set) var devices: [Device] = []
        /// The probe processes as written; ``probeInstances`` is what to start.
        package internal(set) var probes: [ProbeInstance] = []

        /// The probe processes to start: those written, else one for all devices.
        package var probeInstances: [ProbeInstance] { probes.isEmpty ? [.defaults] : probes }
    }

    /// `infiniband.devices[]`: what an operator calls a device.
    package struct Device: SettingsGroup {
        static let defaults = Device()

        /// The node GUID, never 0.
        package internal(set) var guid: UInt64 = 0
        /// The `device` label; nil means the kernel's name.
        package internal(set) var name: String?
        /// The rail of the node's fabric, 0 to 255.
        package internal(set) var rail: Int?
    }

    /// `infiniband.probes[]`: one probe process and the devices it reads.
    package struct ProbeInstance: SettingsGroup {
        static let defaults = ProbeInstance()

        /// The name in metrics and log lines, unique among the probes.
        package internal(set) var name = ProbeKind.infiniBand.collector
        /// Patterns of the devices and ports it reads, within `infiniband.include`; at least one.
        package internal(set) var include = ["*"]
        /// Patterns of what it leaves out.
        package internal(set) var exclude: [String] = []
        /// Variables added to the environment of the process.
        package internal(set) var environment: [String: String] = [:]
    }

    /// `gpu`: what is read of GPUs and NVLinks.
    package struct GPU: Sendable, Equatable {
        /// Whether GPUs are read where there are any.
        package internal(set) var isEnabled = true
        /// The path of libnvidia-ml; nil means the usual places.
        package internal(set) var library: String?
        /// Patterns (`Model.Glob`) of PCI addresses; at least one.
        package internal(set) var include = ["*"]
        /// Patterns of what is left out although included.
        package internal(set) var exclude: [String] = []
        /// Variables added to the environment of the probe.
        package internal(set) var environment: [String: String] = [:]
        /// The wait before a GPU that hung or crashed is tried alone, the first time.
        package internal(set) var retryDelayMin = Duration.seconds(30)
        /// The longest such wait; at least `retryDelayMin`.
        package internal(set) var retryDelayMax = Duration.seconds(600)
    }

    /// `pcie`: what is read of the PCIe links of HCAs and GPUs.
    package struct PCIe: Sendable, Equatable {
        /// Whether they are read.
        package internal(set) var isEnabled = true
        /// The time after which they are read again, in the first pass after it.
        package internal(set) var interval = Duration.seconds(30)
    }

    /// `kernel_log`: where the kernel's messages are read.
    package struct KernelLog: Sendable, Equatable {
        /// Whether they are read.
        package internal(set) var isEnabled = true
        /// The device file.
        package internal(set) var path = "/dev/kmsg"
    }

    /// `inventory`: what the node is expected to have.
    package struct Inventory: Sendable, Equatable {
        /// The path of the manifest; nil means that nothing is expected.
        package internal(set) var manifest: String?
    }

    /// `paths`: where the kernel's file systems are.
    package struct Paths: Sendable, Equatable {
        /// sysfs.
        package internal(set) var sys = "/sys"
    }

    /// `probe`: how probe processes are watched.
    package struct Probe: Sendable, Equatable {
        /// A later answer is slow: counted, and the pass goes on without it.
        package internal(set) var softDeadline = Duration.seconds(2)
        /// A probe that has not answered by then is killed; more than `softDeadline`.
        package internal(set) var hardDeadline = Duration.seconds(10)
        /// The wait before the first restart.
        package internal(set) var restartDelayMin = Duration.seconds(1)
        /// The longest wait before a restart; at least `restartDelayMin`.
        package internal(set) var restartDelayMax = Duration.seconds(60)
    }

    /// `history`: what is kept on disk.
    package struct History: Sendable, Equatable {
        /// Whether anything is kept across restarts.
        package internal(set) var isEnabled = true
        /// An absolute path.
        package internal(set) var directory = "/var/lib/fabricwatch"
        /// Older records are dropped.
        package internal(set) var maxAge = Duration.seconds(30 * 86400)
        /// The budget on disk, in bytes.
        package internal(set) var maxSize = 512 << 20
        /// The size of the file that is given up when the disk is full, in bytes.
        package internal(set) var ballast = 8 << 20
        /// Passes are sealed together for so long.
        package internal(set) var slot = Duration.seconds(3600)
        /// At most so many passes are sealed together.
        package internal(set) var slotPasses = 600
        /// Older slots are thinned; nil to keep all of them whole.
        package internal(set) var thinAfter: Duration?
    }

    /// `serve`: where answers are given, and their bounds.
    package struct Serve: Sendable, Equatable {
        /// The absolute path of the Unix socket, at most 107 bytes; nil means none.
        package internal(set) var socket: String? = "/run/fabricwatch/fabricwatch.sock"
        /// The permission bits of the socket.
        package internal(set) var socketMode = 0o660
        /// Where TCP is listened on, a loopback address unless `isInsecure`; nil means nowhere.
        package internal(set) var tcp: TCPAddress? = TCPAddress(host: "127.0.0.1", port: 9797)
        /// Whether plain TCP beyond loopback is allowed.
        package internal(set) var isInsecure = false
        /// How many connections may be open at once.
        package internal(set) var maxConnections = 256
        /// The largest request head, in bytes.
        package internal(set) var maxHeadSize = 16 << 10
        /// The time for a request head to be complete.
        package internal(set) var headTimeout = Duration.seconds(5)
        /// The time after which an unused connection is closed.
        package internal(set) var idleTimeout = Duration.seconds(75)
        /// The time for an answer to be made and written.
        package internal(set) var requestTimeout = Duration.seconds(10)
    }

    /// A host and a port to listen on.
    package struct TCPAddress: Sendable, Equatable {
        /// An IPv4 address, an IPv6 address without brackets, or a host name.
        package let host: String
        /// 0 lets the kernel choose.
        package let port: Int
    }

    /// `log`: what is written to the log.
    package struct Log: Sendable, Equatable {
        /// The least severe level that is written.
        package internal(set) var level = Level.info

        /// The levels of swift-log, by its names.
        package enum Level: String, Sendable, CaseIterable {
            /// Every step.
            case trace
            /// What a developer needs.
            case debug
            /// What an operator may want to know.
            case info
            /// What an operator should know.
            case notice
            /// What may become an error.
            case warning
            /// What failed.
            case error
            /// What stops the daemon.
            case critical
        }
    }
}

/// A group of keys that has values before any is set.
protocol SettingsGroup: Sendable, Equatable {
    static var defaults: Self { get }
}

extension Settings: SettingsGroup {}
