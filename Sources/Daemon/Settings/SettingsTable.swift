/// Every key of the settings file, said once: checks, example file and documentation follow it.
///
/// The defaults are the initial values of `Settings`. Computed, so that nothing of the table stays
/// in memory after start.
enum SettingsTable {
    /// The groups in the order of the file, each with one sentence about it.
    static var sections: [(name: String, about: String)] {
        [
            ("node", "What this node is called."),
            ("infiniband", "What is read from InfiniBand, and how hard."),
            ("gpu", "What is read of GPUs and NVLinks, through NVIDIA's NVML."),
            ("pcie", "What is read of the PCIe links of HCAs and GPUs, through sysfs."),
            ("kernel_log", "Where the kernel's messages are read: Xids, modules, PCIe errors."),
            ("inventory", "What the node is expected to have."),
            ("paths", "Where the kernel's file systems are."),
            ("probe", "The processes that touch the hardware, and how they are watched."),
            ("history", "What is kept on disk."),
            ("serve", "Where answers are given, and the bounds that keep clients cheap."),
            ("log", "What is written to the log."),
        ]
    }

    static var all: [Setting<Settings>] {
        general + infiniband + infinibandLists + gpu + pcie + kernelLog + probe + history
            + serveWhere + serveBounds + log
    }

    private static var general: [Setting<Settings>] {
        [
            Setting(
                "node.name", \.node.name, .hostName,
                help: "The name of this node in answers and metrics; \"\" means the host name.",
                reason: "Sites whose host names say little can use the scheduler's node name."),
            Setting(
                "interval", \.interval, .duration(.seconds(1)...(.seconds(3600))),
                help: "The time from the start of one pass over all devices to the next.",
                reason:
                    "Short enough to see a bad link soon, long enough to leave the node to "
                    + "its jobs."
            ),
            Setting(
                "conditions", \.conditions, .conditions,
                help: "Numbers that conditions are judged by instead of the catalogue's, such as "
                    + "{ib_link_flap: {warning_count: 3, reason: \"...\"}}; unknown names are "
                    + "refused, and --check-config shows what was set.",
                reason: "Fabrics differ, and whoever comes later must see why one is judged "
                    + "otherwise."),
        ]
    }

    private static var infiniband: [Setting<Settings>] {
        [
            Setting(
                "infiniband.enabled", \.infiniband.isEnabled, .flag,
                help: "Whether InfiniBand is read.",
                reason: "A node may have HCAs that belong to somebody else."),
            Setting(
                "infiniband.identity_interval", \.infiniband.identityInterval,
                .duration(.seconds(1)...(.seconds(86400))),
                help: "How often the peer's identity, its PortInfo and the capabilities are read "
                    + "again, in the first pass after it.",
                reason: "They change only with a cable or a firmware, and a link that went down "
                    + "is looked at anew in any case."),
            Setting(
                "infiniband.include", \.infiniband.include, .patterns(atLeast: 1),
                help: "What is read: patterns of DEVICE or DEVICE/PORT, such as mlx5_* or "
                    + "mlx5_0/1.",
                reason: "Applied before a device is touched, so that what is left out is never "
                    + "opened."),
            Setting(
                "infiniband.exclude", \.infiniband.exclude, .patterns(atLeast: 0),
                help: "What is not read although `include` covers it.",
                reason: "One bad or foreign device is easier left out than all others named."),
            Setting(
                "infiniband.service_level", \.infiniband.serviceLevel, .integer(0...15),
                help: "The service level (SL) of performance queries.",
                reason: "Fabrics that keep management traffic apart need another one than 0."),
            Setting(
                "infiniband.outstanding_mads", \.infiniband.outstandingMADs, .integer(1...128),
                help: "How many management datagrams (MADs) may be under way at once.",
                reason: "More make a pass shorter, until switches begin to drop them."),
            Setting(
                "infiniband.mad_timeout", \.infiniband.madTimeout,
                .duration(.milliseconds(10)...(.seconds(5))),
                help: "How long the answer to one MAD is waited for, per try.",
                reason: "Switches answer within milliseconds, unless they are busy."),
            Setting(
                "infiniband.mad_retries", \.infiniband.madRetries, .integer(0...5),
                help: "How often an unanswered MAD is sent again.",
                reason: "MADs are unreliable datagrams. A pass over a dead fabric takes up to 3 x "
                    + "mad_timeout x (mad_retries + 1): keep that below probe.soft_deadline."),
        ]
    }

    private static var infinibandLists: [Setting<Settings>] {
        [
            Setting(
                "infiniband.devices", \.infiniband.devices,
                .entries(
                    device, of: "mappings",
                    unique: [
                        UniqueKey(key: "guid") { GUIDText.render($0.guid) },
                        UniqueKey(key: "name") { $0.name },
                    ]),
                help: "Names and rails for devices, by GUID; no GUID and no name twice.",
                reason:
                    "The kernel's mlx5_N may change with any card; a name given here stays with "
                    + "its own."),
            Setting(
                "infiniband.probes", \.infiniband.probes,
                .entries(
                    probeInstance, of: "mappings", unique: [UniqueKey(key: "name") { $0.name }]),
                help: "The probe processes; [] means one, named infiniband, for all devices.",
                reason: "One process per device keeps a hanging device from holding up the others."
            ),
        ]
    }

    private static var device: [Setting<Settings.Device>] {
        [
            Setting(
                "guid", \.guid, .guid, isRequired: true, example: "\"0x0002c90300a1b2c0\"",
                help: "The node GUID of the device, as ibstat shows it.",
                reason: "A GUID belongs to the card, whatever number the kernel gives it."),
            Setting(
                "name", \.name, .optionalName, example: "rail0",
                help: "The `device` label in metrics and answers; without it the kernel's name.",
                reason: "Dashboards outlive the numbering of the kernel."),
            Setting(
                "rail", \.rail, .optionalInteger(0...255), example: "0",
                help: "The rail of the fabric that the device belongs to.",
                reason: "Faults are compared with the same rail of other nodes."),
        ]
    }

    private static var probeInstance: [Setting<Settings.ProbeInstance>] {
        [
            Setting(
                "name", \.name, .name, isRequired: true, example: "rail0",
                help: "The name of the probe in metrics and log lines, unique.",
                reason: "A restart must say which process it was."),
            Setting(
                "include", \.include, .patterns(atLeast: 1), example: "[mlx5_0]",
                help: "What this probe reads, within `infiniband.include`.",
                reason: "Each device needs one probe, and only one."),
            Setting(
                "exclude", \.exclude, .patterns(atLeast: 0), example: "[]",
                help: "What this probe does not read although its `include` covers it.",
                reason: "Leaving one device out is shorter than naming all others."),
            Setting(
                "environment", \.environment, .environment, example: "{KEY: value}",
                help: "Variables added to the environment of the process.",
                reason: "Libraries under the probe are tuned and simulated through it."),
        ]
    }

    private static var gpu: [Setting<Settings>] {
        let address = "DOMAIN:BUS:DEVICE.FUNCTION"
        return [
            Setting(
                "gpu.enabled", \.gpu.isEnabled, .flag,
                help: "Whether NVIDIA GPUs are read where there are any.",
                reason: "Some sites leave the GPUs to another program."),
            Setting(
                "gpu.library", \.gpu.library, .optionalPath,
                help:
                    "The path of libnvidia-ml.so.1; \"\" means the loader's and the usual places.",
                reason: "Containers and test drivers keep it elsewhere."),
            Setting(
                "gpu.include", \.gpu.include, .patterns(atLeast: 1, of: address),
                help: "Which GPUs are read: patterns of PCI addresses, such as 0000:18:00.0.",
                reason: "Applied before a GPU is touched."),
            Setting(
                "gpu.exclude", \.gpu.exclude, .patterns(atLeast: 0, of: address),
                help: "Which GPUs are not read although `include` covers them.",
                reason: "A GPU that is handed to a virtual machine must not be touched."),
            Setting(
                "gpu.environment", \.gpu.environment, .environment,
                help: "Variables added to the environment of the GPU probe.",
                reason: "The library is tuned and simulated through it."),
            Setting(
                "gpu.retry_delay_min", \.gpu.retryDelayMin,
                .duration(.milliseconds(100)...(.seconds(3600))),
                help: "The wait before a GPU that hung or ended the probe is tried again, alone; "
                    + "it doubles with each failure.",
                reason: "A driver that hangs gets worse by being asked."),
            Setting(
                "gpu.retry_delay_max", \.gpu.retryDelayMax,
                .duration(.milliseconds(100)...(.seconds(86400))),
                help: "The longest such wait, and the first after an Xid that forbids calls; at "
                    + "least `retry_delay_min`.",
                reason: "A GPU that was reset should be seen again soon."),
        ]
    }

    private static var pcie: [Setting<Settings>] {
        [
            Setting(
                "pcie.enabled", \.pcie.isEnabled, .flag,
                help: "Whether the PCIe links and errors of the HCAs and GPUs that are read, and "
                    + "of the bridges above them, are read.",
                reason: "A slot that degrades is seen here before the fabric suffers."),
            Setting(
                "pcie.interval", \.pcie.interval, .duration(.seconds(1)...(.seconds(3600))),
                help: "How often they are read, in the first pass after it.",
                reason: "Links seldom change and errors are counted by the kernel meanwhile; each "
                    + "function is asked over its bus."),
        ]
    }

    private static var kernelLog: [Setting<Settings>] {
        [
            Setting(
                "kernel_log.enabled", \.kernelLog.isEnabled, .flag,
                help: "Whether the kernel's messages are read.",
                reason: "Without them most GPU faults go unseen; a container may not have them."),
            Setting(
                "kernel_log.path", \.kernelLog.path, .path,
                help: "The device file of the kernel's messages, kmsg(4).",
                reason: "Containers may see it elsewhere."),
            Setting(
                "inventory.manifest", \.inventory.manifest, .optionalPath,
                help: "The path of the manifest, a YAML file that says which HCAs, ports and GPUs "
                    + "the node is expected to have; \"\" means none. It is read at start.",
                reason: "What is seen says nothing of what should be there."),
            Setting(
                "paths.sys", \.paths.sys, .path,
                help:
                    "Where sysfs is: HCAs, GPUs and the bridges above them, and whether the GPUs' "
                    + "driver is loaded.",
                reason: "In a container the host's sysfs may be elsewhere."),
        ]
    }

    private static var probe: [Setting<Settings>] {
        [
            Setting(
                "probe.soft_deadline", \.probe.softDeadline,
                .duration(.milliseconds(100)...(.seconds(300))),
                help: "An answer of a probe later than this is slow: counted, and the pass goes on "
                    + "without it.",
                reason: "One slow device must not make the others stale."),
            Setting(
                "probe.hard_deadline", \.probe.hardDeadline,
                .duration(.milliseconds(200)...(.seconds(600))),
                help: "A probe that has not answered by then is killed (SIGKILL); more than "
                    + "`soft_deadline`.",
                reason: "A call that hangs in a driver ends only with its process."),
            Setting(
                "probe.restart_delay_min", \.probe.restartDelayMin,
                .duration(.milliseconds(100)...(.seconds(3600))),
                help: "The wait before the first restart of a probe; it grows with each failure.",
                reason: "A probe that dies at once must not keep a core busy."),
            Setting(
                "probe.restart_delay_max", \.probe.restartDelayMax,
                .duration(.milliseconds(100)...(.seconds(86400))),
                help: "The longest wait before a restart; at least `restart_delay_min`.",
                reason: "A repaired device should be seen again within a minute."),
        ]
    }

    private static var history: [Setting<Settings>] {
        [
            Setting(
                "history.enabled", \.history.isEnabled, .flag,
                help: "Whether samples are kept on disk.",
                reason: "Nodes without a disk still serve metrics, but forget at every restart."),
            Setting(
                "history.directory", \.history.directory, .path,
                help: "The directory of the database, which the daemon must be able to write.",
                reason: "State belongs below /var/lib (FHS 3.0, 5.8)."),
            Setting(
                "history.max_age", \.history.maxAge,
                .duration(.seconds(3600)...(.seconds(3650 * 86400))),
                help: "Samples older than this are dropped.",
                reason: "Thirty days cover a burn-in and what came after it."),
            Setting(
                "history.max_size", \.history.maxSize, .size((8 << 20)...(16 << 40)),
                help: "The budget on disk; beyond it the oldest samples are dropped.",
                reason: "A monitor must never fill the disk of a compute node."),
            Setting(
                "history.ballast", \.history.ballast, .size((4 << 20)...(1 << 30)),
                help: "The size of a file beside the database, not part of `max_size`, that is "
                    + "given up when the disk is full, and taken again when there is ample room.",
                reason: "On a full disk a database cannot even delete."),
            Setting(
                "history.slot", \.history.slot, .duration(.seconds(60)...(.seconds(86400))),
                help: "How long passes are collected before they are sealed: compressed together, "
                    + "column by column.",
                reason: "A longer slot is smaller on disk, and more to read for one moment."),
            Setting(
                "history.slot_passes", \.history.slotPasses, .integer(64...4096),
                help: "After how many passes a slot is sealed although `slot` is not over.",
                reason: "It bounds what sealing costs when passes come every second."),
            Setting(
                "history.thin_after", \.history.thinAfter,
                .optionalDuration(.seconds(3600)...(.seconds(3650 * 86400))),
                help: "Slots older than this keep one pass a minute of what tells nothing of "
                    + "errors; \"\" keeps every pass. Counters of errors stay whole.",
                reason: "Traffic of last month is seldom asked for to the second; an error is."),
        ]
    }

    private static var serveWhere: [Setting<Settings>] {
        [
            Setting(
                "serve.socket", \.serve.socket, .socketPath,
                help: "The path of the Unix socket; \"\" switches it off.",
                reason: "The kernel checks who may use a socket, so it needs no token."),
            Setting(
                "serve.socket_mode", \.serve.socketMode, .fileMode,
                help: "The permission bits of the socket.",
                reason: "Root and the group fabricwatch may connect, nobody else."),
            Setting(
                "serve.tcp", \.serve.tcp, .tcpAddress,
                help: "Where TCP is listened on; \"\" switches it off, port 0 lets the kernel "
                    + "choose. The host must be a loopback address (127.x.x.x, [::1], localhost) "
                    + "unless `insecure` is true.",
                reason: "Answers name every cable of the node; beyond it they need protection."),
            Setting(
                "serve.insecure", \.serve.isInsecure, .flag,
                help: "Whether plain TCP beyond loopback is allowed.",
                reason: "On a closed management network it may be; it has to be said."),
        ]
    }

    private static var serveBounds: [Setting<Settings>] {
        [
            Setting(
                "serve.max_connections", \.serve.maxConnections, .integer(1...65536),
                help: "How many connections may be open at once.",
                reason: "Each costs memory and a descriptor; a scraper needs one."),
            Setting(
                "serve.max_head_size", \.serve.maxHeadSize, .size((1 << 10)...(64 << 10)),
                help: "The largest request head (request line and headers).",
                reason: "A head is kept in memory until it is complete."),
            Setting(
                "serve.head_timeout", \.serve.headTimeout,
                .duration(.milliseconds(100)...(.seconds(300))),
                help: "The time within which a request head must be complete.",
                reason: "A client that sends one byte at a time must not hold a connection."),
            Setting(
                "serve.idle_timeout", \.serve.idleTimeout,
                .duration(.seconds(1)...(.seconds(3600))),
                help: "The time after which an unused keep-alive connection is closed.",
                reason: "Longer than the usual scrape interval of 60 s, so that scrapers stay "
                    + "connected."),
            Setting(
                "serve.request_timeout", \.serve.requestTimeout,
                .duration(.milliseconds(100)...(.seconds(300))),
                help: "The time within which an answer must be made and written.",
                reason: "Prometheus gives up after 10 s by default."),
        ]
    }

    private static var log: [Setting<Settings>] {
        [
            Setting(
                "log.level", \.log.level, .choice,
                help: "The least severe level that is written.",
                reason: "At info a healthy day is a few lines.")
        ]
    }
}
