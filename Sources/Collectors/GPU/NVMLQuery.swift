import Model

/// A call of NVML that gives values of its own, by the names that the counter tables use.
struct NVMLQuery: Sendable {
    /// Asks a GPU, or one of its links, and appends one value per part; nil for what it does not
    /// tell at the moment.
    typealias Body = @Sendable (NVMLDevice, UInt32, inout [UInt64?]) throws(NVMLError) -> Void

    let function: String
    let family: CallFamily
    let isPerLink: Bool
    let parts: [String]
    let read: Body

    private init(
        _ function: String, _ family: CallFamily, isPerLink: Bool = false, _ parts: [String] = [""],
        _ read: @escaping Body
    ) {
        self.function = function
        self.family = family
        self.isPerLink = isPerLink
        self.parts = parts
        self.read = read
    }

    /// Every call; of several forms of one, the newest first.
    static let all = condition + clocksAndLoad + memory + fabric + links

    private static let condition = [
        NVMLQuery("nvmlDeviceGetTemperatureV", .health) {
            device, _, values throws(NVMLError) in
            values.append(UInt64(bitPattern: Int64(try device.temperatureNewer())))
        },
        NVMLQuery("nvmlDeviceGetTemperature", .health) { device, _, values throws(NVMLError) in
            values.append(UInt64(bitPattern: Int64(try device.temperatureOlder())))
        },
        NVMLQuery("nvmlDeviceGetPowerUsage", .health) { device, _, values throws(NVMLError) in
            values.append(UInt64(try device.powerMilliwatts()))
        },
        NVMLQuery("nvmlDeviceGetEnforcedPowerLimit", .health) {
            device, _, values throws(NVMLError) in
            values.append(UInt64(try device.powerLimitMilliwatts()))
        },
        NVMLQuery("nvmlDeviceGetPersistenceMode", .health) { device, _, values throws(NVMLError) in
            values.append(try device.isPersistent() ? 1 : 0)
        },
        NVMLQuery("nvmlDeviceGetMigMode", .health, ["current"]) {
            device, _, values throws(NVMLError) in
            values.append(try device.isPartitioned() ? 1 : 0)
        },
    ]

    private static let clocksAndLoad = [
        NVMLQuery("nvmlDeviceGetUtilizationRates", .health, ["gpu", "memory"]) {
            device, _, values throws(NVMLError) in
            let utilization = try device.utilization()
            values.append(UInt64(utilization.gpu))
            values.append(UInt64(utilization.memory))
        },
        NVMLQuery("nvmlDeviceGetClockInfo", .health, ["sm"]) {
            device, _, values throws(NVMLError) in
            values.append(UInt64(try device.clockMegahertz(.sm)))
        },
        NVMLQuery("nvmlDeviceGetClockInfo", .health, ["memory"]) {
            device, _, values throws(NVMLError) in
            values.append(UInt64(try device.clockMegahertz(.memory)))
        },
        NVMLQuery("nvmlDeviceGetCurrentClocksEventReasons", .health) {
            device, _, values throws(NVMLError) in
            values.append(try device.clockEventReasons())
        },
        NVMLQuery("nvmlDeviceGetCurrentClocksThrottleReasons", .health) {
            device, _, values throws(NVMLError) in
            values.append(try device.clockThrottleReasons())
        },
    ]

    private static let memory = [
        NVMLQuery("nvmlDeviceGetMemoryInfo_v2", .health, ["total", "used"]) {
            device, _, values throws(NVMLError) in
            let memory = try device.memory()
            values.append(memory.total)
            values.append(memory.used)
        },
        NVMLQuery(
            "nvmlDeviceGetSramEccErrorStatus", .sram,
            [
                "volCor", "volUncParity", "volUncSecDed", "aggCor", "aggUncParity", "aggUncSecDed",
                "thresholdExceeded", "bucketL2", "bucketSm", "bucketPcie", "bucketMcu",
                "bucketOther",
            ]
        ) { device, _, values throws(NVMLError) in
            let status = try device.sramStatus()
            for errors in [status.volatile, status.aggregate] {
                values.append(errors.corrected)
                values.append(errors.uncorrectedParity)
                values.append(errors.uncorrectedSECDED)
            }
            values.append(status.isThresholdExceeded ? 1 : 0)
            for unit in status.units { values.append(unit) }
        },
        NVMLQuery(
            "nvmlDeviceGetRowRemapperHistogram", .remap, ["max", "high", "partial", "low", "none"]
        ) { device, _, values throws(NVMLError) in
            let banks = try device.spareRows()
            for count in [banks.max, banks.high, banks.partial, banks.low, banks.none] {
                values.append(UInt64(count))
            }
        },
    ]

    // MARK: Fabric

    /// The two halves of the cluster's UUID.
    static let clusterParts = ["clusterUuid.high", "clusterUuid.low"]

    private static let fabric = [
        fabric("nvmlDeviceGetGpuFabricInfoV", ["healthMask", "healthSummary"]) {
            device throws(NVMLError) in try device.fabricThird()
        },
        fabric("nvmlDeviceGetGpuFabricInfoV", ["healthMask", "healthSummary"]) {
            device throws(NVMLError) in try device.fabricSecond()
        },
        fabric("nvmlDeviceGetGpuFabricInfo", []) { device throws(NVMLError) in
            try device.fabricFirst()
        },
    ]

    private static func fabric(
        _ function: String, _ health: [String],
        _ ask: @escaping @Sendable (NVMLDevice) throws(NVMLError) -> NVMLFabric
    ) -> NVMLQuery {
        let parts = ["state", "status", "cliqueId"] + clusterParts + health
        return NVMLQuery(function, .fabric, parts) { device, _, values throws(NVMLError) in
            let fabric = try ask(device)
            values.append(UInt64(fabric.state))
            values.append(fabric.status.map { UInt64(UInt32(bitPattern: $0.rawValue)) })
            values.append(UInt64(fabric.clique))
            let cluster = fabric.cluster ?? ""
            values.append(UInt64(cluster.prefix(16), radix: 16))
            values.append(UInt64(cluster.dropFirst(16), radix: 16))
            guard !health.isEmpty else { return }
            values.append(fabric.healthMask.map(UInt64.init))
            values.append(fabric.healthSummary.map(UInt64.init))
        }
    }

    // MARK: Links

    /// Tells the kind of device at the other end of a link.
    static let remoteType = "nvmlDeviceGetNvLinkRemoteDeviceType"
    /// Tells the address of the device at the other end of a link, packed.
    static let remoteAddress = "nvmlDeviceGetNvLinkRemotePciInfo_v2"

    private static let links =
        [
            NVMLQuery("nvmlDeviceGetNvLinkState", .linkState, isPerLink: true) {
                device, link, values throws(NVMLError) in
                values.append(try device.isLinkActive(link) ? 1 : 0)
            },
            NVMLQuery("nvmlDeviceGetNvLinkVersion", .linkRemote, isPerLink: true) {
                device, link, values throws(NVMLError) in
                values.append(UInt64(try device.linkVersion(link)))
            },
            NVMLQuery(remoteType, .linkRemote, isPerLink: true) {
                device, link, values throws(NVMLError) in
                values.append(UInt64(try device.linkPeer(link)))
            },
            NVMLQuery(remoteAddress, .linkRemote, isPerLink: true) {
                device, link, values throws(NVMLError) in
                values.append(try device.linkPeerAddress(link)?.packed)
            },
        ]
        + [
            ("DL_REPLAY", NVMLLinkError.replay), ("DL_RECOVERY", .recovery),
            ("DL_CRC_FLIT", .flitCRC),
        ].map { part, error in
            NVMLQuery(
                "nvmlDeviceGetNvLinkErrorCounter", .linkErrors, isPerLink: true, [part]
            ) { device, link, values throws(NVMLError) in
                values.append(try device.linkErrorCount(link, error))
            }
        }
}
