import Model
import Testing

/// The tables of GPUs and NVLinks.
struct GPUCountersTests {
    private static let counters = GPUCounters.all + NVLinkCounters.all
    private static let gauges = GPUCounters.gauges + NVLinkCounters.gauges

    @Test func rowsThatOthersGoByAreWhatTheyAreCalled() {
        #expect(GPUCounters.all[GPUCounters.energyRow].name == "energy")
        #expect(GPUCounters.gauges[GPUCounters.linkCountRow].name == "nvlinks")
        #expect(NVLinkCounters.gauges[NVLinkCounters.stateRow].name == "state")
    }

    /// Ids that meant something else in some driver, or that the header calls unusable.
    @Test func noFieldIdEverChangedItsMeaning() {
        let fields =
            Self.counters.flatMap(\.fields).map(\.source)
            + Self.gauges.flatMap(\.sources)
            .map(\.source)
        let ids = fields.compactMap { source -> UInt32? in
            if case .nvmlField(let id) = source { id } else { nil }
        }
        let moved: Set<UInt32> = Set([199, 200, 205, 216, 217, 218, 226, 227]).union(251...273)
        #expect(moved.isDisjoint(with: ids))
        #expect(Set(ids).count == ids.count, "one field, one row")
    }

    @Test(
        arguments: [
            ("retired_pages_corrected", "pages", "retired_pages_corrected_total"),
            ("remapped_rows_corrected", "rows", "remapped_rows_corrected_total"),
            ("energy", "millijoules", "energy_joules_total"),
            ("symbol_errors", "symbols", "symbol_errors_total"),
        ])
    func unitsAreNamedOnce(name: String, unit: String, metric: String) throws {
        let counter = try #require(Self.counters.first { $0.name == name })
        #expect(counter.unit.publishedName == unit && counter.metric == metric)
    }

    @Test func namesAreUniqueWithinATable() {
        for table in [CounterTable.gpu, .nvlink, .pci, .infiniBandPort] {
            let names = table.layout.columns.map(\.name)
            #expect(Set(names).count == names.count)
            for (row, name) in names.enumerated() { #expect(table.row(of: name) == row) }
        }
    }

    /// What lasts for the life of the board must not be taken for restarted with the driver.
    @Test func aggregatesLastAndVolatileCountsDoNot() {
        for counter in GPUCounters.all {
            let lasts = ["aggregate", "retired", "remapped"].contains { counter.name.contains($0) }
            for field in counter.fields {
                #expect((field.reset == .lifetime) == lasts, "\(counter.name)")
            }
        }
        let errors = NVLinkCounters.all.filter { $0.accuses != .nobody }
        #expect(errors.flatMap(\.fields).allSatisfy { $0.clearGroup == .linkErrors })
    }

    @Test(
        arguments: [
            (0x010C, 1e-12), (0x0F0C, 15e-12), (0x0508, 5e-8), (0x0FFF, 0), (0x0FEE, 0),
            (0x00AA, 0),
            (0x0101, 0.1),
        ] as [(UInt64, Double)])
    func bitErrorRatios(raw: UInt64, ratio: Double) {
        #expect(BitErrorRatio.decode(raw) == ratio)
    }

    @Test func uuidsAreReadAndWrittenAsNVMLDoes() {
        let text = "GPU-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
        #expect(GPUUUID(text)?.description == text)
        #expect(GPUUUID(text.uppercased())?.description == text)
        for bad in ["", "GPU-", "MIG-" + text.dropFirst(4), text + "0", "GPU-" + text, "x"] {
            #expect(GPUUUID(bad) == nil, "\(bad)")
        }
    }

    @Test func partsAreReadAndWritten() throws {
        let uuid = try #require(GPUUUID("GPU-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"))
        let parts: [PartKey] = [
            .port(PortKey(node: GUID(7), port: 1)), .gpu(uuid), .nvlink(uuid, 0),
            .nvlink(uuid, 17),
        ]
        for part in parts { #expect(PartKey(part.description) == part) }
        #expect(
            parts.map(\.table.layout.deviceClass) == [
                "infiniband_port", "gpu", "nvlink", "nvlink",
            ])
        for bad in ["", "\(uuid)/nvlink", "\(uuid)/nvlink/01", "\(uuid)/nvlink/256", "\(uuid)/x/1"]
        {
            #expect(PartKey(bad) == nil, "\(bad)")
        }
    }

    @Test(arguments: [
        ("0000:18:00.0", "0000:18:00.0"), ("00000000:18:00.0", "0000:18:00.0"),
        ("0000:AB:1F.7", "0000:ab:1f.7"), ("0000:18:00", "0000:18:00.0"),
        ("00010000:18:00.0", "10000:18:00.0"),
    ])
    func pciAddresses(text: String, written: String) {
        #expect(PCIAddress(text)?.description == written)
    }

    @Test(arguments: [
        "", "0000:18", "000:18:00.0", "0000:18:20.0", "0000:18:00.8", "0000:1g:00.0",
        "FFFFFFFF:FF:FF.0", "0000:18:00.00", "+000:18:00.0", "0000:18:00.0 ",
    ])
    func textsThatAreNoPCIAddress(text: String) {
        #expect(PCIAddress(text) == nil)
    }
}

/// Series of GPUs in the ledger.
struct GPULedgerTests {
    private static let uuid = GPUUUID(high: 1, low: 2)

    private static func readings(_ values: [String: UInt64]) -> [Reading] {
        GPUCounters.all.map { values[$0.name].map { .value($0, field: 0) } ?? .unsupported }
    }

    private static func observation(
        _ values: [String: UInt64], epoch: UInt64 = 1, isRestarted: Bool = false
    ) -> Observation {
        Observation(
            readings: readings(values), gauges: GPUCounters.gauges.map { _ in .unsupported },
            epoch: epoch, isRestarted: isRestarted, isObserved: true)
    }

    private struct Watched {
        var ledger = Ledger()
        var seconds: UInt64 = 0

        mutating func pass(_ values: [String: UInt64], epoch: UInt64 = 1) -> [CounterEvent] {
            seconds += 10
            ledger.beginPass()
            let isRestarted = ledger.hasRestarted(.gpu(uuid), readings(values))
            return ledger.observe(
                .gpu(uuid), observation(values, epoch: epoch, isRestarted: isRestarted),
                at: .at(seconds))
        }

        func entry(_ name: String) -> Ledger.Entry? {
            CounterTable.gpu.row(of: name).flatMap { ledger[.gpu(uuid)]?.entries[$0] }
        }
    }

    @Test func resetOfTheGPUShowsInItsEnergy() {
        var watched = Watched()
        _ = watched.pass([
            "energy": 9000, "ecc_volatile_corrected_errors": 5, "pcie_replays": 7,
            "ecc_aggregate_corrected_errors": 50,
        ])
        // The volatile counters have already passed their old values again.
        let events = watched.pass([
            "energy": 100, "ecc_volatile_corrected_errors": 6, "pcie_replays": 7,
            "ecc_aggregate_corrected_errors": 51,
        ])
        #expect(Set(events.map(\.kind)) == [.restarted])
        #expect(watched.entry("ecc_volatile_corrected_errors")?.quality == .atLeast)
        #expect(watched.entry("pcie_replays")?.quality == .atLeast)
        #expect(watched.entry("ecc_aggregate_corrected_errors")?.quality == .exact)
        #expect(watched.entry("ecc_aggregate_corrected_errors")?.total == 51)
        #expect(watched.entry("energy")?.total == 9100)
    }

    @Test func anotherDriverLeavesTheLifetimeCountsExact() {
        var watched = Watched()
        _ = watched.pass(["energy": 5, "remapped_rows_uncorrected": 2, "pcie_replays": 1])
        _ = watched.pass(
            ["energy": 6, "remapped_rows_uncorrected": 3, "pcie_replays": 2], epoch: 2)
        #expect(watched.entry("remapped_rows_uncorrected")?.quality == .exact)
        #expect(watched.entry("pcie_replays")?.quality == .atLeast)
    }

    /// After a reboot the boot clock, the token and what is volatile begin anew; lifetime counts
    /// and our totals do not.
    @Test func rebootLeavesTheLifetimeCountsExact() {
        var watched = Watched()
        _ = watched.pass([
            "energy": 9000, "ecc_volatile_corrected_errors": 5,
            "ecc_aggregate_corrected_errors": 50,
        ])
        watched.ledger.beginPass()
        let after =
            [
                "energy": 100, "ecc_volatile_corrected_errors": 6,
                "ecc_aggregate_corrected_errors": 52,
            ] as [String: UInt64]
        let events = watched.ledger.observe(
            .gpu(Self.uuid), Self.observation(after, epoch: 2),
            at: Moment(
                bootID: "another boot", boottimeNanoseconds: 1,
                wallMilliseconds: Moment.at(60).wallMilliseconds))
        #expect(Set(events.map(\.kind)) == [.restarted])
        #expect(watched.entry("ecc_volatile_corrected_errors")?.quality == .atLeast)
        // Whether it began anew cannot be told from a higher value: there were 6 at least.
        #expect(watched.entry("ecc_volatile_corrected_errors")?.total == 6)
        #expect(watched.entry("ecc_aggregate_corrected_errors")?.quality == .exact)
        #expect(watched.entry("ecc_aggregate_corrected_errors")?.total == 52)
        #expect(watched.entry("energy")?.total == 9100)
    }

    @Test func clearingALinkPutsItsOtherCountsInDoubt() {
        var ledger = Ledger()
        let key = PartKey.nvlink(Self.uuid, 3)
        func observe(_ values: [String: UInt64], at seconds: UInt64) -> [CounterEvent] {
            ledger.beginPass()
            return ledger.observe(
                key,
                Observation(
                    readings: NVLinkCounters.all.map {
                        values[$0.name].map { .value($0, field: 0) } ?? .unsupported
                    }, gauges: NVLinkCounters.gauges.map { _ in .failed }, epoch: 1,
                    isObserved: true), at: .at(seconds))
        }
        _ = observe(["replay_errors": 9, "crc_errors": 1, "tx_data": 100], at: 10)
        let events = observe(["replay_errors": 2, "crc_errors": 4, "tx_data": 200], at: 20)
        let kinds = events.map { (NVLinkCounters.all[$0.column].name, $0.kind) }
        #expect(kinds.map(\.0) == ["replay_errors", "crc_errors"])
        #expect(kinds.map(\.1) == [.cleared, .perhapsCleared])
        #expect(ledger[key]?.entries.map(\.total).filter { $0 > 0 } == [11, 4, 200])
    }

    @Test func whatMayNotBeReadIsNeitherZeroNorForgotten() {
        var ledger = Ledger()
        ledger.beginPass()
        var denied = Self.observation([:])
        denied.readings[0] = .noPermission
        _ = ledger.observe(.gpu(Self.uuid), denied, at: .at(1))
        #expect(ledger[.gpu(Self.uuid)]?.entries[0].status == .noPermission)
        #expect(ledger.records().first?.cells[0] == .missing(last: nil))
    }

    // MARK: Reports

    @Test func latestCallIsThatWhichEndedLast() {
        var stopped = CallLatency()
        stopped.note(nanoseconds: 45, isError: true, end: 100)
        var reading = CallLatency()
        reading.note(nanoseconds: 3, isError: false, end: 200)
        reading.note(nanoseconds: 2, isError: false, end: 300)
        for pair in [[stopped, reading], [reading, stopped]] {
            var sum = CallLatency()
            for latency in pair { sum.merge(latency) }
            sum.merge(CallLatency())
            #expect(sum.lastNanoseconds == 2)
            #expect(sum.maximumNanoseconds == 45)
            #expect(sum.calls == 3)
            #expect(sum.errors == 1)
        }
    }

    private static let readings: [(Reading, Bool)] = [
        (.value(0, field: 0), true), (.held(7, field: 0), false), (.failed, false),
        (.unsupported, false), (.noPermission, false),
    ]

    @Test(arguments: readings)
    func partIsObservedWhenSomethingWasRead(_ row: (reading: Reading, isObserved: Bool)) throws {
        var report = GPUDeviceReport(
            address: PCIAddress(domain: 0, bus: 1, device: 0), state: .read)
        report.readings[3] = row.reading
        #expect(report.observation(isRestarted: false).isObserved == row.isObserved)
        var link = NVLinkReport(
            number: 0,
            readings: Array(repeating: .failed, count: NVLinkCounters.all.count),
            gauges: Array(repeating: .failed, count: NVLinkCounters.gauges.count))
        link.gauges[0] = row.reading
        #expect(report.observation(of: link, isRestarted: false).isObserved == row.isObserved)
        var end = EndReport.unread(.timeout)
        end.readings[3] = row.reading
        #expect(end.observation.isObserved == row.isObserved)
        end = .unread(.timeout)
        end.gauges[1] = row.reading
        #expect(end.observation.isObserved == row.isObserved)
        report.state = .noLibrary
        #expect(!report.observation(isRestarted: false).isObserved)
        #expect(!report.observation(of: link, isRestarted: false).isObserved)
    }
}
