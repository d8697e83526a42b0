import Health
import Model

/// One GPU in a picture.
struct GPUView: Sendable {
    /// Its place among the node's GPUs.
    var index: Int
    var address: PCIAddress
    /// As last reported.
    var report: GPUDeviceReport
    /// Whether the latest report has it.
    var isListed: Bool
    /// When its readings were taken; nil when there are none.
    var read: Moment?
    /// Whether it was read in its probe's latest pass, and that pass is not stale.
    var isFresh: Bool
    /// Whether its readings are older than they should be.
    var isStale: Bool
    var trouble: GPUTrouble?
    /// Calls that took longer than the soft deadline since the daemon was started.
    var slowCalls: UInt64 = 0
    /// Seconds since the call that does not return began.
    var hangSeconds: Double?
    /// The counters as the ledger has them; empty while nobody knows who it is.
    var entries: [Ledger.Entry]
    var gauges: [Ledger.GaugeEntry]
    var links: [NVLinkView]
    /// Links that were active and are not.
    var linksDown: [UInt8]

    init(
        index: Int, address: PCIAddress, entry: GPURoster.Entry, trouble: GPUTrouble?,
        collector: CollectorView?, ledger: Ledger, now: Moment
    ) {
        let report = entry.report
        let isUp = collector?.isUp == true && collector?.evidence.isStale == false
        let isFresh = isUp && entry.isListed && report.state == .read
        let limit = collector?.evidence.limitSeconds ?? 0
        self.index = index
        self.address = address
        self.report = report
        isListed = entry.isListed
        read = entry.read
        self.isFresh = isFresh
        isStale = !isFresh && (entry.read.map { now.seconds(since: $0) > limit } ?? true)
        self.trouble = trouble
        hangSeconds = trouble.map { now.seconds(sinceBoottime: $0.since) }
        let series = report.identity.flatMap { ledger[.gpu($0.uuid)] }
        entries = series?.entries ?? []
        gauges = series?.gauges ?? []
        links = report.links.map { link in
            let series = report.identity.flatMap { ledger[.nvlink($0.uuid, link.number)] }
            return NVLinkView(
                number: link.number, remote: link.remote, state: link.state, isFresh: isFresh,
                entries: series?.entries ?? [], gauges: series?.gauges ?? [])
        }
        linksDown = links.filter {
            $0.state == .inactive && entry.wereActive.contains($0.number)
        }.map(\.number)
    }

    /// A gauge of the latest reading; nil when it was not read.
    func gauge(_ name: String) -> UInt64? {
        guard let row = Self.gaugeRows[name], gauges.indices.contains(row),
            gauges[row].status == .fresh
        else { return nil }
        return gauges[row].value
    }

    /// The row of a gauge; nil for an unknown name.
    static func row(gauge name: String) -> Int? { gaugeRows[name] }

    private static let gaugeRows = Dictionary(
        GPUCounters.gauges.enumerated().map { ($1.name, $0) },
        uniquingKeysWith: { first, _ in first })
}

/// One NVLink in a picture.
struct NVLinkView: Sendable {
    var number: UInt8
    var remote: NVLinkRemote?
    /// As last read; nil when it was not.
    var state: NVLinkState?
    /// Whether its GPU was read in the latest pass.
    var isFresh: Bool
    var entries: [Ledger.Entry]
    var gauges: [Ledger.GaugeEntry]
}

extension GPUView {
    /// The GPU as the rules see it.
    func evidence(_ events: [JournalEntry], bootID: String, now: Moment) -> GPUEvidence {
        var evidence = GPUEvidence(
            index: index, address: address, uuid: report.identity?.uuid, state: report.state,
            isListed: isListed, isFresh: isFresh, isStale: isStale,
            hang: trouble.map {
                GPUHang(
                    call: $0.call, seconds: hangSeconds ?? 0, kernel: $0.kernel?.text,
                    excluded: $0.excluded)
            },
            recoveryAction: isFresh ? gauge("recovery_action") : nil,
            xids: XidEvidence.standing(
                in: events.filter { $0.isOf(report.identity?.uuid, at: address) },
                bootID: bootID, now: now),
            linksDown: linksDown,
            linksUp: links.count { $0.state?.isUp == true })
        evidence.links = links.map(\.number)
        for link in links { evidence.remotes[link.number] = link.remote }
        evidence.utilization = isFresh ? gauge("utilization") : nil
        evidence.condition = condition
        return evidence
    }

    private static let judged = [
        "remapped_rows_pending", "retired_pages_pending", "remapped_rows_failure",
        "sram_threshold_exceeded", "fabric_state", "fabric_status", "fabric_health",
        "fabric_health_mask", "recovery_action",
    ].compactMap(row(gauge:))

    private var condition: GPUCondition {
        var condition = GPUCondition()
        guard isFresh else { return condition }
        let pending = [gauge("remapped_rows_pending"), gauge("retired_pages_pending")]
        condition.isRemapPending = pending.compactMap { $0 }.max().map { $0 != 0 }
        condition.hasRemapFailed = gauge("remapped_rows_failure").map { $0 != 0 }
        condition.isSRAMThresholdExceeded = gauge("sram_threshold_exceeded").map { $0 != 0 }
        let remapped = ["remapped_rows_corrected", "remapped_rows_uncorrected"].compactMap { name in
            GPUCounters.all.firstIndex { $0.name == name }.flatMap { row in
                entries.indices.contains(row) && entries[row].hasValue ? entries[row].raw : nil
            }
        }
        condition.remappedRows = remapped.isEmpty ? nil : remapped.reduce(0, &+)
        condition.fabricState = gauge("fabric_state")
        condition.fabricStatus = gauge("fabric_status")
        condition.fabricHealth = gauge("fabric_health")
        condition.fabricMask = gauge("fabric_health_mask")
        condition.isIncomplete = Self.judged.contains { row in
            gauges.indices.contains(row) && gauges[row].status == .missing
        }
        return condition
    }
}

extension ThreadState {
    /// The state for people.
    var text: String {
        waitChannel.isEmpty ? "\(letter)" : "\(letter), in \(waitChannel)"
    }
}
