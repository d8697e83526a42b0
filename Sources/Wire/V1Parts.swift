package import Model

extension V1 {
    /// Where a part is; what does not apply is nil.
    package struct Place: Hashable, Sendable {
        let address: String?
        let device: String?
        let port: Int?
        let end: String?
        let gpuUuid: String?
        let gpuIndex: Int?
        let link: Int?

        /// An end of a cable; nil for all of them where the part is no longer connected.
        package init(device: String?, port: Int?, end: String?) {
            self.device = device
            self.port = port
            self.end = end
            address = nil
            gpuUuid = nil
            gpuIndex = nil
            link = nil
        }

        /// A PCI function; what it is to cables and GPUs where it is such a device.
        package init(pci address: PCIAddress, device: String?, gpu uuid: GPUUUID?, index: Int?) {
            self.address = address.description
            self.device = device
            port = nil
            end = nil
            gpuUuid = uuid?.description
            gpuIndex = index
            link = nil
        }

        /// A GPU or one of its NVLinks; the index is nil for a GPU that is gone.
        package init(gpu uuid: GPUUUID, index: Int?, link: UInt8? = nil) {
            address = nil
            device = nil
            port = nil
            end = nil
            gpuUuid = uuid.description
            gpuIndex = index
            self.link = link.map(Int.init)
        }
    }
}

extension V1.Event {
    /// Whether its remedy asks something of whoever runs the node; one that is not known may.
    package var asksForSomething: Bool {
        remedy.map { Remedy(rawValue: $0)?.asksForSomething ?? true } ?? false
    }
}

extension V1.CounterValue {
    /// A value as the ledger has it; nil where the counter is not offered or was never read.
    ///
    /// `published` is the raw total that is shown, nil where there never was a value, and `isFresh`
    /// says whether the part was read in the latest pass.
    package init?(
        _ counter: Counter, _ entry: Ledger.Entry, published: UInt64?, isFresh: Bool
    ) {
        guard entry.status != .unsupported, let total = published else { return nil }
        // A total that was in doubt before a restart has no source until it is read again.
        let source = counter.fields.indices.contains(Int(entry.field)) ? Int(entry.field) : 0
        let field = counter.fields[source]
        self.init(
            total: counter.unit.published(total), raw: entry.raw, source: field.source.name,
            widthBits: Int(field.width), saturated: entry.isSaturated,
            quality: entry.quality.name, stale: !isFresh || entry.status != .fresh)
    }
}

extension V1.CounterEntry {
    /// A counter with its value, or with why it has none.
    package init(
        _ counter: Counter, _ entry: Ledger.Entry, published: UInt64?, isFresh: Bool
    ) {
        let value = V1.CounterValue(counter, entry, published: published, isFresh: isFresh)
        self.init(
            name: counter.name,
            state: entry.status.word(isStale: value?.stale != false, value != nil),
            unit: counter.unit.publishedName, accuses: counter.accuses.rawValue, value: value)
    }
}

extension V1.GaugeEntry {
    /// A gauge as the ledger has it; `isFresh` says whether the part was read in the latest pass.
    package init(_ gauge: Gauge, _ entry: Ledger.GaugeEntry, isFresh: Bool) {
        let raw = entry.status == .unsupported ? nil : entry.value
        let isStale = !isFresh || entry.status != .fresh
        self.init(
            name: gauge.name, state: entry.status.word(isStale: isStale, raw != nil),
            unit: gauge.unit.publishedName, value: raw.map { gauge.unit.published($0).double },
            raw: raw, meaning: raw.flatMap { gauge.codes?.meaning(of: $0) })
    }
}

extension Ledger.Entry.Status {
    fileprivate func word(isStale: Bool, _ hasValue: Bool) -> String {
        switch self {
        case .unsupported: "unsupported"
        case .noPermission: "no_permission"
        case .fresh, .missing, .never:
            hasValue ? (isStale ? "stale" : "value") : "failed"
        }
    }
}

extension V1.GPULibrary {
    /// What became of the library, as the probe told it; `stale` while that does not answer.
    package init(_ library: Model.GPULibrary, stale: Bool) {
        func known(_ text: String) -> String? { text.isEmpty ? nil : text }
        self.init(
            state: library.state.rawValue, version: known(library.version),
            driver: known(library.driver), symbolsFound: library.symbolsFound,
            symbolsKnown: library.symbolsKnown, stale: stale,
            detail: known(library.detail))
    }
}

extension V1.GPUIdentity {
    /// Who a GPU is, as last read.
    package init(_ identity: Model.GPUIdentity, driver: String) {
        func known(_ text: String) -> String? { text.isEmpty ? nil : text }
        self.init()
        serial = known(identity.serial)
        boardPart = known(identity.boardPart)
        vbios = known(identity.vbios)
        inforom = known(identity.infoROM)
        gspFirmware = known(identity.gspFirmware)
        self.driver = known(driver)
        minor = identity.minor.map(Int.init)
        moduleId = identity.moduleID.map(Int.init)
        fabricCluster = known(identity.fabricCluster)
    }
}

extension V1.NVLink {
    /// A link with its counters and gauges; state, version, speed and remote link are taken from
    /// the gauges.
    package init(
        link: UInt8, remote: Model.NVLinkRemote?, stale: Bool, counters: [V1.CounterEntry],
        gauges: [V1.GaugeEntry]
    ) {
        func entry(_ name: String) -> V1.GaugeEntry? { gauges.first { $0.name == name } }
        self.init(
            link: Int(link), state: entry("state")?.meaning ?? "unknown",
            version: entry("version")?.meaning,
            speedBytesPerSecond: entry("speed")?.value.flatMap { UInt64(exactly: $0) },
            remote: remote.map {
                V1.NVLinkRemote(
                    kind: $0.kind.name, address: $0.address?.description,
                    link: entry("remote_link")?.raw.flatMap { Int(exactly: $0) })
            }, stale: stale || entry("state")?.state == "stale", counters: counters,
            gauges: gauges)
    }
}
