import Model
import Testing

/// The table of PCI functions, and their series.
struct PCICountersTests {
    private static let address = PCIAddress(domain: 0x1_0000, bus: 0x18, device: 3, function: 1)

    private static func report(
        _ count: UInt64, epoch: UInt64 = 1, state: PCIFunctionState = .read
    ) -> PCIFunctionReport {
        var report = PCIFunctionReport.unread(address, .gpu, state: state)
        report.epoch = epoch
        guard state == .read else { return report }
        report.readings = PCICounters.all.map { _ in .value(count, field: 0) }
        report.gauges = PCICounters.gauges.map { _ in .value(1, field: 0) }
        return report
    }

    private static func moment(_ seconds: UInt64) -> Moment {
        Moment(
            bootID: "boot", boottimeNanoseconds: seconds * 1_000_000_000, wallMilliseconds: 0)
    }

    @Test func `a key is an address, in the form of sysfs alone`() {
        let key = PartKey.pci(Self.address)
        #expect(key.description == "10000:18:03.1" && PartKey("10000:18:03.1") == key)
        for text in ["0000:18:00", "00000000:18:00.0", "0000:1A:00.0", "0000:18:00.8", ""] {
            #expect(PartKey(text) == nil, "\(text)")
        }
    }

    @Test func `every counter starts anew with the function's registration`() {
        for counter in PCICounters.all {
            #expect(counter.fields.count == 1)
            #expect(counter.fields.allSatisfy { $0.reset == .registration && $0.width == 64 })
            #expect(counter.fields.allSatisfy { $0.clearGroup == nil })
        }
    }

    @Test func `totals go on when the function is registered anew`() throws {
        var ledger = Ledger()
        let key = PartKey.pci(Self.address)
        var events: [CounterEvent] = []
        let reports = [
            Self.report(40), Self.report(43), Self.report(0, state: .missing),
            Self.report(2, epoch: 2),
        ]
        for (second, report) in reports.enumerated() {
            ledger.beginPass()
            events += ledger.observe(key, report.observation, at: Self.moment(UInt64(second)))
        }
        let entry = try #require(ledger[key]?.entries.first)
        #expect(entry.total == 45 && entry.quality == .atLeast)
        #expect(Set(events.map(\.kind)) == [.restarted])
        #expect(ledger[key]?.seen == Self.moment(3))
    }

    @Test func `a function of which nothing was read is not observed`() {
        #expect(!Self.report(1, state: .missing).observation.isObserved)
        #expect(Self.report(1).observation.isObserved)
    }

    @Test func `gauges are published in base units`() throws {
        let speed = PCICounters.gauges[PCICounters.row(gauge: "current_link_speed")]
        #expect(speed.unit.published(2500) == .decimal(2.5e9))
        #expect(speed.metric == "current_link_speed_transfers_per_second")
        let width = PCICounters.gauges[PCICounters.row(gauge: "max_link_width")]
        #expect(width.unit.published(16) == .integer(16))
        #expect(width.metric == "max_link_width_lanes")
        let present = PCICounters.gauges[PCICounters.presentRow]
        #expect(present.codes?.meaning(of: 0) == "no")
    }
}
