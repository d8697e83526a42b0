import Model
import Testing
import Wire

/// Counters and gauges as documents show them.
struct PartTests {
    private static func entry(
        _ status: Ledger.Entry.Status, field: UInt8 = 0
    ) -> Ledger.Entry {
        var entry = Ledger.Entry()
        entry.status = status
        entry.raw = 7
        entry.field = field
        return entry
    }

    private static let counter = NVLinkCounters.all[3]

    @Test(
        arguments: [
            (.fresh, 7, true, "value", false), (.fresh, 7, false, "stale", true),
            (.missing, 7, true, "stale", true), (.missing, nil, true, "failed", nil),
            (.never, nil, true, "failed", nil), (.unsupported, nil, true, "unsupported", nil),
            (.unsupported, 7, true, "unsupported", nil),
            (.noPermission, nil, true, "no_permission", nil),
            (.noPermission, 7, true, "no_permission", true),
        ] as [(Ledger.Entry.Status, UInt64?, Bool, String, Bool?)])
    func `a counter says what became of it`(
        status: Ledger.Entry.Status, total: UInt64?, isFresh: Bool, state: String, stale: Bool?
    ) {
        let entry = V1.CounterEntry(
            Self.counter, Self.entry(status), published: total, isFresh: isFresh)
        #expect(entry.name == "tx_data" && entry.unit == "bytes")
        #expect(entry.accuses == "nobody")
        #expect(entry.state == state)
        let value = stale.map {
            V1.CounterValue(
                total: 7 * 1024, raw: 7, source: "NVML field 138", widthBits: 64,
                saturated: false, quality: "exact", stale: $0)
        }
        #expect(entry.value == value)
    }

    @Test func `a source that is not in the table is no reason to stop`() {
        let entry = V1.CounterEntry(
            Self.counter, Self.entry(.fresh, field: 200), published: 1, isFresh: true)
        #expect(entry.value?.source == "NVML field 138")
    }

    private static func gauge(_ name: String) throws -> Gauge {
        try #require(GPUCounters.gauges.first { $0.name == name })
    }

    private static func entry(_ name: String, _ value: UInt64?) throws -> V1.GaugeEntry {
        var entry = Ledger.GaugeEntry()
        entry.value = value
        entry.status = .fresh
        return V1.GaugeEntry(try gauge(name), entry, isFresh: true)
    }

    @Test(
        arguments: [
            ("temperature", UInt64(bitPattern: -5), "celsius", -5, nil),
            ("power", 312_250, "watts", 312.25, nil), ("sm_clock", 1980, "hertz", 1.98e9, nil),
            ("utilization", 97, "ratio", 0.97, nil), ("memory_used", 5, "bytes", 5, nil),
            ("recovery_action", 1, "code", 1, "GPU reset"),
            ("recovery_action", 99, "code", 99, nil),
            ("clocks_event_reasons", 0, "code", 0, "none"),
            ("clocks_event_reasons", 0x44, "code", 0x44, "power limit, hardware thermal"),
            ("fabric_state", 3, "code", 3, "completed"), ("nvlinks", 18, "count", 18, nil),
        ] as [(String, UInt64, String, Double, String?)])
    func `a gauge is shown in its unit and in words`(
        name: String, raw: UInt64, unit: String, value: Double, meaning: String?
    ) throws {
        let entry = try Self.entry(name, raw)
        #expect(entry.state == "value" && entry.unit == unit)
        #expect(entry.value == value && entry.raw == raw && entry.meaning == meaning)
    }

    @Test(
        arguments: [
            (.fresh, 1, true, "value"), (.fresh, 1, false, "stale"), (.missing, 1, true, "stale"),
            (.missing, nil, true, "failed"), (.never, nil, false, "failed"),
            (.unsupported, 1, true, "unsupported"), (.noPermission, nil, true, "no_permission"),
        ] as [(Ledger.Entry.Status, UInt64?, Bool, String)])
    func `a gauge says what became of it`(
        status: Ledger.Entry.Status, value: UInt64?, isFresh: Bool, state: String
    ) throws {
        var entry = Ledger.GaugeEntry()
        entry.value = value
        entry.status = status
        let document = V1.GaugeEntry(try Self.gauge("ecc_mode"), entry, isFresh: isFresh)
        #expect(document.state == state)
        #expect((document.value != nil) == (state == "value" || state == "stale"))
        #expect((document.meaning != nil) == (document.value != nil))
    }

    @Test func `a link takes its headline from its gauges`() {
        func gauges(_ values: [UInt64?]) -> [V1.GaugeEntry] {
            zip(NVLinkCounters.gauges, values).map { gauge, value in
                var entry = Ledger.GaugeEntry()
                entry.value = value
                entry.status = value == nil ? .unsupported : .fresh
                return V1.GaugeEntry(gauge, entry, isFresh: true)
            }
        }
        let remote = NVLinkRemote(
            kind: .gpu, address: PCIAddress(domain: 0, bus: 0x18, device: 0))
        let link = V1.NVLink(
            link: 17, remote: remote, stale: false, counters: [],
            gauges: gauges([2, 6, 26_562, 3, nil, nil]))
        #expect(link.state == "asleep" && link.version == "NVLink 4.0")
        #expect(link.speedBytesPerSecond == 26_562_000_000)
        #expect(link.remote == V1.NVLinkRemote(kind: "gpu", address: "0000:18:00.0", link: 3))
        let bare = V1.NVLink(
            link: 0, remote: nil, stale: true, counters: [],
            gauges: gauges(Array(repeating: nil, count: 6)))
        #expect(bare.state == "unknown" && bare.version == nil)
        #expect(bare.speedBytesPerSecond == nil && bare.remote == nil)
    }

    @Test func `a link whose state was not read is stale`() {
        for (status, isStale) in [(Ledger.Entry.Status.fresh, false), (.missing, true)] {
            var entry = Ledger.GaugeEntry()
            entry.value = 1
            entry.status = status
            let state = V1.GaugeEntry(
                NVLinkCounters.gauges[NVLinkCounters.stateRow], entry, isFresh: true)
            let link = V1.NVLink(
                link: 0, remote: nil, stale: false, counters: [], gauges: [state])
            #expect(link.state == "active" && link.stale == isStale)
        }
    }

    @Test func `an event asks for something by its remedy, and by one that is not known`() {
        func asks(_ remedy: String?) -> Bool {
            var event = V1.Event(id: 1, time: "t", kind: "xid", sources: [], line: "l")
            event.remedy = remedy
            return event.asksForSomething
        }
        for remedy in Remedy.allCases {
            #expect(asks(remedy.rawValue) == remedy.asksForSomething)
        }
        #expect(!asks(nil) && asks("pray"))
    }

    @Test func `what the library and the identity do not say is absent`() {
        let library = V1.GPULibrary(GPULibrary(state: .libraryMissing, detail: "d"), stale: true)
        #expect(library.state == "library_missing" && library.detail == "d")
        #expect(library.version == nil && library.driver == nil && library.stale)
        let uuid = GPUUUID(high: 1, low: 2)
        #expect(V1.GPUIdentity(GPUIdentity(uuid: uuid), driver: "") == V1.GPUIdentity())
        var identity = GPUIdentity(uuid: uuid)
        identity.infoROM = "G520"
        identity.moduleID = 4
        let document = V1.GPUIdentity(identity, driver: "580")
        #expect(document.inforom == "G520" && document.moduleId == 4 && document.driver == "580")
    }

    @Test func `places`() {
        let gpu = V1.Place(gpu: GPUUUID(high: 0, low: 1), index: nil, link: 3)
        let series = V1.CounterSeries(
            class: "nvlink", place: gpu, key: "k", sampled: nil, counters: [])
        #expect(series.gpuUuid == "GPU-00000000-0000-0000-0000-000000000001")
        #expect(series.gpuIndex == nil && series.link == 3 && series.device == nil)
    }
}
